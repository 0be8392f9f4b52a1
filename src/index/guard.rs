//! What the engine makes of damaged files: an error, whatever it does.
//!
//! The engine checks no checksum while it searches, for that would mean reading the whole index, and takes for granted
//! what it reads: damage may well end in an index out of bounds. Each way into the engine leads through [`guarded`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Error;

/// Calls of [`guarded`] at work, on whatever thread.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// Does `read`; where it panics, the index is damaged.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            AT_WORK.fetch_sub(1, Ordering::Relaxed);
        }
    }
    AT_WORK.fetch_add(1, Ordering::Relaxed);
    let _leave = Leave;
    // what a panic leaves half done is dropped with the reader of the index, which nobody uses after an error
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Error::Damaged { part: crate::article::one_line(text.unwrap_or_default()) })
    })
}

/// Whether a panic now is most likely one that becomes an [`Error::Damaged`]: for panic hooks, which would otherwise tell
/// it a second time.
#[must_use]
pub fn is_at_work() -> bool {
    AT_WORK.load(Ordering::Relaxed) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_damage() {
        let read = |at: usize| guarded(|| Ok([1, 2, 3][std::hint::black_box(at)]));
        assert_eq!(read(1).unwrap(), 2);
        let Err(Error::Damaged { part }) = read(5) else { panic!("no error") };
        assert!(part.contains("out of bounds"), "{part}");
        assert!(!is_at_work());
    }
}
