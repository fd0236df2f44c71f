//! The isolated command: what starts it, and how the parent sees it while it runs.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::fs::{FileType, fstat};
use rustix::net::sockopt::{socket_domain, socket_type};
use rustix::net::{AddressFamily, SocketType, getpeername};
use rustix::process::{Pid, Signal};
use zeroize::Zeroizing;

use super::error::IsolationError;
use super::start::Helper;
use super::wire::{self, ToHelper, ToParent, Wired};

/// What to start.
pub(crate) struct Launch {
    /// A path, or a name to look up in the command's `PATH`.
    pub(crate) file: OsString,
    /// The arguments, from the zeroth on.
    pub(crate) arguments: Vec<OsString>,
    /// The whole environment: `NAME=value`, each with a zero byte at its end.
    pub(crate) environment: Zeroizing<Vec<u8>>,
    /// Standard input, output and error.
    pub(crate) streams: [Stream; 3],
}

/// What one of the standard streams is.
pub(crate) enum Stream {
    /// This.
    Given(OwnedFd),
    /// The pseudo-terminal that was opened.
    Terminal,
}

impl Stream {
    /// The parent's standard input, if it cannot be turned into more than it is.
    ///
    /// A socket belongs to the network in which it was made, wherever it is used: a command that is given one
    /// disconnects it and connects it to whatever it likes. A directory is a way around the mounts over what is in it.
    pub(crate) fn stdin() -> Result<Self, IsolationError> {
        let stdin = io::stdin();
        let what = match fstat(&stdin).map(|it| FileType::from_raw_mode(it.st_mode)) {
            Ok(FileType::Directory) => Some("a directory"),
            Ok(FileType::Socket) => match (socket_domain(&stdin), socket_type(&stdin), getpeername(&stdin)) {
                // Connected ones of these kinds stay so for good.
                (Ok(AddressFamily::UNIX), Ok(SocketType::STREAM | SocketType::SEQPACKET), Ok(_)) => None,
                _ => Some("a socket"),
            },
            _ => None,
        };
        match what {
            Some(what) => Err(IsolationError::Stream { what }),
            None => {
                let clone = stdin.as_fd().try_clone_to_owned();
                clone.map(Self::Given).map_err(IsolationError::Helper)
            }
        }
    }
}

impl Launch {
    pub(super) fn given(&self) -> impl Iterator<Item = &OwnedFd> {
        self.streams.iter().filter_map(|it| match it {
            Stream::Given(descriptor) => Some(descriptor),
            Stream::Terminal => None,
        })
    }

    pub(super) fn message(&self) -> io::Result<(ToHelper, Zeroizing<Vec<u8>>)> {
        let length = |words: &[OsString]| words.iter().map(|it| it.len() + 1).sum::<usize>();
        let size = self.file.len() + 1 + length(&self.arguments) + self.environment.len();
        // One exact allocation: growing would leave copies of values behind.
        let mut words = Zeroizing::new(Vec::with_capacity(size));
        wire::push_word(&mut words, &self.file)?;
        for argument in &self.arguments {
            wire::push_word(&mut words, argument)?;
        }
        words.extend_from_slice(&self.environment);
        let wired = |stream: &Stream| match stream {
            Stream::Given(_) => Wired::Given,
            Stream::Terminal => Wired::Terminal,
        };
        let [stdin, stdout, stderr] = &self.streams;
        let message = ToHelper::Launch {
            arguments: self.arguments.len(),
            streams: [wired(stdin), wired(stdout), wired(stderr)],
        };
        Ok((message, words))
    }
}

/// A running command. Dropping it ends it.
pub(crate) struct IsolatedCommand {
    helper: Helper,
    pid: i32,
}

impl IsolatedCommand {
    pub(super) fn new(helper: Helper, pid: i32) -> Self {
        Self { helper, pid }
    }

    /// The command's number among our processes.
    pub(crate) fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.pid)
    }

    /// Sends a signal, through the helper: only it knows whether the number is still the command's.
    pub(crate) fn signal(&self, signal: Signal) {
        // Failing means that it has ended.
        let _ = wire::send(&self.helper.control, &ToHelper::Signal(signal.as_raw()), &[], &[]);
    }

    /// How it ended, once the helper and everything in the place are gone too.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let Some(helper) = self.helper.process.try_wait()? else {
            return Ok(None);
        };
        Ok(Some(match self.helper.receive().map(|it| it.message) {
            Ok(ToParent::Ended { status }) => ExitStatus::from_raw(status),
            // Somebody ended the helper, which ended the command.
            _ => helper,
        }))
    }

    /// Ends it and all that it started, and waits until they are gone.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.helper.end()
    }
}
