//! The terminal, or what stands in its place: colour, width, the one standard output, and what is told beside it.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style as Ansi};
use clap::ValueEnum;
use jiff::tz::TimeZone;
use souwen::messages::{Lang, Message};
use souwen::render::Style;

use super::failure::Failure;
use super::settings::Environment;

const ERROR: Ansi = AnsiColor::Red.on_default().bold();
const WARNING: Ansi = AnsiColor::Yellow.on_default().bold();
const HINT: Ansi = AnsiColor::Cyan.on_default();

/// Columns where nobody says how many there are.
const DEFAULT_WIDTH_COLS: usize = 80;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Color {
    // no doc comments: they would make clap's help long
    #[default]
    Auto,
    Always,
    Never,
}

/// Where people see what the program says.
#[derive(Debug, Clone)]
pub(super) struct Console {
    pub(super) lang: Lang,
    /// Whether standard output is a terminal.
    pub(super) is_terminal: bool,
    /// Whether standard error is one.
    pub(super) shows_progress: bool,
    colour: bool,
    error_colour: bool,
}

/// Standard output.
pub(super) type Out = BufWriter<AutoStream<StdoutLock<'static>>>;

impl Console {
    pub(super) fn new(lang: Lang, color: Color) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        choice.write_global();
        // NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM are known there
        Self {
            lang,
            is_terminal: io::stdout().is_terminal(),
            shows_progress: io::stderr().is_terminal(),
            colour: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            error_colour: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }

    /// Standard output, locked. Whoever writes there calls [`finish`] at the end.
    pub(super) fn out(&self) -> Out {
        // renderers decide on colour; this only translates it for consoles that know no escapes
        BufWriter::new(AutoStream::always(io::stdout().lock()))
    }

    /// How results look on standard output. `corpus` makes paths clickable, where the terminal can.
    pub(super) fn style(&self, zone: TimeZone, corpus: Option<PathBuf>) -> Style {
        let links = corpus.filter(|_| self.colour && self.is_terminal && knows_links(&Environment::of_process()));
        Style { colour: self.colour, links, width_cols: width_cols(), zone, lang: self.lang }
    }

    /// How results look on standard error.
    pub(super) fn error_style(&self, zone: TimeZone) -> Style {
        Style { colour: self.error_colour, links: None, width_cols: width_cols(), zone, lang: self.lang }
    }

    /// The message in the user's language.
    pub(super) fn text(&self, message: Message<'_>) -> String {
        message.in_lang(self.lang).to_string()
    }

    /// Tells what ends the program; `text` may have a hint on a second line.
    pub(super) fn error(&self, text: &str) {
        self.tell(Some((Message::ErrorLabel, ERROR)), text);
    }

    /// Tells what does not.
    pub(super) fn warn(&self, message: Message<'_>) {
        self.tell(Some((Message::WarningLabel, WARNING)), &self.text(message));
    }

    /// Tells that something was understood in a way that may surprise.
    pub(super) fn note(&self, message: Message<'_>) {
        self.tell(Some((Message::NoteLabel, HINT)), &self.text(message));
    }

    /// Tells the way out of what was told before.
    pub(super) fn hint(&self, message: Message<'_>) {
        let hint = self.painted(Message::HintLabel, HINT) + &self.text(message) + "\n";
        self.add(hint.as_bytes());
    }

    /// Tells what happens.
    pub(super) fn say(&self, message: Message<'_>) {
        self.tell(None, &self.text(message));
    }

    /// Writes lines to standard error that speak for themselves; their text is harmless already. Nobody can be told when
    /// that fails.
    pub(super) fn add(&self, lines: &[u8]) {
        let _ = AutoStream::always(io::stderr().lock()).write_all(lines);
    }

    /// Writes to standard error.
    fn tell(&self, label: Option<(Message<'_>, Ansi)>, text: &str) {
        let mut shown = "souwen: ".to_owned();
        if let Some((label, ansi)) = label {
            shown.push_str(&self.painted(label, ansi));
        }
        let (first, hint) = text.split_once('\n').map_or((text, None), |(first, hint)| (first, Some(hint)));
        shown.push_str(first);
        shown.push('\n');
        if let Some(hint) = hint {
            let label = self.text(Message::HintLabel);
            match hint.strip_prefix(&label) {
                Some(rest) => shown.push_str(&(self.painted(Message::HintLabel, HINT) + rest)),
                None => shown.push_str(hint),
            }
            shown.push('\n');
        }
        self.add(shown.as_bytes());
    }

    fn painted(&self, label: Message<'_>, ansi: Ansi) -> String {
        let label = self.text(label);
        let end = label.trim_end().len();
        if self.error_colour { format!("{ansi}{}{ansi:#}{}", &label[..end], &label[end..]) } else { label }
    }
}

/// Writes out what is buffered: the last thing to do with standard output, because dropping it would swallow errors.
pub(super) fn finish(mut out: Out) -> Result<(), Failure> {
    Ok(out.flush()?)
}

/// Columns of the terminal, whichever stream leads there; without one, what `COLUMNS` says, as for `ls`.
fn width_cols() -> usize {
    let said = || Environment::of_process().text("COLUMNS").and_then(|columns| columns.parse().ok());
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal.or_else(said).unwrap_or(DEFAULT_WIDTH_COLS)
}

/// Whether the terminal is known to make OSC 8 links clickable, and sees the same files. Elsewhere a path stays whole, so
/// that it can be copied.
fn knows_links(environment: &Environment) -> bool {
    const PROGRAMS: [&str; 6] = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"];
    const TERMS: [&str; 5] = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm"];
    let is = |name: &str, known: &[&str]| environment.text(name).is_some_and(|value| known.contains(&value.as_str()));
    // the library of GNOME's terminals: 0.50 and later
    let vte = || environment.text("VTE_VERSION").and_then(|version| version.parse::<u32>().ok());
    environment.get("SSH_CONNECTION").is_none()
        && (is("TERM_PROGRAM", &PROGRAMS)
            || is("TERM", &TERMS)
            || ["WT_SESSION", "KONSOLE_VERSION", "DOMTERM"].iter().any(|name| environment.get(name).is_some())
            || vte().is_some_and(|version| version >= 5000))
}
