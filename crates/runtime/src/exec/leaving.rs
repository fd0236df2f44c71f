//! A command that makes room for the next one: asked, waited for, killed when it takes too long.

use std::io;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::spawn::Running;
use super::succession::Succession;

/// How far it is with that.
pub(super) struct Leaving<'s> {
    succession: Option<&'s Succession>,
    /// Since when it was asked.
    since: Option<Instant>,
    is_killed: bool,
    /// Somebody wants all of it to end.
    is_end: bool,
}

impl<'s> Leaving<'s> {
    /// Nobody has asked it yet.
    pub(super) fn of(succession: Option<&'s Succession>) -> Self {
        Self {
            succession,
            since: None,
            is_killed: false,
            is_end: false,
        }
    }

    /// What to wait for, as long as it was not asked.
    pub(super) fn awaited(&self) -> Option<&'s io::PipeReader> {
        self.succession.filter(|_| self.since.is_none()).map(|it| &it.pipe)
    }

    /// Asks it, unless it has ended by itself: then there is no next one.
    pub(super) fn begin(&mut self, running: &Running, ended: bool) {
        if self.since.is_none() && !ended && !self.is_end {
            self.since = Some(Instant::now());
            running.process.signal(Signal::TERM);
        }
    }

    /// How long it may still take.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let (succession, since) = (self.succession?, self.since.filter(|_| !self.is_killed)?);
        Some(succession.grace.saturating_sub(since.elapsed()))
    }

    /// Kills it when it took too long.
    pub(super) fn kill_if_late(&mut self, running: &Running) {
        if self.time_left() == Some(Duration::ZERO) {
            self.is_killed = true;
            running.process.signal(Signal::KILL);
        }
    }

    /// Whoever wants us to end while it leaves does not want the next one.
    pub(super) fn notice(&mut self, signal: Signal) {
        let ends = [Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP].contains(&signal);
        self.is_end |= ends;
    }

    /// Whether it has left for the next one.
    pub(super) fn is_for_successor(&self) -> bool {
        self.since.is_some() && !self.is_end
    }
}
