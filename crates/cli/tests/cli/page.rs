//! The page's agent and its unmodified tools, run by the binary against a TLS server named `api.sendgrid.com`.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Done, Home, has_trace};
use crate::upstream::Upstream;

const SENDGRID: &str = "SG.qWx1-canary_9Zt4kLm2.Vb7nC0pR5sT8uY3aE6dH1jKfGoIhQwXz";
const STRIPE: &str = "sk_live_canary_4Tq9Lz2Wn8Rb6Vx1Kd7P";
const WEBHOOK: &str = "whsec_canary_Zp3Xy7Nw5Bt9Qs1";
const VALUES: [&str; 3] = [SENDGRID, STRIPE, WEBHOOK];

/// The page's project; its three secrets are set.
fn page() -> Home {
    let home = Home::new();
    project(&home);
    home.set("SENDGRID_API_KEY", SENDGRID);
    home.set("STRIPE_API_KEY", STRIPE);
    home.set("STRIPE_WEBHOOK_SECRET", WEBHOOK);
    home
}

/// The page's files, byte for byte: what other crates' tests read too.
fn project(home: &Home) {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (from, to) in [
        ("core/tests/fixtures/page/payment_agent.md", "agents/payment_agent.md"),
        ("runtime/tests/fixtures/page/Tools.tsx", "Tools.tsx"),
    ] {
        home.write(to, std::fs::read(crates.join(from)).unwrap());
    }
}

/// The same, when no value of the page's secrets, in no usual form, is in its output.
#[track_caller]
fn clean(done: Done) -> Done {
    for value in VALUES {
        assert!(
            !has_trace(&done.stdout, value.as_bytes()) && !has_trace(done.stderr.as_bytes(), value.as_bytes()),
            "a trace of {value} in: {}{}",
            done.out(),
            done.stderr
        );
    }
    done
}

#[test]
fn the_agent_runs_and_the_service_gets_the_real_key() {
    let (home, upstream) = (page(), Upstream::start());
    let task = r#"send_email {"to": "ann@example.com", "subject": "Hi", "body": "It's 5 € – \"paid\""}"#;
    let done = home.distri(&upstream.and_options(&["run", "payment_agent", "--task", task, "--model", "test"]));
    let done = clean(done.ok()).says("payment_agent").says("→ send_email");
    assert_eq!(done.out(), "send_email: {\"sent\":true}\n");

    let arrived = upstream.only();
    assert_eq!(arrived.line, "POST https://api.sendgrid.com/v3/mail/send");
    assert_eq!(arrived.headers["authorization"], format!("Bearer {SENDGRID}"));
    assert_eq!(arrived.headers["content-type"], "application/json");
    assert_eq!(
        serde_json::from_slice::<Value>(&arrived.body).unwrap(),
        json!({"to": "ann@example.com", "subject": "Hi", "body": "It's 5 € – \"paid\""})
    );
}

#[test]
fn the_same_by_its_other_spelling_as_events() {
    let (home, upstream) = (page(), Upstream::start());
    let args = [
        "run",
        "--agent",
        "payment_agent",
        "--task",
        "go",
        "--model",
        "test",
        "--json",
    ];
    let done = clean(home.distri(&upstream.and_options(&args)).ok());
    let events: Vec<Value> = done
        .out()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<_> = events.iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["run_started", "tool_call", "tool_result", "model_text", "run_finished"]
    );
    let given: Vec<_> = events[0]["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["key"].as_str().unwrap())
        .collect();
    assert_eq!(given, ["SENDGRID_API_KEY", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"]);
    assert_eq!(events[2]["output"], json!({"sent": true}));
    assert_eq!(upstream.only().headers["authorization"], format!("Bearer {SENDGRID}"));

    // The record of the release names the run, and was there before anything left.
    let records = home.distri(&["audit", "list", "--json"]).ok().json();
    let release = records
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["run"] == events[0]["run"]);
    let release = release.expect("a record of this run");
    assert_eq!(
        (&release["action"], &release["agent"]),
        (&json!("secret.release"), &json!("payment_agent"))
    );
}

#[test]
fn its_tool_is_listed_and_called_without_a_model() {
    let (home, upstream) = (page(), Upstream::start());
    assert_eq!(
        home.distri(&["tools", "list", "payment_agent"]).ok().out(),
        "send_email  (to, subject, body)  Send an email\n"
    );
    let args = r#"{"to":"a@example.com","subject":"hi","body":"hello"}"#;
    let call = ["tools", "call", "payment_agent", "send_email", "--args", args];
    let done = clean(home.distri(&upstream.and_options(&call)).ok());
    assert_eq!(done.json(), json!({"sent": true}));
    assert_eq!(upstream.only().headers["authorization"], format!("Bearer {SENDGRID}"));

    // A server that nobody vouches for gets nothing.
    let mut options = upstream.options();
    options.truncate(options.len() - 2);
    let call = call.map(str::to_owned).into_iter().chain(options).collect::<Vec<_>>();
    clean(home.distri(&call).exits(1).says("certificate"));
    assert_eq!(upstream.arrived().len(), 1);
}

#[test]
fn without_a_required_secret_nothing_starts() {
    let (home, upstream) = (page(), Upstream::start());
    home.distri(&["secrets", "delete", "STRIPE_WEBHOOK_SECRET", "--yes"])
        .ok();
    let before = home.distri(&["audit", "list", "--json"]).ok().stdout;
    for args in [
        &["run", "payment_agent", "--task", "send_email", "--model", "test"][..],
        &["tools", "call", "payment_agent", "send_email"],
    ] {
        let done = home.distri(&upstream.and_options(args)).exits(3);
        let done = clean(done)
            .says("error: required secret `STRIPE_WEBHOOK_SECRET` is not configured\n")
            .says("hint: set it with `distri secrets set STRIPE_WEBHOOK_SECRET`\n");
        assert!(done.stdout.is_empty(), "{}", done.out());
    }
    home.distri(&["exec", "--agent", "payment_agent", "--", "touch", "ran"])
        .exits(3)
        .says("`distri secrets set STRIPE_WEBHOOK_SECRET`");
    assert!(upstream.arrived().is_empty() && !home.work().join("ran").exists());
    assert_eq!(
        home.distri(&["audit", "list", "--json"]).ok().stdout,
        before,
        "nothing was released"
    );

    home.distri(&["secrets", "delete", "STRIPE_API_KEY", "--yes"]).ok();
    home.distri(&["run", "payment_agent", "--task", "go", "--env", "prod"])
        .exits(3)
        .says("required secrets are not configured: OPENAI_API_KEY, STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET")
        .says("set them with `distri secrets set OPENAI_API_KEY --env prod`");
}

/// Ways to show a value; each tool returns, throws or prints it.
const SHOWS: &str = r"
const key = () => process.env.SENDGRID_API_KEY;
const bytes = () => new TextEncoder().encode(key());
const hex = () => [...bytes()].map((it) => it.toString(16).padStart(2, '0')).join('');
const forms = { plain: key, base64: () => btoa(key()), second: () => btoa('x' + key()), third: () => btoa('xy' + key()),
  hex, upper: () => hex().toUpperCase(), json: () => JSON.stringify({ key: key() }), url: () => encodeURIComponent(key()) };
const tool = (name, handler) => ({ name, description: name, handler });
export const getTools = () => Object.entries(forms).flatMap(([name, form]) => [
  tool(`returns_${name}`, () => ({ shown: form() })),
  tool(`throws_${name}`, () => { throw new Error(`no ${form()}`); }),
  tool(`throws_bare_${name}`, () => { throw form(); }),
  tool(`rejects_${name}`, async () => { throw { why: form() }; }),
  tool(`logs_${name}`, (_, { log }) => { console.log(form()); console.error({ why: form() }); log(form()); return 1; }),
]);
";

#[test]
fn showing_a_value_comes_out_redacted() {
    let home = page();
    home.write("Tools.tsx", SHOWS);
    // Without hosts a handler is given the value itself.
    home.distri(&["secrets", "edit", "SENDGRID_API_KEY", "--any-host"]).ok();
    let hidden = "[redacted:SENDGRID_API_KEY]";

    let run = [
        "run",
        "payment_agent",
        "--task",
        "all of them",
        "--model",
        "test",
        "--json",
    ];
    let done = clean(home.distri(&run).ok());
    let events: Vec<Value> = done
        .out()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let results: Vec<_> = events.iter().filter(|it| it["type"] == "tool_result").collect();
    assert_eq!(results.len(), 8 * 5);
    for result in results
        .iter()
        .filter(|it| !it["tool"].as_str().unwrap().starts_with("logs"))
    {
        let text = result.to_string();
        assert!(text.contains(hidden), "{text}");
    }
    let printed: Vec<_> = events.iter().filter(|it| it["type"] == "console").collect();
    assert_eq!(printed.len(), 8 * 3);
    assert!(printed.iter().all(|it| it["text"].as_str().unwrap().contains(hidden)));

    // The same as a person sees it.
    clean(
        home.distri(&["run", "payment_agent", "--task", "all", "--model", "test"])
            .ok(),
    )
    .says(hidden);
    for (tool, code) in [
        ("returns_base64", 0),
        ("throws_hex", 1),
        ("throws_bare_plain", 1),
        ("rejects_json", 1),
        ("logs_third", 0),
    ] {
        let done = clean(home.distri(&["tools", "call", "payment_agent", tool]).exits(code));
        assert!(format!("{}{}", done.out(), done.stderr).contains(hidden), "{tool}");
    }
}

#[test]
fn what_a_handler_is_told_by_the_service_is_clean_too() {
    let (home, upstream) = (page(), Upstream::start());
    home.write(
        "Tools.tsx",
        "export const getTools = () => [{ name: 'echo', description: 'e', handler: async () => {
           const headers = { authorization: `Bearer ${process.env.SENDGRID_API_KEY}` };
           return (await fetch('https://api.sendgrid.com/echo', { headers })).text();
         } }];",
    );
    clean(
        home.distri(&upstream.and_options(&["tools", "call", "payment_agent", "echo"]))
            .ok(),
    );
    assert_eq!(upstream.only().headers["authorization"], format!("Bearer {SENDGRID}"));
}
