//! Signals: caught in a self-pipe for the poll loop, and passed on to the child.

use std::fs;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

/// Passed on to the child.
const FORWARDED: [i32; 6] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2];
/// Acted upon when the child has a terminal of its own.
const TERMINAL: [i32; 3] = [SIGWINCH, SIGTSTP, SIGCONT];

/// The caught signals.
pub(super) struct Signals(SignalDelivery<UnixStream, WithOrigin>);

/// One signal that came.
pub(super) struct Came {
    /// Which.
    pub(super) signal: Signal,
    /// The kernel sent it on the terminal's behalf: to the whole foreground process group.
    pub(super) by_terminal: bool,
}

impl Signals {
    /// Catches the signals to pass on, the terminal's if `owns_session`, and the child's end.
    pub(super) fn catch(owns_session: bool) -> io::Result<Self> {
        let ignored = SignalSet::ignored();
        let terminal = TERMINAL.into_iter().filter(|_| owns_session);
        // A handler would turn an ignored signal into a default one in the child: `nohup` would have no effect.
        let wanted = FORWARDED
            .into_iter()
            .chain(terminal)
            .filter(|signal| !ignored.contains(*signal));
        // SIGCHLD even if ignored: an ignoring parent gets no exit status (wait(2)).
        let wanted: Vec<i32> = wanted.chain([SIGCHLD]).collect();
        let (read, write) = UnixStream::pair()?;
        SignalDelivery::with_pipe(read, write, WithOrigin::default(), wanted).map(Self)
    }

    /// For poll.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.get_read().as_fd()
    }

    /// What came since the last call.
    pub(super) fn pending(&mut self) -> impl Iterator<Item = Came> {
        self.0.pending().filter_map(|origin| {
            let by_terminal = origin.cause == Cause::Kernel;
            Signal::from_named_raw(origin.signal).map(|signal| Came { signal, by_terminal })
        })
    }
}

/// A set of signals, as in `/proc/PID/status` (proc(5)).
#[derive(Clone, Copy, Default)]
pub(crate) struct SignalSet(u64);

impl SignalSet {
    /// Those that this process ignores.
    pub(crate) fn ignored() -> Self {
        Disposition::of(None).ignored
    }

    /// Whether this one is among them.
    pub(crate) fn contains(self, signal: i32) -> bool {
        self.0 & (1 << (signal - 1)) != 0
    }
}

/// What a process does about signals.
#[derive(Clone, Copy, Default)]
pub(super) struct Disposition {
    ignored: SignalSet,
    caught: SignalSet,
}

impl Disposition {
    /// Of a process, or our own; where there is no `/proc`, all default.
    pub(super) fn of(pid: Option<Pid>) -> Self {
        let path = match pid {
            Some(pid) => format!("/proc/{}/status", pid.as_raw_nonzero()),
            None => "/proc/self/status".to_owned(),
        };
        Self::parse(&fs::read_to_string(path).unwrap_or_default())
    }

    /// Whether this signal has its default effect.
    pub(super) fn is_default(&self, signal: Signal) -> bool {
        !self.ignored.contains(signal.as_raw()) && !self.caught.contains(signal.as_raw())
    }

    fn parse(status: &str) -> Self {
        let set = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            SignalSet(
                line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
                    .unwrap_or(0),
            )
        };
        Self {
            ignored: set("SigIgn:"),
            caught: set("SigCgt:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_prints() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000004002\n";
        let disposition = Disposition::parse(status);
        assert!(!disposition.is_default(Signal::HUP), "bit 0 of SigIgn");
        assert!(!disposition.is_default(Signal::INT), "bit 1 of SigCgt");
        assert!(!disposition.is_default(Signal::TERM), "bit 14 of SigCgt");
        assert!(disposition.is_default(Signal::TSTP));
        assert!(Disposition::parse("").is_default(Signal::HUP));
    }
}
