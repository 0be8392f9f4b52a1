//! The product from outside: what a person gets who has a folder of news and this program. Read from the top, the topics
//! follow an article's way; every file opens with what it promises. Set `SOUWEN_SHARED` to run the checks on real news too.

#![expect(clippy::print_stderr, reason = "a skipped check says so")]

mod support;

mod first_minute;

mod hostile;
mod reading;
mod seed_format;

mod optimizing;
mod refresh;

mod exactness;
mod searching;

mod settings;
mod showing;
#[cfg(unix)]
mod terminal;

mod benching;
