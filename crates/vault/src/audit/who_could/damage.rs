//! Rows that are not as they were written: they are named, and nothing that they say is believed.

use crate::VaultError;

/// What was checked, or `None` where it is damaged, and then `damaged` says how.
pub(super) fn believed<T>(checked: Result<T, VaultError>, damaged: &mut Vec<String>) -> Result<Option<T>, VaultError> {
    match checked {
        Ok(it) => Ok(Some(it)),
        Err(error @ (VaultError::Tampered { .. } | VaultError::Integrity { .. } | VaultError::Key { .. })) => {
            let said = error.to_string();
            if !damaged.contains(&said) {
                damaged.push(said);
            }
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
