//! A secret's life: set, looked at, edited, rolled back, deleted, brought back.

use serde_json::json;

use crate::support::TestServer;

#[test]
fn a_secret_is_set_looked_at_changed_deleted_and_brought_back() {
    let server = TestServer::start();
    let client = server.client("read,write");
    let new = client.post(
        "/v1/secrets",
        &json!({ "key": "STRIPE_API_KEY", "value": "sk_live_1", "note": "the shop's" }),
    );
    assert_eq!((new.status.as_u16(), new.header("etag")), (201, "\"1\""));
    assert_eq!(
        new.json()["hosts"],
        json!(["api.stripe.com"]),
        "a well-known key is bound to its service"
    );
    assert_eq!(new.json()["masked_value"], "••••••••");
    let again = client.post("/v1/secrets", &json!({ "key": "STRIPE_API_KEY", "value": "sk_live_2" }));
    assert_eq!((again.status.as_u16(), again.header("etag")), (200, "\"2\""));
    assert_eq!(
        (&again.json()["note"], &again.json()["id"]),
        (&json!("the shop's"), &new.json()["id"])
    );

    let edited = client.patch(
        "/v1/secrets/STRIPE_API_KEY",
        &json!({ "hosts": ["api.stripe.com", "files.stripe.com"], "agents": ["payer"], "note": null }),
    );
    assert_eq!(
        edited.json()["version"],
        3,
        "a policy is sealed in with a version of its own"
    );
    assert_eq!(
        (&edited.json()["agents"], &edited.json()["note"]),
        (&json!(["payer"]), &json!(null))
    );
    let free = client.patch(
        "/v1/secrets/STRIPE_API_KEY",
        &json!({ "agents": null, "expires_at": "2099-01-31T12:00:00Z" }),
    );
    assert_eq!(
        (&free.json()["agents"], &free.json()["expires_at"]),
        (&json!(null), &json!("2099-01-31T12:00:00Z"))
    );
    assert_eq!(
        free.json()["hosts"],
        json!(["api.stripe.com", "files.stripe.com"]),
        "what is left out stays"
    );

    let back = client.post("/v1/secrets/STRIPE_API_KEY/rollback", &json!({ "version": 1 }));
    assert_eq!(back.json()["version"], 5);
    let versions = client.get("/v1/secrets/STRIPE_API_KEY/versions").json();
    let changes: Vec<_> = versions
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["change"].as_str().expect("a word"))
        .collect();
    assert_eq!(changes, ["rollback", "policy", "policy", "value", "value"]);
    assert_eq!(
        (&versions[0]["origin"], &versions[0]["current"]),
        (&json!(1), &json!(true))
    );

    assert_eq!(client.delete("/v1/secrets/STRIPE_API_KEY").status, 204);
    assert_eq!(client.get("/v1/secrets/STRIPE_API_KEY").refused().0, 404);
    assert_eq!(client.delete("/v1/secrets/STRIPE_API_KEY").refused().0, 404);
    assert_eq!(client.get("/v1/secrets").json(), json!([]));
    assert!(client.get("/v1/secrets?deleted=true").json()[0]["deleted_at"].is_string());
    let undeleted = client.request("POST", "/v1/secrets/STRIPE_API_KEY/undelete").send();
    assert_eq!(
        (undeleted.status.as_u16(), &undeleted.json()["version"]),
        (200, &json!(5))
    );
    let twice = client.request("POST", "/v1/secrets/STRIPE_API_KEY/undelete").send();
    assert_eq!(twice.refused(), (409, "conflict".to_owned()));
}

#[test]
fn environments_are_apart() {
    let server = TestServer::start();
    let client = server.client("read,write");
    client.set("CRM_TOKEN", "a");
    assert_eq!(client.get("/v1/secrets/CRM_TOKEN?environment=prod").refused().0, 404);
    let prod = client.post(
        "/v1/secrets",
        &json!({ "key": "CRM_TOKEN", "value": "b", "environment": "prod" }),
    );
    assert_eq!(prod.status, 201);
    assert_eq!(client.get("/v1/secrets").json().as_array().map(Vec::len), Some(2));
    assert_eq!(
        client.get("/v1/secrets?environment=prod").json()[0]["environment"],
        "prod"
    );
    assert_eq!(client.delete("/v1/secrets/CRM_TOKEN?environment=prod").status, 204);
    assert_eq!(client.get("/v1/secrets/CRM_TOKEN").status, 200);
}

#[test]
fn a_policy_that_cannot_be_is_refused_and_nothing_changes() {
    let server = TestServer::start();
    let client = server.client("read,write");
    client.set("CRM_TOKEN", "a");
    for body in [
        json!({ "hosts": ["http://crm.example.com"] }),
        json!({ "hosts": "crm.example.com" }),
        json!({ "agents": ["no name"] }),
        json!({ "delivery": "pigeon" }),
        json!({ "expires_at": "tomorrow" }),
        json!({ "note": "x".repeat(5_000) }),
        json!({ "unknown": 1 }),
        json!({ "note": "\u{1b}]0;mine\u{7}" }),
        json!([]),
    ] {
        let answer = client.patch("/v1/secrets/CRM_TOKEN", &body);
        assert_eq!(answer.refused(), (400, "invalid".to_owned()), "{body}");
    }
    assert_eq!(client.get("/v1/secrets/CRM_TOKEN").json()["version"], 1);
}

#[test]
fn a_long_list_comes_in_pages_with_every_secret_once() {
    let server = TestServer::start();
    let client = server.client("read,write");
    let mut all = Vec::new();
    for (key, environment) in [
        ("A", "default"),
        ("A", "prod"),
        ("AA", "default"),
        ("A_B", "dev"),
        ("B", "default"),
        ("B", "x-1"),
    ] {
        let body = json!({ "key": key, "value": "v", "environment": environment });
        assert_eq!(client.post("/v1/secrets", &body).status, 201);
        all.push((key.to_owned(), environment.to_owned()));
    }
    for limit in 1..=7 {
        let mut seen = Vec::new();
        let mut next = Some(format!("/v1/secrets?limit={limit}"));
        while let Some(target) = next {
            let answer = client.get(&target);
            for it in answer.json().as_array().expect("a list") {
                let text = |name: &str| it[name].as_str().expect("text").to_owned();
                seen.push((text("key"), text("environment")));
            }
            let link = answer
                .header("link")
                .strip_prefix('<')
                .and_then(|it| it.split_once('>'));
            next = link.map(|it| it.0.to_owned());
        }
        assert_eq!(seen, all, "in pages of {limit}");
    }
    for query in ["limit=0", "limit=1001", "cursor=x"] {
        assert_eq!(client.get(&format!("/v1/secrets?{query}")).refused().0, 400, "{query}");
    }
}
