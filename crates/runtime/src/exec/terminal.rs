//! The child's pseudo-terminal and the user's keyboard.
//!
//! The user's terminal is raw while the child runs in the foreground: every key, Ctrl-C included, goes to the
//! pseudo-terminal, whose own line discipline makes signals, echo and lines of it. [`RawMode`] puts the terminal back
//! on every way out, a panic included.

use std::io;
use std::io::IsTerminal as _;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::panic;
use std::rc::Rc;
use std::sync::{Mutex, Once, PoisonError};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, getpgrp, getsid, kill_process_group};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr, tcsetwinsize,
};

use super::signals::Disposition;

/// A child's pseudo-terminal, with the keyboard if the parent's stdin is one.
pub(super) struct Terminal {
    master: Rc<OwnedFd>,
    child: Option<Pid>,
    keyboard: Keyboard,
    raw: Option<RawMode>,
    /// Keys for the child; those before `sent` are on their way.
    keys: Vec<u8>,
    sent: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyboard {
    /// Stdin is a terminal, and ours to read.
    Attached,
    /// Stdin is a terminal, and another job is in its foreground.
    Background,
    /// Stdin is something else, or gone.
    None,
}

impl Terminal {
    /// Gives a new pseudo-terminal the user's settings and window size.
    pub(super) fn new(master: Rc<OwnedFd>) -> io::Result<Self> {
        if let Ok(settings) = tcgetattr(io::stdout()) {
            tcsetattr(&master, OptionalActions::Now, &settings)?;
        }
        let flags = fcntl_getfl(&master)?;
        fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
        let terminal = Self {
            master,
            child: None,
            keyboard: Keyboard::None,
            raw: None,
            keys: Vec::new(),
            sent: 0,
        };
        terminal.copy_window_size();
        Ok(terminal)
    }

    /// Connects the keyboard, now that the child is there.
    pub(super) fn attach(&mut self, child: Option<Pid>) {
        self.child = child;
        if io::stdin().is_terminal() {
            self.keyboard = Keyboard::Background;
            self.take_foreground();
        }
    }

    /// Passes the window's size on; the kernel tells the programs there by SIGWINCH.
    pub(super) fn copy_window_size(&self) {
        if let Ok(size) = tcgetwinsize(io::stdout()) {
            let _ = tcsetwinsize(&self.master, size);
        }
    }

    /// What to wait for before `read_keys`.
    pub(super) fn wants_keys(&self) -> bool {
        self.keyboard == Keyboard::Attached && self.sent == self.keys.len()
    }

    /// What to wait for before `send_keys`.
    pub(super) fn wants_send(&self) -> Option<BorrowedFd<'_>> {
        (self.sent < self.keys.len()).then(|| self.master.as_fd())
    }

    /// Reads what was typed.
    pub(super) fn read_keys(&mut self, buffer: &mut [u8]) {
        if !is_foreground() {
            // Reading now would stop us by SIGTTIN; SIGCONT says when that is over.
            return self.leave_foreground();
        }
        let count = match rustix::io::read(io::stdin(), &mut *buffer) {
            Ok(count) => count,
            Err(Errno::AGAIN | Errno::INTR) => return,
            Err(_) => 0,
        };
        self.keys.clear();
        self.sent = 0;
        if count == 0 {
            // The user's terminal is gone; a program that reads lines learns it as an end of file.
            self.keyboard = Keyboard::None;
            self.keys
                .extend(self.key_for(SpecialCodeIndex::VEOF, LocalModes::ICANON));
            return self.send_keys();
        }
        let typed = &buffer[..count];
        let stop = self.key_for(SpecialCodeIndex::VSUSP, LocalModes::ISIG);
        match typed.iter().position(|key| Some(*key) == stop) {
            Some(at) if self.would_stop() => {
                self.keys.extend_from_slice(&typed[..at]);
                self.send_keys();
                self.suspend();
                self.keys.extend_from_slice(&typed[at + 1..]);
            }
            _ => self.keys.extend_from_slice(typed),
        }
        self.send_keys();
    }

    /// Hands keys to the pseudo-terminal.
    pub(super) fn send_keys(&mut self) {
        while self.sent < self.keys.len() {
            match rustix::io::write(&self.master, &self.keys[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(Errno::AGAIN | Errno::INTR) => return,
                // Nobody is there to read them.
                Err(_) => self.sent = self.keys.len(),
            }
        }
    }

    /// Sends a signal as the terminal's own: to the job in its foreground.
    pub(super) fn signal_foreground(&self, signal: Signal) {
        if let Ok(group) = tcgetpgrp(&self.master) {
            let _ = kill_process_group(group, signal);
        }
    }

    /// Stops the command and ourselves, as Ctrl-Z would without us; `fg` or `bg` continues us with SIGCONT, which
    /// [`resume`](Self::resume)s.
    ///
    /// SIGSTOP because the command leads a session that has no job control: there the kernel discards SIGTSTP. With
    /// several threads this one may run on for a moment before the stop reaches it, so it must not touch the terminal.
    pub(super) fn suspend(&mut self) {
        if !has_job_control() {
            return;
        }
        self.signal_foreground(Signal::STOP);
        self.leave_foreground();
        let _ = kill_process_group(getpgrp(), Signal::STOP);
    }

    /// Goes on after a stop.
    pub(super) fn resume(&mut self) {
        self.take_foreground();
        self.copy_window_size();
        self.signal_foreground(Signal::CONT);
    }

    fn take_foreground(&mut self) {
        if self.keyboard != Keyboard::None && is_foreground() {
            self.keyboard = Keyboard::Attached;
            // A stop from outside leaves the flag set and the terminal to the shell, so this is done anew each time.
            self.raw = None;
            self.raw = RawMode::enter().ok();
        }
    }

    fn leave_foreground(&mut self) {
        if self.keyboard == Keyboard::Attached {
            self.keyboard = Keyboard::Background;
        }
        self.raw = None;
    }

    /// Whether Ctrl-Z would stop the command on a terminal of its own.
    ///
    /// A shell inside does its own job control, and an editor takes the key itself: theirs it stays.
    fn would_stop(&self) -> bool {
        let in_front = tcgetpgrp(&self.master).ok();
        in_front.is_some() && in_front == self.child && Disposition::of(self.child).is_default(Signal::TSTP)
    }

    /// The key that has this meaning on the pseudo-terminal, if its mode gives it one.
    fn key_for(&self, code: SpecialCodeIndex, mode: LocalModes) -> Option<u8> {
        let settings = tcgetattr(&self.master).ok()?;
        let key = settings.special_codes[code];
        (settings.local_modes.contains(mode) && key != 0).then_some(key)
    }
}

/// The settings to go back to, where the panic hook finds them too.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The user's terminal in raw mode, until this is dropped.
struct RawMode(());

impl RawMode {
    fn enter() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            // A release build aborts on panic, and drops nothing; the message would be a staircase, too.
            let previous = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                restore();
                previous(info);
            }));
        });
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self(()))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore();
    }
}

fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // From the background this would stop us (SIGTTOU), and the settings are another job's by then.
        if is_foreground() {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        }
    }
}

/// Whether we may read the user's terminal and change its settings.
fn is_foreground() -> bool {
    // An error means that it is not our controlling terminal: nobody's job control is in the way.
    tcgetpgrp(io::stdin()).map_or(true, |group| group == getpgrp())
}

/// Whether somebody is there to continue us after a stop: a session whose leader is not in our own group.
fn has_job_control() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}
