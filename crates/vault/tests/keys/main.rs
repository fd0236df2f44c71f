//! Stories of keys: every level is replaced, and whoever uses them meanwhile notices nothing.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "../common/database.rs"]
mod database;
mod instance;
mod reseal;
mod support;
