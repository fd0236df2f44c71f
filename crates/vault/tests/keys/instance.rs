//! A new instance key.

use std::path::Path;

use distri_core::authz::Limits;
use distri_core::ids::SlotId;
use distri_vault::root_key::file;
use distri_vault::tokens::NewToken;
use distri_vault::{Home, VaultError};

use super::support::{Place, ada, open, revealed, set};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

#[test]
fn everything_stays_and_older_copies_still_open() {
    let place = Place::new();
    let vault = place.open();
    set(&vault, "A", "a1");
    set(&vault, "A", "a2");
    ada(&vault).session_set("s", "n", b"data", None).unwrap();
    let token = ada(&vault).create_token(&NewToken {
        name: "ci".parse().unwrap(),
        scopes: "read".parse().unwrap(),
        limits: Limits::default(),
        expires_at: None,
    });
    let (token, _) = token.unwrap();
    let (before, public_key) = (vault.fingerprint(), vault.audit_key());
    let wrapped = place.bytes("wrapped", "account_keys");
    vault.checkpoint().unwrap();
    let backup = tempfile::tempdir().unwrap();
    if place.database.is_embedded() {
        copy(place.directory.path(), backup.path());
    }

    for _ in 0..3 {
        place.rotate_instance(&vault);
    }
    drop(vault);
    let vault = place.open();
    assert_ne!(vault.fingerprint(), before);
    assert_ne!(place.bytes("wrapped", "account_keys"), wrapped);
    assert_eq!(revealed(&vault, "A", None).unwrap(), b"a2");
    assert_eq!(revealed(&vault, "A", Some(1)).unwrap(), b"a1");
    assert_eq!(ada(&vault).session_get("s", "n").unwrap().unwrap().as_slice(), b"data");
    let peer = "192.0.2.7".parse().unwrap();
    assert!(vault.authenticate_token(&token.presented(), peer).is_ok());
    // What was signed before is still signed, by the same key.
    assert_eq!(vault.audit_key(), public_key);
    place.is_sound();

    let status = place.around(|around| ada(&vault).key_status(around)).unwrap();
    let versions: Vec<u32> = status.instance_keys.iter().map(|it| it.version).collect();
    assert_eq!(versions, [1, 2, 3, 4]);
    assert_eq!(status.instance_keys[0].fingerprint, before.to_string());
    assert_eq!(status.instance_keys[3].fingerprint, vault.fingerprint().to_string());
    assert_eq!(status.slots[0].instance_key, vault.fingerprint().to_string());

    if !place.database.is_embedded() {
        return;
    }
    let older = open(&Home::below(backup.path())).unwrap();
    assert_eq!(older.fingerprint(), before);
    assert_eq!(revealed(&older, "A", None).unwrap(), b"a2");
    assert_eq!(ada(&older).verify_audit().unwrap().findings, []);
}

#[test]
fn a_process_with_the_old_key_in_memory_goes_on() {
    let place = Place::new();
    let (one, other) = (place.open(), place.open());
    set(&one, "A", "a1");
    assert_eq!(revealed(&other, "A", None).unwrap(), b"a1");
    // Each kind of work is the first that the other one does after a rotation.
    let stick = place.directory.path().join("stick.key");
    type Step<'s> = (&'s str, &'s dyn Fn());
    let steps: [Step<'_>; 8] = [
        ("reveal", &|| assert_eq!(revealed(&other, "A", Some(1)).unwrap(), b"a1")),
        ("set", &|| set(&other, "A", "a2")),
        ("set new", &|| set(&other, "B", "b1")),
        ("session", &|| ada(&other).session_set("s", "n", b"data", None).unwrap()),
        ("session read", &|| {
            assert_eq!(ada(&other).session_get("s", "n").unwrap().unwrap().as_slice(), b"data");
        }),
        ("slot", &|| {
            let path = Some(stick.clone());
            let added = place.around(|around| ada(&other).add_slot(around, |around| file::enrol(around, path)));
            added.unwrap();
        }),
        ("account", &|| assert_eq!(ada(&other).rotate_account().unwrap(), 2)),
        ("instance", &|| place.rotate_instance(&other)),
    ];
    for (name, step) in steps {
        place.rotate_instance(&one);
        step();
        assert_eq!(revealed(&one, "A", Some(1)).unwrap(), b"a1", "{name}");
        let fresh = place.open();
        assert_eq!(revealed(&fresh, "A", Some(1)).unwrap(), b"a1", "{name}");
        assert_eq!(fresh.fingerprint(), one.fingerprint(), "{name}");
    }
    assert_eq!(revealed(&place.open(), "B", None).unwrap(), b"b1");
    place.is_sound();
    // The slot that was added by a process with an old key opens to the new one.
    std::fs::remove_file(place.home().root_key()).unwrap();
    assert_eq!(revealed(&place.open(), "A", Some(1)).unwrap(), b"a1");
}

#[test]
fn a_process_whose_slot_was_retired_before_a_rotation_has_to_start_again() {
    let place = Place::new();
    let (one, other) = (place.open(), place.open());
    set(&one, "A", "a1");
    let status = place.around(|around| ada(&one).key_status(around)).unwrap();
    let first: SlotId = status.slots[0].id.parse().unwrap();
    let stick = Some(place.directory.path().join("stick.key"));
    place.around(|around| {
        ada(&one).add_slot(around, |around| file::enrol(around, stick)).unwrap();
        ada(&one).retire_slot(around, first).unwrap();
    });
    // Retiring alone takes nothing from a process that runs.
    assert_eq!(revealed(&other, "A", None).unwrap(), b"a1");
    set(&other, "A", "a2");
    drop(one);
    let opened_by_stick = place.open();
    place.rotate_instance(&opened_by_stick);
    let error = revealed(&other, "A", None).err().unwrap();
    assert!(error.to_string().contains("start it again"), "{error}");
    assert_eq!(revealed(&place.open(), "A", None).unwrap(), b"a2");
    place.is_sound();
}

#[test]
fn a_slot_that_does_not_open_stops_a_rotation_and_is_named() {
    let place = Place::new();
    let vault = place.open();
    set(&vault, "A", "a1");
    let stick = place.directory.path().join("stick.key");
    let path = Some(stick.clone());
    let added = place.around(|around| ada(&vault).add_slot(around, |around| file::enrol(around, path)));
    let added = added.unwrap();
    std::fs::rename(&stick, stick.with_extension("away")).unwrap();
    let before = vault.fingerprint();
    let error = place
        .around(|around| ada(&vault).rotate_instance(around))
        .err()
        .unwrap();
    assert!(matches!(error, VaultError::SlotsClosed(_)), "{error}");
    assert!(
        error.to_string().contains(&added.id) && error.to_string().contains(&added.root_key),
        "{error}"
    );
    assert_eq!(place.open().fingerprint(), before);
    std::fs::rename(stick.with_extension("away"), &stick).unwrap();
    place.rotate_instance(&vault);
    std::fs::remove_file(place.home().root_key()).unwrap();
    assert_eq!(revealed(&place.open(), "A", None).unwrap(), b"a1");
}

#[test]
fn keys_that_were_edited_in_the_database_open_nothing_else() {
    let place = Place::new();
    let vault = place.open();
    set(&vault, "A", "a1");
    place.rotate_instance(&vault);
    let evidence = || place.bytes("wrapped", "evidence_key").remove(0);
    let old = evidence();
    place.rotate_instance(&vault);
    drop(vault);
    let current = evidence();
    let edit = |sql: &str| place.hands().execute_batch(sql).unwrap();
    for sql in [
        "delete from evidence_key".to_owned(),
        "update evidence_key set wrapped = zeroblob(61)".to_owned(),
        format!("update evidence_key set wrapped = x'{old}'"),
    ] {
        edit(&sql);
        let answer = open(&place.home()).and_then(|vault| revealed(&vault, "A", None));
        assert!(answer.is_err(), "{sql}");
        edit("delete from evidence_key");
        edit(&format!(
            "insert into evidence_key (only_row, wrapped) values (1, x'{current}')"
        ));
    }
    assert_eq!(revealed(&place.open(), "A", None).unwrap(), b"a1");
    place.is_sound();
}
