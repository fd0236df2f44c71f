//! One output of the child on its way to one of the parent's streams: read, redact, write.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::rc::Rc;

use rustix::io::Errno;

use super::sink::{Sink, Written};
use crate::lookout::LookoutStream;

/// Bytes read at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// How many held bytes a silent terminal shows all the same.
///
/// With many secrets nearly every letter begins some needle, so the echo of the last key pressed would be held until
/// the next one. Three bytes end that, and tell nothing of a value: needles are far longer.
const SHOWN_EARLY: usize = 3;

/// One output of the child.
pub(super) struct Channel {
    source: Option<Rc<OwnedFd>>,
    stream: Option<LookoutStream>,
    sink: Sink,
    /// Redacted bytes; those before `written` are out already.
    pending: Vec<u8>,
    written: usize,
    /// For a terminal: the last raw bytes read, and how many of the held ones are on the screen already.
    early: Option<Early>,
    /// Bytes that were in the pipe when the child ended, which are copied whatever else happens.
    owed: u64,
    given_up: bool,
    failure: Option<io::Error>,
}

#[derive(Default)]
struct Early {
    tail: Vec<u8>,
    shown: Vec<u8>,
}

impl Channel {
    /// A channel from the child's `source` to `sink`; `interactive` if a person watches it.
    pub(super) fn new(source: Rc<OwnedFd>, stream: LookoutStream, sink: Sink, interactive: bool) -> Self {
        Self {
            source: Some(source),
            stream: Some(stream),
            sink,
            pending: Vec::with_capacity(CHUNK),
            written: 0,
            early: interactive.then(Early::default),
            owed: 0,
            given_up: false,
            failure: None,
        }
    }

    /// Whether everything is out, or nothing more can be.
    pub(super) fn is_done(&self) -> bool {
        self.source.is_none() && self.is_flushed()
    }

    /// Whether nothing waits for the sink.
    pub(super) fn is_flushed(&self) -> bool {
        self.written == self.pending.len()
    }

    /// Whether nobody looks at the output any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up
    }

    /// What to wait for before `read_some`: only while nothing is pending, so that memory stays bounded.
    pub(super) fn wants_read(&self) -> Option<BorrowedFd<'_>> {
        self.source
            .as_deref()
            .filter(|_| self.is_flushed())
            .map(|source| source.as_fd())
    }

    /// What to wait for before `flush`.
    pub(super) fn wants_write(&self) -> Option<BorrowedFd<'_>> {
        (!self.is_flushed()).then(|| self.sink.as_fd())
    }

    /// Reads what there is, redacts it and writes what goes out without waiting.
    pub(super) fn read_some(&mut self, buffer: &mut [u8]) {
        let (Some(source), Some(stream)) = (&self.source, &mut self.stream) else {
            return;
        };
        let count = match rustix::io::read(source, &mut *buffer) {
            Ok(count) => count,
            Err(Errno::AGAIN | Errno::INTR) => return,
            // EIO: the last process on the pseudo-terminal has closed it.
            Err(_) => 0,
        };
        if count == 0 {
            return self.finish();
        }
        self.owed = self.owed.saturating_sub(count as u64);
        self.pending.clear();
        self.written = 0;
        stream.push(&buffer[..count], &mut self.pending);
        if let Some(early) = &mut self.early {
            early.follow(&buffer[..count], stream.held());
            early.take_shown(&mut self.pending);
        }
        if !self.sink.needs_poll() {
            self.flush();
        }
    }

    /// Writes what is pending.
    pub(super) fn flush(&mut self) {
        while !self.is_flushed() {
            match self.sink.write(&self.pending[self.written..]) {
                Ok(Written::Bytes(count)) => self.written += count,
                Ok(Written::Later) => return,
                Err(error) => return self.give_up(error),
            }
            if self.sink.needs_poll() {
                return;
            }
        }
    }

    /// Ends the output: what was held back is no needle, or is redacted.
    pub(super) fn finish(&mut self) {
        self.source = None;
        if let Some(stream) = self.stream.take() {
            let mut rest = Vec::new();
            stream.finish(&mut rest);
            if let Some(early) = &mut self.early {
                early.take_shown(&mut rest);
            }
            self.pending.drain(..self.written);
            self.written = 0;
            self.pending.extend_from_slice(&rest);
        }
        if !self.sink.needs_poll() {
            self.flush();
        }
    }

    /// Whether a pause in the output would show held bytes.
    pub(super) fn is_holding_few(&self) -> bool {
        let held = self.stream.as_ref().map_or(0, LookoutStream::held);
        self.early
            .as_ref()
            .is_some_and(|early| held <= SHOWN_EARLY && early.shown.len() < held)
    }

    /// Shows the few bytes that are held, because the program waits: the echo of a key, the end of a prompt.
    ///
    /// They stay in the redactor: if they turn out to begin a value, the rest of it is redacted.
    pub(super) fn show_held(&mut self) {
        if !self.is_holding_few() || !self.is_flushed() {
            return;
        }
        let held = self.stream.as_ref().map_or(0, LookoutStream::held);
        if let Some(early) = &mut self.early {
            let tail = &early.tail[early.tail.len().saturating_sub(held)..];
            self.pending.clear();
            self.pending
                .extend_from_slice(&tail[early.shown.len().min(tail.len())..]);
            self.written = 0;
            early.shown = tail.to_vec();
        }
        if !self.sink.needs_poll() {
            self.flush();
        }
    }

    /// Notes how much the child has left in the pipe at its end.
    pub(super) fn child_ended(&mut self) {
        self.owed = self
            .source
            .as_ref()
            .and_then(|source| rustix::io::ioctl_fionread(source).ok())
            .unwrap_or(0);
    }

    /// Whether the child's own output is still in the pipe.
    pub(super) fn is_owed(&self) -> bool {
        self.owed > 0 && self.source.is_some()
    }

    /// Why output was lost, if it was.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Closes the source, so that the child learns what we learned: nobody reads this.
    fn give_up(&mut self, error: io::Error) {
        self.given_up = true;
        self.source = None;
        self.stream = None;
        self.pending.clear();
        self.written = 0;
        // EPIPE: the reader went away; EIO: the terminal did. Both are the user's doing, and not a loss.
        let expected = [Errno::PIPE, Errno::IO]
            .iter()
            .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()));
        if !expected {
            self.failure = Some(error);
        }
    }
}

impl Early {
    /// Remembers the raw bytes that the redactor holds, as far as they may be shown.
    fn follow(&mut self, chunk: &[u8], held: usize) {
        self.tail
            .extend_from_slice(&chunk[chunk.len().saturating_sub(SHOWN_EARLY)..]);
        let keep = held.min(SHOWN_EARLY);
        self.tail.drain(..self.tail.len().saturating_sub(keep));
    }

    /// Removes from the output what is on the screen already.
    fn take_shown(&mut self, output: &mut Vec<u8>) {
        let same = self
            .shown
            .iter()
            .zip(output.iter())
            .take_while(|(shown, new)| shown == new)
            .count();
        let contradicted = same < output.len();
        output.drain(..same);
        // The rest of a redacted value's beginning stays on the screen; nothing of it is to come any more.
        match contradicted {
            true => self.shown.clear(),
            false => drop(self.shown.drain(..same)),
        }
    }
}
