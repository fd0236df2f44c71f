//! The connections for reading: at most so many, made when they are needed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::cause::Cause;
use super::connect::Connector;
use super::link::Link;
use crate::StoreError;

/// What lay idle for longer may have been forgotten by something in between.
pub(super) const FRESH: Duration = Duration::from_secs(240);

/// The connections for reading.
pub(super) struct Pool {
    connector: Arc<Connector>,
    limit: u32,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Link>,
    /// Those in use included.
    made: u32,
}

/// Why there is no connection.
pub(super) enum NoLink {
    /// All of them were in use.
    Exhausted(StoreError),
    /// None can be made.
    Failed(Cause),
}

impl Pool {
    /// All of the process's connections but the writer's.
    pub(super) fn new(connector: Arc<Connector>) -> Self {
        Self {
            limit: connector.url().connections() - 1,
            connector,
            state: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// A connection, to be given back by [`Lent::give_back`]; one that is not is closed. Waiting for one takes no longer
    /// than making one may.
    pub(super) fn lend(&self) -> Result<Lent<'_>, NoLink> {
        let patience = self.connector.url().connect_timeout();
        let until = Instant::now() + patience;
        let mut state = self.state();
        loop {
            while let Some(link) = state.idle.pop() {
                if link.is_sound() && link.idle() < FRESH {
                    return Ok(Lent {
                        pool: self,
                        link: Some(link),
                    });
                }
                state.made -= 1;
            }
            if state.made < self.limit {
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NoLink::Exhausted(StoreError::Exhausted {
                    connections: self.limit,
                    seconds: patience.as_secs(),
                }));
            }
            let waited = self.freed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.made += 1;
        drop(state);
        // From here on it is counted: dropped without a link, it makes room again.
        let mut lent = Lent { pool: self, link: None };
        lent.link = Some(self.connector.connect().map_err(NoLink::Failed)?);
        Ok(lent)
    }

    /// Closes what lies idle: when one connection was lost, the others mostly were as well.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        let forgotten = std::mem::take(&mut state.idle);
        state.made -= u32::try_from(forgotten.len()).unwrap_or(0);
        drop(state);
        self.freed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that belongs to the pool.
pub(super) struct Lent<'p> {
    pool: &'p Pool,
    link: Option<Link>,
}

impl Lent<'_> {
    pub(super) fn link(&mut self) -> &mut Link {
        self.link.as_mut().expect("it is there until it is given back")
    }

    pub(super) fn give_back(mut self) {
        if let Some(link) = self.link.take().filter(Link::is_sound) {
            self.pool.state().idle.push(link);
            self.pool.freed.notify_one();
            // It is still counted.
            std::mem::forget(self);
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.pool.state().made -= 1;
        self.pool.freed.notify_one();
    }
}
