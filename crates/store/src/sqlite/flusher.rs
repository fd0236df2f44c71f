//! Brings commits that were not flushed one by one to the disk, within 50 ms.
//!
//! What SQLite leaves out with `synchronous = normal` is the flush of its log after a commit; flushing that file makes
//! up for it. A flush that fails is final (the kernel may have dropped the pages): from then on nothing is written.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::StoreError;
use crate::boundary::{Boundary, pass};

/// A commit waits this long for others; the flush itself has the rest of the 50 ms.
const PATIENCE: Duration = Duration::from_millis(30);

/// Flushes in the background, and once more when it is dropped.
pub(super) struct Flusher {
    log: PathBuf,
    state: Arc<(Mutex<State>, Condvar)>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    is_dirty: bool,
    is_closing: bool,
    has_failed: bool,
}

impl Flusher {
    /// For the database at `path`. The thread starts with the first commit that needs it.
    pub(super) fn new(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self {
            log: log.into(),
            state: Arc::default(),
            thread: Mutex::new(None),
        }
    }

    /// A commit was made that is not on the disk yet.
    pub(super) fn soon(&self) -> Result<(), StoreError> {
        lock(&self.state).is_dirty = true;
        self.state.1.notify_one();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let (state, log) = (self.state.clone(), self.log.clone());
            let started = std::thread::Builder::new()
                .name("flush".to_owned())
                .spawn(move || run(&state, &log));
            match started {
                Ok(handle) => *thread = Some(handle),
                // Without a thread to do it later it is done now.
                Err(_) => flush(&self.state, &self.log),
            }
        }
        drop(thread);
        self.check()
    }

    /// Flushes at once.
    pub(super) fn now(&self) -> Result<(), StoreError> {
        flush(&self.state, &self.log);
        self.check()
    }

    /// Whether every flush so far has worked.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if lock(&self.state).has_failed {
            return Err(StoreError::Unwritable {
                reason: "the disk reported an error while the audit log was flushed",
            });
        }
        Ok(())
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        lock(&self.state).is_closing = true;
        self.state.1.notify_one();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // A thread that panicked has nothing left to flush.
            let _ = thread.join();
        }
    }
}

fn run(state: &Arc<(Mutex<State>, Condvar)>, log: &Path) {
    loop {
        let mut now = lock(state);
        while !now.is_dirty && !now.is_closing {
            now = state.1.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
        if !now.is_closing {
            let waited = state.1.wait_timeout_while(now, PATIENCE, |it| !it.is_closing);
            now = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let (is_dirty, is_closing) = (now.is_dirty, now.is_closing);
        drop(now);
        if is_dirty {
            flush(state, log);
        }
        if is_closing {
            return;
        }
    }
}

fn flush(state: &Arc<(Mutex<State>, Condvar)>, log: &Path) {
    // Cleared first: a commit during the flush asks for another one.
    lock(state).is_dirty = false;
    pass(Boundary::Flush);
    let flushed = match File::open(log) {
        Ok(file) => file.sync_data(),
        // Another process folded the log into the database, which flushes both.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    pass(Boundary::Flushed);
    if flushed.is_err() {
        lock(state).has_failed = true;
    }
}

fn lock(state: &Arc<(Mutex<State>, Condvar)>) -> MutexGuard<'_, State> {
    state.0.lock().unwrap_or_else(PoisonError::into_inner)
}
