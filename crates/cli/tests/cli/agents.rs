//! Stories of `agents`, `tools list`, `doctor`, `keys` and `audit list`: what a person looks at before and after a run.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Home, is_on_a_server};

const PAYER: &str = "\
---
name = \"payer\"
description = \"Pays what is due\"
[model_settings]
model = \"test\"
[secrets]
required = [\"STRIPE_API_KEY\"]
optional = [\"SLACK_BOT_TOKEN\"]
---
Pay {{task}}.
";

const TOOLS: &str = "\
interface Payment { amount: number; currency?: 'eur' | 'usd'; to: string[] }
export const getTools = () => [
  { name: 'pay', description: 'Pay an amount', handler: async ({ amount, currency, to }: Payment) => amount },
  { name: 'look', description: 'Look at payments', parameters: { type: 'object' }, handler: () => [] },
];
";

fn project() -> Home {
    let home = Home::new();
    home.write("agents/payer.md", PAYER);
    home.write("Tools.tsx", TOOLS);
    home
}

#[test]
fn agents_are_listed_with_how_their_secrets_stand() {
    if is_on_a_server("nothing is set up by looking") {
        return;
    }
    let home = project();
    assert_eq!(
        home.distri(&["agents", "list"]).ok().out(),
        "payer  Pays what is due\n  ✗ STRIPE_API_KEY   missing\n  · SLACK_BOT_TOKEN  missing (optional)\n"
    );
    assert!(!home.path().exists(), "looking makes nothing");
    home.set("STRIPE_API_KEY", "sk_live_0123456789abcdefghijklm");
    home.pipe(
        &["secrets", "set", "SLACK_BOT_TOKEN", "--agent", "other"],
        "xoxb-0123456789",
    )
    .ok();
    home.write("agents/broken.md", "---\nname = \n---\n");
    let done = home
        .distri(&["agents", "list", "--json"])
        .ok()
        .says("agents/broken.md:2:");
    assert_eq!(
        done.json(),
        json!([{
            "name": "payer", "path": "agents/payer.md", "description": "Pays what is due",
            "secrets": [
                {"key": "STRIPE_API_KEY", "required": true, "status": "set"},
                {"key": "SLACK_BOT_TOKEN", "required": false, "status": "other-agents"},
            ],
        }])
    );
    let prod = home.distri(&["agents", "list", "--env", "prod"]).ok().out();
    assert!(prod.contains("✗ STRIPE_API_KEY   missing"), "{prod}");
}

#[test]
fn a_definition_is_checked_with_line_and_column() {
    let home = project();
    home.set("STRIPE_API_KEY", "sk_live_0123456789abcdefghijklm");
    let done = home
        .distri(&["agents", "check"])
        .ok()
        .says("1 agent checked: 0 errors, 0 warnings, 1 note");
    assert_eq!(
        done.out(),
        "agents/payer.md: note: optional secret `SLACK_BOT_TOKEN` is missing; `distri secrets set SLACK_BOT_TOKEN`\n"
    );
    for (definition, place, said) in [
        ("---\nname = \"payer\"\nmodel = [\n---\n", "agents/payer.md:", "error: "),
        ("---\ndescription = \"no name\"\n---\n", "agents/payer.md:", "name"),
        ("---\nname = \"1payer\"\n---\n", "agents/payer.md:2:8: error: ", "name"),
        (
            "---\nname = \"payer\"\n[secrets]\nrequired = [\"stripe_api_key\"]\n---\n",
            "agents/payer.md:4:13: error: ",
            "did you mean `STRIPE_API_KEY`",
        ),
        (
            "---\nname = \"payer\"\n---\nUse {{secrets.STRIPE_API_KEY}}.\n",
            "agents/payer.md:4:5: error: ",
            "reach",
        ),
        (
            "---\nname = \"payer\"\n[tools]\nexternal = [\"refund\"]\n---\n",
            "agents/payer.md: error: ",
            "has no tool `refund`; it has `pay`, `look`",
        ),
        ("no frontmatter\n", "agents/payer.md:", "error: "),
    ] {
        home.write("agents/payer.md", definition);
        let done = home.distri(&["agents", "check"]).exits(1);
        let out = done.out();
        let found = out.lines().any(|it| it.starts_with(place) && it.contains(said));
        assert!(found, "no {place}…{said} in: {out}");
        // Running it says the same.
        let run = home.distri(&["run", "payer", "--task", "x", "--model", "test"]);
        assert_ne!(run.code, 0);
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    home.write("agents/payer.md", "---\nname = \"payer\"\ncolour = \"red\"\n---\n");
    let done = home.distri(&["agents", "check", "payer"]).ok();
    assert!(done.out().contains("agents/payer.md:3:1: warning: "), "{}", done.out());
    home.write(
        "Tools.tsx",
        "export const getTools = () => [\n  { name: 'pay', handler( {} }\n];",
    );
    let done = home.distri(&["agents", "check"]).exits(1);
    assert!(done.out().contains("Tools.tsx:2:"), "{}", done.out());
    home.distri(&["agents", "check", "nobody"])
        .exits(3)
        .says("the project has `payer`");
}

#[test]
fn a_readme_gets_its_section_and_keeps_the_rest() {
    let home = project();
    home.distri(&["agents", "readme", "payer"])
        .ok()
        .says("Wrote the secrets of `payer`");
    let readme = home.work().join("README.md");
    let text = fs::read_to_string(&readme).unwrap();
    for part in [
        "# payer\n",
        "## Required secrets\n",
        "| `STRIPE_API_KEY` | yes |",
        "| `SLACK_BOT_TOKEN` | no |",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    home.distri(&["agents", "readme", "payer"]).ok().says("is up to date");
    assert_eq!(fs::read_to_string(&readme).unwrap(), text);

    // What a person wrote stays, before and behind; so does the file's mode.
    let own = format!(
        "# Mine\n\nHello.\r\n\n{}\n## More\n\n| a | b |\n",
        &text[text.find("## Required").unwrap()..]
    );
    home.write("README.md", &own);
    fs::set_permissions(&readme, fs::Permissions::from_mode(0o640)).unwrap();
    home.write(
        "agents/payer.md",
        PAYER.replace("\"STRIPE_API_KEY\"", "\"STRIPE_API_KEY\", \"PAY_TOKEN\""),
    );
    home.distri(&["agents", "readme", "payer"]).ok();
    let text = fs::read_to_string(&readme).unwrap();
    assert!(
        text.starts_with("# Mine\n\nHello.\r\n\n## Required secrets\n"),
        "{text}"
    );
    assert!(text.ends_with("\n## More\n\n| a | b |\n"), "{text}");
    assert_eq!(text.matches("## Required secrets").count(), 1);
    assert!(text.contains("| `PAY_TOKEN` | yes |"));
    assert_eq!(fs::metadata(&readme).unwrap().permissions().mode() & 0o777, 0o640);
    home.distri(&["agents", "readme", "payer"]).ok().says("is up to date");

    home.distri(&["agents", "readme", "payer", "--file", "docs/OTHER.md"])
        .exits(1)
        .says("docs/OTHER.md");
    fs::create_dir(home.work().join("docs")).unwrap();
    home.distri(&["agents", "readme", "payer", "--file", "docs/OTHER.md"])
        .ok();
    let left: Vec<_> = fs::read_dir(home.work().join("docs")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays");
}

#[test]
fn tools_are_listed_as_a_model_sees_them() {
    if is_on_a_server("nothing is set up by looking") {
        return;
    }
    let home = project();
    assert_eq!(
        home.distri(&["tools", "list", "payer"]).ok().out(),
        "pay   (amount, currency?, to)  Pay an amount\nlook  ()  Look at payments\n"
    );
    let tools = home.distri(&["tools", "list", "payer", "--json"]).ok().json();
    assert_eq!(
        tools[0]["parameters"]["properties"]["currency"],
        json!({"type": "string", "enum": ["eur", "usd"]})
    );
    assert_eq!(tools[0]["parameters"]["required"], json!(["amount", "to"]));
    assert_eq!(tools[1]["parameters"], json!({"type": "object"}));
    assert!(!home.path().exists(), "listing releases nothing");
}

#[test]
fn the_doctor_says_what_is_sound_and_what_is_not() {
    if is_on_a_server("keys and the doctor are for the host of a store") {
        return;
    }
    let home = Home::new();
    let done = home.distri(&["doctor"]);
    let out = done.out();
    assert!(
        out.contains("warn  store        there is no installation in `"),
        "{out}"
    );
    assert!(!home.path().exists(), "asking makes nothing");
    home.set("STRIPE_API_KEY", "sk_live_0123456789abcdefghijklm");
    let out = home.distri(&["doctor"]).out();
    for line in [
        "ok    permissions  only you",
        "ok    keys         the root key unlocks",
        "ok    secrets      1 secret stored, and each of 1 version opens",
        "ok    recording    a use can be recorded",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    assert!(out.contains("tool host    confinement `"), "{out}");
    let lines = home.distri(&["doctor", "--json"]).json();
    for line in lines.as_array().unwrap() {
        assert!(line["check"].is_string() && line["message"].is_string(), "{line}");
        assert!(
            ["ok", "warn", "fail"].contains(&line["status"].as_str().unwrap()),
            "{line}"
        );
    }

    fs::set_permissions(home.database(), fs::Permissions::from_mode(0o644)).unwrap();
    let done = home.distri(&["doctor"]).exits(1);
    assert!(
        done.out().contains("fail  permissions  others have access: `"),
        "{}",
        done.out()
    );
    fs::set_permissions(home.database(), fs::Permissions::from_mode(0o600)).unwrap();

    home.tamper("update secrets set expires_at = 4102444800000");
    let done = home.distri(&["doctor"]).exits(8);
    assert!(done.out().contains("fail  secrets      "), "{}", done.out());
}

#[test]
fn the_root_key_is_shown_by_its_fingerprint_and_can_be_changed() {
    if is_on_a_server("keys and the doctor are for the host of a store") {
        return;
    }
    let home = Home::new();
    home.distri(&["keys", "status"])
        .exits(3)
        .says("there is no installation in `");
    home.distri(&["keys", "init"])
        .ok()
        .says("The store is set up.")
        .says("keep a copy of it");
    home.distri(&["keys", "init"]).exits(6).says("is set up already");
    home.set("A", "kept-value");
    let before = home.distri(&["keys", "status", "--json"]).ok().json();
    assert_eq!(before["slots"][0]["provider"], "file");
    let key = fs::read_to_string(home.root_key()).unwrap();
    let table = home.distri(&["keys", "status"]).ok().out();
    assert!(table.starts_with("PROVIDER  ROOT KEY") && !key.lines().any(|it| it.len() > 20 && table.contains(it)));

    let stick = home.work().join("stick.key");
    home.distri(&["keys", "change-root", "--key-file", stick.to_str().unwrap()])
        .ok()
        .says("stick.key");
    assert_eq!(home.reveal("A"), b"kept-value");
    let elsewhere = home.work().join("elsewhere.key");
    fs::rename(&stick, &elsewhere).unwrap();
    home.distri(&["secrets", "list"])
        .exits(4)
        .says("root key")
        .says("stick.key")
        .says("DISTRI_ROOT_KEY_FILE");
    let stick = elsewhere;
    let with_stick = |args: &[&str]| {
        let mut command = home.command(args);
        crate::support::finish(command.env("DISTRI_ROOT_KEY_FILE", &stick).output().unwrap())
    };
    assert_eq!(
        with_stick(&["secrets", "get", "A", "--reveal"]).ok().out(),
        "kept-value"
    );
    assert_ne!(
        with_stick(&["keys", "status", "--json"]).ok().json()["slots"][0]["root_key"],
        before["slots"][0]["root_key"]
    );
    fs::set_permissions(&stick, fs::Permissions::from_mode(0o640)).unwrap();
    with_stick(&["secrets", "list"]).exits(4).says("chmod 600");
}

#[test]
fn every_change_and_use_is_in_the_audit_log() {
    if is_on_a_server("the log begins with the server's token") {
        return;
    }
    let home = project();
    home.set("STRIPE_API_KEY", "sk_live_0123456789abcdefghijklm");
    home.distri(&["secrets", "edit", "STRIPE_API_KEY", "--note", "mine"])
        .ok();
    home.reveal("STRIPE_API_KEY");
    home.distri(&["tools", "call", "payer", "look"]).ok();
    home.distri(&["exec", "--", "true"]).ok();
    home.distri(&["secrets", "delete", "STRIPE_API_KEY", "--yes"]).ok();
    let all = home.distri(&["audit", "list", "--json"]).ok().json();
    let all = all.as_array().unwrap();
    let actions: Vec<_> = all.iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "instance.create",
            "secret.set",
            "secret.describe",
            "secret.reveal",
            "secret.release",
            "secret.release",
            "secret.delete"
        ]
    );
    let numbers: Vec<_> = all.iter().map(|it| it["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!((&all[4]["agent"], &all[5]["agent"]), (&json!("payer"), &Value::Null));
    assert_ne!(all[4]["run"], all[5]["run"]);
    assert_eq!(all[4]["subjects"][0]["hosts"], json!(["api.stripe.com"]));

    let table = home.distri(&["audit", "list", "--limit", "3"]).ok().out();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(
        lines[0].starts_with("SEQ  TIME") && lines[1].contains("payer, run "),
        "{table}"
    );
    assert!(
        lines[3].contains("secret.delete") && lines[3].contains("STRIPE_API_KEY@"),
        "{table}"
    );
    home.distri(&["audit", "list", "--limit", "0"]).exits(2);
    assert_eq!(
        home.distri(&["audit", "list", "--after", "7", "--json"]).ok().json(),
        json!([])
    );
}
