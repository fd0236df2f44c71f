//! A time that began and perhaps ended, as the clocks of the records showed it.
//!
//! The order is that of the records. A clock that was set back shows instants twice: what held meanwhile held from the
//! earliest to the latest that any record of that while shows, so that nobody who could is missing.

use std::time::Duration;

use distri_core::Timestamp;

/// From when to when something held.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) from: Timestamp,
    /// The greatest instant while it has not ended.
    pub(super) to: Timestamp,
    /// The latest instant that was shown before the clock was set back.
    latest: Option<Timestamp>,
}

impl Time {
    pub(super) fn since(from: Timestamp) -> Self {
        Self {
            from,
            to: Timestamp::MAX,
            latest: None,
        }
    }

    /// From before everything.
    pub(super) fn until(to: Timestamp) -> Self {
        Self {
            to,
            ..Self::since(Timestamp::MIN)
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.to != Timestamp::MAX
    }

    /// The clock went from one instant back to another.
    pub(super) fn set_back(&mut self, high: Timestamp, low: Timestamp) {
        if !self.is_over() {
            self.from = self.from.min(low);
            self.latest = self.latest.max(Some(high));
        }
    }

    /// It ended, unless it did before.
    pub(super) fn end(&mut self, at: Timestamp) {
        if self.is_over() {
            return;
        }
        if at < self.from {
            self.set_back(self.from, at);
        }
        // What was shown before the clock was set back is still within.
        let latest = self.latest.filter(|it| *it > at);
        self.to = latest.map_or(at, |it| it.checked_add(Duration::from_millis(1)).unwrap_or(it));
    }
}
