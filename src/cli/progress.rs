//! The bar on standard error that shows how far indexing or measuring is. Nothing where that is no terminal, and nothing before there
//! is something to wait for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use souwen::index::Progress;
use souwen::messages::Message;

use super::console::Console;

/// Shorter runs show nothing.
const PATIENCE: Duration = Duration::from_millis(200);
/// Often enough to look alive.
const TICK: Duration = Duration::from_millis(120);

const COUNTING: &str = "{spinner} {msg} {pos}";
const READING: &str =
    "{msg} {wide_bar} {percent:>3}% {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
const WAITING: &str = "{spinner} {msg}";
const ASKING: &str = "{msg} {wide_bar} {percent:>3}% {eta}";
/// Steps of a bar that counts nothing in particular.
const STEPS: u64 = 1000;

/// A bar in the making.
pub(super) struct Bar<'a> {
    bar: ProgressBar,
    started: Instant,
    is_shown: AtomicBool,
    console: &'a Console,
}

impl<'a> Bar<'a> {
    /// A bar for one run; `quiet` runs have none.
    pub(super) fn new(console: &'a Console, quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let is_shown = AtomicBool::new(quiet || !console.shows_progress);
        Self { bar, started: Instant::now(), is_shown, console }
    }

    /// Takes a report of the library; called from several threads.
    pub(super) fn report(&self, progress: Progress) {
        match progress {
            Progress::Walking(files) => {
                if files == 1 {
                    self.look(COUNTING, Message::Walking);
                }
                self.bar.set_position(files);
            }
            Progress::Total(bytes) => {
                self.look(READING, Message::Indexing);
                self.bar.reset();
                self.bar.set_length(bytes);
            }
            Progress::Read(bytes) => self.bar.inc(bytes),
            Progress::Committing => self.look(WAITING, Message::Committing),
        }
        self.show_after_a_while();
    }

    /// Shows how much of something is done, from 0 to 1; it begins with 0.
    pub(super) fn share(&self, message: Message<'static>, share: f64) {
        if share == 0.0 {
            self.look(ASKING, message);
            self.bar.reset();
            self.bar.set_length(STEPS);
        }
        self.bar.set_position((share * STEPS as f64) as u64);
        self.show_after_a_while();
    }

    fn show_after_a_while(&self) {
        if self.started.elapsed() >= PATIENCE && !self.is_shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(TICK);
        }
    }

    fn look(&self, template: &str, message: Message<'static>) {
        let style = ProgressStyle::with_template(template).expect("the templates above are sound");
        self.bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        self.bar.set_message(self.console.text(message));
    }
}

/// Leaves nothing behind on the terminal.
impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
