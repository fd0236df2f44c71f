//! Learn and lock: a run shows where its secrets go, and then they go nowhere else.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Home, finish, has_trace, is_on_a_server};
use crate::upstream::Upstream;

const TOKEN: &str = "crm-canary-9Zt4kLm2Vb7nC0pR5sT8uY3a";

/// Two tools that use the token as a credential, one that puts it into a body, one into a path, one that shows it.
const TOOLS: &str = r"
const token = () => process.env.CRM_TOKEN;
const send = async (method, path, more) =>
  (await fetch('https://hooks.example.com' + path, { method, headers: { authorization: `Bearer ${token()}` }, ...more })).status;
const tool = (name, handler) => ({ name, description: name, handler });
export const getTools = () => [
  tool('add', () => send('POST', '/v1/contacts')),
  tool('find', () => send('GET', '/v1/contacts/42?name=ann')),
  tool('elsewhere', () => send('GET', '/v2/secret-project')),
  tool('in_body', () => send('POST', '/v1/login', { headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: token() }) })),
  tool('in_path', () => send('POST', `/bot${token()}/send`, { headers: {} })),
  tool('kind', () => token().endsWith('5sT8uY3a') ? 'the value' : 'a placeholder'),
];
";

struct Place {
    home: Home,
    upstream: Upstream,
}

impl Place {
    fn new() -> Self {
        let home = Home::new();
        home.write(
            "agents/crm.md",
            "---\nname = \"crm\"\ndescription = \"Customers\"\n[secrets]\nrequired = [\"CRM_TOKEN\"]\n---\n",
        );
        home.write("Tools.tsx", TOOLS);
        home.set("CRM_TOKEN", TOKEN);
        Self {
            home,
            upstream: Upstream::start(),
        }
    }

    /// Runs the agent with these tools and records it.
    #[track_caller]
    fn learn(&self, tools: &str) -> String {
        let args = ["run", "crm", "--model", "test", "--learn", "--task", tools];
        self.home.distri(&self.upstream.and_options(&args)).ok().stderr
    }

    #[track_caller]
    fn call(&self, tool: &str) -> Value {
        let args = self.upstream.and_options(&["tools", "call", "crm", tool]);
        self.home.distri(&args).ok().json()
    }

    fn policy(&self) -> (Value, Value, Value) {
        let info = self.home.distri(&["secrets", "get", "CRM_TOKEN", "--json"]).ok().json();
        (info["hosts"].clone(), info["delivery"].clone(), info["body"].clone())
    }
}

#[test]
fn a_run_teaches_where_its_secret_goes_and_binding_makes_it_a_placeholder() {
    let place = Place::new();
    assert_eq!(place.call("kind"), "the value");
    let told = place.learn("add and find");
    assert!(
        told.contains("Recorded 2 requests; carried without hosts: `CRM_TOKEN`.\n"),
        "{told}"
    );
    assert!(told.contains("hint: `distri secrets bind --from-run last`"), "{told}");

    // Nobody is asked, so nothing is done.
    let asked = place.home.distri(&["secrets", "bind", "--from-run", "last"]).exits(2);
    let diff = "CRM_TOKEN (2 different requests)\n  - any host\n  - runs get the value\n  \
                + GET,POST hooks.example.com/v1/contacts\n  + runs get a placeholder\n";
    assert_eq!(asked.out(), diff);
    asked.says("hint: add `--yes` to bind without being asked");
    assert_eq!(place.policy().0, json!([]));

    let run = ["secrets", "bind", "--from-run", "last", "--json"];
    let proposal = place.home.distri(&run).ok().json();
    let secret = &proposal["secrets"][0];
    assert_eq!((&proposal["agent"], &proposal["left_out"]), (&json!("crm"), &json!(0)));
    assert_eq!((&secret["key"], &secret["requests"]), (&json!("CRM_TOKEN"), &json!(2)));
    assert_eq!(secret["to"]["hosts"], json!(["GET,POST hooks.example.com/v1/contacts"]));
    assert_eq!(
        (&secret["applied"], &secret["from"]["hosts"]),
        (&json!(false), &json!([]))
    );

    let bound = place
        .home
        .distri(&["secrets", "bind", "--from-run", "last", "--yes"])
        .ok();
    assert_eq!(bound.out(), diff);
    bound
        .says("Secret 'CRM_TOKEN' changed.")
        .says("version 2; goes only to GET,POST hooks.example.com/v1/contacts; runs get a placeholder");
    let records = place.home.distri(&["audit", "list", "--json"]).ok().json();
    let newest = records.as_array().and_then(|it| it.last()).unwrap();
    assert_eq!(newest["action"], "secret.policy");

    // What was learned still works, with the real value at the other side alone.
    let before = place.upstream.arrived().len();
    assert_eq!(
        (place.call("add"), place.call("kind")),
        (json!(202), json!("a placeholder"))
    );
    let arrived = place.upstream.arrived();
    assert_eq!(arrived.len(), before + 1);
    assert_eq!(arrived[before].headers["authorization"], format!("Bearer {TOKEN}"));
    let elsewhere = place.upstream.and_options(&["tools", "call", "crm", "elsewhere"]);
    place.home.distri(&elsewhere).exits(1).says("CRM_TOKEN");
    assert_eq!(place.upstream.arrived().len(), before + 1);

    let again = place
        .home
        .distri(&["secrets", "bind", "--from-run", "last", "--yes"])
        .ok();
    again.says("has hosts.");
}

/// What a person sees who types `answer`, and the exit code.
fn on_terminal(command: Command, answer: &str) -> (String, Option<i32>) {
    let (mut terminal, slave) = pty_process::blocking::open().unwrap();
    terminal.resize(pty_process::Size::new(24, 200)).unwrap();
    let mut child = pty_process::blocking::Command::from(command).spawn(slave).unwrap();
    // Typed ahead; the terminal keeps it until it is asked for.
    terminal.write_all(answer.as_bytes()).unwrap();
    let mut told = Vec::new();
    let mut buffer = [0; 4096];
    // Linux says EIO, not end of file, when the other side has gone.
    while let Ok(count @ 1..) = terminal.read(&mut buffer) {
        told.extend_from_slice(&buffer[..count]);
    }
    (String::from_utf8(told).unwrap(), child.wait().unwrap().code())
}

#[test]
fn only_a_clear_yes_binds() {
    let place = Place::new();
    place.learn("add and find");
    let bind = || place.home.command(&["secrets", "bind", "--from-run", "last"]);
    for answer in ["\n", "n\n", "maybe\n"] {
        let (told, code) = on_terminal(bind(), answer);
        assert!(
            told.contains("Bind? [y/N]") && told.contains("Nothing was changed."),
            "{told}"
        );
        assert_eq!((code, place.policy().0), (Some(1), json!([])));
    }
    let (told, code) = on_terminal(bind(), "y\n");
    assert!(told.contains("Secret 'CRM_TOKEN' changed."), "{told}");
    assert_eq!(code, Some(0));
    assert_eq!(place.policy().0, json!(["GET,POST hooks.example.com/v1/contacts"]));
}

#[test]
fn a_command_teaches_through_the_broker_what_an_agent_does() {
    let place = Place::new();
    let exec = |options: &[&str]| {
        let mut args = place.upstream.and_options(&["exec"]);
        let script = "curl -sS -H \"Authorization: Bearer $CRM_TOKEN\" https://hooks.example.com/v1/contacts?q=ann \
                      https://hooks.example.com/v1/contacts/7";
        args.extend(
            options
                .iter()
                .chain(&["--", "sh", "-c", script])
                .map(|it| (*it).to_owned()),
        );
        let mut command = place.home.command(&args);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        finish(
            command
                .env("TMPDIR", place.home.work())
                .stdin(Stdio::null())
                .output()
                .unwrap(),
        )
    };
    let has_value = format!("test \"$CRM_TOKEN\" = {TOKEN}");
    let given = ["exec", "--", "sh", "-c", &has_value];
    place.home.distri(&given).ok();
    let done = exec(&["--learn"]).ok();
    let done = done.says("Recorded 2 requests; carried without hosts: `CRM_TOKEN`.");
    assert_eq!(done.out(), "Bearer [redacted:CRM_TOKEN]".repeat(2));
    let bound = place
        .home
        .distri(&["secrets", "bind", "--from-run", "last", "--yes"])
        .ok();
    assert!(
        bound.out().contains("+ GET hooks.example.com/v1/contacts\n"),
        "{}",
        bound.out()
    );

    let before = place.upstream.arrived().len();
    exec(&[]).ok();
    let arrived = place.upstream.arrived().split_off(before);
    assert_eq!(arrived.len(), 2);
    assert!(
        arrived
            .iter()
            .all(|it| it.headers["authorization"] == format!("Bearer {TOKEN}"))
    );
    place.home.distri(&given).exits(1);
    place
        .home
        .distri(&["policy", "replay", "CRM_TOKEN"])
        .ok()
        .says("0 of 2");

    let silent = place.home.distri(&["exec", "--learn", "--", "true"]).ok();
    silent
        .says("Recorded 0 requests")
        .says("hint: a command's requests are seen only where");
    place.home.distri(&["exec", "--learn", "--lock", "--", "true"]).exits(2);
}

#[test]
fn where_it_stood_decides_on_bodies_and_on_the_placeholder() {
    let place = Place::new();
    place.learn("in_body");
    let bound = place
        .home
        .distri(&["secrets", "bind", "--from-run", "last", "--yes"])
        .ok();
    assert!(bound.out().contains("+ POST hooks.example.com\n"), "{}", bound.out());
    assert!(
        bound.out().contains("+ runs get a placeholder, also for bodies\n"),
        "{}",
        bound.out()
    );
    assert!(bound.out().contains("one path was seen"), "{}", bound.out());
    assert_eq!(place.call("in_body"), 202);
    let arrived = place.upstream.arrived().pop().unwrap();
    assert_eq!(arrived.body, format!(r#"{{"token":"{TOKEN}"}}"#).into_bytes());

    // A placeholder in a path would be refused; the host is locked all the same.
    let place = Place::new();
    place.learn("in_path");
    let bound = place
        .home
        .distri(&["secrets", "bind", "--from-run", "last", "--yes"])
        .ok();
    assert!(
        bound.out().contains("runs still get the value, since"),
        "{}",
        bound.out()
    );
    assert_eq!(
        place.policy(),
        (json!(["POST hooks.example.com"]), json!("value"), json!(false))
    );
    assert_eq!(place.call("in_path"), 202);
}

#[test]
fn a_policy_is_tried_on_what_runs_did() {
    let place = Place::new();
    place
        .home
        .distri(&["policy", "replay", "CRM_TOKEN"])
        .ok()
        .says("No recorded request carried 'CRM_TOKEN'.");
    place
        .home
        .distri(&["policy", "replay", "--from-run", "last"])
        .exits(3)
        .says("--learn");
    place.learn("add and find");
    place.learn("elsewhere");
    place
        .home
        .distri(&["policy", "replay", "CRM_TOKEN"])
        .ok()
        .says("0 of 3");

    let narrow = ["policy", "replay", "CRM_TOKEN", "--host", "POST hooks.example.com/v1"];
    let done = place
        .home
        .distri(&narrow)
        .exits(1)
        .says("2 of 3 recorded requests would be refused");
    let rows: Vec<String> = done.out().lines().skip(1).map(str::to_owned).collect();
    assert_eq!(rows.len(), 2);
    assert!(
        rows[0].contains("GET hooks.example.com/v2/secret-project  1      wrong-host"),
        "{}",
        rows[0]
    );
    assert!(rows[1].contains("GET hooks.example.com/v1/contacts/42"), "{}", rows[1]);

    let json = place
        .home
        .distri(&[&narrow[..], &["--json", "--runs", "1"]].concat())
        .exits(1)
        .json();
    assert_eq!(
        (&json[0]["requests"], json[0]["refused"].as_array().unwrap().len()),
        (&json!(1), 1)
    );
    assert_eq!(json[0]["refused"][0]["spots"], json!(["header authorization"]));

    // What the newest run proposes would stop the other one, and binding says so.
    let done = place.home.distri(&["policy", "replay", "--from-run", "last"]).exits(1);
    done.says("'CRM_TOKEN': 1 of 3 recorded requests would be refused.");
    place
        .home
        .distri(&["secrets", "bind", "--from-run", "last"])
        .exits(2)
        .says("of the requests of other recorded runs 1 would be refused");
    for (options, code) in [
        (&["--agent", "other"][..], 1),
        (&["--delivery", "placeholder", "--host", "hooks.example.com"], 0),
    ] {
        place
            .home
            .distri(&[&["policy", "replay", "CRM_TOKEN"][..], options].concat())
            .exits(code);
    }
}

#[test]
fn what_is_recorded_is_sealed_and_an_edit_of_it_is_no_proposal() {
    if is_on_a_server("the store is edited under the server, which tells its operator") {
        return;
    }
    let place = Place::new();
    place.learn("elsewhere and in_path");
    let shown = place
        .home
        .distri(&["policy", "requests", "--from-run", "last"])
        .ok()
        .out();
    let shown: Vec<&str> = shown
        .lines()
        .skip(1)
        .map(|it| it.split_once("crm  ").unwrap().1.trim())
        .collect();
    assert_eq!(
        shown,
        [
            "GET hooks.example.com/v2/secret-project              1      CRM_TOKEN (header authorization)",
            "POST hooks.example.com/bot[redacted:CRM_TOKEN]/send  1      CRM_TOKEN (the path)",
        ]
    );
    let json = place.home.distri(&["policy", "requests", "--json"]).ok().json();
    assert_eq!(json[0]["requests"][1]["path"], "/bot[redacted:CRM_TOKEN]/send");
    assert_eq!(
        json[0]["requests"][0]["carried"],
        json!([{"key": "CRM_TOKEN", "spot": "header authorization"}])
    );
    for file in place.home.files() {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!has_trace(&bytes, TOKEN.as_bytes()), "{}", file.display());
        assert!(!has_trace(&bytes, b"secret-project"), "{}", file.display());
    }
    place.home.tamper("update observed_batches set sealed = zeroblob(100)");
    let bind = ["secrets", "bind", "--from-run", "last", "--yes"];
    place
        .home
        .distri(&bind)
        .exits(8)
        .says("the list of a run's requests does not unwrap");
    assert_eq!(place.policy().0, json!([]));
}

#[test]
fn a_secret_of_one_run_alone_is_in_no_record() {
    let place = Place::new();
    let given = "one-run-canary-5Vb1Nm8Rt2Yp6Hs";
    let context = json!({"secrets": {"CRM_TOKEN": given}}).to_string();
    let args = [
        "run",
        "crm",
        "--model",
        "test",
        "--learn",
        "--task",
        "in_path",
        "--context",
        &context,
    ];
    place.home.distri(&place.upstream.and_options(&args)).ok();
    let shown = place.home.distri(&["policy", "requests", "--json"]).ok();
    assert_eq!(shown.json()[0]["requests"][0]["path"], "/bot[redacted:CRM_TOKEN]/send");
    assert!(!has_trace(&shown.stdout, given.as_bytes()));
}

#[test]
fn a_run_that_was_not_recorded_or_did_nothing_teaches_nothing() {
    let place = Place::new();
    place
        .home
        .distri(&["secrets", "bind", "--from-run", "last"])
        .exits(3)
        .says("hint: start one with `--learn`");
    let unknown = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";
    place
        .home
        .distri(&["secrets", "bind", "--from-run", unknown])
        .exits(3)
        .says("nothing is known of the requests");
    place
        .home
        .distri(&["secrets", "bind", "--from-run", "yesterday"])
        .exits(2)
        .says("`last` or its id");
    let told = place.learn("kind");
    assert!(
        told.contains("Recorded 0 requests; none carried a secret without hosts."),
        "{told}"
    );
    let bind = ["secrets", "bind", "--from-run", "last"];
    place
        .home
        .distri(&bind)
        .ok()
        .says("no request of this run carried it, so it stays as it is");
    place
        .home
        .distri(&[&bind[..], &["OTHER_KEY"]].concat())
        .exits(3)
        .says("was not given `OTHER_KEY`");
}
