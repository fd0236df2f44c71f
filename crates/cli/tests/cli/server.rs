//! A server as a process, for stories whose commands use one.
#![allow(dead_code, reason = "each story uses its part")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::{Home, finish};

/// The scopes of everything.
pub(crate) const ALL: &str = "read,write,reveal,resolve,admin";

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
    token: String,
}

impl Server {
    /// Starts one over the store in `home`, and makes a token of its owner.
    pub(crate) fn start(home: &Home) -> Self {
        Self::start_with(home, Self::token_for(home, "owner", &["--scopes", ALL]), &[])
    }

    /// The same with a token that was made and with more options.
    pub(crate) fn start_with(home: &Home, token: String, options: &[&str]) -> Self {
        let args = [&["serve", "--bind", "127.0.0.1:0", "--request-log", "off"], options].concat();
        let mut child = home
            .local(&args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let before = said.len();
            assert!(stderr.read_line(&mut said).unwrap() > 0, "it ended: {said}");
            if let Some(url) = said[before..].trim().strip_prefix("listening on ")
                && let Some((_, address)) = url.split_once("://")
            {
                break address.to_owned();
            }
        };
        // A full pipe would stop it.
        std::thread::spawn(move || drop(stderr.read_to_end(&mut Vec::new())));
        Self { child, address, token }
    }

    /// Makes a token in the store of `home`.
    pub(crate) fn token_for(home: &Home, name: &str, options: &[&str]) -> String {
        let args = [&["tokens", "create", name], options].concat();
        let made = home.local(&args).stdin(Stdio::null()).output().unwrap();
        finish(made).ok().out().trim().to_owned()
    }

    /// What it answers to a request with its token.
    pub(crate) fn exchange(&self, method: &str, target: &str, body: &str) -> String {
        self.try_exchange(method, target, body).unwrap()
    }

    /// The same, for a server that may be gone.
    pub(crate) fn try_exchange(&self, method: &str, target: &str, body: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.token,
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Ends it at once, as a machine that fails does.
    pub(crate) fn fail(&self) {
        kill_process(Pid::from_child(&self.child), Signal::KILL).unwrap();
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
