//! Many at once: looked at first, then confirmed; nothing of the file is in any page.

use crate::support::{Browser, TestServer, local, parsed};

const IMPORT: &str = "/settings/secrets/import";
const CONFIRM: &str = "/settings/secrets/import/confirm";
const FILE: &str = "# of the old system\r\nNEW_ONE=\"first canary\"\r\nCHANGED_ONE='second canary'\r\nSAME_ONE=third-canary\r\nPATH=fourth-canary\r\nfifth-canary=x\r\nEMPTY=\r\n";

/// The sealed text of a preview.
fn held_in(page: &str) -> String {
    let after = page.split("name=\"held\" value=\"").nth(1).expect("a held form");
    after.split('"').next().expect("a value").to_owned()
}

fn value_of(server: &TestServer, key: &str) -> Option<String> {
    let vault = server.vault();
    let revealed = local(&vault).reveal(&parsed(key), &parsed("prod"), None).ok()?;
    Some(String::from_utf8_lossy(revealed.value.expose_secret()).into_owned())
}

/// A server with what the file changes and repeats, and the preview of the file.
fn previewed() -> (TestServer, Browser, String) {
    let server = TestServer::start();
    let client = server.client("write");
    for (key, value) in [("CHANGED_ONE", "before"), ("SAME_ONE", "third-canary")] {
        let body = serde_json::json!({ "key": key, "value": value, "environment": "prod" });
        assert_eq!(client.post("/v1/secrets", &body).status, 201);
    }
    let browser = Browser::of_owner(&server);
    let answer = browser.submit(IMPORT, IMPORT, &[("text", FILE), ("environment", "prod")]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    (server, browser, answer.text())
}

#[test]
fn a_file_is_looked_at_and_then_imported() {
    let (server, browser, page) = previewed();
    assert!(
        page.contains("Import into prod?") && page.contains("1 new, 1 changed, 1 the same, 3 invalid"),
        "{page}"
    );
    assert!(
        page.contains("cannot be a secret") && !page.contains("canary"),
        "{page}"
    );
    assert_eq!(
        (
            value_of(&server, "NEW_ONE"),
            value_of(&server, "CHANGED_ONE").as_deref()
        ),
        (None, Some("before"))
    );

    let token = crate::support::token_in(&page);
    let fields = [("csrf", token.as_str()), ("held", &held_in(&page)), ("replace", "yes")];
    let answer = browser.post(CONFIRM, &fields);
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/settings/secrets?environment=prod&done=imported")
    );
    for (key, value) in [
        ("NEW_ONE", "first canary"),
        ("CHANGED_ONE", "second canary"),
        ("SAME_ONE", "third-canary"),
    ] {
        assert_eq!(value_of(&server, key).as_deref(), Some(value), "{key}");
    }
    assert!(
        browser
            .page("/settings/secrets/SAME_ONE?environment=prod")
            .contains("version 1"),
        "the same is no new version"
    );
}

#[test]
fn what_changed_stays_unless_it_is_said() {
    let (server, browser, page) = previewed();
    let token = crate::support::token_in(&page);
    assert_eq!(
        browser
            .post(CONFIRM, &[("csrf", &token), ("held", &held_in(&page))])
            .status,
        303
    );
    assert_eq!(value_of(&server, "NEW_ONE").as_deref(), Some("first canary"));
    assert_eq!(value_of(&server, "CHANGED_ONE").as_deref(), Some("before"));
}

#[test]
fn what_is_sealed_is_of_one_session_and_cannot_be_changed() {
    let (server, browser, page) = previewed();
    let held = held_in(&page);
    let other = Browser::of_member(&server, distri_core::authz::Role::Admin);
    assert_eq!(
        other.submit(IMPORT, CONFIRM, &[("held", &held)]).status,
        400,
        "another session's"
    );
    let last = if held.ends_with('A') { "B" } else { "A" };
    for wrong in ["", "x", &held[1..], &format!("{}{last}", &held[..held.len() - 1])] {
        assert_eq!(browser.submit(IMPORT, CONFIRM, &[("held", wrong)]).status, 400);
    }
    assert_eq!(value_of(&server, "NEW_ONE"), None);
}

#[test]
fn every_line_that_cannot_be_read_is_a_row_and_nothing_of_the_file_is_imported() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let text =
        "NEW_ONE=first\nfifth-canary\nNEW_ONE=sixth-canary\nOTHER_ONE=other\nLAST_ONE=\"seventh-canary\nX=canary\n";
    let answer = browser.submit(IMPORT, IMPORT, &[("text", text), ("environment", "prod")]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.text();
    assert!(page.contains("2 new, 0 changed, 0 the same, 3 invalid"), "{page}");
    for (line, said) in [
        (2, "It is not <code>KEY=value</code>"),
        (3, "This key is on line 1 already"),
        (5, "Its double quote is not closed"),
    ] {
        let row = page
            .split("<tr>")
            .find(|it| it.contains(&format!("data-label=\"Line\">{line}<")));
        assert!(
            row.is_some_and(|it| it.contains("invalid") && it.contains(said)),
            "line {line}: {page}"
        );
    }
    assert!(!page.contains("canary"), "{page}");
    // `NEW_ONE` may be the first line of a value of several, or the second of the two: nothing is guessed.
    assert!(
        !page.contains(CONFIRM) && page.contains("Nothing can be imported"),
        "{page}"
    );
    assert_eq!(value_of(&server, "OTHER_ONE"), None);
}

#[test]
fn a_file_that_cannot_be_read_says_where_and_shows_nothing_of_it() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    for (text, said) in [("", "no line KEY=value"), ("# canary\n", "no line KEY=value")] {
        let answer = browser.submit(IMPORT, IMPORT, &[("text", text)]);
        assert_eq!(answer.status, 422, "{text}");
        assert!(
            answer.text().contains(said) && !answer.text().contains("canary"),
            "{text}: {}",
            answer.text()
        );
    }
    let many: String = (0..1_001).map(|it| format!("KEY_{it}=v\n")).collect();
    assert_eq!(browser.submit(IMPORT, IMPORT, &[("text", &many)]).status, 422);
    assert_eq!(
        browser
            .submit(IMPORT, IMPORT, &[("text", "A=1"), ("environment", "No!")])
            .status,
        422
    );
    let viewer = Browser::of_member(&server, distri_core::authz::Role::Viewer);
    assert_eq!(viewer.get(IMPORT).status, 403);
    assert_eq!(
        viewer.submit("/settings/secrets", IMPORT, &[("text", "A=1")]).status,
        403
    );
    assert_eq!(
        viewer.submit("/settings/secrets", CONFIRM, &[("held", "x")]).status,
        403
    );
}

#[test]
fn environments_stand_side_by_side() {
    let (_server, browser, _) = previewed();
    let page = browser.page("/settings/secrets/compare");
    assert!(
        page.contains("CHANGED_ONE")
            && page.contains("missing")
            && page.contains("data-label=\"prod\"")
            && page.contains("/settings/secrets/new?environment=default&amp;key=CHANGED_ONE"),
        "{page}"
    );
    assert!(
        page.contains("/settings/secrets/CHANGED_ONE?environment=prod"),
        "{page}"
    );
    assert!(browser.page("/settings/secrets").contains("Side by side"));
    assert!(browser.page("/settings/secrets/compare?q=same").contains("1 key"));
}
