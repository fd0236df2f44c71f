//! Signals on pipes: passed on once, and not at all if ignored.

use rustix::process::{Pid, Signal, kill_process};

use crate::driver::{python, read_rest, read_until, script};

fn send(child: &std::process::Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn signals_reach_the_child() {
    for (name, signal) in [
        ("TERM", Signal::TERM),
        ("INT", Signal::INT),
        ("HUP", Signal::HUP),
        ("QUIT", Signal::QUIT),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
    ] {
        let story = script(&format!(
            "trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.05; done"
        ));
        let mut child = story.spawn();
        let mut stdout = child.stdout.take().unwrap();
        read_until(&mut stdout, "ready\n");
        send(&child, signal);
        assert_eq!(read_rest(&mut stdout), format!("got {name}\n"));
        assert_eq!(child.wait().unwrap().code(), Some(9));
    }
}

#[test]
fn a_signal_that_ends_the_child_is_in_the_status() {
    let mut child = script("echo ready; exec sleep 60").spawn();
    read_until(child.stdout.as_mut().unwrap(), "ready\n");
    send(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
}

#[test]
fn a_signal_is_passed_on_while_the_reader_is_stuck() {
    // Nobody reads stdout, so both pipes are full; the child still learns that it should end.
    let mut child = python(
        "import signal,os,sys
def end(*a): os.write(2,b'told'); os._exit(5)
signal.signal(signal.SIGTERM,end)
os.write(2,b'ready')
while True: os.write(1,b'x'*65536)",
    )
    .spawn();
    let mut stderr = child.stderr.take().unwrap();
    read_until(&mut stderr, "ready");
    send(&child, Signal::TERM);
    read_until(&mut stderr, "told");
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn what_nohup_ignores_stays_ignored() {
    let story = script("echo ready; read line; echo $line");
    let mut command = std::process::Command::new("nohup");
    let driver = story.command();
    command.arg(driver.get_program()).args(driver.get_args());
    command.envs(driver.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    read_until(&mut stdout, "ready\n");
    send(&child, Signal::HUP);
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"alive\n").unwrap();
    assert_eq!(read_rest(&mut stdout), "alive\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
