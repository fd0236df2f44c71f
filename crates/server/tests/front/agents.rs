//! Agent definitions over HTTP: pushed, read, checked, removed.

use serde_json::json;

use crate::support::{Answer, Client, TestServer};

const PAYER: &str =
    "---\nname = \"payer\"\ndescription = \"Pays\"\n\n[secrets]\nrequired = [\"STRIPE_API_KEY\"]\n---\nPay.\n";

fn push(client: &Client, text: &str) -> Answer {
    client
        .request("POST", "/v1/agents")
        .header("content-type", "text/markdown")
        .body(text.to_owned())
        .send()
}

#[test]
fn a_definition_is_pushed_read_checked_and_removed() {
    let server = TestServer::start();
    let client = server.client("read,write");
    let new = push(&client, PAYER);
    assert_eq!(new.status, 201, "{}", new.text());
    assert_eq!(
        (&new.json()["name"], &new.json()["required"]),
        (&json!("payer"), &json!(["STRIPE_API_KEY"]))
    );
    let again = client.post("/v1/agents", &json!({ "markdown": PAYER }));
    assert_eq!((again.status.as_u16(), &again.json()["revision"]), (200, &json!(1)));
    assert_eq!(client.get("/v1/agents").json()[0]["description"], "Pays");
    let whole = client.get("/v1/agents/payer");
    assert_eq!(
        (&whole.json()["markdown"], whole.header("etag")),
        (&json!(PAYER), "\"1\"")
    );

    let state = |environment: &str| {
        let checked = client
            .get(&format!("/v1/agents/payer/check?environment={environment}"))
            .json();
        (checked["starts"].clone(), checked["secrets"][0]["state"].clone())
    };
    assert_eq!(state("default"), (json!(false), json!("missing")));
    client.set("STRIPE_API_KEY", "sk_live_1");
    assert_eq!(state("default"), (json!(true), json!("set")));
    assert_eq!(state("prod"), (json!(false), json!("missing")));
    client.patch("/v1/secrets/STRIPE_API_KEY", &json!({ "agents": ["other"] }));
    assert_eq!(state("default"), (json!(false), json!("not_for_this_agent")));

    assert_eq!(client.delete("/v1/agents/payer").status, 204);
    for path in ["/v1/agents/payer", "/v1/agents/payer/check", "/v1/agents/..%2Fsecrets"] {
        assert_eq!(client.get(path).refused(), (404, "not_found".to_owned()), "{path}");
    }
}

#[test]
fn a_definition_that_is_none_is_refused_with_its_place() {
    let server = TestServer::start();
    let client = server.client("write");
    for text in ["", "no frontmatter", "---\nname = \"1x\"\n---\n", "---\nname = \n---\n"] {
        let answer = push(&client, text);
        assert_eq!(answer.refused(), (400, "invalid".to_owned()), "{text:?}");
    }
    let other = client
        .request("POST", "/v1/agents")
        .header("content-type", "text/plain")
        .body(PAYER)
        .send();
    assert_eq!(other.refused(), (415, "unsupported_media_type".to_owned()));
    let binary = client
        .request("POST", "/v1/agents")
        .header("content-type", "text/markdown")
        .body(&b"\xFF\xFE"[..])
        .send();
    assert_eq!(binary.refused(), (400, "invalid".to_owned()));
}
