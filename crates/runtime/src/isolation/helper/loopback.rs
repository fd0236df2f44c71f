//! The loopback interface, which a new network namespace has switched off.

use std::io;

use nix::libc;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// `NLMSG_ERROR`, the answer to a request (netlink(7)); error 0 is success.
const ANSWER: u16 = 2;

/// Switches it on (rtnetlink(7)).
pub(super) fn raise() -> io::Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    send(&socket, &request(), SendFlags::empty())?;
    let mut answer = [0; 128];
    let (received, _) = recv(&socket, &mut answer, RecvFlags::empty())?;
    match error_in(&answer[..received]) {
        Some(0) => Ok(()),
        Some(error) => Err(io::Error::from_raw_os_error(-error)),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// `struct nlmsghdr`, then `struct ifinfomsg`, in the machine's byte order.
fn request() -> Vec<u8> {
    let up = libc::IFF_UP.unsigned_abs();
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK).unsigned_abs() as u16;
    let mut message = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(libc::RTM_NEWLINK.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    // Number of the message, sender: none.
    message.extend([0; 8]);
    // Family and type: any. The loopback interface is the first in every network namespace.
    message.extend([0; 4]);
    message.extend(1_i32.to_ne_bytes());
    message.extend(up.to_ne_bytes());
    message.extend(up.to_ne_bytes());
    message
}

/// The error number in an answer, after the header's length, type, flags, number and sender.
fn error_in(answer: &[u8]) -> Option<i32> {
    let kind = u16::from_ne_bytes(*answer.get(4..6)?.first_chunk()?);
    let error = i32::from_ne_bytes(*answer.get(16..20)?.first_chunk()?);
    (kind == ANSWER).then_some(error)
}
