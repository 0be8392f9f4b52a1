//! The command line: the only code that knows clap, the terminal, the environment and exit codes.
//!
//! 1. [`Args`] is what was typed (`args.rs`);
//! 2. [`Settings`](settings::Settings) is what holds: command line, environment, configuration file, default, in this
//!    order (`settings.rs`, `config_file.rs`);
//! 3. [`Place`](place::Place) is where the index lies (`place.rs`);
//! 4. one file for each subcommand does the work through the library and renders what came out into [`console`]'s
//!    standard output;
//! 5. what goes wrong is a [`Failure`](failure::Failure), told once, here.

mod analyze;
mod args;
mod bench;
mod bytes;
mod config;
mod config_file;
mod console;
mod dict;
mod eval;
mod exit;
mod export;
mod failure;
mod generate;
mod index;
mod interrupt;
mod optimize;
mod pager;
mod place;
mod progress;
mod search;
mod settings;
mod show;
mod stats;
mod table;
mod user_files;
mod verify;
mod watch;

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use souwen::analysis::dictionary::Dictionary;
use souwen::analysis::user_words::WordList;
use souwen::index::guard;
use souwen::messages::Message;
use souwen::query::synonyms::Synonyms;
use souwen::render::sanitize;

pub(crate) use args::Args;
pub(crate) use exit::Exit;

use args::Command;
use config_file::ConfigFile;
use console::Console;
use failure::{Failure, shown};
use place::Place;
use settings::{Environment, Settings, SynonymGroups};
use user_files::Paths;

/// Does what `args` ask for. All that fails is told here, once.
pub(crate) fn run(args: &Args) -> Exit {
    silence_guarded_panics();
    let environment = Environment::of_process();
    let loaded = ConfigFile::read().and_then(|file| Settings::resolve(args.typed(), &environment, file));
    let (settings, console) = match loaded {
        Ok(settings) => {
            let console = Console::new(settings.lang.value, settings.color.value);
            (settings, console)
        }
        Err(failure) => {
            let console =
                Console::new(settings::fallback_lang(args.lang, &environment), args.color.unwrap_or_default());
            return tell(&failure, &console);
        }
    };
    command(&args.command, &settings, &console).unwrap_or_else(|failure| tell(&failure, &console))
}

fn command(command: &Command, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let place = || Place::find(settings);
    match command {
        Command::Index(args) => index::run(args, &place()?, settings, console),
        Command::Watch(args) => watch::run(args, &place()?, settings, console),
        Command::Search(args) => search::run(args, &place()?, settings, console),
        Command::Optimize(args) => optimize::run(args, &place()?, console),
        Command::Show(args) => show::run(args, &place()?, settings, console),
        Command::Stats(args) => stats::run(args, &place()?, console),
        Command::Analyze(args) => analyze::run(args, &dictionary(&place()?, settings, console)?, console),
        Command::Dict(args) => dict::run(args, &place()?, settings, console),
        Command::Eval(args) => eval::run(args, settings, console),
        Command::Verify(args) => verify::run(args, &place()?, settings, console),
        Command::Export(args) => export::run(args, &place()?, console),
        Command::Bench(args) => bench::run(args, &place()?, settings, console),
        Command::Config => config::run(&place()?, settings, console),
        Command::Generate(args) => generate::run(args, console),
    }
}

/// The words the segmenter knows, see [`load_dictionary`]; warns of lines without effect.
fn dictionary(place: &Place, settings: &Settings, console: &Console) -> Result<Arc<Dictionary>, Failure> {
    let warn = |path: &Path, lines| console.warn(Message::BadWordLines { file: &shown(path), lines });
    Ok(Arc::new(load_dictionary(place, settings, warn)?))
}

/// The built-in words and the user's: the only place that says where they come from. Hands over the files with bad lines,
/// and how many.
fn load_dictionary(
    place: &Place,
    settings: &Settings,
    mut tell_bad: impl FnMut(&Path, u64),
) -> Result<Dictionary, Failure> {
    let mut words = Vec::new();
    for path in Paths::of(user_files::WORDS, place, settings).all() {
        let Some(text) = user_files::read(path)? else { continue };
        let (list, bad) = WordList::parse(&text);
        if !bad.is_empty() {
            tell_bad(path, bad.len() as u64);
        }
        words.extend(list.words());
    }
    Ok(Dictionary::new(&words))
}

/// The groups of names that queries are widened by.
fn synonyms(place: &Place, settings: &Settings, console: &Console) -> Result<Arc<Synonyms>, Failure> {
    let mut synonyms = match settings.synonyms.value {
        SynonymGroups::None => return Ok(Arc::new(Synonyms::none())),
        SynonymGroups::Own => Arc::new(Synonyms::none()),
        SynonymGroups::All => Synonyms::built_in(),
    };
    for path in Paths::of(user_files::SYNONYMS, place, settings).all() {
        let Some(text) = user_files::read(path)? else { continue };
        for bad in Arc::make_mut(&mut synonyms).add(&text) {
            let place = format!("{}:{}", shown(path), bad.line);
            console.warn(Message::BadSynonyms { place: &place, text: bad.text.trim() });
        }
    }
    Ok(synonyms)
}

/// A damaged index is told once, as an error, and not a second time where the engine meets it.
fn silence_guarded_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !guard::is_at_work() {
            tell(panic);
        }
    }));
}

/// The only place where a closed pipe is forgiven.
fn tell(failure: &Failure, console: &Console) -> Exit {
    if failure.is_closed_pipe() {
        return Exit::Success;
    }
    console.error(&failure.text(console.lang));
    Exit::Error
}

/// Prints help, version or what was wrong with the arguments.
pub(crate) fn tell_usage(usage: &clap::Error) -> Exit {
    let is_error = usage.use_stderr();
    let text = usage.render().to_string();
    // clap quotes what was typed, and takes out of it only some of what could disturb a terminal
    let clean: Vec<_> = text.lines().map(sanitize::clean).collect();
    let told = if clean.iter().all(|line| matches!(line, Cow::Borrowed(_))) {
        usage.print()
    } else {
        writeln!(std::io::stderr(), "{}", clean.join("\n"))
    };
    match told {
        _ if is_error => Exit::Error,
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Exit::Error,
        _ => Exit::Success,
    }
}
