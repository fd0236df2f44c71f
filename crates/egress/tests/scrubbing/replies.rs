//! The rows of `data/replies.txt`, over HTTP/1.1 in one piece and byte by byte, and over HTTP/2 (T30, T31, T36).

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use distri_egress::EgressLimits;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use crate::marks::fill;
use crate::support::{Age, Authority, Server};
use crate::world::{Given, Seen, World, chunked, release, sized, surviving};

const ROWS: &str = include_str!("../data/replies.txt");

struct Row {
    id: &'static str,
    place: &'static str,
    /// The name of a field, the status of a body.
    detail: &'static str,
    sent: &'static str,
    seen: Option<&'static str>,
}

fn rows() -> Vec<Row> {
    let lines = ROWS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let [id, place, sent, seen] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("four fields: {line}")
            };
            let (place, detail) = place.split_once(' ').unwrap_or((place, ""));
            Row {
                id,
                place,
                detail,
                sent,
                seen: Some(seen).filter(|it| *it != "-"),
            }
        })
        .collect()
}

#[test]
fn ids_are_unique_and_the_classes_are_there() {
    let rows = rows();
    let ids: BTreeSet<_> = rows.iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), rows.len());
    for class in ["T30", "T31", "T36"] {
        assert!(ids.iter().any(|it| it.starts_with(class)));
    }
}

#[tokio::test]
async fn every_row_over_http1() {
    let (rows, release) = (rows(), release());
    let given = Given::by(&release);
    let replies = rows.iter().flat_map(|row| row.http1(&given)).collect();
    let world = World::answering(release, replies).await;
    for (index, row) in rows.iter().enumerate() {
        for way in 0..2 {
            let (head, body) = world.get(index * 2 + way).await;
            row.check(&given, &head, &body, way == 0);
        }
    }
    assert_eq!(world.server.connections(), 1);
}

#[tokio::test]
async fn every_row_over_http2() {
    let (authority, rows, release) = (Authority::new(), rows(), release());
    let given = Given::by(&release);
    let replies: Arc<Vec<_>> = Arc::new(rows.iter().map(|row| row.http2(&given)).collect());
    let server = Server::start(&authority, "*.example.com", Age::Valid, &["h2"], move |request| {
        let index: usize = request.uri().path()[1..].parse().unwrap();
        let (status, headers, pieces, trailers) = replies[index].clone();
        async move {
            let trailers = (!trailers.is_empty()).then(|| Frame::trailers(trailers));
            let frames = pieces.into_iter().map(Frame::data).chain(trailers).map(Ok);
            let body = BodyExt::boxed(StreamBody::new(futures_util::stream::iter(frames)));
            let mut response = http::Response::builder().status(status).body(body).unwrap();
            *response.headers_mut() = headers;
            response
        }
    });
    let world = World::new(release, server.await, &authority, EgressLimits::default());
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.place != "reason") {
        let (head, body) = world.get(index).await;
        row.check(&given, &head, &body, false);
    }
}

type Reply = (u16, HeaderMap, Vec<Bytes>, HeaderMap);

impl Row {
    /// In one piece with a length, and in chunks of a byte each.
    fn http1(&self, given: &Given) -> [Vec<u8>; 2] {
        let sent = fill(self.sent, given);
        let field = |name: &[u8], value: &[u8]| [name, b": ", value, b"\r\n"].concat();
        let mut head = Vec::new();
        let mut body = b"nothing".to_vec();
        match self.place {
            "body" => body = sent.clone(),
            "header" => head = field(self.detail.as_bytes(), &sent),
            "name" => head = field(&sent, b"x"),
            "trailer" => head = field(b"trailer", self.detail.as_bytes()),
            "reason" | "hint" => {}
            other => panic!("no place is called {other}"),
        }
        let bytes = body.chunks(1);
        let mut replies = [sized("", &body), chunked("", bytes)];
        for reply in &mut replies {
            let line = b"HTTP/1.1 200 OK\r\n".len();
            let mut first = match (self.place, self.detail) {
                ("reason", _) => [b"HTTP/1.1 200 ", &sent[..], b"\r\n"].concat(),
                ("body", status) if !status.is_empty() => format!("HTTP/1.1 {status} Status\r\n").into_bytes(),
                ("hint", name) => [
                    b"HTTP/1.1 103 Early Hints\r\n",
                    &field(name.as_bytes(), &sent)[..],
                    b"\r\nHTTP/1.1 200 OK\r\n",
                ]
                .concat(),
                _ => b"HTTP/1.1 200 OK\r\n".to_vec(),
            };
            first.extend_from_slice(&head);
            reply.splice(..line, first);
            if self.place == "trailer" && reply.ends_with(b"0\r\n\r\n") {
                reply.truncate(reply.len() - 2);
                reply.extend(field(self.detail.as_bytes(), &sent));
                reply.extend(b"\r\n");
            }
        }
        replies
    }

    /// A data frame for each byte.
    fn http2(&self, given: &Given) -> Reply {
        let sent = fill(self.sent, given);
        let (mut status, mut headers, mut trailers) = (200, HeaderMap::new(), HeaderMap::new());
        let mut body = b"nothing".to_vec();
        let value = || HeaderValue::from_bytes(&sent).unwrap();
        let name = || HeaderName::from_static(self.detail);
        match self.place {
            "body" if self.detail.is_empty() => body = sent.clone(),
            "body" => (status, body) = (self.detail.parse().unwrap(), sent.clone()),
            "header" => drop(headers.insert(name(), value())),
            "name" => drop(headers.insert(HeaderName::from_bytes(&sent).unwrap(), HeaderValue::from_static("x"))),
            "trailer" => drop(trailers.insert(name(), value())),
            _ => {}
        }
        let pieces = body.chunks(1).map(Bytes::copy_from_slice).collect();
        (status, headers, pieces, trailers)
    }

    fn check(&self, given: &Given, head: &Seen, body: &[u8], sized: bool) {
        let id = self.id;
        let expected = self.seen.map(|it| fill(it, given));
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let seen = match self.place {
            "body" => Some(body.to_vec()),
            "reason" => Some(head.reason.clone().into_bytes()),
            "header" => head.header(self.detail).map(|it| it.as_bytes().to_vec()),
            "name" => head
                .headers
                .iter()
                .find(|it| it.1 == "x")
                .map(|it| it.0.clone().into_bytes()),
            _ => None,
        };
        if let Some(expected) = expected {
            assert_eq!(text(&seen.unwrap()), text(&expected), "{id}");
        }
        if self.place != "body" {
            assert_eq!(body, b"nothing", "{id}");
        }
        assert_eq!(surviving(body), None, "{id}: {}", text(body));
        assert_eq!(surviving(head.text().as_bytes()), None, "{id}: {}", head.text());
        assert!(!head.text().contains("trailer"), "{id}");
        assert!(
            !sized || head.header("content-length").is_none(),
            "{id}: a length that may be wrong"
        );
    }
}
