//! A token's life: made, used, limited, expired, revoked, and on the record.

use distri_core::audit::ActionKind;
use distri_core::authz::{Actor, ActorKind, Denied, Limits, Role};
use distri_core::credential::PlainToken;
use distri_core::{AccountName, Environment};
use distri_vault::secrets::ListSecrets;
use distri_vault::tokens::{NewToken, TokenState};
use distri_vault::{Unauthenticated, VaultError};

use crate::database::files;

use super::support::{Place, ada, by, environment, key, new_token, peer, records, set, token};

#[test]
fn a_token_is_shown_once_and_stored_as_a_hash_that_is_of_no_use() {
    let place = Place::new();
    let vault = place.open();
    let (plain, view) = token(&vault, "ci", "read,resolve", Limits::default());
    let text = plain.expose_secret();
    assert!(text.starts_with("distri_") && text.len() == 56);
    let caller = by(&vault, &plain).expect("known");
    let actor = caller.authority().actor();
    assert_eq!(
        (actor.kind, actor.name.as_str(), actor.role),
        (ActorKind::Token, "ci", Role::Owner)
    );
    assert_eq!(actor.id.expect("has one").to_string(), view.id);

    // Neither the text, nor anything that could be presented in its place, is in the files.
    let files = match place.database.is_embedded() {
        true => files(&place.home()),
        false => Vec::new(),
    };
    for (path, bytes) in files {
        let body = &text.as_bytes()["distri_".len()..];
        assert!(!bytes.windows(body.len()).any(|it| it == body), "{}", path.display());
    }
}

#[test]
fn scopes_permit_what_they_say_and_refusals_are_recorded() {
    let place = Place::new();
    let vault = place.open();
    set(&ada(&vault), "default", "STRIPE_API_KEY", "value");
    let (plain, view) = token(&vault, "reader", "read", Limits::default());
    let caller = by(&vault, &plain).expect("known");
    assert_eq!(caller.list(&ListSecrets::default()).expect("may read").len(), 1);
    let refused = caller.reveal(&key("STRIPE_API_KEY"), &Environment::default(), None);
    assert!(matches!(
        refused,
        Err(VaultError::Denied(Denied::Scope { action: "reveal", .. }))
    ));
    assert!(matches!(
        caller.audit_newest(1),
        Err(VaultError::Denied(Denied::Scope { .. }))
    ));

    let refusals: Vec<_> = records(&vault)
        .into_iter()
        .filter(|it| it.action == ActionKind::Refuse)
        .collect();
    assert_eq!(refusals.len(), 2);
    assert!(
        refusals
            .iter()
            .all(|it| it.actor.id.is_some_and(|id| id.to_string() == view.id))
    );
}

#[test]
fn a_revoked_token_stops_at_the_next_request_for_good() {
    let place = Place::new();
    let vault = place.open();
    let (plain, view) = token(&vault, "ci", "read", Limits::default());
    assert!(by(&vault, &plain).is_ok());
    // Another process revokes it.
    let other = place.open();
    let id = view.id.parse().expect("an id");
    ada(&other).revoke_token(id).expect("revokes");
    let refused = by(&vault, &plain).err().expect("refused");
    assert!(matches!(refused, VaultError::Unauthenticated(Unauthenticated::Revoked)));

    // Once more changes nothing, and its name is free again.
    place.clock.set(place.clock_in(1));
    ada(&vault).revoke_token(id).expect("stays revoked");
    let (second, _) = token(&vault, "ci", "read", Limits::default());
    assert!(by(&vault, &second).is_ok() && by(&vault, &plain).is_err());
    let revoked = records(&vault)
        .into_iter()
        .filter(|it| it.action == ActionKind::TokenRevoke);
    assert_eq!(revoked.count(), 1);
    let tokens = ada(&vault).tokens().expect("lists");
    let now = place.clock_in(0);
    assert_eq!(
        tokens.iter().map(|it| it.state(now)).collect::<Vec<_>>(),
        [TokenState::Revoked, TokenState::Active]
    );
}

#[test]
fn an_expired_token_stops_at_the_instant() {
    let place = Place::new();
    let vault = place.open();
    let new = NewToken {
        expires_at: Some(place.clock_in(60)),
        ..new_token("short", "read", Limits::default())
    };
    let (plain, _) = ada(&vault).create_token(&new).expect("makes it");
    place.clock.set(place.clock_in(59));
    assert!(by(&vault, &plain).is_ok());
    place.clock.set(place.clock_in(1));
    let refused = by(&vault, &plain).err().expect("refused");
    assert!(matches!(refused, VaultError::Unauthenticated(Unauthenticated::Expired)));
    assert!(ada(&vault).create_token(&new).is_err(), "it would have expired already");
}

#[test]
fn a_token_is_for_its_addresses_only() {
    let place = Place::new();
    let vault = place.open();
    let addresses = ["10.0.0.0/8", "2001:db8::/32"].map(|it| it.parse().expect("a range"));
    let limits = Limits {
        addresses: Some(addresses.into()),
        ..Limits::default()
    };
    let (plain, _) = token(&vault, "office", "read", limits);
    for (address, is_known) in [
        ("10.9.8.7", true),
        ("::ffff:10.9.8.7", true),
        ("2001:db8::1", true),
        ("192.0.2.7", false),
        ("::1", false),
    ] {
        let answer = vault.authenticate_token(&plain.presented(), address.parse().expect("an address"));
        assert_eq!(answer.is_ok(), is_known, "{address}");
    }
}

#[test]
fn an_unknown_token_is_nobody() {
    let place = Place::new();
    let vault = place.open();
    let refused = by(&vault, &PlainToken::random()).err().expect("refused");
    assert!(matches!(
        refused,
        VaultError::Unauthenticated(Unauthenticated::UnknownToken)
    ));
    // One of another installation neither.
    let elsewhere = Place::new();
    let (foreign, _) = token(&elsewhere.open(), "ci", "read", Limits::default());
    assert!(by(&vault, &foreign).is_err());
}

#[test]
fn the_last_use_is_known_to_the_minute() {
    let place = Place::new();
    let vault = place.open();
    let (plain, view) = token(&vault, "ci", "read", Limits::default());
    assert_eq!(view.last_used_at, None);
    let last = || ada(&vault).tokens().expect("lists")[0].last_used_at;
    by(&vault, &plain).expect("known");
    let first = place.clock_in(0);
    assert_eq!(last(), Some(first));
    place.clock.set(place.clock_in(59));
    by(&vault, &plain).expect("known");
    assert_eq!(last(), Some(first), "a use within a minute is not written");
    place.clock.set(place.clock_in(1));
    by(&vault, &plain).expect("known");
    assert_eq!(last(), Some(place.clock_in(0)));
}

#[test]
fn a_use_that_cannot_be_written_fails_no_request() {
    let place = Place::new();
    let vault = place.open();
    let (plain, _) = token(&vault, "ci", "read", Limits::default());
    place
        .database()
        .execute_batch("drop table token_uses; create view token_uses as select cast(null as blob) as token, cast(null as integer) as used_at")
        .expect("a view");
    assert!(by(&vault, &plain).is_ok());
}

#[test]
fn what_could_do_nothing_or_more_than_it_seems_is_not_made() {
    let place = Place::new();
    let vault = place.open();
    let names = |agents: &str| Limits {
        agents: Some(
            agents
                .split(',')
                .filter(|it| !it.is_empty())
                .map(|it| it.parse().expect("a name"))
                .collect(),
        ),
        ..Limits::default()
    };
    for (scopes, limits) in [
        ("read", names("")),
        ("write", names("mailer")),
        ("read,admin", names("mailer")),
        ("reveal", names("mailer")),
    ] {
        let refused = ada(&vault).create_token(&new_token("t", scopes, limits));
        assert!(matches!(refused, Err(VaultError::UselessToken(_))), "{scopes}");
    }
    token(&vault, "t", "read,resolve", names("mailer"));
    let again = ada(&vault).create_token(&new_token("t", "read", Limits::default()));
    assert!(matches!(again, Err(VaultError::TokenExists(_))));
}

#[test]
fn a_scope_by_which_the_makers_role_permits_nothing_is_refused() {
    let place = Place::new();
    let vault = place.open();
    let with_role = |role| {
        let actor = Actor {
            role,
            ..Actor::local("eve")
        };
        vault
            .caller(actor, &AccountName::default())
            .expect("the default account")
    };
    let member = with_role(Role::Member);
    let refused = member
        .create_token(&new_token("a", "read,reveal", Limits::default()))
        .err()
        .expect("refused");
    assert_eq!(
        refused.to_string(),
        "the scope `reveal` would be of no use: a token of the role `member` may do nothing by it"
    );
    // Members make, see and revoke tokens of their own: that is what `admin` is for then.
    for (name, role, scopes) in [
        ("b", Role::Member, "read,write,resolve,admin"),
        ("c", Role::Admin, "read,write,reveal,resolve,admin"),
    ] {
        let made = with_role(role).create_token(&new_token(name, scopes, Limits::default()));
        assert_eq!(made.expect("made").1.role, role);
    }
}

#[test]
fn a_token_of_whose_end_nobody_says_anything_ends_with_its_maker_or_after_ninety_days() {
    let place = Place::new();
    let vault = place.open();
    let ninety_days = place.clock_in(90 * 24 * 3_600);
    assert_eq!(ada(&vault).token_expiry(), ninety_days);
    for (name, ends, expected) in [
        ("short", Some(place.clock_in(3_600)), place.clock_in(3_600)),
        ("long", Some(place.clock_in(365 * 24 * 3_600)), ninety_days),
        ("endless", None, ninety_days),
    ] {
        let new = NewToken {
            expires_at: ends,
            ..new_token(name, "read,admin", Limits::default())
        };
        let (plain, _) = ada(&vault).create_token(&new).expect("makes it");
        let maker = by(&vault, &plain).expect("known");
        assert_eq!(maker.token_expiry(), expected, "{name}");
        let child = NewToken {
            expires_at: Some(maker.token_expiry()),
            ..new_token(&format!("of {name}"), "read", Limits::default())
        };
        assert!(maker.create_token(&child).is_ok(), "{name}");
    }
}

#[test]
fn a_token_makes_none_that_is_good_for_more() {
    let place = Place::new();
    let vault = place.open();
    let ranges = |text: &str| Limits {
        addresses: Some([text.parse().expect("a range")].into()),
        ..Limits::default()
    };
    let new = NewToken {
        expires_at: Some(place.clock_in(3_600)),
        ..new_token("maker", "read,admin", ranges("192.0.2.0/24"))
    };
    let (plain, _) = ada(&vault).create_token(&new).expect("makes it");
    let maker = by(&vault, &plain).expect("known");
    let child = |name: &str, scopes: &str, range: &str, seconds: Option<i64>| NewToken {
        expires_at: seconds.map(|it| place.clock_in(it)),
        ..new_token(name, scopes, ranges(range))
    };
    for (what, new) in [
        ("scopes", child("a", "read,reveal", "192.0.2.7", Some(60))),
        ("addresses", child("b", "read", "192.0.0.0/16", Some(60))),
        ("expiry", child("c", "read", "192.0.2.7", None)),
        ("expiry", child("d", "read", "192.0.2.7", Some(7_200))),
    ] {
        let refused = maker.create_token(&new).err().expect("refused");
        assert!(
            matches!(refused, VaultError::Denied(Denied::Beyond { what: it }) if it == what),
            "{what}"
        );
    }
    assert!(maker.create_token(&child("e", "read", "192.0.2.7", Some(60))).is_ok());
}

#[test]
fn a_viewer_makes_no_tokens_and_a_member_sees_none_of_others() {
    let place = Place::new();
    let vault = place.open();
    let (_, view) = token(&vault, "ci", "read", Limits::default());
    let with_role = |role| {
        let actor = Actor {
            role,
            ..Actor::local("eve")
        };
        vault
            .caller(actor, &AccountName::default())
            .expect("the default account")
    };
    assert!(matches!(with_role(Role::Viewer).tokens(), Err(VaultError::Denied(_))));
    assert!(with_role(Role::Member).tokens().expect("may ask").is_empty());
    let refused = with_role(Role::Member).revoke_token(view.id.parse().expect("an id"));
    assert!(matches!(refused, Err(VaultError::NoToken)));
    assert_eq!(with_role(Role::Admin).tokens().expect("may see").len(), 1);
}

#[test]
fn the_record_names_the_token_and_what_it_is_good_for() {
    let place = Place::new();
    let vault = place.open();
    let limits = Limits {
        keys: Some([key("STRIPE_API_KEY")].into()),
        environments: Some([environment("prod")].into()),
        ..Limits::default()
    };
    let (plain, view) = token(&vault, "ci", "read,resolve", limits);
    ada(&vault)
        .revoke_token(view.id.parse().expect("an id"))
        .expect("revokes");
    let records = records(&vault);
    let about = |action| {
        let found = records.iter().find(|it| it.action == action).expect("recorded");
        found.about.clone().expect("about the token")
    };
    let made = about(ActionKind::TokenCreate);
    assert_eq!(
        (made.name.as_str(), made.revision, made.id.to_string()),
        ("ci", 1, view.id)
    );
    assert_eq!(
        made.grants,
        [
            "scopes read,resolve",
            "role owner",
            "keys STRIPE_API_KEY",
            "environments prod"
        ]
    );
    assert_eq!(about(ActionKind::TokenRevoke).revision, 2);
    let all = serde_json::to_string(&records).expect("serialises");
    assert!(!all.contains(plain.expose_secret()));
    assert!(vault.authenticate_token(&plain.presented(), peer()).is_err());
}
