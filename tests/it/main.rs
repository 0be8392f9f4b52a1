//! The product from outside: what a person gets who has a folder of news and this program. Read from the top, the topics
//! follow an article's way; every file opens with what it promises. Set `SOUWEN_SHARED` to run the checks on real news too.

#![expect(clippy::print_stderr, reason = "a skipped check says so")]

mod support;

mod first_minute;

#[expect(unreachable_pub, reason = "fuzz targets ask from outside")]
mod anything;
mod fuzzed;
mod hostile;
mod hostile_output;
mod hostile_queries;
mod reading;
mod seed_format;

mod faults;
mod optimizing;
mod refresh;
mod watch;

mod exactness;
mod searching;

mod settings;
mod showing;
#[cfg(unix)]
mod terminal;

mod export;
mod verify;

mod benching;
