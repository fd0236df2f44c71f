//! What is sent, and what comes back of it.

use distri_egress::{EgressLimits, Request};
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;

use crate::support::{Age, Authority, Server, answer, full, get, read, release};
use crate::{HTTP1, HTTP2, read_head};

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
        let egress = server.egress_without_secrets(&authority);
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
        let egress = server.egress_without_secrets(&authority);
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
    let egress = server.egress_without_secrets(&authority);
    for _ in 0..2 {
        let response = egress.send(get("https://api.example.com/")).await.unwrap();
        assert_eq!(response.reason, "Fine");
        assert_eq!(response.header("transfer-encoding"), None);
        assert_eq!(read(response).await.unwrap(), "abcd");
    }
    assert_eq!(server.connections(), 1);
}
