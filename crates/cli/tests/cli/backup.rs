//! Stories of `distri backup` with the real binary: another machine, a person's mistakes.

use std::path::{Path, PathBuf};

use distri_core::age::Identity;

use crate::support::Home;

/// A file with a new identity in a home's working directory, and its recipient.
fn identity(home: &Home) -> (PathBuf, String) {
    let identity = Identity::generate();
    let recipient = identity.recipient().to_string();
    let text = format!("# public key: {recipient}\n{}\n", *identity.expose_secret());
    (home.write("identity.txt", text), recipient)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A home with two secrets and a backup of it.
fn home_with_a_backup() -> (Home, PathBuf, PathBuf) {
    let home = Home::new();
    home.set("STRIPE_API_KEY", "sk_live_4242");
    home.set("BYTES", [0xFF, 0xC3, b'\n', b' ']);
    let (identity, recipient) = identity(&home);
    let backup = home.work().join("backup.age");
    home.distri(&["backup", "create", "--to", text(&backup), "--recipient", &recipient])
        .ok()
        .says("for 1 recipient.")
        .says("To use it: the age identity, and root key ");
    (home, backup, identity)
}

#[test]
fn another_machine_gets_every_value_with_the_identity_and_the_root_key() {
    let (home, backup, identity) = home_with_a_backup();
    let other = Home::new();
    let args = ["backup", "restore", text(&backup), "--identity", text(&identity)];
    other.distri(&args).exits(4).says("needs root key ");
    std::fs::create_dir_all(other.root_key().parent().unwrap()).unwrap();
    std::fs::copy(home.root_key(), other.root_key()).unwrap();
    other
        .distri(&args)
        .ok()
        .says("Restored the state of ")
        .says("2 secrets in 2 versions");
    assert_eq!(other.reveal("STRIPE_API_KEY"), b"sk_live_4242");
    assert_eq!(other.reveal("BYTES"), [0xFF, 0xC3, b'\n', b' ']);
    other.distri(&["audit", "verify"]).ok();
    let listed = other.distri(&["audit", "list"]).ok().out();
    assert!(listed.contains("backup.restore"), "{listed}");
    other
        .distri(&args)
        .exits(6)
        .says("is here already")
        .says("hint: `--replace`");
}

#[test]
fn a_backup_is_checked_without_a_store() {
    let (_home, backup, identity) = home_with_a_backup();
    let nowhere = Home::new();
    let args = ["backup", "verify", text(&backup), "--identity", text(&identity)];
    let said = nowhere.distri(&args).ok().out();
    assert!(said.contains("2 secrets in 2 versions, 1 accounts"), "{said}");
    let json = nowhere.distri(&[&args[..], &["--json"]].concat()).ok().json();
    assert_eq!((&json["secrets"], &json["versions"]), (&2.into(), &2.into()));
    assert!(!nowhere.path().exists());

    let (stranger, _) = self::identity(&nowhere);
    nowhere
        .distri(&["backup", "verify", text(&backup), "--identity", text(&stranger)])
        .exits(4)
        .says("it is encrypted to other recipients");
    let mut bytes = std::fs::read(&backup).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&backup, bytes).unwrap();
    nowhere
        .distri(&args)
        .exits(8)
        .says("was changed or cut short somewhere in its first 65536 bytes");
    nowhere
        .distri(&["backup", "verify", "absent.age", "--identity", text(&identity)])
        .exits(3)
        .says("there is no file `absent.age`");
    nowhere
        .distri(&["backup", "verify", text(&backup), "--identity", text(&backup)])
        .exits(1);
}

#[test]
fn going_back_takes_two_consents_and_is_recorded() {
    let (home, backup, identity) = home_with_a_backup();
    home.set("STRIPE_API_KEY", "sk_live_newer");
    let args = ["backup", "restore", text(&backup), "--identity", text(&identity)];
    home.distri(&args).exits(6);
    home.distri(&[&args[..], &["--replace"]].concat())
        .exits(8)
        .says("error: the backup has ")
        .says("data/distri.db` shows that there were ")
        .says(": what was recorded since would be lost")
        .says("hint: restore a newer backup");
    assert_eq!(home.reveal("STRIPE_API_KEY"), b"sk_live_newer");
    home.distri(&[&args[..], &["--replace", "--accept-rollback"]].concat())
        .ok()
        .says("that this was accepted is recorded");
    assert_eq!(home.reveal("STRIPE_API_KEY"), b"sk_live_4242");
    home.distri(&["audit", "verify"]).ok();
}

#[test]
fn a_wrong_command_line_says_what_a_recipient_is() {
    let home = Home::new();
    home.set("A_KEY", "value");
    home.distri(&["backup", "create", "--to", "b.age"]).exits(2);
    home.distri(&["backup", "create", "--to", "b.age", "--recipient", "ssh-ed25519 AAAA"])
        .exits(2)
        .says("a recipient is `age1…`");
    let file = home.write("recipients", "# nobody\n");
    home.distri(&["backup", "create", "--to", "b.age", "--recipients-file", text(&file)])
        .exits(2)
        .says("there is no key in it");
    let (_, recipient) = identity(&home);
    let file = home.write("recipients", format!("# ops\n{recipient}\n"));
    let args = ["backup", "create", "--to", "b.age", "--recipients-file", text(&file)];
    home.distri(&args).ok();
    home.distri(&args).exits(6).says("never written over another");
}
