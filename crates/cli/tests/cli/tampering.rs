//! Edits of the database by hand: refused, named, and recorded as alarms that people find.

use serde_json::json;

use crate::support::{Home, is_on_a_server};

#[test]
fn an_edited_policy_and_a_downgrade_are_refused_named_and_alarmed() {
    let edits = [
        (
            r#"update secret_versions set policy = '{"hosts":["evil.example"],"agents":"all","delivery":"auto"}'"#,
            "its row or policy was changed outside distri",
        ),
        (
            "pragma foreign_keys = off; delete from secret_versions where version = 2;
             delete from secrets; insert into secrets select * from kept",
            "its row is older than record 3 of the audit log",
        ),
    ];
    for (edit, reason) in edits {
        let home = Home::new();
        home.set("CRM_TOKEN", "first-value-7Qw9Zx3L");
        home.tamper("create table kept as select * from secrets");
        home.set("CRM_TOKEN", "second-value-5Vb1Nm8R");
        home.tamper(edit);
        for args in [
            &["secrets", "get", "CRM_TOKEN", "--reveal"][..],
            &["exec", "--", "touch", "ran"],
        ] {
            home.distri(args)
                .exits(8)
                .says("`CRM_TOKEN`")
                .says(reason)
                .says("`distri audit list --alarms`");
        }
        assert!(!home.work().join("ran").exists());
        let alarms = home.distri(&["audit", "list", "--alarms", "--json"]).ok().json();
        let alarms = alarms.as_array().unwrap();
        assert_eq!(alarms.len(), 2, "{alarms:?}");
        for alarm in alarms {
            assert_eq!(alarm["outcome"], json!({"denied": "tampered"}));
            assert_eq!(
                (&alarm["alarm"]["rule"], &alarm["alarm"]["place"]),
                (&json!("tampered"), &json!(reason))
            );
            assert_eq!(alarm["subjects"][0]["key"], "CRM_TOKEN");
        }
        assert!(alarms[0]["run"].is_null() && alarms[1]["run"].is_string());
    }
}

#[test]
fn a_secret_whose_current_version_is_gone_is_named_and_is_none_that_never_was() {
    let home = Home::new();
    home.set("CRM_TOKEN", "first-value-7Qw9Zx3L");
    home.set("CRM_TOKEN", "second-value-5Vb1Nm8R");
    home.set("OTHER", "another-value-2Rt6Yh9K");
    home.tamper("pragma foreign_keys = off; delete from secret_versions where version = 2");
    let reason = "`CRM_TOKEN` in environment `default` fails its integrity check: its version 2 is gone";
    for args in [
        &["secrets", "get", "CRM_TOKEN", "--reveal"][..],
        &["secrets", "get", "CRM_TOKEN"],
        &["exec", "--only", "CRM_TOKEN", "--", "touch", "ran"],
        &["exec", "--", "touch", "ran"],
        &["secrets", "delete", "CRM_TOKEN"],
    ] {
        home.distri(args).exits(8).says(reason);
    }
    home.pipe(&["secrets", "set", "CRM_TOKEN"], "third-value")
        .exits(8)
        .says(reason);
    assert!(!home.work().join("ran").exists());
    home.distri(&["secrets", "list"]).says(reason);
    let other = home.distri(&["secrets", "get", "OTHER", "--reveal"]).ok();
    assert_eq!(other.out().trim_end(), "another-value-2Rt6Yh9K");
}

/// Edits by hand that only whoever opens a value meets, and what the doctor says of each.
#[test]
fn the_doctor_opens_every_version_and_names_the_first_that_does_not_open() {
    if is_on_a_server("the doctor is for the host of a store") {
        return;
    }
    let secret = |name: &str| format!("(select id from secrets where key = '{name}')");
    let (a, b) = (secret("A_KEY"), secret("B_KEY"));
    let edits = [
        (
            format!(
                "update secret_versions set sealed = (select sealed from secret_versions where secret = {b})
                 where secret = {a} and version = 2"
            ),
            "`A_KEY` in environment `default` fails its integrity check: version 2 does not open",
        ),
        (
            format!("update secret_versions set sealed = zeroblob(40) where secret = {a} and version = 1"),
            "`A_KEY` in environment `default` fails its integrity check: version 1 does not open",
        ),
        (
            format!("pragma foreign_keys = off; delete from secret_versions where secret = {a} and version = 1"),
            "`A_KEY` in environment `default` fails its integrity check: its version 1 is gone",
        ),
        (
            format!("pragma foreign_keys = off; delete from data_keys where secret = {b}"),
            "`B_KEY` in environment `default` fails its integrity check: its data key is gone",
        ),
        (
            "update data_keys set wrapped = (select o.wrapped from data_keys o where o.id <> data_keys.id)".to_owned(),
            "its data key does not unwrap: ",
        ),
        (
            "update account_keys set wrapped = zeroblob(length(wrapped))".to_owned(),
            "the account key does not unwrap",
        ),
        (
            "update tokens set scopes = 'read,admin'".to_owned(),
            "token `ci` fails its integrity check: its row was changed outside distri",
        ),
        (
            "update accounts set name = 'mine'".to_owned(),
            "account `mine` fails its integrity check: its name was changed outside distri",
        ),
        (
            "update agent_definitions set markdown = markdown || 'More.'".to_owned(),
            "agent definition `helper` fails its integrity check: its row was changed outside distri",
        ),
    ];
    for (edit, said) in edits {
        let home = Home::new();
        home.set("A_KEY", "first-value-7Qw9Zx3L");
        home.set("A_KEY", "second-value-5Vb1Nm8R");
        home.set("B_KEY", "another-value-2Rt6Yh9K");
        home.distri(&["tokens", "create", "ci", "--scopes", "read"]).ok();
        let definition = home.write("helper.md", "---\nname = \"helper\"\ndescription = \"d\"\n---\nHelp.\n");
        home.distri(&["agents", "push", definition.to_str().unwrap()]).ok();
        let sound = home.distri(&["doctor"]).ok();
        assert!(
            sound.out().contains("2 secrets stored, and each of 3 versions opens"),
            "{}",
            sound.out()
        );
        home.tamper(&edit);
        let done = home.distri(&["doctor"]).exits(8);
        assert!(done.out().contains(said), "{edit}: {}", done.out());
    }
}
