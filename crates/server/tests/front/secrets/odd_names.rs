//! A key from the path is a key or nothing: it never reaches another route, whatever is written there.

use crate::support::TestServer;

#[test]
fn odd_characters_in_a_path_lead_nowhere_else() {
    let server = TestServer::start();
    let client = server.client("read,write,reveal,resolve,admin");
    client.set("CRM_TOKEN", "v");
    for name in [
        "..%2Fagents%2Ffoo",
        "%2e%2e",
        "..",
        ".",
        "%2E%2E%2Fsecrets%2FCRM_TOKEN",
        "CRM_TOKEN%00",
        "CRM_TOKEN%20",
        "%43RM_TOKEN%2F",
        "crm_token",
        "CRM_TOKEN%0d%0aset-cookie:x",
        "%FF",
        "%",
        "%zz",
        "CRM_TOKEN;x=1",
        "%252e%252e",
        "CRM_TOKEN%2Freveal",
        "Ｃ",
        "",
    ] {
        for method in ["GET", "DELETE"] {
            let answer = client.request(method, &format!("/v1/secrets/{}", encoded(name))).send();
            let status = answer.status.as_u16();
            assert!(
                matches!(status, 400 | 404 | 405),
                "{method} {name}: {status} {}",
                answer.text()
            );
            assert!(answer.headers.get("set-cookie").is_none(), "{name}");
            // However it is refused, it is by distri, in the form that programs read.
            assert!(answer.json()["code"].is_string(), "{method} {name}: {}", answer.text());
            assert_eq!(answer.header("cache-control"), "no-store", "{name}");
            assert!(!answer.header("x-request-id").is_empty(), "{name}");
        }
    }
    // The same key written in another way is the same key.
    assert_eq!(client.get("/v1/secrets/%43RM_TOKEN").json()["key"], "CRM_TOKEN");
    assert_eq!(
        client.get("/v1/secrets").json().as_array().map(Vec::len),
        Some(1),
        "nothing was deleted"
    );
    for path in [
        "//v1/secrets",
        "/v1//secrets",
        "/v1/secrets/",
        "/V1/secrets",
        "/v1/./secrets",
        "/v1/agents/../secrets",
    ] {
        let answer = client.get(path);
        assert!(matches!(answer.status.as_u16(), 404), "{path}: {}", answer.status);
    }
}

/// What a client library refuses to send is written as escapes.
fn encoded(name: &str) -> String {
    name.chars()
        .map(|it| {
            if it.is_ascii() {
                it.to_string()
            } else {
                it.to_string().bytes().map(|b| format!("%{b:02X}")).collect()
            }
        })
        .collect()
}
