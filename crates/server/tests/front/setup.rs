//! The first owner, by the secret that the server shows.

use distri_core::credential::PlainSetup;
use serde_json::{Value, json};

use crate::support::{Client, TestServer};

fn owner(setup: &str) -> Value {
    json!({ "setup": setup, "email": "ada@example.com", "name": "Ada", "password": "correct horse battery staple" })
}

#[test]
fn the_secret_makes_one_owner_with_a_token() {
    let server = TestServer::start();
    let vault = server.vault();
    let secret = vault.setup_link().expect("reads").expect("nobody is there yet");
    let set_up = |body: &Value| server.request("POST", "/v1/setup").json(body).send();
    for wrong in ["x", PlainSetup::random().expose_secret()] {
        assert_eq!(set_up(&owner(wrong)).refused(), (401, "not_authenticated".to_owned()));
    }
    let mut short = owner(secret.expose_secret());
    short["password"] = json!("short");
    let refused = set_up(&short);
    assert_eq!(refused.refused(), (400, "invalid".to_owned()));
    assert!(!refused.text().contains("short\""), "{}", refused.text());

    let made = set_up(&owner(secret.expose_secret()));
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["email"], "ada@example.com");
    let client = Client::with(&server, made.json()["token"].as_str().expect("a text"));
    let who = client.get("/v1/whoami").json();
    assert_eq!(who["scopes"], json!(["read", "write", "reveal", "resolve", "admin"]));
    assert_eq!(who["limits"], json!({}));
    assert!(who["expires_at"].is_string(), "it ends: {who}");
    assert_eq!(who["expires_at"], made.json()["expires_at"]);
    client.set("CRM_TOKEN", "v");
    assert_eq!(
        client.post("/v1/secrets/CRM_TOKEN/reveal", &json!({})).json()["value"],
        "v"
    );
    assert_eq!(client.get("/v1/members").json()[0]["role"], "owner");

    assert_eq!(
        set_up(&owner(secret.expose_secret())).refused().0,
        401,
        "it is good once"
    );
    assert!(vault.setup_link().expect("reads").is_none());
}

#[test]
fn whoever_guesses_it_is_slowed_down() {
    let server = TestServer::start_with(|it| it.rate_per_address = 2);
    let guess = || {
        let body = owner(PlainSetup::random().expose_secret());
        server.request("POST", "/v1/setup").json(&body).send().status.as_u16()
    };
    let answers: Vec<u16> = (0..20).map(|_| guess()).collect();
    assert!(answers.contains(&429), "{answers:?}");
}
