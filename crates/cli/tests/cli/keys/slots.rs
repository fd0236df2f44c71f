//! Slots of key files, credentials and passphrases: add, verify, switch, retire.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{FORGED, home};
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
        .says("no other one opens now");
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
    home.locked(&variables, &root_key, "there is no root key at");
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

#[test]
fn the_same_slot_is_not_added_twice_and_a_key_in_two_places_is_said_to_stay() {
    let home = home();
    let first = home.slots(&[])[0].clone();
    let (id, root_key) = (first["id"].as_str().unwrap(), first["root_key"].as_str().unwrap());
    home.distri(&["keys", "add-slot", "file"]).exits(6).says(id);
    assert_eq!(home.slots(&[]).len(), 1);
    // A copy of the key in another place is another slot, and not another key.
    let copy = home.work().join("copy.key");
    fs::copy(home.root_key(), &copy).unwrap();
    home.distri(&["keys", "add-slot", "file", "--path", copy.to_str().unwrap()])
        .ok();
    let other = home.slots(&[])[1]["id"].as_str().unwrap().to_owned();
    home.distri(&["keys", "retire-slot", id])
        .ok()
        .says(&format!("root key {root_key} still opens the store, by slot {other}"));
    fs::remove_file(home.root_key()).unwrap();
    home.opens(&[]);
}

#[test]
fn a_row_that_claims_the_root_key_of_another_slot_takes_nothing_from_it() {
    let home = home();
    let genuine = home.slots(&[])[0]["id"].as_str().unwrap().to_owned();
    home.forge("file", "parameters");
    home.opens(&[]);
    home.set("B", "more");
    let verified = home.distri(&["keys", "verify", "--json"]).exits(1).json();
    for slot in verified.as_array().unwrap() {
        assert_eq!(slot["opens"], slot["id"] == genuine.as_str(), "{slot}");
    }
    home.distri(&["keys", "retire-slot", FORGED])
        .ok()
        .says(&format!("by slot {genuine}"));
    home.distri(&["keys", "verify"]).ok();
    home.distri(&["keys", "rotate", "instance"]).ok();
    home.opens(&[]);
}

#[test]
fn slots_that_are_gone_or_damaged_are_no_matter_of_the_right_key() {
    let home = home();
    let id = home.slots(&[])[0]["id"].as_str().unwrap().to_owned();
    home.tamper("create table kept as select * from key_slots; update key_slots set parameters = '{'");
    home.distri(&["secrets", "list"])
        .exits(8)
        .says(&format!(
            "key slot {id} (file): the parameters of the key slot are damaged"
        ))
        .says("hint: restore a backup");
    home.tamper("delete from key_slots");
    home.distri(&["secrets", "list"])
        .exits(8)
        .says("the database has keys and no key slot")
        .says("hint: restore a backup");
    home.pipe(&["secrets", "set", "B", "--raw"], "more").exits(8);
    home.tamper("insert into key_slots select * from kept");
    home.opens(&[]);
}

#[test]
fn when_no_slot_opens_each_has_a_clause_and_a_remedy_of_its_kind() {
    let home = home();
    let content = home.work().join("credential");
    let add = ["keys", "add-slot", "credential", "--key-file"];
    home.distri(&[&add[..], &[content.to_str().unwrap()]].concat()).ok();
    fs::remove_file(home.root_key()).unwrap();
    let done = home.distri(&["secrets", "list"]).exits(4);
    assert_eq!(done.stderr.matches("no root key opens this database").count(), 1);
    assert_eq!(done.stderr.matches("needs root key").count(), 2);
    done.says("(file) needs root key")
        .says("; key slot")
        .says("(credential) needs root key")
        .says("DISTRI_ROOT_KEY_FILE")
        .says("LoadCredentialEncrypted=");
    let other = self::home();
    home_without_key_file(&other);
}

/// A store that has never had a key file, and its passphrase is not the one.
fn home_without_key_file(home: &Home) {
    let phrase = home.write("phrase", "correct horse battery");
    let wrong = home.write("wrong", "correct horse batter");
    let variables = |path: &std::path::Path| [("DISTRI_PASSPHRASE_FILE", path.to_str().unwrap().to_owned())];
    let new = [("DISTRI_NEW_PASSPHRASE_FILE", phrase.to_str().unwrap())];
    home.with(&new, &["keys", "change-root", "--passphrase"]).ok();
    let wrong = variables(&wrong);
    let done = home.with(&[(wrong[0].0, wrong[0].1.as_str())], &["secrets", "list"]);
    let done = done.exits(4).says("(passphrase): the passphrase is wrong");
    assert!(!done.stderr.contains("DISTRI_ROOT_KEY_FILE"), "{}", done.stderr);
    // What would take all memory is refused before anybody is asked.
    home.tamper("update key_slots set parameters = json_set(parameters, '$.memory', 4294967295)");
    home.distri(&["secrets", "list"]).exits(8).says("are damaged");
}

#[test]
fn what_is_missing_or_mistyped_is_said_as_it_is() {
    let home = home();
    let phrase = home.write("phrase", "correct horse battery");
    let done = home.with(
        &[("DISTRI_PASSPHRASE_FILE", phrase.to_str().unwrap())],
        &["keys", "add-slot", "passphrase"],
    );
    let done = done
        .exits(4)
        .says("the new passphrase")
        .says("DISTRI_NEW_PASSPHRASE_FILE");
    assert!(!done.stderr.contains("locked"), "{}", done.stderr);
    home.distri(&["keys", "retire-slot", "abc"])
        .exits(2)
        .says("not the identifier of a key slot");
}
