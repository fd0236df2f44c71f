//! [`Egress`]: decide, resolve, connect, send.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use distri_core::alarm::Watch;
use distri_core::learn::ObservedRequest;
use distri_core::release::Release;
use http::header::{ACCEPT_ENCODING, HOST};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use tokio::time::timeout;

use crate::broker::{Broker, Cleared};
use crate::dial::{Sender, dial, http_error};
use crate::error::EgressError;
use crate::limits::EgressLimits;
use crate::observe::{Observer, Observing};
use crate::plain_body::PlainBody;
use crate::pool::{MAX_IDLE, Origin, Pool, Pooled};
use crate::request::Request;
use crate::resolve::{ResolveOverride, resolve};
use crate::response::{Response, Returning};
use crate::scrub::Scrubber;
use crate::tls;

/// What the operator configures; an agent has no say in it.
#[derive(Clone, Debug, Default)]
pub struct EgressConfig {
    /// Addresses that stand in for the resolver's answers.
    pub resolve: Vec<ResolveOverride>,
    /// PEM files with authorities to trust beside Mozilla's.
    pub ca_files: Vec<PathBuf>,
    /// Bounds of each exchange.
    pub limits: EgressLimits,
    /// Is told of each request that is sent.
    pub observer: Option<Arc<dyn Observer>>,
}

/// The way out of one run. Cheap to clone; clones share the connections.
///
/// It lives as long as the run: connections and the memory of what was released end with it.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    broker: Broker,
    scrubber: Scrubber,
    observing: Option<Observing>,
    pool: Arc<Pool>,
    tls: Arc<rustls::ClientConfig>,
    config: EgressConfig,
}

impl Egress {
    /// The way out for a run that was given `release`; what it notices goes to `watch`.
    ///
    /// # Errors
    /// A file of certificates that cannot be read or has none.
    pub fn new(config: EgressConfig, release: Arc<Release>, watch: Arc<Watch>) -> Result<Self, EgressError> {
        let tls = tls::client_config(&config.ca_files)?;
        let observer = config.observer.clone();
        Ok(Self(Arc::new(Inner {
            scrubber: Scrubber::new(release.clone()),
            observing: observer.map(|it| Observing::new(it, &release)),
            broker: Broker::new(release, watch),
            pool: Arc::default(),
            tls,
            config,
        })))
    }

    /// Sends `request` and returns the response's head; redirects are returned like any other response.
    ///
    /// Dropping the future, or the response before its end, closes the exchange.
    ///
    /// # Errors
    /// A refusal (nothing was sent) or a failure, see [`EgressError`].
    pub async fn send(&self, request: Request) -> Result<Response, EgressError> {
        let reads = self.0.broker.reads_bodies();
        let body = match reads || self.0.observing.is_some() {
            true => PlainBody::of(&request).await,
            false => PlainBody::AsItIs,
        };
        let observed = self.0.observing.as_ref().map(|it| it.look(&request, &body));
        // Looking on must not refuse what would have been sent unread.
        let body = if reads { body } else { PlainBody::AsItIs };
        let cleared = self.0.broker.clear(request, &body)?;
        let limits = &self.0.config.limits;
        match timeout(limits.header, self.exchange(&cleared, observed)).await {
            Ok(answer) => answer,
            Err(_) => Err(EgressError::HeaderTimeout {
                place: cleared.place,
                after: limits.header,
            }),
        }
    }

    pub(crate) fn broker(&self) -> &Broker {
        &self.0.broker
    }

    pub(crate) fn observing(&self) -> Option<&Observing> {
        self.0.observing.as_ref()
    }

    pub(crate) fn scrubber(&self) -> &Scrubber {
        &self.0.scrubber
    }

    pub(crate) fn tls(&self) -> &rustls::ClientConfig {
        &self.0.tls
    }

    pub(crate) fn config(&self) -> &EgressConfig {
        &self.0.config
    }

    async fn exchange(
        &self,
        cleared: &Cleared,
        mut observed: Option<ObservedRequest>,
    ) -> Result<Response, EgressError> {
        let request = &cleared.request;
        let origin = Origin::of(cleared);
        let limits = &self.0.config.limits;
        let mut round = 0;
        // A pooled connection may be closed by the server in the very moment of its reuse; each round drops one.
        loop {
            round += 1;
            let (sender, reused) = self.sender(&origin, cleared).await?;
            if let (Some(observing), Some(observed)) = (&self.0.observing, observed.take()) {
                observing.tell(observed);
            }
            let failed = match self.try_send(sender, &origin, request).await {
                Ok((answer, returning)) => {
                    let place = cleared.place.clone();
                    return Response::new(answer, request, place, limits, returning, &self.0.scrubber);
                }
                Err(failed) => failed,
            };
            let repeatable =
                failed.unsent || (is_stale(&failed.error) && request.is_idempotent() && request.body().is_empty());
            if !(reused && repeatable && round <= MAX_IDLE) {
                return Err(match failed.error.is_parse_too_large() {
                    true => EgressError::HeadTooLarge {
                        place: cleared.place.clone(),
                        limit: limits.response_head,
                        fields: limits.response_headers,
                    },
                    false => http_error(cleared.place.clone(), &failed.error),
                });
            }
        }
    }

    async fn try_send(
        &self,
        sender: Sender,
        origin: &Origin,
        request: &Request,
    ) -> Result<(Answer, Option<Returning>), Failed> {
        let whole = self.0.scrubber.wants_whole(request.host());
        match sender {
            Sender::Http1(mut sender) => {
                let answer = sender.try_send_request(http1_message(request, whole)).await?;
                Ok((
                    answer,
                    Some(Returning::new(self.0.pool.clone(), origin.clone(), sender)),
                ))
            }
            Sender::Http2(mut sender) => Ok((sender.try_send_request(http2_message(request, whole)).await?, None)),
        }
    }

    /// A connection for `cleared`, and whether it was used before.
    async fn sender(&self, origin: &Origin, cleared: &Cleared) -> Result<(Sender, bool), EgressError> {
        let pool = &self.0.pool;
        let keep_alive = self.0.config.limits.keep_alive;
        loop {
            match pool.take(origin, keep_alive) {
                Pooled::Http2(sender) => return Ok((Sender::Http2(sender), true)),
                Pooled::Http1(mut sender) => {
                    if sender.ready().await.is_ok() {
                        return Ok((Sender::Http1(sender), true));
                    }
                }
                Pooled::Dial => return Ok((self.open(origin, cleared).await?, false)),
                Pooled::DialAlone(lock) => {
                    let _alone = lock.lock().await;
                    // Another request may have opened a connection meanwhile.
                    return match pool.take(origin, keep_alive) {
                        Pooled::Http2(sender) => Ok((Sender::Http2(sender), true)),
                        Pooled::Http1(sender) => Ok((Sender::Http1(sender), true)),
                        Pooled::Dial | Pooled::DialAlone(_) => Ok((self.open(origin, cleared).await?, false)),
                    };
                }
            }
        }
    }

    async fn open(&self, origin: &Origin, cleared: &Cleared) -> Result<Sender, EgressError> {
        let config = &self.0.config;
        let checked = resolve(cleared, &config.resolve, config.limits.connect).await?;
        let sender = dial(cleared, &checked, &self.0.tls, &config.limits).await?;
        match &sender {
            Sender::Http1(_) => self.0.pool.speaks_http1(origin),
            Sender::Http2(sender) => self.0.pool.share(origin, sender),
        }
        tracing::debug!(place = %cleared.place, "connected");
        Ok(sender)
    }
}

type Message = http::Request<Full<Bytes>>;
type Answer = http::Response<Incoming>;

struct Failed {
    error: hyper::Error,
    /// No byte of the request has left.
    unsent: bool,
}

impl From<TrySendError<Message>> for Failed {
    fn from(mut error: TrySendError<Message>) -> Self {
        Self {
            unsent: error.take_message().is_some(),
            error: error.into_error(),
        }
    }
}

/// Whether the connection was gone before a whole head of an answer. Many servers close without TLS's farewell.
fn is_stale(error: &hyper::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let io = std::error::Error::source(error).and_then(|it| it.downcast_ref::<std::io::Error>());
    let gone = io.is_some_and(|it| {
        matches!(
            it.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
        )
    });
    gone || error.is_incomplete_message() || error.is_closed() || error.is_canceled()
}

/// Origin form with a `host` header (RFC 9112, section 3.2.1).
pub(crate) fn http1_message(request: &Request, whole: bool) -> Message {
    message(
        request,
        whole,
        http::Request::builder()
            .uri(request.path_and_query())
            .header(HOST, request.authority()),
    )
}

/// The absolute URL, which becomes `:scheme`, `:authority` and `:path` (RFC 9113, section 8.3.1).
fn http2_message(request: &Request, whole: bool) -> Message {
    message(
        request,
        whole,
        http::Request::builder()
            .uri(request.url())
            .version(http::Version::HTTP_2),
    )
}

/// What goes out is made from the canonical value and nothing else; `whole` leaves out what asks for a part.
fn message(request: &Request, whole: bool, mut builder: http::request::Builder) -> Message {
    builder = builder.method(request.method());
    let of_a_part = |name: &str| matches!(name, "range" | "if-range" | "a-im");
    for (name, value) in request.headers() {
        if !(whole && of_a_part(name)) {
            builder = builder.header(name, value);
        }
    }
    // A compressed part of a body cannot be read alone.
    let accepted = if request.header("range").is_some() && !whole {
        "identity"
    } else {
        "gzip, br, zstd, deflate"
    };
    builder
        .header(ACCEPT_ENCODING, accepted)
        .body(Full::new(request.body().clone()))
        .expect("a canonical request has valid parts")
}
