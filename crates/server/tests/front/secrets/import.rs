//! Importing: planned, whole, or not at all.

use serde_json::{Value, json};

use crate::support::TestServer;

#[test]
fn an_import_is_planned_and_whole() {
    let server = TestServer::start();
    let client = server.client("read,write,resolve");
    client.set("SAME_TOKEN", "same");
    client.set("OLD_TOKEN", "old");
    let secrets = json!([
        { "key": "NEW_TOKEN", "value": "new" }, { "key": "SAME_TOKEN", "value": "same" }, { "key": "OLD_TOKEN", "value": "changed" },
    ]);
    let import = |conflict: &str, dry: bool| {
        client.post(
            "/v1/secrets/import",
            &json!({ "secrets": secrets, "on_conflict": conflict, "dry_run": dry }),
        )
    };
    let plan = json!([
        { "key": "NEW_TOKEN", "plan": "new" }, { "key": "SAME_TOKEN", "plan": "same" }, { "key": "OLD_TOKEN", "plan": "changed" },
    ]);
    assert_eq!(import("fail", true).json(), json!({ "plan": plan, "set": 0 }));
    let refused = import("fail", false);
    assert_eq!(refused.refused(), (409, "conflict".to_owned()));
    assert_eq!(
        client.get("/v1/secrets").json().as_array().map(Vec::len),
        Some(2),
        "nothing was set"
    );
    assert_eq!(import("skip", false).json()["set"], 1);
    assert_eq!(import("replace", false).json()["set"], 1);
    let keys = json!({ "keys": ["NEW_TOKEN", "SAME_TOKEN", "OLD_TOKEN"] });
    let resolved = client.post("/v1/secrets/resolve", &keys).json();
    assert_eq!(
        resolved["resolved"],
        json!({ "NEW_TOKEN": "new", "OLD_TOKEN": "changed", "SAME_TOKEN": "same" })
    );
}

#[test]
fn what_is_there_twice_or_too_often_is_refused() {
    let server = TestServer::start();
    let client = server.client("write");
    let entry = |key: &str| json!({ "key": key, "value": "v" });
    let twice = json!({ "secrets": [entry("A_TOKEN"), entry("A_TOKEN")] });
    assert_eq!(client.post("/v1/secrets/import", &twice).refused().0, 400);
    let many: Vec<Value> = (0..1_001).map(|it| entry(&format!("K_{it}"))).collect();
    assert_eq!(
        client
            .post("/v1/secrets/import", &json!({ "secrets": many }))
            .refused()
            .0,
        400
    );
}
