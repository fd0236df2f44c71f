//! The configuration file, which is read again and again: once it was there, that it is gone is a failure and no empty file.
//!
//! Whoever replaces it by removing it and writing another one would otherwise have a moment without the names and limits
//! that it gives.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::SettingsError;

/// Where the file is, and whether it was there when it was last read and could be used.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    was_there: AtomicBool,
}

impl SettingsFile {
    /// A file that was not read yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            was_there: AtomicBool::new(false),
        }
    }

    /// Its `[server]`; nothing when it never was there.
    pub(super) fn section(&self) -> Result<Option<toml::Table>, SettingsError> {
        let failed = |reason: String| SettingsError::File {
            path: self.path.clone(),
            reason,
        };
        let mut table: toml::Table = match std::fs::read_to_string(&self.path) {
            Ok(text) => text
                .parse()
                .map_err(|error: toml::de::Error| failed(error.message().to_owned()))?,
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error.to_string())),
            Err(_) if self.was_there.load(Ordering::Relaxed) => return Err(SettingsError::Gone(self.path.clone())),
            Err(_) => return Ok(None),
        };
        match table.remove("server") {
            None => Ok(Some(toml::Table::new())),
            Some(toml::Value::Table(section)) => Ok(Some(section)),
            Some(_) => Err(failed("`server` is no section".to_owned())),
        }
    }

    /// Notes that what was read can be used.
    pub(super) fn was_good(&self) {
        self.was_there.store(true, Ordering::Relaxed);
    }
}
