//! `exec --isolate`: what a command inside tries, and what still works. Each story for root and for another user.

use std::collections::BTreeMap;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{Done, Home, feed, finish};
use crate::upstream::Upstream;

const NOBODY: u32 = 65534;

/// Who runs `distri`, with a home of their own that has one secret.
struct User {
    home: Home,
    id: Option<u32>,
}

/// The user of the tests; if that is root, one without rights as well.
fn users() -> Vec<User> {
    let ids = match rustix::process::getuid().is_root() {
        true => vec![None, Some(NOBODY)],
        false => vec![None],
    };
    ids.into_iter().map(User::new).collect()
}

impl User {
    fn new(id: Option<u32>) -> Self {
        let home = Home::new();
        let user = Self { home, id };
        if let Some(id) = id {
            let outer = user.home.work().parent().unwrap().to_owned();
            chown(&outer, Some(id), Some(id)).unwrap();
            chown(user.home.work(), Some(id), Some(id)).unwrap();
        }
        feed(
            user.command(&["secrets", "set", "TOKEN", "--raw"]),
            b"Zm-9correct/horse+battery",
        )
        .ok();
        user
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.home.command(args);
        if let Some(id) = self.id {
            command.uid(id).gid(id);
        }
        command
    }

    /// Runs `distri ARGS` as the last words of another command.
    fn inside(&self, mut outer: Command, args: &[&str]) -> Command {
        let command = self.command(args);
        outer.arg(command.get_program()).args(command.get_args());
        outer.current_dir(self.home.work()).env_clear();
        outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(id) = self.id {
            outer.uid(id).gid(id);
        }
        outer
    }

    /// Runs a command isolated.
    fn isolated(&self, argv: &[&str]) -> Done {
        let args = [&["exec", "--isolate", "--"], argv].concat();
        finish(self.command(&args).stdin(Stdio::null()).output().unwrap())
    }
}

#[test]
fn nothing_that_an_isolated_command_tries_is_a_way_out() {
    for user in users() {
        let outside = Outside::new(&user);
        // The shell becomes `distri`, whose number the attacker is told.
        let mut shell = Command::new("/bin/sh");
        shell.args([
            "-c",
            r#"target=$1; shift; exec "$@" "$(echo "$target" | sed s/PARENT/$$/)""#,
            "sh",
        ]);
        shell.arg(outside.target(&user));
        let attacker = include_str!("attacker.py");
        let mut shell = user.inside(shell, &["exec", "--isolate", "--", "python3", "-c", attacker]);
        let done = finish(shell.stdin(Stdio::null()).output().unwrap()).ok();
        let outcomes: BTreeMap<String, String> = serde_json::from_slice(&done.stdout).unwrap();
        assert!(outcomes.len() > 60, "{outcomes:#?}");
        for (attempt, outcome) in &outcomes {
            let expected = match attempt.as_str() {
                "works" => "(b'pair', b'inside', '', True, True)",
                "processes" => "own",
                // These are its own files, and what is mounted in them moves along.
                "deleting the home" => "open",
                _ if outcome != "open" => continue,
                _ => "refused",
            };
            assert_eq!(outcome, expected, "{attempt}, uid {:?}: {outcomes:#?}", user.id);
        }
        assert_eq!(std::fs::read(user.home.work().join("written")).unwrap(), b"yes");
        outside.heard_nothing();
    }
}

#[test]
fn the_broker_is_the_way_out_of_an_isolated_command() {
    for user in users() {
        let upstream = Upstream::start();
        let name = "SENDGRID_API_KEY";
        feed(
            user.command(&["secrets", "set", name, "--raw"]),
            b"canary-7Qw9Zx3Lk5Vb1Nm8Rt2Yp6Hs4Jd0Fg",
        )
        .ok();
        let options = upstream.and_options(&["exec", "--isolate", "--only", name]);
        let authority = upstream.authority();
        std::fs::set_permissions(authority.parent().unwrap(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let script = "import os, urllib.request
address = 'https://api.sendgrid.com/v3/mail/send'
key = os.environ['SENDGRID_API_KEY']
request = urllib.request.Request(address, headers={'Authorization': 'Bearer ' + key})
with urllib.request.urlopen(request, timeout=20) as answer:
    print(answer.status, 'canary' in key)
for name in [*os.environ]:
    if 'proxy' in name.lower(): del os.environ[name]
try: urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=20)
except OSError: print('nothing else answers')";
        let args: Vec<&str> = options
            .iter()
            .map(String::as_str)
            .chain(["python3", "-c", script])
            .collect();
        let mut command = user.command(&args);
        command.env("TMPDIR", user.home.work()).stdin(Stdio::null());
        let done = finish(command.output().unwrap()).ok();
        assert_eq!(done.out(), "202 False\nnothing else answers\n", "{}", done.stderr);
        let arrived = upstream.only();
        assert_eq!(
            arrived.headers["authorization"],
            "Bearer canary-7Qw9Zx3Lk5Vb1Nm8Rt2Yp6Hs4Jd0Fg"
        );
    }
}

#[test]
fn an_isolated_command_ends_as_it_would_otherwise_and_is_redacted() {
    for user in users() {
        let done = user
            .isolated(&["sh", "-c", "echo $TOKEN; env | grep -c ^DISTRI; exit 7"])
            .exits(7);
        assert_eq!(done.out(), "[redacted:TOKEN]\n0\n");
        user.isolated(&["sh", "-c", "kill -TERM $$"]).exits(128 + 15);
        user.isolated(&["no-such-command"])
            .exits(127)
            .says("command not found: `no-such-command`");
        user.isolated(&["/etc/passwd"]).exits(126);
        // distri itself finds no store there, and can make none.
        let distri = env!("CARGO_BIN_EXE_distri");
        let home = format!("DISTRI_HOME={}", user.home.path().display());
        for verb in [
            &["secrets", "get", "TOKEN", "--reveal"][..],
            &["exec", "--isolate", "--", "env"],
        ] {
            let done = user.isolated(&[&["env", &home, distri], verb].concat());
            assert!(done.code != 0 && done.stdout.is_empty(), "{verb:?}: {}", done.out());
        }
    }
}

#[test]
fn a_working_directory_among_the_hidden_ones_is_hidden_too() {
    for user in users() {
        let args = [
            "exec",
            "--isolate",
            "--",
            "sh",
            "-c",
            "cat distri.db ../config/root.key || ls -A",
        ];
        let mut command = user.command(&args);
        command.current_dir(user.home.path().join("data"));
        let done = finish(command.output().unwrap());
        assert_eq!(done.out(), "");
    }
}

#[test]
fn what_cannot_be_isolated_gets_nothing() {
    for user in users() {
        let args = ["exec", "--isolate", "--", "env"];
        // A machine without user namespaces, and a user without rights.
        let mut machine = Command::new("unshare");
        machine.args(["-Ur", "sh", "-c"]);
        machine.arg(
            "echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-sys_admin,-net_admin \"$@\"",
        );
        machine.arg("sh");
        let done = finish(user.inside(machine, &args).output().unwrap()).exits(1);
        assert_eq!(done.out(), "");
        done.says("this machine does not permit isolation: no user namespace")
            .says("hint: permit user namespaces: `sysctl user.max_user_namespaces=");

        let audit = finish(user.command(&["audit", "list"]).output().unwrap()).ok();
        assert!(!audit.out().contains("release"), "{}", audit.out());
    }
}

#[test]
fn a_machine_that_masks_proc_isolates_with_what_it_has() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    for user in users() {
        let machine = |user: &User, args: &[&str]| {
            let mut machine = Command::new("unshare");
            machine.args(["-m", "sh", "-c"]);
            let id = user.id.unwrap_or(0);
            machine.arg(format!(
                "mount --bind /dev/null /proc/version; exec setpriv --bounding-set=-sys_admin,-net_admin --reuid {id} --regid {id} --clear-groups \"$@\""
            ));
            machine.arg("sh");
            let as_root = User {
                home: Home::new(),
                id: None,
            };
            let mut command = as_root.inside(machine, args);
            command
                .current_dir(user.home.work())
                .env("DISTRI_HOME", user.home.path());
            finish(command.stdin(Stdio::null()).output().unwrap())
        };
        let doctor = machine(&user, &["doctor"]).ok();
        assert!(
            doctor.out().contains("user namespace on, own processes off"),
            "{}",
            doctor.out()
        );
        let read = format!(
            "import os
for path in (f'/proc/{{os.getppid()}}/environ', f'/proc/{{os.getppid()}}/mem', '{0}/data/distri.db', '{0}/config/root.key'):
    try: open(path, 'rb').read(1); print('read')
    except OSError as error: print('refused')",
            user.home.path().display()
        );
        let done = machine(&user, &["exec", "--isolate", "--", "python3", "-c", &read]).ok();
        assert_eq!(done.out(), "refused\n".repeat(4));
    }
}

/// Services of the machine, which hear whatever comes out.
struct Outside {
    tcp: TcpListener,
    tcp6: TcpListener,
    udp: UdpSocket,
    unix: UnixListener,
    unix_datagram: UnixDatagram,
    abstract_name: String,
    in_abstract: UnixListener,
    /// Several, so that the number of the last one is none of the command's own.
    terminals: [pty_process::blocking::Pty; 8],
}

impl Outside {
    fn new(user: &User) -> Self {
        let work = user.home.work();
        let abstract_name = format!("distri-test-{}-{:?}", std::process::id(), user.id);
        let address = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        let it = Self {
            tcp: TcpListener::bind("127.0.0.1:0").unwrap(),
            tcp6: TcpListener::bind("[::1]:0").unwrap(),
            udp: UdpSocket::bind("127.0.0.1:0").unwrap(),
            unix: UnixListener::bind(work.join("socket")).unwrap(),
            unix_datagram: UnixDatagram::bind(work.join("datagrams")).unwrap(),
            abstract_name,
            in_abstract: UnixListener::bind_addr(&address).unwrap(),
            terminals: std::array::from_fn(|_| pty_process::blocking::open().unwrap().0),
        };
        for name in ["socket", "datagrams"] {
            std::fs::set_permissions(work.join(name), std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        it
    }

    fn target(&self, user: &User) -> String {
        let work = user.home.work();
        let device = std::fs::metadata("/").unwrap().dev();
        let target = json!({
            "tcp": self.tcp.local_addr().unwrap().port(),
            "tcp6": self.tcp6.local_addr().unwrap().port(),
            "udp": self.udp.local_addr().unwrap().port(),
            "unix": work.join("socket"),
            "unix_datagram": work.join("datagrams"),
            "abstract": self.abstract_name,
            "terminal": rustix::pty::ptsname(&self.terminals[7], Vec::new()).unwrap().to_str().unwrap(),
            "parent": "PARENT",
            "home": user.home.path(),
            "work": work,
            "disk": [rustix::fs::major(device), rustix::fs::minor(device)],
        });
        target.to_string().replace("\"PARENT\"", "PARENT")
    }

    fn heard_nothing(&self) {
        let silent = |result: std::io::Result<()>| {
            assert_eq!(result.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        };
        for listener in [&self.tcp, &self.tcp6] {
            listener.set_nonblocking(true).unwrap();
            silent(listener.accept().map(drop));
        }
        for listener in [&self.unix, &self.in_abstract] {
            listener.set_nonblocking(true).unwrap();
            silent(listener.accept().map(drop));
        }
        self.udp.set_nonblocking(true).unwrap();
        silent(self.udp.recv(&mut [0; 9]).map(drop));
        self.unix_datagram.set_nonblocking(true).unwrap();
        silent(self.unix_datagram.recv(&mut [0; 9]).map(drop));
    }
}
