//! `exec` on a real pseudo-terminal: what the child sees, and what the user does.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

use crate::driver::{SECRET, Story, python, read_rest, read_until, script};

/// A user at a terminal.
struct User {
    screen: File,
    terminal: pty_process::blocking::Pty,
    child: Child,
}

impl User {
    fn starts(story: &Story) -> Self {
        Self::starts_with(story.command(), |command| command)
    }

    fn starts_with(
        command: Command,
        connect: impl FnOnce(pty_process::blocking::Command) -> pty_process::blocking::Command,
    ) -> Self {
        let (terminal, slave) = pty_process::blocking::open().unwrap();
        terminal.resize(pty_process::Size::new(33, 77)).unwrap();
        let screen: OwnedFd = terminal.as_fd().try_clone_to_owned().unwrap();
        let child = connect(pty_process::blocking::Command::from(command))
            .spawn(slave)
            .unwrap();
        Self {
            screen: screen.into(),
            terminal,
            child,
        }
    }

    fn sees(&mut self, text: &str) -> String {
        read_until(&mut self.screen, text)
    }

    fn types(&mut self, keys: &str) {
        self.screen.write_all(keys.as_bytes()).unwrap();
    }

    /// The rest of the screen, and the status.
    fn ends(mut self) -> (String, Option<i32>) {
        let rest = read_rest(&mut self.screen);
        (rest, self.child.wait().unwrap().code())
    }
}

#[test]
fn the_child_is_on_a_terminal_of_the_users_size() {
    let mut user = User::starts(&python(
        "import os,sys;print([os.isatty(n) for n in (0,1,2)],os.get_terminal_size(),os.environ['TOKEN']);sys.exit(7)",
    ));
    let seen = user.sees("TOKEN]");
    assert!(
        seen.contains("[True, True, True] os.terminal_size(columns=77, lines=33) [redacted:TOKEN]"),
        "{seen}"
    );
    assert_eq!(user.ends().1, Some(7));
}

#[test]
fn a_prompt_appears_at_once_and_keys_arrive() {
    let mut user = User::starts(&script("printf 'Name: '; read name; echo \"hello $name\""));
    user.sees("Name: ");
    user.types("bob\r");
    let seen = user.sees("hello bob\r\n");
    assert_eq!(seen, "bob\r\nhello bob\r\n", "echoed once");
    assert_eq!(user.ends(), (String::new(), Some(0)));
}

#[test]
fn a_key_that_may_begin_a_value_is_echoed_and_the_value_is_not() {
    let mut user = User::starts(&script("echo ready; exec cat"));
    user.sees("ready\r\n");
    let (first, rest) = SECRET.split_at(1);
    user.types(first);
    user.sees(first);
    user.types(&format!("{rest}\r"));
    // The echo, whose first byte was shown before, and what cat printed.
    let seen = user.sees("[redacted:TOKEN]\r\n[redacted:TOKEN]\r\n");
    assert!(!seen.contains(rest));
    user.types("\x04");
    assert_eq!(user.ends().1, Some(0), "Ctrl-D is the end of file");
}

#[test]
fn ctrl_c_interrupts_the_child_and_the_terminal_is_itself_again() {
    let mut user = User::starts(&script("echo ready; exec sleep 60"));
    user.sees("ready\r\n");
    let raw = tcgetattr(&user.terminal).unwrap();
    assert!(
        !raw.local_modes
            .intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    );
    user.types("\x03");
    assert_eq!(user.child.wait().unwrap().code(), Some(130));
    let after = tcgetattr(&user.terminal).unwrap();
    assert!(
        after
            .local_modes
            .contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    );
}

#[test]
fn a_signal_from_elsewhere_ends_the_child_and_restores_the_terminal() {
    let mut user = User::starts(&script("echo ready; exec sleep 60"));
    user.sees("ready\r\n");
    kill_process(Pid::from_child(&user.child), Signal::TERM).unwrap();
    assert_eq!(user.child.wait().unwrap().code(), Some(128 + 15));
    assert!(
        tcgetattr(&user.terminal)
            .unwrap()
            .local_modes
            .contains(LocalModes::ECHO | LocalModes::ICANON)
    );
}

#[test]
fn a_new_window_size_reaches_the_child() {
    let mut user = User::starts(&python(
        // Waited for, not handled: a handler does not run when the signal comes just before the read that it would end.
        "import os,signal
signal.pthread_sigmask(signal.SIG_BLOCK,[signal.SIGWINCH])
print('ready');signal.sigwait([signal.SIGWINCH])
print(os.get_terminal_size(1));input()",
    ));
    user.sees("ready\r\n");
    user.terminal.resize(pty_process::Size::new(40, 100)).unwrap();
    user.sees("columns=100, lines=40");
    user.types("\r");
    assert_eq!(user.ends().1, Some(0));
}

#[test]
fn redirected_streams_stay_redirected() {
    let story = script("test -t 0 || echo 'no keyboard'; test -t 2 || echo \"err $TOKEN\" >&2; cat");
    let (mut errors, stderr) = std::io::pipe().unwrap();
    let (stdin, mut input) = std::io::pipe().unwrap();
    input.write_all(&[b'x'; 5000]).unwrap();
    drop(input);
    let user = User::starts_with(story.command(), |command| command.stdin(stdin).stderr(stderr));
    let (seen, status) = user.ends();
    assert_eq!(status, Some(0));
    assert!(seen.contains("no keyboard"), "{seen}");
    assert!(seen.contains(&"x".repeat(5000)), "a terminal would have cut the line");
    assert_eq!(read_rest(&mut errors), "err [redacted:TOKEN]\n");
}

#[test]
fn ctrl_c_of_the_terminal_reaches_a_child_on_pipes_once() {
    // Same process group: the terminal interrupts both. TERM comes after an INT that was passed on a second time.
    let story = python(
        "import signal,os,time
n=[0]
def got(*a): n[0]+=1; os.write(1,b'int\\n')
def end(*a): os.write(1,b'%d interrupts\\n'%n[0]); os._exit(0)
signal.signal(signal.SIGINT,got); signal.signal(signal.SIGTERM,end)
os.write(1,b'ready\\n')
while True: time.sleep(0.05)",
    );
    let (mut output, stdout) = std::io::pipe().unwrap();
    let mut user = User::starts_with(story.command(), |command| command.stdout(stdout).stderr(Stdio::null()));
    read_until(&mut output, "ready\n");
    user.types("\x03");
    read_until(&mut output, "int\n");
    kill_process(Pid::from_child(&user.child), Signal::TERM).unwrap();
    read_until(&mut output, "1 interrupts\n");
    assert_eq!(user.child.wait().unwrap().code(), Some(0));
}

#[test]
fn ctrl_z_stops_the_job_and_fg_continues_it() {
    let story = script("echo ready; read line; echo \"got $line\"");
    let driver = story.command();
    let mut shell = Command::new("bash");
    shell.args([
        "--norc",
        "-c",
        "set -m; \"$@\"; echo \"stopped $?\"; read go; fg >/dev/null",
        "bash",
    ]);
    shell.arg(driver.get_program()).args(driver.get_args());
    shell.envs(driver.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut user = User::starts_with(shell, |command| command);
    user.sees("ready\r\n");
    user.types("\x1a");
    user.sees("stopped 147\r\n");
    let cooked = tcgetattr(&user.terminal).unwrap();
    assert!(cooked.local_modes.contains(LocalModes::ECHO | LocalModes::ICANON));
    user.types("go\r");
    user.sees("go\r\n");
    user.types("on\r");
    user.sees("got on\r\n");
    assert_eq!(user.ends().1, Some(0));
}

#[test]
fn a_window_that_closes_hangs_up_the_child() {
    let (mut output, stdin) = std::io::pipe().unwrap();
    let story = script("trap 'echo hung up >&2; exit 4' HUP; echo ready; while :; do sleep 0.05; done");
    let mut user = User::starts_with(story.command(), |command| command.stderr(stdin));
    user.sees("ready\r\n");
    let User {
        screen,
        terminal,
        mut child,
    } = user;
    drop((screen, terminal));
    assert_eq!(read_rest(&mut output), "hung up\n");
    assert_eq!(child.wait().unwrap().code(), Some(4));
}
