//! Audit records of use cases, and the receipt that one was committed.

use distri_core::Clock;
use distri_core::audit::{ActionKind, Outcome, Record, Subject};
use distri_core::authz::Actor;
use distri_core::ids::{AccountId, RecordId};
use distri_store::boundary::{Boundary, pass};
use distri_store::rows::SecretView;
use distri_store::{Flush, StoreError, UnitOfWork};

use crate::audit::log::{Sign, log_damaged};
use crate::{Caller, VaultError};

/// The receipt of a committed record: without one no value is opened for anybody.
#[must_use]
pub(crate) struct Recorded {
    /// The record's sequence number.
    pub(crate) seq: u64,
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
        let committed = self.vault.commit(self.vault.flush(), Sign::WhenDue, |work| {
            let (found, record) = unit(work)?;
            Ok((found, vec![record]))
        });
        match committed {
            Ok((found, Some(seq))) => {
                pass(Boundary::Recorded);
                Ok((found, Recorded { seq }))
            }
            Ok((_, None)) => Err(log_damaged("it did not take the record")),
            Err(VaultError::Store(
                error @ (StoreError::Unwritable { .. } | StoreError::Busy { .. } | StoreError::Unknown { .. }),
            )) => Err(VaultError::NotRecorded(error)),
            Err(error) => Err(error),
        }
    }

    /// Runs a unit of work that changes something, and commits it with the records of what it changed.
    pub(crate) fn change<T>(
        &self,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<(T, Vec<Record>), VaultError>,
    ) -> Result<T, VaultError> {
        let committed = self.vault.commit(Flush::Each, Sign::WhenDue, unit);
        Ok(self.noticing(committed)?.0)
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
