//! Every route of the document, tried without rights.

use std::collections::BTreeMap;

use distri_core::credential::PlainToken;
use serde_json::{Value, json};

use crate::support::{Client, TestServer, local, parsed};

/// A body that each route takes which takes one.
fn sample(operation: &str) -> Option<Value> {
    let body = match operation {
        "set_secret" => json!({ "key": "CRM_TOKEN", "value": "v" }),
        "copy_secrets" => json!({ "from": "default", "to": "prod" }),
        "change_role" => json!({ "role": "member" }),
        "invite" => json!({ "email": "grace@example.com", "role": "member" }),
        "push_agent" => json!({ "markdown": "---\nname = \"payer\"\n---\n" }),
        "set_value" | "stage_value" => json!({ "value": "v" }),
        "edit_secret" => json!({ "note": "n" }),
        "roll_back_secret" | "reveal_secret" | "reveal_secrets" => json!({}),
        "resolve_secrets" => json!({ "keys": ["CRM_TOKEN"] }),
        "import_secrets" => json!({ "secrets": [{ "key": "CRM_TOKEN", "value": "v" }] }),
        "release_secrets" => json!({ "only": ["CRM_TOKEN"] }),
        "purge_deleted" => json!({ "deleted_before": "2026-01-01T00:00:00Z" }),
        "raise_alarm" => json!({ "rule": "output", "place": "console" }),
        "observe_run" => json!({ "batch": 1, "at": "2026-01-01T00:00:00Z", "secrets": [], "requests": [] }),
        "identify_placeholders" => json!({ "value": "none" }),
        "set_session_value" => json!({ "key": "k", "value": 1 }),
        "create_token" => json!({ "name": "another", "scopes": ["admin"] }),
        _ => return None,
    };
    Some(body)
}

/// What stands in a path for a thing that is there.
fn filled(path: &str) -> String {
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    path.replace("{key}", "CRM_TOKEN")
        .replace("{id}", nobody)
        .replace("{name}", "k")
}

/// An operation of the document that needs a credential.
struct Operation {
    name: String,
    method: String,
    path: String,
    scope: Option<String>,
    body: Option<Value>,
}

fn operations(server: &TestServer) -> Vec<Operation> {
    let document = server.request("GET", "/v1/openapi.json").send().json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let name = operation["operationId"].as_str().expect("a name").to_owned();
            if operation["security"] == json!([]) {
                let open = ["healthz", "readyz", "openapi", "set_up"];
                assert!(open.contains(&name.as_str()), "{name} is open to anybody");
                continue;
            }
            let body = sample(&name);
            assert_eq!(
                body.is_some(),
                operation["requestBody"].is_object(),
                "{name} needs a sample of its body, or has one too many"
            );
            let query = if name.starts_with("who_") { "?key=CRM_TOKEN" } else { "" };
            operations.push(Operation {
                name,
                method: method.to_uppercase(),
                path: filled(path) + query,
                scope: operation["x-scope"].as_str().map(str::to_owned),
                body,
            });
        }
    }
    operations
}

impl Operation {
    fn refused(&self, server: &TestServer, token: Option<&str>) -> (u16, String) {
        let mut request = server.request(&self.method, &self.path);
        if let Some(token) = token {
            request = request.header("x-api-key", token);
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        let answer = request.send();
        assert!(!answer.status.is_success(), "{}: {}", self.name, answer.text());
        answer.refused()
    }
}

#[test]
fn without_a_good_token_nothing_is_answered() {
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    let all = "read,write,reveal,resolve,admin";
    let revoked = server.client(all);
    let vault = server.vault();
    local(&vault).revoke_token(parsed(&revoked.id)).expect("revokes");
    let good = server.client(all).token;
    let unknown = PlainToken::random();
    let mut mistyped = good.clone();
    let last = mistyped.pop().expect("a character");
    mistyped.push(if last == 'a' { 'b' } else { 'a' });
    let tokens = [
        None,
        Some(""),
        Some("x"),
        Some(&good[..20]),
        Some(mistyped.as_str()),
        Some(unknown.expose_secret()),
        Some(revoked.token.as_str()),
    ];
    for operation in operations(&server) {
        for token in tokens {
            let refused = operation.refused(&server, token);
            assert_eq!(refused, (401, "not_authenticated".to_owned()), "{}", operation.name);
        }
    }
}

#[test]
fn a_token_without_the_scope_is_refused_and_one_with_it_alone_is_not() {
    let server = TestServer::start();
    let scopes = ["read", "write", "reveal", "resolve", "admin"];
    server.client("write").set("CRM_TOKEN", "v");
    let with = |needed: &str| server.client(needed);
    // Reading what there is, and looking into values as whoever writes them may.
    let both = server.client("read,write");
    let without = |needed: &str| {
        let others: Vec<_> = scopes.into_iter().filter(|it| *it != needed).collect();
        server.client(&others.join(","))
    };
    let clients: BTreeMap<&str, (Client, Client)> =
        scopes.into_iter().map(|it| (it, (with(it), without(it)))).collect();
    for operation in operations(&server) {
        let Some(scope) = &operation.scope else { continue };
        let (with, without) = &clients[scope.as_str()];
        let with = if operation.name == "list_facts" { &both } else { with };
        let refused = operation.refused(&server, Some(&without.token));
        assert_eq!(refused, (403, "forbidden".to_owned()), "{}", operation.name);
        let mut request = with.request(&operation.method, &operation.path);
        if let Some(body) = &operation.body {
            request = request.json(body);
        }
        let status = request.send().status.as_u16();
        assert!(!matches!(status, 401 | 403 | 500..), "{}: {status}", operation.name);
    }
}

#[test]
fn a_revoked_token_stops_at_the_next_request() {
    let server = TestServer::start();
    let client = server.client("read");
    assert_eq!(client.get("/v1/secrets").status, 200);
    let vault = server.vault();
    local(&vault).revoke_token(parsed(&client.id)).expect("revokes");
    assert_eq!(client.get("/v1/secrets").refused().0, 401);
}
