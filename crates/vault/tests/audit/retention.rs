//! Bodies go, and what was signed stays true: exports, proofs and pruning.

use distri_core::audit::export::ExportVerifier;
use distri_core::audit::note::VerifierKey;
use distri_core::audit::{ActionKind, LogChange, RecordProof};
use distri_core::authz::{Actor, Role};
use distri_core::{AccountName, Clock};
use distri_store::StoreError;
use distri_vault::audit::{ExportOptions, ProvenRecord, RecordRef};
use distri_vault::{Vault, VaultError};

use crate::database::files;
use crate::support::{Place, ada, set};

fn export(vault: &Vault, proofs: bool) -> Vec<String> {
    let mut lines = Vec::new();
    ada(vault)
        .export_audit(ExportOptions { proofs }, |line| {
            lines.push(line.to_owned());
            Ok::<_, Stop>(())
        })
        .unwrap();
    lines
}

#[derive(Debug)]
struct Stop;

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        panic!("{error}")
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        panic!("{error}")
    }
}

fn believed(lines: &[String], key: &VerifierKey) -> (u64, u64, u64) {
    let mut verifier = ExportVerifier::begin(&lines[0], key).unwrap();
    lines[1..].iter().for_each(|it| verifier.line(it).unwrap());
    let summary = verifier.finish().unwrap();
    (summary.records, summary.leaves_only, summary.proofs)
}

fn holds(proven: &ProvenRecord, key: &VerifierKey) -> bool {
    let proof = RecordProof::parse(&proven.proof).unwrap();
    let leaf = proven.record.as_ref().map_or(proven.leaf, |it| it.leaf_hash());
    leaf == proven.leaf && proof.verify(leaf, key).is_ok()
}

/// Twenty records, and the installation's public key.
fn place_with_a_log() -> (Place, Vault, VerifierKey) {
    let place = Place::new();
    let vault = place.open();
    for number in 0..19 {
        set(
            &vault,
            &format!("KEY_{}", number % 3),
            &format!("the-secret-value-{number}"),
        );
        place.wait(10);
    }
    let key = vault.audit_key().parse().unwrap();
    (place, vault, key)
}

#[test]
fn an_export_and_every_proof_hold_with_the_public_key_alone() {
    let (_place, vault, key) = place_with_a_log();
    assert_eq!(believed(&export(&vault, false), &key), (20, 0, 0));
    assert_eq!(believed(&export(&vault, true), &key), (20, 0, 20));
    for (seq, record) in ada(&vault).audit_after(0, 100).unwrap() {
        let by_number = ada(&vault).prove_audit(RecordRef::Seq(seq)).unwrap();
        let by_id = ada(&vault).prove_audit(RecordRef::Id(record.id)).unwrap();
        assert_eq!((by_number.seq, by_id.seq), (seq, seq));
        assert!(holds(&by_number, &key) && holds(&by_id, &key));
        assert_eq!(by_number.record, Some(record));
    }
    for which in [RecordRef::Seq(0), RecordRef::Seq(21), RecordRef::Seq(u64::MAX)] {
        assert!(matches!(ada(&vault).prove_audit(which), Err(VaultError::NoRecord)));
    }
    let text = export(&vault, true).concat();
    assert!(!text.contains("the-secret-value"), "no value is in an export");
}

#[test]
fn pruning_drops_bodies_and_every_proof_still_holds() {
    let (place, vault, key) = place_with_a_log();
    let old = ada(&vault).prove_audit(RecordRef::Seq(3)).unwrap();
    let body = serde_json::to_string(old.record.as_ref().unwrap()).unwrap();
    let before = old.record.as_ref().unwrap().at;
    place.wait(1000);

    assert!(matches!(
        ada(&vault).prune_audit(place.clock_in(1)),
        Err(VaultError::Future)
    ));
    let nothing = ada(&vault).prune_audit(distri_core::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((nothing.through, nothing.dropped), (0, 0));
    let pruned = ada(&vault).prune_audit(before).unwrap();
    assert_eq!(
        (pruned.through, pruned.dropped),
        (2, 2),
        "those before it, not the one of that instant"
    );
    let pruned = ada(&vault).prune_audit(place.clock.now()).unwrap();
    assert_eq!((pruned.through, pruned.dropped), (20, 18));

    let left = ada(&vault).audit_after(0, 100).unwrap();
    assert_eq!(left.iter().map(|it| it.0).collect::<Vec<_>>(), [21, 22]);
    assert_eq!(left[1].1.action, ActionKind::AuditPrune);
    assert_eq!(left[1].1.log, Some(LogChange::Pruned { through: 20 }));
    assert!(holds(&old, &key), "what was proven before stays proven");
    let again = ada(&vault)
        .prove_audit(RecordRef::Id(old.record.as_ref().unwrap().id))
        .unwrap();
    assert!(again.record.is_none() && again.leaf == old.leaf && holds(&again, &key));
    assert_eq!(believed(&export(&vault, true), &key), (2, 20, 22));
    drop(vault);
    let report = place.verify();
    assert_eq!((report.findings, report.pruned_through, report.size), (vec![], 20, 22));
    let files = match place.database.is_embedded() {
        true => files(&place.home()),
        false => Vec::new(),
    };
    for (path, bytes) in files {
        let found = bytes.windows(40).any(|it| it == &body.as_bytes()[..40]);
        assert!(!found, "the body is still in {}", path.display());
    }

    place.edit("update audit_records set body = null where seq = 21");
    assert_eq!(
        place.first_finding(),
        "record 21: its body is gone, and no pruning was recorded"
    );
}

#[test]
fn only_an_owner_prunes_or_accepts() {
    let (place, vault, _) = place_with_a_log();
    let admin = Actor {
        role: Role::Admin,
        ..Actor::local("eve")
    };
    let caller = vault.caller(admin, &AccountName::default()).unwrap();
    assert!(caller.verify_audit().is_ok());
    assert!(matches!(
        caller.prune_audit(place.clock.now()),
        Err(VaultError::Denied(_))
    ));
    assert!(matches!(caller.accept_rollback(), Err(VaultError::Denied(_))));
}

#[test]
fn the_log_refuses_every_change_but_pruning() {
    let (place, _vault, _) = place_with_a_log();
    let database = place.database();
    for sql in [
        "update audit_records set body = '{}' where seq = 2",
        "update audit_records set body = null, leaf = zeroblob(32) where seq = 2",
        "update audit_records set body = null, seq = 30 where seq = 20",
        "update audit_records set at = 0 where seq = 2",
        "update audit_records set body = body where seq = 2",
        "delete from audit_records where seq = 20",
        "insert into audit_records select 22, zeroblob(16), account, at, action, body, leaf, mac from audit_records where seq = 2",
        "insert into audit_records select 20, zeroblob(16), account, at, action, body, leaf, mac from audit_records where seq = 2",
        "update audit_checkpoints set note = ''",
        "delete from audit_checkpoints",
    ] {
        assert!(database.execute_batch(sql).is_err(), "{sql}");
    }
    database
        .execute_batch("update audit_records set body = null where seq = 2")
        .unwrap();
    let again = "update audit_records set body = 'x' where seq = 2";
    assert!(database.execute_batch(again).is_err(), "nothing is put in its place");
}
