//! The pages that give access and take it away: tokens, members, one's own sessions and password.

use std::sync::Arc;
use std::time::Duration;

use distri_core::authz::Role;
use distri_core::clock::FixedClock;
use distri_core::{Clock, SystemClock};
use distri_vault::people::PASSWORD_FRESH;

use super::reading::link;
use crate::support::{Answer, Browser, Client, PASSWORD, TestServer};

/// What stands in the page's field for what is shown once.
fn shown_once(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    let text = answer.text();
    let after = text.split("<pre class=\"value\"").nth(1).expect("a value");
    let inside = after.split_once('>').expect("a tag").1;
    inside.split('<').next().expect("text").trim().to_owned()
}

#[test]
fn a_token_is_made_shown_once_listed_and_revoked() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let create = "/settings/tokens/create";
    let page = browser.page(create);
    assert!(
        page.contains("type=\"date\" value=\"20"),
        "a token ends by itself unless somebody says otherwise"
    );
    let fields = [
        ("name", "deploy"),
        ("scopes", "read"),
        ("scopes", "resolve"),
        ("expires", "2099-12-31"),
        ("keys", "CRM_TOKEN, STRIPE_API_KEY"),
        ("agents", ""),
        ("environments", "prod"),
        ("addresses", "127.0.0.0/8"),
    ];
    let token = shown_once(&browser.submit(create, create, &fields));
    assert!(token.starts_with("distri_"), "{token}");
    let client = Client::with(&server, &token);
    assert_eq!(client.get("/v1/secrets?environment=prod").status, 200);

    let list = browser.page("/settings/tokens");
    for words in [
        "deploy",
        // A line ends at the comma, and not inside of a word.
        "<span class=\"nowrap\">read</span>, <span class=\"nowrap\">resolve</span>",
        "keys CRM_TOKEN,STRIPE_API_KEY",
        "environments prod",
        "2100-01-01 00:00",
    ] {
        assert!(list.contains(words), "{words} is not in {list}");
    }
    assert!(!list.contains(&token) && !browser.page(create).contains(&token));
    let again = browser.submit(create, create, &fields);
    assert_eq!(again.status, 422);
    assert!(
        again.text().contains("name-fault") && !again.text().contains(&token),
        "{}",
        again.text()
    );

    let revoke = link(&list, "Revoke").expect("a link");
    let page = browser.page(&revoke);
    assert!(page.contains("Revoke token deploy?"), "{page}");
    assert_eq!(
        client.get("/v1/secrets?environment=prod").status,
        200,
        "asking revokes nothing"
    );
    let list = browser.follow(&revoke, &revoke, &[]);
    assert!(
        list.contains("The token is revoked.") && list.contains("Tokens that no longer work (1)"),
        "{list}"
    );
    assert_eq!(client.get("/v1/secrets?environment=prod").status, 401);
    assert_eq!(browser.get("/settings/tokens/x/revoke").status, 404);
}

#[test]
fn what_gives_access_asks_for_the_password_again_in_its_form() {
    // Ahead of what the test itself does with the store, by the clock of the machine.
    let start = SystemClock
        .now()
        .checked_add(Duration::from_secs(60))
        .expect("in range");
    let clock = Arc::new(FixedClock::at(start));
    let server = TestServer::start_at(clock.clone(), |_| {});
    let browser = Browser::of_owner(&server);
    let create = "/settings/tokens/create";
    assert!(!browser.page(create).contains("name=\"password\""));
    clock.set(clock.now().checked_add(PASSWORD_FRESH).expect("in range"));
    let old = browser.session();
    assert!(browser.page(create).contains("name=\"password\""));
    let with = |password| {
        [
            ("name", "ci"),
            ("scopes", "read"),
            ("expires", "2099-12-31"),
            ("password", password),
        ]
    };
    for wrong in ["", "wrong"] {
        let answer = browser.submit(create, create, &with(wrong));
        let text = answer.text();
        assert_eq!(answer.status, 422);
        assert!(
            text.contains("password-fault") && text.contains("value=\"ci\""),
            "what was typed stays: {text}"
        );
    }
    assert!(browser.page("/settings/tokens").contains("No tokens"));
    let made = browser.submit(create, create, &with(PASSWORD));
    shown_once(&made);
    assert!(
        browser.session().is_some() && browser.session() != old,
        "the session has another text"
    );
    // One that is refused after the password was taken leaves nobody without a session.
    clock.set(clock.now().checked_add(PASSWORD_FRESH).expect("in range"));
    let reveal = "/settings/secrets/CRM_TOKEN/reveal";
    server.client("write").set("CRM_TOKEN", "the value of it");
    let old = browser.session();
    let refused = browser.submit(reveal, &format!("{reveal}?version=9"), &[("password", PASSWORD)]);
    assert_eq!(refused.status, 404, "{}", refused.text());
    assert!(browser.session().is_some() && browser.session() != old);
    let made = browser.get(create);
    assert_eq!(made.status, 200, "they are signed in");
    // The forms of the answer are of that session.
    let token = crate::support::token_in(&made.text());
    assert_eq!(browser.post("/sign-out", &[("csrf", &token)]).status, 303);
}

#[test]
fn a_token_that_cannot_be_is_said_beside_the_field_and_what_was_typed_stays() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let create = "/settings/tokens/create";
    for (fields, fault) in [
        (&[("name", ""), ("scopes", "read")][..], "name-fault"),
        (&[("name", "ci")], "scopes-fault"),
        (&[("name", "ci"), ("scopes", "everything")], "scopes-fault"),
        (
            &[("name", "ci"), ("scopes", "read"), ("expires", "2001-01-01")],
            "expires-fault",
        ),
        (
            &[("name", "ci"), ("scopes", "read"), ("expires", "soon")],
            "expires-fault",
        ),
        (&[("name", "ci"), ("scopes", "read"), ("keys", "no-key")], "keys-fault"),
        (
            &[("name", "ci"), ("scopes", "read"), ("addresses", "10.0.0.0/99")],
            "addresses-fault",
        ),
        (
            &[("name", "ci"), ("scopes", "admin"), ("keys", "CRM_TOKEN")],
            "scopes-fault",
        ),
    ] {
        let answer = browser.submit(create, create, fields);
        assert_eq!(answer.status, 422, "{fields:?}");
        let text = answer.text();
        assert!(text.contains(&format!("id=\"{fault}\"")), "{fields:?}: {text}");
        assert!(fields[0].1.is_empty() || text.contains("value=\"ci\""), "{text}");
    }
    assert!(browser.page("/settings/tokens").contains("No tokens"));
}

#[test]
fn a_role_is_offered_the_scopes_that_it_can_use() {
    let server = TestServer::start();
    let owner = Browser::of_owner(&server);
    let member = Browser::of_member(&server, Role::Member);
    let create = "/settings/tokens/create";
    let of_owner = owner.page(create);
    assert!(
        of_owner.contains("reveal: read values") && of_owner.contains("admin: tokens, members"),
        "{of_owner}"
    );
    let of_member = member.page(create);
    assert!(!of_member.contains("value=\"reveal\""), "{of_member}");
    assert!(of_member.contains("admin: your own tokens"), "{of_member}");
    // A form that says it all the same is told why not.
    let refused = member.submit(create, create, &[("name", "x"), ("scopes", "reveal")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("would be of no use"), "{}", refused.text());
}

#[test]
fn a_member_sees_and_revokes_their_own_tokens_only() {
    let server = TestServer::start();
    let owner = Browser::of_owner(&server);
    let member = Browser::of_member(&server, Role::Member);
    let create = "/settings/tokens/create";
    shown_once(&owner.submit(create, create, &[("name", "of-ada"), ("scopes", "read")]));
    shown_once(&member.submit(create, create, &[("name", "of-grace"), ("scopes", "read")]));
    let list = member.page("/settings/tokens");
    assert!(list.contains("of-grace") && !list.contains("of-ada"), "{list}");
    let all = owner.page("/settings/tokens");
    let of_ada = all
        .split_once("of-ada")
        .and_then(|it| link(it.1, "Revoke"))
        .expect("a link");
    assert_eq!(member.get(&of_ada).status, 404);
    let token = crate::support::token_in(&member.page(create));
    assert_eq!(member.post(&of_ada, &[("csrf", &token)]).status, 404);
}

#[test]
fn somebody_is_invited_joins_gets_another_role_and_is_removed() {
    let server = TestServer::start();
    let owner = Browser::of_owner(&server);
    let invite = "/settings/members/invite";
    let fields = [("email", "grace@example.com"), ("role", "viewer")];
    let link_text = shown_once(&owner.submit(invite, invite, &fields));
    let path = link_text
        .strip_prefix(&format!("http://{}", server.address))
        .expect("a link to this server");
    let list = owner.page("/settings/members");
    assert!(list.contains("grace@example.com") && !list.contains(path), "{list}");
    let known = owner.submit(invite, invite, &[("email", "ada@example.com"), ("role", "viewer")]);
    assert!(known.status == 422 && known.text().contains("email-fault"));

    let grace = Browser::new(&server);
    grace.get(path);
    grace.follow("/join", "/join", &[("name", "Grace"), ("password", PASSWORD)]);
    assert_eq!(grace.get("/settings/members").status, 403);

    let list = owner.page("/settings/members");
    let change = list
        .split_once("grace@")
        .and_then(|it| link(it.1, "Change"))
        .expect("a link");
    let list = owner.follow(&change, &change, &[("role", "admin")]);
    assert!(list.contains("The role is changed."), "{list}");
    let list = grace.page("/settings/members");
    let ada = list
        .split_once("</header>")
        .and_then(|it| it.1.split_once("ada@"))
        .expect("the owner")
        .1
        .split("</tr>")
        .next()
        .expect("a row");
    assert_eq!(link(ada, "Change"), None, "nobody changes whoever is above them");
    let of_ada = owner.page("/settings/members");
    let of_ada = of_ada
        .split_once("</header>")
        .and_then(|it| it.1.split_once("ada@"))
        .and_then(|it| link(it.1, "Change"))
        .expect("a link");
    assert_eq!(grace.submit(&of_ada, &of_ada, &[("role", "viewer")]).status, 403);

    let last = owner.submit(&of_ada, &of_ada, &[("role", "viewer")]);
    assert!(last.status == 422 && last.text().contains("owner"), "{}", last.text());
    let remove = format!("{change}/remove");
    assert!(
        owner
            .page(&remove)
            .contains("The tokens that they made here are revoked")
    );
    assert!(owner.follow(&remove, &remove, &[]).contains("The member is removed"));
    assert!(
        grace
            .get("/settings/secrets")
            .header("location")
            .starts_with("/sign-in")
    );
}

#[test]
fn an_invitation_that_is_withdrawn_is_of_no_use() {
    let server = TestServer::start();
    let owner = Browser::of_owner(&server);
    let invite = "/settings/members/invite";
    let made = shown_once(&owner.submit(invite, invite, &[("email", "eve@example.com"), ("role", "member")]));
    let list = owner.page("/settings/members");
    let action = list
        .split("action=\"/settings/members/invitations/")
        .nth(1)
        .expect("a form");
    let action = format!(
        "/settings/members/invitations/{}",
        action.split('"').next().expect("an address")
    );
    assert!(
        owner
            .follow("/settings/members", &action, &[])
            .contains("The invitation is withdrawn.")
    );
    let eve = Browser::new(&server);
    eve.get(
        made.strip_prefix(&format!("http://{}", server.address))
            .expect("a link"),
    );
    assert_eq!(eve.get("/join").status, 403);
}

#[test]
fn one_sees_where_one_is_signed_in_and_ends_it_there() {
    let server = TestServer::start();
    let here = Browser::of_owner(&server);
    let there = Browser::new(&server);
    let third = Browser::new(&server);
    for browser in [&there, &third] {
        assert_eq!(browser.sign_in("ada@example.com", PASSWORD).status, 303);
    }
    let page = here.page("/settings/you");
    let id = page.split("name=\"session\" value=\"").nth(1).expect("another one");
    let id = id.split('"').next().expect("a value");
    here.follow("/settings/you", "/settings/you/sessions", &[("session", id)]);
    let open = |browser: &Browser| browser.get("/settings/secrets").status == 200;
    assert_eq!([open(&there), open(&third)].iter().filter(|it| **it).count(), 1);
    here.follow("/settings/you", "/settings/you/sessions", &[]);
    assert!(open(&here) && !open(&there) && !open(&third));
}

#[test]
fn another_password_needs_the_old_one_and_signs_every_other_browser_out() {
    let server = TestServer::start();
    let here = Browser::of_owner(&server);
    let there = Browser::new(&server);
    assert_eq!(there.sign_in("ada@example.com", PASSWORD).status, 303);
    let (you, form) = ("/settings/you", "/settings/you/password");
    let new = "another battery horse staple";
    for (old, new, fault) in [("wrong", new, "old-fault"), (PASSWORD, "short", "new-fault")] {
        let answer = here.submit(you, form, &[("old", old), ("new", new)]);
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains(fault), "{}", answer.text());
        assert!(!answer.text().contains(PASSWORD) && !answer.text().contains(new));
    }
    let page = here.follow(you, form, &[("old", PASSWORD), ("new", new)]);
    assert!(page.contains("Your password is changed."), "{page}");
    assert_eq!(there.get("/settings/secrets").status, 303);
    assert_eq!(Browser::new(&server).sign_in("ada@example.com", PASSWORD).status, 422);
    assert_eq!(Browser::new(&server).sign_in("ada@example.com", new).status, 303);
}
