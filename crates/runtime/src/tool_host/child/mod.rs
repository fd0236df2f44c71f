//! The child: confined first, then the modules, then one call after the other until the socket
//! closes.
//!
//! It is synchronous and has one thread: run the engine's jobs, then sleep in `poll` on the socket
//! until a frame, a timer or the deadline. It never returns to code of the parent's: every end is
//! an end of the process.

mod confine;
mod engine;
mod families;
mod modules;
mod natives;
mod pipe;
mod state;

use std::process::ExitCode;

use super::wire::{ToChild, ToParent};

/// Runs the tool host's child side; the program calls it, first thing in `main`, when started as
/// [`HostCommand`](super::HostCommand) says.
#[must_use]
pub fn child_main() -> ExitCode {
    let confinement = confine::confine();
    if pipe::send(&ToParent::Hello(confinement), &[]).is_err() {
        return ExitCode::FAILURE;
    }
    // 64 KiB a value and a few hundred of them: more is no init frame of ours.
    match pipe::receive(64 << 20) {
        Ok((ToChild::Init(init), values)) => engine::run(*init, values),
        _ => ExitCode::FAILURE,
    }
}
