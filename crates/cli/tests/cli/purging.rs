//! Stories of `secrets purge` with the real binary.

use crate::support::Home;

#[test]
fn a_purged_secret_is_gone_and_its_backups_are_named() {
    let home = Home::new();
    home.set("OLD_API_KEY", "sk_live_4242424242");
    let recipient = distri_core::age::Identity::generate().recipient().to_string();
    home.distri(&["backup", "create", "--to", "b.age", "--recipient", &recipient])
        .ok();
    home.distri(&["secrets", "purge", "OLD_API_KEY"])
        .exits(2)
        .says("hint: add `--yes` to destroy it");
    home.distri(&["secrets", "purge"]).exits(2);
    home.distri(&["secrets", "purge", "OLD_API_KEY", "--expired"]).exits(2);
    home.distri(&["secrets", "purge", "OLD_API_KEY", "--yes"])
        .ok()
        .says("Secret 'OLD_API_KEY' destroyed.")
        .says("still has it: `")
        .says("b.age`, for 1 recipient");
    home.distri(&["secrets", "undelete", "OLD_API_KEY"]).exits(3);
    home.distri(&["secrets", "purge", "OLD_API_KEY", "--yes"]).exits(3);
    let listed = home.distri(&["audit", "list"]).ok().out();
    assert!(listed.contains("secret.purge"), "{listed}");
    home.distri(&["audit", "verify"]).ok();
}

#[test]
fn what_was_deleted_lately_stays_recoverable() {
    let home = Home::new();
    home.set("OLD_API_KEY", "sk_live_4242424242");
    home.distri(&["secrets", "delete", "OLD_API_KEY", "--yes"]).ok();
    let json = home
        .distri(&["secrets", "purge", "--expired", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&json["purged"], &json["versions"]),
        (&serde_json::json!([]), &0.into())
    );
    home.distri(&["secrets", "undelete", "OLD_API_KEY"]).ok();
}
