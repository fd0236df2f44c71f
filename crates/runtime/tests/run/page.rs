//! The page's tools and definition, byte for byte, against a TLS server named `api.sendgrid.com`.

use std::{fs, path::Path};

use distri_runtime::run::{Event, RunEnd, SecretDelivery, call_tool, list_tools};
use serde_json::json;

use crate::support::{SENDGRID, Told, World, assert_clean, page_tools, run_task};

const SECRETS: [(&str, &str, &str); 3] = [
    ("SENDGRID_API_KEY", SENDGRID, "api.sendgrid.com"),
    ("STRIPE_API_KEY", "sk_live_canary_81mQxZ", "api.stripe.com"),
    ("STRIPE_WEBHOOK_SECRET", "whsec_canary_77Pq", ""),
];

async fn page() -> World {
    let world = World::accepting().await;
    let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/fixtures/page/payment_agent.md");
    world.write("agents/payment_agent.md", &fs::read_to_string(definition).unwrap());
    world.write("Tools.tsx", &page_tools());
    world
}

#[tokio::test]
async fn the_pages_agent_sends_its_mail() {
    let world = page().await;
    let mut setup = world.agent("payment_agent", &SECRETS);
    setup.model = Some("test".to_owned());
    let task = r#"send_email {"to": "ann@example.com", "subject": "Hi", "body": "It's 5 € – \"paid\""}"#;
    let (outcome, told) = run_task(setup, task).await;

    let outcome = outcome.unwrap();
    assert_eq!(outcome.end, RunEnd::Answered);
    assert_eq!(outcome.text, r#"send_email: {"sent":true}"#);
    assert_eq!(outcome.iterations, 2);
    let arrived = world.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(
        (arrived[0].host.as_str(), arrived[0].method.as_str()),
        ("api.sendgrid.com", "POST")
    );
    assert_eq!(arrived[0].target, "/v3/mail/send");
    assert_eq!(arrived[0].headers["authorization"], format!("Bearer {SENDGRID}"));
    assert_eq!(arrived[0].headers["content-type"], "application/json");
    assert_eq!(
        arrived[0].json(),
        json!({"to": "ann@example.com", "subject": "Hi", "body": "It's 5 € – \"paid\""})
    );

    assert_clean(&told.text(), &SECRETS.map(|(_, value, _)| value));
    let kinds: Vec<_> = told
        .0
        .iter()
        .map(|it| serde_json::to_value(it).unwrap()["type"].clone())
        .collect();
    assert_eq!(
        kinds,
        ["run_started", "tool_call", "tool_result", "model_text", "run_finished"]
    );
    let Event::RunStarted {
        agent,
        model,
        tools,
        secrets,
        ..
    } = &told.0[0]
    else {
        panic!()
    };
    assert_eq!(
        (agent.as_str(), model.as_str(), tools.as_slice()),
        ("payment_agent", "test", &["send_email".to_owned()][..])
    );
    let uses: Vec<_> = secrets.iter().map(|it| (it.key.as_str(), it.delivery)).collect();
    assert_eq!(
        uses,
        [
            ("SENDGRID_API_KEY", SecretDelivery::Value),
            ("STRIPE_API_KEY", SecretDelivery::Value),
            ("STRIPE_WEBHOOK_SECRET", SecretDelivery::UnboundValue),
        ]
    );
}

#[tokio::test]
async fn its_tools_are_listed_and_called_by_hand() {
    let world = page().await;
    let mut told = Told::default();
    let tools = list_tools(world.agent("payment_agent", &[]), &mut |it| told.0.push(it.clone()))
        .await
        .unwrap();
    assert_eq!(tools.len(), 1);
    assert_eq!(
        (tools[0].name.as_str(), tools[0].description.as_str()),
        ("send_email", "Send an email")
    );
    let mut required = tools[0].parameters["required"].as_array().unwrap().clone();
    required.sort_by_key(|it| it.as_str().unwrap().to_owned());
    assert_eq!(required, ["body", "subject", "to"]);

    let setup = world.agent("payment_agent", &SECRETS);
    let input = json!({"to": "a", "subject": "b", "body": "c"});
    let sent = call_tool(setup, "send_email", input, &mut |it| told.0.push(it.clone())).await;
    assert_eq!(sent.unwrap(), json!({"sent": true}));
    assert_eq!(
        world.arrived()[0].headers["authorization"],
        format!("Bearer {SENDGRID}")
    );

    let setup = world.agent("payment_agent", &SECRETS);
    let error = call_tool(setup, "send_mail", json!({}), &mut |_| ()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the agent has no tool `send_mail`; it has `send_email`"
    );
}

#[tokio::test]
async fn without_arguments_the_test_model_makes_them() {
    let world = page().await;
    let mut setup = world.agent("payment_agent", &SECRETS);
    setup.model = Some("test".to_owned());
    let (outcome, _) = run_task(setup, "tell Ann").await;
    assert!(outcome.unwrap().is_ok());
    assert_eq!(
        world.arrived()[0].json(),
        json!({"to": "to", "subject": "subject", "body": "body"})
    );
}
