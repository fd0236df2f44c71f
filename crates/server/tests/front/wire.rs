//! The wire shapes that clients of the original decode.

use serde_json::{Value, json};

use crate::support::TestServer;

/// The fields that the original's clients require.
#[track_caller]
fn is_a_secret(value: &Value, key: &str) {
    let id = value["id"].as_str().expect("an id");
    assert!(id.len() == 36 && id.split('-').count() == 5, "{id}");
    assert_eq!(value["key"], key);
    assert_eq!(value["masked_value"], "••••••••");
    let updated = value["updated_at"].as_str().expect("a time");
    assert!(
        updated.ends_with('Z') && updated.parse::<jiff::Timestamp>().is_ok(),
        "{updated}"
    );
    assert!(value.get("value").is_none());
}

#[test]
fn secrets_have_the_shape_that_clients_decode() {
    let server = TestServer::start();
    let client = server.client("read,write,resolve");
    // As the Rust client does for a key that begins with `eyJ`, and the JS client for every key.
    let bearer = |method: &str, target: &str| {
        server
            .request(method, target)
            .header("authorization", &format!("Bearer {}", client.token))
    };
    assert_eq!(bearer("GET", "/v1/secrets").send().json(), json!([]));
    let body = json!({ "key": "OPENAI_API_KEY", "value": "sk-1234567890abcdef" });
    is_a_secret(&client.post("/v1/secrets", &body).json(), "OPENAI_API_KEY");
    let second = bearer("POST", "/v1/secrets").json(&body).send();
    assert_eq!(second.status, 200, "the second set is one, not an error");
    is_a_secret(&second.json(), "OPENAI_API_KEY");
    is_a_secret(&client.get("/v1/secrets/OPENAI_API_KEY").json(), "OPENAI_API_KEY");
    is_a_secret(
        &client
            .put("/v1/secrets/OPENAI_API_KEY", &json!({ "value": "sk-2" }))
            .json(),
        "OPENAI_API_KEY",
    );
    is_a_secret(&bearer("GET", "/v1/secrets").send().json()[0], "OPENAI_API_KEY");

    let configured = client.get("/v1/secrets/configured").json();
    let openai = configured
        .as_array()
        .expect("a list")
        .iter()
        .find(|it| it["key"] == "OPENAI_API_KEY");
    assert_eq!(
        openai,
        Some(&json!({ "key": "OPENAI_API_KEY", "is_set": true, "sensitive": true }))
    );
    let resolved = client.post(
        "/v1/secrets/resolve",
        &json!({ "keys": ["OPENAI_API_KEY", "NOT_THERE"] }),
    );
    assert_eq!(resolved.json(), json!({ "resolved": { "OPENAI_API_KEY": "sk-2" } }));

    let deleted = client.delete("/v1/secrets/OPENAI_API_KEY");
    assert_eq!((deleted.status.as_u16(), deleted.text().as_str()), (204, ""));
    let missing = client.delete("/v1/secrets/OPENAI_API_KEY");
    assert_eq!(missing.status, 404);
    assert!(missing.json()["error"].is_string());
}

#[test]
fn providers_have_the_shape_that_forms_show() {
    let server = TestServer::start();
    let providers = server.client("read").get("/v1/secrets/providers").json();
    let of = |id: &str| {
        let found = providers.as_array().expect("a list").iter().find(|it| it["id"] == id);
        found.unwrap_or_else(|| panic!("{id}"))["keys"][0].clone()
    };
    for (id, key, placeholder) in [
        ("openai", "OPENAI_API_KEY", "sk-..."),
        ("anthropic", "ANTHROPIC_API_KEY", "sk-ant-..."),
        ("gemini", "GEMINI_API_KEY", "AIza..."),
    ] {
        let field = of(id);
        assert_eq!(
            (&field["key"], &field["placeholder"]),
            (&json!(key), &json!(placeholder))
        );
        assert!(field["label"].is_string() && field["required"].is_boolean() && field["sensitive"].is_boolean());
    }
}
