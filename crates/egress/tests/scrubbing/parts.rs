//! Parts of what a server has: no value comes back a range at a time (T32, T33).

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use distri_egress::{EgressLimits, Request, Response};

use crate::support::{Age, Authority, Server, full};
use crate::world::{Given, TOKEN, World, release};

/// A server that serves ranges of the token, a byte at a time if asked to, and says what it was asked for.
async fn serving() -> (World, Given) {
    let authority = Authority::new();
    let server = Server::start(
        &authority,
        "*.example.com",
        Age::Valid,
        &["http/1.1"],
        |request| async move {
            let asked: Vec<_> = ["range", "if-range", "a-im", "accept-encoding"]
                .iter()
                .map(|name| {
                    request
                        .headers()
                        .get(*name)
                        .map_or("", |it| it.to_str().unwrap())
                        .to_owned()
                })
                .collect();
            let builder = http::Response::builder().header("x-asked", asked.join("|"));
            let range = asked[0].strip_prefix("bytes=").and_then(|it| it.split_once('-'));
            match (request.uri().path(), range) {
                ("/unasked", _) => builder
                    .status(206)
                    .header("content-range", "bytes 0-19/41")
                    .body(full(&TOKEN[..20]))
                    .unwrap(),
                ("/difference", _) => builder.status(226).body(full(&TOKEN[..20])).unwrap(),
                (_, Some((from, to))) => {
                    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
                    builder
                        .status(206)
                        .header("content-range", format!("bytes {from}-{to}/41"))
                        .body(full(&TOKEN[from..=to]))
                        .unwrap()
                }
                _ => builder.header("accept-ranges", "bytes").body(full(TOKEN)).unwrap(),
            }
        },
    );
    let release = release();
    let given = Given::by(&release);
    (
        World::new(release, server.await, &authority, EgressLimits::default()),
        given,
    )
}

async fn send(world: &World, url: &str, range: &str) -> Response {
    let headers = [("range", range), ("if-range", "\"v1\""), ("a-im", "vcdiff")];
    let headers = headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let request = Request::parse("GET", url, headers, vec![]).unwrap();
    world.egress.send(request).await.unwrap()
}

#[tokio::test]
async fn a_value_cannot_be_fetched_a_byte_at_a_time_from_its_own_host() {
    let (world, given) = serving().await;
    for at in 0..TOKEN.len() {
        let response = send(&world, "https://api.example.com/", &format!("bytes={at}-{at}")).await;
        assert_eq!(
            (response.status, response.header("x-asked")),
            (200, Some("|||gzip, br, zstd, deflate"))
        );
        assert_eq!(
            (response.header("accept-ranges"), response.header("content-range")),
            (None, None)
        );
        assert_eq!(response.bytes(100).await.unwrap(), given.token);
    }
}

#[tokio::test]
async fn a_host_that_no_value_goes_to_serves_ranges() {
    let (world, _) = serving().await;
    let response = send(&world, "https://elsewhere.example.com/", "bytes=0-6").await;
    assert_eq!(
        (response.status, response.header("content-range")),
        (206, Some("bytes 0-6/41"))
    );
    assert_eq!(response.header("x-asked"), Some("bytes=0-6|\"v1\"|vcdiff|identity"));
    assert_eq!(response.bytes(100).await.unwrap(), "sk_live");
}

#[tokio::test]
async fn a_part_that_nobody_asked_for_is_refused() {
    let (world, _) = serving().await;
    for path in ["unasked", "difference"] {
        let request = crate::support::get(&format!("https://api.example.com/{path}"));
        let error = world.egress.send(request).await.unwrap_err();
        assert_eq!(error.rule(), "http");
        assert!(
            error
                .to_string()
                .ends_with("the server sends a part although all of it was asked for")
        );
    }
}
