//! The server through its front door: a real server on a loopback port, real connections.

mod limits;
mod probes;
mod rights;
mod secrets;
mod support;
mod wire;
