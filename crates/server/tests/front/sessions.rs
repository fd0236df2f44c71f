//! Session data over HTTP.

use serde_json::json;

use crate::support::TestServer;

#[test]
fn session_data_is_written_read_expires_and_goes() {
    let server = TestServer::start();
    let client = server.client("resolve");
    let values = "/v1/sessions/thread-1/values";
    assert_eq!(client.get(values).json(), json!({ "values": {} }));
    for body in [
        json!({ "key": "cart", "value": { "items": [1, 2, "ü"] } }),
        json!({ "key": "name with / and ?", "value": null }),
        json!({ "key": "old", "value": 1, "expiry": "2001-01-01T00:00:00Z" }),
    ] {
        let answer = client.post(values, &body);
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""), "{body}");
    }
    assert_eq!(
        client.get(&format!("{values}/cart")).json(),
        json!({ "value": { "items": [1, 2, "ü"] } })
    );
    assert_eq!(client.get(&format!("{values}/old")).json(), json!({ "value": null }));
    assert_eq!(client.get(&format!("{values}/never")).json(), json!({ "value": null }));
    let all = client.get(values).json();
    assert_eq!(
        all,
        json!({ "values": { "cart": { "items": [1, 2, "ü"] }, "name with / and ?": null } })
    );
    assert_eq!(
        client.get("/v1/sessions/thread-2/values").json(),
        json!({ "values": {} })
    );
    assert_eq!(
        client.delete(&format!("{values}/name%20with%20%2F%20and%20%3F")).status,
        204
    );
    assert_eq!(client.delete(&format!("{values}/never")).status, 204);
    assert_eq!(
        client.get(values).json(),
        json!({ "values": { "cart": { "items": [1, 2, "ü"] } } })
    );
    assert_eq!(client.delete("/v1/sessions/thread-1").status, 204);
    assert_eq!(client.get(values).json(), json!({ "values": {} }));
}

#[test]
fn what_is_too_large_is_refused() {
    let server = TestServer::start();
    let client = server.client("resolve");
    let set = |body: serde_json::Value| client.post("/v1/sessions/s/values", &body).refused();
    assert_eq!(
        set(json!({ "key": "k", "value": "x".repeat(257 << 10) })),
        (400, "invalid".to_owned())
    );
    assert_eq!(
        set(json!({ "key": "k", "value": "x".repeat(400 << 10) })),
        (413, "too_large".to_owned())
    );
    assert_eq!(
        set(json!({ "key": "k".repeat(300), "value": 1 })),
        (400, "invalid".to_owned())
    );
    let deep = format!(
        "{{\"key\":\"k\",\"value\":{}1{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let answer = client.request("POST", "/v1/sessions/s/values").body(deep).send();
    assert_eq!(answer.refused(), (400, "invalid".to_owned()));
}
