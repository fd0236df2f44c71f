//! Stories of `distri audit` with the real binary: an auditor with a public key, a tampered log, a full and a read-only disk.

use std::process::{Command, Stdio};

use crate::support::{Done, Home, finish};

/// A home with a log of ten records and the public key of its installation.
fn home_with_a_log() -> (Home, String) {
    let home = Home::new();
    for number in 0..8 {
        home.set("STRIPE_API_KEY", format!("sk_live_value_{number}"));
    }
    home.reveal("STRIPE_API_KEY");
    let key = home.distri(&["audit", "key"]).ok().out().trim().to_owned();
    (home, key)
}

#[test]
fn a_sound_log_verifies_and_says_its_size() {
    let (home, _) = home_with_a_log();
    let done = home.distri(&["audit", "verify"]).ok();
    assert!(
        done.out()
            .starts_with("10 audit records and 1 checkpoint are as distri wrote them\nhead ")
    );
    home.distri(&["audit", "checkpoint"])
        .ok()
        .says("Checkpoint 2 over 10 records");
    let json = home.distri(&["audit", "verify", "--json"]).ok().json();
    assert_eq!(
        (
            &json["size"],
            &json["checkpoints"],
            &json["delivered"],
            &json["findings"]
        ),
        (&10.into(), &2.into(), &2.into(), &serde_json::json!([]))
    );
}

#[test]
fn a_changed_record_is_named_with_exit_code_8() {
    let (home, _) = home_with_a_log();
    home.tamper(
        "drop trigger audit_records_stay_as_written;
         update audit_records set body = replace(body, 'STRIPE', 'SHRIKE') where seq = 4",
    );
    home.distri(&["audit", "verify"])
        .exits(8)
        .says("error: record 4: its body was changed");
    home.distri(&["audit", "list"])
        .exits(8)
        .says("record 4: its body was changed")
        .says("hint: `distri audit verify`");
    let json = home.distri(&["audit", "verify", "--json"]).exits(8).json();
    assert_eq!(json["findings"][0]["seq"], 4);
}

#[test]
fn an_auditor_needs_nothing_but_the_export_and_the_public_key() {
    let (home, key) = home_with_a_log();
    home.distri(&["audit", "export", "--output", "plain.jsonl"])
        .ok()
        .says("10 audit records are in `plain.jsonl`");
    home.distri(&["audit", "export", "--output", "plain.jsonl"]).exits(6);
    let proofs = home
        .distri(&["audit", "export", "--format", "jsonl", "--proofs"])
        .ok()
        .stdout;
    home.write("proofs.jsonl", &proofs);
    assert!(
        !String::from_utf8_lossy(&proofs).contains("sk_live"),
        "no value is in an export"
    );

    // Another machine: no home, no database.
    let elsewhere = Home::new();
    let verify = |file: &str, text: &[u8]| -> Done {
        elsewhere.write(file, text);
        elsewhere.distri(&["audit", "verify", "--export", file, "--key", &key])
    };
    let plain = std::fs::read(home.work().join("plain.jsonl")).unwrap();
    assert!(
        verify("plain", &plain)
            .ok()
            .out()
            .starts_with("10 audit records as signed by `distri/")
    );
    verify("proofs", &proofs).ok();
    assert!(!elsewhere.path().exists(), "verifying an export sets nothing up");
    let piped = elsewhere.pipe(&["audit", "verify", "--export", "-", "--key", &key, "--json"], &proofs);
    assert_eq!(piped.ok().json()["proofs"], 10);

    let text = String::from_utf8(plain).unwrap();
    verify("changed", text.replacen("\"version\":3", "\"version\":2", 1).as_bytes())
        .exits(8)
        .says("record 4 was changed");
    let cut: String = text.lines().take(8).map(|it| format!("{it}\n")).collect();
    verify("cut", cut.as_bytes()).exits(8).says("are missing at the end");
    verify("empty", b"").exits(8);
    verify("noise", &[0xFF, 0xFE, b'\n']).exits(8);
    elsewhere
        .distri(&["audit", "verify", "--export", "absent", "--key", &key])
        .exits(3);
    elsewhere.distri(&["audit", "verify", "--export", "plain"]).exits(2);
    elsewhere
        .distri(&["audit", "verify", "--export", "plain", "--key", "x"])
        .exits(2);
    let other = home_with_a_log().1;
    elsewhere
        .distri(&["audit", "verify", "--export", "plain", "--key", &other])
        .exits(8)
        .says("is not believed");
}

#[test]
fn an_old_export_is_known_by_the_checkpoints_of_another_place() {
    let (home, key) = home_with_a_log();
    let old = home.distri(&["audit", "export"]).ok().stdout;
    home.set("STRIPE_API_KEY", "sk_live_later");
    home.distri(&["audit", "checkpoint"]).ok();
    let new = home.distri(&["audit", "export"]).ok().stdout;
    home.write("old", old);
    home.write("new", new);
    let checkpoints = home.path().join("state/checkpoints").display().to_string();
    let verify = |file| {
        home.distri(&[
            "audit",
            "verify",
            "--export",
            file,
            "--key",
            &key,
            "--checkpoints",
            &checkpoints,
        ])
    };
    verify("new").ok();
    verify("old")
        .exits(8)
        .says("the export has 10 records, and a checkpoint over 11 was delivered: it is an old copy");
}

#[test]
fn one_record_is_proven_to_somebody_who_does_not_get_the_others() {
    let (home, key) = home_with_a_log();
    let proven = home.distri(&["audit", "prove", "10"]).ok();
    let json = proven.json();
    assert_eq!(json["record"]["action"], "secret.reveal");
    let id = json["record"]["id"].as_str().unwrap().to_owned();
    assert_eq!(home.distri(&["audit", "prove", &id]).ok().json()["seq"], 10);
    home.write("proof.json", &proven.stdout);
    let verify = |file| home.distri(&["audit", "verify", "--proof", file, "--key", &key]);
    assert!(
        verify("proof.json")
            .ok()
            .out()
            .starts_with("record 10 is one of the 10 that")
    );
    let changed = String::from_utf8(proven.stdout)
        .unwrap()
        .replace("secret.reveal", "secret.delete");
    home.write("changed.json", changed);
    verify("changed.json").exits(8).says("record 10 was changed");
    let text = home.distri(&["audit", "prove", "10", "--tlog-proof"]).ok().out();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 9\n"));
    home.distri(&["audit", "prove", "99"]).exits(3);
    home.distri(&["audit", "prove", "x"]).exits(2);
}

#[test]
fn questions_about_one_secret_are_answered() {
    let (home, _) = home_with_a_log();
    home.distri(&["secrets", "edit", "STRIPE_API_KEY", "--agent", "payment_agent"])
        .ok();
    let could = home
        .distri(&["audit", "who-could", "STRIPE_API_KEY", "--from", "1d", "--json"])
        .ok()
        .json();
    let last = could["spans"].as_array().unwrap().last().unwrap();
    assert_eq!(last["agents"]["only"][0], "payment_agent");
    assert_eq!(could["people"][0]["may_reveal"], true);
    let text = home.distri(&["audit", "who-could", "STRIPE_API_KEY"]).ok().out();
    assert!(text.contains("payment_agent") && text.contains("owner"), "{text}");
    for question in ["who-could", "who-did"] {
        home.distri(&["audit", question, "STRIPE_API_KEYS"])
            .exits(3)
            .says("the audit log has never known a secret `STRIPE_API_KEYS`; did you mean `STRIPE_API_KEY`");
        home.distri(&["audit", question, "STRIPE_API_KEY", "--env", "prod"])
            .exits(3)
            .says("in environment `prod`; there is one in environment `default`");
    }
    home.distri(&["secrets", "set", "LATER", "x", "--env", "prod"]).ok();
    home.distri(&["audit", "who-could", "LATER", "--to", "1d"])
        .ok()
        .says("Nobody could have used 'LATER'");
    let did = home
        .distri(&["audit", "who-did", "STRIPE_API_KEY", "--json"])
        .ok()
        .json();
    assert_eq!(did.as_array().unwrap().len(), 10);
    home.distri(&["audit", "who-did", "STRIPE_API_KEY", "--from", "now", "--to", "1d"])
        .exits(2)
        .says("`--from` must be before `--to`");
}

#[test]
fn retention_asks_and_says_what_it_did() {
    let (home, key) = home_with_a_log();
    home.distri(&["audit", "prune", "--before", "now"])
        .exits(2)
        .says("--yes");
    home.distri(&["audit", "prune", "--before", "2999-01-01", "--yes"])
        .exits(2)
        .says("in the past");
    home.distri(&["audit", "prune", "--before", "30d", "--yes"])
        .ok()
        .says("No audit records are that old");
    home.distri(&["audit", "prune", "--before", "now", "--yes"])
        .ok()
        .says("The bodies of 10 audit records were dropped, up to record 10");
    for question in ["who-could", "who-did"] {
        home.distri(&["audit", question, "STRIPE_API_KEY"])
            .ok()
            .says("records before number 11 of");
    }
    home.distri(&["audit", "who-did", "STRIPE_API_KEY", "--json"])
        .ok()
        .says("records before number 11 of");
    let verified = home.distri(&["audit", "verify"]).ok().out();
    assert!(verified.contains("pruned up to record 10"), "{verified}");
    home.write("export", home.distri(&["audit", "export", "--proofs"]).ok().stdout);
    let verified = home
        .distri(&["audit", "verify", "--export", "export", "--key", &key])
        .ok()
        .out();
    assert!(verified.contains("leaves only: 10"), "{verified}");
}

#[test]
fn an_old_copy_of_the_database_is_refused_until_it_is_accepted() {
    let (home, _) = home_with_a_log();
    let data = home.path().join("data");
    let kept: Vec<_> = std::fs::read_dir(&data)
        .unwrap()
        .map(|it| it.unwrap().path())
        .map(|it| (it.clone(), std::fs::read(it).unwrap()))
        .collect();
    home.set("STRIPE_API_KEY", "sk_live_leaked_later");
    home.distri(&["audit", "checkpoint"]).ok();
    for entry in std::fs::read_dir(&data).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    kept.iter()
        .for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());

    for args in [
        &["secrets", "list"][..],
        &["secrets", "get", "STRIPE_API_KEY", "--reveal"],
        &["exec", "--", "/bin/true"],
    ] {
        home.distri(args)
            .exits(8)
            .says("the database has 10 audit records")
            .says("shows that there were 11")
            .says("distri audit accept-rollback");
    }
    home.distri(&["audit", "verify"]).exits(8);
    home.distri(&["audit", "accept-rollback"]).exits(2).says("--yes");
    home.distri(&["audit", "accept-rollback", "--yes"])
        .ok()
        .says("goes on after 10 records, where there had been 11");
    home.distri(&["audit", "accept-rollback", "--yes"]).exits(6);
    home.distri(&["audit", "verify"]).ok();
    let listed = home.distri(&["audit", "list", "--json"]).ok().json();
    let last = listed.as_array().unwrap().last().unwrap();
    assert_eq!(last["action"], "audit.accept-rollback");
    assert_eq!(
        last["log"],
        serde_json::json!({"rolled-back": {"found": 10, "delivered": 11}})
    );
}

#[test]
fn settings_of_evidence_are_never_guessed() {
    let home = Home::new();
    home.set("A", "v");
    let with = |name: &str, value: &str| {
        let mut command = home.command(&["secrets", "list"]);
        finish(command.env(name, value).stdin(Stdio::null()).output().unwrap())
    };
    with("DISTRI_AUDIT_FLUSH", "sometimes")
        .exits(2)
        .says("`audit.flush` is `each` or `interval`");
    with("DISTRI_CHECKPOINT_FILE", "relative").exits(2).says("absolute");
    with("DISTRI_AUDIT_FLUSH", "interval").ok();
    let elsewhere = home.work().join("elsewhere");
    with("DISTRI_CHECKPOINT_FILE", elsewhere.to_str().unwrap()).ok();
    std::fs::write(home.path().join("config/config.toml"), "[audit]\nflush = 1\n").unwrap();
    home.distri(&["secrets", "list"]).exits(2).says("config.toml");
}

const REFUSED: &str = "the use cannot be recorded, so no value was given out";

/// Every use needs its record; where none can be written, no value leaves.
fn uses_are_refused(done: impl Fn(&[&str]) -> Done, value: &str) {
    for args in [
        &["secrets", "get", "STRIPE_API_KEY", "--reveal"][..],
        &["secrets", "export", "--reveal"],
        &["exec", "--", "/usr/bin/printenv", "STRIPE_API_KEY"],
    ] {
        let done = done(args).exits(1).says(REFUSED);
        assert!(!done.out().contains(value), "a value left without a record");
    }
}

#[test]
fn without_room_for_the_record_no_secret_is_used() {
    let (home, _) = home_with_a_log();
    // A limit on the size of files stands for the disk: the log of the database cannot grow.
    let wal = std::fs::metadata(home.path().join("data/distri.db-wal")).unwrap().len();
    let blocks = wal.div_ceil(512);
    let full = |args: &[&str]| {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_distri")]).args(args);
        command
            .env_clear()
            .env("DISTRI_HOME", home.path())
            .env("PATH", "/usr/bin:/bin");
        finish(command.stdin(Stdio::null()).output().unwrap())
    };
    uses_are_refused(full, "sk_live_value_7");
    home.distri(&["audit", "verify"]).ok();
    assert_eq!(
        home.reveal("STRIPE_API_KEY"),
        b"sk_live_value_7",
        "with room again it goes on"
    );
}

/// A real file system without room, and one that is read-only, in a mount namespace of their own.
#[test]
fn a_full_and_a_read_only_file_system_refuse_every_use() {
    let can_mount = Command::new("unshare")
        .args(["--map-root-user", "--mount", "true"])
        .status()
        .is_ok_and(|it| it.success());
    if !can_mount {
        // The limit on file sizes above and permission bits cover machines that forbid namespaces.
        return;
    }
    let (home, _) = home_with_a_log();
    let inside = |prepare: &str, args: &[&str]| {
        let data = home.path().join("data").display().to_string();
        let script = format!("set -e; data='{data}'; {prepare}; exec \"$0\" \"$@\"");
        let mut command = Command::new("unshare");
        command
            .args([
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                &script,
                env!("CARGO_BIN_EXE_distri"),
            ])
            .args(args)
            .env_clear()
            .env("DISTRI_HOME", home.path())
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        finish(command.stdin(Stdio::null()).output().unwrap())
    };
    let full = "cp -a \"$data\" \"$data.kept\"; mount -t tmpfs -o size=1m,mode=0700 none \"$data\"; \
                cp -a \"$data.kept\"/. \"$data\"; rm -r \"$data.kept\"; \
                dd if=/dev/zero of=\"$data/filler\" bs=4k 2>/dev/null || true";
    uses_are_refused(|args| inside(full, args), "sk_live_value_7");
    let read_only = "mount --bind \"$data\" \"$data\"; mount -o remount,bind,ro \"$data\"";
    let done = inside(read_only, &["secrets", "get", "STRIPE_API_KEY", "--reveal"]).exits(1);
    assert!(done.out().is_empty(), "{}", done.stderr);
    assert!(done.stderr.contains("cannot"), "{}", done.stderr);
    home.distri(&["audit", "verify"]).ok();
}

#[test]
fn doctor_says_how_the_log_stands() {
    let (home, _) = home_with_a_log();
    let line = |home: &Home, code: i32| {
        let report = home.distri(&["doctor", "--json"]).exits(code).json();
        let lines = report.as_array().unwrap().clone();
        let found = lines.into_iter().find(|it| it["check"] == "audit log").unwrap();
        (
            found["status"].as_str().unwrap().to_owned(),
            found["message"].as_str().unwrap().to_owned(),
        )
    };
    let expected = "10 records, 1 of them under a delivered checkpoint";
    assert_eq!(line(&home, 0), ("ok".to_owned(), expected.to_owned()));
    std::fs::remove_file(home.path().join("state/checkpoints")).unwrap();
    home.distri(&["doctor"])
        .ok()
        .says("lacked a checkpoint that had been delivered");
    assert_eq!(line(&home, 0).0, "ok", "they were delivered again");
    home.tamper("update audit_head set size = 9, peaks = zeroblob(64)");
    assert_eq!(line(&home, 8).0, "fail");
}
