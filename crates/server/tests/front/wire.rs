//! The wire shapes that clients of the original decode.

use serde_json::{Value, json};

use crate::support::{Answer, TestServer};

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

/// What the clients of the original send, in the order in which they do, with what they decode: `wire.json`.
#[test]
fn what_the_originals_clients_send_is_answered_as_they_decode_it() {
    let server = TestServer::start();
    let client = server.client("read,write,resolve");
    let account = client.get("/v1/whoami").json()["account"].as_str().map(str::to_owned);
    let rows: Vec<Value> = serde_json::from_str(include_str!("wire.json")).expect("rows");
    for row in rows {
        let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
        let mut request = server.request(&text("method"), &text("target")).header("accept", "*/*");
        for (name, value) in headers(&text("client"), &client.token, account.as_deref().expect("an account")) {
            request = request.header(name, &value);
        }
        request = match (&row["body"], &row["markdown"]) {
            (Value::Null, Value::Null) => request,
            (Value::Null, markdown) => {
                let markdown = markdown.as_str().expect("text").to_owned();
                request.header("content-type", "text/markdown").body(markdown)
            }
            (body, _) => request.json(body),
        };
        let answer = request.send();
        assert_eq!(
            u64::from(answer.status.as_u16()),
            row["status"].as_u64().expect("a number"),
            "{row}: {}",
            answer.text()
        );
        has_shape(&answer, &text("shape"), &row);
    }
}

/// The headers that tell the clients apart.
fn headers(client: &str, token: &str, account: &str) -> Vec<(&'static str, String)> {
    let bearer = ("authorization", format!("Bearer {token}"));
    let workspace = ("x-workspace-id", account.to_owned());
    match client {
        "rust" => vec![("x-api-key", token.to_owned()), workspace],
        // As for a key that begins with `eyJ`.
        "rust with a bearer" => vec![bearer],
        "js" => vec![
            bearer,
            workspace,
            ("user-agent", "node".to_owned()),
            ("accept-language", "*".to_owned()),
            ("sec-fetch-mode", "cors".to_owned()),
            ("accept-encoding", "gzip, deflate".to_owned()),
        ],
        "nobody" => Vec::new(),
        other => panic!("{other} is no client"),
    }
}

#[track_caller]
fn has_shape(answer: &Answer, shape: &str, row: &Value) {
    if shape == "nothing" {
        return assert_eq!(answer.text(), "", "{row}");
    }
    let json = answer.json();
    let each = |list: &Value, fields: &[&str]| {
        let list = list.as_array().unwrap_or_else(|| panic!("{row}: {list}"));
        assert!(
            list.iter().all(|it| fields.iter().all(|field| it.get(field).is_some())),
            "{row}: {list:?}"
        );
    };
    match shape {
        "secret" => is_a_secret(&json, "OPENAI_API_KEY"),
        "secrets" => json
            .as_array()
            .expect("a list")
            .iter()
            .for_each(|it| is_a_secret(it, "OPENAI_API_KEY")),
        "resolved" => assert_eq!(json["resolved"], json!({ "OPENAI_API_KEY": "sk-3" }), "{row}"),
        "providers" => each(&json, &["id", "label", "keys"]),
        "configured" => {
            each(&json, &["key", "is_set", "sensitive"]);
            assert!(!answer.text().contains("\"value\""), "{row}");
        }
        "values" => assert!(json["values"].is_object(), "{row}: {json}"),
        "value" => assert!(json.get("value").is_some(), "{row}: {json}"),
        "agent" => assert_eq!(json["name"], "payer", "{row}"),
        "agents" => each(&json, &["id", "name"]),
        "error" => {
            let sentence = json["error"].as_str().unwrap_or_default();
            assert!(!sentence.is_empty() && !sentence.contains("sk-"), "{row}: {json}");
        }
        other => panic!("{other} is no shape"),
    }
}
