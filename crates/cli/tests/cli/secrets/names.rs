//! Keys, the hosts that come with them, and the three commands of the page.

use crate::support::Home;

#[test]
fn the_three_commands_of_the_page_work_as_printed() {
    let home = Home::new();
    home.distri(&["secrets", "set", "STRIPE_API_KEY", "sk_live_..."])
        .ok()
        .says("Secret 'STRIPE_API_KEY' set.")
        .says("shell's history");
    assert_eq!(home.distri(&["secrets", "list"]).ok().out(), "STRIPE_API_KEY\n");
    assert_eq!(home.distri(&["secrets"]).ok().out(), "STRIPE_API_KEY\n");
    home.distri(&["secrets", "delete", "STRIPE_API_KEY"])
        .exits(2)
        .says("--yes");
    home.distri(&["secrets", "delete", "STRIPE_API_KEY", "--yes"])
        .ok()
        .says("Secret 'STRIPE_API_KEY' deleted.");
    home.distri(&["secrets", "list"]).ok().says("No secrets found.");
    home.distri(&["secrets", "undelete", "STRIPE_API_KEY"]).ok();
    assert_eq!(home.reveal("STRIPE_API_KEY"), b"sk_live_...");
}

#[test]
fn a_key_has_one_grammar_and_refused_text_is_not_repeated() {
    let home = Home::new();
    let long = "K".repeat(129);
    let refused = [
        "k/e/y",
        "..",
        "../agents/foo",
        "%2e%2e",
        "KEY=1",
        "КEY",
        "1%",
        "",
        "A\nB",
        "A B!",
        "sk_live_/51H8xSECRET",
        &long,
    ];
    for key in refused {
        let done = home
            .pipe(&["secrets", "set", key], "v")
            .exits(2)
            .says("a key has 1 to 128 characters");
        assert!(key.len() < 4 || !done.stderr.contains(key), "{}", done.stderr);
        home.distri(&["secrets", "get", key]).exits(2);
        home.distri(&["secrets", "delete", key, "--yes"]).exits(2);
    }
    home.pipe(&["secrets", "set", "stripe_api_key"], "v")
        .exits(2)
        .says("did you mean `STRIPE_API_KEY`");
    for key in [
        "PATH",
        "LD_PRELOAD",
        "NODE_OPTIONS",
        "BASH_ENV",
        "DISTRI_API_KEY",
        "PYTHONPATH",
    ] {
        home.pipe(&["secrets", "set", key], "v")
            .exits(2)
            .says(key)
            .says("cannot be a secret");
    }
    home.set(&"K".repeat(128), "v");
}

#[test]
fn hosts_come_from_the_catalogue_or_the_command_and_are_said() {
    let home = Home::new();
    home.pipe(&["secrets", "set", "STRIPE_API_KEY"], "sk_live_51HsomethingLong")
        .ok()
        .says("goes only to api.stripe.com")
        .says("api.stripe.com, as is known for this key; runs get a placeholder");
    home.pipe(&["secrets", "set", "CRM_TOKEN"], "long-enough-value")
        .ok()
        .says("may go to any host")
        .says("--host");
    home.pipe(
        &[
            "secrets",
            "set",
            "CRM_TOKEN",
            "--host",
            "crm.example.com",
            "--agent",
            "sales",
        ],
        "long-enough-value",
    )
    .ok()
    .says("version 2; goes only to crm.example.com; only for sales; runs get a placeholder");
    home.pipe(&["secrets", "set", "CRM_TOKEN"], "another-long-value")
        .ok()
        .says("version 3; goes only to crm.example.com");
    home.distri(&[
        "secrets",
        "edit",
        "CRM_TOKEN",
        "--any-host",
        "--any-agent",
        "--note",
        "from the CRM",
    ])
    .ok()
    .says("version 4; unbound");
    assert_eq!(home.reveal("CRM_TOKEN"), b"another-long-value");
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--note", "from the CRM"])
        .ok()
        .says("like that already");
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--host", "crm.example.com", "--body"])
        .ok()
        .says("runs get a placeholder, also for bodies");
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--delivery", "value"])
        .ok()
        .says("runs get the value");
    home.distri(&["secrets", "edit", "CRM_TOKEN"]).exits(2);
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--host", "http://crm.example.com"])
        .exits(2);
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--expect-version", "3", "--any-host"])
        .exits(6);
    home.distri(&["secrets", "edit", "CRM_TOKEN", "--expires", "2001-01-01"])
        .exits(2)
        .says("past");
    home.pipe(&["secrets", "set", "NEW_TOKEN", "--expect-version", "1"], "v")
        .exits(6);
    home.pipe(&["secrets", "set", "PIN"], "1234").ok().says("not redacted");
}
