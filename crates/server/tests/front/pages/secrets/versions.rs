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
fn the_next_value_and_what_is_known_of_it_are_saved_together_or_not_at_all() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let client = server.client("read,write");
    client.set("CRM_TOKEN", "the first value");
    let edit = "/settings/secrets/CRM_TOKEN/edit";
    let fields = [
        ("expected", "1"),
        ("value", "the next value"),
        ("hosts", "crm.example.com"),
        ("note", "changed with it"),
        ("stage", "yes"),
    ];
    let database = rusqlite::Connection::open(server.home.database()).expect("opens");
    database.busy_timeout(std::time::Duration::from_secs(5)).expect("waits");
    // The policy is written by then, the next value not yet.
    database
        .execute_batch(
            "create trigger in_the_middle before insert on secret_versions when new.staging = 'staged'
             begin select raise(abort, 'in the middle'); end",
        )
        .expect("makes it");
    let before = client.get("/v1/secrets/CRM_TOKEN").json();
    assert!(browser.submit(edit, edit, &fields).status.is_server_error());
    assert_eq!(
        client.get("/v1/secrets/CRM_TOKEN").json(),
        before,
        "nothing was changed"
    );
    database.execute_batch("drop trigger in_the_middle").expect("drops it");

    browser.follow(edit, edit, &fields);
    let now = client.get("/v1/secrets/CRM_TOKEN").json();
    assert_eq!(now["note"], "changed with it");
    assert_eq!(now["hosts"], serde_json::json!(["crm.example.com"]));
    // The policy in use is a version of its own, and the next value is sealed with it.
    assert_eq!((&now["version"], &now["staged_version"]), (&2.into(), &3.into()));
    let page = browser.follow(PAGE, "/settings/secrets/CRM_TOKEN/promote", &[]);
    assert!(page.contains("The staged value is in use."), "{page}");
    assert_eq!(value_of(&server), "the next value");
    // Of the description alone there is no version: saved with a next value it is believed all the same.
    let fields = [
        ("expected", "4"),
        ("value", "another value"),
        ("hosts", "crm.example.com"),
        ("expires", "2100-01-01"),
        ("stage", "yes"),
    ];
    browser.follow(edit, edit, &fields);
    assert_eq!(value_of(&server), "the next value");
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
