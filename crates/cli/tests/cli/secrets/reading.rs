//! What is shown of secrets: lists, lint, warnings, help.

use crate::support::{Home, is_on_a_server};

#[test]
fn reading_verbs_give_json_with_a_mask() {
    if is_on_a_server("the log begins with the server's token") {
        return;
    }
    let home = Home::new();
    home.set("STRIPE_API_KEY", "sk_live_VALUE_VALUE");
    home.set("BINARY", b"\xFF\0");
    for verb in [
        &["list"][..],
        &["get", "STRIPE_API_KEY"],
        &["history", "STRIPE_API_KEY"],
        &["lint"],
    ] {
        let done = home.distri(&[&["secrets"], verb, &["--json"]].concat()).ok();
        done.json();
        assert!(!done.out().contains("VALUE"));
    }
    assert_eq!(
        home.distri(&["secrets", "list", "--json"]).json()[1]["masked_value"],
        "••••••••"
    );
    assert_eq!(
        home.distri(&["secrets", "get", "STRIPE_API_KEY", "--json", "--reveal"])
            .json()["value"],
        "sk_live_VALUE_VALUE"
    );
    assert_eq!(
        home.distri(&["secrets", "get", "BINARY", "--json", "--reveal"]).json()["value"]["base64"],
        "/wA="
    );
    home.distri(&["secrets", "get", "STRIPE_API_KEY"]).ok();
    let audit = home.distri(&["audit", "list", "--json"]).ok();
    let actions: Vec<_> = audit
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        actions,
        [
            "instance.create",
            "secret.set",
            "secret.set",
            "secret.reveal",
            "secret.reveal"
        ]
    );
    let next = home
        .distri(&["audit", "list", "--json", "--after", "3", "--limit", "1"])
        .ok()
        .json();
    assert_eq!((next.as_array().unwrap().len(), next[0]["seq"].as_u64()), (1, Some(4)));
    assert!(home.distri(&["audit", "list"]).ok().out().contains("STRIPE_API_KEY@1"));
}

#[test]
fn deleting_names_the_agents_that_may_break() {
    let home = Home::new();
    let agent = |name: &str| format!("---\nname = \"{name}\"\n[secrets]\nrequired = [\"STRIPE_API_KEY\"]\n---\nPay.\n");
    home.write("agents/payment_agent.md", agent("payment_agent"));
    home.write("agents/refunds/agent.md", agent("refund_agent"));
    home.write("here.md", agent("here_agent"));
    home.write("README.md", "# no agent\nSTRIPE_API_KEY\n");
    home.write("agents/broken.md", "---\nname = \n---\n");
    home.set("STRIPE_API_KEY", "sk_live_0123456789");
    home.distri(&["secrets", "delete", "STRIPE_API_KEY"])
        .exits(2)
        .says("deleting a secret may break agents that depend on it: here_agent, payment_agent, refund_agent")
        .says("agents/broken.md");
    home.distri(&["secrets", "delete", "STRIPE_API_KEY", "--yes"])
        .ok()
        .says("undelete STRIPE_API_KEY");
    home.distri(&["secrets", "delete", "STRIPE_API_KEY", "--yes"]).exits(3);
    assert_eq!(
        home.distri(&["secrets", "list", "--deleted"]).ok().out(),
        "STRIPE_API_KEY\n"
    );
    home.distri(&["secrets", "get", "STRIPE_API_KEY", "--reveal"]).exits(3);
    home.pipe(&["secrets", "set", "STRIPE_API_KEY"], "sk_live_9876543210")
        .ok()
        .says("deleted and is back");
    home.distri(&["secrets", "undelete", "STRIPE_API_KEY"]).exits(6);
}

#[test]
fn lint_finds_what_the_page_advises_against() {
    let home = Home::new();
    home.distri(&["secrets", "lint", "--strict"])
        .ok()
        .says("Nothing to mend");
    home.write(
        "agents/a.md",
        "---\nname = \"payment_agent\"\n[secrets]\nrequired = [\"STRIPE_API_KEY\"]\n---\n",
    );
    home.set("KEY_1", "abc");
    home.pipe(
        &["secrets", "set", "OPENAI_API_KEY", "--env", "dev"],
        "sk-same-value-0123456789",
    )
    .ok();
    home.pipe(
        &["secrets", "set", "OPENAI_API_KEY", "--env", "prod"],
        "sk-same-value-0123456789",
    )
    .ok();
    let found = home.distri(&["secrets", "lint"]).ok().out();
    for rule in [
        "[vague-name]",
        "[weak]",
        "[missing]",
        "[same-in-environments]",
        "[unused]",
    ] {
        assert!(found.contains(rule), "{rule}: {found}");
    }
    home.distri(&["secrets", "lint", "--strict"]).exits(1);
    let json = home.distri(&["secrets", "lint", "--json", "--env", "prod"]).ok().json();
    assert!(json.as_array().unwrap().iter().all(|it| it["environment"] == "prod"));
}

#[test]
fn completions_and_help_are_there_for_every_verb() {
    if is_on_a_server("nothing is asked of a server") {
        return;
    }
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            home.distri(&["completions", shell]).ok().out().contains("rollback"),
            "{shell}"
        );
    }
    for verb in [
        "set", "get", "list", "delete", "undelete", "history", "rollback", "edit", "import", "export", "copy", "lint",
    ] {
        let help = home.distri(&["secrets", verb, "--help"]).ok().out();
        assert!(help.contains("Usage: distri secrets"), "{help}");
        assert!(verb == "undelete" || help.contains("Examples:"), "{verb}: {help}");
    }
    assert!(!home.path().exists(), "help makes nothing");
}
