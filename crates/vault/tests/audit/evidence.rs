//! What leaves the database: when, where to, what a database is held against, and what happens where it cannot go.

use std::os::unix::net::UnixDatagram;

use distri_core::audit::{ActionKind, LogChange};
use distri_core::{Environment, SecretValue};
use distri_store::Flush;
use distri_vault::VaultError;
use distri_vault::audit::checkpoints_in;
use distri_vault::secrets::{ImportEntry, ImportSecrets, OnConflict};

use crate::support::{Place, ada, key, release, set};

fn delivered(place: &Place) -> Vec<u64> {
    let text = std::fs::read_to_string(place.checkpoints()).unwrap();
    let origin = text.lines().next().unwrap().to_owned();
    let notes = checkpoints_in(&place.checkpoints(), &origin).unwrap();
    notes
        .iter()
        .map(|it| it.lines().nth(1).unwrap().parse().unwrap())
        .collect()
}

#[test]
fn a_checkpoint_is_made_every_minute_every_thousand_records_and_when_asked_for() {
    let place = Place::new();
    let vault = place.open();
    assert_eq!(delivered(&place), [1], "the first record is signed at once");
    set(&vault, "A", "a");
    place.wait(59);
    set(&vault, "A", "b");
    assert_eq!(delivered(&place), [1]);
    place.wait(1);
    set(&vault, "A", "c");
    assert_eq!(delivered(&place), [1, 4]);

    let many = ImportSecrets {
        environment: Environment::default(),
        entries: (0..1000)
            .map(|it| ImportEntry {
                key: key(&format!("KEY_{it}")),
                value: SecretValue::new(b"v".to_vec()).unwrap(),
                default_policy: distri_core::Policy::default(),
            })
            .collect(),
        on_conflict: OnConflict::Fail,
        dry_run: false,
    };
    ada(&vault).import(many).unwrap();
    assert_eq!(delivered(&place), [1, 4, 1004]);

    set(&vault, "A", "d");
    vault.checkpoint_if_due().unwrap();
    assert_eq!(delivered(&place), [1, 4, 1004], "not yet");
    place.wait(61);
    vault.checkpoint_if_due().unwrap();
    assert_eq!(delivered(&place), [1, 4, 1004, 1005], "at the end of a process");
    vault.checkpoint_if_due().unwrap();
    vault.checkpoint().unwrap();
    assert_eq!(delivered(&place), [1, 4, 1004, 1005], "nothing new to sign");

    place.wait(-100_000);
    set(&vault, "A", "e");
    assert_eq!(
        delivered(&place).last(),
        Some(&1006),
        "a clock that went back stops nothing"
    );
    assert_eq!(place.verify().findings, []);
}

#[test]
fn a_database_put_back_is_refused_until_that_is_accepted_and_recorded() {
    let place = Place::new();
    set(&place.open(), "A", "old");
    let kept = place.keep_database();
    let vault = place.open();
    set(&vault, "A", "new");
    place.wait(61);
    set(&vault, "A", "newest");
    drop(vault);
    place.put_back(&kept);

    let error = place.try_open().err().unwrap();
    let VaultError::Behind(behind) = &error else {
        panic!("{error}")
    };
    assert_eq!((behind.found, behind.delivered), (2, 4));
    std::fs::remove_file(place.tip()).unwrap();
    let error = place.try_open().err().unwrap().to_string();
    let place_text = place.checkpoints().display().to_string();
    assert_eq!(
        error,
        format!(
            "the database has 2 audit records, and `{place_text}` shows that there were 4: it is an older copy, or records were removed"
        )
    );
    assert!(!place.verify().findings.is_empty());

    let vault = place.open_for_audit();
    ada(&vault).accept_rollback().unwrap();
    assert!(matches!(ada(&vault).accept_rollback(), Err(VaultError::NotBehind)));
    drop(vault);
    let vault = place.open();
    let newest = ada(&vault).audit_newest(1).unwrap().remove(0);
    assert_eq!((newest.0, newest.1.action), (3, ActionKind::AuditAcceptRollback));
    assert_eq!(newest.1.log, Some(LogChange::RolledBack { found: 2, delivered: 4 }));
    place.wait(61);
    set(&vault, "A", "going on");
    set(&vault, "A", "and on");
    drop(vault);
    let report = place.verify();
    assert_eq!((report.findings, report.rollbacks), (vec![], 1));
}

#[test]
fn a_crash_after_an_accepted_rollback_leaves_nothing_to_accept_again() {
    let place = Place::new();
    set(&place.open(), "A", "old");
    let kept = place.keep_database();
    let vault = place.open();
    set(&vault, "A", "new");
    place.wait(61);
    set(&vault, "A", "newest");
    drop(vault);
    place.put_back(&kept);
    let outside = || [place.tip(), place.checkpoints()].map(|it| std::fs::read(it).unwrap());
    let put_outside = |[tip, checkpoints]: &[Vec<u8>; 2]| {
        std::fs::write(place.tip(), tip).unwrap();
        std::fs::write(place.checkpoints(), checkpoints).unwrap();
    };
    let before = outside();
    ada(&place.open_for_audit()).accept_rollback().unwrap();
    let (accepted, after) = (place.keep_database(), outside());

    // Killed before any evidence was outside, and between the checkpoint and the tip.
    for [tip, checkpoints] in [[&before[0], &before[1]], [&before[0], &after[1]]] {
        put_outside(&[tip.clone(), checkpoints.clone()]);
        drop(place.open());
        assert_ne!(std::fs::read(place.tip()).unwrap(), before[0], "the tip is brought up");
        assert_eq!(place.verify().findings, []);
    }

    // What was given up is no excuse for anything else: not for the same copy once the log has gone on, and not for the
    // old tip beside a log that has.
    let vault = place.open();
    for value in ["going on", "and on", "and on again"] {
        set(&vault, "A", value);
    }
    drop(vault);
    let (gone_on, newest) = (place.keep_database(), outside());
    place.put_back(&accepted);
    assert!(matches!(place.try_open(), Err(VaultError::Behind(_))));
    place.put_back(&gone_on);
    put_outside(&[before[0].clone(), newest[1].clone()]);
    assert!(matches!(place.try_open(), Err(VaultError::Behind(_))));
    put_outside(&newest);
    drop(place.open());
}

#[test]
fn another_copy_with_as_many_records_is_refused_as_well() {
    let place = Place::new();
    let kept = place.kept_and_gone_on();
    let evidence = std::fs::read(place.checkpoints()).unwrap();
    let tip = std::fs::read(place.tip()).unwrap();

    // The other copy goes its own way, with its own evidence; then the first one's evidence comes back.
    place.put_back(&kept);
    std::fs::remove_dir_all(place.directory.path().join("state")).unwrap();
    let vault = place.open();
    for value in ["three", "four", "five"] {
        set(&vault, "A", value);
    }
    drop(vault);
    std::fs::write(place.checkpoints(), evidence).unwrap();
    std::fs::write(place.tip(), tip).unwrap();

    let error = place.try_open().err().unwrap().to_string();
    assert!(error.contains("6 audit records, but not the 4 that"), "{error}");
    let vault = place.open_for_audit();
    ada(&vault).accept_rollback().unwrap();
    drop(vault);
    set(&place.open(), "A", "six");
    assert_eq!(place.verify().findings, []);
}

#[test]
fn a_file_that_lost_checkpoints_gets_them_again_and_that_is_said() {
    let place = Place::new();
    let vault = place.open();
    for _ in 0..3 {
        place.wait(61);
        set(&vault, "A", "v");
    }
    assert_eq!(delivered(&place), [1, 2, 3, 4]);
    assert_eq!(vault.take_complaints(), Vec::<String>::new());
    std::fs::remove_file(place.checkpoints()).unwrap();
    place.wait(61);
    set(&vault, "A", "v");
    assert_eq!(delivered(&place), [1, 2, 3, 4, 5]);
    let complaints = vault.take_complaints();
    assert!(
        complaints[0].ends_with("lacked 4 checkpoints that had been delivered; delivered again"),
        "{complaints:?}"
    );
}

/// A crash after the commit and before the delivery leaves the evidence of before.
#[test]
fn a_checkpoint_that_a_crash_kept_back_is_on_its_way_and_the_next_command_delivers_it() {
    let place = Place::new();
    set(&place.open(), "A", "v");
    let before = (
        std::fs::read(place.checkpoints()).unwrap(),
        std::fs::read(place.tip()).unwrap(),
    );
    place.wait(61);
    set(&place.open(), "A", "w");
    std::fs::write(place.checkpoints(), before.0).unwrap();
    std::fs::write(place.tip(), before.1).unwrap();
    let report = place.verify();
    assert_eq!((report.findings, report.waiting, report.delivered), (vec![], 1, 1));
    assert_eq!(place.open().take_complaints(), Vec::<String>::new());
    let report = place.verify();
    assert_eq!((report.findings, report.waiting, report.delivered), (vec![], 0, 2));

    // The same without the crash: it was there, and is missed.
    let text = std::fs::read_to_string(place.checkpoints()).unwrap();
    set(&place.open(), "A", "x");
    let first = text.match_indices("\n\n").nth(1).unwrap().0 + 2;
    std::fs::write(place.checkpoints(), &text[..first]).unwrap();
    assert!(
        place
            .first_finding()
            .starts_with("checkpoint 2 over 3 records is not in")
    );
    let complaints = place.open().take_complaints();
    assert!(
        complaints[0].contains("lacked a checkpoint that had been delivered"),
        "{complaints:?}"
    );
}

#[test]
fn a_place_that_cannot_be_written_is_complained_of_and_caught_up_with_later() {
    let mut place = Place::new();
    let elsewhere = place.directory.path().join("volume");
    place.settings.checkpoint_file = Some(elsewhere.join("checkpoints"));
    let vault = place.open();
    set(&vault, "A", "kept");
    let complaints = vault.take_complaints();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("cannot be delivered to"), "{complaints:?}");
    assert!(matches!(vault.checkpoint(), Err(VaultError::Undelivered { .. })));
    std::fs::create_dir(&elsewhere).unwrap();
    vault.checkpoint().unwrap();
    assert_eq!(delivered(&place), [1, 2]);
    drop(vault);
    assert_eq!(place.verify().findings, []);
}

#[test]
fn a_system_log_gets_each_checkpoint_too() {
    let mut place = Place::new();
    let path = place.directory.path().join("log.socket");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_secs(60)))
        .unwrap();
    place.settings.checkpoint_syslog = Some(path);
    drop(place.open());
    let mut buffer = [0; 2048];
    let len = socket.recv(&mut buffer).unwrap();
    let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
    let note = text.split_once("audit checkpoint: ").unwrap().1.replace('|', "\n") + "\n";
    assert_eq!(std::fs::read_to_string(place.checkpoints()).unwrap(), note + "\n");
}

#[test]
fn several_installations_share_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut places = [Place::new(), Place::new()];
    for place in &mut places {
        place.settings.checkpoint_file = Some(directory.path().join("all"));
        set(&place.open(), "A", "v");
    }
    for place in &places {
        place.wait(61);
        set(&place.open(), "A", "w");
        assert_eq!(place.verify().findings, []);
    }
    let kept = places[0].keep_database();
    places[0].wait(61);
    set(&places[0].open(), "A", "x");
    places[0].put_back(&kept);
    std::fs::remove_file(places[0].tip()).unwrap();
    assert!(places[0].try_open().is_err());
    assert!(places[1].try_open().is_ok());
}

#[test]
fn with_interval_the_record_is_there_and_the_tip_waits_for_the_flush() {
    let mut place = Place::new();
    place.settings.flush = Flush::Interval;
    let vault = place.open();
    set(&vault, "A", "v");
    let before = std::fs::read(place.tip()).unwrap();
    release(&vault, None);
    assert_eq!(
        std::fs::read(place.tip()).unwrap(),
        before,
        "evidence is never ahead of the disk"
    );
    assert_eq!(place.verify().size, 3, "another process sees the record at once");
    place.wait(61);
    release(&vault, None);
    assert_eq!(delivered(&place), [1, 4]);
    assert_ne!(std::fs::read(place.tip()).unwrap(), before);
    drop(vault);
    let report = place.verify();
    assert_eq!((report.size, report.findings), (4, vec![]));
}

/// A database whose log was written before it was signed.
#[test]
fn records_of_before_the_log_was_signed_are_taken_into_it() {
    let place = Place::new();
    if !place.database.is_embedded() {
        // A server's database has only ever had a signed log.
        return;
    }
    let vault = place.open();
    for name in ["A", "B", "C"] {
        set(&vault, name, "v");
    }
    let before: Vec<_> = ada(&vault).audit_newest(10).unwrap();
    drop(vault);
    let first = include_str!("../../../store/migrations/sqlite/0001_vault.sql");
    // Tables of later migrations were not there.
    let early = [
        first,
        include_str!("../../../store/migrations/sqlite/0002_observed_requests.sql"),
    ]
    .concat();
    let tables = "select group_concat(name) from sqlite_master where type = 'table' and name not like 'sqlite_%'";
    let tables = place.database().text(tables);
    let later = tables
        .split(',')
        .filter(|it| !early.contains(&format!("create table {it} (")));
    let later: String = later.map(|it| format!("drop table {it};")).collect();
    // Nor were their columns and indexes.
    let of_secrets = "select coalesce(group_concat(name), '') from sqlite_master
                      where type = 'index' and tbl_name = 'secrets' and sql is not null";
    let of_secrets = place.database().text(of_secrets);
    let indexes = of_secrets.split(',').filter(|it| !it.is_empty());
    let indexes: String = indexes.map(|it| format!("drop index {it};")).collect();
    let added: String = ["secrets", "secret_versions"]
        .iter()
        .flat_map(|table| {
            let columns = format!("select group_concat(name) from pragma_table_info('{table}')");
            let columns = place.database().text(&columns);
            let added = columns.split(',').filter(|it| !first.contains(&format!("\n  {it} ")));
            added
                .map(|it| format!("alter table {table} drop column {it};"))
                .collect::<Vec<_>>()
        })
        .collect();
    let at = first.find("create table audit_records").unwrap();
    place.edit(&format!(
        "create table kept as select seq, id, account, at, action, body, leaf from audit_records;
         drop table audit_records; {later} {indexes} {added}
         {}
         insert into audit_records select * from kept; drop table kept; pragma user_version = 2;",
        &first[at..]
    ));
    std::fs::remove_dir_all(place.directory.path().join("state")).unwrap();
    let vault = place.open();
    assert_eq!(ada(&vault).audit_newest(10).unwrap(), before);
    set(&vault, "D", "v");
    drop(vault);
    let report = place.verify();
    assert_eq!((report.size, report.findings), (5, vec![]));
}

#[test]
fn writers_of_many_threads_and_processes_make_one_sequence() {
    let place = Place::new();
    drop(place.open());
    let vaults: Vec<_> = (0..3).map(|_| std::sync::Arc::new(place.open())).collect();
    let threads: Vec<_> = (0..9)
        .map(|thread: usize| {
            let vault = vaults[thread % 3].clone();
            std::thread::spawn(move || {
                for number in 0..20 {
                    set(&vault, &format!("KEY_{thread}"), &format!("v{number}"));
                    release(&vault, None);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|it| it.join().unwrap());
    let report = place.verify();
    assert_eq!((report.size, report.findings), (1 + 9 * 40, vec![]));
}
