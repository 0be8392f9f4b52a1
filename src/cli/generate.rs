//! `souwen generate`: completions and man pages, made from the definition of the arguments.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::CommandFactory;

use super::Exit;
use super::args::{Args, Generate, GenerateArgs};
use super::console::{Console, finish};
use super::failure::Failure;

/// Makes them.
pub(super) fn run(args: &GenerateArgs, console: &Console) -> Result<Exit, Failure> {
    match &args.what {
        Generate::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "souwen", &mut script);
            let mut out = console.out();
            out.write_all(&script)?;
            finish(out)?;
        }
        Generate::Man { dir } => man(dir).map_err(|error| Failure::File { path: dir.clone(), error })?,
    }
    Ok(Exit::Success)
}

fn man(dir: &Path) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Args::command(), dir)
}
