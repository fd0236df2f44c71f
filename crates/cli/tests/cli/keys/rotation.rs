//! Keys are replaced while many processes read and write.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::home;
use crate::support::{Home, finish};

/// Every way of replacing a key.
const ROTATIONS: [&[&str]; 4] = [
    &["keys", "rotate", "instance"],
    &["keys", "rotate", "account"],
    &["keys", "reseal"],
    &["keys", "reseal", "--deep"],
];

/// How many use secrets meanwhile.
const WORKERS: usize = 3;

/// Fills a home with secrets by one import.
fn fill(home: &Home, count: usize) {
    let lines: String = (0..count)
        .map(|it| format!("FILL_{it}=value-of-{it}-long-enough\n"))
        .collect();
    let path = home.write("fill.env", lines);
    home.distri(&["secrets", "import", path.to_str().unwrap()]).ok();
}

/// What is stored is what was set last, and every record is as it was written.
fn is_whole(home: &Home, count: usize) {
    let revealed = home
        .distri(&["secrets", "export", "--format", "json", "--reveal"])
        .ok()
        .json();
    for index in 0..count {
        assert_eq!(
            revealed[format!("FILL_{index}")],
            format!("value-of-{index}-long-enough")
        );
    }
    home.distri(&["audit", "verify"]).ok();
    home.distri(&["doctor"]).ok();
}

#[test]
fn every_level_is_replaced_under_load_and_no_command_fails() {
    const COUNT: usize = 120;
    let home = home();
    fill(&home, COUNT);
    let (stop, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let workers: [_; WORKERS] = std::array::from_fn(|worker| {
            let (home, stop, served) = (&home, &stop, &served);
            scope.spawn(move || {
                let key = format!("WORKER_{worker}");
                for round in 0_u32.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let value = format!("value-{worker}-{round}");
                    home.set(&key, &value);
                    assert_eq!(home.reveal(&key), value.as_bytes());
                    assert_eq!(home.reveal("FILL_7"), b"value-of-7-long-enough");
                    home.distri(&["exec", "--only", "FILL_9", "--", "true"]).ok();
                    served.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        let _stop = Stop(&stop);
        // A process that lives through all of it: it has the first instance key in memory.
        let mut long = home.command(&["exec", "--only", "FILL_3", "--", "sleep", "600"]);
        let mut long = long.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        for round in 0..3 {
            let before = served.load(Ordering::SeqCst);
            for rotation in ROTATIONS {
                home.distri(rotation).ok();
            }
            // Each round meets commands of every kind, however slow the machine; a worker that ends has failed.
            while served.load(Ordering::SeqCst) < before + WORKERS && !workers.iter().any(|it| it.is_finished()) {
                std::thread::sleep(Duration::from_millis(5));
            }
            let status = home.distri(&["keys", "status", "--json"]).ok().json();
            assert_eq!(status["instance_keys"].as_array().unwrap().len(), round + 2);
            assert_eq!(status["account_keys"].as_array().unwrap().len(), round + 2);
        }
        long.kill().unwrap();
        long.wait().unwrap();
    });
    is_whole(&home, COUNT);
}

/// Ends the workers, also when the test panics.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn what_was_exported_and_delivered_before_a_rotation_still_verifies() {
    let home = home();
    let key = home.distri(&["audit", "key"]).ok().out();
    let export = home.work().join("before.jsonl");
    let export = export.to_str().unwrap();
    home.distri(&["audit", "export", "--output", export]).ok();
    home.distri(&["keys", "rotate", "instance"]).ok().says("took over from");
    home.set("B", "b");
    let after = home.work().join("after.jsonl");
    let after = after.to_str().unwrap();
    home.distri(&["audit", "export", "--output", after]).ok();
    for file in [export, after] {
        let mut verify: Command = home.command(&["audit", "verify", "--export", file, "--key", key.trim()]);
        if file == after {
            verify.arg("--checkpoints").arg(home.path().join("state/checkpoints"));
        }
        finish(verify.output().unwrap()).ok();
    }
    home.distri(&["audit", "verify"]).ok();
    let records = home.distri(&["audit", "list", "--json"]).ok().json();
    let rotated = records
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["action"] == "key.rotate-instance");
    let status = home.distri(&["keys", "status", "--json"]).ok().json();
    assert_eq!(
        rotated.unwrap()["keys"]["instance-rotated"]["to"],
        status["instance_keys"][1]["fingerprint"]
    );
}

#[test]
fn a_rotation_asks_every_slot() {
    let home = home();
    let phrase = home.write("phrase", "correct horse battery\n");
    let phrase = phrase.to_str().unwrap();
    home.with(
        &[("DISTRI_NEW_PASSPHRASE_FILE", phrase)],
        &["keys", "add-slot", "passphrase"],
    )
    .ok();
    home.distri(&["keys", "rotate", "instance"])
        .exits(4)
        .says("every key slot has to open")
        .says("passphrase");
    let variables = [("DISTRI_PASSPHRASE_FILE", phrase)];
    home.with(&variables, &["keys", "rotate", "instance"]).ok();
    home.opens(&[]);
    std::fs::remove_file(home.root_key()).unwrap();
    home.opens(&variables);
}
