//! The first process of the place: mounts its `/proc`, takes in orphans, and is the end of all others when it ends.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, ExitCode, Stdio};

use rustix::mount::{MountFlags, mount};
use rustix::process::{DumpableBehavior, WaitOptions, set_dumpable_behavior, wait};

use super::watch::{Event, Watch};
use super::{INIT, privileges};

/// The first process, as the helper has it. It lives as long as this, or as the helper, whichever ends first.
pub(super) struct Init {
    process: Child,
    lifeline: Option<PipeWriter>,
    answer: PipeReader,
}

impl Init {
    /// Starts it; every later child of the helper is in the same place.
    pub(super) fn start() -> io::Result<Self> {
        privileges::lend_mounting()?;
        let (theirs, lifeline) = io::pipe()?;
        let (answer, say) = io::pipe()?;
        let process = Command::new("/proc/self/exe")
            .args(std::env::args_os().skip(1))
            .arg(INIT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::from(say))
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            process,
            lifeline: Some(lifeline),
            answer,
        })
    }

    /// Waits until its `/proc` is there.
    pub(super) fn wait_until_ready(&mut self) -> io::Result<()> {
        let mut errno = [0; 4];
        self.answer.read_exact(&mut errno)?;
        match i32::from_ne_bytes(errno) {
            0 => Ok(()),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }
}

impl Drop for Init {
    fn drop(&mut self) {
        self.lifeline = None;
        // It is over when all other processes of the place are.
        let _ = self.process.wait();
    }
}

/// Runs the first process.
pub(super) fn main() -> ExitCode {
    let Ok(watch) = Watch::start() else {
        return ExitCode::FAILURE;
    };
    let ready = mount_processes()
        .and_then(|()| privileges::give_up_own())
        .and_then(|()| Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?));
    let errno = ready.as_ref().err().map_or(0, |it| it.raw_os_error().unwrap_or(1));
    let said = io::stdout()
        .write_all(&errno.to_ne_bytes())
        .and_then(|()| io::stdout().flush());
    if ready.is_err() || said.is_err() {
        return ExitCode::FAILURE;
    }
    loop {
        match watch.wait(io::stdin().as_fd()) {
            Ok(Event::ChildEnded) => while matches!(wait(WaitOptions::NOHANG), Ok(Some(_))) {},
            // Nothing ever comes over the lifeline but its end.
            Ok(Event::Other) | Err(_) => return ExitCode::SUCCESS,
        }
    }
}

/// A `/proc` that shows the processes of the place, read-only: writing there is giving orders to the kernel.
fn mount_processes() -> io::Result<()> {
    let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    Ok(mount("proc", "/proc", "proc", flags, None)?)
}
