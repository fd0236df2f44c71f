//! Signing in and out, and what a session is good for.

use std::net::IpAddr;

use distri_core::audit::ActionKind;
use distri_core::authz::{ActorKind, Denied, Limits, Role};
use distri_core::credential::PlainSession;
use distri_core::ids::AccountId;
use distri_vault::people::{LogIn, NewInvitation, PASSWORD_FRESH, SESSION_IDLE, SESSION_LASTS};
use distri_vault::tokens::NewToken;
use distri_vault::{Caller, Unauthenticated, VaultError};

use crate::database::files;

use super::support::{Place, WORDS, by, email, join, local, log_in, owner, password, peer, records, reveal, set};

fn seconds(duration: std::time::Duration) -> i64 {
    duration.as_secs().try_into().expect("in range")
}

fn why(error: VaultError) -> Unauthenticated {
    match error {
        VaultError::Unauthenticated(why) => why,
        other => panic!("{other}"),
    }
}

#[test]
fn each_log_in_has_a_session_of_its_own_and_ends_the_one_of_before() {
    let place = Place::new();
    let vault = place.open();
    owner(&vault);
    let first = log_in(&vault, "ada", WORDS, peer()).expect("signs in");
    let second = vault
        .log_in(&LogIn {
            email: &email("ada"),
            password: &password(WORDS),
            peer: peer(),
            // Somebody may have planted this one in the browser.
            previous: Some(&first.session.presented()),
        })
        .expect("signs in");
    assert_ne!(first.session.expose_secret(), second.session.expose_secret());
    assert_eq!(
        why(vault
            .authenticate_session(&first.session.presented())
            .err()
            .expect("ended")),
        Unauthenticated::NoSession
    );
    assert!(vault.authenticate_session(&second.session.presented()).is_ok());
    assert!(vault.authenticate_session(&PlainSession::random().presented()).is_err());
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_the_same_and_leave_the_same_trace() {
    let place = Place::new();
    let vault = place.open();
    owner(&vault);
    let before = records(&vault).len();
    for name in ["ada", "nobody"] {
        let error = log_in(&vault, name, "wrong horse battery", peer())
            .err()
            .expect("refused");
        assert_eq!(why(error), Unauthenticated::LogIn);
    }
    let failures = records(&vault).split_off(before);
    assert_eq!(
        failures.iter().map(|it| it.action).collect::<Vec<_>>(),
        [ActionKind::Refuse; 2]
    );
    assert_eq!(
        failures.iter().map(|it| it.actor.name.as_str()).collect::<Vec<_>>(),
        ["ada@example.com", "unknown"]
    );
    assert_eq!(
        failures.iter().map(|it| it.actor.kind).collect::<Vec<_>>(),
        [ActorKind::Member, ActorKind::Nobody]
    );
}

#[test]
fn guessing_ends_for_a_person_whatever_addresses_the_guesses_come_from() {
    let place = Place::new();
    let vault = place.open();
    // Two servers count together.
    let other = place.open();
    owner(&vault);
    for guess in 0..10_u8 {
        let server = if guess % 2 == 0 { &vault } else { &other };
        let from = IpAddr::from([10, 0, 0, guess]);
        assert_eq!(
            why(log_in(server, "ada", "wrong", from).err().expect("refused")),
            Unauthenticated::LogIn
        );
    }
    let right = log_in(&vault, "ada", WORDS, peer())
        .err()
        .expect("refused, though it is right");
    assert_eq!(why(right), Unauthenticated::TooMany);
    place.pass(15 * 60);
    assert!(log_in(&other, "ada", WORDS, peer()).is_ok());
    // Success begins the count anew.
    for _ in 0..9 {
        log_in(&vault, "ada", "wrong", peer()).err().expect("refused");
    }
    assert!(log_in(&vault, "ada", WORDS, peer()).is_ok());
}

#[test]
fn whoever_is_kept_out_by_guesses_gets_in_again_by_the_user_of_the_machine() {
    let place = Place::new();
    let vault = place.open();
    owner(&vault);
    for _ in 0..10 {
        log_in(&vault, "ada", "wrong", peer()).err().expect("refused");
    }
    let locked = log_in(&vault, "ada", WORDS, peer()).err().expect("refused");
    assert_eq!(why(locked), Unauthenticated::TooMany);
    local(&vault)
        .reset_password(&email("ada"), &password(WORDS))
        .expect("resets it");
    assert!(log_in(&vault, "ada", WORDS, peer()).is_ok());
}

#[test]
fn guessing_ends_for_an_address_whatever_people_are_guessed() {
    let place = Place::new();
    let vault = place.open();
    owner(&vault);
    for guess in 0..100 {
        // A subscriber has 64 bits of IPv6 addresses.
        let from: IpAddr = format!("2001:db8:0:1::{guess:x}").parse().expect("an address");
        let error = log_in(&vault, &format!("p{guess}"), "x", from).err().expect("refused");
        assert_eq!(why(error), Unauthenticated::LogIn);
    }
    let from = "2001:db8:0:1:ffff::".parse().expect("an address");
    assert_eq!(
        why(log_in(&vault, "ada", WORDS, from).err().expect("refused")),
        Unauthenticated::TooMany
    );
    let elsewhere = "2001:db8:0:2::1".parse().expect("an address");
    assert!(log_in(&vault, "ada", WORDS, elsewhere).is_ok());
}

#[test]
fn what_is_kept_of_attempts_names_nobody() {
    let place = Place::new();
    let vault = place.open();
    owner(&vault);
    log_in(&vault, "mistyped-secret", "x", peer()).err().expect("refused");
    drop(vault);
    let files = match place.database.is_embedded() {
        true => files(&place.home()),
        false => Vec::new(),
    };
    for (_, bytes) in files {
        assert!(!bytes.windows(15).any(|it| it == b"mistyped-secret"));
        assert!(!bytes.windows(WORDS.len()).any(|it| it == WORDS.as_bytes()));
    }
}

#[test]
fn a_session_ends_when_idle_and_after_its_time_whatever_happens() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    place.pass(seconds(SESSION_IDLE) - 1);
    by(&vault, &session);
    place.pass(seconds(SESSION_IDLE) - 1);
    by(&vault, &session);
    place.pass(seconds(SESSION_IDLE));
    assert!(vault.authenticate_session(&session).is_err(), "idle");

    let session = log_in(&vault, "ada", WORDS, peer())
        .expect("signs in")
        .session
        .presented();
    let mut left = seconds(SESSION_LASTS);
    while left > 3_600 {
        place.pass(3_600);
        left -= 3_600;
        by(&vault, &session);
    }
    place.pass(left);
    assert!(vault.authenticate_session(&session).is_err(), "after its time");
}

#[test]
fn values_are_revealed_only_with_a_fresh_password_and_that_changes_the_session() {
    let place = Place::new();
    let vault = place.open();
    let old = owner(&vault).session.presented();
    let (caller, _) = by(&vault, &old);
    set(&caller, "STRIPE_API_KEY", "value").expect("sets");
    assert_eq!(reveal(&caller, "STRIPE_API_KEY").expect("fresh"), b"value");
    place.pass(seconds(PASSWORD_FRESH));
    let (caller, view) = by(&vault, &old);
    assert!(!view.is_fresh);
    let refused = reveal(&caller, "STRIPE_API_KEY").expect_err("refused");
    assert!(matches!(refused, VaultError::Denied(Denied::NotFresh { .. })));
    assert!(set(&caller, "STRIPE_API_KEY", "other").is_ok(), "the rest goes on");

    let wrong = vault
        .reauthenticate(&old, &password("wrong"), peer())
        .err()
        .expect("refused");
    assert_eq!(why(wrong), Unauthenticated::LogIn);
    let new = vault
        .reauthenticate(&old, &password(WORDS), peer())
        .expect("fresh")
        .session
        .presented();
    assert!(vault.authenticate_session(&old).is_err());
    assert_eq!(reveal(&by(&vault, &new).0, "STRIPE_API_KEY").expect("fresh"), b"other");
}

#[test]
fn what_outlives_a_session_is_given_only_with_a_fresh_password() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let asked = |caller: &Caller<'_>, name: &str| {
        let token = NewToken {
            name: name.parse().expect("a name"),
            scopes: "resolve".parse().expect("scopes"),
            limits: Limits::default(),
            expires_at: None,
        };
        let invitation = NewInvitation {
            email: format!("{name}@example.com").parse().expect("an address"),
            role: Role::Admin,
        };
        let member = caller.members().expect("lists")[0].id;
        [
            caller.create_token(&token).err(),
            caller.invite(&invitation).err(),
            caller.change_role(member, Role::Owner).err(),
        ]
    };
    let (caller, _) = by(&vault, &session);
    assert!(asked(&caller, "fresh").iter().all(Option::is_none));
    place.pass(seconds(PASSWORD_FRESH));
    let (caller, _) = by(&vault, &session);
    for refused in asked(&caller, "stale") {
        assert!(matches!(refused, Some(VaultError::Denied(Denied::NotFresh { .. }))));
    }
    let id = caller.tokens().expect("lists")[0].id.parse().expect("an identifier");
    caller.revoke_token(id).expect("what takes away goes on");
}

#[test]
fn signing_out_ends_one_session_or_all() {
    let place = Place::new();
    let vault = place.open();
    let first = owner(&vault).session.presented();
    let second = log_in(&vault, "ada", WORDS, peer())
        .expect("signs in")
        .session
        .presented();
    let third = log_in(&vault, "ada", WORDS, peer())
        .expect("signs in")
        .session
        .presented();
    vault.log_out(&first).expect("signs out");
    vault.log_out(&first).expect("stays out");
    assert!(vault.authenticate_session(&first).is_err());

    let open = vault.open_sessions(&second).expect("lists");
    assert_eq!(open.len(), 2);
    let other = open.iter().find(|it| !it.is_this).expect("the third");
    assert_eq!(vault.end_sessions(&second, Some("nothing")).expect("ends"), 0);
    assert_eq!(vault.end_sessions(&second, Some(&other.id)).expect("ends"), 1);
    assert!(vault.authenticate_session(&third).is_err());
    log_in(&vault, "ada", WORDS, peer()).expect("signs in");
    assert_eq!(vault.end_sessions(&second, None).expect("ends"), 1);
    assert!(vault.authenticate_session(&second).is_ok());
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    let place = Place::new();
    let vault = place.open();
    let this = owner(&vault).session.presented();
    let other = log_in(&vault, "ada", WORDS, peer())
        .expect("signs in")
        .session
        .presented();
    let (old, new) = (password(WORDS), password("another good passphrase"));
    assert!(vault.change_password(&this, &password("wrong"), &new, peer()).is_err());
    assert!(vault.change_password(&this, &old, &password("short"), peer()).is_err());
    vault.change_password(&this, &old, &new, peer()).expect("changes");
    assert!(vault.authenticate_session(&other).is_err());
    assert!(vault.authenticate_session(&this).is_ok());
    assert!(log_in(&vault, "ada", WORDS, peer()).is_err());
    assert!(log_in(&vault, "ada", "another good passphrase", peer()).is_ok());
}

#[test]
fn a_forgotten_password_is_reset_by_the_user_of_the_machine_and_by_nobody_else() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let new = password("another good passphrase");
    let refused = by(&vault, &session).0.reset_password(&email("ada"), &new);
    assert!(matches!(refused, Err(VaultError::Denied(_))));
    super::support::local(&vault)
        .reset_password(&email("ada"), &new)
        .expect("resets");
    assert!(vault.authenticate_session(&session).is_err());
    assert!(log_in(&vault, "ada", "another good passphrase", peer()).is_ok());
}

#[test]
fn forms_carry_what_only_this_session_has() {
    let place = Place::new();
    let vault = place.open();
    let one = owner(&vault).session.presented();
    let other = log_in(&vault, "ada", WORDS, peer())
        .expect("signs in")
        .session
        .presented();
    let here = Some(by(&vault, &one).0.account());
    let token = vault.csrf(&one, here);
    assert!(vault.is_csrf(&one, here, token.expose_secret()));
    let again = vault.csrf(&one, here);
    assert_ne!(
        token.expose_secret(),
        again.expose_secret(),
        "each page has another text"
    );
    assert!(vault.is_csrf(&one, here, again.expose_secret()));
    assert!(!vault.is_csrf(&one, here, &token.expose_secret()[..43]));
    assert!(!vault.is_csrf(&other, here, token.expose_secret()));
    assert!(!vault.is_csrf(&one, here, ""));
    assert!(!vault.is_csrf(&one, here, one.expose_secret()));
    let elsewhere = Some(AccountId::new(place.clock.as_ref()));
    for another in [None, elsewhere] {
        assert!(
            !vault.is_csrf(&one, another, token.expose_secret()),
            "it is of the pages of another account"
        );
    }
    assert!(!one.expose_secret().contains(token.expose_secret()));
}

#[test]
fn whoever_is_no_member_any_more_cannot_sign_in() {
    let place = Place::new();
    let vault = place.open();
    let owner = owner(&vault).session.presented();
    let (ada, _) = by(&vault, &owner);
    let eve = join(&vault, &ada, "eve", Role::Member);
    ada.remove_member(eve.view.person).expect("removes");
    assert_eq!(
        why(vault
            .authenticate_session(&eve.session.presented())
            .err()
            .expect("ended")),
        Unauthenticated::NoSession
    );
    assert_eq!(
        why(log_in(&vault, "eve", WORDS, peer()).err().expect("refused")),
        Unauthenticated::LogIn
    );
    // Nothing of her is left but what was recorded.
    let known = "select cast(count(*) as text) from people where email = ";
    assert_eq!(place.database().text(&format!("{known}'{}'", email("eve"))), "0");
}
