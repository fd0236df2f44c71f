//! `distri serve`: settings, the request log, and its end by a signal.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::Home;

/// A server that was started as a process.
struct Served {
    child: Child,
    address: String,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Served {
    fn start(home: &Home, args: &[&str]) -> Self {
        let args = [&["serve", "--bind", "127.0.0.1:0"], args].concat();
        Self::of(home.command(&args))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut address = None;
        while address.is_none() {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended before it listened");
            address = line.trim().strip_prefix("listening on http://").map(str::to_owned);
        }
        Self {
            child,
            address: address.unwrap(),
            stderr,
        }
    }

    fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, target: &str) -> String {
        self.exchange(&format!(
            "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        ))
    }

    /// Sends it a signal, waits for its end, and gives what it said since it listened.
    fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

#[test]
fn a_server_answers_logs_a_line_for_each_request_and_ends_by_a_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let served = Served::start(&home, &[]);
        assert!(served.get("/healthz").ends_with("ok\n"));
        assert!(served.get("/readyz").ends_with("ready\n"));
        let secret = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";
        served.get(&format!("/v1/secrets/{secret}?environment={secret}"));
        served.get(&format!("/{secret}"));
        served.exchange(&format!(
            "{secret} / HTTP/1.1\r\nhost: localhost\r\nx-api-key: {secret}\r\nconnection: close\r\n\r\n"
        ));
        let (code, said) = served.end(signal);
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains(secret), "{said}");
        let lines: Vec<&str> = said.lines().filter(|it| it.starts_with("at=")).collect();
        let shown: Vec<String> = lines.iter().map(|it| without_times(it)).collect();
        assert_eq!(
            shown,
            [
                "method=GET route=/healthz status=200 actor=-",
                "method=GET route=/readyz status=200 actor=-",
                "method=GET route=/v1/secrets/{key} status=401 actor=-",
                "method=GET route=- status=404 actor=-",
                "method=- route=- status=405 actor=-",
            ]
        );
    }
}

/// A line without its instant and its duration, once they were looked at.
fn without_times(line: &str) -> String {
    let fields: Vec<&str> = line.split(' ').collect();
    let at = fields[0].strip_prefix("at=").unwrap();
    assert!(
        at.len() == "2026-11-25T22:10:00.123Z".len() && at.ends_with('Z'),
        "{line}"
    );
    let millis = fields[4].strip_prefix("duration_ms=").unwrap();
    assert!(millis.parse::<f64>().unwrap() >= 0.0, "{line}");
    [&fields[1..4], &fields[5..]].concat().join(" ")
}

#[test]
fn clients_that_only_connect_take_no_file_away_that_the_server_needs() {
    let home = Home::new();
    let usual = home.command(&["serve", "--bind", "127.0.0.1:0"]);
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -S -n 48 && exec \"$0\" \"$@\""])
        .arg(usual.get_program())
        .args(usual.get_args());
    for (name, value) in usual.get_envs() {
        match value {
            Some(value) => few.env(name, value),
            None => few.env_remove(name),
        };
    }
    let served = Served::of(few);
    let idle: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(&served.address).unwrap()).collect();
    // Each asks the database whether a record could be written.
    for _ in 0..4 {
        assert!(served.get("/readyz").ends_with("ready\n"));
    }
    drop(idle);
    assert_eq!(served.end(Signal::TERM).0, Some(0));
}

#[test]
fn settings_come_from_flags_variables_and_the_file_and_are_printed() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    let file = home.path().join("config/config.toml");
    std::fs::write(
        &file,
        "[server]\nmax_requests = 7\nrequest_log = \"off\"\n\n[audit]\nflush = \"interval\"\n",
    )
    .unwrap();
    let mut command = home.command(&["serve", "--print-config", "--max-connections", "9"]);
    let printed = command.env("DISTRI_MAX_REQUESTS", "8").output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    for line in [
        "max_requests = 8",
        "max_connections = 9",
        "request_log = \"off\"",
        "flush = \"interval\"",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
    // What is printed is a file that means the same.
    std::fs::write(&file, &text).unwrap();
    let again = home.distri(&["serve", "--print-config"]).ok();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), text);
    // The embedded store's commands read the same file.
    home.distri(&["secrets", "list"]).ok();
    std::fs::write(&file, "[server]\nmax_request = 7\n").unwrap();
    home.distri(&["serve"])
        .exits(2)
        .says("there is no setting `server.max_request`");
}

#[test]
fn the_database_is_named_on_the_command_line_and_its_password_elsewhere() {
    let home = Home::new();
    let url = "postgres://distri@db.example/secrets?connections=4";
    let print = ["serve", "--print-config", "--database", url];
    let text = home.distri(&print).ok().out();
    assert!(text.contains(&format!("url = \"{url}\"")), "{text}");
    let mut command = home.command(&print);
    let with_file = command.env("DISTRI_DATABASE_PASSWORD_FILE", "/run/secrets/db").output();
    let text = String::from_utf8(with_file.unwrap().stdout).unwrap();
    assert!(text.contains("password_file = \"/run/secrets/db\""), "{text}");
    let mut command = home.command(&["serve", "--print-config"]);
    let in_url = command
        .env("DISTRI_DATABASE_URL", "postgres://distri:hunter2@db.example/secrets")
        .output();
    let text = String::from_utf8(in_url.unwrap().stdout).unwrap();
    assert!(
        text.contains("# url = \"postgres://distri:***@db.example/secrets\""),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
    home.distri(&["serve", "--database", "postgres://distri:hunter2@db.example/secrets"])
        .exits(2)
        .says("password");
    home.distri(&["serve", "--database", "mysql://db.example"]).exits(2);
    // It is asked for, though there is none.
    home.distri(&[
        "serve",
        "--database",
        "postgres://distri@127.0.0.1:1/secrets?sslmode=disable",
    ])
    .exits(7)
    .says("127.0.0.1:1/secrets");
}

#[test]
fn a_webhook_is_printed_without_what_may_be_a_secret_of_it() {
    let home = Home::new();
    let mut command = home.command(&["serve", "--print-config"]);
    command
        .env("DISTRI_CHECKPOINT_WEBHOOK", "https://hooks.example/services/T0/hunter2")
        .env("DISTRI_CHECKPOINT_WEBHOOK_SECRET_FILE", "/run/secrets/hook");
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(
        text.contains("# checkpoint_webhook is at ") && text.contains("hooks.example"),
        "{text}"
    );
    assert!(
        text.contains("checkpoint_webhook_secret_file = \"/run/secrets/hook\""),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_root_key_from_systemd_may_be_its_groups() {
    let home = Home::new();
    home.set("A", "v");
    let credentials = tempfile::tempdir().unwrap();
    let key = credentials.path().join("root.key");
    std::fs::rename(home.root_key(), &key).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o440)).unwrap();
    let list = |directory: Option<&Path>| {
        let mut command = home.command(&["secrets", "list"]);
        command.env("DISTRI_ROOT_KEY_FILE", &key);
        if let Some(directory) = directory {
            command.env("CREDENTIALS_DIRECTORY", directory);
        }
        crate::support::finish(command.output().unwrap())
    };
    list(None).exits(4).says("mode 0440");
    list(Some(&home.path())).exits(4).says("mode 0440");
    list(Some(credentials.path())).ok();
}

#[test]
fn an_address_that_others_reach_is_refused_in_clear() {
    let home = Home::new();
    home.distri(&["serve", "--bind", "0.0.0.0:0"])
        .exits(2)
        .says("would cross the network in clear");
    home.distri(&["serve", "--tls-cert", "cert.pem"])
        .exits(2)
        .says("go together");
    home.distri(&["serve", "--bind", "somewhere"])
        .exits(2)
        .says("`--bind` cannot be used");
}

#[test]
fn an_address_that_is_taken_is_said() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.distri(&["serve", "--bind", &served.address])
        .exits(1)
        .says("cannot listen on")
        .says("caused by: Address already in use");
    served.end(Signal::TERM);
}

/// A home with a secret, and a token that resolves it.
fn home_with_a_token() -> (Home, String) {
    let home = Home::of_this_machine();
    home.set("STRIPE_API_KEY", "sk_live_4242");
    let create = ["tokens", "create", "ci", "--scopes", "resolve"];
    let token = home.distri(&create).ok().out().trim().to_owned();
    (home, token)
}

fn resolve(served: &Served, token: &str) {
    let body = r#"{"keys":["STRIPE_API_KEY"]}"#;
    let answer = served.exchange(&format!(
        "POST /v1/secrets/resolve HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ));
    assert!(answer.contains("sk_live_4242"), "{answer}");
}

/// How many records there are, and how many of them a checkpoint covers that is outside the database.
fn covered(home: &Home) -> (u64, u64) {
    let size = home.distri(&["audit", "verify", "--json"]).ok().json()["size"].as_u64();
    let text = std::fs::read_to_string(home.path().join("state/checkpoints")).unwrap();
    let sizes = text.lines().filter_map(|it| it.parse().ok());
    (size.unwrap(), sizes.max().unwrap_or(0))
}

#[test]
fn what_a_server_recorded_is_signed_and_delivered_when_it_ends() {
    let (home, token) = home_with_a_token();
    let served = Served::start(&home, &["--request-log", "off"]);
    (0..3).for_each(|_| resolve(&served, &token));
    let (size, before) = covered(&home);
    assert!(before < size, "{before} of {size}");
    let (code, said) = served.end(Signal::TERM);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("WARN"), "{said}");
    assert_eq!(covered(&home), (size, size));
}

#[test]
fn a_server_ends_whatever_the_places_of_its_checkpoints_do_and_says_what_they_lack() {
    let (home, token) = home_with_a_token();
    let checkpoints = home.path().join("state/checkpoints");
    let kept = home.work().join("checkpoints");

    // Nothing can be written there.
    let served = Served::start(&home, &["--request-log", "off"]);
    resolve(&served, &token);
    std::fs::rename(&checkpoints, &kept).unwrap();
    std::fs::create_dir(&checkpoints).unwrap();
    let (code, said) = served.end(Signal::TERM);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("cannot be delivered to `"), "{said}");
    assert!(
        said.contains("the last checkpoint was not delivered; the next start brings it"),
        "{said}"
    );
    std::fs::remove_dir(&checkpoints).unwrap();
    std::fs::rename(&kept, &checkpoints).unwrap();

    // It never answers: a pipe that nobody writes to.
    let served = Served::start(&home, &["--request-log", "off"]);
    resolve(&served, &token);
    std::fs::rename(&checkpoints, &kept).unwrap();
    mknodat(CWD, &checkpoints, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let (code, said) = served.end(Signal::TERM);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the last checkpoint was not delivered within "), "{said}");
    std::fs::remove_file(&checkpoints).unwrap();
    std::fs::rename(&kept, &checkpoints).unwrap();

    let (size, delivered) = covered(&home);
    assert!(delivered < size);
    home.distri(&["secrets", "list"]).ok();
    assert_eq!(covered(&home), (size, size), "the next start brings it");
}

#[test]
fn a_server_that_starts_without_its_tip_says_so_in_its_log_and_its_metrics() {
    let (home, _) = home_with_a_token();
    let metrics = |home: &Home| {
        let mut served = Served::start(home, &["--request-log", "off", "--metrics-bind", "127.0.0.1:0"]);
        let address = loop {
            let mut line = String::new();
            assert!(served.stderr.read_line(&mut line).unwrap() > 0);
            if let Some(address) = line.trim().strip_prefix("metrics on http://") {
                break address.strip_suffix("/metrics").unwrap().to_owned();
            }
        };
        let main = std::mem::replace(&mut served.address, address);
        let metrics = served.get("/metrics");
        served.address = main;
        let lost = metrics
            .lines()
            .find(|it| it.starts_with("distri_evidence_lost "))
            .unwrap()
            .to_owned();
        (lost, served.end(Signal::TERM).1)
    };
    let (lost, said) = metrics(&home);
    assert_eq!(lost, "distri_evidence_lost 0");
    assert!(!said.contains("audit-tip"), "{said}");
    std::fs::remove_file(home.path().join("state/audit-tip")).unwrap();
    let (lost, said) = metrics(&home);
    assert_eq!(lost, "distri_evidence_lost 1");
    assert!(said.contains("state/audit-tip` is not there"), "{said}");
}
