//! The proxy for processes, through real sockets: raw bytes, real TLS, HTTP/1.1 and HTTP/2.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod admission;
mod bodies;
mod destinations;
mod ending;
mod fixture;
mod http2;
mod mutations;
mod smuggling;
#[path = "../support/mod.rs"]
mod support;
mod trust;
mod tunnels;
mod websockets;
