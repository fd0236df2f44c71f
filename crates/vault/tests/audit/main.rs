//! Stories of the audit log on a real database: what an auditor relies on, and what somebody who edits it meets.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod could;
#[path = "../common/database.rs"]
mod database;
mod evidence;
mod holders;
mod lost;
mod questions;
mod retention;
mod support;
mod tampering;
mod webhook;
mod witness;
