//! Pseudo-terminals of its own: the user's others, at which passwords are typed, are not among them.

use std::io;

use rustix::io::Errno;
use rustix::mount::{MountFlags, mount};

/// Where they are.
pub(super) const PLACE: &str = "/dev/pts";

/// Mounts a set of its own. Where there are none, none is missed.
pub(super) fn separate() -> io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    match mount("devpts", PLACE, "devpts", flags, c"mode=620,ptmxmode=666") {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
