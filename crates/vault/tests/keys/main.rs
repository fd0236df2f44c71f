//! Stories of keys: every level is replaced, and whoever uses them meanwhile notices nothing.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod instance;
mod reseal;
mod support;
