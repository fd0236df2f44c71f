//! A secret set, revealed and looked at by many threads, on both databases, beside a plain flushed insert on the server.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use distri_core::authz::Actor;
use distri_core::{AccountName, Environment, SecretKey, SecretValue, SystemClock};
use distri_vault::root_key::RootKeyError;
use distri_vault::secrets::SetSecret;
use distri_vault::{FirstUse, Home, Vault};
use xtask::postgres::{Database, Server};

use crate::measure::{Effort, Row};

const THREADS: [usize; 3] = [1, 16, 64];

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let time = match effort {
        Effort::Quick => Duration::from_secs(2),
        Effort::Full => Duration::from_secs(10),
    };
    let place = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut rows = measured("SQLite", &Home::below(&place.path().join("sqlite")), time)?;

    // A server of its own, which flushes as it does for everybody.
    let directory = Path::new("/var/tmp").join(format!("distri-bench-{}", std::process::id()));
    let server = Server::start(&directory, &["max_connections=100"]).map_err(|error| error.to_string())?;
    let database = Database::on(server).map_err(|error| error.to_string())?;
    let url = database.url().parse().map_err(|error| format!("{error}"))?;
    let home = Home::below(&place.path().join("postgres")).with_database(Some(url));
    let measured = measured("PostgreSQL", &home, time);
    let reference = reference(&database, time);
    let stopped = database.server().stop();
    std::fs::remove_dir_all(directory).map_err(|error| error.to_string())?;
    stopped.map_err(|error| error.to_string())?;
    rows.extend(measured?);
    rows.extend(reference?);
    Ok(rows)
}

fn measured(name: &str, home: &Home, time: Duration) -> Result<Vec<Row>, String> {
    let ask = &mut || Err(RootKeyError::Parameters);
    let vault = Vault::open(home, Arc::new(SystemClock), FirstUse::KeyFile, ask).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    type Step = fn(&Vault, usize) -> Result<(), String>;
    let steps: [(&str, Step); 3] = [("set", set), ("revealed, recorded", reveal), ("looked at", get)];
    for (what, step) in steps {
        for threads in THREADS {
            let rate = rate(&vault, threads, time, step)?;
            rows.push(Row::figure(
                format!("{name}: a secret {what}, {threads} threads"),
                format!("{rate:.0}/s"),
            ));
        }
    }
    Ok(rows)
}

fn rate(
    vault: &Vault,
    threads: usize,
    time: Duration,
    step: fn(&Vault, usize) -> Result<(), String>,
) -> Result<f64, String> {
    let start = Instant::now();
    let counts: Result<Vec<u32>, String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut count = 0;
                    while start.elapsed() < time {
                        step(vault, thread)?;
                        count += 1;
                    }
                    Ok(count)
                })
            })
            .collect();
        let ended = threads.into_iter().map(|it| it.join());
        ended
            .map(|it| it.unwrap_or(Err("a thread panicked".to_owned())))
            .collect()
    });
    Ok(f64::from(counts?.iter().sum::<u32>()) / start.elapsed().as_secs_f64())
}

fn key(thread: usize) -> Result<SecretKey, String> {
    format!("KEY_{thread}").parse().map_err(|error| format!("{error}"))
}

fn set(vault: &Vault, thread: usize) -> Result<(), String> {
    let value = SecretValue::new(vec![b'x'; 64]).map_err(|error| error.to_string())?;
    let request = SetSecret::new(key(thread)?, Environment::default(), value);
    let caller = vault.caller(Actor::local("bench"), &AccountName::default());
    let caller = caller.map_err(|error| error.to_string())?;
    caller.set(&request).map(drop).map_err(|error| error.to_string())
}

fn reveal(vault: &Vault, thread: usize) -> Result<(), String> {
    let caller = vault.caller(Actor::local("bench"), &AccountName::default());
    let caller = caller.map_err(|error| error.to_string())?;
    let revealed = caller.reveal(&key(thread)?, &Environment::default(), None);
    revealed.map(drop).map_err(|error| error.to_string())
}

fn get(vault: &Vault, thread: usize) -> Result<(), String> {
    let caller = vault.caller(Actor::local("bench"), &AccountName::default());
    let caller = caller.map_err(|error| error.to_string())?;
    let info = caller.get(&key(thread)?, &Environment::default());
    info.map(drop).map_err(|error| error.to_string())
}

/// What one insert costs that is committed and flushed by itself.
fn reference(database: &Database, time: Duration) -> Result<Vec<Row>, String> {
    let text = |error: std::io::Error| error.to_string();
    database.sql("create table plain (body text)").map_err(text)?;
    let insert = "insert into plain values (repeat('x', 500))";
    let mut rows = Vec::new();
    for clients in THREADS {
        let rate = database.load(insert, clients, time).map_err(text)?;
        rows.push(Row::figure(
            format!("PostgreSQL: a plain row inserted, {clients} clients (pgbench)"),
            format!("{rate:.0}/s"),
        ));
    }
    Ok(rows)
}
