//! Text from articles and users made harmless for a terminal; nothing else may print such text there.
//!
//! Removed: control characters (C0 with ESC, DEL, C1) and characters that change the direction or the lines of the text
//! around them. White space among them becomes a blank. What is left of an escape sequence is its visible part: a title
//! `⟨ESC⟩[31mred` shows as `[31mred`.

use std::borrow::Cow;

use crate::search::results::Marked;

/// What happens to one character.
enum Fate {
    Keep,
    Blank,
    Drop,
}

/// Decides for one character.
fn fate(c: char) -> Fate {
    match c {
        '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Blank,
        c if is_hostile(c) => Fate::Drop,
        _ => Fate::Keep,
    }
}

/// Whether `c` could disturb the terminal or the text around it. Also what `json` writes as `\u` escapes.
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' // soft hyphen: terminals do not agree on its width
            | '\u{61c}' | '\u{200e}' | '\u{200f}' // direction marks
            | '\u{2028}' | '\u{2029}' // line and paragraph separator
            | '\u{202a}'..='\u{202e}' // direction embeddings and overrides
            | '\u{2066}'..='\u{206f}' // direction isolates, deprecated format characters
            | '\u{180e}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' // interlinear annotation
        )
}

/// `text` as one harmless line.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| matches!(fate(c), Fate::Keep)) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|c| match fate(c) {
        Fate::Keep => Some(c),
        Fate::Blank => Some(' '),
        Fate::Drop => None,
    });
    Cow::Owned(kept.collect())
}

/// [`clean`] for marked text: marks stay on their characters, and go when none of these is left.
#[must_use]
pub fn clean_marked(marked: &Marked) -> Cow<'_, Marked> {
    let Cow::Owned(text) = clean(&marked.text) else { return Cow::Borrowed(marked) };
    // marks are sorted, so one walk over the text serves them all
    let (mut from, mut to) = (0, 0);
    let mut moved = |byte: usize| {
        for c in marked.text[from..byte].chars() {
            to += match fate(c) {
                Fate::Keep => c.len_utf8(),
                Fate::Blank => 1,
                Fate::Drop => 0,
            };
        }
        from = byte;
        to
    };
    let marks = marked.marks.iter().map(|mark| moved(mark.start)..moved(mark.end)).filter(|mark| !mark.is_empty());
    let marks = marks.collect();
    Cow::Owned(Marked { text, marks })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_and_overrides_lose_their_power() {
        for (text, expected) in [
            ("平常 text 👩\u{200d}🚀", "平常 text 👩\u{200d}🚀"),
            ("\u{1b}[31m红\u{1b}]8;;http://x\u{7}", "[31m红]8;;http://x"),
            ("甲\u{202e}乙\u{2066}丙\u{9b}5m\u{7f}", "甲乙丙5m"),
            ("甲\n乙\t丙\r\u{2028}丁", "甲 乙 丙  丁"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn marks_stay_on_their_characters() {
        let marked = Marked { text: "\u{1b}甲\u{202e}乙\n丙\u{7}".to_owned(), marks: vec![1..10, 10..11, 14..15] };
        assert_eq!(*clean_marked(&marked), Marked { text: "甲乙 丙".to_owned(), marks: vec![0..6, 6..7] });
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_left(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(is_hostile));
            prop_assert_eq!(clean(&cleaned), cleaned.as_ref());
        }
    }
}
