//! Random requests and policies against a slow reference: what is placed, the policy allows, and nothing is left.
//!
//! The reference shares no code with the broker: it takes host patterns, forms and JSON apart by itself.

use std::sync::{Arc, OnceLock};

use data_encoding::BASE64;
use distri_core::alarm::Watch;
use distri_core::clock::SystemClock;
use distri_core::envelope::Keyring;
use distri_core::ids::RunId;
use distri_core::placeholder::{PlaceholderId, PlaceholderKey, Shape};
use distri_core::policy::Policy;
use distri_core::release::{Release, ReleasedSecret};
use distri_core::value::SecretValue;
use proptest::prelude::*;
use proptest::sample::select;

use super::Broker;
use crate::plain_body::PlainBody;
use crate::request::Request;

const VALUE: &str = "sk_live_REALREALREALREALREALREALREALREAL";

/// One random request, with `{P}` for the placeholder.
#[derive(Clone, Debug)]
struct Sample {
    hosts: Vec<&'static str>,
    body_allowed: bool,
    method: &'static str,
    host: &'static str,
    port: u16,
    path: &'static str,
    query: Vec<(&'static str, &'static str)>,
    headers: Vec<(&'static str, &'static str)>,
    kind: &'static str,
    body: &'static str,
}

fn samples() -> impl Strategy<Value = Sample> {
    let binding = select(vec![
        "a.example",
        "a.example",
        "a.example",
        "*.a.example",
        "a.example:8443",
        "POST a.example",
        "a.example/v1",
        "GET,PUT b.example/v1/x",
        "b.example",
    ]);
    let texts = || {
        select(vec![
            "{P}",
            "x",
            "",
            "Bearer {P}",
            "{P} {P}",
            "x{P}",
            "{B:u:P}",
            "{B:P:}",
            "{B:u:xP}",
            "%7BP",
            "{64}",
            "{HEX}",
        ])
    };
    let names = select(vec![
        "authorization",
        "x-api-key",
        "cookie",
        "user-agent",
        "x-note",
        "x-my-token",
        "idempotency-key",
    ]);
    let pairs = || select(vec!["{P}", "x", "", "a+{P}", "{P}%20", "{HEX}"]);
    let kinds = select(vec![
        ("text/plain", "{P}"),
        ("application/json", r#"{"a":"{P}","b":1}"#),
        ("application/json", r#"{"a":["x",{"b":"{P}"}]}"#),
        ("application/json", r#"{"{P}":1}"#),
        ("application/json", r#"{"a":"my {P}"}"#),
        ("application/json", r#"{"a":"{P}","b":"{P}"}"#),
        ("application/json", r#"{"a":"x\"{P}"}"#),
        ("application/json", r#"["{P}""#),
        ("application/x-www-form-urlencoded", "a={P}&b=1"),
        ("application/x-www-form-urlencoded", "{P}=1"),
        ("application/x-www-form-urlencoded", "a=x{P}"),
        ("multipart/form-data; boundary=b", "--b\r\n\r\n{P}\r\n--b--"),
    ]);
    // Most requests have one thing that matters, or nothing could tell which one decided.
    let kinds = prop_oneof![3 => Just(("text/plain", "x")), 1 => kinds];
    let paths = prop_oneof![
        9 => select(vec!["/", "/v1", "/v1/x", "/v1x", "/v1/x/y"]),
        1 => Just("/{P}"),
    ];
    (
        (
            prop_oneof![Just(vec!["a.example"]), prop::collection::vec(binding, 0..3)],
            any::<bool>(),
        ),
        select(vec!["GET", "POST", "PUT"]),
        (
            select(vec!["a.example", "x.a.example", "b.example", "y.x.a.example"]),
            select(vec![443_u16, 8443]),
        ),
        paths,
        prop::collection::vec((select(vec!["q", "key", "{P}"]), pairs()), 0..=1),
        prop::collection::vec((names, texts()), 0..3),
        kinds,
    )
        .prop_map(
            |((hosts, body_allowed), method, (host, port), path, query, headers, (kind, body))| Sample {
                hosts,
                body_allowed,
                method,
                host,
                port,
                path,
                query,
                headers,
                kind,
                body,
            },
        )
}

fn written(text: &str, p: &str) -> String {
    if let Some(rest) = text.strip_prefix("{B:") {
        let inner = rest.trim_end_matches('}').replace('P', p);
        return format!("Basic {}", BASE64.encode(inner.as_bytes()));
    }
    text.replace("{P}", p)
        .replace("{64}", &BASE64.encode(p.as_bytes()))
        .replace("{HEX}", &data_encoding::HEXLOWER.encode(p.as_bytes()))
}

impl Sample {
    fn request(&self, p: &str) -> Option<Request> {
        let query: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{}={}", written(name, p), written(value, p)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!(
            "https://{}:{}{}{mark}{}",
            self.host,
            self.port,
            written(self.path, p),
            query.join("&")
        );
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), written(value, p)))
            .collect();
        headers.push(("content-type".to_owned(), self.kind.to_owned()));
        Request::parse(self.method, &url, headers, written(self.body, p).into_bytes()).ok()
    }

    /// Whether one of the bindings covers the request, word by word.
    fn allowed(&self) -> bool {
        self.hosts.iter().any(|binding| {
            let (methods, place) = binding.split_once(' ').unwrap_or(("", binding));
            let (authority, path) = place.split_once('/').map_or((place, None), |(a, p)| (a, Some(p)));
            let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
            let same_host = match host.strip_prefix("*.") {
                None => host == self.host,
                Some(parent) => self.host.split_once('.').is_some_and(|(_, rest)| rest == parent),
            };
            let inside = path.is_none_or(|it| {
                let own: Vec<&str> = self.path[1..].split('/').collect();
                own.starts_with(&it.split('/').collect::<Vec<_>>())
            });
            same_host
                && port.parse() == Ok(self.port)
                && inside
                && (methods.is_empty() || methods.split(',').any(|it| it == self.method))
        })
    }

    /// How many honoured placeholders it has, and how many others.
    fn counts(&self) -> (usize, usize) {
        let has = |text: &str| text.contains("P}") && text != "%7BP" || text.contains("{64}") || text.contains("{HEX}");
        let (mut good, mut bad) = (0, 0);
        bad += usize::from(has(self.path));
        for (name, value) in &self.query {
            bad += usize::from(has(name));
            if *value == "{P}" {
                good += 1;
            } else if has(value) {
                bad += 1;
            }
        }
        for (name, value) in &self.headers {
            let credential = matches!(*name, "authorization" | "x-api-key" | "x-my-token");
            match *value {
                "{P}" | "Bearer {P}" | "{B:u:P}" | "{B:P:}" if credential => good += 1,
                "{P} {P}" if credential => good += 2,
                "{B:u:P}" | "{B:P:}" | "{B:u:xP}" => bad += 1,
                value if has(value) => bad += 1,
                _ => {}
            }
        }
        match (self.kind, self.body) {
            (_, "x") => {}
            ("application/json", r#"{"a":"{P}","b":1}"# | r#"{"a":["x",{"b":"{P}"}]}"#) if self.body_allowed => {
                good += 1
            }
            ("application/json", r#"{"a":"{P}","b":"{P}"}"#) if self.body_allowed => good += 2,
            ("application/x-www-form-urlencoded", "a={P}&b=1") if self.body_allowed => good += 1,
            _ => bad += 1,
        }
        (good, bad)
    }

    /// Credentials that are not the run's, as the table of names has them.
    fn has_stranger(&self) -> bool {
        self.headers.iter().any(|(name, value)| {
            matches!(*name, "authorization" | "x-api-key")
                && !value.is_empty()
                && !value.contains("P")
                && !value.contains('{')
                || matches!(*name, "authorization" | "x-api-key") && *value == "%7BP"
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn a_value_is_placed_exactly_where_the_reference_allows_it(sample in samples()) {
        let policy = Policy {
            hosts: sample.hosts.iter().map(|it| it.parse().expect("a binding")).collect(),
            delivery: distri_core::policy::Delivery::Placeholder,
            body: sample.body_allowed,
            ..Policy::default()
        };
        static KEYS: OnceLock<Arc<PlaceholderKey>> = OnceLock::new();
        let keys = KEYS.get_or_init(|| Keyring::create(&SystemClock).placeholders().clone()).clone();
        let key: distri_core::SecretKey = "API_KEY".parse().expect("a key");
        let shape = Shape::of(&key, VALUE.as_bytes());
        let placeholder = keys.mint(PlaceholderId::new(1, 0).expect("in range"), &shape);
        let p = placeholder.as_str().to_owned();
        let release = Release {
            run: RunId::new(&SystemClock),
            secrets: vec![ReleasedSecret {
                key,
                version: 1,
                value: SecretValue::new(VALUE.into()).expect("a value"),
                placeholder: Some(placeholder),
                policy,
            }],
            placeholders: Some(keys),
        };
        let Some(request) = sample.request(&p) else { return Ok(()) };
        let target = format!("{:?} {}", request, request.path());
        let (good, bad) = sample.counts();
        let broker = Broker::new(Arc::new(release), Arc::new(Watch::none()));
        let decided = broker.clear(request, &PlainBody::AsItIs);

        let expected = match (good, bad) {
            (0, 0) => !(sample.allowed() && sample.has_stranger()),
            (1, 0) => sample.allowed() && !sample.has_stranger(),
            _ => false,
        };
        prop_assert_eq!(decided.is_ok(), expected, "{:?}: {:?}", sample, decided.err().map(|it| it.to_string()));
        if let Ok(cleared) = decided {
            let sent = &cleared.request;
            prop_assert_eq!(format!("{:?} {}", sent, sent.path()), target);
            let mut all = sent.url();
            for (name, value) in sent.headers() {
                let basic = value.strip_prefix("Basic ").and_then(|it| BASE64.decode(it.as_bytes()).ok());
                let value = basic.map_or(value.clone(), |it| String::from_utf8_lossy(&it).into_owned());
                all.push_str(&format!("\n{name}: {value}"));
            }
            all.push_str(&String::from_utf8_lossy(sent.body()));
            prop_assert_eq!(all.matches(VALUE).count(), good, "{}", all);
            prop_assert!(!all.contains(&p), "{}", all);
        }
    }
}

/// Some seconds' worth; `DISTRI_TEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("DISTRI_TEST_CASES")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(5000)
}
