//! Every page as people see it, in light and in dark, wide and narrow: nothing breaks a rule of accessibility, nothing
//! is wider than a telephone, nothing is refused by the page's policy. The pictures are left in `target/screenshots`.

use std::collections::BTreeSet;

use distri_server::list_of_pages;

use crate::browser::{Browser, NARROW, Scheme, Viewer, WIDE};
use crate::house::{House, become_owner, sign_in};

/// A look at a page: its row in the list of routes, what the picture is called, and the way there.
type Look = (&'static str, &'static str, fn(&Browser));

/// In this order: some see what those before have made.
const LOOKS: &[Look] = &[
    ("/settings/secrets", "secrets", |it| it.go("/settings/secrets")),
    ("/settings/secrets", "secrets-prod", |it| {
        it.go("/settings/secrets?environment=prod")
    }),
    ("/settings/secrets", "secrets-not-found", |it| {
        it.go("/settings/secrets?q=nothing")
    }),
    ("/settings/secrets/new", "secret-add", |it| {
        it.go("/settings/secrets/new")
    }),
    ("/settings/secrets/new", "secret-add-fault", |it| {
        it.go("/settings/secrets/new");
        it.fill("Key", "stripe key");
        it.fill("Value", "x");
        it.press("Save");
        it.says("Nothing was changed");
    }),
    ("/settings/secrets/compare", "secrets-compare", |it| {
        it.go("/settings/secrets/compare")
    }),
    ("/settings/secrets/import", "secrets-import", |it| {
        it.go("/settings/secrets/import")
    }),
    ("/settings/secrets/import", "secrets-import-preview", |it| {
        it.go("/settings/secrets/import");
        it.fill("Text of the file", "NEW_TOKEN=canary\nCRM_TOKEN=other\nPATH=/bin\n");
        it.press("Preview");
        it.says("Nothing was changed yet.");
    }),
    ("/settings/secrets/deleted", "secrets-deleted", |it| {
        it.go("/settings/secrets/deleted")
    }),
    ("/settings/secrets/{key}", "secret", |it| {
        it.go("/settings/secrets/STRIPE_API_KEY")
    }),
    ("/settings/secrets/{key}/edit", "secret-edit", |it| {
        it.go("/settings/secrets/STRIPE_API_KEY/edit")
    }),
    ("/settings/secrets/{key}/delete", "secret-delete", |it| {
        it.go("/settings/secrets/STRIPE_API_KEY/delete")
    }),
    ("/settings/secrets/{key}/reveal", "secret-reveal", |it| {
        it.go("/settings/secrets/STRIPE_API_KEY/reveal")
    }),
    ("/settings/secrets/{key}/reveal", "secret-revealed", |it| {
        it.go("/settings/secrets/STRIPE_API_KEY/reveal");
        it.press("Reveal");
        it.says("Version 2");
    }),
    ("/settings/agents", "agents", |it| it.go("/settings/agents")),
    ("/settings/audit", "audit", |it| it.go("/settings/audit")),
    ("/settings/audit", "audit-search", |it| {
        it.go("/settings/audit?alarms=true&actor=ada%40example.com")
    }),
    ("/settings/audit", "audit-alarms", |it| {
        it.go("/settings/audit?alarms=true")
    }),
    ("/settings/tokens", "tokens", |it| it.go("/settings/tokens")),
    ("/settings/tokens/create", "token-create", |it| {
        it.go("/settings/tokens/create")
    }),
    ("/settings/tokens/create", "token-created", |it| {
        it.go("/settings/tokens/create");
        it.fill(
            "Name",
            &format!("picture {}", it.script("return Date.now() + '-' + innerWidth")),
        );
        it.tick("resolve: hand values to runs");
        it.press("Create token");
        it.says("This is shown once.");
    }),
    ("/settings/tokens/{id}/revoke", "token-revoke", |it| {
        it.go("/settings/tokens");
        it.press("Revoke deploy");
        it.says("refused from its next request on");
    }),
    ("/settings/members", "members", |it| it.go("/settings/members")),
    ("/settings/members/invite", "invite", |it| {
        it.go("/settings/members/invite")
    }),
    ("/settings/members/invite", "invited", |it| {
        it.go("/settings/members/invite");
        it.fill("E-mail address", "grace@example.com");
        it.press("Make the link");
        it.says("This is shown once.");
    }),
    ("/settings/members/{id}", "member", |it| {
        it.go("/settings/members");
        it.press("Change Ada");
        it.says("Change role");
    }),
    ("/settings/members/{id}/remove", "member-remove", |it| {
        it.go("/settings/members");
        it.press("Remove Ada");
        it.says("loses the account");
    }),
    ("/settings/you", "you", |it| it.go("/settings/you")),
    ("/settings/you", "person-menu", |it| {
        it.go("/settings/you");
        it.click(&it.find("details.person summary"));
        it.says("Sign out");
    }),
    ("/settings/keys", "keys", |it| it.go("/settings/keys")),
    ("/join", "join", |it| {
        it.go("/settings/members/invite");
        it.fill("E-mail address", "eve@example.com");
        it.press("Make the link");
        let link = it.text_of(&it.find("#link"));
        it.go(link
            .split_once("/join/")
            .map(|it| format!("/join/{}", it.1))
            .unwrap()
            .as_str());
        it.says("invites");
    }),
    ("/nowhere", "not-found", |it| it.go("/nowhere")),
    ("/sign-in", "sign-in", |it| {
        it.go("/settings/secrets");
        it.click(&it.find("details.person summary"));
        it.press("Sign out");
        it.says("You are signed out.");
    }),
    ("/sign-in", "sign-in-wrong", |it| {
        sign_in(it, "wrong");
        it.says("wrong");
    }),
    ("/setup", "setup-over", |it| it.go("/setup")),
];

/// Pages that only lead to another one, and those that are no page.
const NOT_LOOKED_AT: &[&str] = &["/", "/setup/{secret}", "/join/{invitation}", "/settings/audit/export"];

#[test]
fn every_page_has_a_look() {
    let looked_at: BTreeSet<&str> = LOOKS
        .iter()
        .map(|it| it.0)
        .chain(NOT_LOOKED_AT.iter().copied())
        .collect();
    let pages = list_of_pages().filter(|it| it.0 == "GET");
    let missing: Vec<&str> = pages.map(|it| it.1).filter(|it| !looked_at.contains(it)).collect();
    assert!(missing.is_empty(), "no look at {missing:?}: add a row to `LOOKS`");
}

#[test]
fn every_page_is_fit_to_be_seen_in_light() {
    looks(Scheme::Light, "light");
}

#[test]
fn every_page_is_fit_to_be_seen_in_dark() {
    looks(Scheme::Dark, "dark");
}

fn looks(scheme: Scheme, word: &str) {
    let house = House::new();
    let browser = house.served.browser(Viewer {
        scheme,
        ..Viewer::USUAL
    });
    let mut faults = Vec::new();
    browser.go(&house.served.setup_path().expect("nobody is there yet"));
    look(&browser, scheme, &format!("setup-{word}"), &mut faults);
    become_owner(&browser);
    for (_, name, go) in LOOKS {
        go(&browser);
        look(&browser, scheme, &format!("{name}-{word}"), &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn look(browser: &Browser, scheme: Scheme, name: &str, faults: &mut Vec<String>) {
    for (width, suffix) in [(WIDE, ""), (NARROW, "-narrow")] {
        browser.look_as(scheme, width);
        browser.screenshot(&format!("{name}{suffix}"));
        // What the scheme changes does not depend on the width.
        if scheme == Scheme::Light || width == WIDE {
            let broken = browser.broken_rules();
            faults.extend(broken.into_iter().map(|it| format!("{name}{suffix}: {it}")));
        }
        let wide = browser.script(TOO_WIDE);
        if wide != "" {
            faults.push(format!("{name}{suffix}: wider than the window: {wide}"));
        }
    }
    browser.look_as(scheme, WIDE);
    let complaints = browser.complaints();
    let complaints = complaints
        .into_iter()
        .filter(|it| !it.contains("the server responded with a status of 4"));
    faults.extend(complaints.map(|it| format!("{name}: the browser complains: {it}")));
}

/// What sticks out: of the window, or of something that would have to be scrolled for it; a table with a column for each
/// environment may.
const TOO_WIDE: &str = "const out = [...document.querySelectorAll('html, body *')].filter(it => \
    it.scrollWidth > it.clientWidth + 1 && (it === document.documentElement || getComputedStyle(it).overflowX === 'auto') && !it.querySelector(':scope > table.wide') \
    && !['TEXTAREA', 'SELECT', 'INPUT'].includes(it.tagName)); \
    return out.map(it => it.tagName + '.' + it.className + ' ' + it.scrollWidth + ' > ' + it.clientWidth).join(', ')";
