//! Why a backup is not made, not believed or not restored.

use std::io;
use std::path::PathBuf;

use distri_core::age::AgeError;
use distri_core::ids::InstanceId;
use distri_store::StoreError;

use crate::VaultError;
use crate::audit::Behind;

/// Nothing here holds a value; what a foreign file says is not repeated.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The encryption around it.
    #[error("the backup does not open: {0}")]
    Age(#[source] AgeError),
    /// It opened, and is not what distri writes.
    #[error("the backup is not what distri writes: line {line}: {reason}")]
    Content {
        /// The line inside, from 1.
        line: u64,
        /// What is wrong there.
        reason: &'static str,
    },
    /// It is of a later version.
    #[error("the backup has schema {found}, and this version of distri knows up to {known}; use the newer distri")]
    TooNew {
        /// The schema it has.
        found: u32,
        /// The newest this version knows.
        known: u32,
    },
    /// What is in it contradicts itself.
    #[error("the backup contradicts itself: {0}")]
    Contradiction(String),
    /// Its root key was found, and it is not this installation's.
    #[error("the backup was not made by the installation it names, or was changed since")]
    NotAuthentic,
    /// Something is there already.
    #[error("installation {0} is here already; it stays as it is")]
    Occupied(InstanceId),
    /// Something is there that is no database.
    #[error("`{}` is damaged, and is here already; it stays as it is", .0.display())]
    OccupiedByDamage(PathBuf),
    /// The file that is to be written is there.
    #[error("`{}` is there already; a backup is never written over another", .0.display())]
    Exists(PathBuf),
    /// No recipients.
    #[error("a backup needs at least one recipient")]
    NoRecipients,
    /// The backup is older than what is known here of its log, or another copy's.
    #[error("{}", older(.0))]
    Behind(Behind),
    /// There is no such file.
    #[error("there is no file `{}`", .0.display())]
    NoFile(PathBuf),
    /// The file.
    #[error("cannot use `{}`: {reason}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

fn older(behind: &Behind) -> String {
    let Behind {
        found,
        delivered,
        place,
    } = behind;
    let place = place.display();
    match found < delivered {
        true => format!(
            "the backup has {found} audit records, and `{place}` shows that there were {delivered}: what was recorded since would be lost"
        ),
        false => format!(
            "the backup has {found} audit records, but not the {delivered} that `{place}` shows: it is of another copy of the database"
        ),
    }
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Vault(error.into())
    }
}

impl From<AgeError> for BackupError {
    fn from(error: AgeError) -> Self {
        Self::Age(error)
    }
}

impl BackupError {
    /// A failure of reading the backup's content, which may be one of the encryption around it.
    pub(super) fn reading(error: io::Error) -> Self {
        Self::Age(AgeError::of(error))
    }
}
