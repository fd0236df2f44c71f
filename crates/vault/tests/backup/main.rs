//! Stories of backups: made beside writers, checked anywhere, restored whole or not at all.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod foreign;
mod restoring;
mod support;
