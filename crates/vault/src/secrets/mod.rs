//! The use cases of secrets: a file each.

mod copy;
mod delete;
mod facts;
mod find;
mod get;
mod history;
mod import;
mod list;
mod merged;
mod open_each;
mod purge;
mod release;
mod reveal;
mod rollback;
mod set;
mod stage;
mod tally;
mod undelete;
mod update;
mod versioning;
mod walk;

pub use copy::{CopyOutcome, CopySecrets};
pub use facts::SecretFacts;
pub use find::{FindKeys, KeysPage, MOST_COUNTED};
pub use history::HistoryEntry;
pub use import::{ImportEntry, ImportOutcome, ImportSecrets, OnConflict, Planned};
pub use list::{ListSecrets, Listed, PageOf, SecretsPage};
pub use purge::{BackupCopy, Copies, Purged, RECOVERY_DAYS};
pub use release::{MissingReason, MissingSecret, ReleaseError, ReleaseSecrets, Selection};
pub use reveal::Revealed;
pub use set::{SetOutcome, SetSecret};
pub use tally::Tally;
pub use update::{UpdateOutcome, UpdateSecret};

use distri_core::{Environment, Policy, SecretKey, Timestamp};
use distri_store::rows::SecretView;
use jiff::SignedDuration;
use serde::Serialize;

use crate::VaultError;

/// The most bytes a note may have.
pub const MAX_NOTE_LEN: usize = 4 * 1024;

/// What is known of a secret without its value.
#[derive(Clone, Debug, Serialize)]
pub struct SecretInfo {
    /// Its identifier.
    pub id: String,
    /// Its key.
    pub key: SecretKey,
    /// Its environment.
    pub environment: Environment,
    /// The version in use.
    pub version: u32,
    /// Where it may go, for whom, and how it is delivered.
    #[serde(flatten)]
    pub policy: Policy,
    /// What people wrote about it.
    pub note: Option<String>,
    /// When it stops being given out.
    pub expires_at: Option<Timestamp>,
    /// After how many days its value is to be replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate_every_days: Option<u32>,
    /// When that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation_due_at: Option<Timestamp>,
    /// The version that waits beside the one in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staged_version: Option<u32>,
    /// When its first version was set.
    pub created_at: Timestamp,
    /// When it was last changed in any way.
    pub updated_at: Timestamp,
    /// When a value was last set.
    pub value_changed_at: Timestamp,
    /// When it was deleted, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

impl From<SecretView> for SecretInfo {
    fn from(view: SecretView) -> Self {
        let SecretView {
            secret,
            policy,
            value_changed_at,
            ..
        } = view;
        let rotation_due_at = secret.rotate_every_days.and_then(|days| {
            value_changed_at
                .checked_add(SignedDuration::from_hours(24 * i64::from(days)))
                .ok()
        });
        Self {
            id: secret.id.to_string(),
            key: secret.key,
            environment: secret.environment,
            version: secret.current_version,
            policy,
            note: secret.note,
            expires_at: secret.expires_at,
            rotate_every_days: secret.rotate_every_days,
            rotation_due_at,
            staged_version: secret.staged_version,
            created_at: secret.created_at,
            updated_at: secret.updated_at,
            value_changed_at,
            deleted_at: secret.deleted_at,
        }
    }
}

impl SecretInfo {
    /// Whether it is past its expiry at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|it| it <= now)
    }

    /// Whether its value should have been replaced by `now`.
    #[must_use]
    pub fn is_rotation_due(&self, now: Timestamp) -> bool {
        self.rotation_due_at.is_some_and(|it| it <= now)
    }
}

/// A field of a partial change: left as it is, or set, possibly to nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// Left as it is.
    #[default]
    Keep,
    /// Set to this.
    Set(T),
}

impl<T: Clone> Edit<T> {
    fn apply(&self, field: &mut T) {
        if let Self::Set(value) = self {
            field.clone_from(value);
        }
    }
}

fn check_note(note: &Edit<Option<String>>) -> Result<(), VaultError> {
    match note {
        Edit::Set(Some(text)) if text.len() > MAX_NOTE_LEN => Err(VaultError::TooLong {
            what: "the note",
            len: text.len(),
            max: MAX_NOTE_LEN,
        }),
        // One that is stored already stays readable; screens show such characters as others.
        Edit::Set(Some(text)) if text.contains(|it: char| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) => {
            Err(VaultError::Note)
        }
        _ => Ok(()),
    }
}

/// Refuses when the secret is at another version than the caller expects.
fn check_version(view: &SecretView, expected: Option<u32>) -> Result<(), VaultError> {
    let current = view.secret.current_version;
    match expected {
        Some(expected) if expected != current => Err(VaultError::Stale {
            key: view.secret.key.clone(),
            expected,
            current,
        }),
        _ => Ok(()),
    }
}

fn not_found(key: &SecretKey, environment: &Environment) -> VaultError {
    VaultError::NotFound {
        key: key.clone(),
        environment: environment.clone(),
    }
}
