//! How long and how much: the bounds of each exchange.

use std::time::Duration;

/// The bounds of one exchange. The defaults suit calls of web APIs.
#[derive(Clone, Debug)]
pub struct EgressLimits {
    /// TCP connect and TLS handshake together, over all addresses of a name. 10 s.
    pub connect: Duration,
    /// From the call of `send` to the last byte of the response's head. 60 s.
    pub header: Duration,
    /// The longest pause between two pieces of a response's body. 60 s.
    pub idle: Duration,
    /// How long an unused connection is kept. 30 s.
    pub keep_alive: Duration,
    /// Bytes of a response's head. 64 KiB.
    pub response_head: usize,
    /// Header fields of a response. 200.
    pub response_headers: usize,
    /// Bytes of a decoded response body. 1 GiB; whoever collects a body sets a lower one.
    pub response_body: u64,
    /// How many times larger than what was received a decoded body may become. 200.
    pub decode_ratio: u64,
    /// Decoded bytes up to which the ratio is not asked: short texts compress beyond any ratio. 4 MiB.
    pub decode_grace: u64,
}

impl Default for EgressLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            header: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            keep_alive: Duration::from_secs(30),
            response_head: 64 * 1024,
            response_headers: 200,
            response_body: 1024 * 1024 * 1024,
            decode_ratio: 200,
            decode_grace: 4 * 1024 * 1024,
        }
    }
}
