//! How a backup fails on a command line.

use distri_core::age::AgeError;
use distri_vault::VaultError;
use distri_vault::backup::BackupError;

use crate::exit::Exit;
use crate::failure::Failure;

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let exit = match &error {
            BackupError::Vault(_) => Exit::Failed,
            BackupError::Age(AgeError::NoMatch) => Exit::NotAuthenticated,
            BackupError::NoFile(_) => Exit::Missing,
            BackupError::Age(AgeError::Io(_)) | BackupError::File { .. } | BackupError::TooNew { .. } => Exit::Failed,
            BackupError::Age(_)
            | BackupError::Content { .. }
            | BackupError::Contradiction(_)
            | BackupError::Behind(_)
            | BackupError::NotAuthentic => Exit::Integrity,
            BackupError::Occupied(_) | BackupError::OccupiedByDamage(_) | BackupError::Exists(_) => Exit::Conflict,
            BackupError::NoRecipients => Exit::Usage,
        };
        let hint = match &error {
            BackupError::Behind(_) => Some(
                "restore a newer backup, or go back on purpose with `--accept-rollback`, which the audit log will say",
            ),
            BackupError::Vault(VaultError::NoneOpens(closed)) if closed.untrusted().next().is_some() => Some(
                "look at what the slot names: `--trust SLOT` has it asked, as does its line in a copy of the old home's `config/key-providers`",
            ),
            BackupError::Occupied(_) | BackupError::OccupiedByDamage(_) => {
                Some("`--replace` restores over it; another `DISTRI_HOME` leaves it alone")
            }
            BackupError::Age(AgeError::NoMatch) => Some("name the identity file of one of its recipients"),
            BackupError::NoRecipients => {
                Some("`age-keygen -o key.txt` makes one; keep the file apart from the backups")
            }
            _ => None,
        };
        let failure = match error {
            BackupError::Vault(error) => Self::from(error),
            other => Self::new(exit, other.to_string()),
        };
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
