//! Several vaults on one PostgreSQL database, and a database that goes away in the middle.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod backups;
mod lying;
mod outages;
mod proxy;
mod support;
mod together;
