//! Versions that come back, and environments that are apart.

use crate::support::Home;

#[test]
fn versions_are_listed_brought_back_and_revealed() {
    let home = Home::new();
    for value in ["one", "two", "three"] {
        home.set("K", value);
    }
    home.distri(&["secrets", "rollback", "K"]).ok().says("version 4");
    assert_eq!(home.reveal("K"), b"two");
    home.distri(&["secrets", "rollback", "K", "--to", "1"]).ok();
    assert_eq!(home.reveal("K"), b"one");
    assert_eq!(
        home.distri(&["secrets", "get", "K", "--reveal", "--version", "3"])
            .ok()
            .stdout,
        b"three"
    );
    home.distri(&["secrets", "rollback", "K", "--to", "9"]).exits(3);
    home.distri(&["secrets", "get", "K", "--version", "3"]).exits(2);
    let history = home.distri(&["secrets", "history", "K", "--json"]).ok().json();
    let shown: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["version"].as_u64().unwrap(), it["change"].as_str().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            (5, "rollback"),
            (4, "rollback"),
            (3, "value"),
            (2, "value"),
            (1, "value")
        ]
    );
    assert_eq!(history[0]["origin"], 1);
}

#[test]
fn environments_are_apart_and_copied_on_request() {
    let home = Home::new();
    home.pipe(&["secrets", "set", "A", "--env", "dev"], "dev-a").ok();
    home.pipe(
        &["secrets", "set", "B", "--env", "dev", "--host", "b.example.com"],
        "dev-b",
    )
    .ok();
    home.pipe(&["secrets", "set", "A", "--env", "prod"], "prod-a").ok();
    home.distri(&["secrets", "get", "A"])
        .exits(3)
        .says("environment `default`");
    home.distri(&["secrets", "copy", "--from", "dev", "--to", "prod"])
        .exits(6)
        .says("`A`")
        .says("--on-conflict");
    home.distri(&[
        "secrets",
        "copy",
        "--from",
        "dev",
        "--to",
        "prod",
        "--on-conflict",
        "skip",
    ])
    .ok()
    .says("'B' copied")
    .says("'A' is there already");
    home.distri(&["secrets", "copy", "--from", "dev", "--to", "dev"])
        .exits(2);
    home.distri(&["secrets", "copy", "--from", "dev", "--to", "prod", "NOT_THERE"])
        .exits(3);
    assert_eq!(
        home.distri(&["secrets", "list", "--all-envs"]).ok().out(),
        "A\tdev\nA\tprod\nB\tdev\nB\tprod\n"
    );
    assert_eq!(
        home.distri(&["secrets", "get", "A", "--env", "prod", "--reveal"])
            .ok()
            .stdout,
        b"prod-a"
    );
    assert_eq!(
        home.distri(&["secrets", "get", "B", "--env", "prod", "--json"])
            .ok()
            .json()["hosts"][0],
        "b.example.com"
    );
    home.distri(&["secrets", "list", "--env", "Prod"]).exits(2);
}
