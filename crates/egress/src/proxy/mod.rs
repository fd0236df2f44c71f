//! The broker for processes that know nothing of it: a proxy on loopback that ends TLS with an authority of its own.
//!
//! A client that is told of it by its environment ([`VARIABLES`]) sends its requests here. What goes to a place that
//! a secret of the run is bound to becomes a canonical [`Request`](crate::Request) and leaves through
//! [`Egress::send`], with all its rules; what goes elsewhere is tunnelled untouched, or refused with `lock`, or with
//! `learn` treated alike.
//!
//! | module | owns |
//! |---|---|
//! | `accept` | the listener: this machine only, so many connections, all of them ending with the proxy |
//! | `outside` | `CONNECT` and requests with an absolute URL, with the run's `credential` |
//! | `opaque` | tunnels that are not looked into |
//! | `inside` | tunnels that are: TLS, by the server name of the tunnel's host and no other |
//! | `authority` | the run's authority and its certificates |
//! | `http1`, `wire`, `head`, `connection_fields`, `body` | HTTP/1, by the letter |
//! | `http2` | HTTP/2 |
//! | `websocket` | WebSockets, message by message |
//! | `exchange` | which place a request is for; the request in and the response out |
//! | `answer`, `refusal` | what the client is told |
//! | [`trust`], [`environment`] | files and variables by which clients learn of the proxy |
//!
//! HTTP/1 is read here and not by a library, because a library forgives: it takes a bare line feed, or a transfer
//! coding beside a length, and what it has forgiven cannot be seen behind it.

mod accept;
mod answer;
mod authority;
mod body;
mod connection_fields;
mod credential;
pub mod environment;
mod exchange;
mod head;
mod http1;
mod http2;
mod inside;
mod limits;
mod opaque;
mod outside;
mod refusal;
pub mod trust;
mod websocket;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use distri_core::clock::Clock;
use distri_core::value::SecretValue;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

pub use authority::AuthorityError;
pub use environment::{VARIABLES, Variable};
pub use limits::ProxyLimits;
pub use trust::TrustFiles;

use crate::client::Egress;
use crate::tunnel::Place;
use authority::Authority;
use credential::Credential;

/// What the operator configures.
#[derive(Clone, Debug, Default)]
pub struct ProxyConfig {
    /// Refuse every place that no secret of the run is bound to.
    pub lock: bool,
    /// End TLS towards every place, so that the observer is told of each request. The run's authority may vouch for any
    /// host then, and what speaks another protocol inside of TLS does not work.
    pub learn: bool,
    /// Bounds of the proxy's own side.
    pub limits: ProxyLimits,
}

/// A running proxy for one run. When it is dropped, its connections end, and its authority is gone.
pub struct Proxy {
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

/// What connections share.
struct Shared {
    address: SocketAddr,
    egress: Egress,
    authority: Authority,
    credential: Credential,
    lock: bool,
    learn: bool,
    limits: Arc<ProxyLimits>,
    large: Arc<Semaphore>,
}

impl Shared {
    /// Whether `place` is this proxy.
    fn is_itself(&self, place: &Place) -> bool {
        let host = self.address.ip().to_string();
        place.port() == self.address.port() && (place.host() == host || place.host() == "localhost")
    }
}

/// Why a proxy does not start.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// No port on loopback.
    #[error("the broker cannot listen on loopback: {0}")]
    Listen(#[source] io::Error),
    /// No authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
}

impl Proxy {
    /// Starts a proxy on a free port of loopback, inside the present Tokio runtime.
    ///
    /// # Errors
    /// See [`ProxyError`].
    pub fn start(egress: Egress, config: ProxyConfig, clock: &dyn Clock) -> Result<Self, ProxyError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(ProxyError::Listen)?;
        Self::serve(listener, egress, config, clock)
    }

    /// Starts a proxy on a listener, which may be in another network namespace than the rest of this process.
    ///
    /// # Errors
    /// See [`ProxyError`].
    pub fn serve(
        listener: TcpListener,
        egress: Egress,
        config: ProxyConfig,
        clock: &dyn Clock,
    ) -> Result<Self, ProxyError> {
        let address = listener.local_addr().map_err(ProxyError::Listen)?;
        listener.set_nonblocking(true).map_err(ProxyError::Listen)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(ProxyError::Listen)?;
        let authority = match config.learn {
            true => Authority::of_any_host(clock.now()),
            false => Authority::new(egress.broker().release(), clock.now()),
        }?;
        let shared = Arc::new(Shared {
            address,
            egress,
            authority,
            credential: Credential::random(),
            lock: config.lock,
            learn: config.learn,
            large: Arc::new(Semaphore::new(config.limits.large_bodies)),
            limits: Arc::new(config.limits),
        });
        let accepting = tokio::spawn(accept::accept(listener, shared.clone())).abort_handle();
        Ok(Self { shared, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// `http://distri:PASSWORD@127.0.0.1:PORT`, for the run's own processes.
    #[must_use]
    pub fn url(&self) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "http://{}@{}",
            *self.shared.credential.userinfo(),
            self.shared.address
        ))
    }

    /// The password in the URL, so that it can be hidden where values are.
    #[must_use]
    pub fn password(&self) -> SecretValue {
        self.shared.credential.password()
    }

    /// The certificate of the run's authority, in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        self.shared.authority.certificate()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
