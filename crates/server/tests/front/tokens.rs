//! Tokens over HTTP: made, listed, limited, revoked.

use std::sync::Arc;

use distri_core::authz::Limits;
use distri_core::clock::FixedClock;
use distri_vault::tokens::NewToken;
use serde_json::{Value, json};

use crate::support::{Client, TestServer, local, parsed};

#[test]
fn a_token_is_shown_once_works_and_stops() {
    let server = TestServer::start();
    let admin = server.client("admin,read,write,resolve");
    let made = admin.post(
        "/v1/tokens",
        &json!({ "name": "deploy", "scopes": ["read", "write"], "expires_at": "2099-01-01T00:00:00Z" }),
    );
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let text = made["token"].as_str().expect("a text");
    assert!(text.starts_with("distri_"), "{text}");
    let client = Client::with(&server, text);
    client.set("CRM_TOKEN", "v");
    let who = client.get("/v1/whoami").json();
    assert_eq!(
        (&who["kind"], &who["name"], &who["scopes"]),
        (&json!("token"), &json!("deploy"), &json!(["read", "write"]))
    );
    assert_eq!(who["expires_at"], "2099-01-01T00:00:00Z");

    let listed = admin.get("/v1/tokens");
    assert!(!listed.text().contains(text), "the text is shown once");
    let deploy = listed
        .json()
        .as_array()
        .expect("a list")
        .iter()
        .find(|it| it["name"] == "deploy")
        .cloned();
    let deploy = deploy.expect("it is listed");
    assert_eq!((&deploy["state"], &deploy["id"]), (&json!("active"), &made["id"]));
    assert!(deploy["last_used_at"].is_string());

    let path = format!("/v1/tokens/{}", made["id"].as_str().expect("an id"));
    assert_eq!(admin.delete(&path).status, 204);
    assert_eq!(client.get("/v1/secrets").refused().0, 401);
    assert_eq!(admin.delete(&path).status, 204, "revoking twice changes nothing");
    for nothing in ["/v1/tokens/x", "/v1/tokens/01890a5d-ac96-774b-bcce-b302099a8057"] {
        assert_eq!(admin.delete(nothing).refused(), (404, "not_found".to_owned()));
    }
}

#[test]
fn a_limited_token_sees_nothing_beyond_its_limits() {
    let server = TestServer::start();
    let admin = server.client("admin,read,write,resolve");
    for (key, environment) in [("CRM_TOKEN", "default"), ("CRM_TOKEN", "prod"), ("OTHER_TOKEN", "prod")] {
        admin.post(
            "/v1/secrets",
            &json!({ "key": key, "value": "v", "environment": environment }),
        );
    }
    let limits = json!({ "keys": ["CRM_TOKEN"], "environments": ["prod"] });
    let made = admin
        .post(
            "/v1/tokens",
            &json!({ "name": "ci", "scopes": ["read", "resolve"], "limits": limits }),
        )
        .json();
    let client = Client::with(&server, made["token"].as_str().expect("a text"));
    let seen: Vec<Value> = client.get("/v1/secrets").json().as_array().expect("a list").clone();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (&seen[0]["key"], &seen[0]["environment"]),
        (&json!("CRM_TOKEN"), &json!("prod"))
    );
    let beyond = client.get("/v1/secrets/OTHER_TOKEN?environment=prod");
    let nothing = client.get("/v1/secrets/NO_SUCH_TOKEN?environment=prod");
    assert_eq!(beyond.refused(), nothing.refused());
    assert_eq!(beyond.text().replace("OTHER_TOKEN", "NO_SUCH_TOKEN"), nothing.text());
    let resolve = json!({ "keys": ["CRM_TOKEN", "OTHER_TOKEN"], "environment": "prod" });
    assert_eq!(
        client.post("/v1/secrets/resolve", &resolve).json(),
        json!({ "resolved": { "CRM_TOKEN": "v" } })
    );
}

#[test]
fn a_token_ends_after_ninety_days_unless_never_is_said() {
    let clock = Arc::new(FixedClock::at("2026-01-01T00:00:00Z".parse().expect("an instant")));
    let server = TestServer::start_at(clock, |_| {});
    let vault = server.vault();
    let new = NewToken {
        name: parsed("admin"),
        scopes: parsed("admin,read"),
        limits: Limits::default(),
        expires_at: None,
    };
    let (token, _) = local(&vault).create_token(&new).expect("a token");
    let admin = Client::with(&server, token.expose_secret());
    let made = |body: Value| {
        let answer = admin.post("/v1/tokens", &body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    };
    assert_eq!(
        made(json!({ "name": "a", "scopes": ["read"] }))["expires_at"],
        "2026-04-01T00:00:00Z"
    );
    let never = made(json!({ "name": "b", "scopes": ["read"], "expires_at": null }));
    assert_eq!(never["expires_at"], Value::Null);
    // One whose maker ends earlier ends with it, without having to say so.
    let short = made(json!({ "name": "c", "scopes": ["admin", "read"], "expires_at": "2026-01-02T00:00:00Z" }));
    let short = Client::with(&server, short["token"].as_str().expect("a text"));
    let child = short.post("/v1/tokens", &json!({ "name": "d", "scopes": ["read"] }));
    assert_eq!(child.json()["expires_at"], "2026-01-02T00:00:00Z", "{}", child.text());
    let endless = short.post(
        "/v1/tokens",
        &json!({ "name": "e", "scopes": ["read"], "expires_at": null }),
    );
    assert_eq!(endless.refused(), (403, "forbidden".to_owned()));
}

#[test]
fn scopes_are_a_list_and_its_refusal_says_so() {
    let server = TestServer::start();
    let admin = server.client("admin,read");
    for scopes in [json!([]), json!(["root"]), json!(["read,write"])] {
        let refused = admin.post("/v1/tokens", &json!({ "name": "x", "scopes": scopes }));
        assert_eq!(refused.refused(), (400, "invalid".to_owned()), "{scopes}");
        assert_eq!(
            refused.json()["error"],
            "`scopes` is a list of one or more of `read`, `write`, `reveal`, `resolve`, `admin`"
        );
    }
}

#[test]
fn a_token_that_cannot_be_is_refused() {
    let server = TestServer::start();
    let admin = server.client("admin,read");
    let refused = |body: Value| admin.post("/v1/tokens", &body).refused();
    for body in [
        json!({ "name": "x", "scopes": [] }),
        json!({ "name": "x", "scopes": ["root"] }),
        json!({ "name": "x\r\ny", "scopes": ["read"] }),
        json!({ "name": "x", "scopes": ["read"], "limits": { "addresses": ["10.0.0.1/8"] } }),
        json!({ "name": "x", "scopes": ["read"], "limits": { "key": ["A"] } }),
        json!({ "name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z" }),
        json!({ "name": "x", "scopes": ["read"], "limits": { "keys": [] } }),
    ] {
        assert_eq!(refused(body.clone()), (400, "invalid".to_owned()), "{body}");
    }
    assert_eq!(
        refused(json!({ "name": "x", "scopes": ["reveal"] })),
        (403, "forbidden".to_owned())
    );
    assert_eq!(
        refused(json!({ "name": "token 0", "scopes": ["read"] })),
        (409, "conflict".to_owned())
    );
}
