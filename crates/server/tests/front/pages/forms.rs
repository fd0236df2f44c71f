//! What is typed into forms: shown again as text, never as markup, never as a header, and a password never.

use crate::support::{Browser, PASSWORD, TestServer, parsed};
use distri_core::authz::{Actor, Role};
use distri_vault::people::{Joining, NewInvitation, Password};

/// Text that would be a script, an attribute or a header wherever it is not escaped.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus=alert(1) x='",
    "</textarea><script>alert(1)</script>",
    "a\r\nset-cookie: distri=x",
    "javascript:alert(1)",
];

#[test]
fn what_is_typed_comes_back_as_text() {
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    let link = server
        .vault()
        .setup_link()
        .expect("reads")
        .expect("nobody is there yet");
    let browser = Browser::new(&server);
    browser.get(&format!("/setup/{}", link.expose_secret()));
    for text in HOSTILE {
        let fields = [("name", *text), ("email", *text), ("password", *text)];
        for (page, fields) in [("/setup", &fields[..]), ("/sign-in", &fields[1..])] {
            let answer = browser.submit(page, page, fields);
            assert_eq!(answer.status, 422, "{page} {text}");
            assert!(!answer.headers.contains_key("set-cookie"), "{page} {text}");
            let shown = answer.text();
            for raw in ["<script>alert", "<img src", "</textarea>"] {
                assert!(!shown.contains(raw), "{page} {text}: {shown}");
            }
        }
    }
}

#[test]
fn a_form_that_cannot_be_followed_says_what_is_wrong_beside_the_field() {
    let server = TestServer::start();
    let link = server
        .vault()
        .setup_link()
        .expect("reads")
        .expect("nobody is there yet");
    let browser = Browser::new(&server);
    browser.get(&format!("/setup/{}", link.expose_secret()));
    let answer = browser.submit(
        "/setup",
        "/setup",
        &[("name", "Ada"), ("email", "ada"), ("password", "short")],
    );
    let page = answer.text();
    assert_eq!(answer.status, 422);
    assert!(
        page.contains("value=\"Ada\"") && page.contains("value=\"ada\""),
        "{page}"
    );
    assert!(
        page.contains("aria-describedby=\"password-fault password-hint\"") && page.contains("aria-invalid=\"true\""),
        "{page}"
    );
    assert!(page.contains("href=\"#password\""), "{page}");
    assert!(!page.contains("short\""), "{page}");
}

#[test]
fn a_body_that_is_no_form_is_refused() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let origin = format!("http://{}", server.address);
    let send = |media: &str, body: &'static [u8]| {
        let request = server.request("POST", "/sign-out").header("origin", &origin);
        browser
            .exchange(request.header("content-type", media).body(body))
            .status
            .as_u16()
    };
    assert_eq!(send("application/json", b"{}"), 415);
    assert_eq!(send("text/plain", b"csrf=x"), 415);
    assert_eq!(send("multipart/form-data; boundary=x", b"--x--"), 415);
    assert_eq!(send("application/x-www-form-urlencoded", b"csrf=%FF"), 400);
}

#[test]
fn names_of_people_are_text() {
    let server = TestServer::start();
    let vault = server.vault();
    let new = NewInvitation {
        email: parsed("grace@example.com"),
        role: Role::Member,
    };
    let inviter = vault
        .caller(Actor::local("<b>ada</b>"), &parsed("default"))
        .expect("the account");
    let (link, _) = inviter.invite(&new).expect("invites");
    let browser = Browser::new(&server);
    browser.get(&format!("/join/{}", link.expose_secret()));
    assert!(browser.page("/join").contains("&lt;b&gt;ada&lt;/b&gt; invites"));
    let joining = Joining {
        name: Some(parsed("<script>alert(1)</script>")),
        password: Password::new(PASSWORD.to_owned()),
    };
    vault
        .accept_invitation(&link.presented(), &joining, [127, 0, 0, 1].into())
        .expect("joins");
    browser.sign_in("grace@example.com", PASSWORD);
    let page = browser.page("/settings/secrets");
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script>alert"),
        "{page}"
    );
}
