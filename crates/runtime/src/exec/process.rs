//! The process that was started, among everybody else or isolated.

use std::io;
use std::process::{Child, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};

use crate::isolation::IsolatedCommand;

/// The process of the command.
pub(super) enum Process {
    /// A child of ours.
    Child(Child),
    /// A child of the helper's.
    Isolated(IsolatedCommand),
}

impl Process {
    /// Its number.
    pub(super) fn pid(&self) -> Option<Pid> {
        match self {
            Self::Child(child) => i32::try_from(child.id()).ok().and_then(Pid::from_raw),
            Self::Isolated(command) => command.pid(),
        }
    }

    /// Sends it a signal, as long as it was not waited for.
    pub(super) fn signal(&self, signal: Signal) {
        match self {
            Self::Child(_) => {
                if let Some(pid) = self.pid() {
                    let _ = kill_process(pid, signal);
                }
            }
            Self::Isolated(command) => command.signal(signal),
        }
    }

    /// How it ended, if it has.
    pub(super) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        match self {
            Self::Child(child) => child.try_wait(),
            Self::Isolated(command) => command.try_wait(),
        }
    }

    /// Kills it, and waits until it is gone.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Child(child) => {
                // Failing means that it is gone already.
                let _ = child.kill();
                child.wait().map(drop)
            }
            Self::Isolated(command) => command.end(),
        }
    }
}
