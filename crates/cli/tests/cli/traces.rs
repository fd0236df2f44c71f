//! No byte of a value, nor its base64 or hexadecimal, where it does not belong: files, process list, logs.
//!
//! Each story looks for traces while a command waits, and afterwards in every file below the home.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;

use crate::support::{Done, Home, descendants, files_below, finish, has_trace};
use crate::upstream::Upstream;

const VALUE: &str = "canary-7Qw9Zx3Lk5Vb1Nm8Rt2Yp6Hs4Jd0Fg";
const OTHER: &str = "other-canary-Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8";

/// Fails when a file below the home has a trace of a value.
#[track_caller]
fn files_are_clean(home: &Home) {
    let files = home.files();
    assert!(files.iter().any(|it| it.ends_with("distri.db")), "{files:?}");
    for file in files.into_iter().chain(files_below(&home.work())) {
        let content = fs::read(&file).unwrap();
        for value in [VALUE, OTHER] {
            assert!(!has_trace(&content, value.as_bytes()), "in {}", file.display());
        }
    }
}

/// Fails when the command line or the environment of a process has a trace of a value. Returns how many bytes it
/// could read: those of a process that cannot be dumped are closed to everybody but root.
#[track_caller]
fn process_is_clean(id: u32) -> usize {
    let mut read = 0;
    for file in ["cmdline", "environ"] {
        let Ok(content) = fs::read(format!("/proc/{id}/{file}")) else {
            continue;
        };
        read += content.len();
        for value in [VALUE, OTHER] {
            assert!(!has_trace(&content, value.as_bytes()), "in {file} of {id}");
        }
    }
    read
}

/// Fails when what a command said has a trace of a value.
#[track_caller]
fn output_is_clean(done: &Done) {
    for value in [VALUE, OTHER] {
        assert!(
            !has_trace(&done.stdout, value.as_bytes()) && !has_trace(done.stderr.as_bytes(), value.as_bytes()),
            "{}{}",
            done.out(),
            done.stderr
        );
    }
}

/// Starts `distri ARGS` with the log at its most talkative.
fn start(home: &Home, args: &[impl AsRef<std::ffi::OsStr>]) -> Child {
    let mut command = home.command(args);
    command.env("DISTRI_LOG", "trace");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the process at the other end of the pipe has read all of it.
fn until_read(pipe: &ChildStdin) {
    let end = Instant::now() + Duration::from_secs(60);
    while ioctl_fionread(pipe).unwrap() > 0 {
        assert!(Instant::now() < end, "nobody reads");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn setting_and_looking_after_a_secret_leaves_no_trace() {
    let home = Home::new();
    let mut child = start(&home, &["secrets", "set", "STRIPE_API_KEY"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(VALUE.as_bytes()).unwrap();
    until_read(&stdin);
    assert!(process_is_clean(child.id()) > 0);
    drop(stdin);
    let done = finish(child.wait_with_output().unwrap()).ok();
    output_is_clean(&done);
    files_are_clean(&home);

    for args in [
        &["secrets", "list", "--long"][..],
        &["secrets", "get", "STRIPE_API_KEY"],
        &["secrets", "history", "STRIPE_API_KEY", "--json"],
        &["secrets", "copy", "--from", "default", "--to", "dev"],
        &["secrets", "edit", "STRIPE_API_KEY", "--note", "mine"],
        &["secrets", "lint"],
        &["secrets", "delete", "STRIPE_API_KEY", "--yes"],
        &["secrets", "undelete", "STRIPE_API_KEY"],
        &["audit", "list", "--json"],
        &["--local", "doctor"],
    ] {
        output_is_clean(&finish(start(&home, args).wait_with_output().unwrap()).ok());
        files_are_clean(&home);
    }
    assert_eq!(home.reveal("STRIPE_API_KEY"), VALUE.as_bytes());
    files_are_clean(&home);
}

#[test]
fn importing_a_file_leaves_no_trace() {
    let home = Home::new();
    let mut child = start(&home, &["secrets", "import", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    write!(stdin, "ONE={VALUE}\nTWO='{OTHER}'\n").unwrap();
    until_read(&stdin);
    process_is_clean(child.id());
    drop(stdin);
    output_is_clean(&finish(child.wait_with_output().unwrap()).ok());
    files_are_clean(&home);
    assert_eq!(home.reveal("TWO"), OTHER.as_bytes());
}

#[test]
fn a_command_has_the_value_and_distri_shows_none() {
    let home = Home::new();
    home.set("FIRST_TOKEN", VALUE);
    home.set("SECOND_TOKEN", OTHER);
    let script = "test \"$FIRST_TOKEN$SECOND_TOKEN\" && echo ready >&2; read line; echo \"$FIRST_TOKEN\"";
    let mut child = start(&home, &["exec", "--", "sh", "-c", script]);
    let mut stderr = child.stderr.take().unwrap();
    read_until(&mut stderr, "ready\n");
    // Of its child, only the environment has them: that is where they were asked for.
    assert!(process_is_clean(child.id()) > 0);
    files_are_clean(&home);
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let done = finish(child.wait_with_output().unwrap()).ok();
    assert_eq!(done.out(), "[redacted:FIRST_TOKEN]\n");
    let mut rest = Vec::new();
    stderr.read_to_end(&mut rest).unwrap();
    assert!(!has_trace(&rest, VALUE.as_bytes()) && !has_trace(&rest, OTHER.as_bytes()));
    files_are_clean(&home);
}

/// A handler that sends both values, logs them, and then waits for an answer that does not come.
const TOOLS: &str = "
export const getTools = () => [{ name: 'send', description: 'Send', handler: async ({ path }, { session }) => {
  console.log(process.env.SENDGRID_API_KEY, process.env.OTHER_TOKEN);
  await session.set('kept', process.env.OTHER_TOKEN);
  const reply = await fetch('https://api.sendgrid.com' + path, { method: 'POST',
    headers: { authorization: 'Bearer ' + process.env.SENDGRID_API_KEY, 'x-other': process.env.OTHER_TOKEN },
    body: JSON.stringify({ key: process.env.OTHER_TOKEN }) });
  return { text: await reply.text(), key: process.env.OTHER_TOKEN };
} }];
";

#[test]
fn an_agent_at_work_leaves_no_trace() {
    let (home, upstream) = (Home::new(), Upstream::start());
    home.write("agents/sender.md", "---\nname = \"sender\"\n---\n");
    home.write("Tools.tsx", TOOLS);
    home.set("SENDGRID_API_KEY", VALUE);
    home.set("OTHER_TOKEN", OTHER);

    let pending = r#"{"path":"/pending"}"#;
    let task = format!("send {pending}");
    let call = ["tools", "call", "sender", "send", "--session", "one", "--args", pending];
    let run = [
        "run",
        "sender",
        "--session",
        "one",
        "--model",
        "test",
        "--json",
        "--task",
        &task,
    ];
    for args in [&call[..], &run] {
        let mut child = start(&home, &upstream.and_options(args));
        upstream.wait();
        let all = descendants(child.id());
        assert!(!all.is_empty(), "the tool host");
        for id in all.into_iter().chain([child.id()]) {
            process_is_clean(id);
        }
        files_are_clean(&home);
        // Ended in the middle of a request.
        child.kill().unwrap();
        output_is_clean(&finish(child.wait_with_output().unwrap()));
        files_are_clean(&home);
    }

    let args = upstream.and_options(&["tools", "call", "sender", "send", "--args", r#"{"path":"/"}"#]);
    let done = finish(start(&home, &args).wait_with_output().unwrap()).ok();
    output_is_clean(&done);
    assert!(
        done.stderr.contains("DEBUG") || done.stderr.contains("TRACE"),
        "{}",
        done.stderr
    );
    let arrived = upstream.arrived().pop().unwrap();
    assert_eq!(arrived.headers["authorization"], format!("Bearer {VALUE}"));
    assert_eq!(arrived.headers["x-other"], OTHER);
}

#[test]
fn a_value_that_is_part_of_a_log_record_is_redacted_there() {
    let (home, upstream) = (Home::new(), Upstream::start());
    home.write("agents/caller.md", "---\nname = \"caller\"\n---\n");
    home.write(
        "Tools.tsx",
        "export const getTools = () => [{ name: 'call', description: 'Call',
           handler: async () => (await fetch('https://hooks.example.com/')).status }];",
    );
    // The host's name is the value: `connected` has it as a place.
    let run = ["run", "caller", "--task", "call", "--model", "test"];
    let given = r#"{"secrets":{"HOOK_HOST":"hooks.example.com"}}"#;
    let with_context = [&run[..], &["--context", given]].concat();
    let by_context = finish(
        start(&home, &upstream.and_options(&with_context))
            .wait_with_output()
            .unwrap(),
    )
    .ok();
    home.set("HOOK_HOST", "hooks.example.com");
    let by_store = finish(start(&home, &upstream.and_options(&run)).wait_with_output().unwrap()).ok();
    for done in [by_context, by_store] {
        assert_eq!(done.out(), "call: 202\n");
        let done = done.says("connected place=[redacted:HOOK_HOST]\n");
        assert!(!done.stderr.contains("hooks.example.com"), "{}", done.stderr);
    }
}

fn read_until(from: &mut impl Read, text: &str) {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).contains(text) {
        assert_eq!(from.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&seen));
        seen.push(byte[0]);
    }
}
