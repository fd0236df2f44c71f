//! HTTP/2 from the client, over HTTP/1.1 and HTTP/2 to the server.

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::fixture::{BOUND, Setting, World, tell};
use crate::support::answer;

async fn client(world: &World) -> SendRequest<Full<Bytes>> {
    let stream = world.inside(&["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// Status, rule and body of the answer to `request`.
async fn send(sender: &mut SendRequest<Full<Bytes>>, request: http::Request<Full<Bytes>>) -> (u16, String, String) {
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    assert!(!head.headers.contains_key("alt-svc"));
    let rule = head
        .headers
        .get("x-distri-rule")
        .map_or("passed on", |it| it.to_str().unwrap());
    let rule = rule.to_owned();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), rule, String::from_utf8_lossy(&body).into_owned())
}

fn get(url: &str) -> http::request::Builder {
    http::Request::builder().uri(url)
}

#[tokio::test]
async fn requests_pass_in_both_versions() {
    for alpn in [&["http/1.1"][..], &["h2"]] {
        let setting = Setting {
            alpn,
            ..Setting::default()
        };
        let world = World::with(setting, tell).await;
        let mut sender = client(&world).await;
        let request = http::Request::post("https://api.example.com/v1?a=b")
            .header("te", "trailers")
            .header("cookie", "a=1")
            .header("cookie", "b=2")
            .header("x-a", "1")
            .body(Full::from("hello"))
            .unwrap();
        let (status, _, told) = send(&mut sender, request).await;
        assert_eq!(status, 200, "{told}");
        assert!(
            told.starts_with("POST /v1?a=b\n") && told.ends_with("\nhello"),
            "{told}"
        );
        assert!(
            told.contains("cookie: a=1; b=2\n") && told.contains("x-a: 1\n") && !told.contains("te:"),
            "{told}"
        );
        let head = http::Request::head("https://api.example.com/")
            .body(Full::default())
            .unwrap();
        assert_eq!(send(&mut sender, head).await, (200, "passed on".into(), String::new()));
    }
}

#[tokio::test]
async fn every_stream_is_held_against_the_tunnels_host() {
    let world = World::new().await;
    let mut sender = client(&world).await;
    let body = Full::<Bytes>::default;
    for (request, expected) in [
        (get("https://api.example.com/").body(body()), (200, "passed on")),
        (get("https://API.example.com/").body(body()), (200, "passed on")),
        (get("https://api.example.com:443/").body(body()), (200, "passed on")),
        (
            get("https://api.example.com/").header("host", BOUND).body(body()),
            (200, "passed on"),
        ),
        (get("https://other.example/").body(body()), (421, "host-header")),
        (get("https://api.example.com:8443/").body(body()), (421, "host-header")),
        (get("http://api.example.com/").body(body()), (421, "other-host")),
        (
            get("https://api.example.com/")
                .header("host", "other.example")
                .body(body()),
            (421, "other-host"),
        ),
        (
            get("https://other.example/").header("host", BOUND).body(body()),
            (421, "other-host"),
        ),
        (get("https://api.example.com/x/../y").body(body()), (400, "dot-segment")),
        (
            get("https://api.example.com/")
                .header("proxy-authorization", "x")
                .body(body()),
            (400, "hop-by-hop"),
        ),
        (
            get("https://api.example.com/").header("x_y", "x").body(body()),
            (400, "header-name"),
        ),
        (
            get("https://api.example.com/")
                .header("x-http-method", "PUT")
                .body(body()),
            (400, "method-override"),
        ),
        (
            http::Request::connect("other.example:443").body(body()),
            (400, "connect-inside"),
        ),
    ] {
        let request = request.unwrap();
        let uri = request.uri().to_string();
        let (status, rule, body) = send(&mut sender, request).await;
        assert_eq!((status, rule.as_str()), expected, "{uri}: {body}");
    }
    assert_eq!(world.server.requests(), 4);
}

#[tokio::test]
async fn a_response_that_was_cut_short_is_a_reset() {
    let world = World::with(Setting::default(), |_| async {
        let never = futures_util::stream::pending::<Result<hyper::body::Frame<Bytes>, std::io::Error>>();
        http::Response::new(BodyExt::boxed(http_body_util::StreamBody::new(never)))
    })
    .await;
    let mut sender = client(&world).await;
    let request = get("https://api.example.com/").body(Full::default()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    drop(world.proxy);
    assert!(answer.into_body().collect().await.is_err());
}

#[tokio::test]
async fn many_streams_at_once_and_large_bodies_both_ways() {
    let setting = Setting {
        alpn: &["h2"],
        ..Setting::default()
    };
    let world = World::with(setting, |request| async move {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        answer(body)
    })
    .await;
    let sender = client(&world).await;
    let all = join_all((0..64_usize).map(|index| {
        let mut sender = sender.clone();
        async move {
            let body = vec![u8::try_from(index).unwrap() + b' '; 20_000 + index];
            let request = http::Request::post("https://api.example.com/")
                .body(Full::from(body.clone()))
                .unwrap();
            let (status, _, back) = send(&mut sender, request).await;
            assert_eq!((status, back.len()), (200, body.len()));
            assert_eq!(back.as_bytes(), body);
        }
    }));
    all.await;
    let mut sender = sender.clone();
    let body = Bytes::from(vec![b'x'; 8 * 1024 * 1024]);
    let request = http::Request::post("https://api.example.com/")
        .body(Full::from(body))
        .unwrap();
    assert_eq!(send(&mut sender, request).await.2.len(), 8 * 1024 * 1024);
    let body = Bytes::from(vec![b'x'; 33 * 1024 * 1024]);
    let request = http::Request::post("https://api.example.com/")
        .body(Full::from(body))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 413);
}
