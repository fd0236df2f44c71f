//! An async task on this thread that Ctrl-C ends cleanly: dropping it kills the tool host and closes connections.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;
use crate::failure::Failure;

/// The signal that asked the process to end, as far as one has come.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Ready when the first signal has come.
    pub(crate) async fn wait(self) {
        match first_signal().await {
            Ok(number) => self.0.store(number, Ordering::Relaxed),
            // No handler: the signal keeps its usual effect, which ends the process.
            Err(_) => std::future::pending().await,
        }
    }

    /// The failure for whoever was interrupted.
    pub(crate) fn failure(&self) -> Failure {
        match self.0.load(Ordering::Relaxed) {
            15 => Failure::new(Exit::Signal(15), "terminated"),
            _ => Failure::new(Exit::Signal(2), "interrupted"),
        }
    }
}

/// Runs `task` to its end.
pub(crate) fn block_on<T>(task: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let output = runtime.block_on(task);
    // A thread that still waits for a resolver's answer or a lock must not hold up the end.
    runtime.shutdown_background();
    Ok(output)
}

/// Runs `task` to its end, or until a signal drops it.
pub(crate) fn block_on_or_interrupt<T>(task: impl Future<Output = T>) -> Result<T, Failure> {
    let interrupt = Interrupt::default();
    let ended = block_on(async {
        tokio::select! {
            // Listening begins before the task does, so that nothing it has made stays behind.
            biased;
            () = interrupt.clone().wait() => None,
            output = task => Some(output),
        }
    })?;
    ended.ok_or_else(|| interrupt.failure())
}

async fn first_signal() -> io::Result<u8> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok(2),
        _ = terminate.recv() => Ok(15),
    }
}
