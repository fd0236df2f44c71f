//! Members, invitations and accounts over HTTP, and the ids of another account.

use distri_core::authz::{Actor, Limits};
use distri_vault::people::{FirstOwner, Password};
use distri_vault::tokens::NewToken;
use serde_json::json;

use crate::support::{Client, TestServer, local, parsed};

#[test]
fn somebody_is_invited_and_the_invitation_withdrawn() {
    let server = TestServer::start();
    let client = server.client("admin");
    let made = client.post(
        "/v1/invitations",
        &json!({ "email": "grace@example.com", "role": "member" }),
    );
    assert_eq!(made.status, 201, "{}", made.text());
    let text = made.json()["invitation"].as_str().expect("a text").to_owned();
    assert!(text.starts_with("distri_invite_"), "{text}");
    let listed = client.get("/v1/invitations");
    assert_eq!(
        (&listed.json()[0]["email"], &listed.json()[0]["role"]),
        (&json!("grace@example.com"), &json!("member"))
    );
    assert!(!listed.text().contains(&text));
    let path = format!("/v1/invitations/{}", made.json()["id"].as_str().expect("an id"));
    assert_eq!(client.delete(&path).status, 204);
    assert_eq!(client.delete(&path).refused(), (404, "not_found".to_owned()));
    for body in [
        json!({ "email": "grace", "role": "member" }),
        json!({ "email": "grace@example.com", "role": "king" }),
    ] {
        assert_eq!(
            client.post("/v1/invitations", &body).refused(),
            (400, "invalid".to_owned())
        );
    }
}

#[test]
fn members_are_listed_changed_and_kept_an_owner() {
    let server = TestServer::start();
    let vault = server.vault();
    let link = vault.setup_link().expect("reads").expect("nobody is there yet");
    let owner = FirstOwner {
        email: parsed("ada@example.com"),
        name: parsed("Ada"),
        password: Password::new("correct horse battery staple".to_owned()),
    };
    vault.set_up(&link.presented(), &owner).expect("becomes the owner");
    let client = server.client("admin");
    let members = client.get("/v1/members").json();
    assert_eq!(
        (&members[0]["email"], &members[0]["role"]),
        (&json!("ada@example.com"), &json!("owner"))
    );
    let path = format!("/v1/members/{}", members[0]["id"].as_str().expect("an id"));
    assert_eq!(
        client.patch(&path, &json!({ "role": "viewer" })).refused(),
        (409, "conflict".to_owned())
    );
    assert_eq!(client.delete(&path).refused(), (409, "conflict".to_owned()));
    assert_eq!(client.patch(&path, &json!({ "role": "owner" })).json()["role"], "owner");
    let nobody = "/v1/members/01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(client.delete(nobody).refused(), (404, "not_found".to_owned()));
    assert_eq!(client.get("/v1/accounts").json()[0]["name"], "default");
}

#[test]
fn what_is_another_accounts_is_what_is_not_there() {
    let server = TestServer::start();
    let all = "read,write,reveal,resolve,admin";
    let ours = server.client(all);
    ours.set("CRM_TOKEN", "v");
    ours.post("/v1/sessions/s/values", &json!({ "key": "k", "value": 1 }));
    let invitation = ours
        .post(
            "/v1/invitations",
            &json!({ "email": "grace@example.com", "role": "member" }),
        )
        .json();

    let vault = server.vault();
    local(&vault).create_account(&parsed("other")).expect("an account");
    let there = vault
        .caller(Actor::local("ada"), &parsed("other"))
        .expect("the account");
    let new = NewToken {
        name: parsed("theirs"),
        scopes: parsed(all),
        limits: Limits::default(),
        expires_at: None,
    };
    let (token, _) = there.create_token(&new).expect("a token");
    let theirs = Client::with(&server, token.expose_secret());

    let nothing = "01890a5d-ac96-774b-bcce-b302099a8057";
    let id = |value: &serde_json::Value| value["id"].as_str().expect("an id").to_owned();
    let tries = [
        ("GET", "/v1/secrets/{}", "CRM_TOKEN".to_owned(), "NO_TOKEN", None),
        (
            "PUT",
            "/v1/secrets/{}",
            "CRM_TOKEN".to_owned(),
            "NO_TOKEN",
            Some(json!({ "value": "x" })),
        ),
        (
            "PATCH",
            "/v1/secrets/{}",
            "CRM_TOKEN".to_owned(),
            "NO_TOKEN",
            Some(json!({ "note": "x" })),
        ),
        ("DELETE", "/v1/secrets/{}", "CRM_TOKEN".to_owned(), "NO_TOKEN", None),
        (
            "POST",
            "/v1/secrets/{}/undelete",
            "CRM_TOKEN".to_owned(),
            "NO_TOKEN",
            None,
        ),
        (
            "POST",
            "/v1/secrets/{}/rollback",
            "CRM_TOKEN".to_owned(),
            "NO_TOKEN",
            Some(json!({})),
        ),
        (
            "POST",
            "/v1/secrets/{}/reveal",
            "CRM_TOKEN".to_owned(),
            "NO_TOKEN",
            Some(json!({})),
        ),
        (
            "GET",
            "/v1/secrets/{}/versions",
            "CRM_TOKEN".to_owned(),
            "NO_TOKEN",
            None,
        ),
        ("DELETE", "/v1/tokens/{}", ours.id.clone(), nothing, None),
        ("DELETE", "/v1/invitations/{}", id(&invitation), nothing, None),
    ];
    for (method, path, real, none, body) in tries {
        let send = |name: &str| {
            let request = theirs.request(method, &path.replace("{}", name));
            match &body {
                Some(body) => request.json(body).send(),
                None => request.send(),
            }
        };
        let (real_answer, none_answer) = (send(&real), send(none));
        assert_eq!(real_answer.refused(), (404, "not_found".to_owned()), "{method} {path}");
        assert_eq!(
            real_answer.text().replace(&real, none),
            none_answer.text(),
            "{method} {path}"
        );
    }
    assert_eq!(theirs.get("/v1/secrets").json(), json!([]));
    assert_eq!(theirs.get("/v1/sessions/s/values").json(), json!({ "values": {} }));
    assert_eq!(theirs.get("/v1/invitations").json(), json!([]));
    assert_eq!(theirs.get("/v1/members").json(), json!([]));
    let records = theirs.get("/v1/audit");
    assert!(!records.text().contains("CRM_TOKEN"), "{}", records.text());
    let resolved = theirs.post("/v1/secrets/resolve", &json!({ "keys": ["CRM_TOKEN"] }));
    assert_eq!(resolved.json(), json!({ "resolved": {} }));
    // A cursor of ours, and our account's name, say nothing there.
    for number in 0..3 {
        ours.set(&format!("K_{number}"), "v");
    }
    let link = ours.get("/v1/audit?limit=1");
    let next = link
        .header("link")
        .trim_start_matches('<')
        .split('>')
        .next()
        .expect("a target")
        .to_owned();
    assert_eq!(theirs.get(&next).refused(), (400, "invalid".to_owned()));
    let account = ours.get("/v1/whoami").json()["account"]
        .as_str()
        .expect("an id")
        .to_owned();
    let workspace = |client: &Client| {
        client
            .request("GET", "/v1/secrets")
            .header("x-workspace-id", &account)
            .send()
    };
    assert_eq!(workspace(&ours).status, 200);
    assert_eq!(workspace(&theirs).refused(), (404, "not_found".to_owned()));
}

#[test]
fn an_account_that_is_deleted_answers_like_nothing() {
    let server = TestServer::start();
    let ours = server.client("read,admin");
    let vault = server.vault();
    local(&vault).create_account(&parsed("other")).expect("an account");
    let there = vault
        .caller(Actor::local("ada"), &parsed("other"))
        .expect("the account");
    let token = |name: &str, scopes: &str| {
        let new = NewToken {
            name: parsed(name),
            scopes: parsed(scopes),
            limits: Limits::default(),
            expires_at: None,
        };
        let (token, _) = there.create_token(&new).expect("a token");
        Client::with(&server, token.expose_secret())
    };
    let (theirs, reader) = (token("all", "read,write,admin"), token("reader", "read"));
    theirs.set("CRM_TOKEN", "v");

    let not_found = (404, "not_found".to_owned());
    for name in ["other", "nothing", "No-Name!"] {
        assert_eq!(ours.delete(&format!("/v1/accounts/{name}")).refused(), not_found);
    }
    assert_eq!(theirs.delete("/v1/accounts/default").refused(), not_found);
    assert_eq!(
        ours.delete("/v1/accounts/default").refused(),
        (409, "conflict".to_owned())
    );
    assert_eq!(
        reader.delete("/v1/accounts/other").refused(),
        (403, "forbidden".to_owned())
    );

    let deleted = theirs.delete("/v1/accounts/other").json();
    let counts = ["secrets", "versions", "members", "tokens", "backups"].map(|it| deleted[it].as_u64());
    assert_eq!(counts, [Some(1), Some(1), Some(0), Some(2), Some(0)]);
    for client in [&theirs, &reader] {
        let refused = client.get("/v1/secrets").refused();
        assert_eq!(refused, (401, "not_authenticated".to_owned()));
    }
    assert_eq!(ours.delete("/v1/accounts/other").refused(), not_found);
    assert_eq!(ours.get("/v1/accounts").json().as_array().map(Vec::len), Some(1));
}
