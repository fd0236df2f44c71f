//! Slots of key files, credentials and passphrases: add, verify, switch, retire.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::home;
use crate::support::Home;

#[test]
fn a_slot_is_added_verified_and_takes_over() {
    let home = home();
    let stick = home.work().join("stick.key");
    home.distri(&["keys", "add-slot", "file", "--path", stick.to_str().unwrap()])
        .ok()
        .says("stick.key")
        .says("keep a copy of it");
    let slots = home.slots(&[]);
    assert_eq!(slots.len(), 2);
    assert_eq!(slots[0]["instance_key"], slots[1]["instance_key"]);
    assert_ne!(slots[0]["root_key"], slots[1]["root_key"]);
    let verified = home.distri(&["keys", "verify", "--json"]).ok().json();
    assert!(verified.as_array().unwrap().iter().all(|it| it["opens"] == true));

    // Either opens alone.
    let kept = fs::read(home.root_key()).unwrap();
    fs::remove_file(home.root_key()).unwrap();
    home.opens(&[]);
    home.distri(&["keys", "verify"]).exits(1);
    let old = slots[0]["id"].as_str().unwrap();
    home.distri(&["keys", "retire-slot", old])
        .ok()
        .says("opens the store no more");
    fs::write(home.root_key(), kept).unwrap();
    fs::set_permissions(home.root_key(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(&stick).unwrap();
    let needed = slots[1]["root_key"].as_str().unwrap();
    home.distri(&["secrets", "list"]).exits(4).says(needed);
}

#[test]
fn the_last_slot_that_works_stays() {
    let home = home();
    let only = home.slots(&[])[0]["id"].as_str().unwrap().to_owned();
    home.distri(&["keys", "retire-slot", &only])
        .exits(6)
        .says("the last key slot that opens cannot be retired");
    let stick = home.work().join("stick.key");
    home.distri(&["keys", "add-slot", "file", "--path", stick.to_str().unwrap()])
        .ok();
    fs::remove_file(&stick).unwrap();
    // There is another one, but it does not open.
    home.distri(&["keys", "retire-slot", &only])
        .exits(6)
        .says("does not open now");
    home.opens(&[]);
    let unknown = "01890000-0000-7000-8000-000000000000";
    home.distri(&["keys", "retire-slot", unknown]).exits(3).says(unknown);
    home.distri(&["keys", "verify", unknown]).exits(3);
}

#[test]
fn a_systemd_credential_opens_the_store_and_a_missing_one_is_named() {
    let home = home();
    let content = home.work().join("credential");
    home.distri(&[
        "keys",
        "add-slot",
        "credential",
        "--key-file",
        content.to_str().unwrap(),
    ])
    .ok();
    let directory = home.work().join("credentials");
    fs::create_dir(&directory).unwrap();
    fs::rename(&content, directory.join("distri-root-key")).unwrap();
    let variables = [("CREDENTIALS_DIRECTORY", directory.to_str().unwrap())];
    let root_key = home.leave_only(&variables, "credential");
    home.opens(&variables);
    home.locked(&[], &root_key, "CREDENTIALS_DIRECTORY");
    fs::remove_file(directory.join("distri-root-key")).unwrap();
    home.locked(&variables, &root_key, "there is none at");
}

#[test]
fn a_passphrase_beside_the_key_file_is_asked_for_only_when_it_is_needed() {
    let home = home();
    let phrase = home.write("phrase", "correct horse battery\n");
    let short = home.write("short", "short\n");
    let new = |path: &std::path::Path| [("DISTRI_NEW_PASSPHRASE_FILE", path.to_str().unwrap().to_owned())];
    let add = |home: &Home, path: &std::path::Path| {
        let variables = new(path);
        let variables: Vec<(&str, &str)> = variables.iter().map(|it| (it.0, it.1.as_str())).collect();
        home.with(&variables, &["keys", "add-slot", "passphrase"])
    };
    add(&home, &short).exits(4).says("at least 8 characters");
    add(&home, &phrase).ok();
    // Nobody is asked while the key file is there.
    home.opens(&[]);
    let variables = [("DISTRI_PASSPHRASE_FILE", phrase.to_str().unwrap())];
    home.leave_only(&variables, "passphrase");
    home.opens(&variables);
    let wrong = [("DISTRI_PASSPHRASE_FILE", short.to_str().unwrap())];
    home.with(&wrong, &["secrets", "list"])
        .exits(4)
        .says("the passphrase is wrong");
}

#[test]
fn every_change_of_slots_is_recorded() {
    let home = home();
    let stick = home.work().join("stick.key");
    home.distri(&["keys", "add-slot", "file", "--path", stick.to_str().unwrap()])
        .ok();
    let first = home.slots(&[])[0].clone();
    home.distri(&["keys", "retire-slot", first["id"].as_str().unwrap()])
        .ok();
    let records = home.distri(&["audit", "list", "--json"]).ok().json();
    let records = records.as_array().unwrap();
    let about = |action: &str| records.iter().find(|it| it["action"] == action).unwrap().clone();
    let added = about("key.add-slot");
    assert_eq!(added["keys"]["slot-added"]["provider"], "file");
    let retired = about("key.retire-slot");
    assert_eq!(retired["keys"]["slot-retired"]["root_key"], first["root_key"]);
}
