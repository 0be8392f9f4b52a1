//! `souwen export`: every article of the index as a line of JSON, to standard output or a file.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use souwen::analysis::dictionary::Dictionary;
use souwen::error::Error;
use souwen::export::write_article;
use souwen::messages::Message;
use souwen::search::Searcher;

use super::args::ExportArgs;
use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::Place;
use super::progress::Bar;
use super::{Exit, search, user_files};

/// Writes them.
pub(super) fn run(args: &ExportArgs, place: &Place, console: &Console) -> Result<Exit, Failure> {
    let index = search::open(place)?;
    // nothing is searched, so any words will do
    let searcher = index.searcher(Dictionary::default().into()).map_err(Failure::index(&place.dir))?;
    let Some(path) = &args.output else {
        let mut out = console.out();
        let bar = Bar::new(console, console.is_terminal);
        write_all(&searcher, &mut out, &bar, place, Failure::from)?;
        finish(out)?;
        return Ok(Exit::Success);
    };
    let articles = {
        let bar = Bar::new(console, false);
        user_files::replace(path, |file| {
            let refused = Failure::file(path);
            let mut out = BufWriter::new(file);
            let articles = if is_gz(path) {
                let mut out = GzEncoder::new(&mut out, Compression::default());
                let articles = write_all(&searcher, &mut out, &bar, place, &refused)?;
                out.finish().map_err(&refused)?;
                articles
            } else {
                write_all(&searcher, &mut out, &bar, place, &refused)?
            };
            out.flush().map_err(&refused)?;
            Ok(articles)
        })?
    };
    console.say(Message::Exported { articles, file: &shown(path) });
    Ok(Exit::Success)
}

fn is_gz(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

/// Writes every article, and gives their number.
fn write_all(
    searcher: &Searcher,
    out: &mut dyn Write,
    bar: &Bar<'_>,
    place: &Place,
    refused: impl Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    /// What can go wrong on either side.
    enum Fault {
        Index(Error),
        Out(io::Error),
    }
    impl From<Error> for Fault {
        fn from(error: Error) -> Self {
            Self::Index(error)
        }
    }
    let all = searcher.articles().max(1);
    let mut written = 0;
    let written_all = searcher.each_article_by_date(|article| {
        bar.share(Message::Exporting, written as f64 / all as f64);
        written += 1;
        write_article(out, &article).map_err(Fault::Out)
    });
    match written_all {
        Ok(()) => Ok(written),
        Err(Fault::Index(error)) => Err(Failure::index(&place.dir)(error)),
        Err(Fault::Out(error)) => Err(refused(error)),
    }
}
