//! The URL of a PostgreSQL database, whose password nothing shows.
//!
//! `postgres://user@host:5432/name?sslmode=…`, several hosts separated by commas, or a socket's directory in `host=`. What
//! is not understood is refused and never repeated in an error: a URL that was written wrongly may have its password
//! anywhere.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use url::form_urlencoded;

/// How many connections a process has to the database, unless the URL says otherwise.
const CONNECTIONS: u32 = 8;
/// How long a connection may take to be made, unless the URL says otherwise.
const CONNECT_SECONDS: Duration = Duration::from_secs(10);
/// How long the server works at one statement, waiting for locks included, unless the URL says otherwise.
const STATEMENT_SECONDS: u32 = 30;

/// A PostgreSQL database and how it is connected to.
#[derive(Clone)]
pub struct DatabaseUrl(Arc<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    /// As it was written, but for a password.
    written: String,
    config: Config,
    tls: Tls,
    connections: u32,
    statement_seconds: u32,
    password_file: Option<PathBuf>,
}

/// How the connection is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// Not at all: `sslmode=disable`, and no other word falls back to it.
    Off,
    /// TLS to a server whose certificate is for its name and from these authorities.
    Verified {
        /// A file of authorities in the place of Mozilla's.
        authorities: Option<PathBuf>,
    },
}

impl DatabaseUrl {
    /// Whether `text` is meant as one.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("postgres://") || text.starts_with("postgresql://")
    }

    /// The same with the password that is in this file, which is read for each connection: a new password needs no
    /// restart.
    ///
    /// # Errors
    /// [`UrlError::TwoPasswords`].
    pub fn with_password_file(self, path: PathBuf) -> Result<Self, UrlError> {
        if self.has_password() {
            return Err(UrlError::TwoPasswords);
        }
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.password_file = Some(path);
        Ok(Self(Arc::new(inner)))
    }

    /// The same with this password.
    ///
    /// # Errors
    /// [`UrlError::TwoPasswords`].
    pub fn with_password(self, password: &[u8]) -> Result<Self, UrlError> {
        if self.has_password() {
            return Err(UrlError::TwoPasswords);
        }
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.config.password(password);
        Ok(Self(Arc::new(inner)))
    }

    /// Whether it knows a password: one that came on a command line was seen by everybody on the machine.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.0.config.get_password().is_some() || self.0.password_file.is_some()
    }

    /// As it was written; three asterisks stand for a password.
    #[must_use]
    pub fn masked(&self) -> &str {
        &self.0.written
    }

    /// Whether a password was written in it.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.0.written != mask(&self.0.written, "")
    }

    /// The hosts and the database, for people.
    #[must_use]
    pub fn place(&self) -> String {
        let hosts: Vec<String> = self.hosts().map(|(host, port)| shown(host, port)).collect();
        let name = self.0.config.get_dbname().or(self.0.config.get_user());
        format!("{}/{}", hosts.join(","), name.unwrap_or_default())
    }

    /// Each host with its port, in the order in which they are tried.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (&Host, u16)> {
        let ports = self.0.config.get_ports();
        let hosts = self.0.config.get_hosts().iter().enumerate();
        hosts.map(move |(at, host)| (host, *ports.get(at).or(ports.first()).unwrap_or(&5432)))
    }

    pub(super) fn config(&self) -> &Config {
        &self.0.config
    }

    /// The file with the password, if there is one.
    #[must_use]
    pub fn password_file(&self) -> Option<&Path> {
        self.0.password_file.as_deref()
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.0.tls
    }

    pub(super) fn connections(&self) -> u32 {
        self.0.connections
    }

    pub(super) fn statement_seconds(&self) -> u64 {
        self.0.statement_seconds.into()
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        self.0.config.get_connect_timeout().copied().unwrap_or(CONNECT_SECONDS)
    }
}

/// The text of a URL with something else for its password, which is nowhere but before the first `@`.
fn mask(text: &str, mask: &str) -> String {
    let masked = text.split_once("://").and_then(|(scheme, rest)| {
        let (who, place) = rest.split_once('@')?;
        let (user, _) = who.split_once(':')?;
        Some(format!("{scheme}://{user}:{mask}@{place}"))
    });
    masked.unwrap_or_else(|| text.to_owned())
}

pub(super) fn shown(host: &Host, port: u16) -> String {
    match host {
        Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
        Host::Tcp(name) => format!("{name}:{port}"),
        Host::Unix(directory) => format!("{}:{port}", directory.display()),
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if !Self::is_meant(text) {
            return Err(UrlError::NotPostgres);
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut ours = Ours::default();
        let mut theirs = form_urlencoded::Serializer::new(String::new());
        // A plus is a plus here, as `libpq` has it, and no space.
        for (name, value) in form_urlencoded::parse(query.replace('+', "%2B").as_bytes()) {
            match &*name {
                "sslmode" => ours.mode = Some(value.into_owned()),
                "sslrootcert" => ours.authorities = Some(PathBuf::from(&*value)),
                "connections" => ours.connections = Some(value.parse().map_err(|_| UrlError::Connections)?),
                "statement_timeout" => ours.statement = Some(value.parse().map_err(|_| UrlError::Statement)?),
                "host" | "port" | "user" | "dbname" | "application_name" | "connect_timeout" | "options" => {
                    theirs.append_pair(&name, &value);
                }
                // A password there would end up in the query of what is logged elsewhere.
                _ => return Err(UrlError::Parameter),
            }
        }
        let query = theirs.finish().replace('+', "%20");
        let separator = if query.is_empty() { "" } else { "?" };
        let mut config: Config = format!("{base}{separator}{query}")
            .parse()
            .map_err(|_| UrlError::NotUnderstood)?;
        if config.get_hosts().is_empty() || config.get_user().is_none() {
            return Err(UrlError::Incomplete);
        }
        let is_local = config.get_hosts().iter().all(|it| matches!(it, Host::Unix(_)));
        let tls = ours.tls(is_local)?;
        config.ssl_mode(if tls == Tls::Off {
            SslMode::Disable
        } else {
            SslMode::Require
        });
        if config.get_application_name().is_none() {
            config.application_name("distri");
        }
        Ok(Self(Arc::new(Inner {
            written: mask(text, "***"),
            config,
            tls,
            connections: match ours.connections {
                None => CONNECTIONS,
                Some(number @ 2..=1_000) => number,
                Some(_) => return Err(UrlError::Connections),
            },
            statement_seconds: match ours.statement {
                None => STATEMENT_SECONDS,
                Some(seconds @ 1..=3_600) => seconds,
                Some(_) => return Err(UrlError::Statement),
            },
            password_file: None,
        })))
    }
}

/// The parameters that the protocol's library does not know, or is more lenient about.
#[derive(Default)]
struct Ours {
    mode: Option<String>,
    authorities: Option<PathBuf>,
    connections: Option<u32>,
    statement: Option<u32>,
}

impl Ours {
    fn tls(&mut self, is_local: bool) -> Result<Tls, UrlError> {
        match self.mode.as_deref() {
            Some("disable") if self.authorities.is_some() => Err(UrlError::Mode),
            Some("disable") => Ok(Tls::Off),
            // No certificate can be for a socket of this machine, and nobody is in between.
            None if is_local => Ok(Tls::Off),
            // `require` asks for less than is done: the certificate is always verified.
            None | Some("require" | "verify-full") if !is_local => Ok(Tls::Verified {
                authorities: self.authorities.take(),
            }),
            // `allow` and `prefer` give in to whoever says that there is no TLS; `verify-ca` takes any host's certificate.
            _ => Err(UrlError::Mode),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.place())
    }
}

impl PartialEq for DatabaseUrl {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for DatabaseUrl {}

/// Why a URL is refused. Nothing of it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another scheme.
    #[error("the URL of a database begins with `postgres://`")]
    NotPostgres,
    /// It cannot be taken apart.
    #[error(
        "the URL of the database is not understood; what is special in a user or a password is written as `%` and two digits"
    )]
    NotUnderstood,
    /// Neither a host nor a user is ever guessed.
    #[error("the URL of the database names no host or no user")]
    Incomplete,
    /// A parameter that nothing here follows.
    #[error(
        "the URL of the database has a parameter that is not known; known are `sslmode`, `sslrootcert`, `connections`, `connect_timeout`, `statement_timeout`, `application_name`, `options`, `host`, `port`, `user` and `dbname`"
    )]
    Parameter,
    /// A word for TLS that would fall back to less than it says.
    #[error(
        "`sslmode` is `verify-full`, which is the default, or `disable`; `require` is the same as `verify-full`, and no mode falls back to no TLS"
    )]
    Mode,
    /// A number of connections.
    #[error("`connections` is a number from 2 to 1000")]
    Connections,
    /// A time for a statement.
    #[error("`statement_timeout` is a number of seconds from 1 to 3600")]
    Statement,
    /// Which one holds is not guessed.
    #[error("the password of the database is given twice")]
    TwoPasswords,
    /// Everybody on the machine can read it there.
    #[error("a command line is read by everybody on the machine: it may not hold the password of the database")]
    PasswordSeen,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(text: &str) -> Result<Tls, UrlError> {
        text.parse::<DatabaseUrl>().map(|it| it.tls().clone())
    }

    #[test]
    fn tls_is_verified_unless_it_is_disabled_in_so_many_words() {
        let verified = Ok(Tls::Verified { authorities: None });
        assert_eq!(tls("postgres://u@db.example/d"), verified);
        assert_eq!(tls("postgresql://u@localhost/d?sslmode=require"), verified);
        assert_eq!(tls("postgres://u@db.example/d?sslmode=verify-full"), verified);
        assert_eq!(
            tls("postgres://u@db.example/d?sslrootcert=/etc/a+b%20c.pem"),
            Ok(Tls::Verified {
                authorities: Some(PathBuf::from("/etc/a+b c.pem"))
            })
        );
        assert_eq!(tls("postgres://u@db.example/d?sslmode=disable"), Ok(Tls::Off));
        assert_eq!(tls("postgres://u@/d?host=/run/postgresql"), Ok(Tls::Off));
        for mode in ["allow", "prefer", "verify-ca", "", "DISABLE"] {
            assert_eq!(
                tls(&format!("postgres://u@db.example/d?sslmode={mode}")),
                Err(UrlError::Mode)
            );
        }
        assert_eq!(
            tls("postgres://u@/d?host=/run/postgresql&sslmode=require"),
            Err(UrlError::Mode)
        );
    }

    #[test]
    fn nothing_shows_the_password() {
        let url: DatabaseUrl = "postgres://u:hunter%232@a.example:1,b.example:2/d"
            .parse()
            .expect("a URL");
        assert_eq!(url.place(), "a.example:1,b.example:2/d");
        assert!(url.has_password());
        assert_eq!(format!("{url:?}"), "DatabaseUrl(a.example:1,b.example:2/d)");
        assert_eq!(url.with_password(b"x"), Err(UrlError::TwoPasswords));
        for wrong in [
            "postgres://u:hunter2",
            "postgres://u:hunter?2@h/d",
            "postgres://u:hun/ter2@h:port/d",
            "mysql://u:hunter2@h/d",
            "postgres://u@h/d?password=hunter2",
            "postgres://u@h/d?hunter2=x",
        ] {
            let error = wrong.parse::<DatabaseUrl>().expect_err(wrong);
            assert!(!format!("{error} {error:?}").contains("hun"), "{wrong}");
        }
    }

    #[test]
    fn neither_host_nor_user_is_guessed() {
        for text in ["postgres://u@/d", "postgres://h/d"] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(UrlError::Incomplete), "{text}");
        }
        let few = "postgres://u@h/d?connections=1".parse::<DatabaseUrl>();
        assert_eq!(few, Err(UrlError::Connections));
    }
}
