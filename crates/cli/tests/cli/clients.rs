//! Real client libraries through `distri exec`, each with its default checks of TLS: the table in `docs/clients.md`.
//!
//! `cargo xtask test` puts them into `target/clients` with the registries' own tools; without them these tests fail.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{Done, Home, finish, has_trace};
use crate::upstream::Upstream;

const VALUE: &str = "canary-7Qw9Zx3Lk5Vb1Nm8Rt2Yp6Hs4Jd0Fg";
const HOSTS: [&str; 4] = ["api.sendgrid.com", "api.stripe.com", "api.openai.com", "github.com"];

/// Where the clients are.
fn clients() -> PathBuf {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/clients"));
    assert!(
        path.join(".ready").exists(),
        "no clients in `target/clients`: run `cargo xtask clients`"
    );
    path.canonicalize().unwrap()
}

/// Runs a command of a client as somebody would who knows nothing of distri but `exec`.
fn exec(upstream: &Upstream, command: &[&str]) -> Done {
    let home = Home::new();
    let mut set = vec!["secrets", "set", "TOKEN"];
    for host in HOSTS {
        set.extend(["--host", host]);
    }
    home.pipe(&set, VALUE).ok();
    let mut args = upstream.and_options(&["exec"]);
    args.push("--".to_owned());
    args.extend(command.iter().map(|it| (*it).to_owned()));
    let mut run: Command = home.command(&args);
    let path = std::env::var("PATH").unwrap_or_default();
    let node = clients().join("node");
    run.env("PATH", format!("{}:{path}", node.join("node_modules/.bin").display()))
        .env("NODE_PATH", node.join("node_modules"))
        .env("DENO_DIR", home.work().join("deno"))
        .env("DENO_NO_UPDATE_CHECK", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("HOME", home.work())
        .current_dir(&node)
        .stdin(Stdio::null());
    finish(run.output().unwrap()).ok()
}

fn python(script: &str) -> (Upstream, Done) {
    let upstream = Upstream::start();
    let program = clients().join("python/bin/python").display().to_string();
    let done = exec(&upstream, &[&program, "-c", script]);
    (upstream, done)
}

fn node(script: &str) -> (Upstream, Done) {
    let upstream = Upstream::start();
    let done = exec(&upstream, &["node", "--input-type=module", "-e", script]);
    (upstream, done)
}

/// The server got the value in the place where the client puts its credential, and nobody else did.
#[track_caller]
fn arrived((upstream, done): (Upstream, Done), line: &str, authorization: &str) {
    let arrived = upstream.arrived();
    let last = arrived
        .last()
        .unwrap_or_else(|| panic!("nothing arrived: {}", done.stderr));
    assert_eq!(last.line, line);
    assert_eq!(
        last.headers.get("authorization").map(String::as_str),
        Some(authorization)
    );
    assert!(!has_trace(&done.stdout, VALUE.as_bytes()) && !has_trace(done.stderr.as_bytes(), VALUE.as_bytes()));
}

#[test]
fn python_requests() {
    let run = python(
        "import os, requests
answer = requests.post('https://api.sendgrid.com/v3/mail/send', data=b'body', timeout=20,
    headers={'Authorization': 'Bearer ' + os.environ['TOKEN']})
print(answer.status_code, answer.text)",
    );
    assert!(run.1.out().starts_with("202 Bearer "), "{}", run.1.out());
    arrived(
        run,
        "POST https://api.sendgrid.com/v3/mail/send",
        &format!("Bearer {VALUE}"),
    );
}

#[test]
fn python_httpx_over_http_2() {
    let run = python(
        "import os, httpx
with httpx.Client(http2=True, timeout=20) as client:
    answer = client.get('https://api.sendgrid.com/v3/x', headers={'Authorization': 'Bearer ' + os.environ['TOKEN']})
print(answer.http_version, answer.status_code)",
    );
    assert_eq!(run.1.out(), "HTTP/2 202\n");
    arrived(run, "GET https://api.sendgrid.com/v3/x", &format!("Bearer {VALUE}"));
}

#[test]
fn python_stripe() {
    let run = python(
        // It trusts only the authorities that it brings along, unless it is told of others.
        "import os, stripe
stripe.ca_bundle_path = os.environ['SSL_CERT_FILE']
client = stripe.StripeClient(os.environ['TOKEN'])
print(len(client.v1.customers.list().data))",
    );
    assert_eq!(run.1.out(), "0\n");
    arrived(
        run,
        "GET https://api.stripe.com/v1/customers",
        &format!("Bearer {VALUE}"),
    );
}

#[test]
fn python_openai() {
    let run = python(
        "import os, openai
print(len(openai.OpenAI(api_key=os.environ['TOKEN']).models.list().data))",
    );
    assert_eq!(run.1.out(), "0\n");
    arrived(run, "GET https://api.openai.com/v1/models", &format!("Bearer {VALUE}"));
}

#[test]
fn node_https_with_a_proxy_agent() {
    let run = node(
        "import https from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';
https.get('https://api.sendgrid.com/v3/x', { agent: new HttpsProxyAgent(process.env.HTTPS_PROXY),
    headers: { authorization: `Bearer ${process.env.TOKEN}` } }, (answer) => {
  console.log(answer.statusCode); answer.resume();
});",
    );
    assert_eq!(run.1.out(), "202\n");
    arrived(run, "GET https://api.sendgrid.com/v3/x", &format!("Bearer {VALUE}"));
}

#[test]
fn node_undici_with_its_proxy_agent() {
    let run = node(
        "import { EnvHttpProxyAgent, fetch, setGlobalDispatcher } from 'undici';
setGlobalDispatcher(new EnvHttpProxyAgent());
const answer = await fetch('https://api.sendgrid.com/v3/x', { headers: { authorization: `Bearer ${process.env.TOKEN}` } });
console.log(answer.status);",
    );
    assert_eq!(run.1.out(), "202\n");
    arrived(run, "GET https://api.sendgrid.com/v3/x", &format!("Bearer {VALUE}"));
}

#[test]
fn node_stripe() {
    let run = node(
        "import Stripe from 'stripe';
import { HttpsProxyAgent } from 'https-proxy-agent';
const stripe = new Stripe(process.env.TOKEN, { httpAgent: new HttpsProxyAgent(process.env.HTTPS_PROXY) });
console.log((await stripe.customers.list()).data.length);",
    );
    assert_eq!(run.1.out(), "0\n");
    arrived(
        run,
        "GET https://api.stripe.com/v1/customers",
        &format!("Bearer {VALUE}"),
    );
}

#[test]
fn node_openai() {
    let run = node(
        "import OpenAI from 'openai';
import { EnvHttpProxyAgent, fetch } from 'undici';
const client = new OpenAI({ apiKey: process.env.TOKEN, fetch, fetchOptions: { dispatcher: new EnvHttpProxyAgent() } });
console.log((await client.models.list()).data.length);",
    );
    assert_eq!(run.1.out(), "0\n");
    arrived(run, "GET https://api.openai.com/v1/models", &format!("Bearer {VALUE}"));
}

#[test]
fn deno_fetch() {
    let upstream = Upstream::start();
    let script = "const answer = await fetch('https://api.sendgrid.com/v3/x', \
                  { headers: { authorization: `Bearer ${Deno.env.get('TOKEN')}` } }); console.log(answer.status, await answer.text());";
    let done = exec(&upstream, &["deno", "eval", script]);
    assert!(done.out().starts_with("202 Bearer "), "{}", done.out());
    arrived(
        (upstream, done),
        "GET https://api.sendgrid.com/v3/x",
        &format!("Bearer {VALUE}"),
    );
}

#[test]
fn git_over_https() {
    let basic = data_encoding::BASE64.encode(format!("x-access-token:{VALUE}").as_bytes());
    for script in [
        // As the password of the URL: git answers the server's challenge with it.
        "git ls-remote https://x-access-token:$TOKEN@github.com/o/r.git",
        // As continuous integration does it.
        "git -c http.extraHeader=\"Authorization: Basic $(printf 'x-access-token:%s' \"$TOKEN\" | base64 -w0)\" \
         ls-remote https://github.com/o/r.git",
    ] {
        let upstream = Upstream::start();
        let done = exec(&upstream, &["sh", "-c", script]);
        assert!(done.out().contains("refs/heads/main"), "{}{}", done.out(), done.stderr);
        let arrived = upstream.arrived();
        let with = arrived.iter().filter(|it| it.headers.contains_key("authorization"));
        assert!(with.clone().count() > 0, "{arrived:?}");
        for it in with {
            assert_eq!(it.headers["authorization"], format!("Basic {basic}"));
        }
        assert!(!has_trace(&done.stdout, VALUE.as_bytes()) && !has_trace(done.stderr.as_bytes(), VALUE.as_bytes()));
    }
}
