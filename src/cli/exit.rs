//! How the program ends, as shells and scripts see it.

use std::process::ExitCode;

/// The exit code, as grep has it. A reader who closes the pipe has what he wanted: that is [`Exit::Success`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something was found, or done.
    Success = 0,
    /// Nothing was found.
    NothingFound = 1,
    /// The command could not be carried out, or was not understood.
    Error = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
