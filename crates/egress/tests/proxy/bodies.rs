//! Requests and responses with their bodies: whole, in pieces, compressed, cut short.

use std::convert::Infallible;
use std::sync::Arc;

use async_compression::tokio::write::GzipEncoder;
use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};

use crate::fixture::{BOUND, Setting, World, ask, read_all, read_head, tell, verdict};
use crate::support::{Body, answer, full};

fn request(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: {BOUND}\r\n{fields}Connection: close\r\n\r\n")
}

/// A response body that sends what the channel gives.
fn streamed(pieces: mpsc::UnboundedReceiver<Result<Frame<Bytes>, std::io::Error>>) -> Body {
    let pieces = stream::unfold(pieces, |mut it| async move { it.recv().await.map(|piece| (piece, it)) });
    StreamBody::new(pieces).boxed()
}

#[tokio::test]
async fn the_request_arrives_as_it_was_meant() {
    let world = World::new().await;
    for (fields, body) in [
        ("Content-Length: 5\r\n", "hello"),
        ("Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "05\r\nhello\r\n0\r\n\r\n"),
    ] {
        let fields = format!("X-A: 1\r\nTE: trailers\r\nAccept-Encoding: xz\r\n{fields}");
        let answer = world
            .ask_inside((request("POST /v1/x?a=%20", &fields) + body).as_bytes())
            .await;
        let (head, told) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(verdict(head).0, 200, "{answer}");
        assert!(!head.contains("alt-svc"), "{answer}");
        assert_eq!(
            told,
            "POST /v1/x?a=%20\nhost: api.example.com\nx-a: 1\naccept-encoding: gzip, br, zstd, deflate\ncontent-length: 5\nhello"
        );
    }
}

#[tokio::test]
async fn a_client_that_waits_for_leave_gets_it_or_is_told_the_limit() {
    let world = World::new().await;
    let mut stream = world.inside(&["http/1.1"]).await;
    let head = request("PUT /", "Expect: 100-continue\r\nContent-Length: 5\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read_head(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n");
    let answer = ask(&mut stream, b"hello").await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("hello"),
        "{answer}"
    );
    assert!(!answer.contains("expect"), "{answer}");

    let head = request("PUT /", "Expect: 100-continue\r\nContent-Length: 33554433\r\n");
    let answer = world.ask_inside(head.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 413 Payload Too Large (distri: body-too-large)\r\n"),
        "{answer}"
    );
    assert!(answer.contains("over 33554432 bytes (32 MiB)"), "{answer}");
    let answer = world
        .ask_inside(request("PUT /", "Expect: a-miracle\r\n").as_bytes())
        .await;
    assert_eq!(verdict(&answer), (417, "expect".into()));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_although_it_was_not_announced() {
    let world = World::new().await;
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(0x10_0000));
    let body = request("POST /", "Transfer-Encoding: chunked\r\n") + &chunk.repeat(33);
    assert_eq!(
        verdict(&world.ask_inside(body.as_bytes()).await),
        (413, "body-too-large".into())
    );
    let body = request("POST /", "Transfer-Encoding: chunked\r\n") + &chunk.repeat(32) + "0\r\n\r\n";
    let answer = world.ask_inside(body.as_bytes()).await;
    assert_eq!(verdict(&answer).0, 200);
    assert!(answer.contains("content-length: 33554432\n"));
}

#[tokio::test]
async fn large_bodies_wait_for_each_other() {
    let mut setting = Setting::default();
    setting.limits.large_bodies = 1;
    let world = World::with(setting, |request| async move {
        let size = request.into_body().collect().await.unwrap().to_bytes().len();
        answer(size.to_string())
    })
    .await;
    let body = request("POST /", "Content-Length: 2097152\r\n") + &"x".repeat(2_097_152);
    let all = futures_util::future::join_all((0..6).map(|_| world.ask_inside(body.as_bytes()))).await;
    assert!(all.iter().all(|it| it.ends_with("\r\n\r\n2097152")), "{all:?}");
}

#[tokio::test]
async fn a_piece_of_a_stream_is_there_at_once() {
    let (sender, pieces) = mpsc::unbounded_channel();
    let pieces = Arc::new(std::sync::Mutex::new(Some(pieces)));
    let world = World::with(Setting::default(), move |_| {
        let pieces = pieces.lock().unwrap().take().unwrap();
        async move {
            let response = http::Response::builder().header("content-type", "text/event-stream");
            response.body(streamed(pieces)).unwrap()
        }
    })
    .await;
    let mut stream = world.inside(&["http/1.1"]).await;
    stream.write_all(request("GET /events", "").as_bytes()).await.unwrap();
    // The head does not wait for a body, and no event for the next one.
    let head = read_head(&mut stream).await;
    assert!(
        head.contains("transfer-encoding: chunked\r\n") && head.contains("text/event-stream"),
        "{head}"
    );
    for event in ["data: one\n\n", "data: two\n\n"] {
        sender.send(Ok(Frame::data(Bytes::from(event)))).unwrap();
        let mut piece = vec![0; event.len() + 5];
        stream.read_exact(&mut piece).await.unwrap();
        assert_eq!(String::from_utf8(piece).unwrap(), format!("b\r\n{event}\r\n"));
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("x-trailer", "CANARY".parse().unwrap());
    sender.send(Ok(Frame::trailers(trailers))).unwrap();
    drop(sender);
    assert_eq!(read_all(&mut stream).await, "0\r\n\r\n");
}

#[tokio::test]
async fn lengths_and_encodings_are_true() {
    let world = World::with(Setting::default(), |request| async move {
        let response = http::Response::builder();
        match request.uri().path() {
            "/204" => response.status(204).body(full("")).unwrap(),
            "/304" => response.status(304).header("etag", "\"x\"").body(full("")).unwrap(),
            "/gzip" => {
                let mut encoder = GzipEncoder::new(Vec::new());
                encoder.write_all(b"hello").await.unwrap();
                encoder.shutdown().await.unwrap();
                response
                    .header("content-encoding", "gzip")
                    .body(full(encoder.into_inner()))
                    .unwrap()
            }
            _ => answer("hello"),
        }
    })
    .await;
    for (line, fields, rest) in [
        ("GET /", "content-length: 5\r\n", "hello"),
        ("HEAD /", "content-length: 5\r\n", ""),
        ("GET /204", "", ""),
        ("GET /304", "etag: \"x\"\r\n", ""),
        ("GET /gzip", "transfer-encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ] {
        let answer = world.ask_inside(request(line, "").as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let kept = head
            .lines()
            .skip(1)
            .filter(|it| !it.starts_with("date:") && !it.starts_with("connection:"));
        let kept: String = kept.map(|it| format!("{it}\r\n")).collect();
        assert_eq!((kept.as_str(), body), (fields, rest), "{line}: {answer}");
    }
    // Refusals of a HEAD have no body either.
    let answer = world.ask_inside(request("HEAD /x//y", "").as_bytes()).await;
    assert!(verdict(&answer).0 == 400 && answer.ends_with("\r\n\r\n"), "{answer}");
    // A client of HTTP/1.0 understands no chunks.
    let answer = world
        .ask_inside(format!("GET /gzip HTTP/1.0\r\nHost: {BOUND}\r\n\r\n").as_bytes())
        .await;
    assert!(answer.ends_with("\r\nconnection: close\r\n\r\nhello"), "{answer}");
}

#[tokio::test]
async fn a_response_that_was_cut_short_does_not_look_complete() {
    for (length, half) in [(None, "4\r\nhalf\r\n"), (Some("1000"), "half")] {
        let (sender, pieces) = mpsc::unbounded_channel();
        let pieces = Arc::new(std::sync::Mutex::new(Some(pieces)));
        let world = World::with(Setting::default(), move |_| {
            let pieces = pieces.lock().unwrap().take().unwrap();
            async move {
                let mut response = http::Response::builder();
                if let Some(length) = length {
                    response = response.header("content-length", length);
                }
                response.body(streamed(pieces)).unwrap()
            }
        })
        .await;
        let mut stream = world.inside(&["http/1.1"]).await;
        stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
        assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
        sender.send(Ok(Frame::data(Bytes::from("half")))).unwrap();
        let mut piece = vec![0; half.len()];
        stream.read_exact(&mut piece).await.unwrap();
        sender.send(Err(std::io::Error::other("broken"))).unwrap();
        assert_eq!(
            (
                String::from_utf8(piece).unwrap().as_str(),
                read_all(&mut stream).await.as_str()
            ),
            (half, "")
        );
    }
}

#[tokio::test]
async fn requests_that_come_together_are_answered_in_their_order() {
    let world = World::new().await;
    let one = |path: &str| format!("POST {path} HTTP/1.1\r\nHost: {BOUND}\r\nContent-Length: 1\r\n\r\nx");
    let mut stream = world.inside(&["http/1.1"]).await;
    let together = one("/1") + &one("/2") + &one("/3") + &request("GET /4", "");
    let answer = ask(&mut stream, together.as_bytes()).await;
    let paths: Vec<_> = answer.lines().filter(|it| it.contains(" /")).collect();
    assert_eq!(
        paths,
        ["POST /1", "POST /2", "POST /3", "GET /4"].map(|it| it),
        "{answer}"
    );
}

#[tokio::test]
async fn when_the_client_goes_the_exchange_ends() {
    let (arrived, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    struct Tell(Arc<Notify>);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (arriving, going) = (arrived.clone(), gone.clone());
    let world = World::with(Setting::default(), move |_| {
        let (arriving, told) = (arriving.clone(), Tell(going.clone()));
        async move {
            let _told = told;
            arriving.notify_one();
            std::future::pending::<Result<http::Response<Body>, Infallible>>()
                .await
                .unwrap()
        }
    })
    .await;
    let mut stream = world.inside(&["http/1.1"]).await;
    stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
    arrived.notified().await;
    drop(stream);
    gone.notified().await;
}

#[tokio::test]
async fn each_piece_may_come_alone() {
    let world = World::with(Setting::default(), tell).await;
    let mut stream = world.inside(&["http/1.1"]).await;
    let bytes = request("POST /split", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n";
    for byte in bytes.as_bytes() {
        stream.write_all(&[*byte]).await.unwrap();
        stream.flush().await.unwrap();
    }
    let answer = read_all(&mut stream).await;
    assert!(answer.ends_with("\nabc"), "{answer}");
}
