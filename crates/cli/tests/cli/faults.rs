//! Faults: what was acknowledged is there after `kill -9` and a full disk, with its audit record.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const DISTRI: &str = env!("CARGO_BIN_EXE_distri");

fn distri(home: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(DISTRI)
        .args(arguments)
        .env("DISTRI_HOME", home)
        .stdin(Stdio::null())
        .output();
    output.expect("distri starts")
}

/// Starts a `set` whose value comes by standard input.
fn start_set(home: &Path, key: &str, value: &str) -> std::process::Child {
    let mut child = Command::new(DISTRI)
        .args(["secrets", "set", key])
        .env("DISTRI_HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("distri starts");
    // A child that is killed early closes its end first.
    let _ = child.stdin.take().expect("piped").write_all(value.as_bytes());
    child
}

#[test]
fn acknowledged_writes_survive_kill_9() {
    let home = tempfile::tempdir().expect("a directory");
    let mut acknowledged = Vec::new();
    let mut killed = 0;
    for round in 0..60_u64 {
        let (key, value) = (
            format!("KEY_{round}"),
            format!("value-of-round-{round}-{}", "x".repeat(round as usize * 40)),
        );
        let mut child = start_set(home.path(), &key, &value);
        // Instants spread over the whole life of the command; every fifth may finish.
        if round % 5 != 4 {
            std::thread::sleep(Duration::from_micros(round * 317 % 15_000));
            let _ = child.kill();
        }
        match child.wait().expect("it ends").success() {
            true => acknowledged.push((key, value)),
            false => killed += 1,
        }
    }
    assert!(
        killed > 0 && !acknowledged.is_empty(),
        "{killed} killed, {} acknowledged",
        acknowledged.len()
    );
    for (key, value) in &acknowledged {
        let output = distri(home.path(), &["secrets", "get", key, "--reveal"]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), *value, "{key}");
    }
    // Each secret that is there, acknowledged or not, has its record; and none has a record without being there.
    let listed = String::from_utf8(distri(home.path(), &["secrets", "list"]).stdout).expect("text");
    let audit = distri(home.path(), &["audit", "list", "--json", "--limit", "1000"]);
    let records: serde_json::Value = serde_json::from_slice(&audit.stdout).expect("JSON");
    let recorded = records.to_string().matches("\"secret.set\"").count();
    assert_eq!(listed.lines().count(), recorded);
    let verified = distri(home.path(), &["audit", "verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
}

#[test]
fn a_full_disk_changes_nothing_and_says_so() {
    let home = tempfile::tempdir().expect("a directory");
    assert!(
        start_set(home.path(), "BEFORE", "kept value")
            .wait()
            .expect("it ends")
            .success()
    );
    // A limit on the size of files stands for the disk: the write fails in the middle of the log.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" secrets set BIG";
    let mut child = Command::new("sh")
        .args(["-c", script, DISTRI])
        .env("DISTRI_HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh starts");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all("y".repeat(60_000).as_bytes())
        .expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("nothing was changed"), "{stderr}");

    assert_eq!(distri(home.path(), &["secrets", "list"]).stdout, b"BEFORE\n");
    assert_eq!(
        distri(home.path(), &["secrets", "get", "BEFORE", "--reveal"]).stdout,
        b"kept value"
    );
    assert!(
        start_set(home.path(), "AFTER", "works again")
            .wait()
            .expect("it ends")
            .success()
    );
}

#[test]
fn a_read_only_database_is_a_clear_error() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::getuid().is_root() {
        // Permission bits do not bind root; an immutable stand-in is a directory in the database's place.
        let home = tempfile::tempdir().expect("a directory");
        std::fs::create_dir_all(home.path().join("data/distri.db")).expect("makes");
        std::fs::set_permissions(home.path().join("data"), std::fs::Permissions::from_mode(0o700)).expect("sets");
        let output = distri(home.path(), &["secrets", "list"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot open the database"));
        return;
    }
    let home = tempfile::tempdir().expect("a directory");
    assert!(start_set(home.path(), "A", "v").wait().expect("it ends").success());
    std::fs::set_permissions(
        home.path().join("data/distri.db"),
        std::fs::Permissions::from_mode(0o400),
    )
    .expect("sets");
    let output = distri(home.path(), &["secrets", "delete", "A", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stderr).is_empty());
}
