//! Bodies in every coding, whole, broken and hostile.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use distri_egress::{Egress, EgressLimits};
use support::{Age, Authority, Server, full, get, read, release};
use tokio::io::AsyncWriteExt;

macro_rules! pack {
    ($encoder:ident, $body:expr) => {{
        let mut encoder = $encoder::new(Vec::new());
        encoder.write_all($body).await.unwrap();
        encoder.shutdown().await.unwrap();
        encoder.into_inner()
    }};
}

/// A server that answers everything with `body`, called `encoding`.
async fn serving(encoding: &'static str, body: Vec<u8>, limits: EgressLimits) -> (Server, Egress) {
    let authority = Authority::new();
    let body = bytes::Bytes::from(body);
    let server = Server::start(
        &authority,
        "api.example.com",
        Age::Valid,
        &["http/1.1"],
        move |request| {
            let body = body.clone();
            async move {
                let accepted = request.headers()["accept-encoding"].clone();
                http::Response::builder()
                    .header("content-encoding", encoding)
                    .header("x-accepted", accepted)
                    .body(full(body))
                    .unwrap()
            }
        },
    )
    .await;
    let egress = server.egress(&authority, &["api.example.com:443"], release(&[]), limits);
    (server, egress)
}

#[tokio::test]
async fn every_coding_is_undone() {
    let text: Vec<u8> = (0..200_000_u32)
        .map(|it| b"0123456789abcdef"[(it.wrapping_mul(2_654_435_761) >> 28) as usize])
        .collect();
    let gzip = pack!(GzipEncoder, &text);
    let twice = pack!(BrotliEncoder, &gzip);
    let members = [pack!(GzipEncoder, &text[..1000]), pack!(GzipEncoder, &text[1000..])].concat();
    for (encoding, body) in [
        ("gzip", gzip),
        ("X-GZIP", members),
        ("br", pack!(BrotliEncoder, &text)),
        ("zstd", pack!(ZstdEncoder, &text)),
        ("deflate", pack!(ZlibEncoder, &text)),
        ("deflate", pack!(DeflateEncoder, &text)),
        ("gzip, br", twice),
        ("identity", text.clone()),
    ] {
        let (server, egress) = serving(encoding, body, EgressLimits::default()).await;
        for _ in 0..2 {
            let response = egress.send(get("https://api.example.com/")).await.unwrap();
            assert_eq!(response.header("x-accepted"), Some("gzip, br, zstd, deflate"));
            if encoding != "identity" {
                assert_eq!(
                    (response.header("content-encoding"), response.header("content-length")),
                    (None, None)
                );
            }
            assert!(read(response).await.unwrap() == text, "{encoding}");
        }
        assert_eq!(
            server.connections(),
            1,
            "{encoding}: a decoded body gives its connection back"
        );
    }
}

#[tokio::test]
async fn what_does_not_decode_is_an_error() {
    let gzip = pack!(GzipEncoder, b"some text that is long enough");
    let zstd = pack!(ZstdEncoder, b"some text that is long enough");
    for (encoding, body, rule) in [
        ("gzip", gzip[..gzip.len() - 4].to_vec(), "decode"),
        ("gzip", [&gzip[..], b"trailing garbage"].concat(), "decode"),
        ("gzip", b"plain text".to_vec(), "decode"),
        ("br", gzip.clone(), "decode"),
        ("zstd", zstd[..zstd.len() - 3].to_vec(), "decode"),
        ("deflate", vec![0x78, 0x9c, 1, 2, 3], "decode"),
        ("compress", gzip.clone(), "encoding"),
        ("gzip, gzip, gzip", gzip.clone(), "encoding"),
    ] {
        let (_server, egress) = serving(encoding, body, EgressLimits::default()).await;
        let error = match egress.send(get("https://api.example.com/")).await {
            Ok(response) => read(response).await.expect_err(encoding),
            Err(error) => error,
        };
        assert_eq!(error.rule(), rule, "{encoding}: {error}");
    }
}

#[tokio::test]
async fn a_bomb_is_stopped_early() {
    let zeros = vec![0_u8; 16 * 1024 * 1024];
    for (encoding, body) in [
        ("gzip", pack!(GzipEncoder, &zeros)),
        ("zstd", pack!(ZstdEncoder, &zeros)),
        ("br", pack!(BrotliEncoder, &zeros)),
    ] {
        assert!(body.len() < 256 * 1024);
        let (_server, egress) = serving(encoding, body, EgressLimits::default()).await;
        let mut response = egress.send(get("https://api.example.com/")).await.unwrap();
        let mut seen = 0;
        let error = loop {
            match response.chunk().await {
                Ok(piece) => seen += piece.expect("the bomb does not end well").len(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.rule(), "bomb");
        assert!(seen <= 8 * 1024 * 1024, "{encoding}: {seen}");
    }
}

#[tokio::test]
async fn bodies_have_a_limit_of_their_own_and_one_of_the_reader() {
    let limits = EgressLimits {
        response_body: 1000,
        ..EgressLimits::default()
    };
    let (_server, egress) = serving("identity", vec![b'x'; 1001], limits).await;
    assert_eq!(
        read(egress.send(get("https://api.example.com/")).await.unwrap())
            .await
            .unwrap_err()
            .rule(),
        "body-too-large"
    );

    let (_server, egress) = serving("identity", vec![b'x'; 1001], EgressLimits::default()).await;
    let send = || async { egress.send(get("https://api.example.com/")).await.unwrap() };
    assert_eq!(send().await.bytes(1000).await.unwrap_err().rule(), "body-too-large");
    assert_eq!(send().await.bytes(1001).await.unwrap().len(), 1001);
}

#[tokio::test]
async fn a_range_is_asked_for_uncompressed() {
    let (_server, egress) = serving("identity", b"part".to_vec(), EgressLimits::default()).await;
    let headers = vec![("range".to_owned(), "bytes=0-3".to_owned())];
    let request = distri_egress::Request::parse("GET", "https://api.example.com/", headers, vec![]).unwrap();
    assert_eq!(
        egress.send(request).await.unwrap().header("x-accepted"),
        Some("identity")
    );
}
