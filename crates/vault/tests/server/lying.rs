//! A server that gives authentic rows to other questions: whoever runs it gets nobody in and no other secret out.

use distri_core::authz::{Actor, Limits};
use distri_core::ids::RunId;
use distri_core::{AccountName, Environment, SystemClock};
use distri_vault::secrets::{ReleaseSecrets, Selection};
use distri_vault::tokens::NewToken;

use super::support::{Place, ada, key, reveal, set};

const VALUES: [(&str, &str); 3] = [("A", "of A"), ("B", "of B"), ("C", "of C")];

fn new_token() -> NewToken {
    NewToken {
        name: "ci".parse().unwrap(),
        scopes: "read,write,reveal,resolve,admin".parse().unwrap(),
        limits: Limits::default(),
        expires_at: None,
    }
}

/// Whatever they are.
const ALL: &str = "true";
/// One key is as good as another, and so is an environment. What holds rows against the log is left alone.
const KEYS_AND_ENVIRONMENTS: &str = "$1 operator(pg_catalog.=) $2
   or ($1 operator(pg_catalog.~) '^[A-C]$' and $2 operator(pg_catalog.~) '^[A-C]$')
   or ($1 operator(pg_catalog.~) '^(default|prod)$' and $2 operator(pg_catalog.~) '^(default|prod)$')";

/// From now on, bytes or texts are equal where `are_equal` says so.
fn lie(place: &Place, kind: &str, are_equal: &str) {
    let sql = format!(
        "create function public.yes({kind}, {kind}) returns bool language sql immutable as $lie$ select {are_equal} $lie$;
         create operator public.= (leftarg = {kind}, rightarg = {kind}, procedure = public.yes);
         do $$ begin
           execute format('alter database %I set search_path = public, pg_catalog', current_database());
         end $$;"
    );
    place.database.sql(&sql).unwrap();
}

#[test]
fn a_server_to_which_every_credential_is_the_same_lets_nobody_in() {
    let place = Place::new();
    let vault = place.open(0);
    let (token, _) = ada(&vault).create_token(&new_token()).unwrap();
    let peer = "192.0.2.7".parse().unwrap();
    vault.authenticate_token(&token.presented(), peer).unwrap();
    drop(vault);
    // Well formed, and of an installation elsewhere.
    let elsewhere = Place::new();
    let (strange, _) = ada(&elsewhere.open(0)).create_token(&new_token()).unwrap();

    lie(&place, "bytea", ALL);
    let vault = place.open(0);
    let entered = vault.authenticate_token(&strange.presented(), peer);
    let refused = entered.map(|it| it.authority().clone()).unwrap_err();
    assert_eq!(refused.to_string(), "a row of `tokens` is damaged");
}

#[test]
fn a_server_to_which_every_key_is_the_same_gives_no_other_secret() {
    let place = Place::new();
    let vault = place.open(0);
    for (name, value) in VALUES {
        set(&vault, name, value).unwrap();
    }
    drop(vault);
    lie(&place, "text", KEYS_AND_ENVIRONMENTS);
    let vault = place.open(0);
    let mut refused = 0;
    for (name, value) in VALUES {
        match reveal(&vault, name) {
            Ok(found) => assert_eq!(found, value.as_bytes()),
            Err(_) => refused += 1,
        }
        let request = ReleaseSecrets {
            agent: None,
            environment: Environment::default(),
            selection: Selection::Only([key(name)].into()),
        };
        if let Ok(release) = ada(&vault).release(RunId::new(&SystemClock), &request) {
            let given = release
                .secrets
                .iter()
                .map(|it| (it.key.as_str(), it.value.expose_secret()));
            assert_eq!(given.collect::<Vec<_>>(), [(name, value.as_bytes())]);
        }
        // Nor is one environment another one.
        let prod: Environment = "prod".parse().unwrap();
        assert!(ada(&vault).reveal(&key(name), &prod, None).is_err());
    }
    assert!(refused > 1, "the server lies");
}

#[test]
fn a_server_to_which_every_text_is_the_same_gives_no_account() {
    let place = Place::new();
    drop(place.open(0));
    set(&place.open(0), "A", "of A").unwrap();
    lie(&place, "text", ALL);
    let vault = place.open(0);
    let found = vault.caller(Actor::local("ada"), &AccountName::default());
    let refused = found.map(drop).unwrap_err().to_string();
    assert!(
        refused.contains("the newest record about it was changed outside distri"),
        "{refused}"
    );
}
