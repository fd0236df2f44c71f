//! Stories of the audit log on a real SQLite file: what an auditor relies on, and what somebody who edits it meets.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod evidence;
mod questions;
mod retention;
mod support;
mod tampering;
