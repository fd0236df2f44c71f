//! The audit log: appending a record beside a plain flushed write, alone and with many writers, and verifying all of it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use distri_core::authz::Actor;
use distri_core::ids::RunId;
use distri_core::{AccountName, Environment, SystemClock};
use distri_vault::audit::AuditSettings;
use distri_vault::secrets::{ReleaseSecrets, Selection};
use distri_vault::{FirstUse, Home, Vault};

use crate::measure::{Effort, Row};

const WRITERS: usize = 64;

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let (appends, records) = match effort {
        Effort::Quick => (500, 20_000),
        Effort::Full => (5_000, 1_000_000),
    };
    let place = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut rows = vec![per_record(
        "plain file: append 500 bytes, flush",
        appends,
        plain(place.path(), appends)?,
    )];
    for (flush, writers) in [("each", 1), ("each", WRITERS), ("interval", 1), ("interval", WRITERS)] {
        let vault = vault(&place.path().join(format!("{flush}-{writers}")), flush)?;
        let took = releases(&vault, appends, writers)?;
        let name = format!("a release recorded, flush {flush}, {writers} writers");
        rows.push(per_record(&name, appends, took));
    }
    rows.extend(verifying(place.path(), records)?);
    Ok(rows)
}

fn per_record(name: &str, count: u32, took: Duration) -> Row {
    let each = took / count;
    let rate = f64::from(count) / took.as_secs_f64();
    Row::figure(name, format!("{:.1} µs each, {rate:.0}/s", each.as_secs_f64() * 1e6))
}

/// What a record costs that is only written and flushed.
fn plain(place: &Path, count: u32) -> Result<Duration, String> {
    let mut file = File::create(place.join("plain")).map_err(|error| error.to_string())?;
    let start = Instant::now();
    for _ in 0..count {
        file.write_all(&[b'x'; 500]).map_err(|error| error.to_string())?;
        file.sync_data().map_err(|error| error.to_string())?;
    }
    Ok(start.elapsed())
}

fn vault(place: &Path, flush: &str) -> Result<Vault, String> {
    let settings = AuditSettings {
        flush: flush.parse().map_err(|error| format!("{error}"))?,
        ..AuditSettings::default()
    };
    let home = Home::below(place).with_audit(settings);
    let ask = &mut || Err(distri_vault::root_key::RootKeyError::Parameters);
    Vault::open(&home, Arc::new(SystemClock), FirstUse::KeyFile, ask).map_err(|error| error.to_string())
}

/// Records `count` releases, shared among `writers` threads.
fn releases(vault: &Vault, count: u32, writers: usize) -> Result<Duration, String> {
    let each = count as usize / writers;
    let start = Instant::now();
    let failed = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|_| scope.spawn(move || (0..each).try_for_each(|_| release(vault))))
            .collect();
        let results = threads
            .into_iter()
            .map(|it| it.join().unwrap_or(Err("a writer panicked".to_owned())));
        results.filter_map(Result::err).next()
    });
    failed.map_or(Ok(start.elapsed()), Err)
}

fn release(vault: &Vault) -> Result<(), String> {
    let caller = vault
        .caller(Actor::local("bench"), &AccountName::default())
        .map_err(|error| error.to_string())?;
    let request = ReleaseSecrets {
        agent: None,
        environment: Environment::default(),
        selection: Selection::All {
            required: BTreeSet::new(),
        },
    };
    let released = caller.release(RunId::new(&SystemClock), &request);
    released.map(drop).map_err(|error| error.to_string())
}

fn verifying(place: &Path, records: u32) -> Result<Vec<Row>, String> {
    let vault = vault(&place.join("verify"), "interval")?;
    let made = releases(&vault, records, 8)?;
    let caller = vault
        .caller(Actor::local("bench"), &AccountName::default())
        .map_err(|error| error.to_string())?;
    let before = peak_memory();
    let start = Instant::now();
    let report = caller.verify_audit().map_err(|error| error.to_string())?;
    let took = start.elapsed();
    if !report.findings.is_empty() {
        return Err("a log that nobody touched does not verify".to_owned());
    }
    let memory = peak_memory().saturating_sub(before);
    let file = std::fs::metadata(place.join("verify/data/distri.db")).map_or(0, |it| it.len());
    Ok(vec![
        Row::figure(
            format!("making {} records", report.size),
            format!("{:.1} s, {} MiB", made.as_secs_f64(), file >> 20),
        ),
        Row::figure(
            format!(
                "verifying {} records and {} checkpoints",
                report.size, report.checkpoints
            ),
            format!("{:.2} s, {} MiB more at the peak", took.as_secs_f64(), memory >> 10),
        ),
    ])
}

/// The most memory this process has had, in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let number = line.and_then(|it| it.trim().strip_suffix(" kB"));
    number.and_then(|it| it.trim().parse().ok()).unwrap_or(0)
}
