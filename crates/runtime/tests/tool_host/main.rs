//! The tool host, with real child processes.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod bad_handlers;
mod calls;
mod confinement;
mod fetching;
mod fixture;
mod speed;
mod stand_ins;
mod starting;
mod web;
