//! Starts the command, passes signals on, and says how it ended.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command};

use pty_process::blocking as pty;
use rustix::io::Errno;
use rustix::process::{Pid, kill_process};

use super::watch::{Event, Watch};
use crate::exec::plain;
use crate::isolation::wire::{self, Frame, Streams, ToHelper, ToParent, Wired};

/// Serves the parent until the command has ended, or the parent has.
pub(super) fn run(control: &UnixStream, watch: &Watch) -> io::Result<()> {
    let Some(mut child) = start(control)? else {
        return Ok(());
    };
    loop {
        match watch.wait(control.as_fd())? {
            Event::ChildEnded => {
                if let Some(status) = child.try_wait()? {
                    let status = status.into_raw();
                    return wire::send(control, &ToParent::Ended { status }, &[], &[]);
                }
            }
            Event::Other => match wire::receive(control) {
                Ok(Some(Frame {
                    message: ToHelper::Signal(number),
                    ..
                })) => pass_on(number, &child),
                // The parent is gone, and with it the reader of whatever the command writes.
                _ => {
                    child.kill()?;
                    child.wait()?;
                    return Ok(());
                }
            },
        }
    }
}

/// The command, as soon as an attempt succeeds; none if the parent gives up.
fn start(control: &UnixStream) -> io::Result<Option<Child>> {
    let mut terminal = None;
    loop {
        let Some(frame) = wire::receive(control)? else {
            return Ok(None);
        };
        let not_started = |error: io::Error| ToParent::NotStarted {
            errno: error.raw_os_error().unwrap_or(Errno::INVAL.raw_os_error()),
        };
        match frame.message {
            ToHelper::OpenTerminal => match pty::open() {
                Ok((master, slave)) => {
                    terminal = Some(slave);
                    wire::send(control, &ToParent::Terminal, &[], &[OwnedFd::from(master).as_fd()])?;
                }
                Err(error) => wire::send(control, &not_started(plain(error)), &[], &[])?,
            },
            ToHelper::Launch { arguments, streams } => {
                let command = command(&frame.bytes, arguments);
                match spawn(command, streams, frame.descriptors, terminal.take()) {
                    Ok(child) => {
                        // A process number fits, as the kernel's own type is signed.
                        let pid = child.id().cast_signed();
                        wire::send(control, &ToParent::Started { pid }, &[], &[])?;
                        return Ok(Some(child));
                    }
                    Err(error) => wire::send(control, &not_started(error), &[], &[])?,
                }
            }
            ToHelper::Setup { .. } | ToHelper::Signal(_) => {}
        }
    }
}

/// The file, its arguments from the zeroth on, its whole environment.
fn command(bytes: &[u8], arguments: usize) -> Command {
    let mut words = wire::words(bytes);
    let mut command = Command::new(words.next().unwrap_or_default());
    let mut arguments = words.by_ref().take(arguments);
    command.arg0(arguments.next().unwrap_or_default());
    command.args(arguments);
    command.env_clear();
    for variable in words {
        let bytes = variable.as_bytes();
        if let Some(at) = bytes.iter().position(|byte| *byte == b'=') {
            let name = std::ffi::OsString::from_vec(bytes[..at].to_vec());
            command.env(name, std::ffi::OsStr::from_bytes(&bytes[at + 1..]));
        }
    }
    command
}

fn spawn(command: Command, streams: Streams, given: Vec<OwnedFd>, terminal: Option<pty::Pts>) -> io::Result<Child> {
    let mut given = given.into_iter();
    let mut next = |wired: Wired| match wired {
        Wired::Given => given.next(),
        Wired::Terminal => None,
    };
    let streams = streams.map(&mut next);
    match terminal {
        Some(terminal) => {
            let [stdin, stdout, stderr] = streams;
            let mut command = pty::Command::from(command);
            if let Some(stdin) = stdin {
                command = command.stdin(stdin);
            }
            if let Some(stdout) = stdout {
                command = command.stdout(stdout);
            }
            if let Some(stderr) = stderr {
                command = command.stderr(stderr);
            }
            command.spawn(terminal).map_err(plain)
        }
        None => {
            let mut command = command;
            let [Some(stdin), Some(stdout), Some(stderr)] = streams else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            command.stdin(stdin).stdout(stdout).stderr(stderr).spawn()
        }
    }
}

fn pass_on(number: i32, child: &Child) {
    let signal = rustix::process::Signal::from_named_raw(number);
    if let (Some(signal), Some(pid)) = (signal, Pid::from_raw(child.id().cast_signed())) {
        // Not reaped yet, so the number is the command's. Failing means that it is ending.
        let _ = kill_process(pid, signal);
    }
}
