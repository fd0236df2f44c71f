//! Keys are replaced by another process while the server serves, and no request fails.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use distri_vault::keys::Depth;
use distri_vault::root_key::{RootKeyError, Surroundings};
use serde_json::json;

use crate::support::{TestServer, local};

#[test]
fn keys_of_every_level_are_replaced_while_the_server_serves() {
    const CLIENTS: usize = 4;
    const ROUNDS: usize = 6;
    let server = TestServer::start();
    let (stop, served) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for worker in 0..CLIENTS {
            let client = server.client("read,write,resolve");
            let (stop, served) = (&stop, &served);
            scope.spawn(move || {
                let key = format!("WORKER_{worker}");
                let values = format!("/v1/sessions/thread-{worker}/values");
                for round in 0_u64.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let value = format!("value-{worker}-{round}");
                    let answer = client.post("/v1/secrets", &json!({ "key": key, "value": value }));
                    assert!(answer.status.is_success(), "{}: {}", answer.status, answer.text());
                    let answer = client.post("/v1/secrets/resolve", &json!({ "keys": [key] }));
                    assert_eq!(answer.json(), json!({ "resolved": { &key: value } }));
                    let answer = client.post(&values, &json!({ "key": "round", "value": round }));
                    assert_eq!(answer.status.as_u16(), 204, "{}", answer.text());
                    let answer = client.get(&format!("{values}/round"));
                    assert_eq!(answer.json(), json!({ "value": round }));
                    served.fetch_add(4, Ordering::SeqCst);
                }
            });
        }
        let _stop = Stop(&stop);
        // Another process as far as keys go: a vault of its own on the same files.
        let vault = server.vault();
        let mut ask = || Err(RootKeyError::NoPassphrase("nobody is asked".to_owned()));
        let caller = local(&vault);
        for _ in 0..ROUNDS {
            let before = served.load(Ordering::SeqCst);
            let mut around = Surroundings::of(&server.home, &mut ask);
            caller.rotate_instance(&mut around).expect("rotates");
            caller.rotate_account().expect("rotates");
            caller.reseal(Depth::Wrap, |_| {}).expect("reseals");
            caller.rotate_account().expect("rotates");
            caller.reseal(Depth::Values, |_| {}).expect("reseals");
            // Each round meets requests of every kind.
            let enough = before + 8 * CLIENTS as u64;
            while served.load(Ordering::SeqCst) < enough && !stop.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        }
        assert_eq!(caller.verify_audit().expect("verifies").findings, []);
    });
    assert!(served.load(Ordering::SeqCst) >= 8 * (CLIENTS * ROUNDS) as u64);
}

/// Ends the clients, also when the test panics.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
