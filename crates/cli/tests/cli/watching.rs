//! Stories of `exec --watch` with the real binary: the command again with new values, and no signal or exit code lost.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::Home;

/// Says which value it has, without showing it, and what ends it.
const SCRIPT: &str = "trap 'echo asked; exit 7' TERM
trap 'echo told; exit 9' USR1
echo has $(printf %s \"$CRM_TOKEN\" | cut -c7-9)
while :; do sleep 0.02; done";

struct Watched {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Watched {
    fn start(home: &Home, more: &[&str], script: &str) -> Self {
        let mut args = vec!["exec", "--watch"];
        args.extend(more);
        args.extend(["--only", "CRM_TOKEN", "--", "sh", "-c", script]);
        let mut child = home
            .command(&args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    #[track_caller]
    fn says(&mut self, line: &str) {
        assert_eq!(self.lines.next().unwrap().unwrap(), line);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

fn home() -> Home {
    let home = Home::new();
    home.set("CRM_TOKEN", "token-one-1234567");
    home
}

fn releases(home: &Home) -> usize {
    let listed = home.distri(&["audit", "list"]).ok().out();
    listed.lines().filter(|it| it.contains("secret.release")).count()
}

#[test]
fn a_changed_version_restarts_the_command_with_a_release_of_its_own() {
    let home = home();
    let mut watched = Watched::start(&home, &[], SCRIPT);
    watched.says("has one");
    home.set("OTHER_TOKEN", "another-secret-123");
    home.set("CRM_TOKEN", "token-two-1234567");
    watched.says("asked");
    watched.says("has two");
    home.pipe(
        &["secrets", "set", "CRM_TOKEN", "--stage", "--raw"],
        "token-3rd-1234567",
    )
    .ok();
    home.distri(&["secrets", "promote", "CRM_TOKEN"]).ok();
    watched.says("asked");
    watched.says("has 3rd");
    watched.signal(Signal::USR1);
    watched.says("told");
    assert_eq!(watched.code(), Some(9));
    assert_eq!(releases(&home), 3);
    home.distri(&["audit", "verify"]).ok();
}

#[test]
fn whoever_asks_us_to_end_ends_the_command_and_gets_its_code() {
    let home = home();
    let mut watched = Watched::start(&home, &[], SCRIPT);
    watched.says("has one");
    watched.signal(Signal::TERM);
    watched.says("asked");
    assert_eq!(watched.code(), Some(7));
    let watched = Watched::start(&home, &[], "exit 5");
    assert_eq!(watched.code(), Some(5));
}

#[test]
fn a_command_that_does_not_make_room_is_killed() {
    let home = home();
    let script = "trap 'echo stays' TERM
echo has $(printf %s \"$CRM_TOKEN\" | cut -c7-9)
while :; do sleep 0.02; done";
    let mut watched = Watched::start(&home, &["--grace", "1"], script);
    watched.says("has one");
    home.set("CRM_TOKEN", "token-two-1234567");
    // On a machine with much else to do it may be killed before it could say that it stays.
    let said = watched.lines.by_ref().map(Result::unwrap).find(|it| it != "stays");
    assert_eq!(said.as_deref(), Some("has two"));
    // Nothing of it stays behind: this one it does not trap.
    watched.signal(Signal::USR1);
    assert_eq!(watched.code(), Some(128 + 10));
}

#[test]
fn ended_while_it_makes_room_it_is_not_started_again() {
    let home = home();
    let script = "trap 'echo asked; sleep 0.3; exit 7' TERM
echo has $(printf %s \"$CRM_TOKEN\" | cut -c7-9)
while :; do sleep 0.02; done";
    let mut watched = Watched::start(&home, &[], script);
    watched.says("has one");
    home.set("CRM_TOKEN", "token-two-1234567");
    watched.says("asked");
    watched.signal(Signal::HUP);
    let code = watched.code();
    assert!(code == Some(7) || code == Some(128 + 1), "{code:?}");
}

#[test]
fn without_a_new_release_the_command_goes_on() {
    let home = home();
    let mut watched = Watched::start(&home, &[], SCRIPT);
    watched.says("has one");
    home.distri(&["secrets", "delete", "CRM_TOKEN", "--yes"]).ok();
    home.distri(&["secrets", "undelete", "CRM_TOKEN"]).ok();
    home.set("CRM_TOKEN", "token-two-1234567");
    watched.says("asked");
    watched.says("has two");
    watched.signal(Signal::TERM);
    watched.says("asked");
    assert_eq!(watched.code(), Some(7));
}
