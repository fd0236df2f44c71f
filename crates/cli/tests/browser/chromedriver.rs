//! Debian's `chromedriver` as a process, and requests to it.
//!
//! The protocol (W3C WebDriver) is JSON over HTTP, and these tests use a dozen of its commands: the client crates would bring
//! a second generation of a third of the tree (`http` 0.2, ICU 1.5, two cookie jars) for that.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::descendants;

/// No command of these tests takes as long: the browser itself gives up before.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running `chromedriver`, ended with everything that it started when this is dropped.
pub(crate) struct Chromedriver {
    process: Child,
    port: u16,
}

/// What it says when it cannot do something: WebDriver's word for it, and a sentence.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    pub(crate) message: String,
}

impl Chromedriver {
    /// Starts one with `home` as its home directory, on a port that it chooses.
    pub(crate) fn start(home: &Path) -> Self {
        for program in ["/usr/bin/chromium", "/usr/bin/chromedriver"] {
            assert!(
                Path::new(program).exists(),
                "there is no `{program}`: run `cargo xtask chromium`"
            );
        }
        // Should this program be killed, the driver goes too, and with it the browser at the other end of its pipe.
        let mut process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "/usr/bin/chromedriver", "--port=0"])
            .env_clear()
            .env("HOME", home)
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let rest = line.strip_prefix("ChromeDriver was started successfully on port ")?;
            rest.trim_end_matches('.').parse().ok()
        });
        // Read on, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let port = port.unwrap_or_else(|| panic!("`chromedriver` ended before it listened"));
        Self { process, port }
    }

    /// Sends a command, and gives the `value` of its answer.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value, Refusal> {
        let (is_good, mut answer) = self.exchange(method, path, body, PATIENCE);
        let value = answer["value"].take();
        match is_good {
            true => Ok(value),
            false => Err(Refusal {
                error: value["error"].as_str().unwrap_or_default().to_owned(),
                message: value["message"].as_str().unwrap_or_default().to_owned(),
            }),
        }
    }

    fn exchange(&self, method: &str, path: &str, body: &Value, patience: Duration) -> (bool, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(patience)).unwrap();
        // It refuses a body where WebDriver has none.
        let body = match method {
            "POST" => body.to_string(),
            _ => String::new(),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut stream = BufReader::new(stream);
        let (mut is_good, mut length) = (false, 0);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            is_good |= line.starts_with("http/1.1 200");
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer).unwrap();
        (is_good, serde_json::from_slice(&answer).unwrap())
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let below = descendants(self.process.id());
        let _ = self.process.kill();
        let _ = self.process.wait();
        for process in below.into_iter().filter_map(|it| Pid::from_raw(it.try_into().ok()?)) {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}
