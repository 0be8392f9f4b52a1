//! Compiles the word lists of `data/` into the binary: the dictionary as a finite state map from word to frequency, and
//! the tables that fold traditional characters into simplified ones and give frequent characters and words short forms. See
//! `data/README.md` for where they come from. Tells a release which commit it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "src/analysis/trigrams.rs"]
#[allow(dead_code, reason = "the library has other uses for it")]
mod trigrams;

/// First and last character of the directly indexed part of the fold table: CJK extension A and the unified ideographs.
const DIRECT: (u32, u32) = (0x3400, 0x9FFF);

fn main() {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/analysis/trigrams.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let fold = read_fold(Path::new("data/fold/traditional.txt"));
    write_fold(&fold, &out.join("fold.rs"));
    write_dictionary(&fold, &out);
    write_packing(Path::new("data/packing"), &out.join("packing.rs"));
    println!("cargo::rustc-env=SOUWEN_COMMIT={}", commit().unwrap_or_default());
}

/// The commit that a release is built from, with `-dirty` behind it where files differ; `None` where that cannot be told.
/// Other builds do without, so that a commit alone does not make cargo build everything anew.
fn commit() -> Option<String> {
    if env::var("PROFILE").ok()? != "release" {
        return None;
    }
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim_end().to_owned())
    };
    // sources that were unpacked somewhere inside another project are not of its commit
    if !git(&["rev-parse", "--show-prefix"])?.is_empty() {
        return None;
    }
    for changed in ["src".to_owned(), git(&["rev-parse", "--git-path", "logs/HEAD"])?] {
        println!("cargo::rerun-if-changed={changed}");
    }
    git(&["describe", "--always", "--dirty", "--exclude=*"])
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Lines that are neither empty nor a `#` comment.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The character table, closed so that folding twice changes nothing more.
fn read_fold(path: &Path) -> BTreeMap<char, char> {
    let text = read(path);
    let mut fold = BTreeMap::new();
    for line in entries(&text) {
        let mut columns = line.split('\t').map(|column| {
            let mut chars = column.trim().chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => c,
                _ => panic!("{}: {line:?} is not two characters separated by a tab", path.display()),
            }
        });
        let (Some(from), Some(to)) = (columns.next(), columns.next()) else {
            panic!("{}: {line:?} has no second column", path.display());
        };
        fold.insert(from, to);
    }
    fold.iter()
        .map(|(&from, &to)| {
            let mut to = to;
            for _ in 0..fold.len() {
                match fold.get(&to) {
                    Some(&next) if next != to => to = next,
                    _ => return (from, to),
                }
            }
            panic!("{}: {from} folds in a circle", path.display());
        })
        .filter(|(from, to)| from != to)
        .collect()
}

fn write_fold(fold: &BTreeMap<char, char>, path: &Path) {
    let (direct, rare): (Vec<_>, Vec<_>) = fold
        .iter()
        .map(|(&from, &to)| (u32::from(from), to))
        .partition(|&(from, to)| (DIRECT.0..=DIRECT.1).contains(&from) && u32::from(to) <= 0xFFFF);
    let mut table = vec![0u16; (DIRECT.1 - DIRECT.0 + 1) as usize];
    for (from, to) in direct {
        table[(from - DIRECT.0) as usize] = u32::from(to) as u16;
    }
    let mut code = format!("const DIRECT_FIRST: u32 = {:#x};\n", DIRECT.0);
    writeln!(code, "static DIRECT: [u16; {}] = {table:?};", table.len()).expect("a string takes every write");
    let rare: Vec<(char, char)> =
        rare.into_iter().map(|(from, to)| (char::from_u32(from).expect("was a char"), to)).collect();
    writeln!(code, "static RARE: [(char, char); {}] = {rare:?};", rare.len()).expect("a string takes every write");
    fs::write(path, code).expect("OUT_DIR can be written");
}

/// The ASCII characters, the characters and words that stored text has short forms for, in their order, and the place of each
/// character by its code.
fn write_packing(lists: &Path, path: &Path) {
    let characters = read(&lists.join("characters.txt"));
    let chars: Vec<char> = entries(&characters).flat_map(str::chars).collect();
    let mut places = vec![0u16; 1 << 16];
    for (&c, place) in chars.iter().zip(1..) {
        let known = places.get_mut(c as usize).unwrap_or_else(|| panic!("{c} has more than 16 bits"));
        assert_eq!(*known, 0, "{c} stands there twice");
        *known = place;
    }
    let text = read(&lists.join("words.txt"));
    let is_pair = |word: &str| word.chars().map(char::len_utf8).eq([3, 3]);
    let words: String = entries(&text)
        .flat_map(str::split_whitespace)
        .inspect(|word| assert!(is_pair(word), "{word} is not two characters of three bytes"))
        .collect();
    // eight bytes at once: UTF-8 of each, and at the end how long that is
    let piece = |piece: &[char]| {
        let text = String::from_iter(piece);
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        bytes[7] = text.len() as u8;
        bytes
    };
    let ascii: Vec<char> = ('\0'..='\x7f').collect();
    let words: Vec<char> = words.chars().collect();
    let pieces: Vec<[u8; 8]> = ascii.chunks(1).chain(chars.chunks(1)).chain(words.chunks(2)).map(piece).collect();
    let code = format!(
        "static PIECES: [[u8; 8]; {}] = {pieces:?};\nstatic PLACES: [u16; {}] = {places:?};\n",
        pieces.len(),
        places.len()
    );
    fs::write(path, code).expect("OUT_DIR can be written");
}

/// The base dictionary and the supplement, their words folded as every text is; of words that fold into one, the
/// greatest frequency counts.
fn write_dictionary(fold: &BTreeMap<char, char>, out: &Path) {
    let mut words: BTreeMap<String, u64> = BTreeMap::new();
    for list in ["data/dict/jieba.txt", "data/dict/supplement.txt"] {
        let text = read(Path::new(list));
        for line in entries(&text) {
            let mut columns = line.split_ascii_whitespace();
            let (Some(word), Some(frequency)) = (columns.next(), columns.next()) else {
                panic!("{list}: {line:?} is not `word frequency [tag]`");
            };
            let frequency: u64 = frequency.parse().unwrap_or_else(|_| panic!("{list}: {line:?}: no frequency"));
            let word: String = word.chars().map(|c| fold.get(&c).copied().unwrap_or(c)).collect();
            let known = words.entry(word).or_default();
            *known = frequency.max(*known);
        }
    }
    let total: u64 = words.values().sum();
    let mut inside = trigrams::empty();
    words.keys().for_each(|word| trigrams::add(&mut inside, word));
    fs::write(out.join("trigrams.bin"), inside).expect("OUT_DIR can be written");
    let map = fst::Map::from_iter(words).expect("a BTreeMap is sorted");
    let bytes = map.as_fst().as_bytes();
    fs::write(out.join("dictionary.fst"), bytes).expect("OUT_DIR can be written");
    fs::write(out.join("first-characters.bin"), first_characters(&map)).expect("OUT_DIR can be written");
    fs::write(out.join("no-words.fst"), fst::Map::default().as_fst().as_bytes()).expect("OUT_DIR can be written");
    let [first, last] = FIRST_CHARACTERS;
    let code = format!(
        "const TOTAL_FREQUENCY: u64 = {total};\nconst HASH: u64 = {:#x};\n\
         const FIRST_CHARACTERS: std::ops::RangeInclusive<char> = {first:?}..={last:?};\n",
        fnv1a(bytes)
    );
    fs::write(out.join("dictionary.rs"), code).expect("OUT_DIR can be written");
}

/// The common block of Chinese characters.
const FIRST_CHARACTERS: [char; 2] = ['\u{4E00}', '\u{9FFF}'];

/// Where words that begin with each of these characters go on: the address of the node behind it, and the output up to
/// there, in four bytes each; [`u32::MAX`] and 0 where no word does. Most steps through the map are these first three bytes.
fn first_characters(words: &fst::Map<Vec<u8>>) -> Vec<u8> {
    let fst = words.as_fst();
    let [first, last] = FIRST_CHARACTERS;
    let behind = |c: char| {
        let (mut node, mut output) = (fst.root(), 0);
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            let transition = node.transition(node.find_input(byte)?);
            output += transition.out.value();
            node = fst.node(transition.addr);
        }
        Some([u32::try_from(node.addr()).ok()?, u32::try_from(output).ok()?])
    };
    (first..=last).flat_map(|c| behind(c).unwrap_or([u32::MAX, 0])).flat_map(u32::to_le_bytes).collect()
}

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): enough to tell one dictionary from another.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
