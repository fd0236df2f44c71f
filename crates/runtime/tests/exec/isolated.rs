//! Isolated children: everything else in this suite holds for them too, and the listener is their way out.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::driver::{ISOLATED, python, read_until, script, story};

/// The whole suite once more; as another user too, who has other rights to isolate with.
#[test]
fn everything_holds_for_an_isolated_child() {
    let users = match rustix::process::getuid().is_root() {
        true => vec![None, Some(65534)],
        false => vec![None],
    };
    for user in users {
        let mut suite = Command::new(std::env::current_exe().unwrap());
        suite.args(["--skip", "isolated::", "--skip", "driver::"]);
        suite.env(ISOLATED, "1").env("PATH", "/usr/bin:/bin");
        suite.stdin(Stdio::null()).current_dir("/");
        if let Some(user) = user {
            suite.uid(user).gid(user);
        }
        let output = suite.output().unwrap();
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "user {user:?}: {report}");
        assert!(!report.contains(" 0 passed"), "{report}");
    }
}

#[test]
fn the_listener_is_a_way_out() {
    let output = python(
        "import os,socket
out=socket.create_connection(('127.0.0.1',int(os.environ['PORT'])))
out.sendall(b'there and back'); out.shutdown(socket.SHUT_WR)
print(out.makefile().read())",
    )
    .isolated(&[])
    .with_echo()
    .output();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "there and back\n");
}

#[test]
fn a_listener_that_nobody_serves_is_closed() {
    let output = python(
        "import re,socket
port=[int(x.split(':')[1],16) for line in list(open('/proc/net/tcp'))[1:] for x in line.split()[1:2]]
print(port)",
    )
    .isolated(&[])
    .output();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "[]\n");
}

#[test]
fn nothing_outlives_the_child_or_us() {
    // A name that only this test's process has.
    let mark = format!("7{}.5", std::process::id());
    let count = || {
        let listed = Command::new("pgrep")
            .args(["-c", "-f", &format!("^sleep {mark}$")])
            .output()
            .unwrap();
        String::from_utf8_lossy(&listed.stdout).trim().to_owned()
    };
    let output = script(&format!("setsid sleep {mark} & echo started"))
        .isolated(&[])
        .output();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "started\n");
    assert_eq!(count(), "0");

    let mut child = script(&format!("setsid sleep {mark} & echo ready; exec sleep {mark}"))
        .isolated(&[])
        .spawn();
    let mut stdout = child.stdout.take().unwrap();
    read_until(&mut stdout, "ready\n");
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    // The pipe's end: the last process that could write there is gone. What is inside of the isolation writes elsewhere, and
    // the helper ends it as soon as it sees that we are gone.
    assert_eq!(crate::driver::read_rest(&mut stdout), "");
    let until = Instant::now() + Duration::from_secs(60);
    while count() != "0" {
        assert!(Instant::now() < until, "it outlives us");
    }
}

#[test]
fn hidden_files_are_hidden_at_every_mount_of_theirs() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (home, alias) = (folder.path().join("home"), folder.path().join("alias"));
    std::fs::create_dir_all(home.join("distri")).unwrap();
    std::fs::create_dir(&alias).unwrap();
    std::fs::write(home.join("distri/root.key"), "key").unwrap();
    std::fs::write(folder.path().join("apart.key"), "key").unwrap();
    std::fs::write(folder.path().join("copy.key"), "").unwrap();
    let text = format!(
        "cd {0}; cat home/distri/root.key alias/distri/root.key copy.key apart.key; echo $?; echo new > alias/file; cat home/file",
        folder.path().display()
    );
    let hide = [home.join("distri"), folder.path().join("apart.key")];
    let driver = script(&text).isolated(&[&hide[0], &hide[1]]).command();
    let mut mounted = Command::new("unshare");
    mounted.args([
        "-m",
        "sh",
        "-c",
        r#"cd "$0"; mount --bind home alias; mount --bind home/distri/root.key copy.key; exec "$@""#,
    ]);
    mounted
        .arg(folder.path())
        .arg(driver.get_program())
        .args(driver.get_args());
    mounted.envs(driver.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = mounted.output().unwrap();
    let shown = String::from_utf8_lossy(crate::driver::after_mark(&output.stdout)).into_owned();
    assert_eq!(shown, "1\nnew\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn pipes_are_inherited_and_sockets_are_not() {
    let mut shell = Command::new("bash");
    let driver = story(&["bash", "-c", "cat /proc/self/fd/9; cat <&8 || echo closed"])
        .isolated(&[])
        .command();
    shell.args(["-c", r#"exec 9< <(echo through) 8<>/dev/tcp/127.0.0.1/$0; exec "$@""#]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    shell.arg(listener.local_addr().unwrap().port().to_string());
    shell.arg(driver.get_program()).args(driver.get_args());
    shell.envs(driver.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.stdin(Stdio::null()).output().unwrap();
    let shown = String::from_utf8_lossy(crate::driver::after_mark(&output.stdout)).into_owned();
    assert_eq!(
        shown,
        "through\nclosed\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_network_socket_as_standard_input_is_refused() {
    let socket: std::os::fd::OwnedFd = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().into();
    let directory: std::os::fd::OwnedFd = std::fs::File::open("/").unwrap().into();
    let (stream, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let run = |stdin: std::os::fd::OwnedFd| {
        let output = script("echo ran")
            .isolated(&[])
            .command()
            .stdin(stdin)
            .output()
            .unwrap();
        let shown = crate::driver::after_mark(&output.stdout).to_vec();
        (
            String::from_utf8_lossy(&shown).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let unconnected = rustix::net::socket(rustix::net::AddressFamily::UNIX, rustix::net::SocketType::STREAM, None);
    for (stdin, what) in [
        (socket, "a socket"),
        (unconnected.unwrap(), "a socket"),
        (directory, "a directory"),
    ] {
        let (shown, said) = run(stdin);
        assert_eq!(shown, "");
        assert_eq!(
            said,
            format!("error: standard input is {what}, which would be a way out of the isolation\n")
        );
    }
    assert_eq!(run(stream.into()).0, "ran\n");
}
