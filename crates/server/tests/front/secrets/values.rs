//! Values: where they come back, exactly, and where nothing of them does.

use distri_core::audit::ActionKind;
use serde_json::json;

use crate::support::{TestServer, local};

const VALUE: &str = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";

#[test]
fn reveal_and_resolve_give_the_value_and_are_recorded() {
    let server = TestServer::start();
    let client = server.client("write,reveal,resolve");
    client.set("STRIPE_API_KEY", VALUE);
    client.set("CRM_TOKEN", "\"quoted\"\n\u{1F511}");
    let revealed = client.post("/v1/secrets/STRIPE_API_KEY/reveal", &json!({}));
    assert_eq!(revealed.header("cache-control"), "no-store");
    let mut shown = revealed.json();
    let secret = shown.as_object_mut().and_then(|it| it.remove("secret")).expect("it");
    assert_eq!((&secret["key"], secret.get("value")), (&json!("STRIPE_API_KEY"), None));
    assert_eq!(
        shown,
        json!({ "key": "STRIPE_API_KEY", "environment": "default", "version": 1, "value": VALUE, "encoding": "text" })
    );
    let resolved = client.post(
        "/v1/secrets/resolve",
        &json!({ "keys": ["STRIPE_API_KEY", "CRM_TOKEN", "MISSING", "no key"] }),
    );
    assert_eq!(
        resolved.json(),
        json!({ "resolved": { "CRM_TOKEN": "\"quoted\"\n\u{1F511}", "STRIPE_API_KEY": VALUE } })
    );
    let all = client
        .post("/v1/secrets/reveal", &json!({ "only": ["CRM_TOKEN"] }))
        .json();
    assert_eq!(
        (&all[0]["value"], all.as_array().map(Vec::len)),
        (&json!("\"quoted\"\n\u{1F511}"), Some(1))
    );
    let missing = client.post("/v1/secrets/reveal", &json!({ "only": ["CRM_TOKEN", "MISSING"] }));
    assert_eq!(missing.refused().0, 404);
    let vault = server.vault();
    let records = local(&vault).audit_newest(3).expect("records");
    let kinds: Vec<_> = records.iter().map(|it| (it.1.action, it.1.subjects.len())).collect();
    assert_eq!(
        kinds,
        [
            (ActionKind::Reveal, 1),
            (ActionKind::Release, 2),
            (ActionKind::Reveal, 1)
        ]
    );
    assert_eq!(records[1].1.actor.name, "token 0");
}

#[test]
fn bytes_that_are_no_text_come_back_as_they_went_in() {
    let server = TestServer::start();
    let client = server.client("write,reveal,resolve");
    let value = data_encoding::BASE64.encode(b"\xFF\xFE\0binary");
    let body = json!({ "key": "TLS_KEY", "value": value, "encoding": "base64" });
    assert_eq!(client.post("/v1/secrets", &body).status, 201);
    let revealed = client
        .post("/v1/secrets/TLS_KEY/reveal", &json!({ "version": 1 }))
        .json();
    assert_eq!(
        (&revealed["value"], &revealed["encoding"]),
        (&json!(value), &json!("base64"))
    );
    let resolved = client
        .post("/v1/secrets/resolve", &json!({ "keys": ["TLS_KEY"] }))
        .json();
    assert_eq!(
        resolved,
        json!({ "resolved": { "TLS_KEY": value }, "base64": ["TLS_KEY"] })
    );
    let wrong = json!({ "key": "TLS_KEY", "value": "no base64!", "encoding": "base64" });
    assert_eq!(client.post("/v1/secrets", &wrong).refused().0, 400);
    let longest = "\u{1}".repeat(64 << 10);
    client.set("LONGEST", &longest);
    assert_eq!(
        client
            .post("/v1/secrets/resolve", &json!({ "keys": ["LONGEST"] }))
            .json()["resolved"]["LONGEST"],
        longest
    );
    let body = json!({ "key": "LONGEST", "value": format!("{longest}x") });
    assert_eq!(client.post("/v1/secrets", &body).refused().0, 400);
}

#[test]
fn a_policy_for_agents_holds_for_resolve() {
    let server = TestServer::start();
    let client = server.client("write,resolve");
    let body = json!({ "key": "CRM_TOKEN", "value": VALUE, "agents": ["sales"] });
    assert_eq!(client.post("/v1/secrets", &body).status, 201);
    let resolve = |agent: serde_json::Value| {
        client
            .post("/v1/secrets/resolve", &json!({ "keys": ["CRM_TOKEN"], "agent": agent }))
            .json()
    };
    assert_eq!(resolve(json!(null)), json!({ "resolved": {} }));
    assert_eq!(resolve(json!("other")), json!({ "resolved": {} }));
    assert_eq!(resolve(json!("sales")), json!({ "resolved": { "CRM_TOKEN": VALUE } }));
}

#[test]
fn no_refusal_and_no_other_answer_has_the_value() {
    let server = TestServer::start();
    let client = server.client("read,write,reveal,resolve,admin");
    client.set("STRIPE_API_KEY", VALUE);
    let object = json!({ "value": { "a": VALUE } });
    let wrong_place = json!({ "key": VALUE, "value": "x" });
    let unknown = json!({ "key": "A", "value": "x", VALUE: 1 });
    let in_note = json!({ "note": { "a": VALUE } });
    let in_host = json!({ "hosts": [VALUE] });
    let in_time = json!({ "expires_at": VALUE });
    let answers = [
        client.get("/v1/secrets"),
        client.get("/v1/secrets/STRIPE_API_KEY"),
        client.get("/v1/secrets/STRIPE_API_KEY/versions"),
        client.get("/v1/secrets/configured"),
        client.get("/v1/audit"),
        client.get(&format!("/v1/secrets/{VALUE}")),
        client.get(&format!("/v1/secrets?environment={VALUE}")),
        client.get(&format!("/v1/secrets?{VALUE}=1")),
        client.get(&format!("/{VALUE}")),
        client.put("/v1/secrets/STRIPE_API_KEY", &object),
        client.post("/v1/secrets", &wrong_place),
        client.post("/v1/secrets", &unknown),
        client.patch("/v1/secrets/STRIPE_API_KEY", &in_note),
        client.patch("/v1/secrets/STRIPE_API_KEY", &in_host),
        client.patch("/v1/secrets/STRIPE_API_KEY", &in_time),
        client
            .request("POST", "/v1/secrets")
            .body(format!("{{\"key\": {VALUE}}}"))
            .send(),
        client
            .request("PUT", "/v1/secrets/STRIPE_API_KEY")
            .header("if-match", VALUE)
            .json(&json!({ "value": "x" }))
            .send(),
    ];
    for (number, answer) in answers.iter().enumerate() {
        assert!(!answer.text().contains(VALUE), "answer {number}: {}", answer.text());
        let headers = format!("{:?}", answer.headers);
        assert!(!headers.contains(VALUE), "answer {number}: {headers}");
    }
}
