//! Stories of the dashboard: the real `distri serve` in a home of its own, and a real Chromium in front of it.
//!
//! `cargo xtask chromium` installs what they need; without it they fail and say so. Pictures of the pages are left in
//! `target/screenshots`.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod access;
mod axe;
mod browser;
mod chromedriver;
mod flows;
mod hands;
mod harness;
mod hostile;
mod house;
mod importing;
mod keyboard;
mod revealing;
mod served;
mod signing_in;
#[path = "../cli/support.rs"]
mod support;
mod traces;
mod visits;
