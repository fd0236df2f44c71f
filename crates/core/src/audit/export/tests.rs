//! Exports as an auditor gets them: believed as made, refused with any line changed, moved, doubled or missing.

use super::super::merkle::{Frontier, Tree};
use super::super::note::{NoteSigner, VerifierKey};
use super::super::{ActionKind, Checkpoint, Outcome, Record};
use super::*;
use crate::authz::Actor;
use crate::clock::Timestamp;
use crate::ids::RecordId;

fn signer() -> NoteSigner {
    NoteSigner::from_seed("distri/0190".to_owned(), &[3; 32])
}

fn record(number: u8) -> Record {
    Record {
        id: RecordId::from_bytes([number; 16]),
        at: Timestamp::from_second(1_800_000_000 + i64::from(number)).expect("in range"),
        account: AccountId::from_bytes([2; 16]),
        actor: Actor::local("ada"),
        action: ActionKind::Set,
        environment: None,
        subjects: Vec::new(),
        agent: None,
        run: None,
        alarm: None,
        about: None,
        log: None,
        given_up: None,
        keys: None,
        outcome: Outcome::Done,
    }
}

/// Nine records, checkpoints over three, six and nine of them.
fn export(proofs: bool) -> Vec<String> {
    let records: Vec<Record> = (1..=9).map(record).collect();
    let leaves: Vec<Hash> = records.iter().map(Record::leaf_hash).collect();
    let head = |size: usize| leaves[..size].iter().copied().collect::<Frontier>().head();
    let note = |size: usize| Checkpoint::sign(size as u64, head(size), &signer());
    let tree = Tree::new(leaves.clone());
    let mut lines = vec![json(&ExportHeader {
        format: FORMAT.to_owned(),
        key: signer().key().to_string(),
        account: AccountId::from_bytes([2; 16]),
        checkpoint: note(9),
    })];
    for (index, record) in records.into_iter().enumerate() {
        let place = index as u64;
        lines.push(json(&ExportEntry {
            seq: place + 1,
            leaf: leaves[index],
            record: Some(record),
            proof: if proofs { tree.inclusion(place) } else { None },
        }));
        if index == 2 || index == 5 {
            lines.push(json(&ExportCheckpoint {
                checkpoint: note(index + 1),
            }));
        }
    }
    lines
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("serialises")
}

fn verify(lines: &[String], key: &VerifierKey) -> Result<ExportSummary, ExportError> {
    let (first, rest) = lines.split_first().ok_or(ExportError::Header)?;
    let mut verifier = ExportVerifier::begin(first, key)?;
    for line in rest {
        verifier.line(line)?;
    }
    verifier.finish()
}

fn refused(lines: &[String]) -> String {
    verify(lines, signer().key()).expect_err("refused").to_string()
}

#[test]
fn an_export_is_believed_as_it_was_made() {
    for proofs in [false, true] {
        let summary = verify(&export(proofs), signer().key()).expect("verifies");
        assert_eq!((summary.records, summary.leaves_only, summary.checkpoints), (9, 0, 3));
        assert_eq!(summary.proofs, if proofs { 9 } else { 0 });
    }
}

#[test]
fn another_key_believes_nothing() {
    let other = NoteSigner::from_seed("distri/0190".to_owned(), &[4; 32]);
    let error = verify(&export(false), other.key()).expect_err("refused");
    assert!(matches!(error, ExportError::Checkpoint { after: 0, .. }), "{error}");
}

#[test]
fn the_first_bad_record_is_named() {
    let lines = export(false);
    let changed = |index: usize, from: &str, to: &str| {
        let mut lines = lines.clone();
        lines[index] = lines[index].replace(from, to);
        assert_ne!(lines[index], export(false)[index], "the change changes something");
        lines
    };
    assert_eq!(refused(&changed(2, "ada", "eve")), "record 2 was changed");
    assert_eq!(
        refused(&changed(2, "\"seq\":2", "\"seq\":3")),
        "record 2 is missing: 3 is in its place"
    );
    let extra = changed(2, "\"seq\":2", "\"seq\":2,\"extra\":1");
    assert_eq!(refused(&extra), "record 2: its line is not one of an audit export");

    let mut without = lines.clone();
    without.remove(5);
    assert_eq!(refused(&without), "record 4 is missing: 5 is in its place");
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    assert_eq!(refused(&swapped), "record 1 is missing: 2 is in its place");
    let mut doubled = lines.clone();
    doubled.insert(2, lines[1].clone());
    assert_eq!(refused(&doubled), "record 2 is missing: 1 is in its place");
    assert_eq!(refused(&lines[..9]), "records 7 to 9 are missing at the end");
    assert_eq!(refused(&lines[..lines.len() - 1]), "record 9 is missing at the end");
    assert_eq!(refused(&lines[..1]), "records 1 to 9 are missing at the end");
}

#[test]
fn a_record_exchanged_together_with_its_leaf_is_found() {
    let forged = record(77);
    for (proofs, expected) in [
        (
            false,
            "one of the records 4 to 6 was changed, and the first may be any of them",
        ),
        (true, "record 5 was changed"),
    ] {
        let mut lines = export(proofs);
        let mut entry: ExportEntry = serde_json::from_str(&lines[6]).expect("parses");
        assert_eq!(entry.seq, 5);
        entry.leaf = forged.leaf_hash();
        entry.record = Some(forged.clone());
        lines[6] = json(&entry);
        assert_eq!(refused(&lines), expected);
    }
}

#[test]
fn checkpoints_cannot_be_exchanged_or_moved() {
    let lines = export(false);
    let mut exchanged = lines.clone();
    exchanged.swap(4, 8);
    assert_eq!(
        refused(&exchanged),
        "the checkpoint over 6 records stands after record 3"
    );
    let mut older = lines.clone();
    let note = &lines[4];
    let header = json(&ExportHeader {
        checkpoint: serde_json::from_str::<ExportCheckpoint>(note)
            .expect("parses")
            .checkpoint,
        ..serde_json::from_str(&lines[0]).expect("parses")
    });
    older[0] = header;
    assert_eq!(
        refused(&older),
        "record 4 is not covered by the checkpoint of the first line"
    );
    let mut forged = lines.clone();
    forged[4] = forged[4].replace("\\n3\\n", "\\n4\\n");
    assert!(refused(&forged).starts_with("the checkpoint after record 3 is not believed"));
}

#[test]
fn an_old_copy_is_known_by_a_checkpoint_from_elsewhere() {
    let lines = export(false);
    let later = Checkpoint {
        origin: "distri/0190".to_owned(),
        size: 12,
        head: Hash::empty(),
    };
    let signer = signer();
    let mut verifier = ExportVerifier::begin(&lines[0], signer.key()).expect("begins");
    assert_eq!(
        verifier.require(&later),
        Err(ExportError::Behind { size: 9, delivered: 12 })
    );
    let other = Checkpoint { size: 5, ..later };
    verifier.require(&other).expect("possible so far");
    let error = lines[1..].iter().find_map(|it| verifier.line(it).err());
    assert_eq!(error, Some(ExportError::Between { first: 4, last: 5 }));
}
