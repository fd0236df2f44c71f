//! Environments are apart; importing and copying into one is whole or nothing.

use distri_core::{Environment, Policy};
use distri_vault::VaultError;
use distri_vault::secrets::{CopySecrets, ImportEntry, ImportSecrets, ListSecrets, OnConflict, Planned};

use super::support::{Place, ada, default, key, revealed, set, value};

#[test]
fn environments_never_fall_through() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "default value");
    let prod: Environment = "prod".parse().expect("an environment");
    assert!(matches!(caller.get(&key("A"), &prod), Err(VaultError::NotFound { .. })));
    let copy = CopySecrets {
        from: default(),
        to: prod.clone(),
        only: None,
        on_conflict: OnConflict::Fail,
    };
    assert_eq!(caller.copy(&copy).expect("copies").copied, [key("A")]);
    assert!(matches!(caller.copy(&copy), Err(VaultError::Exists { .. })));
    set(&caller, "A", "another");
    assert_eq!(
        caller
            .reveal(&key("A"), &prod, None)
            .expect("reveals")
            .value
            .expose_secret(),
        b"default value"
    );
    assert_eq!(caller.list(&ListSecrets::default()).expect("lists").len(), 2);
}

#[test]
fn an_import_is_all_or_nothing() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "SAME", "s");
    set(&caller, "OTHER", "before");
    let import = |on_conflict, dry_run| ImportSecrets {
        environment: default(),
        entries: [("FRESH", "f"), ("SAME", "s"), ("OTHER", "after")]
            .map(|(name, text)| ImportEntry {
                key: key(name),
                value: value(text),
                default_policy: Policy::default(),
            })
            .into(),
        on_conflict,
        dry_run,
    };
    let plan = caller.import(import(OnConflict::Fail, true)).expect("plans").plan;
    assert_eq!(
        plan.iter().map(|it| it.1).collect::<Vec<_>>(),
        [Planned::New, Planned::Same, Planned::Changed]
    );
    assert!(
        matches!(caller.import(import(OnConflict::Fail, false)), Err(VaultError::Exists { keys, .. }) if keys == [key("OTHER")])
    );
    assert!(
        caller.get(&key("FRESH"), &default()).is_err(),
        "nothing of a refused import stays"
    );
    assert_eq!(caller.import(import(OnConflict::Skip, false)).expect("imports").set, 1);
    assert_eq!(revealed(&caller, "OTHER"), b"before");
    assert_eq!(
        caller.import(import(OnConflict::Replace, false)).expect("imports").set,
        1
    );
    assert_eq!(revealed(&caller, "OTHER"), b"after");
}
