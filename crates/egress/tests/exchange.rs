//! Exchanges with real TLS servers, over HTTP/1.1 and HTTP/2.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use distri_core::alarm::Watch;
use distri_egress::{EgressError, EgressLimits, Request, TlsFault};
use futures_util::future::join_all;
use http_body_util::BodyExt;
use support::{Age, Authority, Server, answer, full, get, read, release};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};

const HTTP1: &[&str] = &["http/1.1"];
const HTTP2: &[&str] = &["h2"];

#[tokio::test]
async fn the_server_sees_the_canonical_request() {
    for alpn in [HTTP1, HTTP2] {
        let authority = Authority::new();
        let server = Server::start(&authority, "api.example.com", Age::Valid, alpn, |request| async move {
            let (head, body) = request.into_parts();
            let host = head.headers.get("host").map(|it| it.to_str().unwrap().to_owned());
            let host = host.or_else(|| head.uri.authority().map(ToString::to_string)).unwrap();
            let auth = head.headers["authorization"].to_str().unwrap().to_owned();
            let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
            let target = head.uri.path_and_query().unwrap();
            let mut response = answer(format!("{} {host} {target} {auth} {body}", head.method));
            response.headers_mut().insert("x-reply", "yes".parse().unwrap());
            response.headers_mut().insert("alt-svc", "h3=\":443\"".parse().unwrap());
            response
        })
        .await;
        let egress = server.egress(
            &authority,
            &["api.example.com:443"],
            release(&[]),
            EgressLimits::default(),
        );
        let headers = vec![("Authorization".into(), "Bearer t".into())];
        let request = Request::parse(
            "post",
            "https://API.example.com/v1/send?b=1&a=%20#x",
            headers,
            b"hello".into(),
        )
        .unwrap();
        let response = egress.send(request).await.unwrap();
        assert_eq!((response.status, response.reason.as_str()), (200, "OK"));
        assert_eq!(response.header("x-reply"), Some("yes"));
        assert_eq!(response.header("alt-svc"), None);
        assert_eq!(
            read(response).await.unwrap(),
            "POST api.example.com /v1/send?b=1&a=%20 Bearer t hello"
        );
    }
}

#[tokio::test]
async fn a_certificate_must_be_good_and_the_hosts_own() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (signer, name, age, fault) in [
        (&stranger, "api.example.com", Age::Valid, TlsFault::UnknownAuthority),
        (&authority, "other.example.com", Age::Valid, TlsFault::WrongName),
        (&authority, "127.0.0.1", Age::Valid, TlsFault::WrongName),
        (&authority, "api.example.com", Age::Expired, TlsFault::Expired),
        (&authority, "api.example.com", Age::Future, TlsFault::NotYetValid),
    ] {
        let server = Server::start(signer, name, age, HTTP1, |_| async { answer("never") }).await;
        let egress = server.egress(
            &authority,
            &["api.example.com:443"],
            release(&[]),
            EgressLimits::default(),
        );
        let error = egress.send(get("https://api.example.com/")).await.unwrap_err();
        assert!(
            matches!(&error, EgressError::Tls { fault: it, .. } if *it == fault),
            "{error}"
        );
        assert_eq!(server.requests(), 0);
    }
}

#[tokio::test]
async fn a_server_without_tls_is_no_https_server() {
    let server = Server::accept(|mut tcp| async move {
        let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        let _ = tcp.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let authority = Authority::new();
    let egress = server.egress(
        &authority,
        &["api.example.com:443"],
        release(&[]),
        EgressLimits::default(),
    );
    assert_eq!(
        egress.send(get("https://api.example.com/")).await.unwrap_err().rule(),
        "tls"
    );
}

#[tokio::test]
async fn redirects_are_returned() {
    let authority = Authority::new();
    for status in [301_u16, 302, 303, 307, 308] {
        let server = Server::start(&authority, "api.example.com", Age::Valid, HTTP1, move |_| async move {
            let builder = http::Response::builder()
                .status(status)
                .header("location", "https://evil.example/");
            builder.body(full("")).unwrap()
        })
        .await;
        let egress = server.egress(
            &authority,
            &["api.example.com:443", "evil.example:443"],
            release(&[]),
            EgressLimits::default(),
        );
        let response = egress.send(get("https://api.example.com/")).await.unwrap();
        assert_eq!(
            (response.status, response.header("location")),
            (status, Some("https://evil.example/"))
        );
        assert_eq!(read(response).await.unwrap(), "");
        assert_eq!(server.requests(), 1);
    }
}

#[tokio::test]
async fn responses_without_a_body_end_at_their_head() {
    let authority = Authority::new();
    for alpn in [HTTP1, HTTP2] {
        let server = Server::start(&authority, "api.example.com", Age::Valid, alpn, |request| async move {
            let builder = http::Response::builder().header("content-encoding", "gzip");
            match request.uri().path() {
                "/204" => builder.status(204).body(full("")).unwrap(),
                "/304" => builder.status(304).body(full("")).unwrap(),
                "/empty" => builder.body(full("")).unwrap(),
                "/plain" => http::Response::builder()
                    .header("content-length", "1234")
                    .body(full(""))
                    .unwrap(),
                _ => builder.header("content-length", "1234").body(full("")).unwrap(),
            }
        })
        .await;
        let egress = server.egress(
            &authority,
            &["api.example.com:443"],
            release(&[]),
            EgressLimits::default(),
        );
        for path in ["/204", "/304", "/empty"] {
            let response = egress
                .send(get(&format!("https://api.example.com{path}")))
                .await
                .unwrap();
            assert_eq!(read(response).await.unwrap(), "", "{path}");
        }
        // A `GET` through here would be decoded: without the coding, and of another length.
        for (path, length) in [("/", None), ("/plain", Some("1234"))] {
            let head = Request::parse("HEAD", &format!("https://api.example.com{path}"), vec![], vec![]).unwrap();
            let response = egress.send(head).await.unwrap();
            assert_eq!(
                (response.header("content-length"), response.header("content-encoding")),
                (length, None)
            );
            assert_eq!(read(response).await.unwrap(), "");
        }
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn sixty_four_requests_at_once() {
    let authority = Authority::new();
    for alpn in [HTTP1, HTTP2] {
        let server = Server::start(&authority, "api.example.com", Age::Valid, alpn, |request| async move {
            answer(format!("{}-{}", request.uri().path(), "x".repeat(100_000)))
        })
        .await;
        let egress = server.egress(
            &authority,
            &["api.example.com:443"],
            release(&[]),
            EgressLimits::default(),
        );
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
    let egress = server.egress(
        &authority,
        &["api.example.com:443"],
        release(&[]),
        EgressLimits::default(),
    );
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
async fn a_body_that_is_cut_short_is_an_error() {
    let authority = Authority::new();
    for head in ["content-length: 100", "transfer-encoding: chunked"] {
        let server = Server::raw(&authority, "api.example.com", move |mut stream| async move {
            let _ = read_head(&mut stream).await;
            let body = if head.starts_with('t') { "4\r\nhalf\r\n" } else { "half" };
            let _ = stream
                .write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").as_bytes())
                .await;
            let _ = stream.flush().await;
        })
        .await;
        let egress = server.egress(
            &authority,
            &["api.example.com:443"],
            release(&[]),
            EgressLimits::default(),
        );
        let mut response = egress.send(get("https://api.example.com/")).await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "half");
        assert_eq!(response.chunk().await.unwrap_err().rule(), "http");
        assert!(response.chunk().await.is_err(), "an error is not followed by an end");
    }
}

#[tokio::test]
async fn chunks_arrive_as_one_body() {
    let authority = Authority::new();
    let server = Server::raw(&authority, "api.example.com", |mut stream| async move {
        while read_head(&mut stream).await {
            let reply = "HTTP/1.1 200 Fine\r\ntransfer-encoding: chunked\r\ntrailer: authorization\r\n\r\n1;x=y\r\na\r\n3\r\nbcd\r\n0\r\nauthorization: x\r\n\r\n";
            for byte in reply.as_bytes() {
                stream.write_all(&[*byte]).await.unwrap();
            }
            stream.flush().await.unwrap();
        }
    })
    .await;
    let egress = server.egress(
        &authority,
        &["api.example.com:443"],
        release(&[]),
        EgressLimits::default(),
    );
    for _ in 0..2 {
        let response = egress.send(get("https://api.example.com/")).await.unwrap();
        assert_eq!(response.reason, "Fine");
        assert_eq!(response.header("transfer-encoding"), None);
        assert_eq!(read(response).await.unwrap(), "abcd");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn silence_and_floods_end_in_bounded_time_and_memory() {
    let authority = Authority::new();
    let server = Server::raw(&authority, "api.example.com", |mut stream| async move {
        let path = read_path(&mut stream).await;
        let reply = match path.as_str() {
            "/silent" => String::new(),
            "/half-head" => "HTTP/1.1 200 OK\r\nx-a: ".into(),
            "/pause" => "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".into(),
            "/long-head" => format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n\r\n", "a".repeat(1_000_000)),
            "/many-heads" => format!(
                "HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n",
                "x-a: b\r\n".repeat(300)
            ),
            "/garbage" => "SSH-2.0-OpenSSH\r\n\r\n".into(),
            "/smuggle" => "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".into(),
            _ => "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".into(),
        };
        let _ = stream.write_all(reply.as_bytes()).await;
        let _ = stream.flush().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let limits = EgressLimits {
        header: Duration::from_millis(500),
        idle: Duration::from_millis(500),
        ..EgressLimits::default()
    };
    let egress = server.egress(&authority, &["api.example.com:443"], release(&[]), limits);
    for (path, rule) in [
        ("/silent", "header-timeout"),
        ("/half-head", "header-timeout"),
        ("/pause", "idle-timeout"),
        ("/long-head", "head-too-large"),
        ("/many-heads", "head-too-large"),
        ("/garbage", "http"),
        ("/smuggle", "http"),
        ("/switch", "http"),
    ] {
        let error = match egress.send(get(&format!("https://api.example.com{path}"))).await {
            Ok(response) => read(response).await.expect_err(path),
            Err(error) => error,
        };
        assert_eq!(error.rule(), rule, "{path}: {error}");
        assert!(!error.to_string().contains(path), "{error}");
    }
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
    let egress = server.egress(
        &authority,
        &["api.example.com:443"],
        release(&[]),
        EgressLimits::default(),
    );
    let sending = tokio::spawn(async move { egress.send(get("https://api.example.com/")).await.map(|_| ()) });
    arrived.notified().await;
    sending.abort();
    gone.recv().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_without_the_path() {
    let authority = Authority::new();
    let server = Server::accept(|_| async {}).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let egress = Server {
        address: closed,
        ..server
    }
    .egress(
        &authority,
        &["api.example.com:443"],
        release(&[]),
        EgressLimits::default(),
    );
    let error = egress
        .send(get("https://api.example.com/CANARY?CANARY"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`api.example.com` cannot be reached: connection refused"
    );
    let error = egress.send(get("http://127.0.0.1/CANARY")).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`127.0.0.1` is at `127.0.0.1`, which is a loopback address (RFC 1122): not dialled"),
        "{error}"
    );
    // An override is for its own port only.
    assert_eq!(
        egress.send(get("https://127.0.0.1:444/")).await.unwrap_err().rule(),
        "special-address"
    );
    assert_eq!(
        egress.send(get("https://nothing.invalid/")).await.unwrap_err().rule(),
        "resolve"
    );
}

#[tokio::test]
async fn a_file_of_certificates_must_have_some() {
    let config = |text: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let config = distri_egress::EgressConfig {
            ca_files: vec![file.path().to_owned()],
            ..Default::default()
        };
        distri_egress::Egress::new(config, Arc::new(release(&[])), Arc::new(Watch::none()))
            .err()
            .map(|it| it.rule())
    };
    assert_eq!(config(""), Some("ca-file"));
    assert_eq!(
        config("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        Some("ca-file")
    );
    let missing = distri_egress::EgressConfig {
        ca_files: vec!["/nonexistent.pem".into()],
        ..Default::default()
    };
    assert_eq!(
        distri_egress::Egress::new(missing, Arc::new(release(&[])), Arc::new(Watch::none()))
            .err()
            .map(|it| it.rule()),
        Some("ca-file")
    );
}

async fn read_head(stream: &mut (impl AsyncReadExt + Unpin)) -> bool {
    !read_path(stream).await.is_empty()
}

/// Reads a request's head and returns its path; empty at the end of the stream.
async fn read_path(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8(head).unwrap().split(' ').nth(1).unwrap().to_owned()
}
