//! Handlers that loop, hoard, flood, throw oddly or reach for what is not theirs: a clear error in bounded time, and
//! the run goes on.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Done, Home};

/// The lines are numbered from this one's next: an error names the line of the file.
const TOOLS: &str = "\
type Handler = (input: { n?: number }) => unknown;
interface Tool { name: string; description: string; handler: Handler }

const tool = (name: string, handler: Handler): Tool => ({ name, description: `It ${name}`, handler });
export const getTools = (): Tool[] => [
  tool('loops', () => { for (;;) {} }),
  tool('sleeps', () => new Promise(() => {})),
  tool('hoards', () => { const all = []; for (;;) all.push(new Array(10000).fill(all.length)) }),
  tool('floods', () => { for (let n = 0; n < 1024; n += 1) console.log('x'.repeat(1 << 20)) }),
  tool('throws', () => { throw new TypeError('no such order') }),
  tool('throwsText', () => { throw 'out of stock' }),
  tool('throwsNothing', () => { throw undefined }),
  tool('throwsObject', () => { throw { code: 7 } }),
  tool('rejects', async () => {
    await null;
    throw new Error('declined', { cause: new Error('no funds') });
  }),
  tool('steers', () => { throw new Error('\\x1b]0;mine\\x07\\x1b[2J') }),
  tool('cycles', () => { const it: any = { a: {} }; it.a.it = it; return it }),
  tool('counts', () => ({ amount: 10n })),
  tool('exits', () => (process as any).exit(0)),
  tool('reads', () => ({ path: process.env.PATH ?? null, all: Object.keys(process.env) })),
  tool('imports', async () => (await import('node:fs')).readFileSync('/etc/passwd', 'utf8')),
  tool('requires', () => require('fs').readFileSync('/etc/passwd', 'utf8')),
  tool('works', () => 'fine'),
];
";

/// What each tool says when it fails; `None` where it does not.
const SAID: [(&str, Option<&str>); 17] = [
    ("loops", Some("the tool did not finish within 1s")),
    ("sleeps", Some("the tool did not finish within 1s")),
    ("hoards", Some("the tool used more than 64 MiB of memory")),
    ("floods", Some("the tool printed more than 1 MiB")),
    ("throws", Some("TypeError: no such order (at Tools.tsx:10:26)")),
    ("throwsText", Some("out of stock")),
    ("throwsNothing", Some("threw undefined")),
    ("throwsObject", Some("threw { code: 7 }")),
    (
        "rejects",
        Some("Error: declined (cause: Error: no funds) (at Tools.tsx:16:5)"),
    ),
    (
        "steers",
        Some("Error: \u{FFFD}]0;mine\u{FFFD}\u{FFFD}[2J (at Tools.tsx:18:26)"),
    ),
    (
        "cycles",
        Some("the tool's result refers to itself, which JSON cannot express"),
    ),
    (
        "counts",
        Some(
            "the tool's result has under `amount` a bigint, which JSON cannot express; convert it with `Number` or `String`",
        ),
    ),
    (
        "exits",
        Some("Error: a tool cannot exit the process (at Tools.tsx:21:3)"),
    ),
    ("reads", None),
    (
        "imports",
        Some(
            "TypeError: Tools.tsx:23:45: cannot import `node:fs`: tools have no file system and no network of their own",
        ),
    ),
    (
        "requires",
        Some("ReferenceError: require is not defined (at Tools.tsx:24:3)"),
    ),
    ("works", None),
];

fn project(tools: &str) -> Home {
    let home = Home::new();
    home.write("agents/bad.md", "---\nname = \"bad\"\n---\n");
    home.write("Tools.tsx", tools);
    home
}

#[test]
fn each_bad_call_is_a_sentence_and_an_exit_code() {
    let home = project(TOOLS);
    let begin = Instant::now();
    for (tool, said) in SAID {
        // Only those that never end wait for it.
        let time = if said.is_some_and(|it| it.ends_with("within 1s")) {
            "1s"
        } else {
            "30s"
        };
        let done = home.distri(&["tools", "call", "bad", tool, "--tool-timeout", time]);
        match said {
            Some(said) => {
                let done = done.exits(1);
                let last = done.stderr.lines().last().unwrap_or_default();
                assert_eq!(last, format!("error: {said}"), "{tool}");
                assert!(done.stdout.is_empty(), "{tool}");
            }
            None if tool == "works" => assert_eq!(done.ok().out(), "\"fine\"\n"),
            None => assert_eq!(done.ok().json(), serde_json::json!({"path": null, "all": []}), "{tool}"),
        }
    }
    assert!(begin.elapsed() < Duration::from_secs(300), "{:?}", begin.elapsed());
}

#[test]
fn the_run_goes_on_after_each() {
    let home = project(TOOLS);
    // The test model calls those that the task names. One that never ends stands for all.
    let ends: Vec<_> = SAID.iter().filter(|it| it.0 != "sleeps" && it.0 != "loops").collect();
    let task = ends.iter().map(|it| it.0).collect::<Vec<_>>().join(" ");
    let done = home
        .distri(&["run", "bad", "--task", &task, "--model", "test", "--json"])
        .ok();
    assert!(done.stderr.is_empty(), "{}", done.stderr);
    let events = events(&done);
    let results: Vec<&Value> = events.iter().filter(|it| it["type"] == "tool_result").collect();
    assert_eq!(results.len(), ends.len());
    for (result, (tool, said)) in results.into_iter().zip(ends) {
        assert_eq!(result["tool"], *tool);
        assert_eq!(result["ok"], said.is_none(), "{result}");
        let error = result["error"]
            .as_str()
            .map(|it| it.replace(['\u{1b}', '\u{7}'], "\u{FFFD}"));
        assert_eq!(error.as_deref(), *said, "{tool}");
    }
    // What a flood prints before it is cut off is bounded.
    assert!(done.stdout.len() < 2 << 20, "{}", done.stdout.len());
    assert_eq!(events.last().unwrap()["type"], "run_finished");
}

#[test]
fn a_person_sees_the_failures_and_nothing_that_steers_the_terminal() {
    let home = project(TOOLS);
    let run = [
        "run",
        "bad",
        "--task",
        "steers loops throws",
        "--model",
        "test",
        "--tool-timeout",
        "5s",
    ];
    let told = home
        .distri(&run)
        .ok()
        .says("✗ loops failed: the tool did not finish within 5s")
        .says("✗ throws failed: TypeError: no such order (at Tools.tsx:10:26)");
    assert!(!told.stderr.contains('\u{1b}'), "{}", told.stderr);
}

#[test]
fn tools_that_do_not_load_say_why_and_where() {
    for (tools, said) in [
        (
            "import { readFileSync } from 'node:fs';\nexport const getTools = () => [readFileSync];",
            "Tools.tsx:1:30: cannot import `node:fs`: tools have no file system and no network of their own",
        ),
        (
            "import Stripe from 'stripe';\nexport const getTools = () => [Stripe];",
            "Tools.tsx:1:20: cannot import `stripe`: npm packages are not bundled; use `fetch`",
        ),
        (
            "import './lib/gone';\nexport const getTools = () => [];",
            "Tools.tsx:1:8: cannot find `./lib/gone`",
        ),
        (
            "export const getTools = () => [\n  { name: 't' handler: 1 }\n];",
            "Tools.tsx:2:15: expected `,` or `}`",
        ),
        ("export const x = 1;", "`Tools.tsx` exports no `getTools`"),
        (
            "\n\nthrow new Error('not today');",
            "Error: not today (at Tools.tsx:3:1)",
        ),
        (
            "export const getTools = () => [{ name: 'a', handler() {} }, { name: 'a', handler() {} }];",
            "two tools have the name `a`",
        ),
        (
            "const all = []; for (;;) all.push(new Array(10000).fill(1));",
            "loading the tools used more than 64 MiB of memory",
        ),
        (
            "for (;;) console.log('x'.repeat(1 << 16));",
            "loading the tools printed more than 1 MiB",
        ),
    ] {
        let home = project(tools);
        for args in [
            &["tools", "list", "bad"][..],
            &["tools", "call", "bad", "t"],
            &["run", "bad", "--task", "t", "--model", "test"],
        ] {
            let done = home.distri(args);
            assert_eq!(done.code, 1, "{args:?} {said}");
            let done = done.says(said);
            let last = done.stderr.lines().last().unwrap_or_default();
            assert!(last.starts_with("error: "), "{last}");
        }
        assert!(!home.distri(&["agents", "check"]).out().is_empty());
    }
}

#[test]
fn input_that_is_not_usable_is_refused_without_being_repeated() {
    let home = project("export const getTools = () => [{ name: 't', handler: (input) => input }];");
    for (args, place) in [
        ("{\"key\": \"CANARY", "line 1, column 15"),
        ("CANARY", "line 1, column 1"),
    ] {
        let done = home
            .distri(&["tools", "call", "bad", "t", "--args", args])
            .exits(2)
            .says(&format!("`--args` is not JSON at {place}"));
        assert!(!done.stderr.contains("CANARY"), "{}", done.stderr);
    }
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    home.distri(&["tools", "call", "bad", "t", "--args", &deep]).exits(2);
    let odd = r#"{"__proto__":{"x":1},"constructor":1,"\u0000":"\u2028","é":"🦀"}"#;
    let done = home.distri(&["tools", "call", "bad", "t", "--args", odd]).ok();
    assert_eq!(done.json(), serde_json::from_str::<Value>(odd).unwrap());
    home.distri(&["tools", "call", "bad", "t", "--tool-timeout", "0s"])
        .exits(2)
        .says("from `1s` to `60m`");
    home.distri(&["tools", "call", "bad", "other"])
        .exits(3)
        .says("the agent has no tool `other`; it has `t`");
}

fn events(done: &Done) -> Vec<Value> {
    let lines = done.out();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
