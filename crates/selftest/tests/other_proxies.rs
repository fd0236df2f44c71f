//! The black-box part through proxies that are not the built-in one: a second broker passes, a naive proxy does not.

mod naive;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use distri_core::alarm::Watch;
use distri_core::clock::SystemClock;
use distri_core::envelope::Keyring;
use distri_core::ids::RunId;
use distri_core::placeholder::{PlaceholderId, Shape};
use distri_core::policy::Policy;
use distri_core::release::{Release, ReleasedSecret};
use distri_core::value::SecretValue;
use distri_egress::proxy::TrustFiles;
use distri_egress::{Egress, EgressConfig, Proxy, ProxyConfig};
use distri_selftest::authority::Authority;
use distri_selftest::black_box::Behind;
use distri_selftest::{Corpus, OtherProxy, SelftestError, Verdict};

const HOST: &str = "api.behind.invalid";
const OTHER: &str = "other.behind.invalid";
const VALUE: &str = "sk_live_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P";
/// How long an answer may take that is sure to come.
const PATIENCE: Duration = Duration::from_secs(60);
const PORTS: &[&str] = &[
    "PORT",
    "OTHER_PORT",
    "CLEAR_PORT",
    "EXPIRED_PORT",
    "WRONG_NAME_PORT",
    "UNKNOWN_PORT",
];

async fn behind() -> Behind {
    let authority = Authority::new().expect("an authority");
    Behind::start(authority, HOST, OTHER, None).await.expect("servers")
}

fn value() -> SecretValue {
    SecretValue::new(VALUE.into()).expect("a value")
}

/// A broker of a run with the value, as another process of distri would have it.
fn second(behind: &Behind) -> (Proxy, OtherProxy) {
    let port = |name| behind.address(name).expect(name);
    let bound = ["PORT", "EXPIRED_PORT", "WRONG_NAME_PORT", "UNKNOWN_PORT"];
    let keys = Keyring::create(&SystemClock).placeholders().clone();
    let id = PlaceholderId::new(1, 0).expect("an id");
    let key = "STRIPE_API_KEY".parse().expect("a key");
    let placeholder = keys.mint(id, &Shape::of(&key, VALUE.as_bytes()));
    let hosts = bound.map(|it| format!("{HOST}:{}", port(it).port()).parse().expect("a binding"));
    let secret = ReleasedSecret {
        key,
        version: 1,
        value: value(),
        placeholder: Some(placeholder.clone()),
        policy: Policy {
            hosts: hosts.into(),
            body: true,
            ..Policy::default()
        },
    };
    let release = Release {
        run: RunId::new(&SystemClock),
        secrets: vec![secret],
        placeholders: Some(keys),
    };
    let files = TrustFiles::write(&std::env::temp_dir(), behind.certificate(), &[], |_| None).expect("files");
    let places = PORTS.iter().flat_map(|it| [(HOST, port(it)), (OTHER, port(it))]);
    let config = EgressConfig {
        resolve: places
            .map(|(host, address): (&str, SocketAddr)| {
                format!("{host}:{}:{address}", address.port())
                    .parse()
                    .expect("an override")
            })
            .collect(),
        ca_files: vec![files.authority()],
        ..EgressConfig::default()
    };
    let egress = Egress::new(config, Arc::new(release), Arc::new(Watch::none())).expect("a broker");
    let proxy = Proxy::start(egress, ProxyConfig::default(), &SystemClock).expect("a proxy");
    let url = proxy.url();
    let userinfo = url.strip_prefix("http://").and_then(|it| it.split('@').next());
    let other = OtherProxy {
        address: proxy.address(),
        credential: userinfo.map(str::to_owned),
        ca: proxy.certificate().as_bytes().to_vec(),
        placeholder: placeholder.as_str().to_owned(),
        value: value(),
    };
    (proxy, other)
}

#[tokio::test]
async fn a_second_broker_passes_every_row() {
    let (corpus, behind) = (Corpus::read().expect("a corpus"), behind().await.waiting(PATIENCE));
    let (_proxy, other) = second(&behind);
    let outcomes = behind.try_all(&corpus, &[], &other).await.expect("it is configured");
    assert!(outcomes.len() > 120, "{}", outcomes.len());
    let failed: Vec<_> = outcomes.iter().filter(|it| it.verdict == Verdict::Fail).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test]
async fn a_naive_proxy_fails_in_every_section_that_it_can() {
    let (corpus, behind) = (Corpus::read().expect("a corpus"), behind().await);
    let proxy = naive::start(&[(HOST, &behind), (OTHER, &behind)], "PLACEHOLDER_1", VALUE).await;
    let other = OtherProxy {
        address: proxy.address,
        credential: None,
        ca: proxy.certificate.clone(),
        placeholder: "PLACEHOLDER_1".to_owned(),
        value: value(),
    };
    let outcomes = behind.try_all(&corpus, &[], &other).await.expect("it replaces");
    let failed: Vec<_> = outcomes.iter().filter(|it| it.verdict == Verdict::Fail).collect();
    let numbers: BTreeSet<u8> = failed.iter().map(|it| it.id.number()).collect();
    // Each is a fault that proxies of this kind have had.
    for number in [3, 4, 5, 8, 9, 14, 16, 20, 30, 31, 32] {
        assert!(numbers.contains(&number), "T{number:02} finds no fault: {numbers:?}");
    }
    // And what it does right is not called wrong.
    let right = ["T01-as-usual", "T36-text", "T36-large", "T21-bytewise"];
    let only = right.map(|it| it.parse().expect("a name"));
    let behind = behind.waiting(PATIENCE);
    let outcomes = behind.try_all(&corpus, &only, &other).await.expect("it replaces");
    for right in right {
        let outcome = outcomes.iter().find(|it| it.id.to_string() == right).expect(right);
        assert_ne!(outcome.verdict, Verdict::Fail, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_puts_no_value_anywhere_is_told_so_before_anything_is_tried() {
    let (corpus, behind) = (Corpus::read().expect("a corpus"), behind().await);
    let proxy = naive::start(&[(HOST, &behind)], "PLACEHOLDER_1", VALUE).await;
    let other = OtherProxy {
        address: proxy.address,
        credential: None,
        ca: proxy.certificate.clone(),
        placeholder: "PLACEHOLDER_2".to_owned(),
        value: value(),
    };
    match behind.try_all(&corpus, &[], &other).await {
        Err(SelftestError::NotConfigured(why)) => assert_eq!(why, "a request arrived without it"),
        other => panic!("{:?}", other.map(|it| it.len())),
    }
}
