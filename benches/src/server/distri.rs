//! `distri serve` with a thousand secrets.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load::{Asked, ask_once, is_success, request};
use super::{Keeper, SECRETS, first_read, free_port, text};

/// A server with its home.
pub(super) struct Distri {
    name: &'static str,
    process: Child,
    address: String,
    /// The header of its credential.
    credential: String,
    cold_start: Duration,
}

impl Distri {
    /// Starts a server that keeps its data in `home`, or in the database.
    pub(super) fn start(home: &Path, database: Option<&str>) -> Result<Self, String> {
        let command = |words: &[&str]| -> Result<Command, String> {
            let mut command = Command::new(crate::exec::distri()?);
            command.args(words).env("DISTRI_HOME", home);
            if let Some(database) = database {
                command.env("DISTRI_DATABASE_URL", database);
            }
            Ok(command)
        };
        let create = ["tokens", "create", "bench", "--scopes", "read,write,resolve"];
        let output = command(&create)?.output().map_err(text)?;
        let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || token.is_empty() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let address = format!("127.0.0.1:{}", free_port()?);
        let serve = |address: &str| -> Result<Child, String> {
            command(&["serve", "--bind", address, "--request-log", "off"])?
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .map_err(text)
        };
        let mut keeper = Self {
            name: match database {
                None => "distri, SQLite",
                Some(_) => "distri, PostgreSQL",
            },
            process: serve(&address)?,
            address,
            credential: format!("authorization: Bearer {token}\r\n"),
            cold_start: Duration::ZERO,
        };
        keeper.fill()?;
        keeper.end()?;
        let started = Instant::now();
        keeper.process = serve(&keeper.address)?;
        keeper.cold_start = first_read(started, &keeper.address, &keeper.request(Asked::Read, 0))?;
        Ok(keeper)
    }

    fn fill(&self) -> Result<(), String> {
        let write = |key| self.request(Asked::Write, key);
        first_read(Instant::now(), &self.address, &write(0))?;
        for key in 1..SECRETS {
            let reply = ask_once(&self.address, &write(key))?;
            if !is_success(&reply) {
                return Err(String::from_utf8_lossy(&reply).into_owned());
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).map_err(text)?;
        self.process.wait().map(drop).map_err(text)
    }
}

impl Drop for Distri {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

impl Keeper for Distri {
    fn name(&self) -> &str {
        self.name
    }

    fn pid(&self) -> u32 {
        self.process.id()
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn cold_start(&self) -> Duration {
        self.cold_start
    }

    fn request(&self, asked: Asked, key: usize) -> Vec<u8> {
        let headers = format!("{}content-type: application/json\r\n", self.credential);
        match asked {
            Asked::Read => request(
                "POST",
                "/v1/secrets/resolve",
                &headers,
                &format!("{{\"keys\":[\"KEY_NUMBER_{key}\"]}}"),
            ),
            Asked::Look => request("GET", &format!("/v1/secrets/KEY_NUMBER_{key}"), &headers, ""),
            Asked::Write => {
                let value = "v".repeat(64);
                let body = format!("{{\"key\":\"KEY_NUMBER_{key}\",\"value\":\"{value}\"}}");
                request("POST", "/v1/secrets", &headers, &body)
            }
        }
    }
}
