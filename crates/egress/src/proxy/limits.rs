//! How many, how long and how much: the bounds of the proxy's own side.

use std::time::Duration;

use crate::request::{MAX_HEADER_BYTES, MAX_TARGET};

/// Bytes of a request's head: what a canonical request may have, and the punctuation between.
pub(super) const HEAD: usize = MAX_TARGET + MAX_HEADER_BYTES + 8 * 1024;

/// How long a client that is told off may go on sending before the connection closes under it.
pub(super) const LINGER: Duration = Duration::from_secs(5);

/// Bodies up to this size may be in memory for every connection at once.
pub(super) const SMALL_BODY: usize = 1024 * 1024;

/// The bounds of the proxy's own side; those of the other side are [`EgressLimits`](crate::EgressLimits).
#[derive(Clone, Debug)]
pub struct ProxyLimits {
    /// Connections at once; one more is told so and closed. 512.
    pub connections: usize,
    /// Bodies over 1 MiB in memory at once; the next one waits. 8.
    pub large_bodies: usize,
    /// From the first byte of a request's head to its last. 10 s.
    pub head: Duration,
    /// From the start of a tunnel to the end of its TLS handshake. 10 s.
    pub handshake: Duration,
    /// How long a connection may wait for its next request. 120 s.
    pub keep_alive: Duration,
    /// The longest pause in a request's body. 5 min.
    pub stall: Duration,
    /// The longest silence of a tunnel that is not looked into or of a WebSocket, and the longest that a client may
    /// take for the next piece of a response: a person may read it, or have stopped the command. 30 min.
    pub silence: Duration,
}

impl Default for ProxyLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            large_bodies: 8,
            head: Duration::from_secs(10),
            handshake: Duration::from_secs(10),
            keep_alive: Duration::from_secs(120),
            stall: Duration::from_secs(5 * 60),
            silence: Duration::from_secs(30 * 60),
        }
    }
}
