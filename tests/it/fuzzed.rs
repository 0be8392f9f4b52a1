//! Anything that comes in: what `anything.rs` says must hold holds for the kept inputs of `tests/seeds`, for random changes
//! of them, and for what fuzzing has found. `fuzz/README.md` tells how to go on for longer.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use crate::anything::{DOORS, Door};
use crate::support::{TestEnv, post};

/// Changed inputs for each door; some seconds for all.
const CASES: u32 = 300;

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds").join(name);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no seeds of {name}");
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_kept_input_comes_in() {
    for (name, door) in DOORS {
        seeds(name).iter().for_each(|bytes| door(bytes));
    }
}

#[test]
fn changed_inputs_come_in() {
    for (name, door) in DOORS {
        mutated((name, door));
    }
}

/// Runs inputs through a door that are two seeds joined, with some bytes replaced, taken out or repeated.
fn mutated((name, door): Door) {
    let seeds = seeds(name);
    let change = (any::<Index>(), any::<u8>(), 0..4_usize);
    let input = (any::<Index>(), any::<Index>(), any::<Index>(), prop::collection::vec(change, 0..6));
    // the same inputs in every run: a test that fails now and then is none
    let mut runner = TestRunner::new_with_rng(
        Config { cases: CASES, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let run = runner.run(&input, |(first, second, cut, changes)| {
        let (first, second) = (first.get(&seeds), second.get(&seeds));
        let mut bytes = [&first[..cut.index(first.len() + 1)], &second[cut.index(second.len() + 1)..]].concat();
        for (at, byte, what) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                _ => bytes.extend_from_within(at..),
            }
        }
        door(&bytes);
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

/// Found by the door `queries` after 632 inputs: the string of signs had no pairs of characters, and asking for pairs of
/// none ended the program.
#[test]
fn finding_1_a_string_of_signs_beside_words_asks_for_the_words() {
    let env = TestEnv::new().post("a.md", post("北约峰会").body("<p>今日开幕。</p>")).indexed();
    for query in ["\"！\" 北约", "北约 \"。，\" 峰会", "\"-\" 北约 没有的词"] {
        let run = env.run_args(&["search", "-l", query]);
        assert_eq!((run.code, run.stdout.as_str()), (0, "a.md\n"), "{query}: {run}");
    }
}

/// Found by the door `queries` after 1,548 inputs: the sign that parts the levels of a section in the index could be typed.
#[test]
fn finding_2_a_section_with_control_characters_is_found_without_them() {
    let env = TestEnv::new().post("a.md", post("峰会").categories("新媒体/科技").body("<p>今日开幕。</p>")).indexed();
    for query in ["category:新媒体\u{1f}", "category:\u{1}新媒体\u{1f}", "category:新媒体/科技\u{7}"] {
        let run = env.run_args(&["search", "-l", query]);
        assert_eq!((run.code, run.stdout.as_str()), (0, "a.md\n"), "{query:?}: {run}");
    }
    let run = env.run_args(&["search", "-l", "category:新媒体\u{1f}科技"]);
    assert_eq!(run.code, 1, "two levels were typed as one: {run}");
}
