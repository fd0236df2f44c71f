//! Connections: many at once, used again, closed meanwhile.

use std::sync::Arc;

use distri_egress::{EgressLimits, Request};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};

use crate::support::{Age, Authority, Server, answer, get, read, release};
use crate::{HTTP1, HTTP2, read_head};

#[tokio::test]
async fn sixty_four_requests_at_once() {
    let authority = Authority::new();
    for alpn in [HTTP1, HTTP2] {
        let server = Server::start(&authority, "api.example.com", Age::Valid, alpn, |request| async move {
            answer(format!("{}-{}", request.uri().path(), "x".repeat(100_000)))
        })
        .await;
        let egress = server.egress_without_secrets(&authority);
        let all = join_all((0..64).map(|index| {
            let egress = egress.clone();
            async move {
                read(
                    egress
                        .send(get(&format!("https://api.example.com/{index}")))
                        .await
                        .unwrap(),
                )
                .await
                .unwrap()
            }
        }))
        .await;
        for (index, body) in all.iter().enumerate() {
            assert!(body.starts_with(format!("/{index}-").as_bytes()) && body.len() > 100_000);
        }
        assert_eq!(server.requests(), 64);
        if alpn == HTTP2 {
            assert_eq!(
                server.connections(),
                1,
                "HTTP/2 shares one connection, also while it is being opened"
            );
        }
    }
}

#[tokio::test]
async fn a_connection_is_used_again_for_its_own_origin_only() {
    let authority = Authority::new();
    for alpn in [HTTP1, HTTP2] {
        let server = Server::start(&authority, "*.example.com", Age::Valid, alpn, |_| async {
            answer("ok")
        })
        .await;
        let egress = server.egress(
            &authority,
            &["a.example.com:443", "b.example.com:443"],
            release(&[]),
            EgressLimits::default(),
        );
        for _ in 0..5 {
            assert_eq!(
                read(egress.send(get("https://a.example.com/")).await.unwrap())
                    .await
                    .unwrap(),
                "ok"
            );
        }
        assert_eq!(server.connections(), 1);
        // The certificate covers both names; the connection of one is still not the other's.
        read(egress.send(get("https://b.example.com/")).await.unwrap())
            .await
            .unwrap();
        assert_eq!(server.connections(), 2);
        // A response that is not read to its end takes its HTTP/1.1 connection along.
        drop(egress.send(get("https://a.example.com/")).await.unwrap());
        read(egress.send(get("https://a.example.com/")).await.unwrap())
            .await
            .unwrap();
        assert_eq!(server.connections(), if alpn == HTTP1 { 3 } else { 2 });
    }
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_costs_no_error() {
    let authority = Authority::new();
    let server = Server::raw(&authority, "api.example.com", |mut stream| async move {
        let _ = read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            .await;
        let _ = stream.flush().await;
        // The next request on this connection is read and not answered.
        let _ = read_head(&mut stream).await;
    })
    .await;
    let egress = server.egress_without_secrets(&authority);
    for round in 1..=4 {
        assert_eq!(
            read(egress.send(get("https://api.example.com/")).await.unwrap())
                .await
                .unwrap(),
            "ok"
        );
        assert_eq!(server.connections(), round);
    }
    // What may have had its effect is not sent twice.
    let post = Request::parse("POST", "https://api.example.com/", vec![], b"pay".into()).unwrap();
    assert_eq!(egress.send(post).await.unwrap_err().rule(), "http");
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn a_dropped_future_closes_the_exchange() {
    let authority = Authority::new();
    let (arrived, gone) = (Arc::new(Notify::new()), mpsc::unbounded_channel());
    let (signal, mut gone, arriving) = (gone.0, gone.1, arrived.clone());
    let server = Server::raw(&authority, "api.example.com", move |mut stream| {
        let (signal, arriving) = (signal.clone(), arriving.clone());
        async move {
            read_head(&mut stream).await;
            arriving.notify_one();
            let _ = stream.read_to_end(&mut Vec::new()).await;
            signal.send(()).unwrap();
        }
    })
    .await;
    let egress = server.egress_without_secrets(&authority);
    let sending = tokio::spawn(async move { egress.send(get("https://api.example.com/")).await.map(|_| ()) });
    arrived.notified().await;
    sending.abort();
    gone.recv().await.unwrap();
}
