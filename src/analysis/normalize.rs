//! Folds text into the one form that is indexed and asked for, and remembers where every piece of it came from.
//!
//! In one pass over the characters: compatibility forms (NFKC: full width, ligatures, circled numbers), lower case,
//! accents off, traditional to simplified characters one by one, invisible characters out. Pure; knows no tokens.

use std::ops::Range;

use unicode_normalization::char::{canonical_combining_class, compose, decompose_compatible};

include!(concat!(env!("OUT_DIR"), "/fold.rs"));

/// Bump when the same text folds differently than before: indexes made earlier must then be rebuilt.
pub(crate) const VERSION: u32 = 1;

/// Folded text with the way back to the original.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Normalized {
    text: String,
    pieces: Vec<Piece>,
}

/// From `folded` on, up to the next piece, folded text comes from `original` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    folded: usize,
    original: usize,
    /// Whether every character kept its length, so that offsets inside the piece run in step. If not, the piece is one
    /// original character, with the marks that belong to it.
    in_step: bool,
}

impl Normalized {
    /// Folds `original`.
    #[must_use]
    pub fn new(original: &str) -> Self {
        /// A comma stands behind a dozen characters, and begins a piece and another behind it.
        const PIECE_BYTES: usize = 24;
        let pieces = Vec::with_capacity(original.len() / PIECE_BYTES);
        let mut normalized = Self { text: String::with_capacity(original.len()), pieces };
        let mut at = 0;
        loop {
            let (same, rest) = original[at..].split_at(same_len(&original.as_bytes()[at..]));
            if !same.is_empty() {
                normalized.begin_piece(at, true);
                normalized.text.push_str(same);
            }
            let Some(c) = rest.chars().next() else { break };
            at += same.len();
            normalized.push(c, at);
            at += c.len_utf8();
        }
        normalized.close(original.len());
        normalized
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Takes the folded text out.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }

    /// The bytes of the original text that a range of the folded text came from: whole characters, and none that were
    /// dropped at either end. `folded` must not be empty.
    #[must_use]
    pub fn original(&self, folded: Range<usize>) -> Range<usize> {
        let first = self.piece_of(folded.start);
        let last = self.piece_of(folded.end - 1);
        let start = match self.pieces[first] {
            Piece { folded: at, original, in_step: true } => original + folded.start - at,
            Piece { original, .. } => original,
        };
        let end = match self.pieces[last] {
            Piece { folded: at, original, in_step: true } => original + folded.end - at,
            _ => self.pieces[last + 1].original,
        };
        start..end
    }

    /// Index of the piece that holds the byte `folded`.
    fn piece_of(&self, folded: usize) -> usize {
        self.pieces.partition_point(|piece| piece.folded <= folded) - 1
    }

    /// Folds one character that stands at byte `at` of the original.
    fn push(&mut self, c: char, at: usize) {
        if let Some(folded) = folded_at_once(c) {
            self.begin_piece(at, folded.len_utf8() == c.len_utf8());
            self.text.push(folded);
            return;
        }
        let start = self.text.len();
        if !is_invisible(c) {
            let before = self.text.char_indices().next_back().map(|(at, _)| at);
            // marks after the first part belong to that part
            let (mut joined, mut pushed) = (false, false);
            decompose_compatible(c, |part| match push_part(&mut self.text, part) {
                true => joined |= !pushed,
                false => pushed = true,
            });
            if let Some(before) = before.filter(|_| joined) {
                return self.join(before);
            }
        }
        let mut chars = self.text[start..].chars();
        let kept_length =
            chars.next().is_some_and(|folded| folded.len_utf8() == c.len_utf8()) && chars.next().is_none();
        self.begin_piece_at(start, at, kept_length);
    }

    /// Begins a piece at the end of the folded text, where the one before it does not go on.
    fn begin_piece(&mut self, original: usize, in_step: bool) {
        self.begin_piece_at(self.text.len(), original, in_step);
    }

    fn begin_piece_at(&mut self, folded: usize, original: usize, in_step: bool) {
        match self.pieces.last() {
            Some(last) if in_step && last.in_step && folded - last.folded == original - last.original => {}
            _ => self.pieces.push(Piece { folded, original, in_step }),
        }
    }

    /// Makes the folded character at `before` one piece with the original character that comes next.
    fn join(&mut self, before: usize) {
        while self.pieces.last().is_some_and(|last| last.folded > before) {
            self.pieces.pop();
        }
        let Some(last) = self.pieces.last_mut() else { return };
        if last.folded == before || !last.in_step {
            last.in_step = false;
        } else {
            let original = last.original + before - last.folded;
            self.pieces.push(Piece { folded: before, original, in_step: false });
        }
    }

    fn close(&mut self, original_len: usize) {
        self.pieces.push(Piece { folded: self.text.len(), original: original_len, in_step: true });
    }
}

/// Of the characters with three bytes of UTF-8, a bit for each that folds to itself and needs no closer look: simplified
/// characters and Chinese punctuation. Those with the same first two bytes are in one number.
static SAME: [u64; 16 * 64] = {
    let mut same = [0; 16 * 64];
    let mut code = 0x800u32;
    while code <= 0xFFFF {
        let direct = code.wrapping_sub(DIRECT_FIRST) as usize;
        let is_simplified = direct < DIRECT.len() && DIRECT[direct] == 0;
        if is_simplified || matches!(char::from_u32(code), Some(c) if is_chinese_punctuation(c)) {
            same[code as usize / 64] |= 1 << (code % 64);
        }
        code += 1;
    }
    same
};

/// HOT: how many bytes `text` begins with that fold to themselves and need no closer look: lower case ASCII, simplified
/// characters and Chinese punctuation. These are most of any Chinese text, and copying them together takes a tenth of the
/// time.
fn same_len(text: &[u8]) -> usize {
    let mut rest = text;
    loop {
        let lead = |byte: u8| byte ^ 0xE0;
        if let Some((&[first, second, third], behind)) = rest.split_first_chunk()
            && let lead @ ..16 = lead(first)
        {
            if SAME[usize::from(lead) << 6 | usize::from(second % 64)] & (1 << (third % 64)) == 0 {
                break;
            }
            rest = behind;
        } else if let Some((ascii, behind)) = rest.split_first()
            && ascii.is_ascii()
            && !ascii.is_ascii_uppercase()
        {
            rest = behind;
        } else {
            break;
        }
    }
    text.len() - rest.len()
}

/// What a character folds to that takes no decomposition.
fn folded_at_once(c: char) -> Option<char> {
    if let Some(ascii) = ascii_of(c) {
        Some(ascii.to_ascii_lowercase())
    } else if is_chinese_punctuation(c) || is_hangul_syllable(c) {
        Some(c)
    } else {
        is_han(c).then(|| fold_han(c))
    }
}

/// An ASCII character, or the one that a full-width form stands for.
fn ascii_of(c: char) -> Option<char> {
    match c {
        '\0'..='\x7f' => Some(c),
        '\u{3000}' => Some(' '),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0),
        _ => None,
    }
}

/// Marks that Chinese text is full of and that stay as they are; the long way comes to the same.
const fn is_chinese_punctuation(c: char) -> bool {
    matches!(
        c,
        '\u{3001}' | '\u{3002}' | '\u{3008}'..='\u{3011}' | '\u{2018}' | '\u{2019}' | '\u{201C}' | '\u{201D}' | '—'
    )
}

/// Appends one character of a compatibility decomposition; says whether it belongs to the character before it instead:
/// a mark that changed it, or an accent that is dropped.
fn push_part(text: &mut String, part: char) -> bool {
    if let Some(before) = text.chars().next_back() {
        // kana with voicing marks and hangul syllables are letters of their own, accented letters are not
        let composes = is_kana(before) || is_hangul(before);
        if let Some(whole) = composes.then(|| compose(before, part)).flatten() {
            text.pop();
            text.push(whole);
            return true;
        }
    }
    if canonical_combining_class(part) != 0 {
        return !text.is_empty();
    }
    if is_han(part) {
        text.push(fold_han(part));
    } else if !is_invisible(part) {
        text.extend(part.to_lowercase().filter(|&c| canonical_combining_class(c) == 0));
    }
    false
}

/// The simplified twin of a traditional or variant character; any other is returned as it is.
fn fold_han(c: char) -> char {
    let code = u32::from(c);
    match DIRECT.get(code.wrapping_sub(DIRECT_FIRST) as usize) {
        Some(0) => c,
        Some(&folded) => char::from_u32(u32::from(folded)).unwrap_or(c),
        None => RARE.binary_search_by_key(&c, |&(from, _)| from).map_or(c, |at| RARE[at].1),
    }
}

/// Chinese characters proper: what the segmenter is asked about.
#[must_use]
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}' | '々' | '〇')
}

/// Hiragana, Katakana and the length mark.
pub(crate) fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{309F}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}')
}

/// Hangul syllables and the jamo they are composed of.
pub(crate) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}') || is_hangul_syllable(c)
}

fn is_hangul_syllable(c: char) -> bool {
    matches!(c, '\u{AC00}'..='\u{D7A3}')
}

/// Characters without a glyph of their own: zero-width blanks and joiners, soft hyphens, direction marks, selectors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(original: &str, folded: &str) {
        assert_eq!(Normalized::new(original).as_str(), folded, "{original:?}");
    }

    #[test]
    fn folds_width_case_accents_and_traditional_characters() {
        check("ＡＺＵＲＥ　區塊鏈", "azure 区块链");
        check("Café naïve Ångström", "cafe naive angstrom");
        check("Cafe\u{301}", "cafe");
        check("貓頭鷹與燈塔管理員換了個時區", "猫头鹰与灯塔管理员换了个时区");
        check("ﬁne № ㎡ ① ½", "fine no m2 1 1⁄2");
        check("İstanbul", "istanbul");
        check("区\u{200b}块\u{feff}链", "区块链");
        check("Привет", "привет");
    }

    #[test]
    fn keeps_kana_and_hangul_as_people_read_them() {
        check("ｶﾞﾝﾀﾞﾑ ガンダム", "ガンダム ガンダム");
        check("が", "が");
        check("한국 \u{1112}\u{1161}\u{11ab}", "한국 한");
    }

    #[test]
    fn what_is_copied_together_folds_to_itself() {
        let mut bytes = [0; 4];
        for c in '\0'..=char::MAX {
            let text = c.encode_utf8(&mut bytes);
            if same_len(text.as_bytes()) > 0 {
                let mut folded = Normalized::default();
                folded.push(c, 0);
                assert_eq!((folded.as_str(), folded.pieces.len()), (&*text, 1));
            }
        }
        assert_eq!(same_len("微软azure、2021。“關”".as_bytes()), "微软azure、2021。“".len());
        assert_eq!(same_len("，".as_bytes()), 0);
    }

    #[test]
    fn folding_twice_changes_nothing_more() {
        let text = "乾隆皇帝與著名作家在臺灣裡裏後後麼嗎祂牠妳峯羣牀";
        let once = Normalized::new(text);
        assert_eq!(Normalized::new(once.as_str()).as_str(), once.as_str());
    }

    #[track_caller]
    fn check_origin(original: &str, needle: &str, origin: &str) {
        let normalized = Normalized::new(original);
        let at = normalized.as_str().find(needle).expect("the needle is in the folded text");
        assert_eq!(&original[normalized.original(at..at + needle.len())], origin);
    }

    #[test]
    fn finds_the_way_back_to_the_original() {
        check_origin("把“Ｐｌａｎ Ｂ”區塊鏈給", "plan b", "Ｐｌａｎ Ｂ");
        check_origin("把“Ｐｌａｎ Ｂ”區塊鏈給", "区块链", "區塊鏈");
        check_origin("面积100㎡。", "m2", "㎡");
        check_origin("面积100㎡。", "2", "㎡");
        check_origin("Cafe\u{301} ok", "cafe", "Cafe\u{301}");
        check_origin("区\u{200b}块链", "区块", "区\u{200b}块");
        check_origin("甲\u{200b}乙", "甲", "甲");
        check_origin("一ｶﾞ二", "ガ", "ｶﾞ");
        check_origin("一ｶﾞ二", "二", "二");
        check_origin("アｶﾞ二", "アガ", "アｶﾞ");
        // one character that folds to three, the last of which takes a mark
        check_origin("一ﷰ\u{c4d}二", "二", "二");
        check_origin("一ﷰ\u{c4d}二", "ے", "ﷰ\u{c4d}");
    }

    proptest! {
        #[test]
        fn offsets_fall_on_characters_and_grow(original in "\\PC{0,40}|[ｶﾞａé\u{301}\u{200b}區Aー]{0,20}") {
            let normalized = Normalized::new(&original);
            let mut end = 0;
            let mut last = 0..0;
            for (at, c) in normalized.as_str().char_indices() {
                let range = normalized.original(at..at + c.len_utf8());
                prop_assert!(original.is_char_boundary(range.start) && original.is_char_boundary(range.end));
                prop_assert!(range.start < range.end);
                prop_assert!(range.start >= end || range == last, "{:?} {:?}", range, last);
                end = range.end;
                last = range;
            }
        }
    }
}
