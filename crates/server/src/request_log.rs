//! The request log: one line a request, as `docs/server.md` describes it.
//!
//! A line has no text of the client's: the route's template instead of the path, no query, no header. Lines are
//! gathered and written by a thread of its own, so that a slow terminal slows no request.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use distri_core::Timestamp;

use crate::settings::RequestLogTo;

/// How long a line waits at most for others to be written with.
const PAUSE: Duration = Duration::from_millis(50);
/// The most bytes that wait: what a blocked standard error would let grow is dropped, and said.
const ROOM: usize = 1 << 20;

/// Where the lines go.
pub(crate) struct RequestLog(Option<Arc<Shared>>);

struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    text: String,
    dropped: u64,
    is_writing: bool,
}

/// One request.
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) verb: &'static str,
    pub(crate) route: &'static str,
    pub(crate) status: u16,
    pub(crate) took: Duration,
    pub(crate) actor: &'static str,
}

impl RequestLog {
    pub(crate) fn new(to: RequestLogTo) -> Self {
        if to == RequestLogTo::Off {
            return Self(None);
        }
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            changed: Condvar::new(),
        });
        let writer = shared.clone();
        let started = std::thread::Builder::new()
            .name("request-log".to_owned())
            .spawn(move || writer.write_for_ever());
        if let Err(error) = &started {
            tracing::error!(%error, "the request log cannot be started");
        }
        Self(started.is_ok().then_some(shared))
    }

    pub(crate) fn write(&self, line: &Line) {
        let Some(shared) = &self.0 else { return };
        let mut waiting = shared.lock();
        if waiting.text.len() > ROOM {
            waiting.dropped += 1;
            return;
        }
        let was_empty = waiting.text.is_empty();
        let Line {
            at,
            verb,
            route,
            status,
            took,
            actor,
        } = line;
        let micros = took.as_micros();
        let _ = writeln!(
            waiting.text,
            "at={at:.3} method={verb} route={route} status={status} duration_ms={}.{:03} actor={actor}",
            micros / 1_000,
            micros % 1_000,
        );
        if was_empty {
            shared.changed.notify_all();
        }
    }

    /// Waits until everything is written.
    pub(crate) fn flush(&self) {
        let Some(shared) = &self.0 else { return };
        let mut waiting = shared.lock();
        while !waiting.text.is_empty() || waiting.is_writing {
            let (next, timeout) = shared
                .changed
                .wait_timeout(waiting, Duration::from_secs(1))
                .unwrap_or_else(PoisonError::into_inner);
            waiting = next;
            if timeout.timed_out() {
                return;
            }
        }
    }
}

impl Shared {
    fn write_for_ever(&self) {
        loop {
            let text = self.take();
            // A closed standard error is nobody's failure.
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
            self.lock().is_writing = false;
            self.changed.notify_all();
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits for lines and takes them.
    fn take(&self) -> String {
        let mut waiting = self.lock();
        while waiting.text.is_empty() {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.is_writing = true;
        let dropped = std::mem::take(&mut waiting.dropped);
        if dropped > 0 {
            let _ = writeln!(
                waiting.text,
                "dropped={dropped} lines were not written: standard error was too slow"
            );
        }
        std::mem::take(&mut waiting.text)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
