//! Redaction of a text that arrives in chunks, with the smallest hold-back.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::engine::{Done, LazyEngine};
use crate::fold::run_before;

/// Redacts a text that arrives in chunks, exactly as [`Redactor::redact`](crate::Redactor::redact) redacts the whole.
///
/// What is held back is the longest end of the text so far that is the beginning of a needle, not more. Where a stream
/// breaks off (an error, a reset, a deadline), drop it: the held bytes may be most of a secret and must not be shown
/// (CVE-2026-101998).
pub struct RedactStream {
    engine: Arc<LazyEngine>,
    held: Zeroizing<Vec<u8>>,
    /// How far the held bytes are done with, although held: in a replacement, or shown early.
    done: Done,
    /// How many base64 characters stand directly before the held bytes, as far as folded needles ask for.
    lead: usize,
}

impl RedactStream {
    pub(crate) fn new(engine: Arc<LazyEngine>) -> Self {
        Self {
            engine,
            held: Zeroizing::default(),
            done: Done::default(),
            lead: 0,
        }
    }

    /// Takes the next chunk and appends to `out` what is safe to show now.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        if chunk.is_empty() {
            return; // Needles that are still being made are not waited for.
        }
        if self.held.is_empty() {
            let hold = self.show(chunk, out);
            self.hold(&chunk[hold..]);
            return;
        }
        self.hold(chunk);
        // What was held from its first byte on stays held while it keeps on being the beginning of a needle.
        if self.engine.is_open(&self.held) {
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        let hold = self.show(&held, out);
        held.drain(..hold);
        self.held = held;
    }

    /// The same without a copy where nothing is held and nothing replaced: then what is safe to show is a part of `chunk`.
    pub fn pass<'c>(&mut self, chunk: &'c [u8]) -> Cow<'c, [u8]> {
        let mut out = Vec::new();
        if !self.held.is_empty() {
            self.push(chunk, &mut out);
            return Cow::Owned(out);
        }
        let (open, occurrences) = self.engine.open(chunk, self.lead);
        let mut occurrences = occurrences.peekable();
        let clean = occurrences.peek().is_none_or(|it| it.start >= open);
        let done = match clean {
            true => Done::default(),
            false => self.engine.replace(chunk, occurrences, self.done, open, &mut out),
        };
        self.settle(chunk, open, done);
        self.hold(&chunk[open..]);
        match clean {
            true => Cow::Borrowed(&chunk[..open]),
            false => Cow::Owned(out),
        }
    }

    /// Shows the held bytes although they may be the beginning of a needle, if they are at most `most`.
    ///
    /// For a terminal on which nothing has come for some milliseconds: the echo of a typed letter must not wait for the
    /// next one. Should the bytes turn out to begin a needle, the rest of it is still replaced, so that at most its
    /// first `most` bytes have been shown; two or three are enough for typing and say little.
    pub fn show_idle(&mut self, most: usize, out: &mut Vec<u8>) {
        if self.held.len() <= most && self.done.written < self.held.len() {
            out.extend_from_slice(&self.held[self.done.written..]);
            self.done.written = self.held.len();
        }
    }

    /// Ends the text: appends the rest, redacted.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.held.is_empty() {
            return;
        }
        let rest = self.engine.rest(&self.held, self.lead);
        self.engine.replace(&self.held, rest, self.done, self.held.len(), out);
    }

    /// The number of bytes held back.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Appends what of `text` is safe to show and returns from where on it is not.
    fn show(&mut self, text: &[u8], out: &mut Vec<u8>) -> usize {
        let (open, occurrences) = self.engine.open(text, self.lead);
        let done = self.engine.replace(text, occurrences, self.done, open, out);
        self.settle(text, open, done);
        open
    }

    /// Remembers what counts for the bytes of `text` from `open` on, which are held.
    fn settle(&mut self, text: &[u8], open: usize, done: Done) {
        self.done = Done {
            written: done.written.saturating_sub(open),
            replaced: done.replaced.saturating_sub(open),
        };
        self.lead = run_before(text, open, self.lead);
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.held.capacity() - self.held.len() < bytes.len() {
            // A vector that grows by itself would leave a copy of the held bytes behind.
            let mut grown = Zeroizing::new(Vec::with_capacity((self.held.len() + bytes.len()) * 2));
            grown.extend_from_slice(&self.held);
            self.held = grown;
        }
        self.held.extend_from_slice(bytes);
    }
}

impl fmt::Debug for RedactStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactStream")
    }
}
