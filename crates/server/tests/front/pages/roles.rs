//! Every form of the list, sent by somebody whose role is too small; every page about a thing, by the owner of another
//! account.

use distri_core::authz::{Actor, Role};
use distri_server::list_of_pages;
use distri_vault::people::{Joining, NewInvitation, Password};
use serde_json::json;

use crate::support::{Browser, PASSWORD, TestServer, local, parsed, token_in};

/// What whoever is signed in may send, whatever their role.
const OWN: &[&str] = &[
    "/sign-out",
    "/account",
    "/settings/you/sessions",
    "/settings/you/password",
];

/// Fields that each other form would take.
fn sample(template: &str) -> &'static [(&'static str, &'static str)] {
    match template.trim_start_matches("/settings/") {
        "secrets/new" => &[("key", "ANOTHER"), ("value", "v")],
        "secrets/import" => &[("text", "A=1")],
        "secrets/import/confirm" => &[("held", "x")],
        "secrets/{key}/edit" => &[("value", "v")],
        "secrets/{key}/rollback" => &[("version", "1")],
        "secrets/{key}/delete"
        | "secrets/{key}/undelete"
        | "secrets/{key}/promote"
        | "secrets/{key}/unstage"
        | "tokens/{id}/revoke"
        | "members/{id}/remove"
        | "members/invitations/{id}/withdraw" => &[],
        "secrets/{key}/reveal" => &[("password", PASSWORD)],
        "tokens/create" => &[("name", "another"), ("scopes", "read")],
        "members/invite" => &[("email", "eve@example.com"), ("role", "viewer")],
        "members/{id}" => &[("role", "viewer")],
        _ => panic!("`{template}` has no sample of what is sent there"),
    }
}

/// Things of the default account, to be asked for.
struct Things {
    token: String,
    member: String,
    invitation: String,
}

impl Things {
    fn made(server: &TestServer) -> Self {
        let client = server.client("read,write,admin");
        client.set("CRM_TOKEN", "a value of it");
        let body = json!({ "email": "hal@example.com", "role": "member" });
        let invitation = client.post("/v1/invitations", &body).json();
        let members = client.get("/v1/members").json();
        let id = |it: &serde_json::Value| it["id"].as_str().expect("an id").to_owned();
        Self {
            member: id(&members[0]),
            invitation: id(&invitation),
            token: client.id,
        }
    }

    /// The path with the thing that it is about.
    fn path(&self, template: &str) -> String {
        let id = match template {
            it if it.starts_with("/settings/tokens/") => &self.token,
            it if it.contains("/invitations/") => &self.invitation,
            _ => &self.member,
        };
        template.replace("{id}", id).replace("{key}", "CRM_TOKEN")
    }
}

/// Sends the sample of a form with a good token of the session.
fn send(browser: &Browser, token: &str, template: &str, path: &str) -> u16 {
    let fields: Vec<_> = [("csrf", token)]
        .into_iter()
        .chain(sample(template).iter().copied())
        .collect();
    browser.post(path, &fields).status.as_u16()
}

#[test]
fn a_viewer_sends_no_form_but_their_own() {
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    drop(Browser::of_owner(&server));
    let things = Things::made(&server);
    let viewer = Browser::of_member(&server, Role::Viewer);
    let token = token_in(&viewer.page("/settings/secrets"));
    for (verb, template, is_of_members) in list_of_pages() {
        if verb != "POST" || !is_of_members || OWN.contains(&template) {
            continue;
        }
        assert_eq!(
            send(&viewer, &token, template, &things.path(template)),
            403,
            "{template}"
        );
    }
    let vault = server.vault();
    let owner = local(&vault);
    assert_eq!(
        owner
            .get(&parsed("CRM_TOKEN"), &parsed("default"))
            .expect("is there")
            .version,
        1
    );
    assert_eq!(
        (
            owner.members().expect("lists").len(),
            owner.invitations().expect("lists").len()
        ),
        (2, 1)
    );
}

#[test]
fn the_owner_of_another_account_finds_nothing_of_this_one() {
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    drop(Browser::of_owner(&server));
    let things = Things::made(&server);
    let vault = server.vault();
    local(&vault).create_account(&parsed("other")).expect("an account");
    let there = vault
        .caller(Actor::local("root"), &parsed("other"))
        .expect("the account");
    let new = NewInvitation {
        email: parsed("eve@example.com"),
        role: Role::Owner,
    };
    let (link, _) = there.invite(&new).expect("invites");
    let joining = Joining {
        name: Some(parsed("Eve")),
        password: Password::new(PASSWORD.to_owned()),
    };
    vault
        .accept_invitation(&link.presented(), &joining, [127, 0, 0, 1].into())
        .expect("joins");
    let eve = Browser::new(&server);
    assert_eq!(eve.sign_in("eve@example.com", PASSWORD).status, 303);
    let token = token_in(&eve.page("/settings/secrets"));

    let nothing = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (verb, template, _) in list_of_pages().filter(|it| it.2) {
        let is_about_a_thing = template.contains('{');
        match (verb, is_about_a_thing) {
            (_, true) => {
                let none = template.replace("{id}", nothing).replace("{key}", "NO_TOKEN");
                let status = |path: &str| match verb {
                    "GET" => eve.get(path).status.as_u16(),
                    _ => send(&eve, &token, template, path),
                };
                assert_eq!(
                    (status(&things.path(template)), status(&none)),
                    (404, 404),
                    "{verb} {template}"
                );
            }
            ("GET", false) => {
                let answer = eve.get(template);
                assert!(
                    [200, 403].contains(&answer.status.as_u16()),
                    "{template}: {}",
                    answer.status
                );
                let page = answer.text();
                for theirs in ["CRM_TOKEN", "ada@example.com", "hal@example.com", things.token.as_str()] {
                    assert!(!page.contains(theirs), "{template} has `{theirs}`");
                }
            }
            _ => {}
        }
    }
}
