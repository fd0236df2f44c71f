//! The canonical request: vectors from `data/requests.txt`, limits, and what holds for any input.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use distri_egress::Request;
use distri_egress::request::{MAX_BODY, MAX_HEADER_BYTES, MAX_HEADERS, MAX_TARGET};
use proptest::prelude::*;

#[test]
fn every_vector_becomes_what_its_line_says() {
    let mut wrong = Vec::new();
    for line in include_str!("data/requests.txt")
        .lines()
        .filter(|it| !it.is_empty() && !it.starts_with('#'))
    {
        let [id, method, url, headers, expected] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let headers = unescape(headers)
            .split("; ")
            .filter(|it| !it.is_empty())
            .map(header)
            .collect();
        let outcome = match Request::parse(method, &unescape(url), headers, vec![]) {
            Ok(request) => format!("ok {} {}", request.method(), request.url()),
            Err(error) => format!("no {}", error.rule()),
        };
        if outcome != expected {
            wrong.push(format!("{id}: {outcome}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn limits_are_exact() {
    let rule = |url: &str, headers, body| Request::parse("POST", url, headers, body).err().map(|it| it.rule());
    let url = "https://h.example/";
    assert_eq!(rule(url, vec![], vec![0; MAX_BODY]), None);
    assert_eq!(rule(url, vec![], vec![0; MAX_BODY + 1]), Some("body-too-large"));
    let many = |count| {
        (0..count)
            .map(|it| (format!("x-{it}"), String::new()))
            .collect::<Vec<_>>()
    };
    assert_eq!(rule(url, many(MAX_HEADERS), vec![]), None);
    assert_eq!(rule(url, many(MAX_HEADERS + 1), vec![]), Some("headers-too-large"));
    let large = |len| vec![("x".to_owned(), "v".repeat(len))];
    assert_eq!(rule(url, large(MAX_HEADER_BYTES - 1), vec![]), None);
    assert_eq!(rule(url, large(MAX_HEADER_BYTES), vec![]), Some("headers-too-large"));
    let path = |len| format!("https://h.example/{}", "p".repeat(len - 1));
    assert_eq!(rule(&path(MAX_TARGET), vec![], vec![]), None);
    assert_eq!(rule(&path(MAX_TARGET + 1), vec![], vec![]), Some("target-too-long"));
    // Escapes count as sent.
    assert_eq!(
        rule(
            &format!("https://h.example/{}", "ü".repeat(MAX_TARGET / 4)),
            vec![],
            vec![]
        ),
        Some("target-too-long")
    );
}

#[test]
fn a_form_cannot_name_another_method() {
    let form = |body: &str| {
        let headers = vec![(
            "Content-Type".to_owned(),
            "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
        )];
        Request::parse("POST", "https://h.example/", headers, body.into())
            .err()
            .map(|it| it.rule())
    };
    assert_eq!(form("a=1&%5fmethod=DELETE"), Some("method-override"));
    assert_eq!(form("method=DELETE&a_method=x"), None);
}

#[test]
fn debug_shows_neither_path_nor_headers_nor_body() {
    let headers = vec![("authorization".to_owned(), "CANARY".to_owned())];
    let request = Request::parse(
        "POST",
        "https://h.example:8443/CANARY?CANARY",
        headers,
        b"CANARY".into(),
    )
    .unwrap();
    assert_eq!(format!("{request:?}"), "Request(POST https://h.example:8443)");
}

proptest! {
    #[test]
    fn no_text_panics(method in "\\PC{0,20}", url in "\\PC{0,60}", name in "\\PC{0,10}", value in any::<String>()) {
        let _ = Request::parse(&method, &url, vec![(name, value)], vec![]);
    }

    #[test]
    fn what_is_sent_is_read_as_the_same_request(
        method in "[A-Za-z]{1,8}",
        scheme in "https?",
        host in "[a-zü.0-9-]{1,20}|\\[[0-9a-f:]{2,20}\\]",
        port in "(:[0-9]{1,5})?",
        rest in "(/[a-z0-9%.;:@ ü+'\"<>^`{}|\\\\/-]{0,30})?(\\?[a-z0-9%&=+ /?'\"<>^`{}|\\\\ü-]{0,30})?(#[a-z]{0,3})?",
        value in "[ -~]{0,20}",
        body in proptest::collection::vec(any::<u8>(), 0..50),
    ) {
        let url = format!("{scheme}://{host}{port}{rest}");
        if let Ok(request) = Request::parse(&method, &url, vec![("X-Value".into(), value)], body) {
            let again = Request::parse(request.method(), &request.url(), request.headers().to_vec(), request.body().to_vec());
            prop_assert_eq!(again, Ok(request.clone()));
            prop_assert!(request.path().starts_with('/'));
            prop_assert!(!request.path().split('/').any(|it| it == "." || it == ".."));
        }
    }
}

fn unescape(text: &str) -> String {
    text.replace("\\t", "\t")
        .replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace("\\0", "\0")
        .replace("\\x7f", "\x7f")
}

fn header(text: &str) -> (String, String) {
    let at = text[1..].find(':').unwrap() + 1;
    (
        text[..at].to_owned(),
        text[at + 1..].strip_prefix(' ').unwrap_or(&text[at + 1..]).to_owned(),
    )
}
