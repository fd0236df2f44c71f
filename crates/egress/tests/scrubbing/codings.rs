//! Compressed bodies: decoded, scrubbed, and sent on as they are (T32).

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use tokio::io::AsyncWriteExt;

use crate::world::{Given, PHRASE, TOKEN, World, chunked, release, sized};

/// How a body is packed, and what `content-encoding` says.
pub(crate) const PACKINGS: &[(&str, &[Packing])] = &[
    ("gzip", &[Packing::Gzip]),
    ("br", &[Packing::Brotli]),
    ("zstd", &[Packing::Zstd]),
    ("deflate", &[Packing::Zlib]),
    ("deflate", &[Packing::Bare]),
    ("gzip, br", &[Packing::Gzip, Packing::Brotli]),
    ("br, zstd", &[Packing::Brotli, Packing::Zstd]),
    ("identity", &[]),
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Packing {
    Gzip,
    Brotli,
    Zstd,
    Zlib,
    Bare,
}

macro_rules! written {
    ($encoder:ident, $pieces:expr) => {{
        let mut encoder = $encoder::new(Vec::new());
        for piece in $pieces {
            encoder.write_all(piece).await.unwrap();
            // What is flushed can be decoded, so each piece is shown as it comes.
            encoder.flush().await.unwrap();
        }
        encoder.shutdown().await.unwrap();
        encoder.into_inner()
    }};
}

impl Packing {
    /// One member, flushed after each piece.
    pub(crate) async fn pack(self, pieces: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Gzip => written!(GzipEncoder, pieces),
            Self::Brotli => written!(BrotliEncoder, pieces),
            Self::Zstd => written!(ZstdEncoder, pieces),
            Self::Zlib => written!(ZlibEncoder, pieces),
            Self::Bare => written!(DeflateEncoder, pieces),
        }
    }
}

pub(crate) async fn pack(packings: &[Packing], pieces: &[&[u8]]) -> Vec<u8> {
    let Some((first, rest)) = packings.split_first() else {
        return pieces.concat();
    };
    let mut packed = first.pack(pieces).await;
    for packing in rest {
        packed = packing.pack(&[&packed]).await;
    }
    packed
}

#[tokio::test]
async fn every_coding_is_undone_and_scrubbed() {
    let release = release();
    let given = Given::by(&release);
    let text = format!("{{\"headers\":{{\"authorization\":\"Bearer {TOKEN}\",\"x\":\"{PHRASE}\"}}}}");
    let expected = text.replace(TOKEN, &given.token).replace(PHRASE, &given.phrase);
    let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
    let mut replies = Vec::new();
    for (encoding, packings) in PACKINGS {
        let head = format!("content-encoding: {encoding}\r\netag: \"x\"\r\ncontent-md5: x\r\n");
        let whole = pack(packings, &[text.as_bytes()]).await;
        replies.push(sized(&head, &whole));
        replies.push(chunked(&head, whole.chunks(1)));
        replies.push(sized(&head, &pack(packings, &bytes).await));
    }
    let world = World::answering(release, replies).await;
    for (index, (encoding, packings)) in PACKINGS.iter().enumerate() {
        for way in 0..3 {
            let (head, body) = world.get(index * 3 + way).await;
            assert_eq!(String::from_utf8(body).unwrap(), expected, "{encoding} {way}");
            assert_eq!(
                head.header("content-encoding"),
                packings.is_empty().then_some("identity")
            );
            assert_eq!(
                (head.header("content-length"), head.header("content-md5")),
                (None, None)
            );
            assert_eq!(head.header("etag"), Some("\"x\""));
        }
    }
    assert_eq!(world.server.connections(), 1);
}

#[tokio::test]
async fn a_value_split_over_two_members_is_replaced() {
    let release = release();
    let given = Given::by(&release);
    let mut replies = Vec::new();
    for at in 1..TOKEN.len() {
        for packing in [Packing::Gzip, Packing::Zstd] {
            let (first, second) = TOKEN.as_bytes().split_at(at);
            let members = [packing.pack(&[b"<", first]).await, packing.pack(&[second, b">"]).await].concat();
            let name = if packing == Packing::Gzip { "gzip" } else { "zstd" };
            replies.push(sized(&format!("content-encoding: {name}\r\n"), &members));
        }
    }
    let count = replies.len();
    let world = World::answering(release, replies).await;
    for index in 0..count {
        assert_eq!(
            world.get(index).await.1,
            format!("<{}>", given.token).as_bytes(),
            "{index}"
        );
    }
}

#[tokio::test]
async fn what_a_client_asks_to_have_it_in_is_not_asked_for() {
    // `accept-encoding` is the broker's own: what it cannot undo is not asked for, and not taken.
    let world = World::answering(release(), vec![sized("content-encoding: compress\r\n", b"x")]).await;
    let headers = vec![("Accept-Encoding".to_owned(), "compress".to_owned())];
    let request = distri_egress::Request::parse("GET", "https://api.example.com/0", headers, vec![]).unwrap();
    assert_eq!(request.header("accept-encoding"), None);
    assert_eq!(world.egress.send(request).await.unwrap_err().rule(), "encoding");
}
