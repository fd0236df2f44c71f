//! Where output goes: one of the parent's own streams, written without ever blocking the poll loop.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;

/// One of the parent's streams.
pub(super) struct Sink {
    file: File,
    writes: Writes,
}

/// How much may be written at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writes {
    /// Any amount: this descriptor does not block.
    Freely,
    /// After poll only, and no more than fits whenever poll says that something does (`PIPE_BUF`, pipe(7)).
    Carefully,
}

/// What became of a write.
pub(super) enum Written {
    /// So many bytes are out.
    Bytes(usize),
    /// Ask poll first.
    Later,
}

impl Sink {
    /// A sink for the parent's stdout or stderr.
    pub(super) fn new(stream: BorrowedFd<'_>) -> io::Result<Self> {
        if let Some(private) = reopened(stream) {
            return Ok(Self {
                file: private.into(),
                writes: Writes::Freely,
            });
        }
        let is_file = fstat(stream).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
        let writes = if is_file { Writes::Freely } else { Writes::Carefully };
        Ok(Self {
            file: stream.try_clone_to_owned()?.into(),
            writes,
        })
    }

    /// Whether a write needs poll's consent.
    pub(super) fn needs_poll(&self) -> bool {
        self.writes == Writes::Carefully
    }

    /// Writes some of the bytes.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<Written> {
        let limit = match self.writes {
            Writes::Freely => bytes.len(),
            Writes::Carefully => bytes.len().min(4096),
        };
        match rustix::io::write(&self.file, &bytes[..limit]) {
            Ok(count) => Ok(Written::Bytes(count)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(Written::Later),
            Err(error) => Err(error.into()),
        }
    }

    /// For poll.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The same pipe or terminal under an open file description of our own, on which O_NONBLOCK concerns nobody else.
///
/// Set on the inherited one it would hit every process that shares it, the user's shell first.
fn reopened(stream: BorrowedFd<'_>) -> Option<OwnedFd> {
    let stat = fstat(stream).ok()?;
    if !matches!(
        FileType::from_raw_mode(stat.st_mode),
        FileType::Fifo | FileType::CharacterDevice
    ) {
        return None;
    }
    let path = format!("/proc/self/fd/{}", stream.as_raw_fd());
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    open(path, flags, Mode::empty()).ok()
}
