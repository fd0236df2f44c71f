//! The child as a process: spawned with nothing of ours, killed and reaped without fail.

use std::{
    io,
    os::{fd::OwnedFd, unix::process::ExitStatusExt},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{OnceLock, mpsc},
    thread,
};

use tokio::{net::UnixStream, sync::oneshot};

use super::spec::HostCommand;

/// A running child. Dropping it kills it and waits for its end.
pub(super) struct Process(Child);

impl Process {
    /// Starts `command` with one end of a socket pair as its standard input, and gives the other.
    pub(super) async fn spawn(command: &HostCommand) -> io::Result<(Self, UnixStream)> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (reply, answer) = oneshot::channel();
        let job = Job {
            command: command.clone(),
            stdin: theirs.into(),
            reply,
        };
        spawner()
            .send(job)
            .map_err(|_| io::Error::other("the spawning thread is gone"))?;
        let process = answer
            .await
            .map_err(|_| io::Error::other("the spawning thread is gone"))??;
        Ok((process, UnixStream::from_std(ours)?))
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has not ended yet.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Ends it and says how it ended; an end of its own that came first stays the answer.
    pub(super) fn end(mut self) -> String {
        // Failing means that it is gone already.
        let _ = self.0.kill();
        self.0.wait().map_or_else(|error| error.to_string(), describe)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        // The signal cannot be blocked, so this is over in about a millisecond.
        let _ = self.0.wait();
    }
}

struct Job {
    command: HostCommand,
    stdin: OwnedFd,
    reply: oneshot::Sender<io::Result<Process>>,
}

/// The one thread that spawns children.
///
/// The kernel's parent-death signal is sent when the *thread* that spawned ends, so a thread of an
/// async runtime, which may end while the process lives, must not do it. It also keeps the
/// millisecond of `exec` off the runtime's threads.
fn spawner() -> &'static mpsc::Sender<Job> {
    static SPAWNER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    SPAWNER.get_or_init(|| {
        let (sender, jobs) = mpsc::channel::<Job>();
        let spawned = thread::Builder::new()
            .name("tool-host-spawner".to_owned())
            .spawn(move || {
                for Job { command, stdin, reply } in jobs {
                    // Nobody waiting any more: the process in the refused answer is dropped, so killed.
                    let _ = reply.send(start(&command, stdin));
                }
            });
        // Without the thread its receiver is dropped, and `spawn` above reports that.
        drop(spawned);
        sender
    })
}

fn start(command: &HostCommand, stdin: OwnedFd) -> io::Result<Process> {
    Command::new(&command.program)
        .args(&command.args)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Process)
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (_, Some(31)) => "it made a system call that is not allowed (SIGSYS)".to_owned(),
        (_, Some(9)) => "it was killed".to_owned(),
        (_, Some(signal)) => format!("it was ended by signal {signal}"),
        (Some(code), None) => format!("it ended with code {code}"),
        (None, None) => "it ended".to_owned(),
    }
}
