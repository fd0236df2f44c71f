//! How the child's streams are connected: chosen by what the parent's are, opened before the child exists.

use std::io;
use std::io::IsTerminal as _;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;

use distri_redact::Redactor;
use pty_process::blocking as pty;
use rustix::fs::fstat;

use super::channel::Channel;
use super::plain;
use super::sink::Sink;
use super::terminal::Terminal;
use crate::isolation::Isolation;
use crate::lookout::{Lookout, LookoutStream, Place};

/// How the child's streams are connected.
pub(super) enum Plan {
    /// To the parent's own: there is nothing to redact, and the child is one of us.
    Inherit,
    /// Output through pipes; `merged` if stdout and stderr are the same file, whose order one pipe keeps.
    Pipes {
        /// One pipe for both.
        merged: bool,
    },
    /// On a pseudo-terminal.
    Terminal {
        /// Stderr is redirected.
        stderr_apart: bool,
    },
}

/// The connections, with both ends open.
pub(super) struct Wiring {
    /// The child's outputs, if they pass through us.
    pub(super) channels: Vec<Channel>,
    /// Our end of the child's terminal, if it has one of its own.
    pub(super) terminal: Option<Terminal>,
    /// The child's end, unless the helper has it.
    pub(super) slave: Option<pty::Pts>,
    /// The child's standard output, if it is neither ours nor the terminal.
    pub(super) stdout: Option<OwnedFd>,
    /// The child's standard error, likewise.
    pub(super) stderr: Option<OwnedFd>,
}

impl Plan {
    /// Looks at the parent's streams.
    pub(super) fn choose(redactor: &Redactor, isolation: Option<&Isolation>) -> Self {
        if redactor.is_empty() && isolation.is_none() {
            Self::Inherit
        } else {
            Self::that_redacts()
        }
    }

    /// The same, whether there is something to redact or not.
    pub(super) fn that_redacts() -> Self {
        if io::stdout().is_terminal() {
            Self::Terminal {
                stderr_apart: !io::stderr().is_terminal(),
            }
        } else {
            Self::Pipes {
                merged: are_same(&io::stdout(), &io::stderr()),
            }
        }
    }

    /// Whether the child gets a session of its own, so that no signal of the user's terminal reaches it directly.
    pub(super) fn owns_session(&self) -> bool {
        matches!(self, Self::Terminal { .. })
    }
}

impl Wiring {
    /// Opens what the plan needs; an isolated child's terminal is opened where it runs.
    pub(super) fn open(plan: &Plan, lookout: &Arc<Lookout>, isolation: Option<&mut Isolation>) -> io::Result<Self> {
        let mut wiring = Self {
            channels: vec![],
            terminal: None,
            slave: None,
            stdout: None,
            stderr: None,
        };
        match *plan {
            Plan::Inherit => {}
            Plan::Pipes { merged } => {
                let stdout = wiring.open_pipe(&io::stdout(), lookout.stream(Place::StandardOutput))?;
                wiring.stderr = Some(match merged {
                    true => stdout.try_clone()?,
                    false => wiring.open_pipe(&io::stderr(), lookout.stream(Place::StandardError))?,
                });
                wiring.stdout = Some(stdout);
            }
            Plan::Terminal { stderr_apart } => {
                let master: OwnedFd = match isolation {
                    Some(isolation) => isolation.open_terminal()?,
                    None => {
                        let (master, slave) = pty::open().map_err(plain)?;
                        wiring.slave = Some(slave);
                        master.into()
                    }
                };
                let master = Rc::new(master);
                let sink = Sink::new(io::stdout().as_fd())?;
                wiring.channels.push(Channel::new(
                    Rc::clone(&master),
                    lookout.stream(Place::StandardOutput),
                    sink,
                    true,
                ));
                if stderr_apart {
                    wiring.stderr = Some(wiring.open_pipe(&io::stderr(), lookout.stream(Place::StandardError))?);
                }
                wiring.terminal = Some(Terminal::new(master)?);
            }
        }
        Ok(wiring)
    }

    /// A pipe for the child, whose other end goes to one of our streams.
    fn open_pipe(&mut self, to: &impl AsFd, watched: LookoutStream) -> io::Result<OwnedFd> {
        let (source, theirs) = io::pipe()?;
        let sink = Sink::new(to.as_fd())?;
        self.channels
            .push(Channel::new(Rc::new(source.into()), watched, sink, false));
        Ok(theirs.into())
    }
}

/// Whether two streams end in the same file, pipe or device, as after `2>&1`.
fn are_same(one: &impl AsFd, other: &impl AsFd) -> bool {
    match (fstat(one), fstat(other)) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    }
}
