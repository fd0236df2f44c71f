//! A tip that is missing at a start: when that is an alarm, for how long, and when it is none.

use distri_core::audit::{ActionKind, LogChange};
use distri_vault::{Vault, VaultError};

use crate::support::{Place, ada, set};

/// What the alarms of the log say, each with its number.
fn alarms(vault: &Vault) -> Vec<(u64, String)> {
    let alarms = ada(vault).alarms(None, 10).unwrap().into_iter();
    alarms.map(|(seq, it)| (seq, it.alarm.unwrap().place)).collect()
}

#[test]
fn an_older_database_without_its_tip_leaves_an_alarm_until_that_is_accepted() {
    let place = Place::new();
    set(&place.open(), "A", "old");
    let kept = place.keep_database();
    set(&place.open(), "A", "new");
    place.put_back(&kept);
    std::fs::remove_dir_all(place.directory.path().join("state")).unwrap();
    let findings = place.verify().findings;
    assert!(
        findings.iter().any(|it| it.what.ends_with("audit-tip` is not there")),
        "{findings:?}"
    );

    let vault = place.open();
    assert!(vault.is_unwitnessed());
    let complaints = vault.take_complaints();
    assert!(
        complaints.iter().any(|it| it.contains("audit-tip` is not there")),
        "{complaints:?}"
    );
    assert_eq!(alarms(&vault), [(3, "`audit-tip` is not there".to_owned())]);
    drop(vault);

    // One alarm for one loss, and no next record that makes it forgotten.
    let vault = place.open();
    set(&vault, "A", "newer");
    assert!(!vault.is_unwitnessed());
    assert_eq!((vault.take_complaints(), alarms(&vault).len()), (vec![], 1));
    drop(vault);
    let report = place.verify();
    assert_eq!((report.size, report.findings.len(), report.findings[0].seq), (4, 1, 3));

    let vault = place.open_for_audit();
    ada(&vault).accept_rollback().unwrap();
    assert!(matches!(ada(&vault).accept_rollback(), Err(VaultError::NotBehind)));
    let newest = ada(&vault).audit_newest(1).unwrap().remove(0);
    assert_eq!(newest.1.log, Some(LogChange::RolledBack { found: 4, delivered: 4 }));
    drop(vault);
    let report = place.verify();
    assert_eq!((report.findings, report.rollbacks), (vec![], 1));
}

#[test]
fn a_tip_that_is_damaged_or_anothers_is_missing_as_well() {
    let place = Place::new();
    set(&place.open(), "A", "v");
    let other = Place::new();
    set(&other.open(), "A", "v");
    for (seq, (bytes, what)) in [
        (b"scribbled".to_vec(), "`audit-tip` is not what distri wrote"),
        (
            std::fs::read(other.tip()).unwrap(),
            "`audit-tip` is of another installation",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(place.tip(), bytes).unwrap();
        let vault = place.open();
        assert!(vault.is_unwitnessed());
        assert_eq!(alarms(&vault).last(), Some(&(seq as u64 + 3, what.to_owned())));
    }
    // Accepted at once, before anybody opened it otherwise.
    std::fs::remove_file(place.tip()).unwrap();
    ada(&place.open_for_audit()).accept_rollback().unwrap();
    assert_eq!(place.verify().findings, []);
    let vault = place.open();
    assert_eq!((vault.take_complaints(), alarms(&vault).len()), (vec![], 2));
}

#[test]
fn an_accepted_loss_excuses_no_checkpoint() {
    let place = Place::new();
    let kept = place.kept_and_gone_on();
    let evidence = std::fs::read(place.checkpoints()).unwrap();
    place.put_back(&kept);
    std::fs::remove_dir_all(place.directory.path().join("state")).unwrap();
    set(&place.open(), "A", "three");
    ada(&place.open_for_audit()).accept_rollback().unwrap();
    assert_eq!(place.verify().findings, []);

    // What the lost file had said comes back from elsewhere.
    std::fs::write(place.checkpoints(), evidence).unwrap();
    assert!(matches!(place.try_open(), Err(VaultError::Behind(_))));
    let findings = place.verify().findings;
    assert!(
        findings
            .iter()
            .any(|it| it.what.contains("over 4 records does not fit them")),
        "{findings:?}"
    );
}

#[test]
fn a_home_that_needs_no_tip_yet_gets_one_without_an_alarm() {
    // Ended between the first commit and its evidence.
    let place = Place::new();
    drop(place.open());
    for left in ["checkpoints", "audit-tip"] {
        std::fs::remove_file(place.directory.path().join("state").join(left)).unwrap();
        if left == "audit-tip" {
            assert_eq!(place.verify().findings, [], "nothing is missing yet");
        }
        let vault = place.open();
        assert!(!vault.is_unwitnessed() && place.tip().exists());
        assert_eq!(vault.records().unwrap(), 1);
    }
    // Of many that find it so, none alarms.
    std::fs::remove_file(place.tip()).unwrap();
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let (home, clock) = (place.home(), place.clock.clone());
            std::thread::spawn(move || {
                let nobody = &mut || panic!("nobody is asked");
                let vault = Vault::open(&home, clock, distri_vault::FirstUse::Refuse, nobody).unwrap();
                set(&vault, &format!("KEY_{number}"), "v");
                vault.is_unwitnessed()
            })
        })
        .collect();
    assert!(!threads.into_iter().any(|it| it.join().unwrap()));
    let vault = place.open();
    assert!(alarms(&vault).is_empty());
    let actions = ada(&vault).audit_newest(100).unwrap().into_iter();
    assert_eq!(actions.filter(|it| it.1.action == ActionKind::Set).count(), 8);
    assert_eq!(place.verify().findings, []);
}
