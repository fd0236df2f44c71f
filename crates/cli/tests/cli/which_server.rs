//! Which server is asked with which token, and what its answers may do to whoever reads them.

use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::log_in::{Person, Stranger};
use crate::support::server::Server;
use crate::support::{Done, Home, feed, finish};
use crate::user::User;

/// With the variables of a server.
fn with(mut command: Command, base_url: Option<&str>, token: &str) -> Command {
    command.envs(base_url.map(|it| ("DISTRI_BASE_URL", it)));
    command.env("DISTRI_API_KEY", token);
    command
}

fn run(mut command: Command) -> Done {
    finish(command.stdin(Stdio::null()).output().unwrap())
}

#[test]
fn what_a_flag_names_is_not_mixed_with_what_the_environment_says() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let me = Person::new();
    me.log_in(
        &["--profile", "staging", "--base-url", &server.base_url()],
        server.token(),
    )
    .ok();
    let prod = Stranger::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]");
    let other = Stranger::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]");
    let asked = |args: &[&str]| with(me.command(args), Some(&prod.url()), "the-token-of-prod");

    let staging = ["--profile", "staging", "secrets", "set", "STRIPE_API_KEY", "--generate"];
    run(asked(&staging)).ok();
    assert_eq!(host.distri(&["secrets", "list"]).ok().out(), "STRIPE_API_KEY\n");
    let again = ["login", "--profile", "staging"];
    feed(asked(&again), format!("{}\n", server.token()).as_bytes()).ok();
    run(asked(&["--base-url", &other.url(), "secrets", "list"]))
        .exits(2)
        .says("is not sent to `http://127.0.0.1:")
        .says("distri login --profile NAME --base-url http://127.0.0.1:");
    run(with(me.command(&["secrets", "list"]), None, "a-token-of-somebody"))
        .exits(2)
        .says("nothing says which server it is for");
    assert_eq!((prod.seen(), other.seen()), (String::new(), String::new()));

    // Both said at once, in either way, are a pair.
    run(asked(&["secrets", "list"])).ok();
    assert!(prod.seen().contains("the-token-of-prod"));
    let both = ["--base-url", &other.url(), "secrets", "list"];
    run(with(me.command(&both), None, "the-token-of-other")).ok();
    assert!(other.seen().contains("the-token-of-other"));
}

#[test]
fn saved_tokens_are_hidden_from_an_isolated_command_wherever_they_are() {
    let me = Person::new();
    let kept = me
        .home
        .write("me/kept/tokens", "[default]\napi_key = hidden-Qx7Lm2Vb\n");
    std::fs::create_dir(me.file("")).unwrap();
    symlink(&kept, me.file("credentials")).unwrap();
    let isolated = |path: &str| {
        let mut command = me.command(&["--local", "exec", "--isolate", "--", "cat", path]);
        command.env("DISTRI_HOME", me.home.path());
        run(command)
    };
    let seen = me.home.write("me/kept/seen", "seen\n");
    assert_eq!(isolated(seen.to_str().unwrap()).ok().out(), "seen\n");
    for path in [&me.file("credentials"), &kept] {
        let done = isolated(path.to_str().unwrap());
        assert!(!done.out().contains("hidden-Qx7Lm2Vb"), "{}", path.display());
    }
}

fn answering(body: &str) -> Stranger {
    Stranger::answering(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// What steers a terminal, one byte and two.
const STEERING: &str = "\u{1b}]0;no\u{7}\u{9b}2J";

#[test]
fn what_a_server_calls_a_token_is_one_or_is_not_shown() {
    let home = Home::of_this_machine();
    let asked = |server: &Stranger, args: &[&str]| run(with(home.local(args), Some(&server.url()), "a-token"));
    let token = "distri_1fJjkkpe9PiTw9KSulA8Ghct30vZz4HpdQ5c5b9cPF13Agbxr";
    let created = |token: &str| {
        json!({
            "token": token, "id": "x", "name": "ci", "scopes": ["read"], "limits": {}, "role": "viewer",
            "created_at": "2026-01-01T00:00:00Z", "created_by": "x", "expires_at": null, "revoked_at": null,
            "last_used_at": null,
        })
    };
    let create = ["tokens", "create", "ci"];
    let server = answering(&created(token).to_string());
    assert_eq!(asked(&server, &create).ok().out(), format!("{token}\n"));
    for odd in [STEERING, &format!("{token}{STEERING}"), "sk_live_4242", ""] {
        let server = answering(&created(odd).to_string());
        let done = asked(&server, &create).exits(1);
        assert_eq!(done.says("that no distri server gives").out(), "");
    }

    let invited = json!({
        "invitation": STEERING, "id": "0198c5d8-0000-7000-8000-000000000000", "email": "ada@example.com",
        "role": "member", "created_by": "x", "created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-08T00:00:00Z",
    });
    let server = answering(&invited.to_string());
    let done = asked(&server, &["members", "invite", "ada@example.com"]).exits(1);
    assert_eq!(done.out(), "");

    let key = "example.com/log+1a2b3c4d+AQ==";
    let server = answering(&json!({ "key": key }).to_string());
    assert_eq!(asked(&server, &["audit", "key"]).ok().out(), format!("{key}\n"));
    for odd in [STEERING, "a\nb", "\u{202e}a"] {
        let server = answering(&json!({ "key": odd }).to_string());
        assert_eq!(asked(&server, &["audit", "key"]).exits(1).out(), "");
    }
}

#[test]
fn what_an_auditor_takes_is_exact_in_a_file_and_inert_on_a_terminal() {
    let home = Home::of_this_machine();
    home.distri(&["secrets", "set", "K", "--generate"]).ok();
    let mut proven = home.distri(&["audit", "prove", "1"]).ok().json();
    let proof = format!("proof {STEERING}\n");
    proven["proof"] = json!(proof);
    let line = format!("{{\"seq\":1,\"said\":\"{STEERING}\"}}\n");
    for (body, args, exact) in [
        (
            proven.to_string(),
            &["audit", "prove", "1", "--tlog-proof"][..],
            Some(proof),
        ),
        (proven.to_string(), &["audit", "prove", "1"], None),
        (line.clone(), &["audit", "export"], Some(line)),
    ] {
        let server = answering(&body);
        let command = || with(home.local(args), Some(&server.url()), "a-token");
        let piped = run(command()).ok();
        match exact {
            Some(exact) => assert_eq!(piped.out(), exact),
            None => assert_eq!(piped.json(), proven),
        }
        let (screen, code) = User::starts(command()).ends();
        let steers = |c: char| c.is_control() && !"\r\n".contains(c);
        assert!(code == 0 && !screen.contains(steers), "{args:?}: {code} {screen:?}");
    }
}
