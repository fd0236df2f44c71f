//! Edits of the database by hand: refused, named, and recorded as alarms that people find.

use serde_json::json;

use crate::support::Home;

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
