//! A home that is not what it should be: one whose database is gone, and one that never was set up.

use crate::support::Home;

fn lose(home: &Home) {
    std::fs::rename(home.path().join("data"), home.work().join("away")).unwrap();
    // The place of a volume that is not mounted.
    std::fs::create_dir(home.path().join("data")).unwrap();
}

#[test]
fn a_database_that_is_gone_is_missed_by_every_verb_until_it_is_back() {
    let home = Home::new();
    home.set("STRIPE_API_KEY", "sk_live_4242");
    let key = home.distri(&["audit", "key"]).ok().out();
    let instance = key
        .trim()
        .trim_start_matches("distri/")
        .split('+')
        .next()
        .unwrap()
        .to_owned();
    lose(&home);
    for args in [
        &["secrets", "list"][..],
        &["secrets", "get", "STRIPE_API_KEY"],
        &["secrets", "set", "STRIPE_API_KEY", "--generate"],
        &["exec", "--", "/bin/true"],
        &["audit", "verify"],
        &["audit", "list"],
        &["audit", "accept-rollback", "--yes"],
        &["keys", "init"],
        &["keys", "status"],
        &["secrets", "lint"],
        &["serve", "--bind", "127.0.0.1:0"],
    ] {
        home.distri(args)
            .exits(8)
            .says("error: there is no installation in `")
            .says(&format!(
                "shows that installation {instance} was there, with 2 audit records or more"
            ))
            .says("hint: mount the database or put it back")
            .says("state/audit-tip` and `");
    }
    let doctor = home.distri(&["doctor"]).exits(8).out();
    assert!(
        doctor.contains("fail  store        there is no installation in `"),
        "{doctor}"
    );
    assert_eq!(
        std::fs::read_dir(home.path().join("data")).unwrap().count(),
        0,
        "nothing was made"
    );

    std::fs::remove_dir(home.path().join("data")).unwrap();
    std::fs::rename(home.work().join("away"), home.path().join("data")).unwrap();
    assert_eq!(home.reveal("STRIPE_API_KEY"), b"sk_live_4242");
    home.distri(&["audit", "verify"]).ok();
}

#[test]
fn what_the_message_says_begins_anew() {
    let home = Home::new();
    home.set("A", "v");
    lose(&home);
    home.distri(&["secrets", "list"]).exits(8);
    for name in ["audit-tip", "checkpoints"] {
        std::fs::rename(home.path().join("state").join(name), home.work().join(name)).unwrap();
    }
    home.distri(&["secrets", "list"]).ok().says("No secrets found");
    home.set("B", "w");
    home.distri(&["audit", "verify"]).ok();
}

#[test]
fn looking_into_a_home_that_is_not_set_up_makes_nothing() {
    let home = Home::new();
    for args in [
        &["audit", "list"][..],
        &["audit", "verify"],
        &["audit", "key"],
        &["audit", "export"],
        &["audit", "checkpoint"],
        &["audit", "prove", "1"],
        &["audit", "who-could", "A"],
        &["audit", "who-did", "A"],
        &["audit", "prune", "--before", "1d", "--yes"],
        &["audit", "accept-rollback", "--yes"],
        &["backup", "create", "--to", "b", "--recipient", RECIPIENT],
        &["keys", "status"],
        &["secrets", "get", "A"],
        &["secrets", "history", "A"],
        &["secrets", "export", "--reveal"],
    ] {
        home.distri(args)
            .exits(3)
            .says("error: there is no installation in `")
            .says("hint: `distri secrets set KEY` makes one");
        assert!(!home.path().exists(), "{args:?} made something");
    }
    home.distri(&["secrets", "list"])
        .ok()
        .says("No secrets found.\nhint: there is no installation in `");
    home.distri(&["secrets", "lint"]).ok();
    assert_eq!(home.distri(&["secrets", "list", "--json"]).ok().out().trim(), "[]");
    let doctor = home.distri(&["doctor"]).out();
    assert!(
        doctor.contains("warn  store        there is no installation in `"),
        "{doctor}"
    );
    assert!(!home.path().exists());
}

#[test]
fn a_tip_that_is_missing_is_said_recorded_and_reported_until_that_is_accepted() {
    let home = Home::new();
    home.set("A", "old");
    let (data, copy) = (home.path().join("data"), home.work().join("copy"));
    copy_files(&data, &copy);
    home.set("A", "new");
    home.distri(&["audit", "verify"]).ok();
    copy_files(&copy, &data);
    for name in ["audit-tip", "checkpoints"] {
        std::fs::remove_file(home.path().join("state").join(name)).unwrap();
    }

    let doctor = home.distri(&["doctor"]).exits(8).says("state/audit-tip` is not there");
    assert!(
        doctor.out().contains("fail  audit log    record 3 says that `"),
        "{}",
        doctor.out()
    );
    let quiet = home.distri(&["secrets", "list"]).ok();
    assert_eq!(quiet.stderr, "", "said once, recorded for good");
    home.set("A", "newer");
    home.distri(&["audit", "verify"])
        .exits(8)
        .says("record 3 says that `")
        .says("was missing at a start");
    let alarms = home.distri(&["audit", "list", "--alarms"]).ok().out();
    assert!(
        alarms.contains("evidence-lost") && alarms.contains("`audit-tip` is not there"),
        "{alarms}"
    );
    home.distri(&["audit", "accept-rollback", "--yes"])
        .ok()
        .says("Accepted: the log goes on after its 4 records.");
    let verified = home.distri(&["audit", "verify"]).ok().out();
    assert!(verified.contains("rollbacks accepted: 1"), "{verified}");
    home.distri(&["audit", "accept-rollback", "--yes"]).exits(6);
}

fn copy_files(from: &std::path::Path, to: &std::path::Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
