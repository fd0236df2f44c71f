//! Runs with real parts: tool hosts in child processes, TLS servers on loopback under public names.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod alarms;
mod bound;
mod bounds;
mod http_tools;
mod leaks;
mod models;
mod page;
mod placeholders;
mod selection;
mod sessions;
mod signing;
mod support;
