//! The broker of `distri exec`, TLS in and out, beside the same client without it and behind mitmproxy.
//!
//! Separate processes on one machine: the server in this one, the proxy, and the client, which is this binary again (as
//! the command of `distri exec`, or by itself). The client reads the proxy's processor time and memory.
//!
//! | file | owns |
//! |---|---|
//! | `mod.rs` | the three ways to the server, as rows |
//! | `server.rs` | what answers |
//! | `client.rs` | what asks and measures |
//! | `mitmproxy.rs` | the peer: started, told to put a value into a header |

mod client;
mod mitmproxy;
mod server;

use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) use client::client;

use crate::exec::distri;
use crate::measure::{Effort, Row};
use mitmproxy::Mitmproxy;

const HOST: &str = "bench.example";
const BODY: &str =
    "{\"id\":\"re_1\",\"object\":\"refund\",\"amount\":1000,\"currency\":\"eur\",\"status\":\"succeeded\"}";
/// Begins a request for a download; the number of mebibytes follows.
const DOWNLOAD: &[u8] = b"GET /download/";

/// The client's first argument.
pub(crate) const CLIENT: &str = "__broker-client";
/// Names the process to measure where it is not the client's parent.
const PROXY_PID: &str = "BENCH_PROXY_PID";

/// What is measured, and for how long: seconds, or mebibytes.
fn ways(effort: Effort) -> [(&'static str, &'static str, &'static str); 5] {
    let (seconds, mebibytes) = match effort {
        Effort::Quick => ("1", "128"),
        Effort::Full => ("4", "1024"),
    };
    [
        ("1", seconds, "keep-alive, 1 connection"),
        ("16", seconds, "keep-alive, 16 connections"),
        ("64", seconds, "keep-alive, 64 connections"),
        ("new", seconds, "new connection, TLS and one request"),
        ("download", mebibytes, "download"),
    ]
}

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let place = tempfile::tempdir().map_err(text)?;
    let authority = place.path().join("authority.pem");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(text)?;
    let address = runtime.block_on(server::serve(&authority))?;
    let distri = distri()?;
    let home = place.path().join("home");
    set_secret(&distri, &home)?;
    let this = std::env::current_exe().map_err(text)?;
    let mitmproxy = Mitmproxy::start(place.path(), address);
    let mut rows = Vec::new();
    for (way, amount, name) in ways(effort) {
        let client = [CLIENT, way, amount, &address.to_string()];
        let mut direct = Command::new(&this);
        direct
            .args(client)
            .env("NODE_EXTRA_CA_CERTS", &authority)
            .env_remove("HTTPS_PROXY");
        let mut through = Command::new(&distri);
        through
            .args(["exec", "--only", "BENCH_KEY", "--resolve"])
            .arg(format!("{HOST}:443:{address}"))
            .arg("--ca-file")
            .arg(&authority)
            .arg("--")
            .arg(&this)
            .args(client)
            .env("DISTRI_HOME", &home);
        let is_download = way == "download";
        rows.push(Row::figure(
            format!("{name}: direct"),
            Figures::of(direct)?.shown(is_download, false),
        ));
        rows.push(Row::figure(
            format!("{name}: broker"),
            Figures::of(through)?.shown(is_download, true),
        ));
        let peer = mitmproxy.as_ref().map_err(String::clone).and_then(|it| {
            let mut behind = Command::new(&this);
            behind.args(client);
            Figures::of(it.lead(behind))
        });
        let peer = match peer {
            Ok(figures) => figures.shown(is_download, true),
            Err(reason) => format!("not measured: {reason}"),
        };
        rows.push(Row::figure(format!("{name}: mitmproxy"), peer));
    }
    Ok(rows)
}

/// What the client has measured.
struct Figures {
    per_second: f64,
    median: f64,
    p99: f64,
    /// Microseconds of the proxy for each request or megabyte.
    cpu: f64,
    /// The proxy's most memory, in MiB.
    memory: f64,
}

impl Figures {
    fn of(mut command: Command) -> Result<Self, String> {
        let output = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(text)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|it| it.parse().ok()).collect();
        match numbers.as_slice() {
            [per_second, median, p99, cpu, memory] if output.status.success() => Ok(Self {
                per_second: *per_second,
                median: *median,
                p99: *p99,
                cpu: *cpu,
                memory: *memory,
            }),
            _ => Err(format!("the client ended with {}: {said}", output.status)),
        }
    }

    fn shown(&self, is_download: bool, has_proxy: bool) -> String {
        let speed = match is_download {
            true => format!("{:.0} MB/s", self.per_second),
            false => format!(
                "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
                self.per_second, self.median, self.p99
            ),
        };
        let unit = if is_download { "MB" } else { "request" };
        match has_proxy {
            true => format!(
                "{speed}, {:.1} µs of CPU a {unit}, at most {:.0} MiB",
                self.cpu, self.memory
            ),
            false => speed,
        }
    }
}

fn set_secret(distri: &Path, home: &Path) -> Result<(), String> {
    let dotenv = home.with_extension("env");
    std::fs::write(&dotenv, "BENCH_KEY=sk_live_0123456789abcdefghijklmnopqrstuv\n").map_err(text)?;
    for words in [
        vec!["secrets", "import", dotenv.to_str().ok_or("the path is no text")?],
        vec!["secrets", "edit", "BENCH_KEY", "--host", HOST],
    ] {
        let mut command = Command::new(distri);
        command.args(&words).env("DISTRI_HOME", home).stdin(Stdio::null());
        let output = command.output().map_err(text)?;
        if !output.status.success() {
            return Err(format!(
                "`distri {}`: {}",
                words.join(" "),
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    Ok(())
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
