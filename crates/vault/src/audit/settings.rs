//! The settings of the audit log: environment variables, else `[audit]` in the configuration file, else the default.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use distri_store::{Flush, FlushError, UrlError};

use super::sink::webhook::{Webhook, WebhookUrlError};
use crate::config_file;

/// How the log is flushed and where its checkpoints go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSettings {
    /// When the record of a use is on the disk. Changes are always flushed before they are acknowledged.
    pub flush: Flush,
    /// The file that gets each checkpoint; `checkpoints` in the state directory when none is named.
    pub checkpoint_file: Option<PathBuf>,
    /// The datagram socket of a system log that gets each checkpoint as well, such as `/dev/log`.
    pub checkpoint_syslog: Option<PathBuf>,
    /// A webhook that gets each checkpoint as well.
    pub webhook: Option<Webhook>,
}

impl AuditSettings {
    /// Reads `file`, which need not be there, and the variables that `get` looks up, which come first.
    ///
    /// | variable | in `[audit]` | values |
    /// |---|---|---|
    /// | `DISTRI_AUDIT_FLUSH` | `flush` | `each`, `interval` |
    /// | `DISTRI_CHECKPOINT_FILE` | `checkpoint_file` | an absolute path |
    /// | `DISTRI_CHECKPOINT_SYSLOG` | `checkpoint_syslog` | the absolute path of a datagram socket |
    /// | `DISTRI_CHECKPOINT_WEBHOOK` | `checkpoint_webhook` | an `https://` address |
    /// | `DISTRI_CHECKPOINT_WEBHOOK_SECRET_FILE` | `checkpoint_webhook_secret_file` | the absolute path of a file with a token |
    /// | `DISTRI_CHECKPOINT_WEBHOOK_CA_FILE` | `checkpoint_webhook_ca_file` | the absolute path of a file with certificates |
    ///
    /// # Errors
    /// [`SettingsError`] names what is wrong: a setting of evidence is never guessed.
    pub fn load(file: &Path, get: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingsError> {
        let written = config_file::read(file)?.audit;
        let variable = |name: &str| get(name).filter(|it| !it.is_empty());
        let flush = match variable("DISTRI_AUDIT_FLUSH") {
            Some(word) => Some(word.to_string_lossy().into_owned()),
            None => written.flush,
        };
        let path = |name: &'static str, written: Option<PathBuf>| {
            let path = variable(name).map(PathBuf::from).or(written);
            match path {
                Some(path) if !path.is_absolute() => Err(SettingsError::Relative { name, path }),
                other => Ok(other),
            }
        };
        let address = match variable("DISTRI_CHECKPOINT_WEBHOOK") {
            Some(text) => Some(text.to_string_lossy().into_owned()),
            None => written.checkpoint_webhook,
        };
        let secret_file = path(
            "DISTRI_CHECKPOINT_WEBHOOK_SECRET_FILE",
            written.checkpoint_webhook_secret_file,
        )?;
        let ca_file = path("DISTRI_CHECKPOINT_WEBHOOK_CA_FILE", written.checkpoint_webhook_ca_file)?;
        let webhook = address.map(|text| {
            Ok::<_, SettingsError>(Webhook {
                url: text.parse()?,
                secret_file,
                ca_file,
            })
        });
        Ok(Self {
            flush: flush.map_or(Ok(Flush::default()), |it| it.parse())?,
            checkpoint_file: path("DISTRI_CHECKPOINT_FILE", written.checkpoint_file)?,
            checkpoint_syslog: path("DISTRI_CHECKPOINT_SYSLOG", written.checkpoint_syslog)?,
            webhook: webhook.transpose()?,
        })
    }
}

/// Settings that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The file.
    #[error("cannot use `{}`: {reason}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// `audit.flush`.
    #[error(transparent)]
    Flush(#[from] FlushError),
    /// The webhook.
    #[error(transparent)]
    Webhook(#[from] WebhookUrlError),
    /// The database.
    #[error(transparent)]
    Database(#[from] UrlError),
    /// A path that would depend on where a command is started.
    #[error("`{name}` needs an absolute path, not `{}`", .path.display())]
    Relative {
        /// The variable, or the setting it stands for.
        name: &'static str,
        /// The path given.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<AuditSettings, SettingsError> {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("config.toml");
        std::fs::write(&file, text).expect("writes");
        AuditSettings::load(&file, |name| {
            let found = variables.iter().find(|it| it.0 == name);
            found.map(|it| OsString::from(it.1))
        })
    }

    #[test]
    fn variables_come_before_the_file_and_that_before_the_default() {
        let none = AuditSettings::load(Path::new("/nonexistent/config.toml"), |_| None);
        assert_eq!(none, Ok(AuditSettings::default()));
        let text = "[audit]\nflush = \"interval\"\ncheckpoint_file = \"/mnt/a\"\ncheckpoint_syslog = \"/dev/log\"\n";
        let written = load(text, &[]).expect("loads");
        assert_eq!(written.flush, Flush::Interval);
        assert_eq!(written.checkpoint_file.as_deref(), Some(Path::new("/mnt/a")));
        assert_eq!(written.checkpoint_syslog.as_deref(), Some(Path::new("/dev/log")));
        let variables = [("DISTRI_AUDIT_FLUSH", "each"), ("DISTRI_CHECKPOINT_FILE", "/mnt/b")];
        let settings = load(text, &variables).expect("loads");
        assert_eq!(settings.flush, Flush::Each);
        assert_eq!(settings.checkpoint_file.as_deref(), Some(Path::new("/mnt/b")));
    }

    #[test]
    fn a_webhook_has_an_address_and_its_files() {
        let text =
            "[audit]\ncheckpoint_webhook = \"https://a.example/x\"\ncheckpoint_webhook_secret_file = \"/run/t\"\n";
        let webhook = load(text, &[]).expect("loads").webhook.expect("there is one");
        assert_eq!(webhook.url.to_string(), "a.example");
        assert_eq!(webhook.secret_file.as_deref(), Some(Path::new("/run/t")));
        let elsewhere = [("DISTRI_CHECKPOINT_WEBHOOK", "https://b.example/")];
        assert_eq!(
            load(text, &elsewhere)
                .expect("loads")
                .webhook
                .expect("one")
                .url
                .to_string(),
            "b.example"
        );
        let wrong = load("", &[("DISTRI_CHECKPOINT_WEBHOOK", "b.example")]);
        assert!(matches!(wrong, Err(SettingsError::Webhook(_))));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in ["[audit]\nflash = \"each\"\n", "[audit\n", "audit = 1\n", "[other]\n"] {
            assert!(matches!(load(text, &[]), Err(SettingsError::File { .. })), "{text}");
        }
        assert_eq!(
            load("[audit]\nflush = \"never\"\n", &[]),
            Err(SettingsError::Flush(FlushError))
        );
        let relative = load("", &[("DISTRI_CHECKPOINT_FILE", "checkpoints")]);
        assert!(matches!(relative, Err(SettingsError::Relative { .. })));
    }
}
