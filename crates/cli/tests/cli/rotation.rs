//! Stories of rotation by people with the real binary.

use crate::support::Home;

#[test]
fn the_next_value_waits_beside_the_one_in_use_until_it_is_promoted() {
    let home = Home::new();
    home.set("CRM_TOKEN", "token-one-1234567");
    home.pipe(
        &["secrets", "set", "CRM_TOKEN", "--stage", "--raw"],
        "token-two-1234567",
    )
    .ok()
    .says("has a staged value, version 2; version 1 stays in use")
    .says("hint: try it with `distri exec --staged`");
    assert_eq!(home.reveal("CRM_TOKEN"), b"token-one-1234567");
    let digest = "printf %s \"$CRM_TOKEN\" | cut -c7-9";
    let in_use = home.distri(&["exec", "--", "sh", "-c", digest]).ok();
    assert_eq!(in_use.out().trim(), "one");
    let staged = home.distri(&["exec", "--staged", "--", "sh", "-c", digest]).ok();
    assert_eq!(staged.out().trim(), "two");
    let history = home.distri(&["secrets", "history", "CRM_TOKEN"]).ok().out();
    assert!(history.contains("2+") && history.contains("1*"), "{history}");
    home.distri(&["secrets", "promote", "CRM_TOKEN"]).ok().says("version 3");
    assert_eq!(home.reveal("CRM_TOKEN"), b"token-two-1234567");
    home.distri(&["secrets", "promote", "CRM_TOKEN"])
        .exits(6)
        .says("has no staged value");
    home.pipe(&["secrets", "set", "CRM_TOKEN", "--stage", "--note", "n"], "x")
        .exits(2);
}

#[test]
fn a_reminder_is_in_the_list_and_in_lint() {
    let home = Home::new();
    home.pipe(
        &["secrets", "set", "CRM_TOKEN", "--rotate-every", "30d"],
        "token-one-1234567",
    )
    .ok();
    let json = home.distri(&["secrets", "list", "--json"]).ok().json();
    assert_eq!(json[0]["rotate_every_days"], 30);
    assert!(json[0]["rotation_due_at"].is_string());
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--rotate-every", "1d"])
        .ok();
    let lint = home.distri(&["secrets", "lint", "--json"]).ok().json();
    let rules: Vec<_> = lint
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["rule"].as_str().unwrap())
        .collect();
    assert!(!rules.contains(&"never-rotated"), "{rules:?}");
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--rotate-every", "36h"])
        .exits(2)
        .says("whole days or weeks");
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--rotate-every", "never"])
        .ok();
    let json = home.distri(&["secrets", "list", "--json"]).ok().json();
    assert!(json[0].get("rotation_due_at").is_none());
}
