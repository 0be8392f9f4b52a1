//! Stored text: UTF-8 in which frequent characters are shorter, so that there is less to compress, to keep and to unpack.
//!
//! | first byte | stands for |
//! |---|---|
//! | below 0x80 | the ASCII character |
//! | 0x80 to 0xD9 | one of the 90 most frequent other characters |
//! | 0xDA to 0xFE | with the next byte, one of 9,472 more |
//! | 0xFF | the character whose code is in the next three bytes |
//!
//! Which characters these are stands in `data/packing.txt`, in order. Chinese news takes 0.61 of its bytes in UTF-8, and
//! after zstd, which finds the frequent characters by their single bytes, 0.80 of what UTF-8 comes to.

use std::borrow::Cow;

use serde::de::{self, Visitor};
use serde::{Deserializer, Serializer};

include!(concat!(env!("OUT_DIR"), "/packing.rs"));

const FIRST_SINGLE: u8 = 0x80;
const FIRST_PAIR: u8 = 0xDA;
const CODE: u8 = 0xFF;
/// Places of the characters of one byte.
const SINGLES: u16 = (FIRST_PAIR - FIRST_SINGLE) as u16;

const _: () = assert!(CHARS.len() == SINGLES as usize + ((CODE - FIRST_PAIR) as usize) * 256);

/// Packs `text`.
fn pack(text: &str) -> Vec<u8> {
    let mut packed = Vec::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            packed.push(c as u8);
            continue;
        }
        // places count from 1
        match PLACES.get(c as usize).and_then(|place| place.checked_sub(1)) {
            Some(place @ ..SINGLES) => packed.push(FIRST_SINGLE + place as u8),
            Some(place) => {
                let [lead, trail] = (place - SINGLES).to_be_bytes();
                packed.extend_from_slice(&[FIRST_PAIR + lead, trail]);
            }
            None => {
                let [_, code @ ..] = u32::from(c).to_be_bytes();
                packed.push(CODE);
                packed.extend_from_slice(&code);
            }
        }
    }
    packed
}

/// The text that was packed; `None` where the bytes are not what [`pack`] writes.
fn unpack(packed: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(packed.len() * 2);
    let mut bytes = packed.iter().copied();
    while let Some(byte) = bytes.next() {
        let place = match byte {
            ..FIRST_SINGLE => {
                text.push(char::from(byte));
                continue;
            }
            FIRST_SINGLE..FIRST_PAIR => u16::from(byte - FIRST_SINGLE),
            FIRST_PAIR..CODE => u16::from_be_bytes([byte - FIRST_PAIR, bytes.next()?]) + SINGLES,
            CODE => {
                let code = u32::from_be_bytes([0, bytes.next()?, bytes.next()?, bytes.next()?]);
                text.push(char::from_u32(code)?);
                continue;
            }
        };
        text.push(char::from_u32(CHARS[usize::from(place)].into())?);
    }
    Some(text)
}

/// For `#[serde(with = "packing")]`: a packed text as bytes.
pub(super) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&pack(text))
}

/// See [`serialize`].
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'static, str>, D::Error> {
    struct Packed;
    impl Visitor<'_> for Packed {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("packed text")
        }
        fn visit_bytes<E: de::Error>(self, packed: &[u8]) -> Result<String, E> {
            unpack(packed).ok_or_else(|| E::custom("no packed text"))
        }
    }
    deserializer.deserialize_bytes(Packed).map(Cow::Owned)
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
    fn frequent_characters_are_short() {
        assert_eq!(pack("的，区块链 5G 區").len(), 1 + 1 + 3 * 2 + 4 + 2);
    }

    /// Indexes hold text packed with this list: another one is another format.
    #[test]
    fn the_list_is_that_of_the_format() {
        let list: Vec<u8> = CHARS.iter().flat_map(|c| c.to_be_bytes()).collect();
        assert_eq!((super::super::open::FORMAT, xxhash_rust::xxh3::xxh3_64(&list)), (4, 6_388_178_539_568_123_536));
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
