//! Brings commits to the disk, beside the transactions that come after them.
//!
//! What SQLite leaves out with `synchronous = normal` is the flush of its log after a commit; flushing that file makes
//! up for it. Whoever needs a commit on the disk waits for it here, without the connection: one flush is for all that were
//! made before it. The others are flushed within 50 ms. A flush that fails is final (the kernel may have dropped the
//! pages): from then on nothing is written.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::StoreError;
use crate::boundary::{Boundary, pass};

/// A commit waits this long for others; the flush itself has the rest of the 50 ms.
const PATIENCE: Duration = Duration::from_millis(30);

/// Flushes when it is waited for or in the background, and once more when it is dropped.
pub(super) struct Flusher {
    log: Arc<Log>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A commit of this process, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Commit(u64);

/// SQLite's log, and how much of it is on the disk.
struct Log {
    /// None where nothing is kept.
    path: Option<PathBuf>,
    committed: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    flushed: u64,
    is_flushing: bool,
    /// A commit is to be flushed soon.
    is_wanted: bool,
    is_closing: bool,
    has_failed: bool,
}

impl Flusher {
    /// For the database at `path`.
    pub(super) fn new(path: &Path) -> Self {
        let log = (!path.as_os_str().is_empty()).then(|| {
            let mut log = path.as_os_str().to_owned();
            log.push("-wal");
            log.into()
        });
        Self {
            log: Arc::new(Log {
                path: log,
                committed: AtomicU64::new(0),
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
            thread: Mutex::new(None),
        }
    }

    /// A commit was made that is not on the disk yet.
    pub(super) fn committed(&self) -> Commit {
        Commit(self.log.committed.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Waits until a commit is on the disk.
    pub(super) fn wait(&self, commit: Commit) -> Result<(), StoreError> {
        self.log.flush(commit.0)
    }

    /// Has everything committed so far flushed soon. The thread starts with the first commit that needs it.
    pub(super) fn soon(&self) -> Result<(), StoreError> {
        self.log.lock().is_wanted = true;
        self.log.changed.notify_all();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let log = self.log.clone();
            let started = std::thread::Builder::new()
                .name("flush".to_owned())
                .spawn(move || log.keep_flushing());
            match started {
                Ok(handle) => *thread = Some(handle),
                // Without a thread to do it later it is done now.
                Err(_) => return self.now(),
            }
        }
        drop(thread);
        self.check()
    }

    /// Flushes at once what is not on the disk yet.
    pub(super) fn now(&self) -> Result<(), StoreError> {
        self.log.flush(self.log.committed.load(Ordering::SeqCst))
    }

    /// Whether every flush so far has worked.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.log.lock().check()
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.log.lock().is_closing = true;
        self.log.changed.notify_all();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // A thread that panicked has nothing left to flush.
            let _ = thread.join();
        }
    }
}

impl Log {
    /// Waits until the commit of this number is on the disk: for a flush under way, or for one of its own.
    fn flush(&self, wanted: u64) -> Result<(), StoreError> {
        let mut state = self.lock();
        loop {
            state.check()?;
            if state.flushed >= wanted {
                return Ok(());
            }
            if state.is_flushing {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.is_flushing = true;
            drop(state);
            // A commit during the flush needs another one.
            let committed = self.committed.load(Ordering::SeqCst);
            let done = self.write_out();
            state = self.lock();
            state.is_flushing = false;
            match done {
                Ok(()) => state.flushed = committed,
                Err(_) => state.has_failed = true,
            }
            self.changed.notify_all();
        }
    }

    fn write_out(&self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        pass(Boundary::Flush);
        let flushed = match File::open(path) {
            Ok(file) => file.sync_data(),
            // Another process folded the log into the database, which flushes both.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        pass(Boundary::Flushed);
        flushed
    }

    fn keep_flushing(&self) {
        loop {
            let mut state = self.lock();
            while !state.is_wanted && !state.is_closing {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if !state.is_closing {
                let waited = self.changed.wait_timeout_while(state, PATIENCE, |it| !it.is_closing);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            let is_closing = state.is_closing;
            // Cleared first: a commit during the flush asks for another one.
            let is_wanted = std::mem::take(&mut state.is_wanted);
            drop(state);
            if is_wanted {
                // Whoever writes next hears that it failed.
                let _ = self.flush(self.committed.load(Ordering::SeqCst));
            }
            if is_closing {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self) -> Result<(), StoreError> {
        match self.has_failed {
            true => Err(StoreError::Unwritable {
                reason: "the disk reported an error while the audit log was flushed",
            }),
            false => Ok(()),
        }
    }
}
