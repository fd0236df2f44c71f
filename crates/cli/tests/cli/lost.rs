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

const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
