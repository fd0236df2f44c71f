//! What an alarm does: it is told, and where the operator or the definition says so the run ends.

use serde_json::{Value, json};

use crate::support::{Home, is_on_a_server};
use crate::upstream::Upstream;

const SENDGRID: &str = "SG.qWx1-canary_9Zt4kLm2.Vb7nC0pR5sT8uY3aE6dH1jKfGoIhQwXz";

const TOOLS: &str = r"
const key = () => process.env.SENDGRID_API_KEY;
const tool = (name: string, handler: any) => ({ name, description: name, handler });
export const getTools = () => [
  tool('leaks', () => { console.log(key()); return 'leaked'; }),
  tool('sends', async () => (await fetch('https://api.sendgrid.com/', { headers: { 'x-api-key': key() } })).status),
  tool('mirror', () => [...key()].reverse().join('')),
];
";

/// An agent whose definition says this about leaks.
fn home(on_leak: &str) -> Home {
    let home = Home::new();
    let secrets = format!("[secrets]\nrequired = [\"SENDGRID_API_KEY\"]\n{on_leak}");
    home.write("agents/sender.md", format!("---\nname = \"sender\"\n{secrets}\n---\n"));
    home.write("Tools.tsx", TOOLS);
    home.set("SENDGRID_API_KEY", SENDGRID);
    home
}

const FREEZE: &str = "on_leak = \"freeze\"";
const RUN: [&str; 6] = ["run", "sender", "--model", "test", "--task", "leaks, then sends"];

#[test]
fn a_warned_run_goes_on_and_a_frozen_one_does_not() {
    for (definition, operator, frozen) in [
        ("", None, false),
        ("", Some("warn"), false),
        ("", Some("freeze"), true),
        (FREEZE, None, true),
        // A definition can not be talked out of it, nor can it talk the operator out of it.
        (FREEZE, Some("warn"), true),
        ("on_leak = \"warn\"", Some("freeze"), true),
    ] {
        let (home, upstream) = (home(definition), Upstream::start());
        let mut args = upstream.and_options(&RUN);
        args.extend(
            operator
                .into_iter()
                .flat_map(|it| ["--on-leak".to_owned(), it.to_owned()]),
        );
        let done = home
            .distri(&args)
            .says("alarm: output: placeholder of `SENDGRID_API_KEY` in console, step leaks 1");
        if frozen {
            let done = done
                .exits(5)
                .says("error: the run is frozen by an alarm, and nothing more leaves it")
                .says("hint: `distri audit list --alarms`");
            assert_eq!(done.out(), "");
            assert!(upstream.arrived().is_empty(), "{definition} {operator:?}");
        } else {
            assert_eq!(done.ok().out(), "leaks: \"leaked\"; sends: 202\n");
            assert_eq!(upstream.only().headers["x-api-key"], SENDGRID);
        }
        let alarms = home.distri(&["audit", "list", "--alarms", "--json"]).ok().json();
        assert_eq!(alarms.as_array().unwrap().len(), 1);
    }
}

#[test]
fn events_have_the_alarm_before_what_it_is_about() {
    let (home, upstream) = (home(""), Upstream::start());
    let args = [
        &upstream.and_options(&RUN)[..],
        &["--json", "--on-leak", "freeze"].map(str::to_owned),
    ]
    .concat();
    let done = home.distri(&args).exits(5).says("alarm: output");
    let events: Vec<Value> = done.out().lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let types: Vec<_> = events.iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["run_started", "tool_call", "alarm", "console", "run_finished"]);
    assert_eq!(
        events[2],
        json!({
            "type": "alarm", "rule": "output", "place": "console", "step": "leaks 1", "key": "SENDGRID_API_KEY"
        })
    );
    assert_eq!(events[3]["text"], "[redacted:SENDGRID_API_KEY]");
    assert_eq!(events[4]["ok"], false);
}

#[test]
fn a_call_by_hand_and_an_unknown_word() {
    let (home, upstream) = (home(""), Upstream::start());
    let call = upstream.and_options(&["tools", "call", "sender", "leaks", "--on-leak", "freeze"]);
    let done = home.distri(&call).exits(5).says("frozen by an alarm");
    assert_eq!(done.out(), "");
    home.distri(&["tools", "call", "sender", "leaks", "--on-leak", "ignore"])
        .exits(2)
        .says("what an alarm does is `warn` or `freeze`");
    home.write(
        "agents/odd.md",
        "---\nname = \"odd\"\n[secrets]\non_leak = \"ignore\"\n---\n",
    );
    home.distri(&["tools", "list", "odd"])
        .exits(1)
        .says("odd.md:4:11: what an alarm does is `warn` or `freeze`");
}

#[test]
fn a_command_that_shows_a_placeholder_of_a_run_is_told_and_can_be_ended() {
    if is_on_a_server("the key that recognises other runs' placeholders stays on the server") {
        return;
    }
    let (home, upstream) = (home(""), Upstream::start());
    let mirrored = home
        .distri(&upstream.and_options(&["tools", "call", "sender", "mirror"]))
        .ok()
        .json();
    let placeholder: String = mirrored.as_str().unwrap().chars().rev().collect();
    let script = format!(
        "echo one; printf %s {}; sleep 0.1; echo {}; exec sleep 60",
        &placeholder[..9],
        &placeholder[9..]
    );
    let exec = ["exec", "--on-leak", "freeze", "--", "sh", "-c", &script];
    let done = home
        .distri(&exec)
        .exits(5)
        .says("alarm: other-run: placeholder of another run in standard output")
        .says("error: the command is ended by an alarm");
    assert!(done.out().starts_with("one\n"));
    let done = home.distri(&["exec", "--", "sh", "-c", &format!("echo {placeholder} >&2; exit 7")]);
    done.exits(7)
        .says("alarm: other-run: placeholder of another run in standard error");
}

#[test]
fn a_command_is_ended_by_what_it_shows_and_by_what_it_sends() {
    let (home, upstream) = (home(""), Upstream::start());
    let misplaced = "curl -s -d \"$SENDGRID_API_KEY\" https://api.sendgrid.com/ >/dev/null; exec sleep 60";
    for (script, line) in [
        (
            "echo \"$SENDGRID_API_KEY\"; exec sleep 60",
            "output: placeholder of `SENDGRID_API_KEY` in standard output",
        ),
        (
            misplaced,
            "wrong-place: placeholder of `SENDGRID_API_KEY` in a request to api.sendgrid.com (the body)",
        ),
    ] {
        let args = upstream.and_options(&["exec", "--on-leak", "freeze"]);
        let args = [&args[..], &["--", "sh", "-c", script].map(str::to_owned)].concat();
        home.distri(&args).exits(5).says(line).says("ended by an alarm");
    }
    assert!(upstream.arrived().is_empty());
    let alarms = home.distri(&["audit", "list", "--alarms", "--json"]).ok().json();
    let rules: Vec<_> = alarms
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["alarm"]["rule"].clone())
        .collect();
    assert_eq!(rules, ["output", "wrong-place"]);
    assert_eq!(alarms[0]["subjects"][0]["key"], "SENDGRID_API_KEY");
}
