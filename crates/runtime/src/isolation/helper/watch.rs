//! Waits for the end of a child, undisturbed by what the whole process group is sent.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};

use crate::exec::SignalSet;

/// Tells the end of a child from everything else.
pub(super) struct Watch(UnixStream);

/// What woke the process.
pub(super) enum Event {
    /// A child has ended, or several.
    ChildEnded,
    /// The other descriptor can be read, or was closed.
    Other,
}

impl Watch {
    /// Catches the signal of a child's end, even if it was ignored: then there would be no status (wait(2)).
    pub(super) fn start() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(SIGCHLD, write)?;
        Ok(Self(read))
    }

    /// Waits for the end of a child, or until `other` can be read.
    pub(super) fn wait(&self, other: BorrowedFd<'_>) -> io::Result<Event> {
        loop {
            let mut both = [
                PollFd::new(&self.0, PollFlags::IN),
                PollFd::from_borrowed_fd(other, PollFlags::IN),
            ];
            match poll(&mut both, None) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            if both[0].revents().is_empty() {
                return Ok(Event::Other);
            }
            let _ = rustix::io::read(&self.0, &mut [0; 64]);
            return Ok(Event::ChildEnded);
        }
    }
}

/// Outlives what a terminal, or `kill`, sends to the whole process group: it is for the command, which is in there too.
///
/// Caught and not blocked, since a started program has its usual signals again then. Ignored ones stay ignored.
pub(super) fn withstand_signals() -> io::Result<()> {
    const OF_THE_GROUP: [i32; 9] = [
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU,
    ];
    let ignored = SignalSet::ignored();
    for signal in OF_THE_GROUP.into_iter().filter(|it| !ignored.contains(*it)) {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    Ok(())
}
