//! Stored data that is not what distri wrote: the use case that meets it refuses, and then records an alarm.
//!
//! The alarm is a unit of work of its own, since the one that met the damage has come to nothing. Where it cannot be
//! written (a full disk, a database that is read only) the refusal stands all the same.

use std::time::Duration;

use distri_core::AgentName;
use distri_core::alarm::AlarmRule;
use distri_core::audit::{ActionKind, AlarmFacts, Outcome, Record, Subject};
use distri_core::ids::RunId;
use distri_store::{Flush, StoreError, UnitOfWork};

use crate::audit::log::Sign;
use crate::{Caller, VaultError};

/// The same damage is recorded again after this long: a list in a loop must not fill the log.
const AGAIN_AFTER: Duration = Duration::from_hours(1);

/// Records looked through for the same alarm.
const LOOK_BACK: u32 = 100;

impl Caller<'_> {
    /// Asks questions on one snapshot, and takes notice of damage.
    pub(crate) fn read<T>(
        &self,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.noticing(self.vault.store.read(unit))
    }

    /// The same result, after the alarm where it says that stored data was changed.
    pub(crate) fn noticing<T>(&self, result: Result<T, VaultError>) -> Result<T, VaultError> {
        if let Err(error) = &result {
            self.notice(error, None);
        }
        result
    }

    /// Records an alarm where `error` says that stored data was changed; `run` is what met it.
    pub(crate) fn notice(&self, error: &VaultError, run: Option<(RunId, Option<&AgentName>)>) {
        let Some(mut record) = self.alarm_about(error) else {
            return;
        };
        if let Some((run, agent)) = run {
            record.run = Some(run);
            record.agent = agent.cloned();
        }
        let recorded = self.vault.commit(Flush::Each, Sign::WhenDue, |work| {
            // Also of a log that is damaged itself the alarm is better twice than not at all.
            let known = self.is_known(work, &record).unwrap_or(false);
            Ok(((), if known { Vec::new() } else { vec![record.clone()] }))
        });
        if let Err(error) = recorded {
            tracing::warn!(%error, "the alarm about changed data could not be recorded");
        }
    }

    fn alarm_about(&self, error: &VaultError) -> Option<Record> {
        let mut record = self.record(ActionKind::Alarm);
        let place = match error {
            VaultError::Integrity {
                key,
                environment,
                secret,
                version,
                reason,
            } => {
                record.environment = Some(environment.clone());
                record.subjects = vec![Subject {
                    secret: *secret,
                    key: key.clone(),
                    version: *version,
                    hosts: Vec::new(),
                    agents: Default::default(),
                    expires_at: None,
                }];
                reason.clone()
            }
            VaultError::Tampered { what, name, reason } => format!("{what} `{name}`: {reason}"),
            VaultError::Key { what } => format!("the {what} does not unwrap"),
            VaultError::Store(StoreError::Damaged { table }) => format!("a row of `{table}` is damaged"),
            _ => return None,
        };
        record.outcome = Outcome::Denied(AlarmRule::Tampered.as_str().to_owned());
        record.alarm = Some(AlarmFacts {
            rule: AlarmRule::Tampered,
            place,
            destination: None,
            step: None,
            origin: None,
        });
        Some(record)
    }

    /// Whether the same was recorded not long ago.
    fn is_known(&self, work: &mut dyn UnitOfWork, record: &Record) -> Result<bool, VaultError> {
        let newest = self.believed(&work.newest_audit_rows(self.account, LOOK_BACK)?)?;
        let about = |it: &Record| it.subjects.first().map(|it| it.secret);
        let same = |it: &Record| it.alarm == record.alarm && it.run == record.run && about(it) == about(record);
        let is_recent = |it: &Record| record.at.duration_since(it.at).unsigned_abs() < AGAIN_AFTER;
        Ok(newest.iter().any(|(_, it)| same(it) && is_recent(it)))
    }
}
