//! Makes connections: to the first host that takes them and can write.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_postgres::Config;
use tokio_postgres::config::Host;
use zeroize::Zeroizing;

use super::IDLE_SECONDS;
use super::cause::{Cause, Kind};
use super::link::{Driver, Link};
use super::socket::Socket;
use super::tls::Handshake;
use super::url::{DatabaseUrl, Tls, shown};

/// After a failed attempt nobody tries for this long: threads that all wait for the server would else hold each other up.
const PAUSE: Duration = Duration::from_millis(200);

/// Makes connections to one database.
pub(super) struct Connector {
    url: DatabaseUrl,
    handshake: Handshake,
    failed: Mutex<Option<(Instant, Cause)>>,
}

impl Connector {
    pub(super) fn new(url: &DatabaseUrl) -> Result<Self, Cause> {
        let handshake = Handshake::new(url.tls()).map_err(|error| Cause::new(Kind::Refused, error.to_string()))?;
        Ok(Self {
            url: url.clone(),
            handshake,
            failed: Mutex::new(None),
        })
    }

    pub(super) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// A new connection.
    pub(super) fn connect(&self) -> Result<Link, Cause> {
        if let Some((at, cause)) = &*self.failed.lock().unwrap_or_else(PoisonError::into_inner)
            && at.elapsed() < PAUSE
        {
            return Err(cause.clone());
        }
        let mut last = Cause::new(Kind::Refused, "the URL names no host");
        for (host, port) in self.url.hosts() {
            match self.connect_to(host, port) {
                Ok(link) => return Ok(link),
                // What one host says of a password, another may not; what passes is worth waiting for.
                Err(cause) => {
                    let text = format!("`{}`: {cause}", shown(host, port));
                    last = Cause::new(cause.kind, text);
                }
            }
        }
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), last.clone()));
        Err(last)
    }

    fn connect_to(&self, host: &Host, port: u16) -> Result<Link, Cause> {
        let patience = self.url.connect_timeout();
        let until = Instant::now() + patience;
        let socket = Socket::connect(host, port, patience).map_err(|error| unreachable(&error))?;
        let config = self.config()?;
        let name = match host {
            Host::Tcp(name) => name.as_str(),
            Host::Unix(_) => "",
        };
        let handshake = self.handshake.with(name);
        let mut driver = Driver::new(socket.clone(), Duration::from_secs(self.url.statement_seconds()));
        let (client, connection) = driver
            .drive_until(until, config.connect_raw(socket, handshake))
            .map_err(|cause| self.explained(cause))?;
        driver.carry(connection);
        let mut link = Link::new(client, driver);
        let cells = link.batch(&session(self.url.statement_seconds()))?;
        if cells.last() != Some(&Some("off".to_owned())) {
            return Err(Cause::new(
                Kind::Gone,
                "it takes no changes: it is a replica, or read-only",
            ));
        }
        Ok(link)
    }

    /// With the password as its file has it now.
    fn config(&self) -> Result<Config, Cause> {
        let mut config = self.url.config().clone();
        if let Some(path) = self.url.password_file() {
            config.password(read_password(path)?.as_slice());
        }
        Ok(config)
    }

    fn explained(&self, cause: Cause) -> Cause {
        let text = cause.to_string();
        if *self.url.tls() != Tls::Off && text.contains("does not support TLS") {
            let text = "the server offers no TLS; only `sslmode=disable` in the URL permits a connection without it";
            return Cause::new(Kind::Refused, text);
        }
        match cause.kind {
            Kind::Other => Cause::new(Kind::Refused, text),
            _ => cause,
        }
    }
}

/// Nobody listening, or no way there, may pass; a name that nobody knows may too, when a network comes up.
fn unreachable(error: &std::io::Error) -> Cause {
    let kind = match error.kind() {
        std::io::ErrorKind::PermissionDenied => Kind::Refused,
        _ => Kind::Gone,
    };
    Cause::new(kind, format!("cannot connect: {error}"))
}

fn read_password(path: &Path) -> Result<Zeroizing<Vec<u8>>, Cause> {
    let failed = |reason: &str| {
        let path = path.display();
        Cause::new(Kind::Refused, format!("cannot use the password in `{path}`: {reason}"))
    };
    let mut bytes = Zeroizing::new(std::fs::read(path).map_err(|error| failed(&error.to_string()))?);
    if bytes.ends_with(b"\n") {
        let len = bytes.len() - 1;
        bytes.truncate(len);
    }
    if bytes.is_empty() {
        return Err(failed("it is empty"));
    }
    Ok(bytes)
}

/// The limits of a session, and whether it can write. A server that acknowledges commits before they are on its disk is
/// told not to; one that waits for replicas as well is left to it.
fn session(seconds: u64) -> String {
    format!(
        "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
         select set_config('statement_timeout', '{seconds}s', false),
                set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', false),
                set_config('client_min_messages', 'error', false),
                current_setting('transaction_read_only')"
    )
}
