//! A text that comes in chunks: hidden as the whole would be, and looked at over the seams.

use std::sync::Arc;

use distri_redact::RedactStream;

use super::{Lookout, Place};

/// Bytes of what came before that are looked at again with each chunk: more than what is recognised of a placeholder takes
/// in the longest encoding (32 letters as `%41`).
const SEAM: usize = 256;

/// Hides and looks at a text that comes in chunks. Where the text breaks off, drop it: what it holds back may be most of
/// a value.
pub struct LookoutStream {
    lookout: Arc<Lookout>,
    place: Place,
    stream: RedactStream,
    /// The end of what came, as it came.
    seam: Vec<u8>,
}

impl LookoutStream {
    pub(super) fn new(lookout: Arc<Lookout>, place: Place) -> Self {
        Self {
            stream: lookout.redactor.stream(),
            lookout,
            place,
            seam: Vec::new(),
        }
    }

    /// Takes the next chunk and appends to `out` what is safe to show now.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        if self.lookout.eyes.are_open() {
            self.seam.extend_from_slice(chunk);
            self.lookout.look(&self.seam, self.place);
            self.seam.drain(..self.seam.len().saturating_sub(SEAM));
        }
        self.stream.push(chunk, out);
    }

    /// Ends the text: appends the rest.
    pub fn finish(self, out: &mut Vec<u8>) {
        self.stream.finish(out);
    }

    /// The number of bytes held back.
    #[must_use]
    pub fn held(&self) -> usize {
        self.stream.held()
    }
}
