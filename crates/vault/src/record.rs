//! Audit records of use cases, and the receipt that one was committed.

use distri_core::Clock;
use distri_core::audit::{ActionKind, Outcome, Record, Subject};
use distri_core::authz::Actor;
use distri_core::ids::{AccountId, RecordId};
use distri_store::boundary::{Boundary, pass};
use distri_store::rows::SecretView;
use distri_store::{Flush, StoreError, UnitOfWork};

use crate::audit::log::{Committing, Sign, log_damaged};
use crate::{Caller, VaultError};

/// The receipt of a committed record: without one no value is opened for anybody.
#[must_use]
pub(crate) struct Recorded {
    /// The record's sequence number.
    pub(crate) seq: u64,
}

/// A record that was appended and waits for its commit.
#[must_use]
pub(crate) struct Recording<'c, T>(Committing<'c, T>);

impl<T> Recording<'_, T> {
    /// Waits for the commit; the receipt.
    pub(crate) fn finish(self) -> Result<(T, Recorded), VaultError> {
        receipt(self.0.finish())
    }
}

fn receipt<T>(committed: Result<(T, Option<u64>), VaultError>) -> Result<(T, Recorded), VaultError> {
    match committed.map_err(not_recorded)? {
        (found, Some(seq)) => {
            pass(Boundary::Recorded);
            Ok((found, Recorded { seq }))
        }
        (_, None) => Err(log_damaged("it did not take the record")),
    }
}

fn not_recorded(error: VaultError) -> VaultError {
    match error {
        VaultError::Store(
            error @ (StoreError::Unwritable { .. } | StoreError::Busy { .. } | StoreError::Unknown { .. }),
        ) => VaultError::NotRecorded(error),
        error => error,
    }
}

/// A record of something done; the fields that not every action has are set by the use case.
pub(crate) fn new_record(clock: &dyn Clock, account: AccountId, actor: &Actor, action: ActionKind) -> Record {
    Record {
        id: RecordId::new(clock),
        at: clock.now(),
        account,
        actor: actor.clone(),
        action,
        environment: None,
        subjects: Vec::new(),
        agent: None,
        run: None,
        alarm: None,
        about: None,
        log: None,
        given_up: None,
        keys: None,
        outcome: Outcome::Done,
    }
}

impl Caller<'_> {
    pub(crate) fn record(&self, action: ActionKind) -> Record {
        new_record(self.vault.clock.as_ref(), self.account, self.authority.actor(), action)
    }

    /// Commits a unit of work that ends by appending `record`, and gives the receipt.
    pub(crate) fn commit_before_opening<T>(
        &self,
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Record), VaultError>,
    ) -> Result<(T, Recorded), VaultError> {
        receipt(self.vault.commit(self.vault.flush(), Sign::WhenDue, |work| {
            let (found, record) = unit(work)?;
            Ok((found, vec![record]))
        }))
    }

    /// The same, while others join the transaction; the receipt comes with the commit.
    pub(crate) fn begin_before_opening<'c, T>(
        &'c self,
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Record), VaultError> + 'c,
    ) -> Result<Recording<'c, T>, VaultError> {
        let begun = self.vault.begin(self.vault.flush(), move |work| {
            let (found, record) = unit(work)?;
            Ok((found, vec![record]))
        });
        begun.map(Recording).map_err(not_recorded)
    }

    /// Runs a unit of work that changes something, and commits it with the records of what it changed.
    pub(crate) fn change<T>(
        &self,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Vec<Record>), VaultError>,
    ) -> Result<T, VaultError> {
        let committed = self.vault.commit(Flush::Each, Sign::WhenDue, unit);
        Ok(self.noticing(committed)?.0)
    }

    /// The same, while others join the transaction.
    pub(crate) fn begin_change<'c, T>(
        &'c self,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Vec<Record>), VaultError> + 'c,
    ) -> Result<Committing<'c, T>, VaultError> {
        self.noticing(self.vault.begin(Flush::Each, unit))
    }

    /// A record of something done to one secret.
    pub(crate) fn record_about(&self, action: ActionKind, view: &SecretView) -> Record {
        let mut record = self.record(action);
        record.environment = Some(view.secret.environment.clone());
        record.subjects = vec![subject(view)];
        record
    }
}

/// The current version of a secret as a record names it.
pub(crate) fn subject(view: &SecretView) -> Subject {
    Subject {
        secret: view.secret.id,
        key: view.secret.key.clone(),
        version: view.secret.current_version,
        hosts: view.policy.hosts.iter().map(ToString::to_string).collect(),
        agents: view.policy.agents.clone(),
        expires_at: view.secret.expires_at,
    }
}
