//! The body of a response on its way to the run: every value replaced, however it is cut into pieces.

use std::borrow::Cow;

use bytes::Bytes;
use distri_redact::RedactStream;

use crate::scrub::Scrubber;

/// The scrubber of one body.
///
/// It holds back what may be the beginning of a value, and nothing else. Held bytes are shown only by
/// [`finish`](Self::finish), which is for a body that came to its proper end; on everything else they are dropped with
/// it: half a value is most of a value (CVE-2026-101998).
pub(crate) struct BodyScrub(Option<RedactStream>);

impl BodyScrub {
    pub(crate) fn new(scrubber: &Scrubber) -> Self {
        Self(scrubber.stream())
    }

    /// What may be shown once `piece` has come: often the piece itself, sometimes nothing.
    pub(crate) fn piece(&mut self, piece: Bytes) -> Bytes {
        let Some(stream) = &mut self.0 else { return piece };
        match stream.pass(&piece) {
            Cow::Borrowed(shown) => piece.slice_ref(shown),
            Cow::Owned(shown) => shown.into(),
        }
    }

    /// The rest of a body that is complete; nothing when it is asked for again.
    pub(crate) fn finish(&mut self) -> Option<Bytes> {
        let mut rest = Vec::new();
        self.0.take()?.finish(&mut rest);
        (!rest.is_empty()).then(|| rest.into())
    }

    /// Forgets what is held, for a body that has failed.
    pub(crate) fn fail(&mut self) {
        self.0 = None;
    }
}
