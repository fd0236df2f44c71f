//! Stories of `distri secrets` with the real binary: the page's commands, values, names, import, export, delete, lint.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::{Home, is_on_a_server};

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
fn every_value_comes_back_byte_for_byte() {
    let home = Home::new();
    let long = vec![b'x'; 64 * 1024];
    let values: [&[u8]; 14] = [
        b"x",
        b"\0",
        b"a\0b",
        b"\r\n",
        b"\n",
        b"$HOME ${HOME} $(id) `id`",
        b"\"quoted\" 'single'",
        b"$2a$10$N9qo8uLOickgx2ZMRZoMye",
        b"\xEF\xBB\xBFbom",
        b"\xFF\xFE\x80",
        b" spaces \t",
        "ключ".as_bytes(),
        b"-----BEGIN KEY-----\nMIIE\n-----END KEY-----\n",
        &long,
    ];
    for value in values {
        home.pipe(&["secrets", "set", "BYTES", "--raw"], value).ok();
        assert!(
            home.reveal("BYTES") == value,
            "through a pipe: {:?}",
            String::from_utf8_lossy(&value[..value.len().min(40)])
        );
        let file = home.write("value", value);
        home.distri(&[
            OsStr::new("secrets"),
            OsStr::new("set"),
            OsStr::new("FILE"),
            OsStr::new("--from-file"),
            file.as_os_str(),
        ])
        .ok();
        assert!(home.reveal("FILE") == value, "from a file");
        if !value.contains(&0) && value.len() < 1000 {
            let args = ["secrets", "set", "ARGV", "--"].map(OsStr::new);
            home.distri(&[&args[..], &[OsStr::from_bytes(value)]].concat()).ok();
            assert!(home.reveal("ARGV") == value, "on the command line");
        }
    }
}

#[test]
fn one_line_break_is_stripped_from_a_pipe_and_only_one() {
    let home = Home::new();
    for (given, kept) in [
        ("v1\n", "v1"),
        ("v2\r\n", "v2"),
        ("v3\n\n", "v3\n"),
        ("v4", "v4"),
        (" v5 \n", " v5 "),
    ] {
        home.pipe(&["secrets", "set", "K"], given).ok();
        assert_eq!(home.reveal("K"), kept.as_bytes());
    }
    let full = [&vec![b'x'; 65536][..], b"\r\n"].concat();
    home.pipe(&["secrets", "set", "K"], &full).ok();
    assert_eq!(home.reveal("K").len(), 65536);
}

#[test]
fn values_beyond_the_limits_are_refused_with_the_limit_named() {
    let home = Home::new();
    home.set("K", "before");
    for input in [
        vec![b'x'; 64 * 1024 + 1],
        vec![b'x'; 64 * 1024 + 2],
        vec![b'x'; 300_000],
    ] {
        home.pipe(&["secrets", "set", "K", "--raw"], input)
            .exits(2)
            .says("64 KiB");
    }
    home.pipe(&["secrets", "set", "K"], "").exits(2).says("at least 1 byte");
    home.pipe(&["secrets", "set", "K"], "\n")
        .exits(2)
        .says("at least 1 byte");
    home.distri(&["secrets", "set", "K", ""])
        .exits(2)
        .says("at least 1 byte");
    assert_eq!(home.reveal("K"), b"before");
}

#[test]
fn a_value_that_begins_with_a_hyphen_is_a_value() {
    let home = Home::new();
    for value in ["-secret", "--secret", "-----BEGIN", "-1", "--expires-soon", "-hx", "--"] {
        let args: &[&str] = if value == "--" {
            &["secrets", "set", "K", "--", "--"]
        } else {
            &["secrets", "set", "K", value]
        };
        home.distri(args).ok();
        assert_eq!(home.reveal("K"), value.as_bytes());
    }
    home.distri(&["secrets", "set", "K", "--host", "api.example.com", "-v", "--note", "n"])
        .ok();
    assert_eq!(home.reveal("K"), b"-v");
    let info = home.distri(&["secrets", "get", "K", "--json"]).ok().json();
    assert_eq!(info["hosts"], serde_json::json!(["api.example.com"]));
    assert_eq!(info["note"], "n");
    for after in ["--help", "--host", "-h"] {
        home.distri(&["secrets", "set", "K", "--", after]).ok();
        assert_eq!(home.reveal("K"), after.as_bytes());
    }
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
fn exactly_one_source_gives_the_value() {
    let home = Home::new();
    home.write("value", "v");
    for args in [
        &["x", "--from-file", "value"][..],
        &["x", "--generate"],
        &["--generate", "--from-file", "value"],
        &["x", "--raw"],
        &["two", "words"],
    ] {
        home.distri(&[&["secrets", "set", "K"], args].concat()).exits(2);
    }
    home.distri(&["secrets", "set", "K", "--from-file", "absent"]).exits(3);
    home.distri(&["secrets", "list"]).says("No secrets found.");
    let done = home
        .distri(&["secrets", "set", "K", "my", "SPLITVALUE"])
        .exits(2)
        .says("quotes");
    assert!(!done.stderr.contains("SPLITVALUE"));
}

#[test]
fn a_generated_value_is_random_url_safe_and_not_shown() {
    let home = Home::new();
    let mut seen = Vec::new();
    for (option, len) in [("--generate", 32), ("--generate=16", 16), ("--generate=100", 100)] {
        let done = home.distri(&["secrets", "set", "K", option]).ok();
        let value = home.reveal("K");
        assert_eq!(value.len(), len);
        assert!(value.iter().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(it)));
        assert!(!done.stderr.contains(str::from_utf8(&value).unwrap()) && done.stdout.is_empty());
        assert!(!seen.contains(&value));
        seen.push(value);
    }
    home.distri(&["secrets", "set", "K", "--generate=15"]).exits(2);
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
fn what_is_exported_is_imported_as_the_same_bytes() {
    let from = Home::new();
    let values = [
        "simple",
        "it's",
        "$2a$10$x\\n",
        "a\"b'c`d$e\\",
        "one\ntwo\r\n'three'",
        " # not a comment ",
        "\u{FEFF}bom",
    ];
    for (index, value) in values.iter().enumerate() {
        from.set(&format!("K{index}"), value);
    }
    for format in ["dotenv", "shell", "json"] {
        let exported = from.distri(&["secrets", "export", "--reveal", "--format", format]).ok();
        let read_as = if format == "json" { "json" } else { "dotenv" };
        let to = Home::new();
        to.pipe(&["secrets", "import", "-", "--format", read_as], &exported.stdout)
            .ok()
            .says("7 secrets set");
        for (index, value) in values.iter().enumerate() {
            assert_eq!(to.reveal(&format!("K{index}")), value.as_bytes(), "{format}");
            if format == "shell" {
                let file = from.write("vars.sh", &exported.stdout);
                let script = format!(". {}; printf %s \"$K{index}\"", file.display());
                let sourced = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
                assert_eq!(sourced.stdout, value.as_bytes(), "sh");
            }
        }
    }
    from.set("BINARY", b"\xFF\0\x01");
    from.distri(&["secrets", "export", "--reveal"])
        .exits(1)
        .says("`BINARY`")
        .says("json");
    assert_eq!(
        from.distri(&["secrets", "export", "--reveal", "--only", "K0"])
            .ok()
            .out(),
        "K0='simple'\n"
    );
    let all = from.distri(&["secrets", "export", "--reveal", "--format", "json"]).ok();
    let to = Home::new();
    to.pipe(&["secrets", "import", "-", "--format", "json"], &all.stdout)
        .ok();
    assert_eq!(to.reveal("BINARY"), b"\xFF\0\x01");
    let refused = from.distri(&["secrets", "export"]).exits(2).says("--reveal");
    assert!(refused.stdout.is_empty());
}

#[test]
fn an_import_is_planned_and_then_whole_or_nothing() {
    let home = Home::new();
    home.set("SAME", "same");
    home.set("CHANGED", "old");
    home.write(
        ".env",
        "export SAME=same\nCHANGED='new'\nNEW_HASH=$2a$10$N9qo8uLOickgx2ZMRZoMye # comment\n",
    );
    let plan = home
        .distri(&["secrets", "import", ".env", "--dry-run"])
        .ok()
        .says("dry run");
    assert_eq!(plan.out(), "same\tSAME\nchanged\tCHANGED\nnew\tNEW_HASH\n");
    home.distri(&["secrets", "import", ".env"])
        .exits(6)
        .says("`CHANGED`")
        .says("replace");
    assert_eq!(home.distri(&["secrets", "list"]).out(), "CHANGED\nSAME\n");
    home.distri(&["secrets", "import", ".env", "--on-conflict", "skip"])
        .ok()
        .says("1 secret set, 1 the same already, 1 kept");
    assert_eq!(home.reveal("NEW_HASH"), b"$2a$10$N9qo8uLOickgx2ZMRZoMye");
    assert_eq!(home.reveal("CHANGED"), b"old");
    home.distri(&["secrets", "import", ".env", "--on-conflict", "replace"])
        .ok();
    assert_eq!(home.reveal("CHANGED"), b"new");

    home.write("bad.env", "GOOD=VALUE1\nbad-name=VALUE2\nPATH=VALUE3\nEMPTY=\n");
    let refused = home
        .distri(&["secrets", "import", "bad.env"])
        .exits(2)
        .says("line 2")
        .says("`BAD_NAME`")
        .says("line 3")
        .says("line 4")
        .says("nothing was imported");
    assert!(!refused.stderr.contains("VALUE"), "{}", refused.stderr);
    let plan = home.distri(&["secrets", "import", "bad.env", "--dry-run"]).exits(2);
    assert_eq!(
        plan.out(),
        "new\tGOOD\ninvalid\tbad-name\ninvalid\tPATH\ninvalid\tEMPTY\n"
    );
    for (file, text) in [
        ("a", "A=1\nVALUE VALUE"),
        ("b", "A='VALUE"),
        ("c", "A=1\nA=VALUE"),
        ("d", "A=VALUE\0"),
    ] {
        home.write(file, text);
        let refused = home.distri(&["secrets", "import", file]).exits(2).says("line ");
        assert!(!refused.stderr.contains("VALUE"), "{}", refused.stderr);
    }
    for text in [
        "[\"VALUE\"]",
        "\"VALUE\"",
        "{\"A\":1,}VALUE",
        "{\"A\":\"VALUE\",\"A\":\"VALUE\"}",
        "{\"A\":[\"VALUE\"]}",
    ] {
        let refused = home
            .pipe(&["secrets", "import", "-", "--format", "json"], text)
            .exits(2);
        assert!(!refused.stderr.contains("VALUE"), "{}", refused.stderr);
    }
    home.distri(&["secrets", "import", "absent"]).exits(3);
    home.distri(&["secrets", "get", "GOOD"]).exits(3);
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
