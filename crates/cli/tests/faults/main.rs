//! Faults: what was acknowledged is there after a kill at any instant, an end between any two effects, a power cut, on a
//! full disk and on one that is read only, and nobody has to do anything about it.
//!
//! All of them walk one list of commands, `steps.rs`, whose effects are known. The short versions run by default;
//! `DISTRI_KILLS=2000` and `DISTRI_CUTS=2000` ask for more, and print what they did with `--nocapture`.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod boundaries;
mod clients;
mod crashes;
mod disk;
mod early;
mod file_limit;
mod kills;
mod power;
mod state;
mod steps;
#[path = "../cli/support.rs"]
mod support;
mod world;
