//! `Idempotency-Key`: a request that is sent again is not done again.

use std::thread;

use serde_json::{Value, json};

use crate::support::{Answer, Client, TestServer};

fn post(client: &Client, target: &str, key: &str, body: &Value) -> Answer {
    client
        .request("POST", target)
        .header("idempotency-key", key)
        .json(body)
        .send()
}

#[test]
fn the_answer_to_the_first_is_given_again() {
    let server = TestServer::start();
    let client = server.client("read,write");
    let body = json!({ "key": "CRM_TOKEN", "value": "v1" });
    let first = post(&client, "/v1/secrets", "key-1", &body);
    let again = post(&client, "/v1/secrets", "key-1", &body);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(
        (first.text(), first.header("etag")),
        (again.text(), again.header("etag"))
    );
    assert_eq!(
        (
            first.header("idempotency-replayed"),
            again.header("idempotency-replayed")
        ),
        ("", "true")
    );
    assert_eq!(
        client.get("/v1/secrets/CRM_TOKEN").json()["version"],
        1,
        "it was done once"
    );

    let other = json!({ "key": "CRM_TOKEN", "value": "v2" });
    assert_eq!(
        post(&client, "/v1/secrets", "key-1", &other).refused(),
        (422, "key_reused".to_owned())
    );
    assert_eq!(post(&client, "/v1/secrets", "key-2", &other).json()["version"], 2);
    // Another credential has keys of its own.
    assert_eq!(
        post(&server.client("read,write"), "/v1/secrets", "key-1", &body).json()["version"],
        3
    );
    let deleted = || {
        client
            .request("DELETE", "/v1/secrets/CRM_TOKEN")
            .header("idempotency-key", "d")
            .send()
            .status
    };
    assert_eq!((deleted().as_u16(), deleted().as_u16()), (204, 204));
}

#[test]
fn of_many_at_once_one_is_done() {
    let server = TestServer::start();
    let client = server.client("read,write");
    client.set("CRM_TOKEN", "v");
    let body = json!({ "key": "CRM_TOKEN", "value": "new" });
    let statuses: Vec<u16> = thread::scope(|scope| {
        let send = || post(&client, "/v1/secrets", "at-once", &body).status.as_u16();
        let all: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        all.into_iter().map(|it| it.join().expect("no panic")).collect()
    });
    assert!(
        statuses.iter().all(|it| matches!(it, 200 | 409)) && statuses.contains(&200),
        "{statuses:?}"
    );
    assert_eq!(client.get("/v1/secrets/CRM_TOKEN").json()["version"], 2);
}

#[test]
fn what_was_refused_may_be_tried_again_and_what_was_shown_once_is_not_kept() {
    let server = TestServer::start();
    let client = server.client("read,write,reveal,resolve,admin");
    let body = json!({ "key": "CRM_TOKEN", "value": "v" });
    let put = |value: &str| {
        let request = client
            .request("PUT", "/v1/secrets/CRM_TOKEN")
            .header("idempotency-key", "put");
        request.json(&json!({ "value": value })).send().status.as_u16()
    };
    assert_eq!(put("v"), 404);
    post(&client, "/v1/secrets", "create", &body);
    assert_eq!(put("v"), 200, "the refused one is not in the way");

    let token = json!({ "name": "deploy", "scopes": ["read"] });
    let made = post(&client, "/v1/tokens", "token", &token);
    assert_eq!(made.status, 201);
    let again = post(&client, "/v1/tokens", "token", &token);
    assert_eq!(again.refused(), (409, "conflict".to_owned()));
    assert!(!again.text().contains("distri_"));
    // Reading a value again is a use of its own, and recorded as one.
    for _ in 0..2 {
        assert_eq!(
            post(&client, "/v1/secrets/CRM_TOKEN/reveal", "reveal", &json!({})).json()["value"],
            "v"
        );
        assert_eq!(
            post(&client, "/v1/secrets/resolve", "resolve", &json!({ "keys": [] })).status,
            200
        );
    }
    for key in ["", "a b", "ü", &"x".repeat(300)] {
        assert_eq!(post(&client, "/v1/secrets", key, &body).refused().0, 400, "{key}");
    }
    // Kept answers are no session's data.
    assert_eq!(client.get("/v1/sessions/%01requests/values").refused().0, 400);
    let database = std::fs::read(server.home.database()).expect("reads");
    assert!(!database.windows(7).any(|it| it == b"distri_"));
}
