//! The `souwen` command: arguments in, exit code out. Everything else is in [`cli`], and what is not about a terminal in
//! the library.

use std::process::ExitCode;

mod cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let exit = match cli::Args::of_process() {
        Ok(args) => cli::run(&args),
        Err(usage) => cli::tell_usage(&usage),
    };
    exit.into()
}
