//! The places outside the database that get each checkpoint.
//!
//! The file is read back: it is what the database is held against. The system log is for whoever collects logs
//! elsewhere, and so is the webhook. To add one: a file here, its setting in [`settings`](super::settings), a line in
//! [`evidence`](super::evidence).

pub(crate) mod file;
pub(super) mod syslog;
pub(crate) mod webhook;
