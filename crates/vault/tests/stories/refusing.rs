//! What is refused: by role, for damage, by the log.

use distri_core::authz::{Actor, Role};
use distri_core::ids::RunId;
use distri_core::{AccountName, SystemClock};
use distri_vault::VaultError;
use distri_vault::secrets::{ListSecrets, Selection};

use super::support::{Place, ada, default, key, request, required, revealed, set};

#[test]
fn roles_are_asked_before_anything_else() {
    let place = Place::new();
    let vault = place.open();
    set(&ada(&vault), "A", "v");
    let viewer = Actor {
        role: Role::Viewer,
        ..Actor::local("eve")
    };
    let caller = vault.caller(viewer, &AccountName::default()).expect("the account");
    assert_eq!(caller.list(&ListSecrets::default()).expect("may list").len(), 1);
    assert!(matches!(
        caller.reveal(&key("A"), &default(), None),
        Err(VaultError::Denied(_))
    ));
    assert!(matches!(
        caller.delete(&key("A"), &default()),
        Err(VaultError::Denied(_))
    ));
    assert!(matches!(caller.audit_newest(1), Err(VaultError::Denied(_))));
}

#[test]
fn one_damaged_secret_does_not_affect_another() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "a");
    set(&caller, "B", "b");
    place
        .database()
        .execute_batch("update secrets set note = 'x' where key = 'A'")
        .expect("edits");
    let listed = caller.list(&ListSecrets::default()).expect("lists");
    assert_eq!(
        listed
            .iter()
            .map(|it| (it.info.key.as_str(), it.damage.is_some()))
            .collect::<Vec<_>>(),
        [("A", true), ("B", false)]
    );
    assert_eq!(revealed(&caller, "B"), b"b");
    let only = Selection::Only(required(&["B"]));
    assert_eq!(
        caller
            .release(RunId::new(&SystemClock), &request(None, only))
            .expect("releases")
            .secrets
            .len(),
        1
    );
}

#[test]
fn the_audit_log_refuses_changes() {
    let place = Place::new();
    let vault = place.open();
    set(&ada(&vault), "A", "v");
    let database = place.database();
    assert!(database.execute_batch("update audit_records set body = '{}'").is_err());
    assert!(database.execute_batch("delete from audit_records").is_err());
}
