//! Which three characters stand in a row somewhere in a word of the dictionary: a Bloom filter (Bloom 1970) with one hash
//! function. It says yes to all of these, and to one in seven of all others. Most places of a text are the beginning of some
//! word, so that a walk through the dictionary takes hundreds of steps to find nothing; three characters across the border
//! of two words are seldom in any.
//!
//! build.rs takes this file in, too, and makes the set of the built-in words.

/// Bytes of a set: 300,000 of its two million bits are set for the built-in words.
const BYTES: usize = 1 << 18;

/// A set without any.
#[allow(dead_code, reason = "the library has a set to begin with")]
pub(super) fn empty() -> Vec<u8> {
    vec![0; BYTES]
}

/// Adds what stands in `word`.
pub(super) fn add(set: &mut [u8], word: &str) {
    let chars: Vec<char> = word.chars().collect();
    for trigram in chars.windows(3) {
        let (byte, bit) = place([trigram[0], trigram[1], trigram[2]]);
        set[byte] |= bit;
    }
}

/// Whether `text` may stand in a word. No for three characters that no word holds, but for one in seven.
pub(super) fn may_hold(set: &[u8], text: &str) -> bool {
    let mut chars = text.chars();
    let [Some(a), Some(b), Some(c), None] = std::array::from_fn(|_| chars.next()) else { return true };
    let (byte, bit) = place([a, b, c]);
    set[byte] & bit != 0
}

/// The byte and the bit of three characters. The multiplier is that of Knuth's multiplicative hashing (The Art of Computer
/// Programming 3, 6.4): 2^64 divided by the golden ratio.
fn place(trigram: [char; 3]) -> (usize, u8) {
    let mixed = |hash: u64, c: char| (hash ^ u64::from(c)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    let hash = trigram.into_iter().fold(0, mixed);
    ((hash >> 3) as usize % BYTES, 1 << (hash % 8))
}
