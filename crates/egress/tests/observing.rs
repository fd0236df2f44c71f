//! An observer is told where each request went and where secrets stood in it, and nothing that they are.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::sync::{Arc, Mutex};

use async_compression::tokio::bufread::GzipEncoder;
use distri_core::alarm::Watch;
use distri_core::learn::ObservedRequest;
use distri_core::policy::{Delivery, Policy};
use distri_core::release::Release;
use distri_egress::{Egress, EgressConfig, Observer, Request};
use support::{Age, Authority, Server, answer, release};
use tokio::io::AsyncReadExt as _;

const FREE: &str = "tok-9f8e7d6c5b4a+3210=";
const BOUND: &str = "sk_live_51HabcDEF98765432";

#[derive(Debug, Default)]
struct Seen(Mutex<Vec<ObservedRequest>>);

impl Observer for Seen {
    fn sent(&self, request: ObservedRequest) {
        self.0.lock().unwrap().push(request);
    }
}

/// A run with an unbound secret, and one that is bound and given by value.
fn secrets() -> Release {
    let mut release = release(&[
        ("BOUND", BOUND.as_bytes(), &["a.example"]),
        ("FREE", FREE.as_bytes(), &[]),
        ("WEAK", b"true", &[]),
    ]);
    for secret in &mut release.secrets {
        secret.policy = Policy {
            delivery: Delivery::Value,
            ..secret.policy.clone()
        };
    }
    release
}

struct Place {
    _authority: Authority,
    _server: Server,
    egress: Egress,
    seen: Arc<Seen>,
}

async fn place() -> Place {
    let authority = Authority::new();
    let server = Server::start(
        &authority,
        "a.example b.example",
        Age::Valid,
        &["http/1.1"],
        |_| async { answer("ok") },
    )
    .await;
    let seen = Arc::new(Seen::default());
    let resolve = ["a.example", "b.example"].map(|it| format!("{it}:443:{}", server.address).parse().unwrap());
    let config = EgressConfig {
        resolve: resolve.to_vec(),
        ca_files: vec![authority.file.path().to_owned()],
        observer: Some(seen.clone()),
        ..EgressConfig::default()
    };
    let egress = Egress::new(config, Arc::new(secrets()), Arc::new(Watch::none())).unwrap();
    Place {
        _authority: authority,
        _server: server,
        egress,
        seen,
    }
}

impl Place {
    /// What was told of one request, as `KEY: spot` lines under the place it went to.
    async fn told(&self, method: &str, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (String, Vec<String>) {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = Request::parse(method, url, headers.collect(), body).unwrap();
        self.egress.send(request).await.unwrap();
        let mut seen = self.seen.0.lock().unwrap();
        assert_eq!(seen.len(), 1, "each request is told once");
        let request = seen.remove(0);
        let text = serde_json::to_string(&request).unwrap();
        for value in [FREE, BOUND] {
            assert!(!text.contains(value) && !text.contains(&value[4..]), "{text}");
        }
        let carried = request.carried.iter().map(|it| format!("{}: {}", it.key, it.spot));
        (request.to_string(), carried.collect())
    }
}

#[tokio::test]
async fn each_spot_is_told_and_whether_a_placeholder_would_be_filled_there() {
    let place = place().await;
    let json = [("content-type", "application/json")];
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let escaped = FREE.replace('+', "%2B");
    let base64 = |it: String| data_encoding::BASE64.encode(it.as_bytes());
    let bearer = format!("Bearer {FREE}");
    let basic = format!("Basic {}", base64(format!("user:{FREE}")));
    let joined = format!("Basic {}", base64(format!("user:x{FREE}")));
    let both = format!("Basic {}", base64(format!("{FREE}:{FREE}")));
    type Case<'c> = (&'c str, Vec<(&'c str, &'c str)>, String, &'c [&'c str]);
    let cases: Vec<Case<'_>> = vec![
        (
            "b.example/x",
            vec![("authorization", &bearer)],
            String::new(),
            &["FREE: header authorization"],
        ),
        (
            "b.example/x",
            vec![("x-api-key", FREE)],
            String::new(),
            &["FREE: header x-api-key"],
        ),
        (
            "b.example/x",
            vec![("authorization", &basic)],
            String::new(),
            &["FREE: Basic credentials"],
        ),
        (
            "b.example/x",
            vec![("authorization", &both)],
            String::new(),
            &["FREE: Basic credentials", "FREE: Basic credentials"],
        ),
        (
            "b.example/x",
            vec![("cookie", FREE)],
            String::new(),
            &["FREE: header cookie"],
        ),
        (
            "b.example/x",
            vec![("authorization", &joined)],
            String::new(),
            &["FREE: header authorization"],
        ),
        (
            "b.example/x",
            json.to_vec(),
            format!(r#"{{"a":["{FREE}"]}}"#),
            &["FREE: the body"],
        ),
        (
            "b.example/x",
            form.to_vec(),
            format!("a=1&token={escaped}"),
            &["FREE: the body"],
        ),
        ("b.example/x", vec![], "nothing".to_owned(), &[]),
        // Too common to be searched for, it is seen only as a credential.
        ("b.example/x", json.to_vec(), r#"{"a":"true"}"#.to_owned(), &[]),
        (
            "b.example/x",
            vec![("x-token", "true")],
            String::new(),
            &["WEAK: header x-token"],
        ),
        (
            "a.example/x",
            vec![("x-api-key", BOUND)],
            String::new(),
            &["BOUND: header x-api-key"],
        ),
    ];
    for (url, headers, body, expected) in cases {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let (line, carried) = place
            .told(method, &format!("https://{url}"), &headers, body.into_bytes())
            .await;
        assert_eq!(
            (line, carried),
            (
                format!("{method} {url}"),
                expected.iter().map(|it| (*it).to_owned()).collect()
            )
        );
    }
    let (line, carried) = place
        .told("GET", &format!("https://b.example/x?k={escaped}&n=1"), &[], vec![])
        .await;
    assert_eq!(
        (line.as_str(), carried),
        ("GET b.example/x", vec!["FREE: the query".to_owned()])
    );
}

#[tokio::test]
async fn only_a_whole_value_is_one_that_a_placeholder_could_stand_for() {
    let place = place().await;
    let json = [("content-type", "application/json")];
    let fillable = |seen: &Seen| seen.0.lock().unwrap().remove(0).carried[0].spot.clone();
    let inside = format!(r#"{{"text":"my key is {FREE}"}}"#);
    for (headers, body) in [(&json[..], inside), (&[][..], FREE.to_owned())] {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = Request::parse("POST", "https://b.example/", headers.collect(), body.into_bytes()).unwrap();
        place.egress.send(request).await.unwrap();
        assert_eq!(
            fillable(&place.seen),
            distri_core::learn::Spot::Elsewhere("the body".to_owned())
        );
    }
}

#[tokio::test]
async fn a_secret_in_a_path_is_told_and_not_kept() {
    let place = place().await;
    let one_escape = FREE.replace('7', "%37");
    for (path, kept) in [
        (format!("bot-{FREE}-x/send"), "bot-[redacted:FREE]-x/send"),
        (format!("bot{one_escape}/send"), "[redacted:FREE]/send"),
    ] {
        let url = format!("https://b.example/{path}");
        let (line, carried) = place.told("GET", &url, &[], vec![]).await;
        assert_eq!(line, format!("GET b.example/{kept}"));
        assert_eq!(carried, ["FREE: the path"]);
    }
}

#[tokio::test]
async fn a_compressed_body_is_looked_into_and_still_sent_when_it_cannot_be() {
    let place = place().await;
    let mut packed = Vec::new();
    GzipEncoder::new(FREE.as_bytes())
        .read_to_end(&mut packed)
        .await
        .unwrap();
    let gzip = [("content-encoding", "gzip")];
    let (_, carried) = place.told("POST", "https://b.example/", &gzip, packed).await;
    assert_eq!(carried, ["FREE: the body"]);
}

#[tokio::test]
async fn what_is_refused_or_finds_nobody_is_not_told() {
    let place = place().await;
    for url in ["https://b.example/", "https://nobody.invalid/"] {
        let headers = vec![("x-api-key".to_owned(), BOUND.to_owned())];
        let request = Request::parse("GET", url, headers, Vec::new()).unwrap();
        assert!(place.egress.send(request).await.is_err());
    }
    let request = Request::parse("GET", "https://127.0.0.1:9/", Vec::new(), Vec::new()).unwrap();
    assert!(place.egress.send(request).await.is_err());
    assert!(place.seen.0.lock().unwrap().is_empty());
}
