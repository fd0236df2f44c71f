//! `distri serve` as a process of its own, in a throw-away home.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use crate::browser::{Browser, Viewer};
use crate::support::Home;

/// A server, ended when this is dropped.
pub(crate) struct Served {
    pub(crate) home: Home,
    pub(crate) address: String,
    process: Child,
    /// Everything that it said on its terminal.
    said: Arc<Mutex<String>>,
}

impl Served {
    /// Starts it in a new home.
    pub(crate) fn start() -> Self {
        Self::start_in(Home::new(), &[])
    }

    /// Starts it in a home that has something already, with flags of one's choice.
    pub(crate) fn start_in(home: Home, flags: &[&str]) -> Self {
        let arguments = [
            &["serve", "--bind", "127.0.0.1:0", "--metrics-bind", "127.0.0.1:0"],
            flags,
        ]
        .concat();
        let mut command = home.command(&arguments);
        let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut text = String::new();
        let address = loop {
            let start = text.len();
            let length = stderr.read_line(&mut text).unwrap();
            assert!(length > 0, "it ended before it listened: {text}");
            if let Some(address) = text[start..].trim().strip_prefix("listening on http://") {
                break address.to_owned();
            }
        };
        // The last words of its start.
        while !text.contains("metrics on") {
            assert!(stderr.read_line(&mut text).unwrap() > 0, "it ended: {text}");
        }
        let said = Arc::new(Mutex::new(text));
        let kept = said.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                kept.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        Self {
            home,
            address,
            process,
            said,
        }
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The path of the link that it shows while nobody can sign in.
    pub(crate) fn setup_path(&self) -> Option<String> {
        let said = self.said();
        let link = said.lines().find(|it| it.contains("/setup/"))?;
        link.trim()
            .strip_prefix(&format!("http://{}", self.address))
            .map(str::to_owned)
    }

    /// Sends a request with a token; its status, and the body of the answer.
    pub(crate) fn exchange(&self, method: &str, target: &str, token: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-api-key: {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// A browser in front of it.
    pub(crate) fn browser(&self, viewer: Viewer) -> Browser {
        Browser::open(&self.address, viewer)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
