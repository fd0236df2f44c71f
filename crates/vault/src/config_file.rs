//! The configuration file, `config.toml`, which need not be there. What is not understood in it is refused.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::audit::SettingsError;

/// What the file says, still as text.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigFile {
    #[serde(default)]
    pub(crate) audit: AuditSection,
    #[serde(default)]
    pub(crate) database: DatabaseSection,
    /// The server's, which reads them itself.
    #[serde(default, rename = "server")]
    _server: serde::de::IgnoredAny,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditSection {
    pub(crate) flush: Option<String>,
    pub(crate) checkpoint_file: Option<PathBuf>,
    pub(crate) checkpoint_syslog: Option<PathBuf>,
    pub(crate) checkpoint_webhook: Option<String>,
    pub(crate) checkpoint_webhook_secret_file: Option<PathBuf>,
    pub(crate) checkpoint_webhook_ca_file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseSection {
    pub(crate) url: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
}

pub(crate) fn read(file: &Path) -> Result<ConfigFile, SettingsError> {
    let failed = |reason: String| SettingsError::File {
        path: file.to_owned(),
        reason,
    };
    match std::fs::read_to_string(file) {
        Ok(text) => toml::from_str(&text).map_err(|error| failed(error.message().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(ConfigFile::default()),
        Err(error) => Err(failed(error.to_string())),
    }
}
