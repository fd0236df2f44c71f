//! Connections that wait for their next request, of one run and never of another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use distri_core::policy::Scheme;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};

use crate::broker::{Cleared, Reach};

/// Idle HTTP/1.1 connections that are kept for each origin.
pub(crate) const MAX_IDLE: usize = 64;

/// Scheme, host and port: a connection is used for exactly the origin that it was opened and verified for, never for
/// another name of the same certificate.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
    /// The rules under which the address was checked: a looser one's connection does not serve a stricter one.
    reach: Reach,
    in_clear: bool,
}

impl Origin {
    pub(crate) fn of(cleared: &Cleared) -> Self {
        let request = &cleared.request;
        Self {
            scheme: request.scheme(),
            host: request.host().to_owned(),
            port: request.port(),
            reach: cleared.reach,
            in_clear: cleared.in_clear.is_some(),
        }
    }
}

type Http1 = http1::SendRequest<Full<Bytes>>;
type Http2 = http2::SendRequest<Full<Bytes>>;

#[derive(Default)]
pub(crate) struct Pool {
    origins: Mutex<HashMap<Origin, Slot>>,
}

#[derive(Default)]
struct Slot {
    http2: Option<Http2>,
    idle: Vec<(Http1, Instant)>,
    speaks_http1: bool,
    dialling: Arc<tokio::sync::Mutex<()>>,
}

/// What the pool has for an origin.
pub(crate) enum Pooled {
    /// A connection to share.
    Http2(Http2),
    /// A connection to use alone.
    Http1(Http1),
    /// Nothing, and each request needs its own connection.
    Dial,
    /// Nothing, and a connection being opened may turn out to be shareable: take the lock, then ask again.
    DialAlone(Arc<tokio::sync::Mutex<()>>),
}

impl Pool {
    pub(crate) fn take(&self, origin: &Origin, keep_alive: Duration) -> Pooled {
        let mut origins = self.lock();
        let slot = origins.entry(origin.clone()).or_default();
        slot.http2.take_if(|it| it.is_closed());
        if let Some(shared) = &slot.http2 {
            return Pooled::Http2(shared.clone());
        }
        slot.idle
            .retain(|(it, since)| !it.is_closed() && since.elapsed() < keep_alive);
        // The last one put back is the least likely to have been closed by the server.
        if let Some((sender, _)) = slot.idle.pop() {
            return Pooled::Http1(sender);
        }
        if slot.speaks_http1 {
            Pooled::Dial
        } else {
            Pooled::DialAlone(slot.dialling.clone())
        }
    }

    pub(crate) fn share(&self, origin: &Origin, sender: &Http2) {
        self.lock().entry(origin.clone()).or_default().http2 = Some(sender.clone());
    }

    pub(crate) fn speaks_http1(&self, origin: &Origin) {
        self.lock().entry(origin.clone()).or_default().speaks_http1 = true;
    }

    /// Takes back a connection whose response was read to the end.
    pub(crate) fn put_back(&self, origin: Origin, sender: Http1) {
        if sender.is_closed() {
            return;
        }
        let mut origins = self.lock();
        let idle = &mut origins.entry(origin).or_default().idle;
        if idle.len() < MAX_IDLE {
            idle.push((sender, Instant::now()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, Slot>> {
        // A panic cannot leave a slot half-changed: each change is one assignment.
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
