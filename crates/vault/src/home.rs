//! Where an installation lives: the database and, apart from it, the configuration and state directories.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use distri_store::{DatabaseUrl, Location};

use crate::VaultError;
use crate::audit::AuditSettings;

/// The directories of one installation (XDG Base Directory Specification; `DISTRI_HOME` overrides them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    data: PathBuf,
    config: PathBuf,
    state: PathBuf,
    root_key: Option<PathBuf>,
    key_providers: Option<PathBuf>,
    audit: AuditSettings,
    server: Option<DatabaseUrl>,
}

impl Home {
    /// Reads the places from environment variables, which `get` looks up.
    ///
    /// # Errors
    /// Without `DISTRI_HOME`, the XDG variables and `HOME` there is no place.
    pub fn from_env(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, VaultError> {
        let path = |name: &str| get(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let root_key = path("DISTRI_ROOT_KEY_FILE");
        let key_providers = path("DISTRI_KEY_PROVIDERS_FILE");
        if let Some(home) = path("DISTRI_HOME") {
            return Ok(Self {
                root_key,
                key_providers,
                ..Self::below(&home)
            });
        }
        // The specification: a relative path in an XDG variable is invalid and ignored.
        let place = |name: &str, under_home: &str| {
            path(name)
                .filter(|it| it.is_absolute())
                .or_else(|| path("HOME").map(|it| it.join(under_home)))
                .map(|it| it.join("distri"))
        };
        match (
            place("XDG_DATA_HOME", ".local/share"),
            place("XDG_CONFIG_HOME", ".config"),
            place("XDG_STATE_HOME", ".local/state"),
        ) {
            (Some(data), Some(config), Some(state)) => Ok(Self {
                data,
                config,
                state,
                root_key,
                key_providers,
                audit: AuditSettings::default(),
                server: None,
            }),
            _ => Err(VaultError::Home {
                path: PathBuf::from("~"),
                reason: "neither `DISTRI_HOME` nor `HOME` is set".to_owned(),
            }),
        }
    }

    /// Everything below one directory, as `DISTRI_HOME` has it.
    #[must_use]
    pub fn below(directory: &Path) -> Self {
        Self {
            data: directory.join("data"),
            config: directory.join("config"),
            state: directory.join("state"),
            root_key: None,
            key_providers: None,
            audit: AuditSettings::default(),
            server: None,
        }
    }

    /// The same places with these settings of the audit log.
    #[must_use]
    pub fn with_audit(self, audit: AuditSettings) -> Self {
        Self { audit, ..self }
    }

    /// The same places with the database on a server. Root key, configuration, tip and checkpoints stay here.
    #[must_use]
    pub fn with_database(self, server: Option<DatabaseUrl>) -> Self {
        Self { server, ..self }
    }

    /// The settings of the audit log.
    #[must_use]
    pub fn audit(&self) -> &AuditSettings {
        &self.audit
    }

    /// Where the database is.
    #[must_use]
    pub fn location(&self) -> Location {
        match &self.server {
            Some(url) => Location::Server(url.clone()),
            None => Location::File(self.database()),
        }
    }

    /// The file of the embedded database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("distri.db")
    }

    /// The root key's file: `DISTRI_ROOT_KEY_FILE`, else beside the configuration.
    #[must_use]
    pub fn root_key(&self) -> PathBuf {
        self.root_key.clone().unwrap_or_else(|| self.config.join("root.key"))
    }

    /// Whether the root key's file was named by the environment: then it is never made here.
    #[must_use]
    pub fn root_key_is_given(&self) -> bool {
        self.root_key.is_some()
    }

    /// The list of the key providers that may be asked: `DISTRI_KEY_PROVIDERS_FILE`, else beside the configuration. Apart
    /// from the database, whose rows it vouches for.
    #[must_use]
    pub fn key_providers(&self) -> PathBuf {
        let named = self.key_providers.clone();
        named.unwrap_or_else(|| self.config.join("key-providers"))
    }

    /// The configuration file, which need not be there.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The file that gets each checkpoint of the audit log: apart from the database, in another place if one is named.
    #[must_use]
    pub fn checkpoint_file(&self) -> PathBuf {
        let named = self.audit.checkpoint_file.clone();
        named.unwrap_or_else(|| self.state.join("checkpoints"))
    }

    pub(crate) fn audit_tip(&self) -> PathBuf {
        self.state.join("audit-tip")
    }

    /// What says that this home has had a tip of a database on a server: apart from the tip itself.
    pub(crate) fn tip_mark(&self) -> PathBuf {
        self.data.join("audit-tip.kept")
    }

    /// What says which checkpoint the webhook took last.
    pub(crate) fn webhook_cursor(&self) -> PathBuf {
        self.state.join("webhook")
    }

    /// Every place that holds something of the installation: what an isolated command must not see.
    #[must_use]
    pub fn places(&self) -> Vec<PathBuf> {
        let password = self.server.as_ref().and_then(DatabaseUrl::password_file);
        let apart = [
            self.root_key.clone(),
            self.key_providers.clone(),
            self.audit.checkpoint_file.clone(),
            self.audit.webhook.as_ref().and_then(|it| it.secret_file.clone()),
            password.map(Path::to_owned),
        ];
        [self.data.clone(), self.config.clone(), self.state.clone()]
            .into_iter()
            .chain(apart.into_iter().flatten())
            .collect()
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.data.join("first-use.lock")
    }

    /// Makes the directories, mode 0700, where they are missing. One that others may write to is refused.
    pub(crate) fn make(&self) -> Result<(), VaultError> {
        for path in [&self.data, &self.config, &self.state] {
            let failed = |reason: String| VaultError::Home {
                path: path.clone(),
                reason,
            };
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(|it| failed(it.to_string()))?;
            let mode = fs::metadata(path)
                .map_err(|it| failed(it.to_string()))?
                .permissions()
                .mode();
            if mode & 0o022 != 0 {
                return Err(failed(format!(
                    "its mode is {:04o}, so others may write to it; `chmod 700` it",
                    mode & 0o7777
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(vars: &[(&str, &str)]) -> Result<Home, VaultError> {
        Home::from_env(|name| {
            vars.iter()
                .find(|(it, _)| *it == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn distri_home_overrides_all_places() {
        let places = home(&[("DISTRI_HOME", "/h"), ("XDG_DATA_HOME", "/d"), ("HOME", "/u")]).expect("places");
        assert_eq!(places.database(), Path::new("/h/data/distri.db"));
        assert_eq!(places.root_key(), Path::new("/h/config/root.key"));
        assert_eq!(places.checkpoint_file(), Path::new("/h/state/checkpoints"));
    }

    #[test]
    fn xdg_places_and_their_defaults() {
        let places = home(&[("XDG_DATA_HOME", "/d"), ("HOME", "/u")]).expect("places");
        assert_eq!(places.database(), Path::new("/d/distri/distri.db"));
        assert_eq!(places.root_key(), Path::new("/u/.config/distri/root.key"));
        assert_eq!(
            places.checkpoint_file(),
            Path::new("/u/.local/state/distri/checkpoints")
        );
        let places = home(&[("XDG_DATA_HOME", "relative"), ("HOME", "/u")]).expect("places");
        assert_eq!(places.database(), Path::new("/u/.local/share/distri/distri.db"));
        assert!(home(&[]).is_err());
    }

    #[test]
    fn the_root_key_file_may_be_elsewhere() {
        let places = home(&[("DISTRI_HOME", "/h"), ("DISTRI_ROOT_KEY_FILE", "/run/key")]).expect("places");
        assert_eq!(places.root_key(), Path::new("/run/key"));
        assert!(places.root_key_is_given());
        assert_eq!(
            places.places(),
            ["/h/data", "/h/config", "/h/state", "/run/key"].map(PathBuf::from)
        );
    }
}
