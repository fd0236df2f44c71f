//! Brings commits that were not flushed one by one to the disk, within 50 ms.
//!
//! What SQLite leaves out with `synchronous = normal` is the flush of its log after a commit; flushing that file makes
//! up for it. The file is opened once and kept: so no error that the disk reports goes to somebody else, and a process that
//! has no descriptor left later can still flush. A flush that fails is final (the kernel may have dropped the pages): from
//! then on nothing is written.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
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
    /// None where nothing is kept.
    path: Option<PathBuf>,
    log: Mutex<Option<Arc<File>>>,
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
    /// For the database at `path`, which is there; SQLite's log is beside the file that a link leads to. The thread starts
    /// with the first commit that needs it.
    pub(super) fn new(path: &Path) -> Self {
        let log = (!path.as_os_str().is_empty()).then(|| {
            let mut log = path.canonicalize().unwrap_or_else(|_| path.to_owned()).into_os_string();
            log.push("-wal");
            log.into()
        });
        Self {
            path: log,
            log: Mutex::new(None),
            state: Arc::default(),
            thread: Mutex::new(None),
        }
    }

    /// A commit was made that is not on the disk yet.
    pub(super) fn soon(&self) -> Result<(), StoreError> {
        let Some(log) = self.log()? else { return Ok(()) };
        lock(&self.state).is_dirty = true;
        self.state.1.notify_one();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let (state, kept) = (self.state.clone(), log.clone());
            let started = std::thread::Builder::new()
                .name("flush".to_owned())
                .spawn(move || run(&state, &kept));
            match started {
                Ok(handle) => *thread = Some(handle),
                // Without a thread to do it later it is done now.
                Err(_) => flush(&self.state, &log),
            }
        }
        drop(thread);
        self.check()
    }

    /// Flushes at once, also what other processes have committed.
    pub(super) fn now(&self) -> Result<(), StoreError> {
        if let Some(log) = self.log()? {
            flush(&self.state, &log);
        }
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

    fn log(&self) -> Result<Option<Arc<File>>, StoreError> {
        let Some(path) = &self.path else { return Ok(None) };
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.is_none() {
            // This passes: the next commit tries again.
            let opened = File::open(path).map_err(|_| StoreError::Unwritable {
                reason: "the database's log cannot be opened to be flushed",
            })?;
            *log = Some(Arc::new(opened));
        }
        Ok(log.clone())
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

fn run(state: &Arc<(Mutex<State>, Condvar)>, log: &File) {
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

fn flush(state: &Arc<(Mutex<State>, Condvar)>, log: &File) {
    // Cleared first: a commit during the flush asks for another one.
    lock(state).is_dirty = false;
    pass(Boundary::Flush);
    // A log that another program has removed keeps nothing, whatever is flushed.
    let is_kept = log.sync_data().and_then(|()| Ok(log.metadata()?.nlink() > 0));
    pass(Boundary::Flushed);
    if !is_kept.unwrap_or(false) {
        lock(state).has_failed = true;
    }
}

fn lock(state: &Arc<(Mutex<State>, Condvar)>) -> MutexGuard<'_, State> {
    state.0.lock().unwrap_or_else(PoisonError::into_inner)
}
