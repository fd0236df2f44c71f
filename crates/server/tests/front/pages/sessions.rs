//! Sessions in cookies: made new, ended in the store, bound to this host.

use distri_vault::people::Password;

use crate::support::{Browser, PASSWORD, TestServer, parsed, token_in};

#[test]
fn signing_in_makes_a_session_that_nobody_knew_before() {
    let server = TestServer::start();
    let first = Browser::of_owner(&server).session().expect("a session");

    let browser = Browser::new(&server);
    // Somebody has put a session of their own, or one of no meaning, into this browser.
    browser.cookies.borrow_mut().insert("distri".to_owned(), first.clone());
    let answer = browser.sign_in("ada@example.com", PASSWORD);
    assert_eq!(answer.header("location"), "/settings/secrets");
    let second = browser.session().expect("a session");
    assert_ne!(first, second);
    assert!(browser.page("/settings/secrets").contains("Sign out"));
    browser.cookies.borrow_mut().insert("distri".to_owned(), first);
    assert_eq!(
        browser.get("/settings/secrets").status,
        303,
        "the one of before has ended"
    );
}

#[test]
fn a_cookie_is_for_this_host_and_no_script() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let answer = browser.sign_in("ada@example.com", PASSWORD);
    let cookies: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|it| it.to_str().expect("text"))
        .collect();
    let session = cookies
        .iter()
        .find(|it| it.starts_with("distri="))
        .expect("the session");
    assert!(session.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{session}");

    let proxied = TestServer::start_with(|it| it.behind_proxy = true);
    let answer = proxied.request("GET", "/sign-in").send();
    let visit = answer.header("set-cookie");
    assert!(
        visit.starts_with("__Host-distri-visit=") && visit.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{visit}"
    );
    assert!(!visit.contains("Domain"), "{visit}");
}

#[test]
fn signing_out_ends_the_session_and_not_only_the_cookie() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let session = browser.session().expect("a session");
    let page = browser.follow("/settings/secrets", "/sign-out", &[]);
    assert!(page.contains("You are signed out."), "{page}");
    assert_eq!(browser.session(), None, "the cookie is gone");
    browser.cookies.borrow_mut().insert("distri".to_owned(), session);
    assert_eq!(browser.get("/settings/secrets").header("location"), "/sign-in");
    // A session that ended elsewhere leaves no cookie either to whoever signs out.
    assert!(browser.session().is_some());
    assert_eq!(browser.post("/sign-out", &[]).header("location"), "/sign-in?done=ended");
    assert_eq!(browser.session(), None);
}

#[test]
fn a_wrong_password_says_nothing_of_who_is_known_and_is_limited() {
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    let owner = Browser::of_owner(&server);
    drop(owner);
    let browser = Browser::new(&server);
    let known = browser.sign_in("ada@example.com", "not her password");
    let unknown = browser.sign_in("grace@example.com", "not her password");
    let none = browser.sign_in("grace", "not her password");
    for answer in [&known, &unknown, &none] {
        assert_eq!(answer.status, 422);
        assert!(
            answer.text().contains("The address or the password is wrong"),
            "{}",
            answer.text()
        );
        assert!(
            !answer.text().contains("not her password"),
            "what was typed is not shown"
        );
        assert!(browser.session().is_none());
    }
    for _ in 0..9 {
        browser.sign_in("ada@example.com", "not her password");
    }
    let refused = browser.sign_in("ada@example.com", PASSWORD);
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "900"));
}

#[test]
fn nobody_signs_another_browser_in() {
    let server = TestServer::start();
    drop(Browser::of_owner(&server));
    let attacker = Browser::new(&server);
    let token = token_in(&attacker.page("/sign-in"));
    let victim = Browser::new(&server);
    victim.page("/sign-in");
    let fields = [
        ("csrf", token.as_str()),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    assert_eq!(
        victim.post("/sign-in", &fields).status,
        403,
        "the token is of another browser"
    );
    let own = token_in(&victim.page("/sign-in"));
    let fields = [
        ("csrf", own.as_str()),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    let form = victim.form("/sign-in", &fields).header("origin", "http://evil.example");
    assert_eq!(victim.exchange(form).status, 403, "the form is of another site");
    assert!(victim.session().is_none());
}

#[test]
fn signing_in_leads_to_our_own_pages_only() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    for (next, place) in [
        (
            "/settings/secrets?environment=prod",
            "/settings/secrets?environment=prod",
        ),
        ("//evil.example", "/settings/secrets"),
        ("https://evil.example/settings/secrets", "/settings/secrets"),
        ("/\\evil.example", "/settings/secrets"),
        ("/settings/secrets\r\nset-cookie: distri=x", "/settings/secrets"),
        ("javascript:alert(1)", "/settings/secrets"),
    ] {
        let asked = format!("/sign-in?next={}", crate::support::encoded(next));
        let page = browser.page(&asked);
        assert!(
            !page.contains("evil.example") && !page.contains("javascript:"),
            "{page}"
        );
        let fields = [("next", next), ("email", "ada@example.com"), ("password", PASSWORD)];
        let answer = browser.submit(&asked, "/sign-in", &fields);
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, place),
            "{next}"
        );
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2, "{next}");
    }
    let led = Browser::new(&server).get("/settings/secrets?environment=prod");
    assert_eq!(
        led.header("location"),
        "/sign-in?next=%2Fsettings%2Fsecrets%3Fenvironment%3Dprod"
    );
}

#[test]
fn a_new_password_and_a_removed_member_end_sessions_at_the_next_request() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let vault = server.vault();
    let new = Password::new("another horse battery staple".to_owned());
    crate::support::local(&vault)
        .reset_password(&parsed("ada@example.com"), &new)
        .expect("resets");
    assert_eq!(browser.get("/settings/secrets").status, 303);
}

#[test]
fn a_form_of_one_account_changes_nothing_in_another_that_a_second_tab_switched_to() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let vault = server.vault();
    let who = browser.session().expect("a session").parse().expect("a session");
    let (ada, _) = vault.authenticate_session(&who).expect("signed in");
    ada.create_account(&parsed("acme")).expect("an account");

    let add = "/settings/secrets/new";
    let first = token_in(&browser.page(add));
    let page = browser.follow("/settings/secrets", "/account", &[("account", "acme")]);
    assert!(page.contains("owner of acme"), "{page}");
    let fields = |token| [("csrf", token), ("key", "CRM_TOKEN"), ("value", "meant for default")];
    let refused = browser.post(add, &fields(&first));
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("another account"), "{}", refused.text());
    assert!(!browser.page("/settings/secrets").contains("CRM_TOKEN"));

    // Back where it was drawn, it is as good as before.
    browser.follow("/settings/secrets", "/account", &[("account", "default")]);
    assert_eq!(browser.post(add, &fields(&first)).status, 303);
    assert!(browser.page("/settings/secrets").contains("CRM_TOKEN"));
}
