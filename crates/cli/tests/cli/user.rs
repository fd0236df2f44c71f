//! A person at a real pseudo-terminal, and what they see.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, tcgetattr};

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(60);

/// A person at a terminal on which a command runs.
pub(crate) struct User {
    screen: File,
    pub(crate) child: Child,
    terminal: pty_process::blocking::Pty,
}

impl User {
    /// Starts the command with all its streams on the terminal.
    pub(crate) fn starts(command: Command) -> Self {
        let (terminal, side) = pty_process::blocking::open().unwrap();
        terminal.resize(pty_process::Size::new(30, 200)).unwrap();
        let screen: OwnedFd = terminal.as_fd().try_clone_to_owned().unwrap();
        let child = pty_process::blocking::Command::from(command).spawn(side).unwrap();
        Self {
            screen: screen.into(),
            child,
            terminal,
        }
    }

    /// Waits until `text` has appeared; everything up to its end.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).ends_with(text) {
            let mut byte = [0];
            let wait = Timespec::try_from(end.saturating_duration_since(Instant::now())).unwrap();
            let ready = poll(&mut [PollFd::new(&self.screen, PollFlags::IN)], Some(&wait)).unwrap();
            // A terminal whose command is gone answers with an error.
            let read = if ready > 0 {
                self.screen.read(&mut byte).unwrap_or(0)
            } else {
                0
            };
            assert_eq!(read, 1, "no {text:?} in: {}", String::from_utf8_lossy(&seen));
            seen.push(byte[0]);
        }
        String::from_utf8(seen).unwrap()
    }

    /// Presses keys; `\r` is Enter, `\x03` Ctrl-C.
    pub(crate) fn types(&mut self, keys: &str) {
        self.screen.write_all(keys.as_bytes()).unwrap();
    }

    /// The rest of what appears, and the exit code, or 128 and the signal.
    pub(crate) fn ends(&mut self) -> (String, i32) {
        use std::os::unix::process::ExitStatusExt;
        let mut seen = Vec::new();
        let _ = self.screen.read_to_end(&mut seen);
        let status = self.child.wait().unwrap();
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap());
        (String::from_utf8_lossy(&seen).into_owned(), code)
    }

    /// Whether keys are shown and lines edited, as a shell expects its terminal back.
    pub(crate) fn is_usual(&self) -> bool {
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }
}
