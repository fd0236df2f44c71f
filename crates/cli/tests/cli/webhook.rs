//! A webhook that is away and comes back, as whoever looks after a server sees it: the server stays ready, its metrics tell.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::support::Home;

/// A service that answers each checkpoint with the same status.
struct Service {
    address: String,
    status: Arc<AtomicU16>,
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let status = Arc::new(AtomicU16::new(503));
        let answers = status.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                take(stream, answers.load(Ordering::SeqCst));
            }
        });
        Self { address, status }
    }
}

fn take(mut stream: TcpStream, status: u16) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|it| it > 2) {
        if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        line.clear();
    }
    let _ = reader.read_exact(&mut vec![0; length]);
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
}

struct Served {
    child: Child,
    address: String,
    metrics: String,
}

impl Served {
    fn start(home: &Home) -> Self {
        let args = [
            "serve",
            "--bind",
            "127.0.0.1:0",
            "--metrics-bind",
            "127.0.0.1:0",
            "--request-log",
            "off",
        ];
        let mut command = home.local(&args);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut after = |word: &str| loop {
            let mut line = String::new();
            assert!(
                stderr.read_line(&mut line).unwrap() > 0,
                "it ended before it said `{word}`"
            );
            if let Some((_, rest)) = line.split_once(word) {
                return rest.trim().trim_end_matches("/metrics").to_owned();
            }
        };
        let address = after("listening on http://");
        let metrics = after("metrics on http://");
        // A full pipe would stop it.
        std::thread::spawn(move || drop(stderr.read_to_end(&mut Vec::new())));
        Self {
            child,
            address,
            metrics,
        }
    }

    /// The metrics.
    fn metrics(&self) -> Metrics {
        Metrics(get(&self.metrics, "/metrics"))
    }

    /// The metrics once the database has said how the webhook stands, however long that takes on this machine.
    fn answered(&self) -> Metrics {
        let began = Instant::now();
        loop {
            let metrics = self.metrics();
            if metrics.of(OK) == Some(1) {
                return metrics;
            }
            assert!(began.elapsed() < PATIENCE, "{}", metrics.0);
        }
    }
}

struct Metrics(String);

impl Metrics {
    /// What one says, if it is there.
    fn of(&self, name: &str) -> Option<u64> {
        let value = self.0.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
        value.map(|it| it.parse().unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const PATIENCE: Duration = Duration::from_secs(60);
const OK: &str = "distri_webhook_status_ok";
const UNDELIVERED: &str = "distri_webhook_undelivered_checkpoints";
const LAST: &str = "distri_webhook_last_delivery_seconds";

#[test]
fn a_server_without_its_webhook_is_ready_and_its_metrics_say_what_is_missing_there() {
    let home = Home::of_this_machine();
    home.distri(&["secrets", "set", "A_TOKEN", "--generate"]).ok();
    let service = Service::start();
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    let settings = format!("[audit]\ncheckpoint_webhook = \"http://{}/\"\n", service.address);
    std::fs::write(home.path().join("config/config.toml"), settings).unwrap();
    let served = Served::start(&home);
    let metrics = served.answered();
    assert!(metrics.of(UNDELIVERED).is_some_and(|it| it > 0));
    assert_eq!(metrics.of(LAST), None, "it never took one");
    assert!(
        get(&served.address, "/readyz").ends_with("ready\n"),
        "evidence is in its file"
    );

    service.status.store(204, Ordering::SeqCst);
    home.distri(&["audit", "checkpoint"]).ok();
    let metrics = served.answered();
    assert_eq!(metrics.of(UNDELIVERED), Some(0));
    assert!(metrics.of(LAST).is_some_and(|it| it < 600));

    // Of a log that was changed nothing new is known, and that is no reason to say nothing.
    home.tamper("update audit_head set mac = randomblob(32)");
    let metrics = served.metrics();
    assert_eq!((metrics.of(OK), metrics.of(UNDELIVERED)), (Some(0), Some(0)));
    assert!(metrics.of(LAST).is_some());
}

#[test]
fn without_a_webhook_there_is_no_metric_of_one() {
    let home = Home::of_this_machine();
    let served = Served::start(&home);
    let metrics = served.metrics();
    for name in [OK, UNDELIVERED, LAST] {
        assert_eq!(metrics.of(name), None, "{name}");
    }
}
