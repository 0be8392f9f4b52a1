//! Bytes to text: which encoding a file is in, and whether it was read without loss. Pure.
//!
//! In this order, the first that fits:
//! 1. a byte order mark;
//! 2. valid UTF-8 without NUL;
//! 3. the shape of UTF-16 without a mark;
//! 4. bytes that are no text at all are refused;
//! 5. the encoding that an HTML or XML head declares, when the bytes agree;
//! 6. UTF-8 with some damage;
//! 7. what chardetng guesses, or GB18030 or Big5 when one of them reads more like Chinese.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// Text with `\n` as its only line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Name of the encoding by the WHATWG Encoding Standard.
    pub(super) encoding: &'static str,
    /// Some bytes had no meaning in that encoding; they are U+FFFD now.
    pub(super) damaged: bool,
}

/// The bytes are no text in any encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotText;

/// Decodes a whole file, or a run of whole lines of one.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, NotText> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(decode_as(encoding, &bytes[mark..]));
    }
    let has_nul = bytes.contains(&0);
    if !has_nul && let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        // what is valid UTF-8 is hardly ever binary: a short look is enough
        return if is_binary(&bytes[..bytes.len().min(1024)]) {
            Err(NotText)
        } else {
            Ok(done(Cow::Borrowed(text), UTF_8, false))
        };
    }
    if let Some(encoding) = utf16_shape(bytes) {
        return Ok(decode_as(encoding, bytes));
    }
    if is_binary(bytes) {
        return Err(NotText);
    }
    if let Some(encoding) = declared(bytes) {
        let decoded = decode_as(encoding, bytes);
        if !decoded.damaged || damage(&decoded.text) * 200 <= decoded.text.len() {
            return Ok(decoded);
        }
    }
    if is_damaged_utf8(bytes) {
        return Ok(decode_as(UTF_8, bytes));
    }
    Ok(decode_as(detect(bytes), bytes))
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let damaged = text.contains('\u{fffd}');
    done(text, encoding, damaged)
}

fn done<'a>(text: Cow<'a, str>, encoding: &'static Encoding, damaged: bool) -> Decoded<'a> {
    let text = if text.contains('\r') { Cow::Owned(with_plain_line_ends(&text)) } else { text };
    Decoded { text, encoding: encoding.name(), damaged }
}

/// `\r\n` and `\r` become `\n`.
fn with_plain_line_ends(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((line, next)) = rest.split_once('\r') {
        plain.push_str(line);
        plain.push('\n');
        rest = next.strip_prefix('\n').unwrap_or(next);
    }
    plain.push_str(rest);
    plain
}

/// How much of a file is looked at to judge it: enough for any language, cheap for any size.
const SAMPLE_BYTES: usize = 64 << 10;

fn sample(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(SAMPLE_BYTES)]
}

/// Whether control characters are too many for text: more than one byte in a hundred, or one NUL in a thousand. A stray
/// control character in an article is no reason to lose it.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let sample = sample(bytes);
    let nuls = sample.iter().filter(|&&b| b == 0).count();
    let controls = sample.iter().filter(|&&b| (b < 0x20 && !matches!(b, b'\t'..=b'\r' | 0x1b)) || b == 0x7f).count();
    nuls * 1000 > sample.len() && nuls > 1
        || controls * 100 > sample.len() && controls > 1
        || nuls == sample.len() && nuls > 0
}

/// UTF-16 without a mark: nine of ten code units are ASCII, CJK or full-width forms in one byte order and not in the other.
fn utf16_shape(bytes: &[u8]) -> Option<&'static Encoding> {
    let units = sample(bytes).chunks_exact(2);
    let count = units.len();
    if count < 2 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let usual = |unit: u16| matches!(unit, 0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0x2010..=0x2030 | 0x3000..=0x303f | 0x4e00..=0x9fff | 0xff00..=0xff60);
    let little = units.clone().filter(|pair| usual(u16::from_le_bytes([pair[0], pair[1]]))).count();
    let big = units.filter(|pair| usual(u16::from_be_bytes([pair[0], pair[1]]))).count();
    let fits = |this: usize, other: usize| this * 10 >= count * 9 && other * 2 < this;
    if fits(little, big) {
        Some(UTF_16LE)
    } else if fits(big, little) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The charset that an HTML `meta` or an XML prolog names in the first 2 KiB.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head: String =
        bytes.iter().take(2048).map(|&b| if b.is_ascii() { b.to_ascii_lowercase() as char } else { ' ' }).collect();
    let label_after = |key: &str| {
        let rest = head[head.find(key)? + key.len()..].trim_start().strip_prefix('=')?;
        let rest = rest.trim_start_matches([' ', '"', '\'']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
        Encoding::for_label(&rest.as_bytes()[..end])
    };
    let xml = head.trim_start().starts_with("<?xml").then(|| label_after("encoding")).flatten();
    let named = xml.or_else(|| label_after("charset"))?;
    // text that names UTF-16 in ASCII is not UTF-16, and what calls itself GB2312 uses all of GB18030
    (named != UTF_16LE && named != UTF_16BE).then(|| widen(named))
}

fn widen(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

/// Number of characters that could not be decoded.
fn damage(text: &str) -> usize {
    text.matches('\u{fffd}').count()
}

/// Whether the bytes are UTF-8 but for few places: an article that was cut in the middle of a character, say. Text in
/// another encoding hardly ever holds a valid UTF-8 sequence of three bytes, so one damaged place for three good
/// characters is few; a character with a hole in it counts as two places.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut wide, mut bad) = (0usize, 0usize);
    for chunk in sample(bytes).utf8_chunks() {
        wide += chunk.valid().chars().filter(|c| c.len_utf8() > 2).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    wide > 0 && bad * 3 <= wide
}

/// The likeliest encoding of bytes that are not UTF-8.
fn detect(bytes: &[u8]) -> &'static Encoding {
    // the evidence is in the bytes beyond ASCII, and in pages these may come late
    let start = bytes.iter().position(|b| !b.is_ascii()).unwrap_or(0).saturating_sub(16);
    let bytes = sample(&bytes[start..]);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = widen(detector.guess(None, Utf8Detection::Deny));
    [guess, GB18030, BIG5]
        .into_iter()
        .map(|encoding| (likeness_to_chinese(encoding, bytes), encoding))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map_or(guess, |(_, encoding)| encoding)
}

/// Characters so frequent in running Chinese text, simplified or traditional, that a few words hold one of them.
const FREQUENT: &str =
    "的一是在不了有和人这這中大为為上个個国國我以要他时時来來用们們生到作地于於出就分对對成会會可主发發年动動，。、";

/// Frequent characters found, less ten for each one that cannot be decoded.
fn likeness_to_chinese(encoding: &'static Encoding, bytes: &[u8]) -> i64 {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let frequent = text.chars().filter(|&c| !c.is_ascii() && FREQUENT.contains(c)).count();
    // a sample may end within a character
    frequent as i64 - 10 * damage(&text).saturating_sub(1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIMPLIFIED: &str = "市政府今天宣布，新的图书馆将在明年三月对市民开放。\n这是十年来最大的一项文化工程。";
    const TRADITIONAL: &str = "市政府今天宣布，新的圖書館將在明年三月對市民開放。\n這是十年來最大的一項文化工程。";

    #[track_caller]
    fn check(bytes: &[u8], encoding: &str, text: &str) {
        let decoded = decode(bytes).unwrap();
        assert_eq!((decoded.encoding, &*decoded.text, decoded.damaged), (encoding, text, false));
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_of_the_same_text_gives_the_same_text() {
        check(SIMPLIFIED.as_bytes(), "UTF-8", SIMPLIFIED);
        check(format!("\u{feff}{SIMPLIFIED}").as_bytes(), "UTF-8", SIMPLIFIED);
        check(&GB18030.encode(SIMPLIFIED).0, "gb18030", SIMPLIFIED);
        check(&BIG5.encode(TRADITIONAL).0, "Big5", TRADITIONAL);
        check(&utf16(SIMPLIFIED, u16::to_le_bytes), "UTF-16LE", SIMPLIFIED);
        check(&utf16(SIMPLIFIED, u16::to_be_bytes), "UTF-16BE", SIMPLIFIED);
        check(&utf16(&format!("\u{feff}{TRADITIONAL}"), u16::to_be_bytes), "UTF-16BE", TRADITIONAL);
        check(&utf16("<p>plain ASCII</p>", u16::to_le_bytes), "UTF-16LE", "<p>plain ASCII</p>");
        check(b"", "UTF-8", "");
    }

    #[test]
    fn short_text_is_enough() {
        check(&GB18030.encode("新闻：今天的天气").0, "gb18030", "新闻：今天的天气");
        check(&BIG5.encode("新聞：今天的天氣").0, "Big5", "新聞：今天的天氣");
        check(b"caf\xe9 au lait", "windows-1252", "café au lait");
    }

    #[test]
    fn a_declared_encoding_is_believed_when_the_bytes_agree() {
        let page = "<html><head><meta charset=\"gb2312\"></head><body>龘靐</body>";
        check(&GB18030.encode(page).0, "gb18030", page);
        let lies = "<meta charset=big5><p>市政府今天宣布，新的图书馆将在明年对市民开放。</p>";
        check(lies.as_bytes(), "UTF-8", lies);
        let feed = "<?xml version='1.0' encoding='Big5'?><rss>臺北</rss>";
        check(&BIG5.encode(feed).0, "Big5", feed);
    }

    #[test]
    fn line_ends_become_one() {
        check("甲\r\n乙\r丙\n".as_bytes(), "UTF-8", "甲\n乙\n丙\n");
    }

    #[test]
    fn damage_is_told_and_does_not_change_the_encoding() {
        let mut bytes = SIMPLIFIED.as_bytes().to_vec();
        bytes.truncate(bytes.len() - 4);
        bytes.push(b'\n');
        let decoded = decode(&bytes).unwrap();
        assert_eq!((decoded.encoding, decoded.damaged), ("UTF-8", true));
        assert!(decoded.text.starts_with("市政府今天宣布"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let noise: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for bytes in [&noise[..], &[0; 100], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0"] {
            assert_eq!(decode(bytes), Err(NotText));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_text_or_a_refusal(bytes: Vec<u8>) {
            if let Ok(decoded) = decode(&bytes) {
                proptest::prop_assert!(!decoded.text.contains('\r'));
            }
        }
    }
}
