//! The frames between parent and child.
//!
//! A frame is two big-endian `u32` lengths, a JSON header and raw bytes (the attachment): bodies and
//! values are never escaped or encoded. Both sides refuse a frame over their caps before they
//! allocate for it.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    keyed::Hash,
    services::{ConsoleLevel, RedirectMode},
    spec::{Confinement, HostLimits, ToolInfo},
};
use crate::script::Bundle;

/// Most bytes of a JSON header to the child: the largest has the bundle's modules.
pub(super) const HEADER_CAP: usize = 32 << 20;
/// Most bytes of a JSON header from the child: the largest has the list of tools.
pub(super) const CHILD_HEADER_CAP: usize = 1 << 20;
/// Bytes of the two lengths.
pub(super) const PREFIX: usize = 8;
/// Most bytes of a reply's body in one frame.
pub(super) const CHUNK: usize = 256 << 10;

/// From the parent to the child.
#[derive(Serialize, Deserialize)]
pub(super) enum ToChild {
    /// The program. The attachment is the variables' values, end to end.
    Init(Box<Init>),
    /// Run a tool; the attachment is its input as JSON.
    Call { tool: String, deadline_ms: u64 },
    /// The head of a reply.
    Head {
        id: u32,
        status: u16,
        reason: String,
        url: String,
        redirected: bool,
        headers: Vec<(String, String)>,
    },
    /// The attachment is the next part of a reply's body.
    Chunk { id: u32 },
    /// A reply's body is whole.
    End { id: u32 },
    /// A request failed, before or after its head.
    FetchFailed { id: u32, message: String },
    /// A computation is done: the attachment is a tag or a digest, unless it was whether a tag is right.
    Computed {
        id: u32,
        valid: Option<bool>,
        error: Option<String>,
    },
    /// A session operation is done; the attachment is the value as JSON when there is one.
    Session {
        id: u32,
        found: bool,
        error: Option<String>,
    },
}

/// Everything the child loads its modules from.
#[derive(Serialize, Deserialize)]
pub(super) struct Init {
    pub(super) bundle: Bundle,
    /// Names, and how many bytes of the attachment each value takes.
    pub(super) env: Vec<(String, usize)>,
    /// Those of the values that are placeholders.
    pub(super) placeholders: Vec<String>,
    pub(super) attributes: Value,
    pub(super) params: Value,
    pub(super) session_id: Option<String>,
    pub(super) limits: HostLimits,
}

/// From the child to the parent.
#[derive(Serialize, Deserialize)]
pub(super) enum ToParent {
    /// The first frame: how confined the child is.
    Hello(Confinement),
    /// The modules are loaded.
    Ready { tools: Vec<ToolInfo> },
    /// Send a request; the attachment is its body.
    Fetch {
        id: u32,
        method: String,
        url: String,
        headers: Vec<(String, String)>,
        redirect: RedirectMode,
    },
    /// Send the next part of a reply's body.
    Pull { id: u32 },
    /// Forget a request.
    Cancel { id: u32 },
    /// A session operation; for `Set` the attachment is the value as JSON.
    Session { id: u32, op: SessionVerb, key: String },
    /// Compute what needs the value behind a placeholder; the attachment is key, tag and data, end to end.
    Compute {
        id: u32,
        verb: KeyedVerb,
        hash: Hash,
        /// Bytes of the key.
        key: usize,
        /// Bytes of the tag to verify.
        tag: usize,
    },
    /// The attachment is what was printed.
    Console { level: ConsoleLevel },
    /// The call is over; the attachment is its result as JSON.
    Done,
    /// Loading or the call failed.
    Failed {
        failure: Failure,
        message: String,
        at: Option<String>,
    },
}

/// The verb of a session operation.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SessionVerb {
    Get,
    Set,
    Delete,
}

/// The verb of a computation.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyedVerb {
    Sign,
    Verify,
    Digest,
}

/// What kind of failure the child reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Failure {
    Threw,
    Tools,
    Result,
    Unknown,
    Deadline,
    Memory,
    Output,
}

/// A frame that breaks the protocol.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("a frame's {part} is {len} bytes; the limit is {cap}")]
    TooLarge { part: &'static str, len: usize, cap: usize },
    #[error("a frame's header is malformed")]
    Malformed,
}

/// The bytes of one frame; overwritten when dropped, since values travel in them.
pub(super) fn encode(header: &impl Serialize, attachment: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, WireError> {
    let json = serde_json::to_vec(header).map_err(|_| WireError::Malformed)?;
    let tail = attachment.iter().map(|it| it.len()).sum::<usize>();
    // One exact allocation: growing would leave copies of values behind.
    let mut frame = Zeroizing::new(Vec::with_capacity(PREFIX + json.len() + tail));
    frame.extend(length("header", json.len(), HEADER_CAP)?);
    frame.extend(length("attachment", tail, u32::MAX as usize)?);
    frame.extend(&json);
    for part in attachment {
        frame.extend_from_slice(part);
    }
    Ok(frame)
}

/// The lengths of header and attachment that `prefix` announces.
pub(super) fn lengths(
    prefix: [u8; PREFIX],
    header_cap: usize,
    attachment_cap: usize,
) -> Result<(usize, usize), WireError> {
    let [a, b, c, d, e, f, g, h] = prefix;
    let header = u32::from_be_bytes([a, b, c, d]) as usize;
    let attachment = u32::from_be_bytes([e, f, g, h]) as usize;
    length("header", header, header_cap)?;
    length("attachment", attachment, attachment_cap)?;
    Ok((header, attachment))
}

/// The header as a message.
pub(super) fn decode<T: DeserializeOwned>(header: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(header).map_err(|_| WireError::Malformed)
}

fn length(part: &'static str, len: usize, cap: usize) -> Result<[u8; 4], WireError> {
    match u32::try_from(len) {
        Ok(short) if len <= cap => Ok(short.to_be_bytes()),
        _ => Err(WireError::TooLarge { part, len, cap }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn a_frame_reads_back() {
        let frame = encode(&ToChild::Chunk { id: 7 }, &[b"ab", b"c"]).unwrap();
        let (header, attachment) = lengths(frame[..8].try_into().unwrap(), 64, 3).unwrap();
        assert_eq!(attachment, 3);
        let message: ToChild = decode(&frame[8..8 + header]).unwrap();
        assert!(matches!(message, ToChild::Chunk { id: 7 }));
        assert_eq!(&frame[8 + header..], b"abc");
    }

    #[test]
    fn lengths_over_the_cap_are_refused_unread() {
        assert!(lengths([0xff; 8], HEADER_CAP, usize::MAX).is_err());
        assert!(lengths([0, 0, 0, 1, 0, 0, 0, 9], 8, 8).is_err());
        assert!(lengths([0, 0, 0, 1, 0, 0, 0, 8], 8, 8).is_ok());
    }
}
