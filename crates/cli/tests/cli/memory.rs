//! A search through the whole memory, environment and command line of the process in which an agent's tools run, and of a
//! command: no byte sequence of a bound value, while a request with it is under way and after it was answered.
//!
//! Such a process cannot be dumped, so only root may look; and a search that may not look proves nothing.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::process::{Child, Stdio};

use memchr::memmem;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Home, descendants, finish, forms};
use crate::upstream::Upstream;

const SENDGRID: &str = "SG.qWx1-canary_9Zt4kLm2.Vb7nC0pR5sT8uY3aE6dH1jKfGoIhQwXz";
const WEBHOOK: &str = "whsec_canaryZp3Xy7Nw5Bt9Qs1Kd8Lf4Mh6";
const OPENAI: &str = "sk-proj-canary_T3BlbkFJ4fP9x2Lq7Zt1Vb8Kd6Hn5Gm3";
const PLAIN: &str = "plain-canary-Yq5Wr8Ed2Tf6Ug0Ih4";

const TOOLS: &str = "
const pend = async () => (await fetch('https://hooks.example.com/pending')).status;
const send = async (path) => (await fetch('https://api.sendgrid.com' + path, {
  method: 'POST', headers: { 'x-api-key': process.env.SENDGRID_API_KEY }, body: '{}',
})).status;
const sign = async () => {
  const raw = new TextEncoder().encode(process.env.STRIPE_WEBHOOK_SECRET);
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, raw)).length;
};
const tool = (name, handler) => ({ name, description: name, handler });
export const getTools = () => [
  tool('begin', () => send('/pending')),
  tool('done', async () => [await sign(), await send('/v3/mail/send'), await pend()]),
  tool('first', async () => [await sign(), await send('/v3/mail/send')]),
  tool('second', pend),
];
";

fn home() -> Home {
    let home = Home::new();
    let model = "[model_settings]\nmodel = \"gpt-4.1-mini\"";
    home.write("agents/sender.md", format!("---\nname = \"sender\"\n{model}\n---\n"));
    home.write("Tools.tsx", TOOLS);
    home.set("OPENAI_API_KEY", OPENAI);
    home.set("PLAIN_SETTING", PLAIN);
    home.set("SENDGRID_API_KEY", SENDGRID);
    home.set("STRIPE_WEBHOOK_SECRET", WEBHOOK);
    home
}

fn start(home: &Home, upstream: &Upstream, args: &[&str]) -> Child {
    let mut command = home.command(&upstream.and_options(args));
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// The one process that runs handlers.
fn tool_host(parent: &Child) -> u32 {
    let command_line = |id: &u32| fs::read(format!("/proc/{id}/cmdline")).unwrap();
    let hosts = descendants(parent.id()).into_iter();
    let hosts: Vec<_> = hosts
        .filter(|it| memmem::find(&command_line(it), b"__tool-host").is_some())
        .collect();
    assert_eq!(hosts.len(), 1, "{hosts:?}");
    hosts[0]
}

/// Everything that can be read of a process: each mapping of its memory, its environment, its command line. It stands still
/// from now on, so that no mapping goes away before it is read.
fn everything(id: u32) -> Vec<(String, Vec<u8>)> {
    kill_process(Pid::from_raw(id.try_into().unwrap()).unwrap(), Signal::STOP).unwrap();
    let tasks = || fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let stat = |task: io::Result<fs::DirEntry>| fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
    while !tasks().all(|it| stat(it).contains(") T ")) {
        std::thread::yield_now();
    }
    let hint = "reading the memory of a process that cannot be dumped needs root: run the test as root, or with \
                `unshare --user --map-root-user`";
    let maps = fs::read_to_string(format!("/proc/{id}/maps")).expect(hint);
    let memory = File::open(format!("/proc/{id}/mem")).expect(hint);
    let mut parts = Vec::new();
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        // The kernel's own pages: no process writes there, and some of them nobody may read.
        if !rest.starts_with('r') || line.ends_with("[vvar]") || line.ends_with("[vsyscall]") || line.contains("[vvar_")
        {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|it| u64::from_str_radix(it, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        let read = memory.read_exact_at(&mut bytes, start);
        read.unwrap_or_else(|error| panic!("{line}: {error}"));
        parts.push((line.to_owned(), bytes));
    }
    for file in ["environ", "cmdline"] {
        parts.push((file.to_owned(), fs::read(format!("/proc/{id}/{file}")).expect(hint)));
    }
    parts
}

/// Where a form of `value` stands in a process.
fn traces(parts: &[(String, Vec<u8>)], value: &str) -> Vec<String> {
    let mut found = Vec::new();
    for form in forms(value.as_bytes()) {
        let finder = memmem::Finder::new(&form);
        let here = parts.iter().filter(|(_, bytes)| finder.find(bytes).is_some());
        found.extend(here.map(|(name, _)| format!("{} in {name}", String::from_utf8_lossy(&form))));
    }
    found
}

#[track_caller]
fn holds_no_bound_value(id: u32) {
    let parts = everything(id);
    for value in [SENDGRID, WEBHOOK, OPENAI] {
        let found = traces(&parts, value);
        assert!(found.is_empty(), "{found:#?}");
    }
    // What it may hold is found, so the search can find.
    assert!(!traces(&parts, PLAIN).is_empty(), "the unbound value is there");
    let all: usize = parts.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(all > 1 << 20, "{all} bytes are not the memory of a process");
}

#[test]
fn no_byte_of_a_bound_value_is_in_the_tool_hosts_memory_while_a_request_is_under_way() {
    let (home, upstream) = (home(), Upstream::start());
    let mut child = start(&home, &upstream, &["tools", "call", "sender", "begin"]);
    upstream.wait();
    assert_eq!(
        upstream.only().headers["x-api-key"],
        SENDGRID,
        "the value is on its way"
    );
    holds_no_bound_value(tool_host(&child));
    child.kill().unwrap();
    finish(child.wait_with_output().unwrap());
}

#[test]
fn nor_after_a_successful_one_and_a_signature() {
    let (home, upstream) = (home(), Upstream::start());
    let task = "first, then second";
    for args in [
        &["tools", "call", "sender", "done"][..],
        &["run", "sender", "--model", "test", "--task", task],
    ] {
        let mut child = start(&home, &upstream, args);
        upstream.wait();
        upstream.wait();
        let arrived = upstream.arrived();
        let last = arrived
            .iter()
            .rev()
            .take(2)
            .map(|it| it.line.as_str())
            .collect::<Vec<_>>();
        assert_eq!(
            last,
            [
                "GET https://hooks.example.com/pending",
                "POST https://api.sendgrid.com/v3/mail/send"
            ]
        );
        holds_no_bound_value(tool_host(&child));
        child.kill().unwrap();
        finish(child.wait_with_output().unwrap());
    }
}

#[test]
fn no_byte_of_a_bound_value_is_in_a_commands_memory() {
    let (home, upstream) = (home(), Upstream::start());
    let send = "curl -s -H \"x-api-key: $SENDGRID_API_KEY\" https://api.sendgrid.com";
    let script = format!("{send}/v3/mail/send; {send}/pending");
    let args = [
        &upstream.and_options(&["exec"])[..],
        &["--", "sh", "-c", &script].map(str::to_owned),
    ]
    .concat();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut command = home.command(&args);
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    upstream.wait();
    upstream.wait();
    assert!(upstream.arrived().iter().all(|it| it.headers["x-api-key"] == SENDGRID));
    let all = descendants(child.id());
    assert_eq!(all.len(), 2, "the shell and curl");
    all.into_iter().for_each(holds_no_bound_value);
    child.kill().unwrap();
    finish(child.wait_with_output().unwrap());
}
