//! Ports for programs that have to be told theirs: below those that the kernel hands out, so that nobody gets one by chance
//! between the choice and the use.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Services of a machine are below, and what the kernel hands out is above, from 32768 on.
const FIRST: u32 = 10_000;
const COUNT: u32 = 20_000;
/// How many a process may take before it comes to those of the next one.
const EACH: u32 = 64;

/// The first of so many neighbours on loopback that are free. No test has the same.
///
/// # Errors
/// When none are.
pub fn free(neighbours: u16) -> io::Result<u16> {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(EACH);
    for _ in 0..COUNT {
        let taken = TAKEN.fetch_add(neighbours.into(), Ordering::Relaxed);
        let at = begin.wrapping_add(taken) % (COUNT - u32::from(neighbours));
        let first = u16::try_from(FIRST + at).map_err(io::Error::other)?;
        if (first..first + neighbours).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return Ok(first);
        }
    }
    Err(io::Error::from(io::ErrorKind::AddrInUse))
}
