//! `distri serve` on both databases beside OpenBao, each as a process of its own and asked by the same client.
//!
//! Values leave after the record of it is flushed; OpenBao's audit log goes to a file that is not flushed.

mod distri;
mod load;
mod openbao;

use std::path::Path;
use std::time::{Duration, Instant};

use xtask::postgres::{Database, Server};

use crate::measure::{Effort, Row};
use crate::process;
use distri::Distri;
use load::{Asked, Figures, Load};
use openbao::OpenBao;

/// How many secrets there are.
const SECRETS: usize = 1_000;
const CONNECTIONS: [usize; 2] = [16, 64];

/// `distri serve` on its embedded database.
pub(crate) fn embedded(effort: Effort) -> Result<Vec<Row>, String> {
    let place = tempfile::tempdir().map_err(text)?;
    measured(&Distri::start(&place.path().join("sqlite"), None)?, effort)
}

/// On a PostgreSQL of its own.
pub(crate) fn on_postgres(effort: Effort) -> Result<Vec<Row>, String> {
    let place = tempfile::tempdir().map_err(text)?;
    let directory = Path::new("/var/tmp").join(format!("distri-bench-{}", std::process::id()));
    let server = Server::start(&directory, &["max_connections=100"]).map_err(text)?;
    let database = Database::on(server).map_err(text)?;
    let rows = Distri::start(place.path(), Some(&database.url())).and_then(|distri| measured(&distri, effort));
    let stopped = database.server().stop();
    std::fs::remove_dir_all(directory).map_err(text)?;
    stopped.map_err(text)?;
    rows
}

/// OpenBao, as the reference.
pub(crate) fn openbao(effort: Effort) -> Result<Vec<Row>, String> {
    let place = tempfile::tempdir().map_err(text)?;
    match OpenBao::start(&place.path().join("openbao")) {
        Ok(peer) => measured(&peer, effort),
        Err(reason) => Ok(vec![Row::figure("OpenBao", format!("not measured: {reason}"))]),
    }
}

/// A server that keeps secrets.
trait Keeper {
    fn name(&self) -> &str;
    fn pid(&self) -> u32;
    /// Where it listens.
    fn address(&self) -> &str;
    /// From the start of its process to the first secret read.
    fn cold_start(&self) -> Duration;
    /// The bytes of a request.
    fn request(&self, asked: Asked, key: usize) -> Vec<u8>;
}

fn measured(keeper: &dyn Keeper, effort: Effort) -> Result<Vec<Row>, String> {
    let time = Duration::from_secs(match effort {
        Effort::Quick => 3,
        Effort::Full => 15,
    });
    let name = keeper.name();
    let row = |what: String, figures: &Figures| Row::figure(format!("{name}: {what}"), figures.to_string());
    let mut rows = vec![Row::figure(
        format!("{name}: start to the first secret read"),
        format!("{:.0} ms", keeper.cold_start().as_secs_f64() * 1e3),
    )];
    let load = Load { keeper, time };
    for asked in [Asked::Read, Asked::Write] {
        for connections in CONNECTIONS {
            let figures = load.run(connections, &|_| asked)?;
            rows.push(row(format!("{asked}, {connections} connections"), &figures));
        }
    }
    let mixed = Load {
        time: match effort {
            Effort::Quick => time,
            Effort::Full => Duration::from_secs(60),
        },
        ..load
    };
    let figures = mixed.run(64, &|number| match number % 10 {
        0..7 => Asked::Read,
        7..9 => Asked::Look,
        _ => Asked::Write,
    })?;
    rows.push(row("70 % read, 20 % looked at, 10 % written, 64".to_owned(), &figures));
    rows.push(Row::figure(
        format!("{name}: most memory"),
        format!("{} MiB", process::peak_memory(keeper.pid())?),
    ));
    Ok(rows)
}

/// Asks again until the first secret is read; how long that took since `started`.
fn first_read(started: Instant, address: &str, request: &[u8]) -> Result<Duration, String> {
    const PATIENCE: Duration = Duration::from_secs(30);
    loop {
        match load::ask_once(address, request) {
            Ok(reply) if load::is_success(&reply) => return Ok(started.elapsed()),
            other if started.elapsed() > PATIENCE => return Err(format!("it gives no secret: {other:?}")),
            _ => std::thread::sleep(Duration::from_micros(500)),
        }
    }
}

/// A free port of this machine.
fn free_port() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(text)?;
    Ok(listener.local_addr().map_err(text)?.port())
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
