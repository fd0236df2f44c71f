//! `distri login`, `logout` and `profiles`: what is kept, for whom, and where a saved token goes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use crate::support::server::{ALL, Server};
use crate::support::{Done, Home, feed, finish};

/// A person with a home directory of their own, beside a server's.
pub(super) struct Person {
    pub(super) home: Home,
}

impl Person {
    pub(super) fn new() -> Self {
        let home = Home::of_this_machine();
        std::fs::create_dir(home.work().join("me")).unwrap();
        Self { home }
    }

    pub(super) fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.home.local(args);
        command.env_remove("DISTRI_HOME").env("HOME", self.directory());
        command
    }

    fn directory(&self) -> PathBuf {
        self.home.work().join("me")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory().join(".distri").join(name)
    }

    fn distri(&self, args: &[&str]) -> Done {
        finish(self.command(args).stdin(Stdio::null()).output().unwrap())
    }

    pub(super) fn log_in(&self, args: &[&str], token: &str) -> Done {
        feed(
            self.command(&[&["login"], args].concat()),
            format!("{token}\n").as_bytes(),
        )
    }
}

/// Something that listens, answers every request with these bytes, and keeps what it was sent.
pub(super) struct Stranger {
    address: String,
    seen: Arc<Mutex<String>>,
}

impl Stranger {
    pub(super) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(String::new()));
        let kept = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let head = head_of(stream.as_ref().unwrap());
                kept.lock().unwrap().push_str(&head);
                // Whoever has heard enough closes the connection.
                let _ = stream.unwrap().write_all(&answer);
            }
        });
        Self { address, seen }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(super) fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }
}

/// A request up to its empty line.
fn head_of(mut stream: &TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn mode(path: &PathBuf) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_token_is_checked_kept_for_its_owner_and_used() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let me = Person::new();
    me.log_in(&["--base-url", &format!("http://{}", server.address())], server.token())
        .ok()
        .says("profile `default`")
        .says("role owner");
    for (path, expected) in [("credentials", 0o600), ("config", 0o600), ("", 0o700)] {
        assert_eq!(mode(&me.file(path)), expected, "{path}");
    }
    let text = std::fs::read_to_string(me.file("credentials")).unwrap();
    assert!(
        text.contains(&format!("[default]\napi_key = {}\nworkspace_id = ", server.token())),
        "{text}"
    );
    assert!(text.contains(&format!("api_url = {}\n", server.base_url())), "{text}");
    assert_eq!(
        std::fs::read_to_string(me.file("config")).unwrap(),
        "active_profile = \"default\"\n"
    );

    me.distri(&["secrets", "set", "STRIPE_API_KEY", "sk_live_..."])
        .ok()
        .says("Secret 'STRIPE_API_KEY' set.");
    assert_eq!(me.distri(&["secrets", "list"]).ok().out(), "STRIPE_API_KEY\n");
    assert_eq!(host.distri(&["secrets", "list"]).ok().out(), "STRIPE_API_KEY\n");
    assert_eq!(me.distri(&["--local", "secrets", "list"]).ok().out(), "");
    assert_eq!(
        me.distri(&["profiles"]).ok().out(),
        format!("* default  {}\n", server.base_url())
    );

    me.distri(&["logout"]).ok().says("Logged out");
    assert!(
        !std::fs::read_to_string(me.file("credentials"))
            .unwrap()
            .contains("api_key")
    );
    assert_eq!(
        me.distri(&["secrets", "list"]).ok().out(),
        "",
        "the store of this machine again"
    );
    me.distri(&["logout"]).exits(3);
}

#[test]
fn nothing_is_kept_of_a_token_that_is_not_good() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let revoked = Server::token_for(&host, "gone", &["--scopes", ALL]);
    host.distri(&["tokens", "revoke", "gone"]).ok();
    let mut mistyped = server.token().to_owned();
    let last = if mistyped.pop() == Some('a') { 'b' } else { 'a' };
    mistyped.push(last);
    let me = Person::new();
    for token in [&revoked, &mistyped, "", "sk-other", "two words"] {
        let done = me.log_in(&["--base-url", &server.base_url()], token).exits(4);
        assert!(token.is_empty() || !done.stderr.contains(token), "{}", done.stderr);
    }
    assert!(!me.file("credentials").exists());
    me.log_in(&[], server.token()).exits(2).says("which server");
}

#[test]
fn a_token_that_is_revoked_or_too_small_ends_with_its_own_code() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let reader = Server::token_for(&host, "reader", &["--scopes", "read"]);
    let me = Person::new();
    me.log_in(&["--base-url", &server.base_url()], &reader).ok();
    me.distri(&["secrets", "set", "CRM_TOKEN", "a-value-to-hide"]).exits(5);
    host.distri(&["tokens", "revoke", "reader"]).ok();
    me.distri(&["secrets", "list"]).exits(4).says("distri login");
}

#[test]
fn files_that_others_can_read_are_refused() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let me = Person::new();
    me.log_in(&["--base-url", &server.base_url()], server.token()).ok();
    for open in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(me.file("credentials"), std::fs::Permissions::from_mode(open)).unwrap();
        me.distri(&["secrets", "list"])
            .exits(4)
            .says("can be read by others")
            .says("chmod 600");
        me.log_in(&["--base-url", &server.base_url()], server.token()).exits(4);
    }
    std::fs::set_permissions(me.file("credentials"), std::fs::Permissions::from_mode(0o600)).unwrap();
    // It holds no secret, and others may know it; they must not write it.
    std::fs::set_permissions(me.file("config"), std::fs::Permissions::from_mode(0o644)).unwrap();
    me.distri(&["secrets", "list"]).ok();
    std::fs::set_permissions(me.file("config"), std::fs::Permissions::from_mode(0o666)).unwrap();
    me.distri(&["secrets", "list"]).exits(4).says("changed by others");
}

#[test]
fn a_command_does_not_show_the_token_and_an_isolated_one_does_not_see_it() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let me = Person::new();
    me.log_in(&["--base-url", &server.base_url()], server.token()).ok();
    let file = me.file("credentials").display().to_string();
    let shown = me.distri(&["exec", "--", "cat", &file]).ok().out();
    assert!(shown.contains("api_key = [redacted:DISTRI_API_KEY]"), "{shown}");
    for place in ["--local", "--profile=default"] {
        let done = me.distri(&[place, "exec", "--isolate", "--", "cat", &file]);
        assert!(
            done.code != 0 && !done.out().contains("api_key"),
            "{place}: {}",
            done.out()
        );
    }
}

#[test]
fn what_others_wrote_into_the_files_stays() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let me = Person::new();
    std::fs::create_dir(me.file("")).unwrap();
    let theirs = "# by hand\n[other]\napi_key = keep\nregion = eu\n";
    std::fs::write(me.file("credentials"), theirs).unwrap();
    std::fs::set_permissions(me.file("credentials"), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(me.file("config"), "theme = \"dark\"\n[ui]\nwide = true\n").unwrap();
    std::fs::set_permissions(me.file("config"), std::fs::Permissions::from_mode(0o644)).unwrap();
    me.log_in(&["--profile", "work", "--base-url", &server.base_url()], server.token())
        .ok();
    assert!(
        std::fs::read_to_string(me.file("credentials"))
            .unwrap()
            .starts_with(theirs)
    );
    assert_eq!(
        std::fs::read_to_string(me.file("config")).unwrap(),
        "active_profile = \"work\"\ntheme = \"dark\"\n[ui]\nwide = true\n"
    );
    me.distri(&["profiles", "use", "other"]).ok();
    me.distri(&["secrets", "list"]).exits(2).says("names no server");
    me.distri(&["--profile", "work", "secrets", "list"]).ok();
    me.distri(&["--profile", "nobody", "secrets", "list"])
        .exits(4)
        .says("there is no profile `nobody`");
}

#[test]
fn of_those_who_log_in_at_once_each_is_kept() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let me = Person::new();
    let names: Vec<String> = (0..6).map(|it| format!("p{it}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let (me, server) = (&me, &server);
            scope.spawn(move || {
                me.log_in(&["--profile", name, "--base-url", &server.base_url()], server.token())
                    .ok();
            });
        }
    });
    let text = std::fs::read_to_string(me.file("credentials")).unwrap();
    for name in &names {
        assert!(
            text.contains(&format!("[{name}]\napi_key = {}\n", server.token())),
            "{text}"
        );
    }
}

#[test]
fn a_saved_token_goes_to_no_other_server() {
    let host = Home::of_this_machine();
    let server = Server::start(&host);
    let me = Person::new();
    me.log_in(&["--base-url", &server.base_url()], server.token()).ok();
    let stranger = Stranger::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]");
    me.distri(&["--base-url", &stranger.url(), "secrets", "list"])
        .exits(4)
        .says("goes nowhere else");
    let mut command = me.command(&["secrets", "list"]);
    command.env("DISTRI_BASE_URL", stranger.url());
    finish(command.output().unwrap()).exits(4).says("goes nowhere else");
    // What came with a project says nothing, whatever it is called.
    let lines = format!("DISTRI_BASE_URL={0}\nDISTRI_API_KEY=x\n", stranger.url());
    for file in [
        ".env",
        ".env.local",
        "distri.toml",
        ".distri/config",
        ".distri/credentials",
    ] {
        me.home.write(file, &lines);
    }
    me.distri(&["secrets", "list"]).ok();
    // Nor do the variables that name a proxy.
    let mut command = me.command(&["secrets", "list"]);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, format!("http://{}", stranger.address));
    }
    finish(command.output().unwrap()).ok();
    assert_eq!(stranger.seen(), "");
}

#[test]
fn a_redirect_is_not_followed() {
    let target = Stranger::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]");
    let server = Stranger::answering(format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}/secrets\r\ncontent-length: 0\r\n\r\n",
        target.url()
    ));
    let home = Home::of_this_machine();
    let mut command = home.local(&["secrets", "set", "K", "--", "a-value-to-hide"]);
    command
        .env("DISTRI_BASE_URL", server.url())
        .env("DISTRI_API_KEY", "the-token-itself");
    finish(command.output().unwrap()).exits(7).says("redirect");
    assert!(server.seen().contains("the-token-itself"), "it was asked");
    assert_eq!(target.seen(), "");
}

#[test]
fn odd_answers_end_in_a_sentence() {
    let home = Home::of_this_machine();
    let huge = format!("HTTP/1.1 200 OK\r\n\r\n[{}", "1,".repeat(40 << 20));
    for (answer, code) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_owned(), 1),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[]".to_owned(), 7),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned(), 1),
        ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\n\r\n<a/>".to_owned(), 7),
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 46\r\n\r\n{\"error\":\"\\u001b]0;no\\u0007\",\"code\":\"forbidden\"}".to_owned(),
            5,
        ),
        ("nonsense\r\n\r\n".to_owned(), 7),
        (huge, 1),
    ] {
        let shown: String = answer.chars().take(80).collect();
        let server = Stranger::answering(answer);
        let mut command = home.local(&["secrets", "list"]);
        command
            .env("DISTRI_BASE_URL", server.url())
            .env("DISTRI_API_KEY", "the-token-itself");
        let done = finish(command.output().unwrap());
        assert_eq!(done.code, code, "{shown}: {}", done.stderr);
        assert!(done.stderr.starts_with("error: "), "{}", done.stderr);
        let controls = |it: char| it.is_control() && it != '\n';
        assert!(!done.stderr.contains(controls), "{:?}", done.stderr);
    }
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let home = Home::of_this_machine();
    let mut command = home.local(&["secrets", "list"]);
    command
        .env("DISTRI_BASE_URL", "http://127.0.0.1:1")
        .env("DISTRI_API_KEY", "x");
    finish(command.output().unwrap())
        .exits(7)
        .says("cannot be reached")
        .says("is the server running");
    let mut command = home.local(&["--base-url", "http://distri.example.com", "secrets"]);
    command.env("DISTRI_API_KEY", "x");
    finish(command.output().unwrap()).exits(2).says("without TLS");
    home.distri(&["--base-url", "http://user:word@localhost", "secrets"])
        .exits(2)
        .says("no credentials in it");
}

#[test]
fn what_belongs_to_the_host_is_refused_where_a_server_is_configured() {
    let home = Home::of_this_machine();
    for args in [
        &["serve"][..],
        &["keys", "rotate"],
        &["keys", "init"],
        &["audit", "accept-rollback", "--yes"],
        &["backup", "create", "x", "--recipient", "x"],
        &["doctor"],
    ] {
        let mut command = home.local(args);
        command
            .env("DISTRI_BASE_URL", "http://localhost:1")
            .env("DISTRI_API_KEY", "x");
        let done = finish(command.stdin(Stdio::null()).output().unwrap());
        assert_eq!(done.code, 2, "{args:?}: {}", done.stderr);
    }
    assert!(!home.path().exists());
}
