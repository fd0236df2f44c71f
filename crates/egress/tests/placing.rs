//! Every request of the corpus: placed, sent as it is, or refused with its rule and its alarm; nothing else arrives.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder};
use data_encoding::{BASE64, HEXLOWER};
use distri_core::alarm::{Alarm, AlarmSink, NotRecorded, OnLeak, Watch};
use distri_core::clock::SystemClock;
use distri_core::envelope::Keyring;
use distri_core::ids::RunId;
use distri_core::placeholder::{Placeholder, PlaceholderId, PlaceholderKey, Shape};
use distri_core::policy::{Delivery, Given, Policy};
use distri_core::release::{Release, ReleasedSecret};
use distri_core::value::SecretValue;
use distri_egress::{Egress, EgressConfig, Request};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use support::{Age, Authority, Server, answer};
use tokio::io::AsyncReadExt as _;

const CORPUS: &str = include_str!("../corpus/requests.toml");
const NAMES: &[&str] = &[
    "bound.example",
    "files.wild.example",
    "wild.example",
    "a.b.wild.example",
    "evilwild.example",
    "paths.example",
    "ports.example",
    "anywhere.example",
    "evil.example",
];

#[derive(Deserialize)]
struct Corpus {
    secrets: BTreeMap<String, Secret>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    value: String,
    hosts: Vec<String>,
    #[serde(default)]
    body: bool,
    delivery: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    request: String,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    body: String,
    form: Option<String>,
    expect: String,
    alarm: Option<String>,
}

#[derive(Default)]
struct Alarms(Mutex<Vec<Alarm>>);

impl AlarmSink for Alarms {
    fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded> {
        self.0.lock().unwrap().push(alarm.clone());
        Ok(())
    }
}

fn release(secrets: &BTreeMap<String, Secret>, keys: &Arc<PlaceholderKey>, number: u64) -> Release {
    let released = |(index, (key, secret)): (usize, (&String, &Secret))| {
        let policy = Policy {
            hosts: secret.hosts.iter().map(|it| it.parse().unwrap()).collect(),
            delivery: secret
                .delivery
                .as_ref()
                .map_or(Delivery::Auto, |it| it.parse().unwrap()),
            body: secret.body,
            ..Policy::default()
        };
        let key = key.parse().unwrap();
        let shape = Shape::of(&key, secret.value.as_bytes());
        let id = PlaceholderId::new(number, index).unwrap();
        ReleasedSecret {
            placeholder: (policy.given() == Given::Placeholder).then(|| keys.mint(id, &shape)),
            value: SecretValue::new(secret.value.clone().into_bytes()).unwrap(),
            version: 1,
            key,
            policy,
        }
    };
    Release {
        run: RunId::new(&SystemClock),
        secrets: secrets.iter().enumerate().map(released).collect(),
        placeholders: Some(keys.clone()),
    }
}

/// A placeholder in the form that a case asks for.
fn formed(placeholder: &Placeholder, form: &str) -> String {
    let text = placeholder.as_str();
    let each = |of: fn(u8) -> String| text.bytes().map(of).collect::<String>();
    match form {
        "" => text.to_owned(),
        "percent" => each(|it| format!("%{it:02X}")),
        "unicode" => each(|it| format!("\\u{it:04x}")),
        "html" => each(|it| format!("&#{it};")),
        "base64" => BASE64.encode(text.as_bytes()),
        "hex" => HEXLOWER.encode(text.as_bytes()),
        "host" => text.replace('_', "-").to_ascii_lowercase(),
        "host-cut" => {
            let host = text.replace('_', "-").to_ascii_lowercase();
            format!("{}.{}", &host[..12], &host[12..])
        }
        "header-name" => text.replace('_', "-"),
        "basic-user" => BASE64.encode(format!("{text}:").as_bytes()),
        "basic-password" => BASE64.encode(format!("u:{text}").as_bytes()),
        "basic-part" => BASE64.encode(format!("u:x{text}").as_bytes()),
        other => panic!("no form {other}"),
    }
}

/// `text` with `{KEY}`, `{KEY|form}` and `{other}` replaced.
fn filled(text: &str, own: &Release, other: &Release) -> String {
    let mut filled = text.to_owned();
    for secret in &own.secrets {
        let placeholder = secret.placeholder.as_ref().unwrap();
        while let Some(at) = filled.find(&format!("{{{}", secret.key)) {
            let end = at + filled[at..].find('}').unwrap();
            let form = filled[at + 1..end]
                .split_once('|')
                .map_or("", |(_, form)| form)
                .to_owned();
            filled.replace_range(at..=end, &formed(placeholder, &form));
        }
    }
    filled.replace(
        "{other}",
        other.get("API_KEY").unwrap().placeholder.as_ref().unwrap().as_str(),
    )
}

async fn packed(body: Vec<u8>, form: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    match form {
        None => return body,
        Some("gzip") => GzipEncoder::new(&body[..]).read_to_end(&mut out).await.unwrap(),
        Some("br") => BrotliEncoder::new(&body[..]).read_to_end(&mut out).await.unwrap(),
        Some("gzip-br") => {
            let mut inner = Vec::new();
            GzipEncoder::new(&body[..]).read_to_end(&mut inner).await.unwrap();
            BrotliEncoder::new(&inner[..]).read_to_end(&mut out).await.unwrap()
        }
        Some(other) => panic!("no form {other}"),
    };
    out
}

async fn parsed(case: &Case, own: &Release, other: &Release) -> Request {
    let (method, url) = case.request.split_once(' ').unwrap();
    let header = |it: &String| {
        let filled = filled(it, own, other);
        let (name, value) = filled.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    };
    let body = packed(filled(&case.body, own, other).into_bytes(), case.form.as_deref()).await;
    let headers = case.headers.iter().map(header).collect();
    Request::parse(method, &filled(url, own, other), headers, body).unwrap_or_else(|it| panic!("{}: {it}", case.id))
}

/// What the upstream read: request line, headers, body.
type Received = Arc<Mutex<Vec<String>>>;

async fn upstream(authority: &Authority, alpn: &[&str]) -> (Server, Received) {
    let received = Received::default();
    let log = received.clone();
    let server = Server::start(authority, &NAMES.join(" "), Age::Valid, alpn, move |request| {
        let log = log.clone();
        async move {
            let (head, body) = request.into_parts();
            let headers: String = head
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
                .collect();
            let body = body.collect().await.unwrap().to_bytes();
            let target = head.uri.path_and_query().unwrap();
            log.lock().unwrap().push(format!(
                "{} {target}\n{headers}\n{}",
                head.method,
                String::from_utf8_lossy(&body)
            ));
            answer("thanks")
        }
    })
    .await;
    (server, received)
}

#[tokio::test]
async fn every_request_of_the_corpus_is_placed_sent_or_refused() {
    let corpus: Corpus = toml::from_str(CORPUS).unwrap();
    let keys = Keyring::create(&SystemClock).placeholders().clone();
    let other = release(&corpus.secrets, &keys, 1);
    let authority = Authority::new();
    for alpn in [&["h2"][..], &["http/1.1"]] {
        let (server, received) = upstream(&authority, alpn).await;
        let config = EgressConfig {
            resolve: NAMES
                .iter()
                .flat_map(|it| [443, 80, 8443].map(|port| format!("{it}:{port}:{}", server.address).parse().unwrap()))
                .collect(),
            ca_files: vec![authority.file.path().to_owned()],
            ..EgressConfig::default()
        };
        for case in &corpus.case {
            let own = Arc::new(release(&corpus.secrets, &keys, 2));
            let alarms = Arc::<Alarms>::default();
            let watch = Arc::new(Watch::new(alarms.clone(), OnLeak::Warn));
            let egress = Egress::new(config.clone(), own.clone(), watch).unwrap();
            received.lock().unwrap().clear();
            let sent = egress.send(parsed(case, &own, &other).await).await;
            let id = &case.id;
            let raised: Vec<_> = alarms.0.lock().unwrap().drain(..).collect();
            let rules: Vec<_> = raised.iter().map(|it| it.rule.as_str()).collect();
            assert_eq!(rules, case.alarm.iter().map(String::as_str).collect::<Vec<_>>(), "{id}");
            assert!(
                raised.iter().all(|it| it.found.is_some() || it.key.is_some()),
                "{id}: {raised:?}"
            );
            let arrived = received.lock().unwrap().clone();
            let values = |text: &str| {
                own.secrets
                    .iter()
                    .any(|it| text.contains(std::str::from_utf8(it.value.expose_secret()).unwrap()))
            };
            match sent {
                Ok(response) => {
                    assert_eq!(response.status, 200, "{id}");
                    let [arrived] = &arrived[..] else {
                        panic!("{id}: {arrived:?}")
                    };
                    match case.expect.strip_prefix("placed:") {
                        Some(text) => assert!(arrived.contains(text.trim()), "{id}: {arrived}"),
                        None => assert_eq!(case.expect, "sent", "{id}: {arrived}"),
                    }
                    for secret in &own.secrets {
                        let placeholder = secret.placeholder.as_ref().unwrap().as_str();
                        assert!(!arrived.contains(placeholder), "{id}: {arrived}");
                    }
                }
                Err(error) => {
                    assert_eq!(error.rule(), case.expect, "{id}: {error}");
                    assert!(error.is_refusal() && arrived.is_empty(), "{id}: {arrived:?}");
                    assert!(!values(&error.to_string()), "{id}: {error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_alarm_freezes_the_run_where_the_operator_says_so() {
    let corpus: Corpus = toml::from_str(CORPUS).unwrap();
    let keys = Keyring::create(&SystemClock).placeholders().clone();
    let (own, other) = (
        Arc::new(release(&corpus.secrets, &keys, 2)),
        release(&corpus.secrets, &keys, 1),
    );
    let watch = Arc::new(Watch::new(Arc::<Alarms>::default(), OnLeak::Freeze));
    let egress = Egress::new(EgressConfig::default(), own.clone(), watch).unwrap();
    let case = |id: &str| corpus.case.iter().find(|it| it.id == id).unwrap();
    let first = egress
        .send(parsed(case("T20-cookie"), &own, &other).await)
        .await
        .unwrap_err();
    assert_eq!(first.rule(), "wrong-place");
    let second = egress
        .send(parsed(case("no-placeholder"), &own, &other).await)
        .await
        .unwrap_err();
    assert_eq!((second.rule(), second.is_refusal()), ("run-frozen", true));
}
