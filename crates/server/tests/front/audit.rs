//! The audit log over HTTP: pages, filters, cursors.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Client, TestServer};

fn page(client: &Client, target: &str) -> (Vec<Value>, Option<String>) {
    let answer = client.get(target);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let next = answer
        .header("link")
        .strip_prefix('<')
        .and_then(|it| it.strip_suffix(">; rel=\"next\""));
    (
        answer.json().as_array().expect("a list").clone(),
        next.map(str::to_owned),
    )
}

#[test]
fn pages_have_every_record_once_newest_first() {
    let server = TestServer::start();
    let client = server.client("admin,write");
    for number in 0..25 {
        client.set(&format!("K_{number}"), "v");
    }
    let mut seen = Vec::new();
    let mut target = Some("/v1/audit?limit=7".to_owned());
    while let Some(at) = target {
        let (records, next) = page(&client, &at);
        assert!(records.len() == 7 || next.is_none());
        seen.extend(records.iter().map(|it| it["seq"].as_u64().expect("a number")));
        target = next;
    }
    let count = seen.len() as u64;
    assert!(count >= 27, "{count}");
    assert_eq!(seen, (1..=count).rev().collect::<Vec<_>>());
}

#[test]
fn only_what_is_asked_for() {
    let server = TestServer::start();
    let client = server.client("admin,write,resolve");
    client.set("CRM_TOKEN", "v");
    client.set("OTHER_TOKEN", "v");
    client.delete("/v1/secrets/CRM_TOKEN");
    let actions = |query: &str| -> Vec<String> {
        let (records, _) = page(&client, &format!("/v1/audit?{query}"));
        records
            .iter()
            .map(|it| it["action"].as_str().expect("a word").to_owned())
            .collect()
    };
    assert_eq!(actions("key=CRM_TOKEN"), ["secret.delete", "secret.set"]);
    assert_eq!(actions("action=secret.set").len(), 2);
    let nonsense = client.get("/v1/audit?action=nonsense");
    assert_eq!(nonsense.refused(), (400, "invalid".to_owned()));
    assert!(nonsense.text().contains("/v1/openapi.json"), "{}", nonsense.text());
    assert_eq!(
        actions("key=CRM_TOKEN&action=secret.set&environment=default&actor=token%200").len(),
        1
    );
    assert!(actions("alarms=true").is_empty() && actions("environment=prod").is_empty());
    assert_eq!(actions("key=CRM_TOKEN&outcome=done&from=2020-01-01").len(), 2);
    assert!(actions("outcome=denied").is_empty() && actions("to=2020-01-01").is_empty());
    assert!(actions("run=0199a0b0-0000-7000-8000-000000000000").is_empty());
    let kinds: BTreeSet<String> = actions("").into_iter().collect();
    assert!(kinds.contains("token.create"), "{kinds:?}");
}

#[test]
fn limits_and_cursors_that_cannot_be_are_refused() {
    let server = TestServer::start();
    let client = server.client("admin");
    for query in [
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=99999999999999999999",
        "limit=x",
        "limit=1&limit=2",
        "outcome=lost",
        "run=1",
        "from=yesterday",
        "to=2027-02-30",
        "cursor=",
        "cursor=%00",
        "cursor=YXVkaXQ",
        "unknown=1",
        "alarms=yes",
        "key=no+key",
    ] {
        let answer = client.get(&format!("/v1/audit?{query}"));
        assert_eq!(answer.refused(), (400, "invalid".to_owned()), "{query}");
    }
    // The cursor of another account's list, and of another list.
    for text in ["audit/01890a5d-ac96-774b-bcce-b302099a8057/5", "tokens/x/5"] {
        let cursor = data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
        assert_eq!(
            client.get(&format!("/v1/audit?cursor={cursor}")).refused().0,
            400,
            "{text}"
        );
    }
}

#[test]
fn who_could_and_who_did_are_told_of_a_known_key_only() {
    let server = TestServer::start();
    let client = server.client("admin,write,resolve");
    client.set("CRM_TOKEN", "v");
    let could = client
        .get("/v1/audit/who-could?key=CRM_TOKEN&environment=default")
        .json();
    let people = could["people"].as_array().expect("a list");
    let token = people
        .iter()
        .find(|it| it["kind"] == "token")
        .expect("the client's own, not used for that");
    assert_eq!(token["scopes"], serde_json::json!(["write", "resolve", "admin"]));
    assert_eq!(
        (&token["may_reveal"], &token["may_release"]),
        (&false.into(), &true.into())
    );
    assert_eq!((&token["agents"], &token["source"]), (&"all".into(), &"log".into()));
    assert!(
        people
            .iter()
            .any(|it| it["kind"] == "local" && it["may_reveal"] == true)
    );

    client.delete("/v1/secrets/CRM_TOKEN");
    let mut actions = Vec::new();
    let mut after = Some(0);
    while let Some(number) = after {
        let page = client
            .get(&format!("/v1/audit/who-did?key=CRM_TOKEN&limit=1&after={number}"))
            .json();
        let records = page["records"].as_array().expect("a list");
        assert_eq!(records.len(), 1);
        actions.push(records[0]["action"].clone());
        after = page["next"].as_u64();
    }
    assert_eq!(actions, ["secret.set", "secret.delete"]);

    for question in ["who-could", "who-did"] {
        let unknown = client.get(&format!("/v1/audit/{question}?key=CRM_TOKENS"));
        assert_eq!(unknown.status, 404);
        assert!(
            unknown.text().contains("did you mean `CRM_TOKEN`"),
            "{}",
            unknown.text()
        );
        let elsewhere = client.get(&format!("/v1/audit/{question}?key=CRM_TOKEN&environment=prod"));
        assert_eq!(elsewhere.status, 404);
        let reversed = format!("/v1/audit/{question}?key=CRM_TOKEN&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z");
        let reversed = client.get(&reversed);
        assert_eq!(reversed.status, 400);
        assert!(reversed.text().contains("`from` must be before `to`"));
    }
}
