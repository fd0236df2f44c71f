//! `If-Match` and `If-None-Match`: nobody overwrites what they have not seen.

use std::thread;

use serde_json::json;

use crate::support::TestServer;

#[test]
fn of_two_writers_who_saw_the_same_version_one_is_told() {
    let server = TestServer::start();
    let client = server.client("read,write");
    client.set("CRM_TOKEN", "v1");
    for version in 1..=5 {
        let tag = format!("\"{version}\"");
        let write = |value: String| {
            let request = client.request("PUT", "/v1/secrets/CRM_TOKEN").header("if-match", &tag);
            request.json(&json!({ "value": value })).send().status.as_u16()
        };
        let mut statuses = thread::scope(|scope| {
            let writers: Vec<_> = (0..4).map(|it| scope.spawn(move || write(format!("{it}")))).collect();
            writers
                .into_iter()
                .map(|it| it.join().expect("no panic"))
                .collect::<Vec<_>>()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412]);
    }
    assert_eq!(client.get("/v1/secrets/CRM_TOKEN").json()["version"], 6);
}

#[test]
fn a_version_that_one_has_is_not_sent_again() {
    let server = TestServer::start();
    let client = server.client("read,write");
    client.set("CRM_TOKEN", "v1");
    let get = |tag: &str| {
        client
            .request("GET", "/v1/secrets/CRM_TOKEN")
            .header("if-none-match", tag)
            .send()
    };
    for tag in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let answer = get(tag);
        assert_eq!(
            (answer.status.as_u16(), answer.header("etag"), answer.text().as_str()),
            (304, "\"1\"", ""),
            "{tag}"
        );
    }
    for tag in ["\"2\"", "\"01\"", "1", ""] {
        assert_eq!(get(tag).status, 200, "{tag}");
    }
}

#[test]
fn what_must_be_new_and_what_must_be_there() {
    let server = TestServer::start();
    let client = server.client("read,write");
    let body = json!({ "key": "CRM_TOKEN", "value": "v" });
    let post = |name: &str, tag: &str| {
        client
            .request("POST", "/v1/secrets")
            .header(name, tag)
            .json(&body)
            .send()
    };
    assert_eq!(post("if-match", "*").refused().0, 404);
    let away = post("if-match", "\"1\"");
    assert_eq!(away.refused(), (412, "stale".to_owned()));
    assert_eq!(away.json()["error"], "`CRM_TOKEN` is not there; nothing was changed");
    assert_eq!(post("if-none-match", "*").status, 201);
    let there = post("if-none-match", "*");
    assert_eq!(there.refused(), (412, "stale".to_owned()));
    assert_eq!(
        there.json()["error"],
        "`CRM_TOKEN` is there already; nothing was changed"
    );
    assert_eq!(post("if-match", "*").status, 200);
    assert_eq!(post("if-match", "\"2\"").status, 200);
    for tag in ["2", "\"x\"", "\"2\", \"3\"", "\"0\"", "W/\"2\"", "\"99999999999\""] {
        assert_eq!(post("if-match", tag).refused(), (400, "invalid".to_owned()), "{tag}");
    }
    assert_eq!(
        client.put("/v1/secrets/OTHER", &json!({ "value": "v" })).refused().0,
        404
    );
    let patch = client
        .request("PATCH", "/v1/secrets/CRM_TOKEN")
        .header("if-match", "\"1\"");
    assert_eq!(patch.json(&json!({ "note": "n" })).send().refused().0, 412);
}
