//! The first owner and whoever is invited, by the links that they get.

use distri_core::authz::Role;
use distri_core::credential::{PlainInvitation, PlainSetup};
use distri_vault::people::NewInvitation;

use crate::support::{Browser, PASSWORD, TestServer, local, parsed};

#[test]
fn the_link_makes_one_owner_and_its_secret_stays_in_no_address() {
    let server = TestServer::start();
    let secret = server
        .vault()
        .setup_link()
        .expect("reads")
        .expect("nobody is there yet");
    let secret = secret.expose_secret().to_owned();
    let browser = Browser::new(&server);
    assert_eq!(browser.get("/setup").status, 403, "without the link there is no form");
    for wrong in ["x", PlainSetup::random().expose_secret()] {
        let answer = browser.get(&format!("/setup/{wrong}"));
        assert!([303, 403].contains(&answer.status.as_u16()));
        let fields = [("name", "Eve"), ("email", "eve@example.com"), ("password", PASSWORD)];
        if answer.status == 303 {
            assert_eq!(browser.submit("/setup", "/setup", &fields).status, 403);
        }
    }

    let led = browser.get(&format!("/setup/{secret}"));
    assert_eq!((led.status.as_u16(), led.header("location")), (303, "/setup"));
    assert!(!browser.page("/setup").contains(&secret), "the form does not hold it");
    let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
    let page = browser.follow("/setup", "/setup", &fields);
    assert!(page.contains("ada@example.com") && page.contains("owner"), "{page}");
    assert!(!browser.cookies.borrow().contains_key("distri-setup"));

    let again = Browser::new(&server);
    again.get(&format!("/setup/{secret}"));
    let answer = again.submit(
        "/setup",
        "/setup",
        &[("name", "Eve"), ("email", "eve@example.com"), ("password", PASSWORD)],
    );
    assert_eq!(answer.status, 403, "it is good once");
}

#[test]
fn whoever_is_invited_joins_with_a_name_and_a_password_of_their_own() {
    let server = TestServer::start();
    let vault = server.vault();
    let invite = |account: &str, role| {
        let caller = vault
            .caller(distri_core::authz::Actor::local("ada"), &parsed(account))
            .expect("the account");
        let new = NewInvitation {
            email: parsed("grace@example.com"),
            role,
        };
        caller.invite(&new).expect("invites").0.expose_secret().to_owned()
    };
    let link = invite("default", Role::Viewer);
    let browser = Browser::new(&server);
    assert_eq!(browser.get("/join").status, 403);
    assert_eq!(
        browser
            .get(&format!("/join/{}", PlainInvitation::random().expose_secret()))
            .status,
        303
    );
    assert_eq!(browser.get("/join").status, 403, "nobody was invited by that");

    assert_eq!(browser.get(&format!("/join/{link}")).status, 303);
    let page = browser.page("/join");
    assert!(
        page.contains("Join default") && page.contains("grace@example.com") && page.contains("viewer"),
        "{page}"
    );
    assert_eq!(
        browser
            .submit("/join", "/join", &[("name", ""), ("password", "short")])
            .status,
        422
    );
    let page = browser.follow("/join", "/join", &[("name", "Grace"), ("password", PASSWORD)]);
    assert!(page.contains("Grace") && page.contains("viewer"), "{page}");
    assert_eq!(Browser::new(&server).get(&format!("/join/{link}")).status, 303);

    // Somebody known gives their password, and then has two accounts to look at.
    local(&vault).create_account(&parsed("acme")).expect("an account");
    let link = invite("acme", Role::Admin);
    browser.get(&format!("/join/{link}"));
    assert_eq!(
        browser
            .submit("/join", "/join", &[("password", "not her password")])
            .status,
        422
    );
    let page = browser.follow("/join", "/join", &[("password", PASSWORD)]);
    assert!(page.contains("admin of acme"), "{page}");
    let page = browser.follow("/settings/secrets", "/account", &[("account", "default")]);
    assert!(page.contains("viewer of default"), "{page}");
    assert_eq!(
        browser
            .submit("/settings/secrets", "/account", &[("account", "nowhere")])
            .status,
        404
    );
}
