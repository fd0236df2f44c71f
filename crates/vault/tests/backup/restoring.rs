//! A backup comes back as it was, where that is wanted.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};

use distri_core::Environment;
use distri_core::audit::ActionKind;
use distri_vault::backup::{BackupError, CreateBackup};

use crate::support::{Kept, Place, ada, key, set, set_bytes, value_of};

fn actions(vault: &distri_vault::Vault) -> Vec<ActionKind> {
    let newest = ada(vault).audit_newest(100).unwrap();
    newest.into_iter().map(|it| it.1.action).collect()
}

#[test]
fn another_empty_home_gets_every_value_from_the_identity_and_the_root_key_alone() {
    let (place, kept) = (Place::new(), Kept::new());
    let every_byte: Vec<u8> = (0..=255).chain([0xC3, 0x28]).collect();
    let large = vec![b'x'; 64 * 1024];
    {
        let vault = place.open();
        set(&vault, "STRIPE_API_KEY", "sk_live_first");
        set(&vault, "STRIPE_API_KEY", "sk_live_second");
        set_bytes(&vault, "EVERY_BYTE", &every_byte);
        set_bytes(&vault, "LARGE", &large);
        set(&vault, "GONE", "still recoverable");
        ada(&vault).delete(&key("GONE"), &Environment::default()).unwrap();
        let made = kept.make(&vault);
        assert!(made.bytes > 64 * 1024 && made.rows > 10);
        set(&vault, "LATER", "not in the backup");
    }
    let mode = std::fs::metadata(kept.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let report = kept.check().unwrap();
    assert_eq!((report.accounts, report.secrets, report.versions), (1, 4, 5));

    let other = Place::new();
    let needed = kept.restore(&other).unwrap_err().to_string();
    assert!(needed.contains(&report.manifest.root_keys[0].root_key), "{needed}");
    assert!(!other.home().database().exists(), "nothing is made without the key");
    other.take_root_key_of(&place);
    let restored = kept.restore(&other).unwrap();
    assert!(restored.damaged.is_empty() && restored.replaced.is_none());

    let vault = other.open();
    assert_eq!(value_of(&vault, "STRIPE_API_KEY", 1), b"sk_live_first");
    assert_eq!(value_of(&vault, "STRIPE_API_KEY", 2), b"sk_live_second");
    assert_eq!(value_of(&vault, "EVERY_BYTE", 1), every_byte);
    assert_eq!(value_of(&vault, "LARGE", 1), large);
    assert!(ada(&vault).get(&key("LATER"), &Environment::default()).is_err());
    ada(&vault).undelete(&key("GONE"), &Environment::default()).unwrap();
    assert_eq!(value_of(&vault, "GONE", 1), b"still recoverable");
    assert!(actions(&vault).contains(&ActionKind::BackupRestore));
    assert_eq!(ada(&vault).verify_audit().unwrap().findings, []);
    assert_eq!(vault.fingerprint(), place.open().fingerprint());
}

#[test]
fn the_identity_alone_gives_no_value_and_the_file_no_name() {
    let (place, kept) = (Place::new(), Kept::new());
    let vault = place.open();
    set(&vault, "STRIPE_API_KEY", "sk_live_canary_4242");
    kept.make(&vault);
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    assert!(has(&kept.content(), "STRIPE_API_KEY"));
    assert!(!has(&kept.content(), "canary"));
    assert!(!has(&std::fs::read(kept.file()).unwrap(), "STRIPE_API_KEY"));
}

#[test]
fn a_home_in_use_is_replaced_with_consent_and_an_older_state_only_with_another() {
    let (place, kept) = (Place::new(), Kept::new());
    {
        let vault = place.open();
        set(&vault, "KEPT", "old");
        kept.make(&vault);
        set(&vault, "KEPT", "new");
    }
    assert!(matches!(kept.restore(&place), Err(BackupError::Occupied(_))));
    let behind = kept.restore_with(&place, true, false);
    assert!(matches!(behind, Err(BackupError::Behind(_))));
    assert_eq!(value_of(&place.open(), "KEPT", 2), b"new");
    // The state directory gone as well, the database itself still knows.
    std::fs::remove_dir_all(place.directory.path().join("state")).unwrap();
    let behind = kept.restore_with(&place, true, false);
    assert!(matches!(behind, Err(BackupError::Behind(_))));
    drop(place.open());

    let restored = kept.restore_with(&place, true, true).unwrap();
    assert!(restored.rolled_back_from.is_some() && restored.replaced.is_some());
    let vault = place.open();
    assert_eq!(value_of(&vault, "KEPT", 1), b"old");
    assert!(
        ada(&vault)
            .reveal(&key("KEPT"), &Environment::default(), Some(2))
            .is_err()
    );
    let done = actions(&vault);
    assert!(done.contains(&ActionKind::AuditAcceptRollback) && done.contains(&ActionKind::BackupRestore));
    let report = ada(&vault).verify_audit().unwrap();
    assert_eq!((report.findings, report.rollbacks), (Vec::new(), 1));
}

#[test]
fn a_restored_home_goes_on_like_any_other() {
    let (place, kept) = (Place::new(), Kept::new());
    set(&place.open(), "ONE", "1");
    kept.make(&place.open());
    let other = Place::new();
    other.take_root_key_of(&place);
    kept.restore(&other).unwrap();
    set(&other.open(), "TWO", "2");
    let again = Kept::new();
    again.make(&other.open());
    let third = Place::new();
    third.take_root_key_of(&place);
    again.restore(&third).unwrap();
    let vault = third.open();
    assert_eq!(
        (value_of(&vault, "ONE", 1), value_of(&vault, "TWO", 1)),
        (b"1".to_vec(), b"2".to_vec())
    );
    assert_eq!(ada(&vault).verify_audit().unwrap().findings, []);
}

#[test]
fn a_backup_of_a_log_whose_tip_was_missing_restores_and_says_so_still() {
    let (place, kept) = (Place::new(), Kept::new());
    set(&place.open(), "ONE", "1");
    std::fs::remove_dir_all(place.directory.path().join("state")).unwrap();
    kept.make(&place.open());
    let other = Place::new();
    other.take_root_key_of(&place);
    kept.restore(&other).unwrap();
    let vault = other.open();
    assert_eq!(value_of(&vault, "ONE", 1), b"1");
    assert!(!vault.is_unwitnessed());
    let findings = ada(&vault).verify_audit().unwrap().findings;
    assert!(findings.len() == 1 && findings[0].seq == 3, "{findings:?}");
}

#[test]
fn a_damaged_database_is_put_aside_with_consent() {
    let (place, kept) = (Place::new(), Kept::new());
    set(&place.open(), "KEPT", "value");
    kept.make(&place.open());
    let database = place.home().database();
    // Nothing of it is in SQLite's log.
    let opened = rusqlite::Connection::open(&database).unwrap();
    opened
        .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        .unwrap();
    drop(opened);
    std::fs::write(&database, vec![7; 8192]).unwrap();
    assert!(matches!(kept.restore(&place), Err(BackupError::OccupiedByDamage(_))));
    let restored = kept.restore_with(&place, true, true).unwrap();
    assert_eq!(std::fs::read(restored.set_aside.unwrap()).unwrap(), vec![7; 8192]);
    assert_eq!(value_of(&place.open(), "KEPT", 1), b"value");
}

#[test]
fn a_backup_made_while_others_write_is_one_moment_of_it() {
    let place = Place::new();
    let vault = place.open();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let (vault, is_over) = (&vault, &is_over);
            scope.spawn(move || {
                let mut count = 0;
                while !is_over.load(Ordering::SeqCst) {
                    set(
                        vault,
                        &format!("KEY_{writer}_{}", count % 20),
                        &format!("value {count}"),
                    );
                    count += 1;
                }
            });
        }
        for _ in 0..5 {
            let kept = Kept::new();
            kept.make(&vault);
            let report = kept.check();
            let other = Place::new();
            other.take_root_key_of(&place);
            let restored = kept.restore(&other);
            if report.is_err() || restored.is_err() {
                is_over.store(true, Ordering::SeqCst);
            }
            assert!(report.is_ok() && restored.unwrap().damaged.is_empty());
        }
        is_over.store(true, Ordering::SeqCst);
    });
    assert_eq!(ada(&vault).verify_audit().unwrap().findings, []);
}

#[test]
fn a_backup_is_never_written_over_another_and_leaves_nothing_beside_it() {
    let (place, kept) = (Place::new(), Kept::new());
    let vault = place.open();
    let first = kept.make(&vault);
    let to = kept.file();
    let request = CreateBackup {
        to: &to,
        recipients: &kept.recipients(),
    };
    assert!(matches!(
        ada(&vault).create_backup(&request),
        Err(BackupError::Exists(_))
    ));
    assert_eq!(kept.check().unwrap().manifest, first.manifest);
    let nowhere = kept.directory.path().join("missing/backup.age");
    let request = CreateBackup {
        to: &nowhere,
        ..request
    };
    assert!(matches!(
        ada(&vault).create_backup(&request),
        Err(BackupError::File { .. })
    ));
    let nobody = CreateBackup {
        to: &nowhere,
        recipients: &[],
    };
    assert!(matches!(
        ada(&vault).create_backup(&nobody),
        Err(BackupError::NoRecipients)
    ));
    assert_eq!(std::fs::read_dir(kept.directory.path()).unwrap().count(), 1);
    let made = actions(&vault).into_iter().filter(|it| *it == ActionKind::BackupCreate);
    assert_eq!(made.count(), 1);
}
