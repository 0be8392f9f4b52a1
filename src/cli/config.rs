//! `souwen config`: every setting in force, and why it is what it is.

use std::io::Write;

use souwen::messages::{Lang, Message};

use clap::ValueEnum;

use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::{Place, Reason};
use super::settings::{self, Origin, Settings, Sourced};
use super::{Exit, bytes, table};

/// Prints them.
pub(super) fn run(place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let mut out = console.out();
    let file = settings.file.shown_path();
    let message =
        if settings.file.exists { Message::ConfigFile { file: &file } } else { Message::NoConfigFile { file: &file } };
    writeln!(out, "{}\n", console.text(message))?;
    table::write(&mut out, &rows(place, settings, console))?;
    finish(out)?;
    Ok(Exit::Success)
}

/// Setting, value, reason.
fn rows(place: &Place, settings: &Settings, console: &Console) -> Vec<[String; 3]> {
    let Settings {
        index: _,
        lang,
        color,
        limit,
        threads,
        memory,
        zone,
        commit_every,
        synonyms,
        timeout,
        max_file_size,
        max_line_size,
        max_expansion,
        file: _,
    } = settings;
    let index = std::path::absolute(&place.dir).unwrap_or_else(|_| place.dir.clone());
    let reason = match place.reason {
        Reason::Set(origin) => from(settings::INDEX.key, origin, console),
        Reason::CurrentFolder => console.text(Message::FromCurrentFolder),
        Reason::DataFolder => console.text(Message::FromDataFolder),
    };
    let lang_reason = match lang.origin {
        Origin::Default => console.text(Message::FromLocale),
        origin => from(settings::LANG.key, origin, console),
    };
    let lang = match lang.value {
        Lang::En => "en",
        Lang::Zh => "zh",
    };
    let color_name = color.value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let zone =
        zone.clone().unwrap_or_else(|| Sourced { value: console.text(Message::ZoneOfIndex), origin: Origin::Default });
    let row = |key: &str, value: String, origin| [key.to_owned(), value, from(key, origin, console)];
    vec![
        [settings::INDEX.key.to_owned(), shown(&index), reason],
        [settings::LANG.key.to_owned(), lang.to_owned(), lang_reason],
        row(settings::COLOR.key, color_name, color.origin),
        row(settings::LIMIT.key, limit.value.to_string(), limit.origin),
        row(settings::THREADS.key, threads.value.to_string(), threads.origin),
        row(settings::MEMORY.key, bytes::exact(memory.value), memory.origin),
        row(settings::ZONE.key, zone.value, zone.origin),
        row(settings::COMMIT_EVERY.key, commit_every.value.to_string(), commit_every.origin),
        row(settings::SYNONYMS.key, synonyms.value.name().to_owned(), synonyms.origin),
        row(settings::TIMEOUT.key, format!("{}s", timeout.value.as_secs_f64()), timeout.origin),
        row(settings::MAX_FILE_SIZE.key, bytes::exact(max_file_size.value), max_file_size.origin),
        row(settings::MAX_LINE_SIZE.key, bytes::exact(max_line_size.value), max_line_size.origin),
        row(settings::MAX_EXPANSION.key, max_expansion.value.to_string(), max_expansion.origin),
    ]
}

/// The reason in words.
fn from(key: &str, origin: Origin, console: &Console) -> String {
    match origin {
        Origin::CommandLine => console.text(Message::FromCommandLine),
        Origin::Environment => settings::variable(key),
        Origin::File => console.text(Message::FromConfigFile),
        Origin::Default => console.text(Message::FromDefault),
    }
}
