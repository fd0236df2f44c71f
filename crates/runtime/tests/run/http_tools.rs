//! HTTP tools against a server that remembers what it was sent.

use distri_runtime::run::{CallError, Context, RunError, ToolKind, call_tool, list_tools};
use serde_json::{Value, json};

use crate::support::{Answer, World, assert_clean, run_task};

const TOKEN: &str = "shop-canary-token-1";
const SECRETS: [(&str, &str, &str); 1] = [("SHOP_TOKEN", TOKEN, "shop.example")];
const SHOP: &str = r#"
[model_settings]
model = "test"
[[tools.dynamic]]
name = "shop"
type = "http"
description = "The shop"
config = { base_url = "https://shop.example/v1/$REGION", headers = { Authorization = "Bearer {{secrets.SHOP_TOKEN}}" } }
"#;

fn region() -> Context {
    Context::parse(r#"{"envs": {"REGION": "eu 1"}}"#).unwrap()
}

#[tokio::test]
async fn it_sends_what_the_model_says_to_where_the_definition_says() {
    let world = World::new(|_, arrived| {
        Answer::json(&json!({"echo": arrived.headers["authorization"], "n": 1})).with("x-request", "r1")
    })
    .await;
    let mut setup = world.setup(SHOP, "", &SECRETS);
    setup.context = region();
    let task = r#"shop {"path": "/orders?limit=2", "method": "put", "headers": {"authorization": "mine", "x-n": "1"}, "body": {"a": "$SHOP_TOKEN"}}"#;
    let (outcome, told) = run_task(setup, task).await;
    assert!(outcome.unwrap().is_ok());

    let arrived = world.arrived();
    assert_eq!(
        (arrived[0].host.as_str(), arrived[0].method.as_str()),
        ("shop.example", "PUT")
    );
    assert_eq!(arrived[0].target, "/v1/eu%201/orders?limit=2");
    assert_eq!(arrived[0].headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(arrived[0].headers["x-n"], "1");
    assert_eq!(arrived[0].json(), json!({"a": "$SHOP_TOKEN"}));
    let (_, result) = &told.results()[0];
    let result = result.clone().unwrap();
    assert_eq!(result["status"], 200);
    assert_eq!(result["headers"]["x-request"], "r1");
    assert_eq!(result["body"], json!({"echo": "Bearer [redacted:SHOP_TOKEN]", "n": 1}));
    assert_clean(&told.text(), &[TOKEN]);
}

async fn call(world: &World, input: Value) -> Result<Value, CallError> {
    let mut setup = world.setup(SHOP.replace("/$REGION", "").as_str(), "", &SECRETS);
    setup.context = region();
    call_tool(setup, "shop", input, &mut |_| ()).await
}

#[tokio::test]
async fn nothing_leaves_the_place_of_the_definition() {
    let world = World::accepting().await;
    for path in [
        "../admin",
        "/%2e%2e/admin",
        "https://evil.example/",
        "//evil.example/x",
        "/..;/x",
        "/a%2f..%2fb",
    ] {
        assert!(
            matches!(call(&world, json!({"path": path})).await, Err(CallError::Failed(_))),
            "{path}"
        );
    }
    let headers = json!({"path": "/", "headers": {"host": "evil.example"}});
    assert!(call(&world, headers).await.is_err());
    assert!(world.arrived().is_empty());
    assert_eq!(call(&world, json!({"path": "/"})).await.unwrap()["status"], 202);
}

#[tokio::test]
async fn a_long_body_is_redacted_and_then_cut() {
    // The value stands across the limit: a cut before the redaction would show its first half.
    let limit = 1 << 20;
    let world = World::new(move |_, _| {
        let mut body = vec![b'.'; limit - 9];
        body.extend(TOKEN.as_bytes());
        body.extend(vec![b'.'; 3 << 20]);
        Answer(200, Vec::new(), body)
    })
    .await;
    let reply = call(&world, json!({"path": "/"})).await.unwrap();
    let body = reply["body"].as_str().unwrap();
    assert_eq!(body.len(), limit);
    assert!(body.ends_with(".[redacted"), "{}", &body[limit - 40..]);
    assert_eq!(reply["note"], "the body is cut: the first 1048576 bytes are here");
}

#[tokio::test]
async fn a_missing_variable_stops_the_run_before_anything_is_sent() {
    let world = World::accepting().await;
    let (outcome, told) = run_task(world.setup(SHOP, "", &SECRETS), "shop").await;
    let error = outcome.unwrap_err();
    assert!(matches!(&error, RunError::Unresolved { variable, .. } if variable == "REGION"));
    assert!(error.to_string().starts_with("unresolved variable: $REGION"), "{error}");
    assert!(told.0.is_empty() && world.arrived().is_empty());

    let tools = list_tools(world.setup(SHOP, "", &[]), &mut |_| ()).await.unwrap();
    assert_eq!((tools[0].name.as_str(), tools[0].kind), ("shop", ToolKind::Http));
    assert_eq!(tools[0].parameters["required"], json!(["path"]));
}

#[tokio::test]
async fn texts_that_are_no_json_come_as_text() {
    let world = World::new(|_, _| Answer(404, Vec::new(), [b"gone ", TOKEN.as_bytes(), b"\xff"].concat())).await;
    let reply = call(&world, json!({"path": "/", "body": "plain"})).await.unwrap();
    assert_eq!(
        (&reply["status"], &reply["body"]),
        (&json!(404), &json!("gone [redacted:SHOP_TOKEN]\u{fffd}"))
    );
    let arrived = &world.arrived()[0];
    assert_eq!(
        (arrived.method.as_str(), arrived.body.as_slice()),
        ("POST", &b"plain"[..])
    );
}
