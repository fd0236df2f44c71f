//! A database that is gone while the rest of the home is there: a new installation does not take its place by itself.

use distri_core::ids::InstanceId;
use distri_vault::audit::Lost;
use distri_vault::{Vault, VaultError};

use crate::database::TestDatabase;
use crate::support::{Place, ada, set};

/// Takes the database away; what brings it back is the answer.
fn lose(place: &mut Place) -> TestDatabase {
    if place.database.is_embedded() {
        std::fs::rename(data(place), place.directory.path().join("away")).unwrap();
    }
    std::mem::replace(&mut place.database, TestDatabase::new())
}

fn put_back(place: &mut Place, database: TestDatabase) {
    if database.is_embedded() {
        let _ = std::fs::remove_dir_all(data(place));
        std::fs::rename(place.directory.path().join("away"), data(place)).unwrap();
    }
    place.database = database;
}

fn data(place: &Place) -> std::path::PathBuf {
    place.directory.path().join("data")
}

fn instance_of(vault: &Vault) -> InstanceId {
    let key = vault.audit_key();
    let name = key.split('+').next().unwrap();
    name.strip_prefix("distri/").unwrap().parse().unwrap()
}

fn refused(place: &Place) -> Lost {
    match place.try_open().err() {
        Some(VaultError::Lost(lost)) => lost,
        other => panic!("it is not missed: {other:?}"),
    }
}

#[test]
fn a_database_that_is_gone_is_missed_and_comes_back_as_it_was() {
    let mut place = Place::new();
    let vault = place.open();
    for value in ["a", "b", "c"] {
        set(&vault, "A", value);
    }
    let instance = instance_of(&vault);
    drop(vault);
    let away = lose(&mut place);

    let lost = refused(&place);
    assert_eq!((lost.instance, lost.records), (Some(instance), 4));
    assert_eq!(lost.place, place.tip());
    assert_eq!(lost.in_the_way, [place.tip(), place.checkpoints()]);
    let nobody = &mut || panic!("nobody is asked");
    let audited = Vault::open_for_audit(&place.home(), place.clock.clone(), nobody);
    assert!(matches!(audited, Err(VaultError::Lost(_))));
    if place.database.is_embedded() {
        assert!(
            !data(&place).exists(),
            "nothing is made in the place of what is put back"
        );
    }

    put_back(&mut place, away);
    drop(place.open());
    assert_eq!(place.verify().findings, []);
}

#[test]
fn each_of_what_is_left_is_enough_and_without_any_another_installation_begins() {
    let mut place = Place::new();
    let vault = place.open();
    set(&vault, "A", "v");
    vault.checkpoint().unwrap();
    let instance = instance_of(&vault);
    set(&vault, "A", "w");
    drop(vault);
    lose(&mut place);

    let tip = std::fs::read(place.tip()).unwrap();
    std::fs::remove_file(place.tip()).unwrap();
    let lost = refused(&place);
    assert_eq!((lost.instance, lost.records), (Some(instance), 2));
    assert_eq!(lost.in_the_way, [place.checkpoints()]);

    // The file of checkpoints says more than a tip that is behind it.
    std::fs::write(place.tip(), String::from_utf8_lossy(&tip).replace("003\n", "001\n")).unwrap();
    assert_eq!(
        (refused(&place).records, refused(&place).place),
        (2, place.checkpoints())
    );

    std::fs::remove_file(place.checkpoints()).unwrap();
    std::fs::write(place.tip(), b"scribbled").unwrap();
    assert_eq!(refused(&place).instance, None);

    // What a power cut leaves of a tip that was never written says nothing.
    std::fs::write(place.tip(), vec![0; tip.len()]).unwrap();
    let vault = place.open();
    assert_ne!(instance_of(&vault), instance);
    assert_eq!(vault.take_complaints(), Vec::<String>::new());
}

#[test]
fn a_file_that_installations_share_refuses_none_of_them_and_is_pointed_at() {
    let shared = tempfile::tempdir().unwrap();
    let [mut one, mut other] = [Place::new(), Place::new()];
    for place in [&mut one, &mut other] {
        place.settings.checkpoint_file = Some(shared.path().join("all"));
    }
    set(&one.open(), "A", "v");
    let vault = other.open();
    assert_eq!(
        vault.take_complaints(),
        Vec::<String>::new(),
        "the first use of another"
    );
    ada(&vault).verify_audit().unwrap();
    drop(vault);

    lose(&mut one);
    assert_eq!(refused(&one).in_the_way, [one.tip()]);
    std::fs::remove_file(one.tip()).unwrap();
    let complaints = one.open().take_complaints();
    assert!(
        complaints.len() == 1 && complaints[0].contains("has checkpoints of 2 other installations"),
        "{complaints:?}"
    );
}
