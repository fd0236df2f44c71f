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

#[test]
fn a_deleted_account_is_gone_with_its_secrets_and_its_backups_are_named() {
    let home = Home::new();
    home.set("OLD_API_KEY", "sk_live_4242424242");
    home.distri(&["accounts", "create", "acme"]).ok();
    let token = ["tokens", "create", "ci", "--scopes", "read", "--account", "acme"];
    home.distri(&token).ok();
    let recipient = distri_core::age::Identity::generate().recipient().to_string();
    home.distri(&["backup", "create", "--to", "b.age", "--recipient", &recipient])
        .ok();
    home.distri(&["accounts", "delete", "acme"])
        .exits(2)
        .says("hint: add `--yes` to destroy it");
    home.distri(&["accounts", "delete", "default", "--yes"])
        .exits(6)
        .says("cannot be deleted");
    home.distri(&["accounts", "delete", "acme", "--yes"])
        .ok()
        .says("Account 'acme' destroyed: 0 secrets in 0 versions, 0 members, 1 token.")
        .says("b.age`, for 1 recipient");
    home.distri(&["accounts", "delete", "acme", "--yes"]).exits(3);
    assert_eq!(home.distri(&["accounts", "list"]).ok().out(), "default\n");
    let listed = home.distri(&["audit", "list"]).ok().out();
    assert!(listed.contains("account.delete"), "{listed}");
    home.distri(&["audit", "verify"]).ok();
    assert_eq!(home.reveal("OLD_API_KEY"), b"sk_live_4242424242");
}
