//! Stories of rotation by people: a reminder, and the next value beside the one in use.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use distri_core::authz::Actor;
use distri_core::clock::FixedClock;
use distri_core::ids::RunId;
use distri_core::{AccountName, Environment, SecretKey, SecretValue, SystemClock, Timestamp};
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::secrets::{Edit, ReleaseSecrets, Selection, SetSecret, UpdateSecret};
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};

const START: i64 = 1_800_000_000;

struct Place {
    directory: tempfile::TempDir,
    clock: Arc<FixedClock>,
}

impl Place {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            clock: Arc::new(FixedClock::at(Timestamp::from_second(START).unwrap())),
        }
    }

    fn open(&self) -> Vault {
        let home = Home::below(self.directory.path());
        Vault::open(&home, self.clock.clone(), FirstUse::KeyFile, &mut nobody).unwrap()
    }

    fn tamper(&self, sql: &str) {
        let home = Home::below(self.directory.path());
        let database = rusqlite::Connection::open(home.database()).unwrap();
        database.execute_batch(sql).unwrap();
    }

    fn after_days(&self, days: i64) {
        self.clock.set(Timestamp::from_second(START + days * 86_400).unwrap());
    }
}

fn nobody() -> Result<Passphrase, RootKeyError> {
    Err(RootKeyError::NoPassphrase("nobody".to_owned()))
}

fn ada(vault: &Vault) -> Caller<'_> {
    vault.caller(Actor::local("ada"), &AccountName::default()).unwrap()
}

fn key() -> SecretKey {
    "STRIPE_API_KEY".parse().unwrap()
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec()).unwrap()
}

fn here() -> Environment {
    Environment::default()
}

fn set(vault: &Vault, text: &str) {
    ada(vault).set(&SetSecret::new(key(), here(), value(text))).unwrap();
}

fn stage(vault: &Vault, text: &str) -> u32 {
    let info = ada(vault).stage(&key(), &here(), &value(text)).unwrap();
    info.staged_version.unwrap()
}

/// The version and value that a run gets.
fn released(vault: &Vault, staged: bool) -> (u32, Vec<u8>) {
    let request = ReleaseSecrets {
        agent: None,
        environment: here(),
        selection: Selection::Only([key()].into()),
    };
    let run = RunId::new(&SystemClock);
    let release = match staged {
        true => ada(vault).release_staged(run, &request),
        false => ada(vault).release(run, &request),
    };
    let secret = release.unwrap().secrets.remove(0);
    (secret.version, secret.value.expose_secret().to_vec())
}

#[test]
fn a_staged_value_waits_is_tried_and_is_promoted() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    assert!(matches!(
        caller.stage(&key(), &here(), &value("x")),
        Err(VaultError::NotFound { .. })
    ));
    set(&vault, "old");
    assert!(matches!(caller.promote(&key(), &here()), Err(VaultError::NotStaged(_))));
    assert!(matches!(caller.unstage(&key(), &here()), Err(VaultError::NotStaged(_))));
    assert_eq!(released(&vault, true), (1, b"old".to_vec()), "nothing is staged");

    assert_eq!(stage(&vault, "new"), 2);
    assert_eq!(released(&vault, false), (1, b"old".to_vec()));
    assert_eq!(released(&vault, true), (2, b"new".to_vec()));
    let revealed = caller.reveal(&key(), &here(), None).unwrap();
    assert_eq!(revealed.value.expose_secret(), b"old");

    let info = caller.promote(&key(), &here()).unwrap();
    assert_eq!((info.version, info.staged_version), (3, None));
    assert_eq!(released(&vault, false), (3, b"new".to_vec()));
    let history = caller.history(&key(), &here()).unwrap();
    let told: Vec<_> = history.iter().map(|it| (it.version, it.current, it.change)).collect();
    assert_eq!(told, [(3, true, "promoted"), (2, false, "staged"), (1, false, "value")]);
    // What was in use before, not the staged version that has the same value.
    caller.rollback(&key(), &here(), None).unwrap();
    assert_eq!(released(&vault, false), (4, b"old".to_vec()));
    assert_eq!(caller.verify_audit().unwrap().findings, []);
}

#[test]
fn a_staged_value_is_replaced_given_up_and_survives_a_value_set_directly() {
    let place = Place::new();
    let vault = place.open();
    set(&vault, "one");
    assert_eq!(stage(&vault, "two"), 2);
    assert_eq!(stage(&vault, "three"), 3);
    let history = ada(&vault).history(&key(), &here()).unwrap();
    assert_eq!(
        history
            .iter()
            .filter(|it| it.staged)
            .map(|it| it.version)
            .collect::<Vec<_>>(),
        [3]
    );
    set(&vault, "urgent");
    assert_eq!(released(&vault, false), (4, b"urgent".to_vec()));
    assert_eq!(released(&vault, true), (3, b"three".to_vec()));
    ada(&vault).unstage(&key(), &here()).unwrap();
    assert_eq!(released(&vault, true), (4, b"urgent".to_vec()));
    ada(&vault).rollback(&key(), &here(), None).unwrap();
    assert_eq!(released(&vault, false).1, b"one", "never a value that was only staged");
}

#[test]
fn a_policy_narrowed_meanwhile_holds_for_what_is_promoted() {
    let place = Place::new();
    let vault = place.open();
    set(&vault, "old");
    stage(&vault, "new");
    let update = UpdateSecret {
        hosts: Edit::Set(vec!["api.stripe.com".parse().unwrap()]),
        ..UpdateSecret::default()
    };
    ada(&vault).update(&key(), &here(), &update).unwrap();
    let info = ada(&vault).promote(&key(), &here()).unwrap();
    assert_eq!(info.policy.hosts.len(), 1);
    assert_eq!(released(&vault, false).1, b"new");
}

#[test]
fn whoever_edits_what_is_staged_or_when_it_is_due_is_noticed() {
    let edits = [
        "update secrets set staged_version = 1",
        "update secrets set staged_version = null",
        "update secrets set rotate_every_days = 9999",
        "update secrets set rotate_every_days = null",
        "update secrets set current_version = 2, staged_version = null",
        "delete from secret_versions where version = 2; update secrets set staged_version = null, latest_version = 1",
    ];
    for edit in edits {
        let place = Place::new();
        {
            let vault = place.open();
            set(&vault, "old");
            let update = UpdateSecret {
                rotate_every_days: Edit::Set(Some(30)),
                ..UpdateSecret::default()
            };
            ada(&vault).update(&key(), &here(), &update).unwrap();
            stage(&vault, "new");
        }
        place.tamper(edit);
        let refused = ada(&place.open()).get(&key(), &here());
        assert!(matches!(refused, Err(VaultError::Integrity { .. })), "{edit}");
    }
}

#[test]
fn a_state_from_before_the_staging_cannot_be_put_back() {
    let place = Place::new();
    let before = {
        let vault = place.open();
        set(&vault, "old");
        let home = Home::below(place.directory.path());
        let database = rusqlite::Connection::open(home.database()).unwrap();
        database
            .query_row("select mac from secrets", [], |row| row.get::<_, Vec<u8>>(0))
            .unwrap()
    };
    stage(&place.open(), "new");
    let hex: String = before.iter().map(|it| format!("{it:02x}")).collect();
    place.tamper(&format!(
        "delete from secret_versions where version = 2;
         update secrets set staged_version = null, latest_version = 1, updated_at = created_at, mac = x'{hex}'"
    ));
    let refused = ada(&place.open()).get(&key(), &here()).unwrap_err().to_string();
    assert!(refused.contains("older than record"), "{refused}");
}

#[test]
fn rotation_is_due_counted_from_the_value_in_use() {
    let place = Place::new();
    let vault = place.open();
    let request = SetSecret {
        rotate_every_days: Edit::Set(Some(30)),
        ..SetSecret::new(key(), here(), value("old"))
    };
    ada(&vault).set(&request).unwrap();
    let is_due = || {
        ada(&vault)
            .get(&key(), &here())
            .unwrap()
            .is_rotation_due(distri_core::Clock::now(&*place.clock))
    };
    place.after_days(29);
    assert!(!is_due());
    place.after_days(31);
    assert!(is_due());
    stage(&vault, "new");
    assert!(is_due(), "a staged value is not in use");
    ada(&vault).promote(&key(), &here()).unwrap();
    assert!(!is_due());
    place.after_days(62);
    assert!(is_due());
}
