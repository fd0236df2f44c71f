//! A secret over its life: versions, policies, deletion, and what is expected of it.

use distri_core::Policy;
use distri_core::audit::ActionKind;
use distri_vault::VaultError;
use distri_vault::secrets::{Edit, SetSecret, UpdateSecret};

use super::support::{Place, actions, ada, default, key, revealed, set, value};
use crate::database::files;

#[test]
fn a_value_is_kept_versioned_deleted_and_brought_back_with_its_records() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    assert_eq!(set(&caller, "STRIPE_API_KEY", "one"), 1);
    assert_eq!(set(&caller, "STRIPE_API_KEY", "two"), 2);
    assert_eq!(revealed(&caller, "STRIPE_API_KEY"), b"two");
    let first = caller
        .reveal(&key("STRIPE_API_KEY"), &default(), Some(1))
        .expect("reveals");
    assert_eq!((first.value.expose_secret(), first.info.version), (&b"one"[..], 1));

    caller.delete(&key("STRIPE_API_KEY"), &default()).expect("deletes");
    assert!(matches!(
        caller.get(&key("STRIPE_API_KEY"), &default()),
        Err(VaultError::NotFound { .. })
    ));
    assert!(matches!(
        caller.reveal(&key("STRIPE_API_KEY"), &default(), None),
        Err(VaultError::NotFound { .. })
    ));
    assert!(matches!(
        caller.delete(&key("STRIPE_API_KEY"), &default()),
        Err(VaultError::NotFound { .. })
    ));
    caller.undelete(&key("STRIPE_API_KEY"), &default()).expect("undeletes");
    assert!(matches!(
        caller.undelete(&key("STRIPE_API_KEY"), &default()),
        Err(VaultError::NotDeleted(_))
    ));
    assert_eq!(
        caller
            .rollback(&key("STRIPE_API_KEY"), &default(), None)
            .expect("rolls back")
            .version,
        3
    );
    assert_eq!(revealed(&caller, "STRIPE_API_KEY"), b"one");

    use ActionKind::{Delete, InstanceCreate, Reveal, Rollback, Set, Undelete};
    assert_eq!(
        actions(&caller),
        [
            InstanceCreate,
            Set,
            Set,
            Reveal,
            Reveal,
            Delete,
            Undelete,
            Rollback,
            Reveal
        ]
    );
    let history = caller.history(&key("STRIPE_API_KEY"), &default()).expect("reads");
    let lines: Vec<_> = history
        .iter()
        .map(|it| (it.version, it.change, it.origin, it.current))
        .collect();
    assert_eq!(
        lines,
        [
            (3, "rollback", Some(1), true),
            (2, "value", None, false),
            (1, "value", None, false)
        ]
    );
}

#[test]
fn everything_survives_closing_and_opening() {
    let place = Place::new();
    set(&ada(&place.open()), "A", "kept");
    let vault = place.open();
    assert_eq!(revealed(&ada(&vault), "A"), b"kept");
}

#[test]
fn setting_a_deleted_secret_brings_it_back_with_its_history_and_policy() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    let hosts = vec!["api.stripe.com".parse().expect("a binding")];
    let request = SetSecret {
        default_policy: Policy {
            hosts: hosts.clone(),
            ..Policy::default()
        },
        ..SetSecret::new(key("A"), default(), value("one"))
    };
    caller.set(&request).expect("sets");
    caller.delete(&key("A"), &default()).expect("deletes");
    let outcome = caller
        .set(&SetSecret::new(key("A"), default(), value("two")))
        .expect("sets");
    assert!(outcome.undeleted && !outcome.created);
    assert_eq!((outcome.info.version, outcome.info.policy.hosts), (2, hosts));
}

#[test]
fn a_changed_policy_is_a_new_version_with_the_same_value() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "one");
    let hosts = Edit::Set(vec![
        "b.example".parse().expect("a binding"),
        "a.example".parse().expect("a binding"),
    ]);
    let outcome = caller
        .update(
            &key("A"),
            &default(),
            &UpdateSecret {
                hosts,
                ..UpdateSecret::default()
            },
        )
        .expect("updates");
    assert!(outcome.policy_changed);
    assert_eq!(outcome.info.version, 2);
    assert_eq!(
        outcome
            .info
            .policy
            .hosts
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["a.example", "b.example"]
    );
    assert_eq!(revealed(&caller, "A"), b"one");
    let note = UpdateSecret {
        note: Edit::Set(Some("for refunds".to_owned())),
        ..UpdateSecret::default()
    };
    let outcome = caller.update(&key("A"), &default(), &note).expect("updates");
    assert!(outcome.changed && !outcome.policy_changed);
    assert_eq!(outcome.info.version, 2);
    let same = caller.update(&key("A"), &default(), &note).expect("updates");
    assert!(!same.changed);
    assert_eq!(set(&caller, "A", "two"), 3);
    let again = caller.rollback(&key("A"), &default(), None);
    assert_eq!(again.expect("rolls back").version, 4);
    assert_eq!(
        revealed(&caller, "A"),
        b"one",
        "the policy's version is skipped: it brought no value"
    );
}

#[test]
fn the_version_a_caller_expects_is_checked() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    let expecting = |version| SetSecret {
        expected_version: Some(version),
        ..SetSecret::new(key("A"), default(), value("v"))
    };
    assert!(matches!(
        caller.set(&expecting(1)),
        Err(VaultError::Stale { current: 0, .. })
    ));
    caller.set(&expecting(0)).expect("there is none yet");
    assert!(matches!(
        caller.set(&expecting(0)),
        Err(VaultError::Stale { current: 1, .. })
    ));
    caller.set(&expecting(1)).expect("it is the one");
}

#[test]
fn session_data_is_kept_sealed_and_expires() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    caller.session_set("s1", "cart", b"three apples", None).expect("sets");
    caller
        .session_set("s1", "token", b"t", Some(place.clock_in(10)))
        .expect("sets");
    assert_eq!(
        caller
            .session_get("s1", "cart")
            .expect("gets")
            .expect("there")
            .as_slice(),
        b"three apples"
    );
    assert!(caller.session_get("s2", "cart").expect("gets").is_none());
    place.clock.set(place.clock_in(11));
    assert!(caller.session_get("s1", "token").expect("gets").is_none());
    assert!(caller.session_delete("s1", "cart").expect("deletes"));
    assert!(!caller.session_delete("s1", "cart").expect("deletes"));
    if place.database.is_embedded() {
        for (path, bytes) in files(&place.home()) {
            assert!(!bytes.windows(12).any(|it| it == b"three apples"), "{}", path.display());
        }
    }
}
