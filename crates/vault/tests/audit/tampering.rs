//! Every way of editing the log, its head, its checkpoints and what was delivered: found, and the first one named.

use distri_core::audit::Record;

use crate::support::{Place, ada, release, set};

/// Twelve records, and checkpoints over 1, 4, 7 and 10 of them.
fn place_with_a_log() -> Place {
    let place = Place::new();
    let vault = place.open();
    for (index, name) in ["A", "B", "C", "A", "B", "C", "A", "B", "C"].iter().enumerate() {
        if index % 3 == 2 {
            place.wait(61);
        }
        set(&vault, name, &format!("value-{index}"));
    }
    release(&vault, Some("payment_agent"));
    release(&vault, None);
    drop(vault);
    let report = place.verify();
    assert_eq!((report.size, report.checkpoints, report.delivered), (12, 4, 4));
    assert_eq!(report.findings, [], "the log is sound before anybody touches it");
    place
}

const MOVED: &str = "it was changed, moved or made outside distri";

#[test]
fn every_edit_of_a_record_is_found_and_the_first_bad_one_named() {
    let edits = [
        (
            "update audit_records set body = replace(body, '\"ada\"', '\"eve\"') where seq = 5",
            "record 5: its body was changed",
        ),
        (
            "update audit_records set body = replace(body, ',', ', ') where seq = 5",
            "record 5: its body was changed",
        ),
        (
            "update audit_records set body = replace(body, '\"outcome\"', '\"more\":1,\"outcome\"') where seq = 5",
            "record 5: its body was changed: it is no audit record",
        ),
        (
            "update audit_records set body = '' where seq = 5",
            "record 5: its body was changed: it is no audit record",
        ),
        (
            "update audit_records set body = (select body from audit_records where seq = 6) where seq = 5",
            "record 5: its body was changed",
        ),
        (
            "update audit_records set body = null where seq = 5",
            "record 5: its body is gone, and no pruning was recorded",
        ),
        (
            "update audit_records set body = null where seq <= 5",
            "record 1: its body is gone, and no pruning was recorded",
        ),
        ("update audit_records set at = at + 1 where seq = 5", MOVED),
        ("update audit_records set action = 'secret.reveal' where seq = 5", MOVED),
        ("update audit_records set account = zeroblob(16) where seq = 5", MOVED),
        ("update audit_records set id = zeroblob(16) where seq = 5", MOVED),
        ("update audit_records set leaf = zeroblob(32) where seq = 5", MOVED),
        ("update audit_records set mac = zeroblob(32) where seq = 5", MOVED),
        ("update audit_records set mac = zeroblob(5) where seq = 5", MOVED),
        (
            "update audit_records set leaf = zeroblob(5) where seq = 5",
            "record 5: a column of it is damaged",
        ),
        ("delete from audit_records where seq = 5", "record 5 is missing"),
        ("delete from audit_records where seq in (5, 6, 7)", "records 5 to 7 are missing"),
        ("delete from audit_records where seq = 1", "record 1 is missing"),
        ("delete from audit_records where seq = 12", "record 12 is missing"),
        ("delete from audit_records where seq > 10", "records 11 to 12 are missing"),
        ("delete from audit_records", "records 1 to 12 are missing"),
        (
            "create temp table x as select * from audit_records where seq in (5, 6);
             update audit_records set (id, at, action, body, leaf, mac) =
               (select zeroblob(16), at, action, body, leaf, mac from x where x.seq = 11 - audit_records.seq) where seq = 5;
             update audit_records set (id, at, action, body, leaf, mac) =
               (select id, at, action, body, leaf, mac from x where x.seq = 11 - audit_records.seq) where seq = 6;
             update audit_records set id = (select id from x where seq = 6) where seq = 5",
            MOVED,
        ),
        (
            "insert into audit_records select 13, zeroblob(16), account, at, action, body, leaf, mac from audit_records where seq = 5",
            "record 13: it was changed, moved or made outside distri",
        ),
        (
            "update audit_records set seq = 13 where seq = 12",
            "record 12 is missing",
        ),
    ];
    for (sql, expected) in edits {
        let place = place_with_a_log();
        place.edit(sql);
        let expected = if expected == MOVED {
            format!("record 5: {MOVED}")
        } else {
            expected.to_owned()
        };
        assert_eq!(place.first_finding(), expected, "{sql}");
    }
}

/// Somebody who knows the format makes body, leaf and columns fit each other; the key is what is missing.
#[test]
fn a_forged_record_that_fits_itself_is_found() {
    let place = place_with_a_log();
    let body = place.database().text("select body from audit_records where seq = 11");
    let mut record: Record = serde_json::from_str(&body).unwrap();
    record.agent = None;
    let body = serde_json::to_string(&record).unwrap().replace('\'', "''");
    let leaf = data_encoding::HEXLOWER.encode(record.leaf_hash().as_bytes());
    place.edit(&format!(
        "update audit_records set body = '{body}', leaf = x'{leaf}' where seq = 11"
    ));
    assert_eq!(place.first_finding(), format!("record 11: {MOVED}"));
}

#[test]
fn every_edit_of_the_head_is_found_and_stops_every_use() {
    let edits = [
        "update audit_head set mac = zeroblob(32)",
        "update audit_head set size = 11",
        "update audit_head set size = 13, peaks = zeroblob(96)",
        "update audit_head set peaks = zeroblob(64)",
        "update audit_head set peaks = zeroblob(33)",
        "update audit_head set checkpoint_number = 3, checkpoint_size = 7",
        "update audit_head set checkpoint_number = null, checkpoint_size = null, checkpoint_at = null",
        "update audit_head set checkpoint_at = 0",
        "delete from audit_head",
    ];
    for sql in edits {
        let place = place_with_a_log();
        place.edit(sql);
        let finding = place.first_finding();
        assert!(finding.contains("head"), "{sql}: {finding}");
        assert!(place.try_open().is_err(), "{sql}");
    }
}

#[test]
fn every_edit_of_a_checkpoint_is_found_and_named() {
    let exchange = "create temp table x as select * from audit_checkpoints;
                    update audit_checkpoints set note = (select note from x where x.number = 5 - audit_checkpoints.number)
                    where number in (2, 3)";
    let edits = [
        (
            "update audit_checkpoints set note = replace(note, char(10) || '7' || char(10), char(10) || '8' || char(10)) where number = 3",
            "checkpoint 3 is not believed: its signature does not fit: the text or the signature was changed",
        ),
        (
            "update audit_checkpoints set note = '' where number = 3",
            "checkpoint 3 is not believed: it is not a signed note",
        ),
        (
            "delete from audit_checkpoints where number = 3",
            "checkpoint 3 is missing: 4 is in its place",
        ),
        (
            "delete from audit_checkpoints where number = 4",
            "checkpoint 4 over 10 records is missing",
        ),
        (
            "delete from audit_checkpoints",
            "checkpoint 4 over 10 records is missing",
        ),
        (exchange, "checkpoint 2 covers 7 records, and its row says 4"),
        (
            "update audit_checkpoints set note = (select note from audit_checkpoints where number = 2) where number = 3",
            "checkpoint 3 covers 4 records, and its row says 7",
        ),
        (
            "update audit_checkpoints set size = 8 where number = 3",
            "checkpoint 3 covers 7 records, and its row says 8",
        ),
        (
            "insert into audit_checkpoints select 5, 12, note, at from audit_checkpoints where number = 4",
            "checkpoint 5 was made outside distri",
        ),
    ];
    for (sql, expected) in edits {
        let place = place_with_a_log();
        place.edit(sql);
        let findings = place.verify().findings;
        assert!(findings.iter().any(|it| it.what == expected), "{sql}: {findings:?}");
    }
}

#[test]
fn every_edit_of_what_was_delivered_is_found() {
    type Edit = fn(&[&str]) -> String;
    let edits: [(&str, Edit, &str); 8] = [
        (
            "the last one removed",
            |notes| notes[..3].concat(),
            "checkpoint 4 over 10 records is not in",
        ),
        (
            "one in the middle removed",
            |notes| [notes[0], notes[2], notes[3]].concat(),
            "checkpoint 2 over 4 records is not in",
        ),
        ("all removed", |_| String::new(), "checkpoint 1 over 1 record is not in"),
        (
            "two exchanged",
            |notes| [notes[0], notes[2], notes[1], notes[3]].concat(),
            "a checkpoint over 4 records stands after one over 7 in",
        ),
        (
            "one put in again",
            |notes| [notes.concat(), notes[1].to_owned()].concat(),
            "a checkpoint over 4 records stands after one over 10 in",
        ),
        (
            "one changed",
            |notes| [notes[0], &notes[1].replacen("\n4\n", "\n5\n", 1), notes[2], notes[3]].concat(),
            "is not believed: its signature does not fit",
        ),
        (
            "something at the end",
            |notes| [&notes.concat(), "scribble\n\n"].concat(),
            "that is no checkpoint",
        ),
        (
            "a torn end",
            |notes| [&notes.concat(), &notes[0][..20]].concat(),
            "that is no checkpoint",
        ),
    ];
    for (name, edit, expected) in edits {
        let place = place_with_a_log();
        let text = std::fs::read_to_string(place.checkpoints()).unwrap();
        let notes = notes_of(&text);
        assert_eq!(notes.len(), 4);
        std::fs::write(place.checkpoints(), edit(&notes)).unwrap();
        let findings = place.verify().findings;
        assert!(
            findings.iter().any(|it| it.what.contains(expected)),
            "{name}: {findings:?}"
        );
    }
    let place = place_with_a_log();
    std::fs::remove_file(place.checkpoints()).unwrap();
    assert!(
        place
            .first_finding()
            .starts_with("checkpoint 1 over 1 record is not in")
    );
    let place = place_with_a_log();
    std::fs::remove_file(place.tip()).unwrap();
    assert!(place.first_finding().ends_with("is not there"));
    let place = place_with_a_log();
    std::fs::write(place.tip(), "distri-audit-tip/1\n").unwrap();
    assert!(place.first_finding().ends_with("is not what distri wrote"));
}

/// Records and head of an earlier time, put back together, fit each other; what left the database since does not.
#[test]
fn the_newest_records_removed_together_with_their_head_are_missed() {
    let place = place_with_a_log();
    let database = place.database();
    database
        .execute_batch("create table kept as select * from audit_head")
        .unwrap();
    let vault = place.open();
    release(&vault, Some("thief"));
    drop(vault);
    place.edit(
        "delete from audit_records where seq = 13;
         update audit_head set (size, peaks, checkpoint_number, checkpoint_size, checkpoint_at, mac) =
           (select size, peaks, checkpoint_number, checkpoint_size, checkpoint_at, mac from kept)",
    );
    let finding = place.first_finding();
    assert!(finding.starts_with("record 13 is not the one that"), "{finding}");
    let error = place.try_open().err().unwrap().to_string();
    assert!(error.starts_with("the database has 12 audit records, and"), "{error}");
    assert!(error.contains("shows that there were 13"), "{error}");
}

#[test]
fn a_bad_record_is_not_shown_and_the_others_are() {
    let place = place_with_a_log();
    place.edit("update audit_records set body = replace(body, '\"ada\"', '\"eve\"') where seq = 5");
    let vault = place.open();
    let error = ada(&vault).audit_after(0, 100).err().unwrap().to_string();
    assert!(error.ends_with("record 5: its body was changed"), "{error}");
    assert_eq!(ada(&vault).audit_after(5, 100).unwrap().len(), 7);
    assert_eq!(ada(&vault).audit_after(0, 4).unwrap().len(), 4);
}

/// The notes of a file of checkpoints, each with the empty line after it.
fn notes_of(text: &str) -> Vec<&str> {
    let mut notes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.match_indices("\n\n").nth(1) {
        let (note, after) = rest.split_at(at.0 + 2);
        notes.push(note);
        rest = after;
    }
    notes
}
