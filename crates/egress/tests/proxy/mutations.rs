//! Requests with something broken in them, at random: what arrives at the server was understood, and is for its host.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::fixture::{BOUND, Setting, World, read_all};
use crate::support::answer;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What is put between the bytes of a good request.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    " ",
    "\t",
    ":",
    "\r\n\r\n",
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Host: other.example\r\n",
    "Host: api.example.com\r\n",
    "Connection: close\r\n",
    "Connection: content-length\r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\n",
    " HTTP/1.0",
    "GET http://other.example/ HTTP/1.1\r\n",
    "CONNECT other.example:443 HTTP/1.1\r\n\r\n",
    "POST /smuggled HTTP/1.1\r\nHost: other.example\r\n\r\n",
    "\u{fc}",
    "%0d%0a",
    "/../",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let good = prop_oneof![
        Just(format!("GET /v1 HTTP/1.1\r\nHost: {BOUND}\r\nA: b\r\n\r\n")),
        Just(format!(
            "POST /v1 HTTP/1.1\r\nHost: {BOUND}\r\nContent-Length: 5\r\n\r\nhello"
        )),
        Just(format!(
            "POST /v1 HTTP/1.1\r\nHost: {BOUND}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        )),
    ];
    let change = (any::<prop::sample::Index>(), 0..PIECES.len() + 2, any::<u8>());
    (good, prop::collection::vec(change, 1..4)).prop_map(|(good, changes)| {
        let mut bytes = good.into_bytes();
        for (at, what, byte) in changes {
            let at = at.index(bytes.len());
            match PIECES.get(what) {
                Some(piece) => drop(bytes.splice(at..at, piece.bytes())),
                None if what == PIECES.len() => drop(bytes.remove(at)),
                None => bytes[at] = byte,
            }
        }
        bytes
    })
}

/// TLS inside of a tunnel, once the machine was quick enough for a proxy with so little patience.
async fn inside(world: &World) -> TlsStream<TcpStream> {
    loop {
        if let Ok(stream) = world.connect(&format!("{BOUND}:443")).await
            && let Ok(stream) = world.tls(stream, BOUND, &["http/1.1"]).await
        {
            return stream;
        }
    }
}

#[test]
fn what_arrives_was_understood_and_is_for_the_tunnels_host() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let arrived = Arc::<Mutex<Vec<String>>>::default();
    let record = arrived.clone();
    let mut setting = Setting::default();
    // What waits for more is ended soon.
    setting.limits.head = std::time::Duration::from_millis(30);
    setting.limits.stall = std::time::Duration::from_millis(30);
    setting.limits.keep_alive = std::time::Duration::from_millis(30);
    let world = runtime.block_on(World::with(setting, move |request| {
        let host = request.headers()["host"].to_str().unwrap().to_owned();
        record.lock().unwrap().push(format!("{host} {}", request.uri()));
        async { answer("ok") }
    }));
    let cases = TestRunner::new(Config {
        cases: 150,
        failure_persistence: None,
        ..Config::default()
    })
    .run(&mutated(), |bytes| {
        arrived.lock().unwrap().clear();
        let told = runtime.block_on(async {
            let mut stream = inside(&world).await;
            // A busy machine may have been too slow for it here too: then nothing arrives.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            read_all(&mut stream).await
        });
        let arrived = arrived.lock().unwrap();
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(
            arrived.len() <= told.matches("HTTP/1.1 200 OK\r\n").count(),
            "{text:?} {arrived:?} {told}"
        );
        // One request was sent, or one and another whole one that was put into it.
        prop_assert!(
            arrived.len() <= 1 + text.matches("HTTP/1.").count(),
            "{text:?} {arrived:?}"
        );
        prop_assert!(
            arrived.iter().all(|it| it.starts_with("api.example.com /")),
            "{text:?} {arrived:?}"
        );
        Ok(())
    });
    cases.unwrap();
}
