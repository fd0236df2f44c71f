//! The settings of the server: flags come first, then environment variables, then `[server]` in the configuration
//! file, then defaults.

mod file;
mod list;
mod print;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use file::SettingsFile;
pub use list::{SETTINGS, Setting};

/// The settings of a server, checked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen.
    pub bind: SocketAddr,
    /// The certificate chain.
    pub tls_cert: Option<PathBuf>,
    /// Its private key.
    pub tls_key: Option<PathBuf>,
    /// Whether a proxy in front speaks TLS.
    pub behind_proxy: bool,
    /// The names that clients may call this server by.
    pub hosts: Vec<String>,
    /// Where metrics are served.
    pub metrics_bind: Option<SocketAddr>,
    /// Where the line of each request goes.
    pub request_log: RequestLogTo,
    /// How long a client may take to send a request.
    pub request_timeout: Duration,
    /// How long requests under way may take once the process was asked to end.
    pub shutdown_timeout: Duration,
    /// How many connections are open at once.
    pub max_connections: usize,
    /// How many requests are answered at once.
    pub max_requests: usize,
    /// How many requests a second one token may make.
    pub rate_per_token: u32,
    /// How many requests a second one address may make that fail to authenticate.
    pub rate_per_address: u32,
}

/// Where the line of each request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestLogTo {
    /// Standard error.
    Stderr,
    /// Nowhere.
    Off,
}

impl RequestLogTo {
    /// The word in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stderr => "stderr",
            Self::Off => "off",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 7777)),
            tls_cert: None,
            tls_key: None,
            behind_proxy: false,
            hosts: Vec::new(),
            metrics_bind: None,
            request_log: RequestLogTo::Stderr,
            request_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(10),
            max_connections: 1_024,
            max_requests: 512,
            rate_per_token: 0,
            rate_per_address: 10,
        }
    }
}

impl Settings {
    /// Reads `[server]` in `file`, which need not be there unless it once was, the variables that `variable` looks up, and
    /// the flags that `flag` has.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting and what is wrong with it; nothing is guessed.
    pub fn load(
        file: &SettingsFile,
        variable: impl Fn(&str) -> Option<OsString>,
        flag: impl Fn(&Setting) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        let section = file.section()?;
        let is_there = section.is_some();
        for (name, value) in section.unwrap_or_default() {
            let key = format!("server.{name}");
            let setting = SETTINGS.iter().find(|it| it.key == key);
            let setting = setting.ok_or_else(|| SettingsError::Unknown { key: key.clone() })?;
            settings.take(setting, key, &text_of(&value))?;
        }
        for setting in SETTINGS {
            if let Some(text) = variable(setting.variable).filter(|it| !it.is_empty()) {
                settings.take(setting, setting.variable.to_owned(), &text.to_string_lossy())?;
            }
            if let Some(text) = flag(setting) {
                settings.take(setting, format!("--{}", setting.flag), &text)?;
            }
        }
        settings.check()?;
        if is_there {
            file.was_good();
        }
        Ok(settings)
    }

    /// Whether connections are encrypted by this server itself.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.tls_cert.is_some()
    }

    /// Whether browsers reach it over TLS: its own, or that of a proxy in front.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.has_tls() || self.behind_proxy
    }

    /// Keeps what `old` has of what is taken at the start only; which of that is another here.
    pub(crate) fn keep_from_start(&mut self, old: &Self) -> Vec<&'static str> {
        let mut kept = Vec::new();
        for setting in SETTINGS {
            let wanted = (setting.show)(self);
            if let Some(keep) = setting.keep {
                keep(self, old);
            }
            if (setting.show)(self) != wanted {
                kept.push(setting.key);
            }
        }
        // A certificate can be replaced by another one; whether there is one is known to whoever connects.
        if self.has_tls() != old.has_tls() {
            self.tls_cert.clone_from(&old.tls_cert);
            self.tls_key.clone_from(&old.tls_key);
            kept.extend(["server.tls_cert", "server.tls_key"]);
        }
        kept
    }

    /// Which settings are others than `old`'s.
    pub(crate) fn differing_from(&self, old: &Self) -> Vec<&'static str> {
        let differing = SETTINGS.iter().filter(|it| (it.show)(self) != (it.show)(old));
        differing.map(|it| it.key).collect()
    }

    fn take(&mut self, setting: &Setting, name: String, text: &str) -> Result<(), SettingsError> {
        (setting.apply)(self, text).map_err(|reason| SettingsError::Value { name, reason })
    }

    fn check(&self) -> Result<(), SettingsError> {
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return Err(SettingsError::HalfTls);
        }
        if !self.bind.ip().is_loopback() && !self.has_tls() && !self.behind_proxy {
            return Err(SettingsError::Cleartext { bind: self.bind });
        }
        Ok(())
    }
}

/// A list in the file is what a variable has with commas between.
fn text_of(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(values) => values.iter().map(text_of).collect::<Vec<_>>().join(","),
        other => other.to_string(),
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
    /// The file was there before. It is about to be replaced, or somebody wants the defaults: an empty file says that.
    #[error("`{}` is gone; an empty file would mean the defaults", .0.display())]
    Gone(PathBuf),
    /// A key in the file that is no setting.
    #[error("there is no setting `{key}`")]
    Unknown {
        /// The key.
        key: String,
    },
    /// A value.
    #[error("`{name}` cannot be used: {reason}")]
    Value {
        /// The setting, as it was given.
        name: String,
        /// Why.
        reason: String,
    },
    /// One of the two files.
    #[error("`--tls-cert` and `--tls-key` go together")]
    HalfTls,
    /// An address of the network without encryption.
    #[error(
        "`{bind}` can be reached from other machines, and tokens and values would cross the network in clear: \
         give `--tls-cert` and `--tls-key`, or `--behind-proxy` where a proxy in front speaks TLS"
    )]
    Cleartext {
        /// The address.
        bind: SocketAddr,
    },
}

#[cfg(test)]
mod tests;
