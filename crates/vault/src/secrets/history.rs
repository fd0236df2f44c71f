//! The versions of a secret: who wrote which, when and why.

use distri_core::authz::Read;
use distri_core::{Environment, Policy, SecretKey, Timestamp};
use distri_store::rows::Change;
use serde::Serialize;

use crate::{Caller, VaultError};

/// One version, without its value.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryEntry {
    /// The version, from 1.
    pub version: u32,
    /// Whether it is the one in use.
    pub current: bool,
    /// Whether it waits beside the one in use.
    pub staged: bool,
    /// `value`, `policy`, `staged`, `promoted` or `rollback`.
    pub change: &'static str,
    /// The version whose value a rollback brought back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<u32>,
    /// When it was written.
    pub created_at: Timestamp,
    /// Who wrote it.
    pub created_by: String,
    /// The policy it was sealed with.
    #[serde(flatten)]
    pub policy: Policy,
}

impl Caller<'_> {
    /// All versions, newest first.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn history(&self, key: &SecretKey, environment: &Environment) -> Result<Vec<HistoryEntry>, VaultError> {
        let allowed = self.authorize::<Read>()?;
        self.read(|work| {
            let view = self.live(&allowed, work, environment, key)?;
            let versions = work.versions(view.secret.id)?;
            Ok(versions
                .into_iter()
                .map(|it| HistoryEntry {
                    version: it.version,
                    current: it.version == view.secret.current_version,
                    staged: Some(it.version) == view.secret.staged_version,
                    change: it.change.as_str(),
                    origin: match it.change {
                        Change::Rollback { origin } => Some(origin),
                        Change::Value | Change::Policy | Change::Staged | Change::Promoted => None,
                    },
                    created_at: it.created_at,
                    created_by: it.created_by,
                    policy: it.policy,
                })
                .collect())
        })
    }
}
