//! Rotation: a value is staged, tried, promoted, or given up; copies between environments.

use serde_json::json;

use crate::support::TestServer;

#[test]
fn a_value_is_staged_tried_promoted_and_given_up() {
    let server = TestServer::start();
    let client = server.client("read,write,resolve");
    client.set("CRM_TOKEN", "old");
    assert_eq!(
        client
            .request("POST", "/v1/secrets/CRM_TOKEN/promote")
            .send()
            .refused()
            .0,
        409
    );
    let staged = client.put("/v1/secrets/CRM_TOKEN/staged", &json!({ "value": "new" }));
    assert_eq!(
        (&staged.json()["version"], &staged.json()["staged_version"]),
        (&json!(1), &json!(2))
    );
    let release =
        |staged: bool| client.post("/v1/releases", &json!({ "staged": staged })).json()["secrets"][0]["value"].clone();
    assert_eq!((release(false), release(true)), (json!("old"), json!("new")));
    let promoted = client.request("POST", "/v1/secrets/CRM_TOKEN/promote").send();
    assert_eq!(promoted.status, 200, "{}", promoted.text());
    assert_eq!(release(false), "new");
    client.put("/v1/secrets/CRM_TOKEN/staged", &json!({ "value": "never" }));
    assert_eq!(client.delete("/v1/secrets/CRM_TOKEN/staged").status, 204);
    assert_eq!(
        client.delete("/v1/secrets/CRM_TOKEN/staged").refused(),
        (409, "conflict".to_owned())
    );
    assert_eq!(release(true), "new");
    let due = client
        .patch("/v1/secrets/CRM_TOKEN", &json!({ "rotate_every_days": 30 }))
        .json();
    assert_eq!(due["rotate_every_days"], 30);
    assert!(due["rotation_due_at"].is_string());
    assert_eq!(
        client
            .patch("/v1/secrets/CRM_TOKEN", &json!({ "rotate_every_days": null }))
            .json()["rotate_every_days"],
        json!(null)
    );
}

#[test]
fn secrets_are_copied_all_or_none() {
    let server = TestServer::start();
    let client = server.client("read,write,resolve");
    client.set("A_TOKEN", "a");
    client.set("B_TOKEN", "b");
    let copy = |only: serde_json::Value, conflict: &str| {
        client.post(
            "/v1/secrets/copy",
            &json!({ "from": "default", "to": "prod", "only": only, "on_conflict": conflict }),
        )
    };
    assert_eq!(
        copy(json!(["A_TOKEN"]), "fail").json(),
        json!({ "copied": ["A_TOKEN"], "skipped": [] })
    );
    assert_eq!(copy(json!(null), "fail").refused(), (409, "conflict".to_owned()));
    assert_eq!(
        copy(json!(null), "skip").json(),
        json!({ "copied": ["B_TOKEN"], "skipped": ["A_TOKEN"] })
    );
    assert_eq!(copy(json!(["NO_TOKEN"]), "fail").refused().0, 404);
    let keys = json!({ "keys": ["A_TOKEN", "B_TOKEN"], "environment": "prod" });
    assert_eq!(
        client.post("/v1/secrets/resolve", &keys).json()["resolved"],
        json!({ "A_TOKEN": "a", "B_TOKEN": "b" })
    );
}
