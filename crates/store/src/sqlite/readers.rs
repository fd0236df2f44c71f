//! Connections for questions that come while the writer's is in use, so that no question ends a shared transaction.
//!
//! They are opened when they are first needed: a command that does one thing after another never needs one.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use super::open;
use crate::StoreError;

/// The most connections: more threads than these would wait for a processor anyway.
const MAX: usize = 4;

pub(super) struct Readers {
    path: PathBuf,
    pool: Mutex<Pool>,
    given_back: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    /// Places taken: connections in use, or being opened.
    taken: usize,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            pool: Mutex::default(),
            given_back: Condvar::new(),
        }
    }

    /// Asks on a connection that nobody else uses meanwhile.
    pub(super) fn ask<T, E: From<StoreError>>(
        &self,
        question: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let (place, idle) = self.place();
        let mut connection = match idle {
            Some(connection) => connection,
            None => open::connect(&self.path)?,
        };
        let answer = question(&mut connection);
        self.lock().idle.push(connection);
        drop(place);
        answer
    }

    /// Waits for a place, and takes a connection that is open already.
    fn place(&self) -> (Place<'_>, Option<Connection>) {
        let mut pool = self.lock();
        while pool.taken == MAX {
            pool = self.given_back.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        pool.taken += 1;
        (Place(self), pool.idle.pop())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the pool, given back however the question ends.
struct Place<'r>(&'r Readers);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.lock().taken -= 1;
        self.0.given_back.notify_one();
    }
}
