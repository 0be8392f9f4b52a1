//! `souwen dict`: the user's words, and proposals for more of them.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use souwen::analysis::Analyzer;
use souwen::analysis::dictionary::Dictionary;
use souwen::analysis::normalize::Normalized;
use souwen::analysis::user_words::{self, BadLine, Change, WordFault, WordList};
use souwen::analysis::words::WordKind;
use souwen::article::Article;
use souwen::discover::{DiscoverOptions, Discovery, Known, discover};
use souwen::error::Error;
use souwen::index::ArticleIndex;
use souwen::messages::Message;
use souwen::render::json;
use souwen::search::Searcher;

use super::args::{DictArgs, DictCommand, DiscoverArgs};
use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::Place;
use super::settings::Settings;
use super::user_files::{self, Paths, WORDS};
use super::{Exit, dictionary, load_dictionary, search, table};

/// Bad lines of an imported file that are named one by one.
const MAX_BAD_TOLD: usize = 50;

/// Does what was asked.
pub(super) fn run(args: &DictArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let paths = Paths::of(WORDS, place, settings);
    let target = || match &paths.everywhere {
        _ if args.for_index => Ok(paths.beside.clone()),
        Some(path) => Ok(path.clone()),
        None => Err(Failure::NoHome),
    };
    match &args.command {
        DictCommand::Add { word, frequency } => {
            let known = dictionary(place, settings, console)?;
            add(word, *frequency, &target()?, &known, console)?;
            tell_rebuild(place, settings, console)
        }
        DictCommand::Remove { word } => {
            if !remove(word, &target()?, console)? {
                return Ok(Exit::NothingFound);
            }
            tell_rebuild(place, settings, console)
        }
        DictCommand::Import { file } => {
            let known = dictionary(place, settings, console)?;
            import(file, &target()?, &known, console)?;
            tell_rebuild(place, settings, console)
        }
        DictCommand::List { json } => list(*json, &paths, console),
        DictCommand::Check { file } => check(file.as_deref(), &paths, console),
        DictCommand::Discover(args) => propose(args, place, settings, console),
    }
}

/// The list in `path`; empty when there is none.
fn load(path: &Path) -> Result<WordList, Failure> {
    Ok(WordList::parse(&user_files::read(path)?.unwrap_or_default()).0)
}

fn add(word: &str, frequency: Option<u64>, path: &Path, known: &Dictionary, console: &Console) -> Result<(), Failure> {
    let word = word.trim();
    user_words::check_word(word).map_err(|fault| Failure::BadWord { word: word.to_owned(), fault })?;
    let mut list = load(path)?;
    let change = list.set(word, Some(frequency_of(word, frequency, known)));
    user_files::write(path, &list.to_text())?;
    let file = &shown(path);
    console.say(match change {
        Change::Added => Message::WordAdded { word, file },
        Change::Changed => Message::WordChanged { word, file },
        Change::Unchanged => Message::WordUnchanged { word, file },
    });
    Ok(())
}

/// The frequency is written down even where nobody gave one: a file without frequencies has to be asked about each of its
/// words whenever it is read.
fn frequency_of(word: &str, frequency: Option<u64>, known: &Dictionary) -> u64 {
    frequency.unwrap_or_else(|| {
        let least = known.frequency_that_keeps_whole(Normalized::new(word).as_str());
        least.clamp(1, user_words::MAX_FREQUENCY)
    })
}

/// `false` when the word is not there.
fn remove(word: &str, path: &Path, console: &Console) -> Result<bool, Failure> {
    let (word, file) = (word.trim(), &shown(path));
    let mut list = load(path)?;
    if !list.remove(word) {
        console.error(&console.text(Message::NoUserWord { word, file }));
        return Ok(false);
    }
    user_files::write(path, &list.to_text())?;
    console.say(Message::WordRemoved { word, file });
    Ok(true)
}

fn import(from: &Path, path: &Path, known: &Dictionary, console: &Console) -> Result<(), Failure> {
    let mut text = String::new();
    if from == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map_err(Failure::file(from))?;
    } else {
        text = std::fs::read_to_string(from).map_err(Failure::file(from))?;
    }
    let (taken, bad) = WordList::parse(&text);
    for bad in bad.iter().take(MAX_BAD_TOLD) {
        console.warn(Message::ProblemIn { place: &place_of(from, bad), reason: &reason(bad, console) });
    }
    if let Some(more) = bad.len().checked_sub(MAX_BAD_TOLD).filter(|&more| more > 0) {
        console.say(Message::MoreRows { rows: more as u64 });
    }
    let mut list = load(path)?;
    let (mut added, mut changed) = (0, 0);
    for word in taken.words() {
        match list.set(&word.word, Some(frequency_of(&word.word, word.frequency, known))) {
            Change::Added => added += 1,
            Change::Changed => changed += 1,
            Change::Unchanged => {}
        }
    }
    if added + changed > 0 {
        user_files::write(path, &list.to_text())?;
    }
    console.say(Message::WordsImported { added, changed, bad: bad.len() as u64, file: &shown(path) });
    Ok(())
}

/// After a change: the index that is there was cut with other words. Bad lines are no news here.
fn tell_rebuild(place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    if let Ok(index) = ArticleIndex::open(&place.dir)
        && index.commit().fingerprint.dictionary != load_dictionary(place, settings, |_, _| {})?.hash()
    {
        console.note(Message::WordsNeedRebuild { index: &shown(&place.dir) });
    }
    Ok(Exit::Success)
}

/// A word with its place, for programs.
#[derive(Serialize)]
struct WordLine<'a> {
    word: &'a str,
    frequency: Option<u64>,
    file: &'a str,
}

fn list(as_json: bool, paths: &Paths, console: &Console) -> Result<Exit, Failure> {
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut out = console.out();
    let mut any = false;
    for path in paths.all() {
        let file = &shown(path);
        for word in load(path)?.words() {
            any = true;
            let (word, frequency) = (&word.word, word.frequency);
            if as_json {
                json::write_line(&mut out, "word", &WordLine { word, frequency, file })?;
            } else {
                rows.push([word.clone(), frequency.map_or_else(|| "-".to_owned(), |n| n.to_string()), file.clone()]);
            }
        }
    }
    if any && !as_json {
        let header = [Message::ColumnWord, Message::ColumnFrequency, Message::ColumnFile];
        rows.insert(0, header.map(|message| console.text(message)));
        table::write(&mut out, &rows)?;
    }
    finish(out)?;
    if !any {
        console.say(Message::NoUserWords { files: &console.lang.list(&paths.all().map(shown).collect::<Vec<_>>()) });
        return Ok(Exit::NothingFound);
    }
    Ok(Exit::Success)
}

/// Names the bad lines of `file`, or of both files.
fn check(file: Option<&Path>, paths: &Paths, console: &Console) -> Result<Exit, Failure> {
    let files: Vec<PathBuf> = match file {
        Some(file) => vec![file.to_owned()],
        None => paths.all().map(Path::to_owned).collect(),
    };
    let mut out = console.out();
    let mut sound = true;
    for path in &files {
        let text = match (user_files::read(path)?, file) {
            (Some(text), _) => text,
            (None, None) => continue,
            (None, Some(_)) => return Err(Failure::file(path)(std::io::ErrorKind::NotFound.into())),
        };
        let (list, bad) = WordList::parse(&text);
        for bad in &bad {
            let message = Message::ProblemIn { place: &place_of(path, bad), reason: &reason(bad, console) };
            writeln!(out, "{}", console.text(message))?;
        }
        sound &= bad.is_empty();
        let (words, bad) = (list.words().count() as u64, bad.len() as u64);
        writeln!(out, "{}", console.text(Message::WordsChecked { file: &shown(path), words, bad }))?;
    }
    finish(out)?;
    Ok(if sound { Exit::Success } else { Exit::NothingFound })
}

fn place_of(path: &Path, bad: &BadLine) -> String {
    format!("{}:{}", shown(path), bad.line)
}

fn reason(bad: &BadLine, console: &Console) -> String {
    let text = bad.text.trim();
    console.text(match bad.fault {
        WordFault::Duplicate(line) => Message::WordIsDuplicate { text, line: line as u64 },
        fault => word_fault(text, fault),
    })
}

/// What is wrong with a word, or with its line.
pub(super) const fn word_fault(text: &str, fault: WordFault) -> Message<'_> {
    match fault {
        WordFault::NotHan => Message::WordNotHan { text },
        WordFault::TooShort => Message::WordTooShort { text },
        WordFault::TooLong => Message::WordTooLong { text, most: user_words::MAX_WORD_CHARS as u64 },
        WordFault::ControlCharacter => Message::WordHasControl { text },
        WordFault::BadFrequency => Message::WordBadFrequency { text, most: user_words::MAX_FREQUENCY },
        WordFault::TooManyColumns => Message::WordTooManyColumns { text },
        WordFault::Duplicate(line) => Message::WordIsDuplicate { text, line: line as u64 },
    }
}

/// Looks for words in the index.
fn propose(args: &DiscoverArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let index = search::open(place)?;
    let dictionary = dictionary(place, settings, console)?;
    let searcher = index.searcher(Arc::clone(&dictionary)).map_err(Failure::index(&place.dir))?;
    let known = Cut { analyzer: Analyzer::for_articles(Arc::clone(&dictionary)), dictionary };
    let options = DiscoverOptions { limit: args.limit, min_count: args.min_count };
    let found = discover(&mut |take| texts(&searcher, take), &known, &options).map_err(Failure::index(&place.dir))?;

    let mut out = console.out();
    if args.json {
        for found in &found {
            json::write_line(&mut out, "discovery", found)?;
        }
    } else if args.words {
        for Discovery { word, .. } in &found {
            writeln!(out, "{word}")?;
        }
    } else if !found.is_empty() {
        table::write(&mut out, &rows(&found, console))?;
    }
    finish(out)?;
    if found.is_empty() {
        console.say(Message::NothingDiscovered);
        return Ok(Exit::NothingFound);
    }
    Ok(Exit::Success)
}

/// The proposals for people.
fn rows(found: &[Discovery], console: &Console) -> Vec<[String; 5]> {
    let header = [
        Message::ColumnWord,
        Message::ColumnCount,
        Message::ColumnCohesion,
        Message::ColumnFreedom,
        Message::ColumnExample,
    ];
    let rows = found.iter().map(|Discovery { word, count, cohesion, freedom, example, .. }| {
        let number = |value: f64| format!("{value:.1}");
        [word.clone(), count.to_string(), number(*cohesion), number(*freedom), example.clone()]
    });
    [header.map(|message| console.text(message))].into_iter().chain(rows).collect()
}

/// Titles and bodies of the index, folded; a text that stands there word for word twice, such as a reprint, counts once.
fn texts(searcher: &Searcher, take: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let mut seen = HashSet::new();
    searcher.each_article(&mut |Article { title, body, .. }| {
        let body = Normalized::new(body.as_str());
        let is_new = body.as_str().is_empty() || seen.insert(xxhash_rust::xxh3::xxh3_64(body.as_str().as_bytes()));
        if is_new {
            take(Normalized::new(&title).as_str());
            take(body.as_str());
        }
    })
}

/// What the dictionary knows.
struct Cut {
    dictionary: Arc<Dictionary>,
    analyzer: Analyzer,
}

impl Known for Cut {
    fn is_whole(&self, word: &str) -> bool {
        self.dictionary.frequency(word).is_some()
    }

    fn is_function(&self, word: &str) -> bool {
        souwen::query::is_function_word(word)
    }

    fn pieces(&self, word: &str) -> Vec<usize> {
        let analyzed = self.analyzer.analyze(word);
        let leaves = analyzed.words().into_iter().filter(|word| word.kind == WordKind::Leaf);
        leaves.map(|word| analyzed.normalized.as_str()[word.bytes].chars().count()).collect()
    }
}
