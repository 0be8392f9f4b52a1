//! Long text through a pager, as git and man do it: `$PAGER`, else `less`; without one, straight to the terminal.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

use super::console::{Console, finish};
use super::failure::Failure;
use super::settings::Environment;

/// Options of `less` where the user has set none: leave at once if the text fits the screen, show colours, end with the
/// program on Ctrl-C.
const LESS: &str = "FRK";

/// What a shell exits with when there is no such command.
const NOT_FOUND: i32 = 127;

/// Hands `text` to the pager and waits until the reader is done.
pub(super) fn show(text: &[u8], console: &Console) -> Result<(), Failure> {
    if let Some(mut pager) = start(&Environment::of_process()) {
        let written = pager.stdin.take().map_or(Ok(()), |mut input| input.write_all(text));
        let left = pager.wait()?;
        if left.code() != Some(NOT_FOUND) {
            // whoever leaves before the end has read enough
            return Ok(written.or_else(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Ok(()),
                _ => Err(error),
            })?);
        }
    }
    let mut out = console.out();
    out.write_all(text)?;
    finish(out)
}

/// The pager, if there is one that starts.
fn start(environment: &Environment) -> Option<Child> {
    let pager = environment.text("PAGER").unwrap_or_else(|| "less".to_owned());
    let program = pager.split_whitespace().next()?;
    if program == "cat" {
        return None;
    }
    let mut command = shell(&pager);
    if environment.get("LESS").is_none() {
        command.env("LESS", LESS);
    }
    command.stdin(Stdio::piped()).spawn().ok()
}

/// The user's command line.
#[cfg(unix)]
fn shell(line: &str) -> Command {
    if !line.contains(|c: char| c.is_whitespace() || "|&;<>()$`\\\"'*?[#~=%".contains(c)) {
        return Command::new(line);
    }
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    command
}

/// The user's command line; without quotes, which differ from shell to shell here.
#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}
