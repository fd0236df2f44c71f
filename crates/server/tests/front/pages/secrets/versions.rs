//! Versions: who set which, the way back, and the next value beside the one in use.

use crate::support::{Browser, TestServer, local, parsed};

const PAGE: &str = "/settings/secrets/CRM_TOKEN";

#[track_caller]
fn value_of(server: &TestServer) -> String {
    let vault = server.vault();
    let revealed = local(&vault)
        .reveal(&parsed("CRM_TOKEN"), &parsed("default"), None)
        .expect("reveals");
    String::from_utf8(revealed.value.expose_secret().to_vec()).expect("text")
}

#[test]
fn an_earlier_value_comes_back_as_the_newest_version() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let client = server.client("write");
    client.set("CRM_TOKEN", "the first value");
    client.set("CRM_TOKEN", "the second value");
    let page = browser.page(PAGE);
    assert!(page.contains("value set") && page.contains("Roll back"), "{page}");
    let rollback = "/settings/secrets/CRM_TOKEN/rollback";
    let page = browser.follow(PAGE, rollback, &[("version", "1"), ("expected", "2")]);
    assert!(
        page.contains("Rolled back") && page.contains("rolled back to version 1") && page.contains("ada@example.com"),
        "{page}"
    );
    assert_eq!(value_of(&server), "the first value");
    assert_eq!(
        browser
            .submit(PAGE, rollback, &[("version", "1"), ("expected", "2")])
            .status,
        412,
        "it has changed"
    );
    assert_eq!(browser.submit(PAGE, rollback, &[("version", "9")]).status, 404);
    assert_eq!(browser.submit(PAGE, rollback, &[("version", "x")]).status, 400);
}

#[test]
fn the_next_value_waits_until_it_is_taken_into_use() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    server.client("write").set("CRM_TOKEN", "the first value");
    let edit = "/settings/secrets/CRM_TOKEN/edit";
    let page = browser.follow(
        edit,
        edit,
        &[("expected", "1"), ("value", "the next value"), ("stage", "yes")],
    );
    assert!(
        page.contains("Take into use") && page.contains("next value staged"),
        "{page}"
    );
    assert_eq!(value_of(&server), "the first value");
    let page = browser.follow(PAGE, "/settings/secrets/CRM_TOKEN/promote", &[]);
    assert!(
        page.contains("The staged value is in use.") && !page.contains("Take into use"),
        "{page}"
    );
    assert_eq!(value_of(&server), "the next value");

    browser.follow(edit, edit, &[("value", "another value"), ("stage", "yes")]);
    let page = browser.follow(PAGE, "/settings/secrets/CRM_TOKEN/unstage", &[]);
    assert!(page.contains("given up"), "{page}");
    assert_eq!(value_of(&server), "the next value");
    assert_eq!(
        browser.submit(PAGE, "/settings/secrets/CRM_TOKEN/promote", &[]).status,
        409
    );
    assert_eq!(
        browser.submit(edit, edit, &[("stage", "yes")]).status,
        422,
        "there is nothing to stage"
    );
}
