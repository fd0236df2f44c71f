//! The socket to the parent: standard input, both ways, blocking.

use std::{io, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{Errno, read, retry_on_intr},
    net::{SendFlags, send as send_bytes},
    stdio::stdin,
};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::tool_host::wire::{self, HEADER_CAP, PREFIX, ToChild};

/// Sends one frame whole.
pub(super) fn send(header: &impl Serialize, attachment: &[u8]) -> io::Result<()> {
    let frame = wire::encode(header, &[attachment]).map_err(io::Error::other)?;
    let mut rest = frame.as_slice();
    while !rest.is_empty() {
        let sent = retry_on_intr(|| send_bytes(stdin(), rest, SendFlags::NOSIGNAL))?;
        rest = &rest[sent..];
    }
    Ok(())
}

/// Waits for one frame and reads it whole.
pub(super) fn receive(attachment_cap: usize) -> io::Result<(ToChild, Zeroizing<Vec<u8>>)> {
    let mut prefix = [0; PREFIX];
    fill(&mut prefix)?;
    let (header, attachment) = wire::lengths(prefix, HEADER_CAP, attachment_cap).map_err(io::Error::other)?;
    let mut json = vec![0; header];
    fill(&mut json)?;
    let mut bytes = Zeroizing::new(vec![0; attachment]);
    fill(&mut bytes)?;
    Ok((wire::decode(&json).map_err(io::Error::other)?, bytes))
}

/// Whether a frame is there within `timeout`; a closed socket counts, since reading shows it.
pub(super) fn readable(timeout: Duration) -> io::Result<bool> {
    let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
    let mut fds = [PollFd::from_borrowed_fd(stdin(), PollFlags::IN)];
    match poll(&mut fds, Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether the parent is gone.
pub(super) fn hung_up() -> bool {
    let mut fds = [PollFd::from_borrowed_fd(stdin(), PollFlags::RDHUP)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
}

fn fill(mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        match retry_on_intr(|| read(stdin(), &mut *buffer))? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => buffer = &mut buffer[count..],
        }
    }
    Ok(())
}
