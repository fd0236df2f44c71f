//! First use, and what opens an installation.

use std::collections::BTreeSet;
use std::sync::Arc;

use distri_core::SystemClock;
use distri_vault::root_key::{Passphrase, Surroundings, passphrase};
use distri_vault::secrets::ListSecrets;
use distri_vault::{FirstUse, Vault, VaultError};

use super::support::{Place, ada, nobody_to_ask, revealed, set};

#[test]
fn a_wrong_or_missing_root_key_is_named() {
    let place = Place::new();
    let vault = place.open();
    let home = place.home();
    let mut ask = nobody_to_ask;
    let around = Surroundings::of(&home, &mut ask);
    let needed = ada(&vault).key_status(&around).expect("status").slots[0]
        .root_key
        .clone();
    drop(vault);
    let path = place.home().root_key();
    let kept = std::fs::read(&path).expect("reads");
    std::fs::remove_file(&path).expect("removes");
    let open = || {
        Vault::open(
            &place.home(),
            place.clock.clone(),
            FirstUse::KeyFile,
            &mut nobody_to_ask,
        )
    };
    let error = open().err().expect("locked").to_string();
    assert!(error.contains(&needed), "{error}");
    assert!(!path.exists(), "a new key is never made for a database that has one");
    distri_vault::root_key::file::create(&path, &distri_core::envelope::RootKey::random()).expect("writes");
    let error = open().err().expect("wrong").to_string();
    assert!(error.contains(&needed) && error.contains("gives root key"), "{error}");
    std::fs::write(&path, kept).expect("writes");
    assert!(open().is_ok());
}

#[test]
fn a_passphrase_can_take_over_from_the_key_file() {
    let place = Place::new();
    let vault = place.open();
    set(&ada(&vault), "A", "v");
    let mut ask = || Ok(Passphrase::new("correct horse battery".to_owned()));
    let home = place.home();
    ada(&vault)
        .change_root(&mut Surroundings::of(&home, &mut nobody_to_ask), |_| {
            passphrase::enrol(&mut ask)
        })
        .expect("changes");
    drop(vault);
    std::fs::remove_file(place.home().root_key()).expect("removes");
    let mut wrong = || Ok(Passphrase::new("correct horse batter".to_owned()));
    let error = Vault::open(&place.home(), place.clock.clone(), FirstUse::KeyFile, &mut wrong)
        .err()
        .expect("refused");
    assert!(matches!(error, VaultError::NoneOpens(_)), "{error}");
    assert!(error.to_string().contains("the passphrase is wrong"), "{error}");
    let vault = Vault::open(&place.home(), place.clock.clone(), FirstUse::KeyFile, &mut ask).expect("opens");
    assert_eq!(revealed(&ada(&vault), "A"), b"v");
}

#[test]
fn many_first_uses_at_once_make_one_installation() {
    let place = Place::new();
    let home = place.home();
    let threads: Vec<_> = (0..8)
        .map(|index| {
            let home = home.clone();
            std::thread::spawn(move || {
                let vault =
                    Vault::open(&home, Arc::new(SystemClock), FirstUse::KeyFile, &mut nobody_to_ask).expect("opens");
                set(&ada(&vault), &format!("KEY_{index}"), "v");
                assert_eq!(vault.take_complaints(), Vec::<String>::new());
                vault.fingerprint().to_string()
            })
        })
        .collect();
    let fingerprints: BTreeSet<String> = threads.into_iter().map(|it| it.join().expect("ends")).collect();
    assert_eq!(fingerprints.len(), 1);
    let vault = place.open();
    assert_eq!(ada(&vault).list(&ListSecrets::default()).expect("lists").len(), 8);
    let report = ada(&vault).verify_audit().expect("verifies");
    assert_eq!((report.size, report.findings), (9, Vec::new()));
}
