//! The courier: takes checkpoints to a webhook, on a thread, so that no commit waits for a service elsewhere.
//!
//! What is to be sent are rows of the database after the newest that was taken, so that nothing is kept in memory and an
//! outage of any length is caught up with, in order. A few letters go at a time; whoever commits next, or the server's
//! clock, sends the rest.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use distri_store::UnitOfWork;

use super::sink::webhook::{Cursor, Letter};
use crate::{Vault, VaultError};

/// The most letters of one journey.
const LETTERS: u32 = 100;
/// After a journey that failed, how long until the next.
const REST: Duration = Duration::from_secs(30);

/// How a webhook stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookStatus {
    /// How many checkpoints it has not taken.
    pub undelivered: u64,
    /// How long ago it took one; none where it never did.
    pub since_delivery: Option<Duration>,
}

#[derive(Default)]
pub(crate) struct Courier {
    journey: Mutex<Option<JoinHandle<()>>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_ending: AtomicBool,
    /// Whether the last journey ended because another process is at it.
    is_elsewhere: AtomicBool,
    /// Why the last journey failed.
    failure: Mutex<Option<String>>,
}

impl Vault {
    /// Sends what the webhook lacks, unless somebody is at it or it failed a moment ago. Answers at once.
    pub(super) fn send_to_webhook(&self) -> Result<(), VaultError> {
        match is_resting(&self.evidence.cursor) {
            true => Ok(()),
            false => self.set_out(),
        }
    }

    fn set_out(&self) -> Result<(), VaultError> {
        let Some(webhook) = self.evidence.settings.webhook.clone() else {
            return Ok(());
        };
        let courier = &self.evidence.courier;
        let mut journey = courier.journey.lock().unwrap_or_else(PoisonError::into_inner);
        if journey.as_ref().is_some_and(|it| !it.is_finished()) {
            return Ok(());
        }
        let mut taken = Cursor::load(&self.evidence.cursor);
        let letters = self.letters(taken, LETTERS)?;
        if letters.is_empty() {
            return Ok(());
        }
        courier.state.is_elsewhere.store(false, Ordering::SeqCst);
        let (state, cursor) = (courier.state.clone(), self.evidence.cursor.clone());
        let started = std::thread::Builder::new().name("webhook".to_owned()).spawn(move || {
            // One by one, so that the end of a process waits for one of them at most.
            for (index, letter) in letters.into_iter().enumerate() {
                if index > 0 && state.is_ending.load(Ordering::SeqCst) {
                    return;
                }
                let sent = webhook.send(&letter, taken, &cursor);
                if let Ok(None) = sent {
                    state.is_elsewhere.store(true, Ordering::SeqCst);
                    return;
                }
                rest(&cursor, sent.is_err());
                let (now, failed) = match sent {
                    Ok(now) => (now, None),
                    Err(reason) => (None, Some(format!("`{}`: {reason}", webhook.url))),
                };
                *state.failure.lock().unwrap_or_else(PoisonError::into_inner) = failed;
                if now.is_none() {
                    return;
                }
                taken = now;
            }
        });
        match started {
            Ok(handle) => *journey = Some(handle),
            Err(error) => self.complain(format!("the webhook gets no checkpoint: {error}")),
        }
        Ok(())
    }

    /// Sends everything that the webhook lacks, and waits for it; what another process is sending is left to that one.
    ///
    /// # Errors
    /// [`VaultError::WebhookFailed`], [`VaultError::Store`].
    pub fn deliver_to_webhook(&self) -> Result<(), VaultError> {
        loop {
            let before = Cursor::load(&self.evidence.cursor);
            self.set_out()?;
            self.join_journey();
            if let Some(reason) = self.webhook_failure() {
                return Err(VaultError::WebhookFailed(reason));
            }
            if self.lacking_at_webhook()? == 0 {
                return Ok(());
            }
            // Whatever the reason: another journey like this one would not move anything either.
            if Cursor::load(&self.evidence.cursor) == before {
                return match self.evidence.courier.state.is_elsewhere.load(Ordering::SeqCst) {
                    true => Ok(()),
                    false => Err(VaultError::WebhookFailed("no checkpoint could be sent".to_owned())),
                };
            }
        }
    }

    /// The end of a process: the letter under way is waited for, and what is not delivered is in the complaints.
    pub fn end_webhook(&self) {
        self.evidence.courier.state.is_ending.store(true, Ordering::SeqCst);
        self.join_journey();
        if let Some(reason) = self.webhook_failure() {
            self.complain(VaultError::WebhookFailed(reason).to_string());
        }
    }

    fn join_journey(&self) {
        let journey = &self.evidence.courier.journey;
        let journey = journey.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(journey) = journey {
            // A thread that panicked has sent nothing more.
            let _ = journey.join();
        }
    }

    /// Why the last attempt failed, if it did.
    pub(super) fn webhook_failure(&self) -> Option<String> {
        let failure = self
            .evidence
            .courier
            .state
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        failure.clone()
    }

    /// How many checkpoints the webhook lacks.
    pub(super) fn lacking_at_webhook(&self) -> Result<u64, VaultError> {
        if self.evidence.settings.webhook.is_none() {
            return Ok(0);
        }
        let taken = Cursor::load(&self.evidence.cursor);
        self.store.read(|work| {
            let span = self.lacking_after(work, taken)?;
            Ok(span.newest - span.taken)
        })
    }

    /// Whether checkpoints go to a webhook too.
    #[must_use]
    pub fn has_webhook(&self) -> bool {
        self.evidence.settings.webhook.is_some()
    }

    /// How the webhook stands; none where there is none.
    ///
    /// # Errors
    /// [`VaultError::Log`], [`VaultError::Store`].
    pub fn webhook_status(&self) -> Result<Option<WebhookStatus>, VaultError> {
        if self.evidence.settings.webhook.is_none() {
            return Ok(None);
        }
        let cursor = &self.evidence.cursor;
        // Written at each delivery, by whichever process on this machine made it.
        let written = std::fs::metadata(cursor).and_then(|it| it.modified()).ok();
        let delivered = written.filter(|_| Cursor::load(cursor).is_some());
        Ok(Some(WebhookStatus {
            undelivered: self.lacking_at_webhook()?,
            // A clock that was set back makes it a moment ago.
            since_delivery: delivered.map(|it| it.elapsed().unwrap_or_default()),
        }))
    }

    /// The checkpoints after the newest one that was taken.
    fn letters(&self, taken: Option<Cursor>, limit: u32) -> Result<Vec<Letter>, VaultError> {
        self.store.read(|work| {
            let after = self.lacking_after(work, taken)?.taken;
            let rows = work.checkpoints(after, limit)?.into_iter();
            Ok(rows
                .map(|it| Letter {
                    number: it.number,
                    note: it.note,
                })
                .collect())
        })
    }

    /// From where on checkpoints are to be sent. A webhook that has none yet, or one of another history, gets the newest,
    /// which covers all before it.
    fn lacking_after(&self, work: &mut dyn UnitOfWork, taken: Option<Cursor>) -> Result<Span, VaultError> {
        let newest = self.log().head(work)?.checkpoint.map_or(0, |it| it.number);
        let mut after = newest.saturating_sub(1);
        if let Some(taken) = taken.filter(|it| it.number <= newest) {
            let row = work.checkpoints(taken.number.saturating_sub(1), 1)?.into_iter().next();
            let letter = row.map(|it| Letter {
                number: it.number,
                note: it.note,
            });
            if letter.is_some_and(|it| Cursor::of(&it) == taken) {
                after = taken.number;
            }
        }
        Ok(Span { taken: after, newest })
    }
}

/// Numbers of checkpoints, which follow one another.
struct Span {
    taken: u64,
    newest: u64,
}

/// Whether a journey of this or another process failed a moment ago.
fn is_resting(cursor: &Path) -> bool {
    let failed = std::fs::metadata(marker(cursor)).and_then(|it| it.modified());
    failed.is_ok_and(|at| at.elapsed().is_ok_and(|it| it < REST))
}

/// Leaves the mark of a failure, or takes it away. Without it the next command only tries again sooner.
fn rest(cursor: &Path, has_failed: bool) {
    let marker = marker(cursor);
    let _ = match has_failed {
        true => std::fs::write(marker, b""),
        false => std::fs::remove_file(marker),
    };
}

fn marker(cursor: &Path) -> PathBuf {
    cursor.with_extension("failed")
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.state.is_ending.store(true, Ordering::SeqCst);
        let journey = self.journey.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(journey) = journey {
            let _ = journey.join();
        }
    }
}
