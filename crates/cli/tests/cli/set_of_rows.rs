//! Whole rows that somebody removed from the database, or put back: named by `audit verify` and by the doctor.

use distri_core::age::Identity;

use crate::support::Home;

/// A home with something of everything that the log names.
fn full() -> Home {
    let home = Home::of_this_machine();
    home.set("A_KEY", "first-value-7Qw9Zx3L");
    home.set("A_KEY", "second-value-5Vb1Nm8R");
    home.set("B_KEY", "another-value-2Rt6Yh9K");
    home.distri(&["tokens", "create", "ci", "--scopes", "read"]).ok();
    home.distri(&["accounts", "create", "team"]).ok();
    home.distri(&["members", "invite", "eve@example.com", "--role", "viewer"])
        .ok();
    let definition = home.write("helper.md", "---\nname = \"helper\"\ndescription = \"d\"\n---\nHelp.\n");
    home.distri(&["agents", "push", definition.to_str().unwrap()]).ok();
    home.distri(&["keys", "rotate", "account"]).ok();
    home.distri(&["keys", "rotate", "instance"]).ok();
    home.distri(&["keys", "rotate", "instance"]).ok();
    let recipient = Identity::generate().recipient().to_string();
    let backup = home.work().join("backup.age");
    home.distri(&[
        "backup",
        "create",
        "--to",
        backup.to_str().unwrap(),
        "--recipient",
        &recipient,
    ])
    .ok();
    home.distri(&["audit", "verify"]).ok();
    home.distri(&["doctor"]).ok();
    home
}

const A_KEY_GONE: &str = "delete from secret_versions where secret = (select id from secrets where key = 'A_KEY');
     delete from data_keys where secret = (select id from secrets where key = 'A_KEY');
     delete from secrets where key = 'A_KEY'";

#[test]
fn what_was_removed_by_hand_is_named() {
    let account = "(select id from accounts where name = 'team')";
    for (edit, named) in [
        (A_KEY_GONE, "secret `A_KEY` in environment `default` is not there, and record 3 says that it is"),
        ("delete from tokens", "token `ci` is not there, and record 5 says that it is"),
        ("delete from invitations", "invitation `eve@example.com` is not there, and record 7 says that it is"),
        ("delete from agent_definitions", "agent definition `helper` is not there, and record 8 says that it is"),
        (
            &format!("delete from account_keys where account = {account}; delete from accounts where name = 'team'"),
            "account `team` is not there, and record 6 says that it is",
        ),
        ("delete from account_keys where version = 1 and account <> (select max(id) from accounts)", "version 1 of the key of account"),
        ("delete from instance_keys where version = 3", "instance key 3 is not in the history of keys"),
        (
            "update instance_keys set version = 10 where version = 1;
             update instance_keys set version = 1 where version = 2; update instance_keys set version = 2 where version = 10",
            "says that instance key 1 is ",
        ),
        (
            "insert into key_slots select randomblob(16), provider, parameters, root_fingerprint, instance_fingerprint,
             wrapped, created_at from key_slots",
            "is there, and the audit log knows nothing of it",
        ),
        (
            "insert into tokens (id, account, name, hash, scopes, limits, role, created_at, created_by, revision, mac)
             select randomblob(16), account, 'mine', randomblob(32), scopes, limits, role, created_at, created_by, revision,
             mac from tokens",
            "token `mine` is there, and the audit log knows nothing of it",
        ),
        ("delete from backups", "the backup of record 12 is not in the list of backups"),
        (
            "insert into backups select randomblob(16), at, '/made/up', recipients, records + 1 from backups",
            "the list of backups has `/made/up`, of which the audit log knows nothing",
        ),
    ] {
        let home = full();
        home.tamper(&format!("pragma foreign_keys = off; {edit}"));
        home.distri(&["audit", "verify"]).exits(8).says(named);
        let doctor = home.distri(&["doctor"]).exits(8);
        assert!(doctor.out().contains(named), "{edit}: {}", doctor.out());
    }
}

#[test]
fn what_was_purged_and_put_back_is_named() {
    let home = full();
    home.tamper(
        "create table kept_s as select * from secrets where key = 'A_KEY';
         create table kept_k as select * from data_keys where secret = (select id from kept_s);
         create table kept_v as select * from secret_versions where secret = (select id from kept_s)",
    );
    home.distri(&["secrets", "purge", "A_KEY", "--yes"]).ok();
    home.distri(&["audit", "verify"]).ok();
    home.tamper(
        "insert into secrets select * from kept_s; insert into data_keys select * from kept_k;
         insert into secret_versions select * from kept_v",
    );
    home.distri(&["audit", "verify"])
        .exits(8)
        .says("secret `A_KEY` in environment `default` is there, and record 13 says that it is not");
    let doctor = home.distri(&["doctor"]).exits(8).out();
    assert!(
        doctor.contains("its row is older than record 13 of the audit log"),
        "{doctor}"
    );
}

#[test]
fn after_a_pruning_the_rows_whose_records_are_gone_are_counted_and_not_accused() {
    let home = full();
    home.distri(&["audit", "prune", "--before", "now", "--yes"]).ok();
    home.set("LATER", "later-value-3Fg8Jk2D");
    let said = home.distri(&["audit", "verify"]).ok().out();
    assert!(said.contains("could not be held against the log"), "{said}");
    home.distri(&["doctor"]).ok();
    home.tamper("pragma foreign_keys = off; delete from secrets where key = 'LATER'");
    home.distri(&["audit", "verify"])
        .exits(8)
        .says("secret `LATER` in environment `default` is not there");
}
