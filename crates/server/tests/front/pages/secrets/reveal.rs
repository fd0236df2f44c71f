//! Reading a value: after the password, on the record, in that answer only.

use std::sync::Arc;
use std::time::Duration;

use distri_core::audit::ActionKind;
use distri_core::clock::FixedClock;
use distri_core::{Clock, SystemClock};
use distri_vault::people::PASSWORD_FRESH;
use serde_json::json;

use crate::support::{Browser, PASSWORD, TestServer, local};

const REVEAL: &str = "/settings/secrets/CRM_TOKEN/reveal";

/// Who revealed something, in the order of the log.
fn reveals(server: &TestServer) -> Vec<(String, u32)> {
    let vault = server.vault();
    let records = local(&vault)
        .audit_newest(100)
        .expect("lists")
        .into_iter()
        .map(|it| it.1);
    let reveals = records.filter(|it| it.action == ActionKind::Reveal);
    reveals.map(|it| (it.actor.name, it.subjects[0].version)).collect()
}

#[test]
fn a_value_is_read_once_and_it_is_on_the_record() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    server
        .client("write")
        .set("CRM_TOKEN", "<b>&\"quoted\"</b>\r\nsecond line");
    assert_eq!(reveals(&server), []);
    let answer = browser.submit(REVEAL, REVEAL, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.text();
    assert!(
        page.contains("&lt;b&gt;&amp;&quot;quoted&quot;&lt;/b&gt;&#13;\nsecond line</pre>"),
        "{page}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(
        !browser.page(REVEAL).contains("quoted"),
        "asked for again, it is not there"
    );
    assert_eq!(reveals(&server), [("ada@example.com".to_owned(), 1)]);
}

#[test]
fn an_earlier_version_and_bytes_that_are_no_text_are_shown() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let client = server.client("write");
    let bytes = json!({ "key": "CRM_TOKEN", "value": "/wD/", "encoding": "base64" });
    assert_eq!(client.post("/v1/secrets", &bytes).status, 201);
    client.set("CRM_TOKEN", "the second value");
    assert!(browser.submit(REVEAL, REVEAL, &[]).text().contains("the second value"));
    let first = format!("{REVEAL}?version=1");
    let page = browser.submit(&first, &first, &[]).text();
    assert!(page.contains("/wD/") && page.contains("base64"), "{page}");
    assert_eq!(browser.submit(REVEAL, &format!("{REVEAL}?version=9"), &[]).status, 404);
}

#[test]
fn after_a_while_the_password_is_asked_for_again_and_the_session_gets_a_new_text() {
    // Ahead of what the test itself does with the store, by the clock of the machine.
    let start = SystemClock
        .now()
        .checked_add(Duration::from_secs(60))
        .expect("in range");
    let clock = Arc::new(FixedClock::at(start));
    let server = TestServer::start_at(clock.clone(), |_| {});
    let browser = Browser::of_owner(&server);
    server.client("write").set("CRM_TOKEN", "the value of it");
    assert!(!browser.page(REVEAL).contains("Your password"));
    clock.set(
        clock
            .now()
            .checked_add(PASSWORD_FRESH + Duration::from_secs(1))
            .expect("in range"),
    );
    assert!(browser.page(REVEAL).contains("Your password"));

    let before = browser.session();
    for password in ["", "not her password"] {
        let refused = browser.submit(REVEAL, REVEAL, &[("password", password)]);
        assert_eq!(refused.status, 422);
        assert!(
            !refused.text().contains("the value of it") && !refused.text().contains("not her"),
            "{}",
            refused.text()
        );
    }
    assert_eq!(reveals(&server), [], "nothing was read");
    assert_eq!(browser.session(), before);

    let answer = browser.submit(REVEAL, REVEAL, &[("password", PASSWORD)]);
    assert!(answer.text().contains("the value of it"), "{}", answer.text());
    assert_ne!(browser.session(), before);
    assert_eq!(reveals(&server).len(), 1);
    // The page's own forms are of the new session.
    let token = crate::support::token_in(&answer.text());
    assert_eq!(browser.post("/sign-out", &[("csrf", &token)]).status, 303);

    let stolen = Browser::new(&server);
    stolen
        .cookies
        .borrow_mut()
        .insert("distri".to_owned(), before.expect("a session"));
    assert_eq!(stolen.get(REVEAL).status, 303, "the text of before is good for nothing");
}
