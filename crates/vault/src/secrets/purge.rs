//! Purging: the data key and every version are destroyed, in the database and in the files beside it.
//!
//! The row of the data key is what opens everything, so that nothing of a copy elsewhere opens without a copy of it. What
//! was recorded stays: a placeholder of a purged secret is still attributed, and the log still says that it was there.

use std::ops::ControlFlow::Continue;

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::Purge;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_store::lists::Place;
use distri_store::rows::{BackupRow, SecretView};
use distri_store::{Store, StoreError, UnitOfWork};
use serde::Serialize;

use super::walk::Which;
use super::{SecretInfo, not_found};
use crate::{Caller, VaultError};

/// How long a deleted secret can be brought back before `--expired` purges it.
pub const RECOVERY_DAYS: u32 = 30;

/// What was purged.
#[derive(Clone, Debug)]
pub struct Purged {
    /// As they were.
    pub secrets: Vec<SecretInfo>,
    /// How many versions of them there were.
    pub versions: usize,
    /// Where something of it may still be.
    pub copies: Copies,
}

/// Where something of what was purged may still be.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Copies {
    /// Backups that were made while it was there: path, when, recipients.
    pub backups: Vec<BackupCopy>,
    /// Why the database's own log still has it, when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// Whether a server keeps it until its own cleaning: dead rows, its log, its replicas.
    pub on_a_server: bool,
}

/// A backup that has something of it.
#[derive(Clone, Debug, Serialize)]
pub struct BackupCopy {
    /// When it was made.
    pub at: Timestamp,
    /// Where it was written to.
    pub path: String,
    /// To how many recipients it is encrypted.
    pub recipients: u32,
}

impl Caller<'_> {
    /// Destroys a secret, live or deleted, beyond recovery.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn purge(&self, key: &SecretKey, environment: &Environment) -> Result<Purged, VaultError> {
        let allowed = self.authorize::<Purge>()?;
        let (gone, versions) = self.change(|work| {
            let found = work.secret(self.account, environment, key)?.within(&allowed);
            let view = found.ok_or_else(|| not_found(key, environment))?;
            let view = self.verified(work, view)?;
            let (versions, record) = self.purge_in(work, &view)?;
            Ok(((vec![view], versions), vec![record]))
        })?;
        self.purged(gone, versions)
    }

    /// Destroys every secret that was deleted before `before`.
    ///
    /// # Errors
    /// [`VaultError::Integrity`]: then none is.
    pub fn purge_deleted(&self, before: Timestamp) -> Result<Purged, VaultError> {
        let allowed = self.authorize::<Purge>()?;
        let (gone, versions) = self.change(|work| {
            let mut views = Vec::new();
            let all = usize::MAX;
            self.walk(&allowed, work, Which::DELETED, &Place::beginning(), all, |_, view| {
                views.extend(Some(view).filter(|it| it.secret.deleted_at.is_some_and(|at| at < before)));
                Ok(Continue(()))
            })?;
            let (mut versions, mut records) = (0, Vec::new());
            for view in &views {
                self.check(work, view)?;
                let (count, record) = self.purge_in(work, view)?;
                versions += count;
                records.push(record);
            }
            Ok(((views, versions), records))
        })?;
        self.purged(gone, versions)
    }

    fn purge_in(&self, work: &mut dyn UnitOfWork, view: &SecretView) -> Result<(usize, Record), VaultError> {
        let versions = work.purge_secret(view.secret.id)?;
        Ok((versions, self.record_about(ActionKind::Purge, view)))
    }

    fn purged(&self, gone: Vec<SecretView>, versions: usize) -> Result<Purged, VaultError> {
        let since = gone.iter().map(|it| it.secret.created_at).min();
        Ok(Purged {
            copies: self.vault.copies(since)?,
            secrets: gone.into_iter().map(SecretInfo::from).collect(),
            versions,
        })
    }
}

impl crate::Vault {
    /// Cleans the database's files, and says where something from `since` on may still be.
    pub(crate) fn copies(&self, since: Option<Timestamp>) -> Result<Copies, VaultError> {
        let Some(since) = since else {
            return Ok(Copies::default());
        };
        let log = match self.store.shred() {
            Ok(()) => None,
            Err(error @ (StoreError::Busy { .. } | StoreError::Unwritable { .. })) => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        let backups = self.store.read(|work| work.backups())?;
        let copy = |it: BackupRow| BackupCopy {
            at: it.at,
            path: it.path,
            recipients: it.recipients,
        };
        Ok(Copies {
            backups: backups.into_iter().filter(|it| it.at >= since).map(copy).collect(),
            log,
            on_a_server: matches!(self.store, Store::Postgres(_)),
        })
    }
}
