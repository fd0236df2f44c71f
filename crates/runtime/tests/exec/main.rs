//! `exec` with real children: on pipes, on pseudo-terminals, with signals.
//!
//! `exec` takes over the signals and streams of its process, so each story runs it in a process of its own: this test
//! binary again, see [`driver`].
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod driver;
mod isolated;
mod pipes;
mod signals;
mod terminal;
