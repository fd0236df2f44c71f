//! What a start and a call cost; run on its own: `cargo test --release -- --ignored --nocapture speed`.

use std::time::Instant;

use serde_json::json;

use crate::fixture::{start, tools};

#[tokio::test]
#[ignore = "measures; a shared machine decides nothing"]
async fn speed_of_a_fresh_host_and_of_a_warm_call() {
    let bundle = tools(
        "add: ({ a, b }) => ({ sum: a + b }), mail: async () => ({ ok: (await fetch('https://x.example/echo', { method: 'POST', headers: { a: 'b' }, body: '{}' })).ok })",
    );
    let mut cold = Vec::new();
    let mut mail = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        let (mut host, _) = start(bundle.clone()).await;
        host.call("add", json!({ "a": 1, "b": 2 })).await.unwrap();
        cold.push(began.elapsed());
        let began = Instant::now();
        host.call("mail", json!({})).await.unwrap();
        mail.push(began.elapsed());
    }
    let (mut host, _) = start(bundle).await;
    let mut warm = Vec::new();
    for _ in 0..5000 {
        let began = Instant::now();
        host.call("add", json!({ "a": 1, "b": 2 })).await.unwrap();
        warm.push(began.elapsed());
    }
    for (what, mut times) in [
        ("fresh host and call", cold),
        ("first fetch", mail),
        ("warm call", warm),
    ] {
        times.sort();
        let at = |share: usize| times[times.len() * share / 100];
        eprintln!("{what}: p5 {:?}, median {:?}, p95 {:?}", at(5), at(50), at(95));
    }
}
