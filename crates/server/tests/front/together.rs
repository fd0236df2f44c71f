//! Requests that come together: each gets its own answer, whatever becomes of the others.

use serde_json::json;

use crate::support::{Client, TestServer};

const ROUNDS: usize = 25;

#[test]
fn each_of_many_at_once_gets_its_own_answer() {
    // One of them guesses at tokens, and all come from this address.
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    let (one, other) = (server.client("read,write,resolve"), server.client("write,resolve"));
    let (reader, stranger) = (server.client("read"), Client::with(&server, "distri_nobody"));
    for number in 0..8 {
        one.set(&format!("KEY_{number}"), "first");
    }
    std::thread::scope(|scope| {
        let (one, other, reader, stranger) = (&one, &other, &reader, &stranger);
        for number in 0..8 {
            scope.spawn(move || {
                let key = format!("KEY_{number}");
                for round in 0..ROUNDS {
                    let value = format!("value {number} of round {round}");
                    let set = if round % 2 == 0 { one } else { other }
                        .post("/v1/secrets", &json!({ "key": key, "value": value }));
                    assert_eq!(set.status, 200, "{}", set.text());
                    assert_eq!(set.json()["version"], round + 2);
                    // One's own acknowledged write is what is resolved, with another token as well.
                    let resolved = other.post("/v1/secrets/resolve", &json!({ "keys": [key, "NOT_THERE"] }));
                    assert_eq!(resolved.json(), json!({ "resolved": { &key: value } }));
                }
            });
        }
        // Those that are refused, before anything or in the middle of the work, are refused alone.
        scope.spawn(move || {
            for _ in 0..ROUNDS {
                let secret = json!({ "key": "KEY_0", "value": "v" });
                assert_eq!(reader.post("/v1/secrets", &secret).refused().0, 403);
                assert_eq!(stranger.post("/v1/secrets", &secret).refused().0, 401);
                let missing = other.put("/v1/secrets/NOT_THERE", &json!({ "value": "v" }));
                assert_eq!(missing.refused().0, 404);
                let stale = one.request("PUT", "/v1/secrets/KEY_1").header("if-match", "\"999\"");
                assert_eq!(stale.json(&json!({ "value": "v" })).send().refused().0, 412);
                let keys: Vec<String> = (0..1_001).map(|it| format!("KEY_{it}")).collect();
                assert_eq!(
                    one.post("/v1/secrets/resolve", &json!({ "keys": keys })).refused().0,
                    400
                );
            }
        });
    });
    // Every value and every release of it has its record, and nobody else's request has one.
    let log = server.client("admin");
    let count = |action: &str| {
        let listed = log.get(&format!("/v1/audit?limit=1000&action={action}"));
        listed.json().as_array().map(Vec::len)
    };
    assert_eq!(count("secret.set"), Some(8 + 8 * ROUNDS));
    assert_eq!(count("secret.release"), Some(8 * ROUNDS));
}
