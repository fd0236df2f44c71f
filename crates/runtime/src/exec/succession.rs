//! Commands one after the other: each makes room for the next one.

use std::io;
use std::io::Write as _;
use std::time::Duration;

use super::signals::Signals;
use super::wiring::Plan;
use super::{ExecError, ExecOutcome, ExecSpec, environment, run};

/// The commands of one `distri exec`, and the signals of all their time.
#[derive(Default)]
pub struct Line(Option<(Plan, Signals)>);

impl Line {
    /// Runs the next command: to its end, or until it has made room for its successor ([`ExecOutcome::Replaced`]).
    ///
    /// # Errors
    /// As [`exec`](super::exec).
    pub fn run(&mut self, spec: ExecSpec<'_>, succession: &Succession) -> Result<ExecOutcome, ExecError> {
        environment::check(&spec)?;
        let (plan, signals) = match &mut self.0 {
            Some(chosen) => chosen,
            chosen => {
                // There may be nothing to redact now, and something for a later one.
                let plan = Plan::that_redacts();
                let signals = Signals::catch(plan.owns_session()).map_err(ExecError::Signals)?;
                chosen.insert((plan, signals))
            }
        };
        run(spec, plan, signals, Some(succession))
    }
}

/// Says when a command is to make room for the next one, which is ready by then.
pub struct Succession {
    /// Readable from that moment on.
    pub(super) pipe: io::PipeReader,
    /// How long it may take to end.
    pub(super) grace: Duration,
}

/// Asks the command to make room.
pub struct Summons(io::PipeWriter);

impl Succession {
    /// For one command, with what asks it.
    ///
    /// # Errors
    /// When there are no more pipes.
    pub fn new(grace: Duration) -> io::Result<(Self, Summons)> {
        let (pipe, wake) = io::pipe()?;
        Ok((Self { pipe, grace }, Summons(wake)))
    }
}

impl Summons {
    /// The next one is ready.
    pub fn send(&self) {
        // It has room for a byte, or nobody reads it any more.
        let _ = (&self.0).write(&[0]);
    }
}
