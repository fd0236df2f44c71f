//! Stories of purging: what was destroyed is in no file, and what was recorded of it stays.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use distri_core::age::Identity;
use distri_core::audit::ActionKind;
use distri_core::authz::Actor;
use distri_core::clock::FixedClock;
use distri_core::ids::RunId;
use distri_core::{AccountName, Environment, SecretKey, SecretValue, SystemClock, Timestamp};
use distri_vault::backup::CreateBackup;
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::secrets::{Edit, ReleaseSecrets, Selection, SetSecret};
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

    fn home(&self) -> Home {
        Home::below(self.directory.path())
    }

    fn open(&self) -> Vault {
        Vault::open(&self.home(), self.clock.clone(), FirstUse::KeyFile, &mut nobody).unwrap()
    }

    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.directory.path().join("data/distri.db")).unwrap()
    }

    /// Every envelope and wrapped data key of a secret.
    fn sealed(&self, name: &str) -> Vec<Vec<u8>> {
        let database = self.database();
        let sql = "select v.sealed from secret_versions v join secrets s on s.id = v.secret where s.key = ?1
                   union all select k.wrapped from data_keys k join secrets s on s.id = k.secret where s.key = ?1";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([name], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn nobody() -> Result<Passphrase, RootKeyError> {
    Err(RootKeyError::NoPassphrase("nobody".to_owned()))
}

fn ada(vault: &Vault) -> Caller<'_> {
    vault.caller(Actor::local("ada"), &AccountName::default()).unwrap()
}

fn key(name: &str) -> SecretKey {
    name.parse().unwrap()
}

fn here() -> Environment {
    Environment::default()
}

fn set(vault: &Vault, name: &str, value: Vec<u8>) {
    let request = SetSecret {
        hosts: Edit::Set(vec!["api.example.com".parse().unwrap()]),
        ..SetSecret::new(key(name), here(), SecretValue::new(value).unwrap())
    };
    ada(vault).set(&request).unwrap();
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    entries
        .flat_map(|it| if it.is_dir() { files_below(&it) } else { vec![it] })
        .collect()
}

/// Sixteen bytes of any of them in any file.
fn trace(place: &Place, pieces: &[Vec<u8>]) -> Option<PathBuf> {
    let windows: std::collections::HashSet<&[u8]> = pieces.iter().flat_map(|it| it.windows(16)).collect();
    let mut files = files_below(place.directory.path()).into_iter();
    files.find(|it| std::fs::read(it).unwrap().windows(16).any(|it| windows.contains(it)))
}

#[test]
fn no_byte_of_what_was_purged_is_in_any_file_and_the_log_still_verifies() {
    let place = Place::new();
    let vault = place.open();
    // Enough of every size that pages are split, moved and freed.
    for number in 0..300_usize {
        set(
            &vault,
            &format!("KEY_{number}"),
            vec![b'a' + (number % 26) as u8; 1 + number * 7],
        );
    }
    for round in 0..5_u8 {
        set(&vault, "PURGED", vec![b'0' + round; 3_000]);
        set(&vault, "KEY_7", vec![b'0' + round; 9_000]);
    }
    let run = RunId::new(&SystemClock);
    let request = ReleaseSecrets {
        agent: None,
        environment: here(),
        selection: Selection::Only([key("PURGED")].into()),
    };
    let release = ada(&vault).release(run, &request).unwrap();
    let placeholder = release.secrets[0].placeholder.as_ref().unwrap().as_str().to_owned();

    let sealed = place.sealed("PURGED");
    assert_eq!(sealed.len(), 6);
    assert!(trace(&place, &sealed).is_some(), "the search finds what is there");
    let purged = ada(&vault).purge(&key("PURGED"), &here()).unwrap();
    assert_eq!((purged.versions, purged.copies.log.as_deref()), (5, None));
    assert_eq!(trace(&place, &sealed), None);

    assert!(matches!(
        ada(&vault).history(&key("PURGED"), &here()),
        Err(VaultError::NotFound { .. })
    ));
    assert!(matches!(
        ada(&vault).undelete(&key("PURGED"), &here()),
        Err(VaultError::NotFound { .. })
    ));
    assert_eq!(ada(&vault).verify_audit().unwrap().findings, []);
    let identified = ada(&vault).identify(placeholder.as_bytes()).unwrap();
    assert!(format!("{identified:?}").contains("PURGED"), "{identified:?}");
    set(&vault, "PURGED", b"a new one".to_vec());
    assert_eq!(ada(&vault).get(&key("PURGED"), &here()).unwrap().version, 1);
    assert_eq!(ada(&vault).get(&key("KEY_7"), &here()).unwrap().version, 6);
}

#[test]
fn what_was_purged_cannot_be_put_back_from_a_copy_of_the_database() {
    let place = Place::new();
    set(&place.open(), "PURGED", b"value".to_vec());
    let copy = place.directory.path().join("copy.db");
    place
        .database()
        .execute("vacuum into ?1", [copy.to_str().unwrap()])
        .unwrap();
    ada(&place.open()).purge(&key("PURGED"), &here()).unwrap();
    place
        .database()
        .execute_batch(&format!(
            "attach '{}' as copy;
             insert into secrets select * from copy.secrets;
             insert into data_keys select * from copy.data_keys;
             insert into secret_versions select * from copy.secret_versions;",
            copy.display()
        ))
        .unwrap();
    let vault = place.open();
    let refused = ada(&vault).reveal(&key("PURGED"), &here(), None);
    assert!(matches!(refused, Err(VaultError::Integrity { .. })));
}

#[test]
fn deleted_secrets_are_purged_when_the_window_is_over() {
    let place = Place::new();
    let vault = place.open();
    for name in ["LONG_AGO", "LATELY", "LIVE"] {
        set(&vault, name, b"value-of-it".to_vec());
    }
    ada(&vault).delete(&key("LONG_AGO"), &here()).unwrap();
    place.clock.set(Timestamp::from_second(START + 20 * 86_400).unwrap());
    ada(&vault).delete(&key("LATELY"), &here()).unwrap();
    let sealed = place.sealed("LONG_AGO");
    let before = Timestamp::from_second(START + 10 * 86_400).unwrap();
    let purged = ada(&vault).purge_deleted(before).unwrap();
    let keys: Vec<_> = purged.secrets.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["LONG_AGO"]);
    assert_eq!(trace(&place, &sealed), None);
    ada(&vault).undelete(&key("LATELY"), &here()).unwrap();
    assert!(ada(&vault).get(&key("LIVE"), &here()).is_ok());
    assert!(ada(&vault).purge_deleted(before).unwrap().secrets.is_empty());
}

#[test]
fn the_backups_that_still_have_it_are_named() {
    let place = Place::new();
    let vault = place.open();
    let apart = tempfile::tempdir().unwrap();
    let back_up = |name: &str| {
        let to = apart.path().join(name);
        let recipients = [Identity::generate().recipient()];
        let request = CreateBackup {
            to: &to,
            recipients: &recipients,
        };
        ada(&vault).create_backup(&request).unwrap();
    };
    back_up("before.age");
    place.clock.set(Timestamp::from_second(START + 60).unwrap());
    set(&vault, "PURGED", b"value-of-it".to_vec());
    place.clock.set(Timestamp::from_second(START + 120).unwrap());
    back_up("with-it.age");
    let purged = ada(&vault).purge(&key("PURGED"), &here()).unwrap();
    let paths: Vec<_> = purged.copies.backups.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, [apart.path().join("with-it.age").to_str().unwrap()]);
    let newest = ada(&vault).audit_newest(1).unwrap();
    assert_eq!(newest[0].1.action, ActionKind::Purge);
}
