//! The sequencer: each record gets the next number, a MAC and its leaf, inside the unit of work that it is about.
//!
//! The database holds the writer's lock during all of it, so there is one sequence whatever number of processes. The
//! head state is read, checked, moved on and written back in the same unit: a head that somebody changed stops every
//! use instead of being signed.

use std::time::Duration;

use distri_core::audit::{Checkpoint, CheckpointMark, Entry, HeadState, Record};
use distri_core::envelope::Keyring;
use distri_core::{Clock, Timestamp};
use distri_store::rows::{AuditHeadRow, AuditRow, CheckpointRow};
use distri_store::{Ended, Flush, NotCommitted, Pending, StoreError, UnitOfWork};

use super::evidence::Tip;
use crate::{Vault, VaultError};

/// A checkpoint covers at most this many records that none before it covers.
const CHECKPOINT_RECORDS: u64 = 1_000;
/// And the first record after this time makes the next one.
const CHECKPOINT_AGE: Duration = Duration::from_secs(60);

/// Less than this is warned of: some hundred thousand records, and the database's own log.
pub const LITTLE_ROOM: u64 = 64 << 20;

/// The log as the owner of the keys appends to it.
pub(crate) struct Log<'k> {
    pub(crate) keyring: &'k Keyring,
    pub(crate) clock: &'k dyn Clock,
}

/// When a unit of work signs a checkpoint over what it appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// When one is due.
    WhenDue,
    /// In any case.
    Now,
}

/// What appending left.
pub(crate) struct Appended {
    /// The state after it.
    pub(crate) tip: Tip,
    /// Whether it signed a checkpoint.
    pub(crate) has_checkpoint: bool,
}

/// A unit of work that has run, with its records, and waits for its commit.
#[must_use]
pub(crate) struct Committing<'v, T> {
    vault: &'v Vault,
    flush: Flush,
    answer: T,
    appended: Option<Appended>,
    pending: Pending<'v>,
    again: Again<'v, T>,
}

/// Commits the same by itself.
type Again<'v, T> = Box<dyn FnOnce() -> Result<(T, Option<u64>), VaultError> + 'v>;

impl<T> Committing<'_, T> {
    /// Waits for the commit; what [`Vault::commit`] answers.
    pub(crate) fn finish(self) -> Result<(T, Option<u64>), VaultError> {
        match self.pending.wait() {
            Ok(ended) => Ok((self.answer, self.vault.let_out_of(self.flush, self.appended, ended))),
            Err(NotCommitted::Again) => (self.again)(),
            Err(NotCommitted::Failed(error)) => Err(error.into()),
        }
    }
}

impl Vault {
    /// Runs a unit of work that says what it did, appends those records to the log and commits both; then lets the
    /// evidence out. A unit that changed nothing has nothing to say. Answers with the number of its last record.
    pub(crate) fn commit<T>(
        &self,
        flush: Flush,
        sign: Sign,
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Vec<Record>), VaultError>,
    ) -> Result<(T, Option<u64>), VaultError> {
        let ((answer, appended), ended) = self.store.commit(flush, |work| self.recorded(work, sign, &mut unit))?;
        Ok((answer, self.let_out_of(flush, appended, ended)))
    }

    /// The same, while others join the transaction: nothing is committed before [`Committing::finish`].
    pub(crate) fn begin<'v, T>(
        &'v self,
        flush: Flush,
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Vec<Record>), VaultError> + 'v,
    ) -> Result<Committing<'v, T>, VaultError> {
        let begun = self
            .store
            .begin(flush, |work| self.recorded(work, Sign::WhenDue, &mut unit));
        let ((answer, appended), pending) = begun?;
        Ok(Committing {
            vault: self,
            flush,
            answer,
            appended,
            pending,
            again: Box::new(move || self.commit(flush, Sign::WhenDue, unit)),
        })
    }

    /// Commits what this thread has begun, so that others can begin before it is [finished](crate::Unfinished::finish).
    pub fn end_begun(&self) {
        self.store.end_begun();
    }

    fn recorded<T>(
        &self,
        work: &mut dyn UnitOfWork,
        sign: Sign,
        unit: &mut impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Vec<Record>), VaultError>,
    ) -> Result<(T, Option<Appended>), VaultError> {
        let (answer, records) = unit(work)?;
        let appended = self.log().append(work, &records, sign)?;
        if let Some(appended) = &appended {
            let before = appended.tip.state.frontier.size() - records.len() as u64;
            self.evidence.check_not_lost(before)?;
        }
        Ok((answer, appended))
    }

    fn let_out_of(&self, flush: Flush, appended: Option<Appended>, ended: Ended) -> Option<u64> {
        let appended = appended?;
        self.let_out(flush, &appended, ended);
        Some(appended.tip.state.frontier.size())
    }

    /// Commits a change that is made for nobody who acts yet, flushed.
    pub(crate) fn commit_now<T>(
        &self,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Vec<Record>), VaultError>,
    ) -> Result<(T, Option<u64>), VaultError> {
        self.commit(Flush::Each, Sign::WhenDue, unit)
    }

    /// Signs a checkpoint over every record so far, unless the newest one covers them all, and delivers whatever was
    /// not delivered yet. For the end of a process, and for whoever wants the evidence outside now.
    ///
    /// # Errors
    /// [`VaultError::Log`], [`VaultError::Store`], [`VaultError::Undelivered`].
    pub fn checkpoint(&self) -> Result<CheckpointMark, VaultError> {
        let ((mark, appended), ended) = self.store.commit(Flush::Each, |work| self.log().sign_all(work))?;
        if let Some(appended) = appended {
            self.let_out(Flush::Each, &appended, ended);
        }
        self.deliver()?;
        Ok(mark)
    }

    /// Signs and delivers a checkpoint when records wait for one for longer than they should. Cheap when none do.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn checkpoint_if_due(&self) -> Result<(), VaultError> {
        let due = self.evidence.newest().is_some_and(|state| {
            let covered = state.checkpoint.map_or(0, |it| it.size);
            covered < state.frontier.size() && is_due(&state, self.clock.now())
        });
        match due {
            true => self.checkpoint().map(drop),
            // What an outage kept back.
            false => self.send_to_webhook(),
        }
    }

    /// Whether a record could be written at this moment: the log's head is believed, written again as it is, and
    /// flushed, and there is room for a record. For whoever asks whether a server can do its work.
    ///
    /// # Errors
    /// As a use that cannot be recorded: [`VaultError::Log`], [`VaultError::Store`].
    pub fn check_recording(&self) -> Result<(), VaultError> {
        self.store.write(|work| {
            let log = self.log();
            let state = log.head(work)?;
            log.put_head(work, &state)
        })?;
        Ok(self.store.check_room()?)
    }

    /// How many bytes may still be written where an embedded database is. Below [`LITTLE_ROOM`](super::LITTLE_ROOM) somebody
    /// should be told.
    #[must_use]
    pub fn room(&self) -> Option<u64> {
        self.store.room()
    }

    pub(crate) fn log(&self) -> Log<'_> {
        Log {
            keyring: &self.keyring,
            clock: self.clock.as_ref(),
        }
    }
}

impl Log<'_> {
    /// The state of the log, believed. Before the first record it is empty.
    pub(crate) fn head(&self, work: &mut dyn UnitOfWork) -> Result<HeadState, VaultError> {
        match work.audit_head()? {
            Some(row) => {
                let canonical = row.state.canonical(self.keyring.instance());
                self.keyring
                    .verify_audit(&canonical, &row.mac)
                    .map_err(|_| log_damaged("its head was changed outside distri"))?;
                Ok(row.state)
            }
            None if work.audit_leaf(1)?.is_some() => Err(log_damaged("it has records, and its head is gone")),
            None => Ok(HeadState::default()),
        }
    }

    /// Appends `records`, and a checkpoint over them when one is due.
    pub(crate) fn append(
        &self,
        work: &mut dyn UnitOfWork,
        records: &[Record],
        sign: Sign,
    ) -> Result<Option<Appended>, VaultError> {
        if records.is_empty() {
            return Ok(None);
        }
        let mut state = self.head(work)?;
        let mut last = None;
        for record in records {
            let entry = Entry::of(state.frontier.size() + 1, record);
            state.frontier.push(entry.leaf);
            last = Some(entry.leaf);
            let mac = self.keyring.mac_audit(&entry.canonical(self.keyring.instance()));
            let body = serde_json::to_string(record).map_err(|_| StoreError::Damaged { table: "audit_records" })?;
            work.append(&AuditRow {
                entry,
                body: Some(body),
                mac: mac.as_bytes().to_vec(),
            })?;
        }
        let has_checkpoint = sign == Sign::Now || is_due(&state, self.clock.now());
        if has_checkpoint {
            self.sign(work, &mut state)?;
        }
        self.put_head(work, &state)?;
        Ok(last.map(|leaf| Appended {
            tip: Tip { state, leaf },
            has_checkpoint,
        }))
    }

    /// Signs a checkpoint over everything, unless there is one.
    fn sign_all(&self, work: &mut dyn UnitOfWork) -> Result<(CheckpointMark, Option<Appended>), VaultError> {
        let mut state = self.head(work)?;
        let size = state.frontier.size();
        match state.checkpoint {
            Some(mark) if mark.size == size => Ok((mark, None)),
            _ => {
                let leaf = work
                    .audit_leaf(size)?
                    .ok_or_else(|| log_damaged("its newest record is gone"))?;
                let mark = self.sign(work, &mut state)?;
                self.put_head(work, &state)?;
                let tip = Tip { state, leaf };
                Ok((
                    mark,
                    Some(Appended {
                        tip,
                        has_checkpoint: true,
                    }),
                ))
            }
        }
    }

    fn sign(&self, work: &mut dyn UnitOfWork, state: &mut HeadState) -> Result<CheckpointMark, VaultError> {
        let size = state.frontier.size();
        let note = Checkpoint::sign(size, state.frontier.head(), &self.keyring.checkpoint_signer());
        let mark = CheckpointMark {
            number: state.checkpoint.map_or(1, |it| it.number + 1),
            size,
            at: self.clock.now(),
        };
        work.put_checkpoint(&CheckpointRow {
            number: mark.number,
            size,
            note,
            at: mark.at,
        })?;
        state.checkpoint = Some(mark);
        Ok(mark)
    }

    fn put_head(&self, work: &mut dyn UnitOfWork, state: &HeadState) -> Result<(), VaultError> {
        let mac = self.keyring.mac_audit(&state.canonical(self.keyring.instance()));
        work.put_audit_head(&AuditHeadRow {
            state: state.clone(),
            mac: mac.as_bytes().to_vec(),
        })?;
        Ok(())
    }
}

/// The error for a log that cannot be appended to or read.
pub(crate) fn log_damaged(reason: impl Into<String>) -> VaultError {
    VaultError::Log { reason: reason.into() }
}

/// A clock that went backwards makes one due: else none would be made until it has caught up.
fn is_due(state: &HeadState, now: Timestamp) -> bool {
    state.checkpoint.is_none_or(|mark| {
        let age = now.duration_since(mark.at);
        state.frontier.size() - mark.size >= CHECKPOINT_RECORDS
            || age.is_negative()
            || age.unsigned_abs() >= CHECKPOINT_AGE
    })
}
