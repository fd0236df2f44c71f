//! Starts the child, connected as its surroundings ask for.

use std::ffi::OsString;
use std::io;
use std::io::IsTerminal as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use pty_process::blocking as pty;
use rustix::io::Errno;

use super::channel::Channel;
use super::frozen::Frozen;
use super::process::Process;
use super::terminal::Terminal;
use super::wiring::{Plan, Wiring};
use super::{ExecError, ExecSpec, environment, program};
use crate::isolation::{Isolation, IsolationError, Launch, Stream};

/// A child, and what connects it to us.
pub(super) struct Running {
    /// The process.
    pub(super) process: Process,
    /// Its outputs, if they pass through us.
    pub(super) channels: Vec<Channel>,
    /// Its terminal, if it has one of its own.
    pub(super) terminal: Option<Terminal>,
    /// Says when it must end.
    pub(super) frozen: Frozen,
}

/// Starts the child.
///
/// The `Command` with its copies of the values is gone when this returns.
pub(super) fn spawn(mut spec: ExecSpec<'_>, plan: &Plan) -> Result<Running, ExecError> {
    let mut isolation = spec.isolation.take();
    match start(&Invocation::asked(&spec), &spec, plan, &mut isolation) {
        Err(ref error) if is(error, Errno::NOEXEC) => {
            // A script without `#!`: the shell runs it, as execvp(3) and every shell do.
            let Some(file) = program::find(&spec.program) else {
                return Err(ExecError::NotFound {
                    program: spec.program.to_string_lossy().into_owned(),
                });
            };
            start(&Invocation::by_shell(file.into(), &spec), &spec, plan, &mut isolation)
        }
        result => result,
    }
    .map_err(|failure| explain(failure, &spec))
}

/// A failure of the channels or of the isolation is not one of the program.
enum Failure {
    Channel(io::Error),
    Isolation(IsolationError),
    Start(io::Error),
}

/// A file, and the arguments from the zeroth on.
struct Invocation {
    file: OsString,
    arguments: Vec<OsString>,
}

impl Invocation {
    fn asked(spec: &ExecSpec<'_>) -> Self {
        let name = &spec.program;
        // The search must not depend on a PATH that the child will not have.
        let found = program::find(name).filter(|_| spec.clear_env);
        Self {
            file: found.map_or_else(|| name.clone(), OsString::from),
            arguments: [name].into_iter().chain(&spec.args).cloned().collect(),
        }
    }

    fn by_shell(file: OsString, spec: &ExecSpec<'_>) -> Self {
        const SHELL: &str = "/bin/sh";
        Self {
            file: SHELL.into(),
            arguments: [SHELL.into(), file]
                .into_iter()
                .chain(spec.args.iter().cloned())
                .collect(),
        }
    }
}

fn start(
    invocation: &Invocation,
    spec: &ExecSpec<'_>,
    plan: &Plan,
    isolation: &mut Option<Isolation>,
) -> Result<Running, Failure> {
    let mut wiring = Wiring::open(plan, &spec.lookout, isolation.as_mut()).map_err(Failure::Channel)?;
    let frozen = Frozen::of(spec.lookout.watch()).map_err(Failure::Channel)?;
    let process = match isolation.take() {
        None => start_here(invocation, spec, &mut wiring).map_err(Failure::Start)?,
        Some(place) => {
            let launch = launch(invocation, spec, &mut wiring).map_err(Failure::Isolation)?;
            match place.launch(&launch) {
                Ok(command) => Process::Isolated(command),
                Err((place, error)) => {
                    *isolation = Some(place);
                    return Err(Failure::Start(error));
                }
            }
        }
    };
    if let Some(terminal) = &mut wiring.terminal {
        terminal.attach(process.pid());
    }
    Ok(Running {
        process,
        channels: wiring.channels,
        terminal: wiring.terminal,
        frozen,
    })
}

fn start_here(invocation: &Invocation, spec: &ExecSpec<'_>, wiring: &mut Wiring) -> io::Result<Process> {
    let mut command = Command::new(&invocation.file);
    if let [zeroth, arguments @ ..] = invocation.arguments.as_slice() {
        command.arg0(zeroth).args(arguments);
    }
    environment::apply(spec, &mut command);
    let Some(slave) = wiring.slave.take() else {
        if let Some(stdout) = wiring.stdout.take() {
            command.stdout(stdout);
        }
        if let Some(stderr) = wiring.stderr.take() {
            command.stderr(stderr);
        }
        return command.spawn().map(Process::Child);
    };
    let mut command = pty::Command::from(command);
    if !io::stdin().is_terminal() {
        // Bytes for the child, not keys: a terminal would echo them and cut long lines.
        command = command.stdin(Stdio::inherit());
    }
    if let Some(stderr) = wiring.stderr.take() {
        command = command.stderr(stderr);
    }
    command.spawn(slave).map(Process::Child).map_err(plain)
}

/// The same for the helper, which has no streams of ours and no variables.
fn launch(invocation: &Invocation, spec: &ExecSpec<'_>, wiring: &mut Wiring) -> Result<Launch, IsolationError> {
    let on_terminal = wiring.terminal.is_some();
    let output = |wired: Option<OwnedFd>| wired.map_or(Stream::Terminal, Stream::Given);
    let stdin = match on_terminal && io::stdin().is_terminal() {
        true => Stream::Terminal,
        false => Stream::stdin()?,
    };
    Ok(Launch {
        file: invocation.file.clone(),
        arguments: invocation.arguments.clone(),
        environment: environment::whole(spec),
        streams: [stdin, output(wiring.stdout.take()), output(wiring.stderr.take())],
    })
}

fn explain(failure: Failure, spec: &ExecSpec<'_>) -> ExecError {
    let program = spec.program.to_string_lossy().into_owned();
    let exists = || program::find(&spec.program).is_some();
    match failure {
        Failure::Channel(source) => ExecError::Channel(source),
        Failure::Isolation(error) => error.into(),
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

/// The system's error in one of the library's.
pub(crate) fn plain(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        pty_process::Error::Rustix(errno) => errno.into(),
    }
}
