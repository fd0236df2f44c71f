//! Starts the child, connected as its surroundings ask for.

use std::io;
use std::io::IsTerminal as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;

use distri_core::alarm::Watch;
use distri_redact::Redactor;
use pty_process::blocking as pty;
use rustix::fs::fstat;
use rustix::io::Errno;

use super::channel::Channel;
use super::sink::Sink;
use super::terminal::Terminal;
use super::{ExecError, ExecSpec, environment, program};
use crate::lookout::Place;

/// How the child's streams are connected.
pub(super) enum Plan {
    /// To the parent's own: there is nothing to redact.
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

/// A child, and what connects it to us.
pub(super) struct Running {
    /// The process.
    pub(super) child: Child,
    /// Its outputs, if they pass through us.
    pub(super) channels: Vec<Channel>,
    /// Its terminal, if it has one of its own.
    pub(super) terminal: Option<Terminal>,
    /// Says when it must end.
    pub(super) watch: Arc<Watch>,
}

impl Plan {
    /// Looks at the parent's streams.
    pub(super) fn choose(redactor: &Redactor) -> Self {
        if redactor.is_empty() {
            Self::Inherit
        } else if io::stdout().is_terminal() {
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

/// Starts the child.
///
/// The `Command` with its copies of the values is gone when this returns.
pub(super) fn spawn(spec: ExecSpec<'_>, plan: Plan) -> Result<Running, ExecError> {
    let mut command = Command::new(&spec.program);
    if spec.clear_env {
        // The search must not depend on a PATH that the child will not have.
        if let Some(file) = program::find(&spec.program) {
            command = Command::new(file);
            command.arg0(&spec.program);
        }
    }
    command.args(&spec.args);
    environment::apply(&spec, &mut command);
    match connect(command, &spec, &plan) {
        Err(ref error) if is(error, Errno::NOEXEC) => {
            // A script without `#!`: the shell runs it, as execvp(3) and every shell do.
            let Some(file) = program::find(&spec.program) else {
                return Err(ExecError::NotFound {
                    program: spec.program.to_string_lossy().into_owned(),
                });
            };
            let mut command = Command::new("/bin/sh");
            command.arg(file).args(&spec.args);
            environment::apply(&spec, &mut command);
            connect(command, &spec, &plan)
        }
        result => result,
    }
    .map_err(|failure| explain(failure, &spec))
}

/// A failure of the channels is not one of the program.
enum Failure {
    Channel(io::Error),
    Start(io::Error),
}

fn connect(mut command: Command, spec: &ExecSpec<'_>, plan: &Plan) -> Result<Running, Failure> {
    let watch = spec.lookout.watch().clone();
    let channel = |source: Rc<OwnedFd>, to: &dyn std::os::fd::AsFd, place, interactive| {
        let sink = Sink::new(to.as_fd()).map_err(Failure::Channel)?;
        Ok(Channel::new(source, spec.lookout.stream(place), sink, interactive))
    };
    let (output, errors) = (Place::StandardOutput, Place::StandardError);
    match *plan {
        Plan::Inherit => {
            let child = command.spawn().map_err(Failure::Start)?;
            Ok(Running {
                child,
                channels: vec![],
                terminal: None,
                watch,
            })
        }
        Plan::Pipes { merged } => {
            let (from_stdout, stdout) = io::pipe().map_err(Failure::Channel)?;
            let mut channels = vec![channel(Rc::new(from_stdout.into()), &io::stdout(), output, false)?];
            if merged {
                command.stderr(stdout.try_clone().map_err(Failure::Channel)?);
            } else {
                let (from_stderr, stderr) = io::pipe().map_err(Failure::Channel)?;
                channels.push(channel(Rc::new(from_stderr.into()), &io::stderr(), errors, false)?);
                command.stderr(stderr);
            }
            command.stdout(stdout);
            let child = command.spawn().map_err(Failure::Start)?;
            Ok(Running {
                child,
                channels,
                terminal: None,
                watch,
            })
        }
        Plan::Terminal { stderr_apart } => {
            let (master, slave) = pty::open().map_err(|error| Failure::Channel(plain(error)))?;
            let master: Rc<OwnedFd> = Rc::new(master.into());
            let mut channels = vec![channel(Rc::clone(&master), &io::stdout(), output, true)?];
            let mut command = pty::Command::from(command);
            if !io::stdin().is_terminal() {
                // Bytes for the child, not keys: a terminal would echo them and cut long lines.
                command = command.stdin(Stdio::inherit());
            }
            if stderr_apart {
                let (from_stderr, stderr) = io::pipe().map_err(Failure::Channel)?;
                channels.push(channel(Rc::new(from_stderr.into()), &io::stderr(), errors, false)?);
                command = command.stderr(stderr);
            }
            let mut terminal = Terminal::new(master).map_err(Failure::Channel)?;
            let child = command.spawn(slave).map_err(|error| Failure::Start(plain(error)))?;
            terminal.attach(&child);
            Ok(Running {
                child,
                channels,
                terminal: Some(terminal),
                watch,
            })
        }
    }
}

fn explain(failure: Failure, spec: &ExecSpec<'_>) -> ExecError {
    let program = spec.program.to_string_lossy().into_owned();
    let exists = || program::find(&spec.program).is_some();
    match failure {
        Failure::Channel(source) => ExecError::Channel(source),
        ref error if is(error, Errno::TOOBIG) => environment::explain_too_large(spec),
        // A script whose interpreter is missing is "not found" too, in the kernel's words.
        Failure::Start(source) if source.kind() == io::ErrorKind::NotFound => match exists() {
            true => ExecError::NotExecutable { program, source },
            false => ExecError::NotFound { program },
        },
        Failure::Start(source) => {
            let refused = [
                Errno::ACCESS,
                Errno::NOEXEC,
                Errno::PERM,
                Errno::ISDIR,
                Errno::NOTDIR,
                Errno::TXTBSY,
            ];
            match refused
                .iter()
                .any(|errno| source.raw_os_error() == Some(errno.raw_os_error()))
            {
                true => ExecError::NotExecutable { program, source },
                false => ExecError::Spawn { program, source },
            }
        }
    }
}

fn is(failure: &Failure, errno: Errno) -> bool {
    matches!(failure, Failure::Start(error) if error.raw_os_error() == Some(errno.raw_os_error()))
}

fn plain(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        pty_process::Error::Rustix(errno) => errno.into(),
    }
}

/// Whether two streams end in the same file, pipe or device, as after `2>&1`.
fn are_same(one: &impl std::os::fd::AsFd, other: &impl std::os::fd::AsFd) -> bool {
    match (fstat(one), fstat(other)) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    }
}
