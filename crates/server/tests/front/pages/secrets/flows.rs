//! The three flows: Add Secret, key, value, Save; Edit, change, Save; Delete, Confirm.

use crate::support::{Browser, TestServer, local, parsed};

const LIST: &str = "/settings/secrets";

/// The value, as whoever may read it on the machine reads it.
#[track_caller]
fn value_of(server: &TestServer, key: &str, environment: &str) -> Vec<u8> {
    let vault = server.vault();
    let revealed = local(&vault)
        .reveal(&parsed(key), &parsed(environment), None)
        .expect("reveals");
    revealed.value.expose_secret().to_vec()
}

#[test]
fn a_secret_is_added_changed_and_deleted() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    assert!(browser.page(LIST).contains("Add Secret") && browser.page(LIST).contains("No secrets yet"));

    let fields = [("key", "STRIPE_API_KEY"), ("value", "sk_live_4242424242424242")];
    let page = browser.follow("/settings/secrets/new", "/settings/secrets/new", &fields);
    assert!(page.contains("Saved.") && page.contains("STRIPE_API_KEY"), "{page}");
    assert!(
        page.contains("api.stripe.com"),
        "a well-known key brings its hosts along"
    );
    assert_eq!(
        value_of(&server, "STRIPE_API_KEY", "default"),
        b"sk_live_4242424242424242"
    );

    let fields = [
        ("expected", "1"),
        ("value", "sk_live_5555"),
        ("hosts", "api.stripe.com"),
        ("note", "the second one"),
    ];
    let edit = "/settings/secrets/STRIPE_API_KEY/edit";
    let page = browser.follow(edit, edit, &fields);
    assert!(
        page.contains("Saved.") && page.contains("the second one") && page.contains("version 2"),
        "{page}"
    );
    assert_eq!(value_of(&server, "STRIPE_API_KEY", "default"), b"sk_live_5555");

    local(&server.vault())
        .put_agent("---\nname = \"payment_agent\"\n[secrets]\nrequired = [\"STRIPE_API_KEY\"]\n---\n")
        .expect("pushes");
    let delete = "/settings/secrets/STRIPE_API_KEY/delete";
    let page = browser.page(delete);
    assert!(
        page.contains("may break agents") && page.contains("<strong>payment_agent</strong>"),
        "{page}"
    );
    assert!(page.contains("Confirm"), "{page}");
    let page = browser.follow(delete, delete, &[("expected", "2")]);
    assert!(page.contains("Deleted.") && page.contains("1 deleted"), "{page}");
    assert!(!page.contains("STRIPE_API_KEY"), "{page}");

    assert!(browser.page("/settings/secrets/deleted").contains("STRIPE_API_KEY"));
    let undelete = "/settings/secrets/STRIPE_API_KEY/undelete";
    let page = browser.follow("/settings/secrets/deleted", undelete, &[]);
    assert!(
        page.contains("It is back.") && page.contains("the second one"),
        "{page}"
    );
}

#[test]
fn what_is_there_is_not_added_again_and_what_changed_is_not_overwritten() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    server.client("write").set("CRM_TOKEN", "first");
    let new = "/settings/secrets/new";
    let again = browser.submit(new, new, &[("key", "CRM_TOKEN"), ("value", "second")]);
    assert_eq!(again.status, 422);
    assert!(
        again.text().contains("there already") && again.text().contains("value=\"CRM_TOKEN\""),
        "{}",
        again.text()
    );
    assert_eq!(value_of(&server, "CRM_TOKEN", "default"), b"first");

    server.client("write").set("CRM_TOKEN", "of somebody else");
    let edit = "/settings/secrets/CRM_TOKEN/edit";
    let stale = browser.submit(edit, edit, &[("expected", "1"), ("value", "third")]);
    assert_eq!(stale.status, 422);
    assert!(stale.text().contains("at version 2"), "{}", stale.text());
    let delete = "/settings/secrets/CRM_TOKEN/delete";
    assert_eq!(browser.submit(delete, delete, &[("expected", "1")]).status, 412);
    assert_eq!(value_of(&server, "CRM_TOKEN", "default"), b"of somebody else");
}

#[test]
fn a_value_is_kept_as_it_is_typed() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let new = "/settings/secrets/new";
    for (key, typed, kept) in [
        ("SPACES", " a b\t", " a b\t"),
        (
            "LINES",
            "-----BEGIN-----\r\nabc\r\n-----END-----\r\n",
            "-----BEGIN-----\nabc\n-----END-----\n",
        ),
        ("SIGNS", "$2a$10$'\"<&>+%41=;", "$2a$10$'\"<&>+%41=;"),
        ("LETTERS", "ä日🗝", "ä日🗝"),
    ] {
        assert_eq!(browser.submit(new, new, &[("key", key), ("value", typed)]).status, 303);
        assert_eq!(value_of(&server, key, "default"), kept.as_bytes(), "{key}");
    }
    let largest = "x".repeat(64 << 10);
    assert_eq!(
        browser
            .submit(new, new, &[("key", "LARGE"), ("value", &largest)])
            .status,
        303
    );
    let larger = browser.submit(new, new, &[("key", "LARGER"), ("value", &"x".repeat((64 << 10) + 1))]);
    assert_eq!(larger.status, 422);
    let empty = browser.submit(new, new, &[("key", "EMPTY"), ("value", "")]);
    assert!(
        empty.status == 422 && empty.text().contains("id=\"value-fault\""),
        "{}",
        empty.text()
    );
}

#[test]
fn environments_are_apart_and_what_is_missing_in_one_is_seen() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let new = "/settings/secrets/new";
    for (key, environment) in [("SHARED", ""), ("SHARED", "prod"), ("ONLY_PROD", "prod")] {
        let fields = [("key", key), ("value", "v of it"), ("environment", environment)];
        let answer = browser.submit(new, new, &fields);
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    let page = browser.page(LIST);
    assert!(page.contains("missing here") && page.contains("set in prod"), "{page}");
    assert!(
        page.contains("/settings/secrets/new?environment=default&amp;key=ONLY_PROD"),
        "{page}"
    );
    let page = browser.page("/settings/secrets?environment=prod");
    assert!(!page.contains("missing here"), "{page}");
    let prefilled = browser.page("/settings/secrets/new?environment=dev&key=ONLY_PROD");
    assert!(
        prefilled.contains("value=\"ONLY_PROD\"") && prefilled.contains("value=\"dev\""),
        "{prefilled}"
    );
    for odd in [
        "/settings/secrets?environment=..%2F",
        "/settings/secrets?environment=PROD",
    ] {
        assert_eq!(browser.get(odd).status, 400, "{odd}");
    }
}

#[test]
fn the_list_is_searched_and_comes_in_pages() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let client = server.client("write");
    let many: Vec<_> = (0..150)
        .map(|it| serde_json::json!({ "key": format!("KEY_{it:03}"), "value": "v" }))
        .collect();
    let imported = client.post("/v1/secrets/import", &serde_json::json!({ "secrets": many }));
    assert_eq!(imported.status, 200, "{}", imported.text());
    let first = browser.page(LIST);
    assert!(
        first.contains("KEY_099") && !first.contains("KEY_100") && first.contains("150 keys"),
        "{first}"
    );
    let next = first
        .split("rel=\"next\" href=\"")
        .nth(1)
        .and_then(|it| it.split('"').next())
        .expect("a next page");
    let second = browser.page(&next.replace("&amp;", "&"));
    assert!(
        second.contains("KEY_100") && second.contains("KEY_149") && !second.contains("KEY_099<"),
        "{second}"
    );
    let found = browser.page("/settings/secrets?q=_04");
    assert!(
        found.contains("KEY_042") && found.contains("10 keys") && !found.contains("KEY_050"),
        "{found}"
    );
    assert!(
        browser
            .page("/settings/secrets?q=%3Cb%3Enothing")
            .contains("&lt;b&gt;nothing")
    );
}

#[test]
fn hosts_agents_note_and_dates_are_read_and_shown_again() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let new = "/settings/secrets/new";
    let fields = [
        ("key", "CRM_TOKEN"),
        ("value", "a value of it"),
        ("hosts", "crm.example.com\r\nGET,POST api.example.com:8443/v1\r\n"),
        ("agents", "sales_agent, payment_agent"),
        ("delivery", "placeholder"),
        ("body", "yes"),
        ("note", "of the old system"),
        ("expires", "2031-05-01"),
        ("rotate", "90"),
    ];
    assert_eq!(browser.submit(new, new, &fields).status, 303);
    let page = browser.page("/settings/secrets/CRM_TOKEN");
    for part in [
        "GET,POST api.example.com:8443/v1",
        "payment_agent, sales_agent",
        "a placeholder, also in bodies",
        "of the old system",
        "2031-05-01 00:00",
        "every 90 days",
    ] {
        assert!(page.contains(part), "no `{part}` in {page}");
    }
    let form = browser.page("/settings/secrets/CRM_TOKEN/edit");
    for part in [
        "value=\"2031-05-01\"",
        "value=\"90\"",
        "api.example.com:8443/v1",
        "payment_agent, sales_agent",
        "of the old system",
    ] {
        assert!(form.contains(part), "no `{part}` in {form}");
    }
    // Saved as it is shown, nothing changes.
    let edit = "/settings/secrets/CRM_TOKEN/edit";
    let same: Vec<_> = fields
        .iter()
        .filter(|it| it.0 != "key" && it.0 != "value")
        .copied()
        .collect();
    let page = browser.follow(edit, edit, &same);
    assert!(page.contains("version 1"), "{page}");
    for (field, wrong) in [
        ("hosts", "http://crm.example.com"),
        ("agents", "Not A Name!"),
        ("delivery", "x"),
        ("expires", "soon"),
        ("rotate", "0"),
    ] {
        let answer = browser.submit(edit, edit, &[(field, wrong)]);
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.text().contains("Nothing was changed"), "{field}");
    }
}
