//! The verbs on a PostgreSQL server: the same words, and nothing of it in a file of the home.

use std::process::Command;

use xtask::postgres::Database;

use crate::support::{Done, Home, feed, files_below, finish};

struct OnPostgres {
    home: Home,
    database: Database,
}

impl OnPostgres {
    fn new() -> Self {
        Self {
            home: Home::of_this_machine(),
            database: Database::create().unwrap(),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.home.local(args);
        command.env("DISTRI_DATABASE_URL", self.database.url());
        command
    }

    fn distri(&self, args: &[&str]) -> Done {
        finish(self.command(args).stdin(std::process::Stdio::null()).output().unwrap())
    }
}

#[test]
fn secrets_are_set_listed_given_deleted_and_verified_on_a_server() {
    let on = OnPostgres::new();
    let value = b"sk_live_4242424242";
    feed(
        on.command(&["secrets", "set", "STRIPE_API_KEY", "--delivery", "value"]),
        value,
    )
    .ok();
    feed(on.command(&["secrets", "set", "CRM_TOKEN"]), b"another-value").ok();
    assert_eq!(
        on.distri(&["secrets", "list"]).ok().out(),
        "CRM_TOKEN\nSTRIPE_API_KEY\n"
    );
    let printed = [
        "exec",
        "--only",
        "CRM_TOKEN",
        "--",
        "sh",
        "-c",
        "printf %s \"${#CRM_TOKEN}\"",
    ];
    assert_eq!(on.distri(&printed).ok().out(), "13");
    on.distri(&["secrets", "delete", "CRM_TOKEN", "--yes"]).ok();
    assert_eq!(on.distri(&["secrets", "list"]).ok().out(), "STRIPE_API_KEY\n");
    on.distri(&["exec", "--only", "CRM_TOKEN", "--", "true"]).exits(3);
    on.distri(&["secrets", "undelete", "CRM_TOKEN"]).ok();
    on.distri(&["secrets", "purge", "CRM_TOKEN", "--yes"])
        .ok()
        .says("the server keeps it until its next `VACUUM`");
    on.distri(&["accounts", "create", "acme"]).ok();
    on.distri(&["accounts", "delete", "acme", "--yes"])
        .ok()
        .says("Account 'acme' destroyed");
    on.distri(&["keys", "rotate", "instance"]).ok();
    let revealed = on.distri(&["secrets", "get", "STRIPE_API_KEY", "--reveal"]).ok();
    assert_eq!(revealed.stdout, value);
    let listed = on.distri(&["audit", "list"]).ok().out();
    for action in [
        "secret.set",
        "secret.release",
        "secret.delete",
        "secret.purge",
        "account.delete",
    ] {
        assert!(listed.contains(action), "{action} in: {listed}");
    }
    on.distri(&["audit", "verify"]).ok();
    // That of the tests has nothing to keep.
    let doctor = on.distri(&["doctor"]).ok().out();
    assert!(
        doctor.contains("runs without `fsync` and `full_page_writes`"),
        "{doctor}"
    );
    let files = files_below(&on.home.path());
    assert!(!files.iter().any(|it| it.ends_with("distri.db")), "{files:?}");
}
