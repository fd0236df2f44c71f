//! Text of other people in the pages of secrets: shown as text, and put into no header.

use crate::support::{Browser, TestServer, encoded};

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "x\r\nset-cookie: distri=x",
    "{{secrets.CRM_TOKEN}}",
];

#[test]
fn notes_are_text_wherever_they_are_shown() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let client = server.client("write");
    for text in HOSTILE {
        let body = serde_json::json!({ "key": "CRM_TOKEN", "value": "v", "note": text });
        assert!(client.post("/v1/secrets", &body).status.is_success());
        for path in [
            "/settings/secrets",
            "/settings/secrets/CRM_TOKEN",
            "/settings/secrets/CRM_TOKEN/edit",
            "/settings/secrets/CRM_TOKEN/delete",
        ] {
            let answer = browser.get(path);
            assert!(!answer.headers.contains_key("set-cookie"), "{path}");
            let page = answer.text();
            for raw in ["<script>alert", "<img src", "</textarea><script"] {
                assert!(!page.contains(raw), "{path} {text}: {page}");
            }
        }
    }
}

#[test]
fn every_field_takes_hostile_text_as_text_or_not_at_all() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    server.client("write").set("CRM_TOKEN", "v");
    for page in ["/settings/secrets/new", "/settings/secrets/CRM_TOKEN/edit"] {
        for field in [
            "key",
            "environment",
            "hosts",
            "agents",
            "delivery",
            "note",
            "expires",
            "rotate",
            "expected",
        ] {
            for text in HOSTILE {
                let fields: Vec<_> = [("key", "X"), ("value", "v"), (field, *text)]
                    .into_iter()
                    .filter(|it| it.0 != field || it.1 == *text)
                    .collect();
                let answer = browser.submit(page, page, &fields);
                assert!(
                    [303, 400, 422].contains(&answer.status.as_u16()),
                    "{page} {field} {text}: {}",
                    answer.status
                );
                assert!(!answer.headers.contains_key("set-cookie"), "{page} {field} {text}");
                let shown = answer.text();
                for raw in ["<script>alert", "<img src", "</textarea><script"] {
                    assert!(!shown.contains(raw), "{page} {field} {text}: {shown}");
                }
            }
        }
    }
    for text in HOSTILE {
        let text = encoded(text);
        for path in [
            format!("/settings/secrets?q={text}&after={text}&done={text}"),
            format!("/settings/secrets/{text}"),
            format!("/settings/secrets/new?key={text}"),
        ] {
            let shown = browser.get(&path).text();
            assert!(
                !shown.contains("<script>alert") && !shown.contains("<img src"),
                "{path}: {shown}"
            );
        }
    }
}
