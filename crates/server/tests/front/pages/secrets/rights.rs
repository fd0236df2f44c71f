//! What a role may: buttons are not shown where it may not, and a form that is sent anyway is refused.

use distri_core::authz::Role;

use crate::support::{Browser, PASSWORD, TestServer, local, parsed};

/// Each form below a secret, with fields that it would take.
const FORMS: &[(&str, &[(&str, &str)])] = &[
    ("/settings/secrets/new", &[("key", "ANOTHER"), ("value", "v")]),
    ("/settings/secrets/import", &[("text", "A=1")]),
    ("/settings/secrets/CRM_TOKEN/edit", &[("value", "v")]),
    ("/settings/secrets/CRM_TOKEN/delete", &[]),
    ("/settings/secrets/CRM_TOKEN/undelete", &[]),
    ("/settings/secrets/CRM_TOKEN/rollback", &[("version", "1")]),
    ("/settings/secrets/CRM_TOKEN/promote", &[]),
    ("/settings/secrets/CRM_TOKEN/unstage", &[]),
    ("/settings/secrets/CRM_TOKEN/reveal", &[("password", PASSWORD)]),
];

#[test]
fn a_viewer_sees_and_changes_nothing() {
    let server = TestServer::start();
    server.client("write").set("CRM_TOKEN", "a value");
    let browser = Browser::of_member(&server, Role::Viewer);
    for path in ["/settings/secrets", "/settings/secrets/CRM_TOKEN"] {
        let page = browser.page(path);
        assert!(page.contains("CRM_TOKEN"), "{page}");
        for button in ["Add Secret", ">Edit", ">Delete", ">Reveal", "Roll back"] {
            assert!(!page.contains(button), "{path}: {button}");
        }
    }
    let token = crate::support::token_in(&browser.page("/settings/secrets"));
    for (path, fields) in FORMS {
        let fields: Vec<_> = [("csrf", token.as_str())]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        let answer = browser.post(path, &fields);
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
        assert!(!answer.text().contains("a value"));
        // Those that have a page of their own do not show it either.
        let page = browser.get(path).status.as_u16();
        assert!([403, 405].contains(&page), "{path}: {page}");
    }
    let vault = server.vault();
    assert_eq!(
        local(&vault)
            .get(&parsed("CRM_TOKEN"), &parsed("default"))
            .expect("is there")
            .version,
        1
    );
}

#[test]
fn a_member_changes_and_does_not_reveal() {
    let server = TestServer::start();
    server.client("write").set("CRM_TOKEN", "a value");
    let browser = Browser::of_member(&server, Role::Member);
    let page = browser.page("/settings/secrets/CRM_TOKEN");
    assert!(page.contains(">Edit") && !page.contains("Reveal"), "{page}");
    let reveal = "/settings/secrets/CRM_TOKEN/reveal";
    assert_eq!(browser.get(reveal).status, 403);
    let token = crate::support::token_in(&page);
    let answer = browser.post(reveal, &[("csrf", &token), ("password", PASSWORD)]);
    assert_eq!(answer.status, 403);
    let edit = "/settings/secrets/CRM_TOKEN/edit";
    assert_eq!(browser.submit(edit, edit, &[("value", "another")]).status, 303);
}

#[test]
fn another_accounts_secret_is_one_that_is_not_there() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let vault = server.vault();
    local(&vault).create_account(&parsed("other")).expect("an account");
    let there = vault
        .caller(distri_core::authz::Actor::local("ada"), &parsed("other"))
        .expect("the account");
    let value = distri_core::SecretValue::new(b"theirs".to_vec()).expect("a value");
    there
        .set(&distri_vault::secrets::SetSecret::new(
            parsed("CRM_TOKEN"),
            parsed("default"),
            value,
        ))
        .expect("sets");
    let token = crate::support::token_in(&browser.page("/settings/secrets"));
    let forms = FORMS.iter().skip(2);
    for (path, fields) in forms {
        let nothing = path.replace("CRM_TOKEN", "NO_TOKEN");
        let fields: Vec<_> = [("csrf", token.as_str())]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        let theirs = browser.post(path, &fields);
        let none = browser.post(&nothing, &fields);
        assert_eq!((theirs.status.as_u16(), none.status.as_u16()), (404, 404), "{path}");
    }
    for page in ["", "/edit", "/delete", "/reveal"] {
        assert_eq!(
            browser.get(&format!("/settings/secrets/CRM_TOKEN{page}")).status,
            404,
            "{page}"
        );
    }
    assert!(!browser.page("/settings/secrets").contains("CRM_TOKEN"));
}
