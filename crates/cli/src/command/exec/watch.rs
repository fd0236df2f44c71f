//! `exec --watch`: the command again, with new values, when a version that it uses changes.
//!
//! The new release is recorded before the command is asked to make room. When there can be none, such as for a deleted
//! secret that it requires, the command goes on as it is, and that is said.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use distri_core::{Release, SecretKey};
use distri_runtime::exec::{ExecOutcome, Line, Succession, Summons};
use distri_runtime::isolation::Isolation;
use distri_vault::secrets::ListSecrets;

use super::{Asked, One};
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal;

/// How often it is asked whether anything was recorded.
const PERIOD: Duration = Duration::from_millis(500);
/// The same of a server, which is asked for the versions themselves.
const SERVERS_PERIOD: Duration = Duration::from_secs(2);

/// Versions by key.
type Versions = BTreeMap<SecretKey, u32>;

/// Runs the command until it ends by itself or by somebody else.
pub(super) fn run(one: &One<'_>, isolation: Option<Isolation>, grace: Duration) -> Result<ExecOutcome, Failure> {
    let (context, asked) = (one.context, one.asked);
    let mut line = Line::default();
    let mut release = asked.release(context)?;
    let mut isolation = Some(isolation);
    loop {
        let (succession, summons) = Succession::new(grace)?;
        let used = versions_in(&release);
        let next = Mutex::new(None);
        let outcome = std::thread::scope(|scope| {
            let (over, is_over) = channel();
            let look_out = Lookout {
                context,
                asked,
                used,
                next: &next,
                summons,
                is_over,
            };
            scope.spawn(move || look_out.run());
            let place = match isolation.take() {
                Some(first) => first,
                None => one.isolation()?,
            };
            let outcome = one.run(release, place, |spec| line.run(spec, &succession));
            end(&over);
            outcome
        })?;
        let successor = next.into_inner().unwrap_or_else(PoisonError::into_inner);
        match successor.filter(|_| outcome == ExecOutcome::Replaced) {
            Some(successor) => release = successor,
            None => return Ok(outcome),
        }
    }
}

/// A lookout that has found something has nobody who listens any more.
fn end(over: &Sender<()>) {
    let _ = over.send(());
}

/// Looks for changes beside one command.
struct Lookout<'a> {
    context: &'a Arc<Context>,
    asked: &'a Asked,
    used: Versions,
    next: &'a Mutex<Option<Release>>,
    summons: Summons,
    is_over: Receiver<()>,
}

impl Lookout<'_> {
    fn period(&self) -> Duration {
        match &**self.context {
            Context::Here(_) => PERIOD,
            Context::There(_) => SERVERS_PERIOD,
        }
    }

    fn run(mut self) {
        let mut seen = self.context.records();
        while self.is_over.recv_timeout(self.period()) == Err(RecvTimeoutError::Timeout) {
            let recorded = self.context.records();
            if recorded.is_some() && recorded == seen {
                continue;
            }
            seen = recorded;
            match self.successor() {
                Ok(None) => {}
                Ok(Some(release)) => {
                    *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(release);
                    return self.summons.send();
                }
                Err(failure) => {
                    terminal::warning(&format!(
                        "the command goes on with the values it has: {}",
                        failure.message()
                    ));
                }
            }
        }
    }

    /// A new release, when a version in use is not the one that was given.
    fn successor(&mut self) -> Result<Option<Release>, Failure> {
        let present = self.present()?;
        let is_changed = self.used.iter().any(|(key, version)| present.get(key) != Some(version));
        if !is_changed {
            return Ok(None);
        }
        let release = self.asked.release(self.context);
        if release.is_err() {
            // Said once, not at every record that follows.
            self.used.retain(|key, version| present.get(key) == Some(version));
        }
        release.map(Some)
    }

    fn present(&self) -> Result<Versions, Failure> {
        let listed = self.context.caller()?.list(&ListSecrets {
            environment: Some(self.asked.environment.clone()),
            deleted: false,
        })?;
        let sound = listed.into_iter().filter(|it| it.damage.is_none()).map(|it| it.info);
        let staged = self.asked.staged;
        let version =
            |it: &distri_vault::secrets::SecretInfo| it.staged_version.filter(|_| staged).unwrap_or(it.version);
        Ok(sound.map(|it| (it.key.clone(), version(&it))).collect())
    }
}

fn versions_in(release: &Release) -> Versions {
    release.secrets.iter().map(|it| (it.key.clone(), it.version)).collect()
}
