//! Which fields stay, responses without a body, and what travels beside a response.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use bytes::Bytes;
use distri_egress::{EgressLimits, Request};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{self, Age, Authority, Server, answer, full, held, read};
use crate::world::{Given, PHRASE, Seen, TOKEN, World, collect, release, sized, surviving};

const FIELDS: &str = "etag: \"v1\"\r\nlast-modified: x\r\naccept-ranges: bytes\r\ncontent-md5: x\r\ndigest: x\r\n\
    content-digest: x\r\nrepr-digest: x\r\nx-goog-hash: x\r\nx-amz-checksum-crc32: x\r\nvary: x\r\n";

fn names(head: &Seen) -> Vec<&str> {
    head.headers.iter().map(|it| it.0.as_str()).collect()
}

#[tokio::test]
async fn fields_that_may_not_be_true_of_a_scrubbed_body_are_left_out() {
    let world = World::answering(release(), vec![sized(FIELDS, b"text")]).await;
    let (head, body) = world.get(0).await;
    assert_eq!(body, b"text");
    assert_eq!(names(&head), ["etag", "last-modified", "vary"]);

    // Elsewhere ranges are still on offer, because they are passed on.
    let elsewhere = support::get("https://elsewhere.example.com/0");
    let head = Seen::of(&world.egress.send(elsewhere).await.unwrap());
    assert_eq!(names(&head), ["etag", "last-modified", "accept-ranges", "vary"]);
}

#[tokio::test]
async fn without_a_placeholder_all_fields_of_an_uncoded_body_stay() {
    let plain = support::release(&[("STRIPE_API_KEY", TOKEN.as_bytes(), &["api.example.com"])]);
    let world = World::answering(plain, vec![sized(FIELDS, TOKEN.as_bytes())]).await;
    let (head, body) = world.get(0).await;
    assert_eq!(head.headers.len(), FIELDS.lines().count() + 1);
    assert_eq!(head.header("content-length"), Some("41"));
    assert_eq!(body, TOKEN.as_bytes(), "the run has this value already");
}

#[tokio::test]
async fn a_weak_value_is_no_needle() {
    let weak = held(&[("STRIPE_API_KEY", b"12345", &["api.example.com"])]);
    let world = World::answering(weak, vec![sized(FIELDS, b"order 12345")]).await;
    let (head, body) = world.get(0).await;
    assert_eq!(
        (body.as_slice(), head.header("content-length")),
        (&b"order 12345"[..], Some("11"))
    );
}

#[tokio::test]
async fn a_response_without_a_body_is_scrubbed_too_and_has_none() {
    let authority = Authority::new();
    for alpn in [&["http/1.1"], &["h2"]] {
        let server = Server::start(&authority, "*.example.com", Age::Valid, alpn, |request| async move {
            let builder = http::Response::builder()
                .header("x-echo", TOKEN)
                .header("content-md5", "x")
                .header("accept-ranges", "bytes");
            match request.uri().path() {
                "/head" => builder.header("content-length", "1234").body(full("")).unwrap(),
                "/head-coded" => builder
                    .header("content-length", "1234")
                    .header("content-encoding", "gzip")
                    .body(full(""))
                    .unwrap(),
                status => builder.status(&status[1..]).body(full("")).unwrap(),
            }
        });
        let release = release();
        let given = Given::by(&release);
        let world = World::new(release, server.await, &authority, EgressLimits::default());
        for (method, path, length) in [
            ("HEAD", "/head", Some("1234")),
            ("HEAD", "/head-coded", None),
            ("GET", "/204", None),
            ("GET", "/304", None),
            ("DELETE", "/204", None),
        ] {
            let request = Request::parse(method, &format!("https://api.example.com{path}"), vec![], vec![]).unwrap();
            let response = world.egress.send(request).await.unwrap();
            let head = Seen::of(&response);
            assert_eq!(head.header("x-echo"), Some(given.token.as_str()), "{method} {path}");
            assert_eq!(head.header("content-length"), length, "{method} {path}");
            for name in ["content-encoding", "content-md5", "accept-ranges"] {
                assert_eq!(head.header(name), None, "{method} {path}");
            }
            assert_eq!(read(response).await.unwrap(), "");
        }
        assert_eq!(world.server.connections(), 1);
    }
}

#[tokio::test]
async fn a_body_where_none_may_be_is_not_passed_by() {
    // Not decoded, because there is nothing to decode: gzip would pass unread.
    let authority = Authority::new();
    for status in [204, 304] {
        let server = Server::start(&authority, "*.example.com", Age::Valid, &["h2"], move |_| async move {
            let builder = http::Response::builder()
                .status(status)
                .header("content-encoding", "gzip");
            builder.body(full(TOKEN)).unwrap()
        });
        let world = World::new(release(), server.await, &authority, EgressLimits::default());
        let (seen, error) = collect(world.send(0).await.unwrap()).await;
        assert!(seen.is_empty() && error.is_some(), "{status}");
    }
    // 205 has no body either, but HTTP/1.1 frames one, so it is read like any other.
    let reset = [b"HTTP/1.1 205 Reset\r\ncontent-length: 41\r\n\r\n", TOKEN.as_bytes()].concat();
    let coded = b"HTTP/1.1 205 Reset\r\ncontent-length: 4\r\ncontent-encoding: gzip\r\n\r\nnope".to_vec();
    let release = release();
    let given = Given::by(&release);
    let world = World::answering(release, vec![reset, coded]).await;
    assert_eq!(world.get(0).await.1, given.token.as_bytes());
    assert_eq!(collect(world.send(1).await.unwrap()).await.1.unwrap().rule(), "decode");
}

#[tokio::test]
async fn hints_are_read_past_and_a_switch_of_protocols_is_refused() {
    let hints = format!("HTTP/1.1 100 {TOKEN}\r\n\r\nHTTP/1.1 102 Processing\r\nx-echo: {TOKEN}\r\n\r\n");
    let switch = format!("HTTP/1.1 101 {TOKEN}\r\nupgrade: {TOKEN}\r\nconnection: upgrade\r\n\r\n");
    let world = World::answering(
        release(),
        vec![[hints.as_bytes(), &sized("", b"ok")].concat(), switch.into()],
    )
    .await;
    let (head, body) = world.get(0).await;
    assert_eq!((head.text(), body.as_slice()), ("200 OK []".to_owned(), &b"ok"[..]));
    let error = world.send(1).await.unwrap_err();
    assert_eq!((error.rule(), surviving(error.to_string().as_bytes())), ("http", None));
}

#[tokio::test]
async fn a_coding_below_the_chunks_is_refused() {
    for coding in ["gzip, chunked", "chunked, chunked", "gzip", "x, chunked", "identity"] {
        let reply = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {coding}\r\n\r\n1\r\nx\r\n0\r\n\r\n").into_bytes();
        let world = World::answering(release(), vec![reply]).await;
        assert_eq!(world.send(0).await.unwrap_err().rule(), "encoding", "{coding}");
    }
    let reply = b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked \r\n\r\n1\r\nx\r\n0\r\n\r\n".to_vec();
    assert_eq!(World::answering(release(), vec![reply]).await.get(0).await.1, b"x");
}

#[tokio::test]
async fn what_a_server_says_while_it_hangs_up_is_not_repeated() {
    // The debug data of a GOAWAY frame (RFC 9113, section 6.8), before a response and in the middle of one.
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    };
    let goaway = |last: u32| {
        let words = [TOKEN, PHRASE].join(" ");
        frame(
            7,
            0,
            0,
            &[&last.to_be_bytes()[..], &1_u32.to_be_bytes(), words.as_bytes()].concat(),
        )
    };
    let settings = frame(4, 0, 0, b"");
    // `:status: 200` is entry 8 of the static table (RFC 7541).
    let response = [frame(1, 4, 1, &[0x88]), frame(0, 0, 1, &TOKEN.as_bytes()[..20])].concat();
    for script in [
        [settings.clone(), goaway(0)].concat(),
        [settings.clone(), response, goaway(1)].concat(),
    ] {
        let authority = Authority::new();
        let server = Server::raw_as("h2", &authority, "*.example.com", move |mut stream| {
            let script = script.clone();
            async move {
                request_over_http2(&mut stream).await;
                let _ = stream.write_all(&script).await;
                let _ = stream.shutdown().await;
            }
        });
        let world = World::new(release(), server.await, &authority, EgressLimits::default());
        let (seen, error) = match world.send(0).await {
            Ok(response) => collect(response).await,
            Err(error) => (Vec::new(), Some(error)),
        };
        let error = error.unwrap().to_string();
        assert!(
            error.starts_with("the exchange with `api.example.com` failed"),
            "{error}"
        );
        assert!(!error.contains("sk_live") && !error.contains("p&ss"), "{error}");
        assert_eq!(seen, b"");
    }
}

#[tokio::test]
async fn trailers_alone_are_no_body() {
    let authority = Authority::new();
    let server = Server::start(&authority, "*.example.com", Age::Valid, &["h2"], |_| async {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-message", TOKEN.parse().unwrap());
        let frames = [Ok(hyper::body::Frame::<Bytes>::trailers(trailers))];
        let mut response = answer("");
        *response.body_mut() = BodyExt::boxed(http_body_util::StreamBody::new(futures_util::stream::iter(frames)));
        response
    });
    let world = World::new(release(), server.await, &authority, EgressLimits::default());
    let (head, body) = world.get(0).await;
    assert_eq!((surviving(head.text().as_bytes()), body.len()), (None, 0));
}

/// Reads the client's preface and frames up to the first HEADERS (RFC 9113, sections 3.4 and 4.1).
async fn request_over_http2(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    loop {
        let mut frame = [0; 9];
        stream.read_exact(&mut frame).await.unwrap();
        let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]);
        stream
            .read_exact(&mut vec![0; length.try_into().unwrap()])
            .await
            .unwrap();
        if frame[3] == 1 {
            return;
        }
    }
}
