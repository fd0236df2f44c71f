//! Bodies that do not come to their end: what was held back is dropped, never shown (T34).

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use distri_egress::EgressLimits;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use crate::codings::Packing;
use crate::support::{Age, Authority, Server};
use crate::world::{TOKEN, World, chunked, collect, release, sized};

/// An innocent beginning, then the token up to `at`.
fn cut(at: usize) -> Vec<u8> {
    format!("before {}", &TOKEN[..at]).into_bytes()
}

/// How a connection ends too early.
#[derive(Clone, Copy, Debug)]
enum End {
    /// TLS's farewell, as if all was said.
    Farewell,
    /// The stream ends without it.
    Gone,
    /// A reset.
    Reset,
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_a_value_shows_nothing_of_it() {
    for end in [End::Farewell, End::Gone, End::Reset] {
        for framing in ["content-length: 100", "transfer-encoding: chunked", "connection: close"] {
            if matches!((end, framing), (End::Farewell, "connection: close")) {
                continue; // That is the proper end of such a body, and half a value in it is what the server has.
            }
            let world = World::scripted(release(), EgressLimits::default(), move |mut stream, at| async move {
                let body = cut(at);
                let size = match framing {
                    "transfer-encoding: chunked" => format!("{:x}\r\n", body.len() + 10),
                    _ => String::new(),
                };
                let head = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{size}");
                stream.write_all(&[head.as_bytes(), &body].concat()).await.ok()?;
                stream.flush().await.ok()?;
                match end {
                    End::Farewell => stream.shutdown().await.ok()?,
                    End::Gone => {}
                    End::Reset => stream.get_ref().0.set_zero_linger().unwrap(),
                }
                None
            })
            .await;
            for at in [1, 7, 20, 40] {
                let (seen, error) = match world.send(at).await {
                    Ok(response) => collect(response).await,
                    // A reset may overtake the head.
                    Err(error) => (Vec::new(), Some(error)),
                };
                assert_eq!(error.unwrap().rule(), "http", "{end:?} {framing} {at}");
                assert!(
                    b"before ".starts_with(&seen[..]),
                    "{end:?} {framing} {at}: {}",
                    seen.escape_ascii()
                );
            }
        }
    }
}

#[tokio::test]
async fn a_stream_of_http2_that_is_reset_shows_nothing_of_a_value() {
    let authority = Authority::new();
    let read = Arc::new(Notify::new());
    let was_read = read.clone();
    let server = Server::start(&authority, "*.example.com", Age::Valid, &["h2"], move |_| {
        let read = read.clone();
        async move {
            let first = stream::iter([Ok(Frame::data(Bytes::from(cut(30))))]);
            let then = stream::once(async move {
                read.notified().await;
                Err(std::io::Error::other("reset"))
            });
            http::Response::new(BodyExt::boxed(StreamBody::new(Box::pin(first.chain(then)))))
        }
    });
    let world = World::new(release(), server.await, &authority, EgressLimits::default());
    let mut response = world.send(0).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "before ");
    was_read.notify_one();
    let (seen, error) = collect(response).await;
    assert_eq!((error.unwrap().rule(), seen.as_slice()), ("http", &b""[..]));
}

#[tokio::test]
async fn a_pause_in_the_middle_of_a_value_shows_nothing_of_it() {
    let limits = EgressLimits {
        idle: Duration::from_millis(200),
        ..EgressLimits::default()
    };
    let world = World::scripted(release(), limits, |mut stream, at| async move {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";
        stream.write_all(&[&head[..], &cut(at)].concat()).await.ok()?;
        stream.flush().await.ok()?;
        std::future::pending().await
    })
    .await;
    for at in [1, 20, 40] {
        let (seen, error) = collect(world.send(at).await.unwrap()).await;
        assert_eq!(error.unwrap().rule(), "idle-timeout");
        assert_eq!(seen, b"before ");
    }
}

#[tokio::test]
async fn a_limit_in_the_middle_of_a_value_shows_nothing_of_it() {
    let limits = EgressLimits {
        response_body: 30,
        ..EgressLimits::default()
    };
    let text = format!("before {TOKEN} after");
    let replies = [sized("", text.as_bytes()), chunked("", text.as_bytes().chunks(1))];
    let world = World::scripted(release(), limits, move |mut stream, index| {
        let reply = replies[index].clone();
        async move {
            stream.write_all(&reply).await.ok()?;
            stream.flush().await.ok()?;
            Some(stream)
        }
    })
    .await;
    for way in 0..2 {
        let (seen, error) = collect(world.send(way).await.unwrap()).await;
        assert_eq!(error.unwrap().rule(), "body-too-large");
        assert!(b"before ".starts_with(&seen[..]), "{}", seen.escape_ascii());
    }
    // The reader's own limit: what it has not taken yet is dropped with the response.
    let error = world.send(1).await.unwrap().bytes(10).await.unwrap_err();
    assert_eq!(error.rule(), "body-too-large");
}

#[tokio::test]
async fn a_body_that_stops_to_decode_in_the_middle_of_a_value_shows_nothing_of_it() {
    let mut replies = Vec::new();
    for (name, packing) in [
        ("gzip", Packing::Gzip),
        ("br", Packing::Brotli),
        ("zstd", Packing::Zstd),
        ("deflate", Packing::Zlib),
    ] {
        let (first, second) = TOKEN.as_bytes().split_at(25);
        // Flushed behind the half, so that the half is decoded before the fault is seen.
        let whole = packing.pack(&[b"before ", first, second, b" after"]).await;
        let half = packing.pack(&[b"before ", first]).await;
        let head = format!("content-encoding: {name}\r\n");
        let end = half.len() - 1;
        replies.push(sized(&head, &half[..end]));
        replies.push(sized(&head, &[&half[..end], &[0xff; 20]].concat()));
        replies.push(sized(&head, &[&half[..], b"garbage behind the end"].concat()));
        replies.push(chunked(&head, whole[..whole.len() - 9].chunks(1)));
    }
    let count = replies.len();
    let world = World::answering(release(), replies).await;
    let mut failed = 0;
    for index in 0..count {
        let (seen, error) = collect(world.send(index).await.unwrap()).await;
        failed += usize::from(error.is_some());
        assert!(
            !seen.windows(9).any(|it| it == b"sk_live_5"),
            "{index}: {}",
            seen.escape_ascii()
        );
        if let Some(error) = error {
            assert_eq!(error.rule(), "decode");
        }
    }
    assert_eq!(failed, count);
}

#[tokio::test]
async fn a_bomb_in_the_middle_of_a_value_shows_nothing_of_it() {
    let zeros = vec![0_u8; 16 << 20];
    let replies = vec![sized(
        "content-encoding: gzip\r\n",
        &Packing::Gzip
            .pack(&[b"before ", &TOKEN.as_bytes()[..30], &zeros, TOKEN.as_bytes()])
            .await,
    )];
    let world = World::answering(release(), replies).await;
    let (seen, error) = collect(world.send(0).await.unwrap()).await;
    assert_eq!(error.unwrap().rule(), "bomb");
    // The half that zeros follow is no value: it is what the server says.
    assert!(!seen.windows(TOKEN.len()).any(|it| it == TOKEN.as_bytes()));
}

#[tokio::test]
async fn a_body_that_ends_in_the_beginning_of_a_value_is_whole() {
    // The end of a complete body is no edge: these bytes are innocent, and all of them come.
    for at in [1, 7, 20, 40] {
        let body = cut(at);
        let close = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", &body[..]].concat();
        let replies = vec![sized("", &body), chunked("", body.chunks(3))];
        let world = World::answering(release(), replies).await;
        for way in 0..2 {
            assert_eq!(world.get(way).await.1, body);
        }
        let world = World::scripted(release(), EgressLimits::default(), move |mut stream, _| {
            let close = close.clone();
            async move {
                stream.write_all(&close).await.ok()?;
                stream.shutdown().await.ok()?;
                None
            }
        })
        .await;
        assert_eq!(world.get(0).await.1, body);
    }
}
