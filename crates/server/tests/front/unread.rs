//! A body or a query that a route does not take: the answer names the field, and repeats nothing that was sent.

use serde_json::json;

use crate::support::{Answer, TestServer};

const VALUE: &str = "sk_live_51HxQ9zKq";

fn said(answer: &Answer) -> String {
    assert_eq!(answer.refused(), (400, "invalid".to_owned()));
    assert!(!answer.text().contains(VALUE), "{}", answer.text());
    answer.json()["error"].as_str().expect("a sentence").to_owned()
}

#[test]
fn a_body_that_is_not_taken_has_its_field_named() {
    let server = TestServer::start();
    let client = server.client("admin,read,write,resolve");
    let post = |path: &str, body| said(&client.post(path, &body));
    for (body, begins) in [
        (json!({ "key": "CRM_TOKEN" }), "the field `value` is missing"),
        (
            json!({ "key": "CRM_TOKEN", "value": 12 }),
            "the field `value` is not text",
        ),
        (
            json!({ "key": "CRM_TOKEN", "value": VALUE, "hosts": VALUE }),
            "the field `hosts` is not a list",
        ),
        (
            json!({ "key": "CRM_TOKEN", "value": VALUE, "envrionment": "prod" }),
            "there is a field that this route does not take, at line 1",
        ),
        (
            json!({ "key": "CRM_TOKEN", "value": VALUE, "note": { "a": VALUE } }),
            "the field `note` is not text",
        ),
        (
            json!({ "key": "CRM_TOKEN", "value": "x", VALUE: 1 }),
            "there is a field that this route does not take",
        ),
    ] {
        let said = post("/v1/secrets", body.clone());
        assert!(said.starts_with(begins), "{body}: {said}");
    }
    let limits = post(
        "/v1/tokens",
        json!({ "name": "x", "scopes": ["read"], "limits": { "key": ["A"] } }),
    );
    assert!(
        limits.starts_with("there is a field that this route does not take (it takes `keys`, "),
        "{limits}"
    );
    let entry = post(
        "/v1/secrets/import",
        json!({ "secrets": [{ "key": "A", "value": VALUE }, { "key": "B" }] }),
    );
    assert!(
        entry.starts_with("the field `value` in `secrets` is missing, at line 1"),
        "{entry}"
    );
    let deep = format!("{{\"key\": \"A\", \"value\": \"x\", \"note\": {}", "[".repeat(500));
    let deep = said(&client.request("POST", "/v1/secrets").body(deep).send());
    assert!(deep.starts_with("the body is nested too deep"), "{deep}");
    assert_eq!(client.get("/v1/secrets").json(), json!([]), "nothing was set");
}

#[test]
fn a_query_that_is_not_taken_has_its_field_named() {
    let server = TestServer::start();
    let client = server.client("admin,read");
    for (target, begins) in [
        ("/v1/secrets?limit=0", "`limit` is a number from 1 to 1000"),
        ("/v1/secrets?limit=-1", "`limit` is a number from 1 to 1000"),
        ("/v1/audit?limit=many", "`limit` is a number from 1 to 1000"),
        (
            "/v1/audit?after=-1",
            "the field `after` of the query is not of its type",
        ),
        (
            "/v1/secrets?env=prod",
            "the query has a field that this route does not take",
        ),
        (
            "/v1/secrets?limit=1&limit=1",
            "the field `limit` of the query is there twice",
        ),
    ] {
        let said = said(&client.get(target));
        assert!(said.starts_with(begins), "{target}: {said}");
    }
}

#[test]
fn a_body_of_another_type_is_told_the_types_that_are_taken() {
    let server = TestServer::start();
    let client = server.client("read,write");
    let sent = |path: &str| {
        client
            .request("POST", path)
            .header("content-type", "text/plain")
            .body("x")
            .send()
    };
    let agent = sent("/v1/agents");
    assert_eq!(agent.refused(), (415, "unsupported_media_type".to_owned()));
    assert_eq!(
        agent.json()["error"],
        "the body of this route is `application/json` or `text/markdown`"
    );
    assert_eq!(
        sent("/v1/secrets").json()["error"],
        "the body of this route is `application/json`"
    );
}
