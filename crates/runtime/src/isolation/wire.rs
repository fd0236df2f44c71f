//! The frames on the control socket: two lengths, a JSON header, raw bytes, and descriptors beside the lengths.
//!
//! Words (arguments, variables, paths) travel as the kernel has them: each with a zero byte at its end.

use std::ffi::{OsStr, OsString};
use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::error::Step;
use super::start::IsolationReport;

/// Most descriptors with one frame: standard input, output and error.
const DESCRIPTORS: usize = 3;
/// Most bytes of a header; each of ours is far below.
const HEADER_CAP: u32 = 1 << 16;

/// From the parent to the helper.
#[derive(Serialize, Deserialize)]
pub(super) enum ToHelper {
    /// Make the place. The bytes are the paths to hide.
    Setup { own_processes: bool },
    /// Open a pseudo-terminal for the command.
    OpenTerminal,
    /// Start the command. The bytes are its file, its arguments from the zeroth on (so many), its variables.
    Launch { arguments: usize, streams: Streams },
    /// Send the command this signal.
    Signal(i32),
}

/// Standard input, output and error: whether a descriptor came along, or it is the pseudo-terminal.
pub(super) type Streams = [Wired; 3];

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Wired {
    Given,
    Terminal,
}

/// From the helper to the parent.
#[derive(Serialize, Deserialize)]
pub(super) enum ToParent {
    /// The place is ready; the descriptor is the listener in it.
    Ready(IsolationReport),
    /// This step failed, and the helper has ended.
    Refused { step: Step, errno: i32 },
    /// The descriptor is the pseudo-terminal's other end.
    Terminal,
    /// The command runs.
    Started { pid: i32 },
    /// It does not; another attempt may follow.
    NotStarted { errno: i32 },
    /// The command has ended with this wait status.
    Ended { status: i32 },
}

/// One frame.
pub(super) struct Frame<T> {
    pub(super) message: T,
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) descriptors: Vec<OwnedFd>,
}

pub(super) fn send(
    socket: &UnixStream,
    message: &impl Serialize,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let header = serde_json::to_vec(message)?;
    let length = |part: &[u8]| u32::try_from(part.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
    let prefix = [length(&header)?.to_be_bytes(), length(bytes)?.to_be_bytes()].concat();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // Without NOSIGNAL, an other side that is gone would end this process.
    rustix::io::retry_on_intr(|| {
        rustix::net::sendmsg(socket, &[IoSlice::new(&prefix)], &mut beside, SendFlags::NOSIGNAL)
    })?;
    (&*socket).write_all(&header)?;
    (&*socket).write_all(bytes)
}

/// The next frame; `None` if the other side is gone.
pub(super) fn receive<T: DeserializeOwned>(socket: &UnixStream) -> io::Result<Option<Frame<T>>> {
    let mut prefix = [0; 8];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::WAITALL;
    let received = rustix::io::retry_on_intr(|| {
        rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut prefix)], &mut beside, flags)
    })?;
    match received.bytes {
        0 => return Ok(None),
        8 => {}
        _ => return Err(io::ErrorKind::UnexpectedEof.into()),
    }
    let descriptors = beside
        .drain()
        .filter_map(|it| match it {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
            _ => None,
        })
        .flatten()
        .collect();
    let [a, b, c, d, e, f, g, h] = prefix;
    let (header_len, bytes_len) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    if header_len > HEADER_CAP {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut header = vec![0; header_len as usize];
    (&*socket).read_exact(&mut header)?;
    let mut bytes = Zeroizing::new(vec![0; bytes_len as usize]);
    (&*socket).read_exact(&mut bytes)?;
    Ok(Some(Frame {
        message: serde_json::from_slice(&header)?,
        bytes,
        descriptors,
    }))
}

/// Adds a word; one with a zero byte in it is none.
pub(super) fn push_word(words: &mut Vec<u8>, word: &OsStr) -> io::Result<()> {
    if word.as_bytes().contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    words.extend_from_slice(word.as_bytes());
    words.push(0);
    Ok(())
}

/// The words in `bytes`.
pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = OsString> {
    let whole = bytes.strip_suffix(&[0]);
    whole
        .into_iter()
        .flat_map(|it| it.split(|byte| *byte == 0))
        .map(|it| OsString::from_vec(it.to_vec()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use std::os::fd::AsFd as _;

    #[test]
    fn a_frame_arrives_with_its_bytes_and_descriptors() {
        let (one, other) = UnixStream::pair().unwrap();
        let (mut read, write) = io::pipe().unwrap();
        send(&one, &ToHelper::Signal(15), b"a\0b\0", &[write.as_fd()]).unwrap();
        drop(write);
        let mut frame = receive::<ToHelper>(&other).unwrap().unwrap();
        assert!(matches!(frame.message, ToHelper::Signal(15)));
        assert_eq!(words(&frame.bytes).collect::<Vec<_>>(), ["a", "b"]);
        let mut through = std::fs::File::from(frame.descriptors.pop().unwrap());
        through.write_all(b"through").unwrap();
        drop(through);
        let mut text = String::new();
        read.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
        drop(one);
        assert!(receive::<ToHelper>(&other).unwrap().is_none());
    }

    #[test]
    fn words_keep_empty_ones_and_refuse_zero_bytes() {
        let mut bytes = Vec::new();
        for word in ["A=", "", "x y"] {
            push_word(&mut bytes, OsStr::new(word)).unwrap();
        }
        assert_eq!(words(&bytes).collect::<Vec<_>>(), ["A=", "", "x y"]);
        assert_eq!(words(b"").count(), 0);
        assert!(push_word(&mut bytes, OsStr::new("a\0b")).is_err());
    }
}
