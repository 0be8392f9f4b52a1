//! Saved runs: `bench/NAME.json` in the user's data folder, where the index is that has no other place.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use souwen::bench::compare::{self, Unreadable};
use souwen::bench::report::Report;

use super::super::failure::Failure;
use super::super::user_files;

/// Reads a run.
pub(super) fn load(name: &str) -> Result<Report, Failure> {
    let path = path(name)?;
    let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::UnknownRun { name: name.to_owned(), known: names() },
        _ => Failure::file(&path)(error),
    })?;
    compare::from_json(&text).map_err(|error| match error {
        Unreadable::Format(found) => Failure::OtherRunFormat { name: name.to_owned(), found },
        Unreadable::Damaged(reason) => Failure::BadRun { path, reason },
    })
}

/// Keeps a run, in place of one of the same name, and tells where.
pub(super) fn save(name: &str, report: &Report) -> Result<PathBuf, Failure> {
    let path = path(name)?;
    user_files::write(&path, &compare::to_json(report))?;
    Ok(path)
}

fn folder() -> Result<PathBuf, Failure> {
    let folders = etcetera::choose_base_strategy().map_err(|_| Failure::NoHome)?;
    Ok(folders.data_dir().join("souwen").join("bench"))
}

fn path(name: &str) -> Result<PathBuf, Failure> {
    Ok(folder()?.join(format!("{name}.json")))
}

/// The names that runs were saved under.
fn names() -> Vec<String> {
    let entries = folder().ok().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten();
    let name = |entry: fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(".json")?.to_owned());
    let mut names: Vec<String> = entries.filter_map(|entry| name(entry.ok()?)).collect();
    names.sort();
    names
}
