//! Ctrl+C and its kin, for commands that have something to tidy up or to show before they end. The others just end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Exit;

/// Calls `act` in a thread of its own when the user, or the system, asks the program to end. Who asks again does not
/// wait for it.
pub(super) fn on_interrupt(act: impl Fn() + Send + 'static) {
    let asked = AtomicBool::new(false);
    let handler = move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Error as i32);
        }
        act();
    };
    // without a handler the program just ends
    let _ = ctrlc::set_handler(handler);
}

/// A flag that an interrupt raises.
pub(super) fn flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    on_interrupt(move || raised.store(true, Ordering::Relaxed));
    flag
}
