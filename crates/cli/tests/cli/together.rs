//! Sixteen processes at once on one home: no error, and nothing acknowledged is lost.
//!
//! Three seconds of it by default; `DISTRI_TEST_SECONDS=30` asks for more, and prints the counts with `--nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{Done, Home};

const WORKERS: usize = 16;
/// Everybody writes to it.
const SHARED: &str = "SHARED_TOKEN";

/// What one worker has done.
#[derive(Default)]
struct Counts {
    sets: usize,
    shared_sets: usize,
    reads: usize,
    deletes: usize,
    /// The longest that a write took.
    slowest: Duration,
    /// The value that its own key must have at the end; none when it is deleted.
    last: Option<String>,
}

fn seconds() -> u64 {
    let asked = std::env::var("DISTRI_TEST_SECONDS").ok();
    asked.map_or(3, |it| it.parse().unwrap())
}

#[test]
fn sixteen_processes_at_once_lose_nothing() {
    // Nothing is set up: all of them begin with the first use.
    let home = Arc::new(Home::new());
    let end = Instant::now() + Duration::from_secs(seconds());
    let workers: Vec<_> = (0..WORKERS)
        .map(|index| {
            let home = Arc::clone(&home);
            std::thread::spawn(move || work(&home, index, end))
        })
        .collect();
    let done: Vec<Counts> = workers.into_iter().map(|it| it.join().unwrap()).collect();
    let sum = |of: fn(&Counts) -> usize| done.iter().map(of).sum::<usize>();
    let (sets, shared, deletes) = (sum(|it| it.sets), sum(|it| it.shared_sets), sum(|it| it.deletes));

    for (index, counts) in done.iter().enumerate() {
        match &counts.last {
            Some(value) => assert_eq!(home.reveal(&own(index)), value.as_bytes()),
            None => drop(home.distri(&["secrets", "get", &own(index)]).exits(3)),
        }
    }
    // Each write of the contested key is a version of its own, of one writer.
    let history = home.distri(&["secrets", "history", SHARED, "--json"]).ok().json();
    let versions: Vec<u64> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, (1..=shared as u64).rev().collect::<Vec<_>>());
    // And each change has its record: no more, no less, without a gap.
    let records = records(&home);
    let count = |action: &str| records.iter().filter(|it| it["action"] == action).count();
    assert_eq!(count("instance.create"), 1);
    assert_eq!((count("secret.set"), count("secret.delete")), (sets + shared, deletes));
    let numbers: Vec<u64> = records.iter().map(|it| it["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    home.distri(&["audit", "verify"]).ok();
    home.distri(&["doctor"]).ok();
    println!(
        "{} s: {} sets, {deletes} deletes, {} reads by {WORKERS} at once; {} records; the slowest took {:?}",
        seconds(),
        sets + shared,
        sum(|it| it.reads),
        records.len(),
        done.iter().map(|it| it.slowest).max().unwrap_or_default()
    );
}

fn own(index: usize) -> String {
    format!("OWN_TOKEN_{index}")
}

/// Sets, reads, deletes and brings back until `end`; every command must do what it says.
fn work(home: &Home, index: usize, end: Instant) -> Counts {
    let key = own(index);
    let mut counts = Counts::default();
    for round in 0_u32.. {
        let value = format!("value-of-{index}-in-round-{round}");
        let begin = Instant::now();
        fine(home.pipe(&["secrets", "set", &key], &value));
        counts.slowest = counts.slowest.max(begin.elapsed());
        counts.sets += 1;
        let read = fine(home.distri(&["secrets", "get", &key, "--reveal"]));
        assert_eq!(read.out(), value, "what was just acknowledged");
        counts.last = Some(value);
        fine(home.pipe(&["secrets", "set", SHARED], format!("shared-{index}-{round}")));
        counts.shared_sets += 1;
        let shared = fine(home.distri(&["secrets", "get", SHARED, "--reveal"]));
        assert!(shared.out().starts_with("shared-"), "{}", shared.out());
        let listed = fine(home.distri(&["secrets", "list"])).out();
        assert!(listed.lines().any(|it| it == key), "{listed}");
        counts.reads += 3;
        if index == 0 {
            fine(home.distri(&["audit", "verify"]));
            counts.reads += 1;
        }
        if round % 2 == 1 {
            fine(home.distri(&["secrets", "delete", &key, "--yes"]));
            home.distri(&["secrets", "get", &key]).exits(3);
            counts.deletes += 1;
            counts.reads += 1;
            counts.last = None;
        }
        if Instant::now() >= end {
            break;
        }
    }
    counts
}

/// The same, when nothing was wrong: no failure, and no word of one.
#[track_caller]
fn fine(done: Done) -> Done {
    let done = done.ok();
    assert!(!done.stderr.contains("error"), "{}", done.stderr);
    done
}

/// All audit records, read in pages.
fn records(home: &Home) -> Vec<serde_json::Value> {
    let mut all: Vec<serde_json::Value> = Vec::new();
    loop {
        let after = all.len().to_string();
        let page = home.distri(&["audit", "list", "--json", "--after", &after, "--limit", "1000"]);
        match page.ok().json() {
            serde_json::Value::Array(page) if page.is_empty() => return all,
            serde_json::Value::Array(page) => all.extend(page),
            other => panic!("{other}"),
        }
    }
}
