//! Stored text: UTF-8 in which frequent characters and words are shorter, so that there is less to compress, to keep and to
//! unpack.
//!
//! | first byte | stands for |
//! |---|---|
//! | below 0x80 | the ASCII character |
//! | 0x80 to 0xBB | one of the 60 most frequent other characters |
//! | 0xBC to 0xD3 | with the next byte, one of 6,144 more |
//! | 0xD4 to 0xFD | with the next byte, one of the 10,752 most frequent words of two characters |
//! | 0xFE | the character whose code is in the next two bytes |
//! | 0xFF | the character whose code is in the next three bytes |
//!
//! Which characters and words these are stands in `data/packing/`, in order. Chinese news takes 0.48 of its bytes in UTF-8,
//! and after zstd 0.67 of what UTF-8 comes to.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

// `PIECES`: the ASCII characters, the characters and the words of the list, each as UTF-8 and, in its last byte, how long
// that is. `PLACES`: by the code of a character, its place among those of the list, from 1 on.
include!(concat!(env!("OUT_DIR"), "/packing.rs"));

const FIRST_SINGLE: u8 = 0x80;
const FIRST_PAIR: u8 = 0xBC;
const FIRST_WORD: u8 = 0xD4;
const CODE: u8 = 0xFE;
const LONG_CODE: u8 = 0xFF;
/// Places of the characters of one byte, and of all.
const SINGLES: u16 = (FIRST_PAIR - FIRST_SINGLE) as u16;
const CHARS: usize = SINGLES as usize + 256 * (FIRST_WORD - FIRST_PAIR) as usize;

const _: () = assert!(PIECES.len() == FIRST_PAIR as usize + 256 * (CODE - FIRST_PAIR) as usize);

/// UTF-8 of the listed characters, then of the words.
fn listed() -> (String, String) {
    let (chars, words) = PIECES[usize::from(FIRST_SINGLE)..].split_at(CHARS);
    let text = |pieces: &[[u8; 8]]| {
        let bytes = pieces.iter().flat_map(|piece| &piece[..usize::from(piece[7])]).copied().collect();
        String::from_utf8(bytes).expect("pieces are made of characters")
    };
    (text(chars), text(words))
}

/// The place of each word, by its [`key`]: narrow, for every pair of characters is looked for here.
static WORD_PLACES: LazyLock<HashMap<u32, u16, FixedState>> = LazyLock::new(|| {
    let chars: Vec<char> = listed().1.chars().collect();
    let key = |word: &[char]| key(word[0], word[1]).expect("a listed character has 16 bits");
    chars.chunks_exact(2).map(key).zip(0..).collect()
});

/// Two characters of 16 bits each as one number; `None` where one has more.
fn key(first: char, second: char) -> Option<u32> {
    let (first, second) = (u32::from(first), u32::from(second));
    ((first | second) < 1 << 16).then_some(first << 16 | second)
}

/// The two bytes of the place `place` among those from `first` on.
const fn pair(first: u8, place: u16) -> [u8; 2] {
    let [lead, trail] = place.to_be_bytes();
    [first + lead, trail]
}

/// Packs `text`.
fn pack(text: &str) -> Vec<u8> {
    let words = &*WORD_PLACES;
    let word_of = |first, second| words.get(&key(first, second)?);
    let mut packed = Vec::with_capacity(text.len());
    // a character that may begin a word
    let mut before = None;
    for c in text.chars() {
        if let Some(before) = before.take() {
            if let Some(&place) = word_of(before, c) {
                packed.extend_from_slice(&pair(FIRST_WORD, place));
                continue;
            }
            pack_char(before, &mut packed);
        }
        if c.is_ascii() { packed.push(c as u8) } else { before = Some(c) }
    }
    before.into_iter().for_each(|c| pack_char(c, &mut packed));
    packed
}

/// Packs a character that is not ASCII and belongs to no word.
fn pack_char(c: char, packed: &mut Vec<u8>) {
    // places count from 1
    match PLACES.get(c as usize).map(|place| place.checked_sub(1)) {
        Some(Some(place @ ..SINGLES)) => packed.push(FIRST_SINGLE + place as u8),
        Some(Some(place)) => packed.extend_from_slice(&pair(FIRST_PAIR, place - SINGLES)),
        Some(None) => {
            packed.push(CODE);
            packed.extend_from_slice(&(c as u16).to_be_bytes());
        }
        None => packed.extend_from_slice(&(u32::from(LONG_CODE) << 24 | u32::from(c)).to_be_bytes()),
    }
}

/// The text that was packed; `None` where the bytes are not what [`pack`] writes.
fn unpack(packed: &[u8]) -> Option<String> {
    /// No byte stands for more bytes of a text.
    const MOST_BYTES: usize = 3;
    // pieces are written whole, the last one, too
    let mut text = vec![0; MOST_BYTES * packed.len() + PIECES[0].len()];
    let (mut end, mut at) = (0, 0);
    while let Some(&byte) = packed.get(at) {
        if byte >= CODE {
            let code = &packed[at + 1..].get(..usize::from(byte - CODE) + 2)?;
            let c = char::from_u32(code.iter().fold(0, |code, &byte| code << 8 | u32::from(byte)))?;
            end += c.encode_utf8(&mut text[end..]).len();
            at += 1 + code.len();
            continue;
        }
        // without a branch: no one can tell which comes next
        let is_pair = byte >= FIRST_PAIR;
        let next = packed.get(at + usize::from(is_pair))?;
        let pair = usize::from(u16::from_be_bytes([byte.wrapping_sub(FIRST_PAIR), *next])) + usize::from(FIRST_PAIR);
        let piece = &PIECES[if is_pair { pair } else { usize::from(byte) }];
        text[end..end + piece.len()].copy_from_slice(piece);
        end += usize::from(piece[7]);
        at += 1 + usize::from(is_pair);
    }
    simdutf8::basic::from_utf8(&text[..end]).ok().map(str::to_owned)
}

/// A text that is written packed.
pub(super) struct Packed<'a>(pub(super) Cow<'a, str>);

impl<'a> From<&'a str> for Packed<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.into())
    }
}

impl Serialize for Packed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&pack(&self.0))
    }
}

impl<'de> Deserialize<'de> for Packed<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = String;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("packed text")
            }
            fn visit_bytes<E: de::Error>(self, packed: &[u8]) -> Result<String, E> {
                unpack(packed).ok_or_else(|| E::custom("no packed text"))
            }
        }
        deserializer.deserialize_bytes(Bytes).map(|text| Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_character_comes_back() {
        for c in '\0'..=char::MAX {
            let text = format!("中{c}a");
            assert_eq!(unpack(&pack(&text)).as_ref(), Some(&text), "{c:?}");
        }
    }

    #[test]
    fn frequent_characters_and_words_are_short() {
        assert_eq!(pack("的，区块链 5G 區").len(), 1 + 1 + 3 * 2 + 4 + 2);
        assert_eq!(pack("我们的国家").len(), 2 + 1 + 2);
    }

    /// Indexes hold text packed with this list: another one is another format.
    #[test]
    fn the_list_is_that_of_the_format() {
        let (chars, words) = listed();
        let list = chars + &words;
        assert_eq!(
            (super::super::open::FORMAT, xxhash_rust::xxh3::xxh3_64(list.as_bytes())),
            (7, 2_914_978_785_923_119_913)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_text_or_a_refusal(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(text) = unpack(&bytes) {
                prop_assert_eq!(unpack(&pack(&text)), Some(text));
            }
        }
    }
}
