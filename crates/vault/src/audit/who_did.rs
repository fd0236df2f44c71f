//! Who did something with a secret: the records that name its key.

use distri_core::audit::Record;
use distri_core::{Environment, SecretKey, Timestamp};

use crate::{Caller, VaultError};

impl Caller<'_> {
    /// The records from `from` and before `to` that name `key`, oldest first, in one environment or in all.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Log`].
    pub fn who_did(
        &self,
        key: &SecretKey,
        environment: Option<&Environment>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(u64, Record)>, VaultError> {
        let mut found = Vec::new();
        self.each_record(|seq, record| {
            let names = record.subjects.iter().any(|it| it.key == *key);
            let is_here = environment.is_none_or(|it| record.environment.as_ref() == Some(it));
            if names && is_here && (from..to).contains(&record.at) {
                found.push((seq, record));
            }
            Ok(true)
        })?;
        Ok(found)
    }
}
