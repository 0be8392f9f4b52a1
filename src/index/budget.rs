//! A bound on the bytes that are on their way through the threads of a sync, whatever the sizes of the files.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A number of bytes that may be in use at a time.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<State>);

#[derive(Debug)]
struct State {
    total: usize,
    free: Mutex<usize>,
    freed: Condvar,
}

/// Bytes in use; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    bytes: usize,
    state: Arc<State>,
}

impl Budget {
    pub(crate) fn new(total: usize) -> Self {
        Self(Arc::new(State { total, free: Mutex::new(total), freed: Condvar::new() }))
    }

    /// Waits until `bytes` are free and takes them. More than the whole budget counts as all of it, so that the largest
    /// file still passes, alone.
    pub(crate) fn take(&self, bytes: usize) -> Share {
        let bytes = bytes.min(self.0.total);
        let free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.0.freed.wait_while(free, |free| *free < bytes).unwrap_or_else(PoisonError::into_inner);
        *free -= bytes;
        Share { bytes, state: Arc::clone(&self.0) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        *self.state.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.state.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takers_wait_for_each_other_and_even_the_largest_passes() {
        let budget = Budget::new(10);
        let in_use = Mutex::new(0usize);
        std::thread::scope(|scope| {
            for bytes in [7, 20, 4, 3, 10, 1] {
                let (budget, in_use) = (budget.clone(), &in_use);
                scope.spawn(move || {
                    let share = budget.take(bytes);
                    *in_use.lock().unwrap() += share.bytes;
                    assert!(*in_use.lock().unwrap() <= 10);
                    std::thread::sleep(std::time::Duration::from_millis(2));
                    *in_use.lock().unwrap() -= share.bytes;
                });
            }
        });
    }
}
