//! The parent's side until the command starts: the helper, its report, the listener.

use std::ffi::OsString;
use std::io;
use std::net::{Shutdown, TcpListener};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use super::command::{IsolatedCommand, Launch};
use super::error::{IsolationError, Step};
use super::wire::{self, Frame, ToHelper, ToParent};

/// A place without a network, ready for one command. Dropping it ends the helper, and with it the place.
pub struct Isolation {
    helper: Helper,
    report: IsolationReport,
    listener: Option<TcpListener>,
}

/// Which layers there are beside those without which nothing starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsolationReport {
    /// A user namespace of its own; root needs none, and gives its capabilities up instead.
    pub user_namespace: bool,
    /// It sees no process but its own, and none of those outlives it.
    pub own_processes: bool,
    /// Landlock keeps it from signalling and tracing what is outside.
    pub landlock: bool,
}

/// The program that is the helper: it must call [`helper_main`](super::helper_main) when started so.
#[derive(Clone, Debug)]
pub struct HelperCommand {
    /// Path of the executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

impl Default for HelperCommand {
    /// This binary again: `/proc/self/exe __isolate`.
    fn default() -> Self {
        Self {
            program: PathBuf::from("/proc/self/exe"),
            args: vec![OsString::from("__isolate")],
        }
    }
}

impl Isolation {
    /// Makes the place. The command will find nothing at the paths in `hide`, files or directories; those that do not
    /// exist are left out.
    ///
    /// # Errors
    /// The machine does not permit it, and the error says which step.
    pub fn start(hide: &[PathBuf], command: &HelperCommand) -> Result<Self, IsolationError> {
        match Self::attempt(hide, command, true) {
            // A container that masks parts of /proc lets nobody mount a new one, and without that, processes of its
            // own would see numbers of others. What /proc tells of others is behind the user namespace all the same.
            Err(IsolationError::Refused {
                step: Step::Processes, ..
            }) => Self::attempt(hide, command, false),
            result => result,
        }
    }

    /// Which layers there are.
    #[must_use]
    pub fn report(&self) -> &IsolationReport {
        &self.report
    }

    /// The listener: whoever accepts on it is the command's only way out. There is one; if nobody takes it, it closes
    /// when the command starts.
    pub fn take_listener(&mut self) -> Option<TcpListener> {
        self.listener.take()
    }

    /// Opens a pseudo-terminal for the command and gives its other end.
    pub(crate) fn open_terminal(&mut self) -> io::Result<OwnedFd> {
        wire::send(&self.helper.control, &ToHelper::OpenTerminal, &[], &[])?;
        let mut frame = self.helper.receive()?;
        match (frame.message, frame.descriptors.pop()) {
            (ToParent::Terminal, Some(terminal)) => Ok(terminal),
            (ToParent::NotStarted { errno }, _) => Err(io::Error::from_raw_os_error(errno)),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Starts the command; gives this back when it does not start.
    pub(crate) fn launch(self, launch: &Launch) -> Result<IsolatedCommand, (Self, io::Error)> {
        let answer = self.helper.send(launch).and_then(|()| self.helper.receive());
        match answer.map(|it| it.message) {
            Ok(ToParent::Started { pid }) => Ok(IsolatedCommand::new(self.helper, pid)),
            Ok(ToParent::NotStarted { errno }) => Err((self, io::Error::from_raw_os_error(errno))),
            Ok(_) => Err((self, io::ErrorKind::InvalidData.into())),
            Err(error) => Err((self, error)),
        }
    }

    fn attempt(hide: &[PathBuf], command: &HelperCommand, own_processes: bool) -> Result<Self, IsolationError> {
        let helper = Helper::start(command).map_err(IsolationError::Helper)?;
        let paths = words_of(hide).map_err(IsolationError::Helper)?;
        let asked = wire::send(&helper.control, &ToHelper::Setup { own_processes }, &paths, &[]);
        let answer = asked
            .and_then(|()| helper.receive())
            .map_err(|_| IsolationError::Died)?;
        match answer {
            Frame {
                message: ToParent::Ready(report),
                mut descriptors,
                ..
            } => Ok(Self {
                helper,
                report,
                listener: descriptors.pop().map(TcpListener::from),
            }),
            Frame {
                message: ToParent::Refused { step, errno },
                ..
            } => Err(IsolationError::Refused {
                step,
                source: io::Error::from_raw_os_error(errno),
            }),
            _ => Err(IsolationError::Died),
        }
    }
}

/// The helper's process. Dropping it closes the control socket, at which the helper ends everything, and waits.
pub(super) struct Helper {
    pub(super) process: Child,
    pub(super) control: UnixStream,
}

impl Helper {
    fn start(command: &HelperCommand) -> io::Result<Self> {
        let (control, theirs) = UnixStream::pair()?;
        let process = Command::new(&command.program)
            .args(&command.args)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { process, control })
    }

    pub(super) fn receive(&self) -> io::Result<Frame<ToParent>> {
        wire::receive(&self.control)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        // Failing means that it is gone already.
        let _ = self.control.shutdown(Shutdown::Both);
        self.process.wait().map(drop)
    }

    fn send(&self, launch: &Launch) -> io::Result<()> {
        let (message, words) = launch.message()?;
        let given: Vec<_> = launch.given().map(|it| it.as_fd()).collect();
        wire::send(&self.control, &message, &words, &given)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// The paths as words, each from the root on.
fn words_of(paths: &[PathBuf]) -> io::Result<Vec<u8>> {
    let mut words = Vec::new();
    for path in paths {
        wire::push_word(&mut words, std::path::absolute(path)?.as_os_str())?;
    }
    Ok(words)
}
