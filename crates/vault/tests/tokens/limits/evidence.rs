//! Use cases of the audit log, of backups and of keys.

use distri_core::Timestamp;
use distri_core::ids::SlotId;
use distri_vault::audit::{ExportOptions, RecordRef, WhoCould, WhoDid};
use distri_vault::backup::CreateBackup;
use distri_vault::keys::Depth;
use distri_vault::root_key::file;

use super::{Case, Target, Wrapped, alone, shown};

pub(super) const CASES: &[Case] = &[
    ("audit_key", |it, _| it.audit_key()),
    // About the account as a whole.
    ("audit_newest", |it, _| shown(it.audit_newest(9))),
    ("audit_page", |it, _| {
        shown(it.audit_page(None, 9, &|_| true).map(|it| it.records))
    }),
    ("audit_after", |it, _| shown(it.audit_after(0, 9))),
    ("alarms", |it, _| shown(it.alarms(None, 9))),
    ("check_known", |it, on| shown(it.check_known(&on.key, None))),
    ("who_did", |it, on| {
        let question = WhoDid {
            key: on.key.clone(),
            environment: None,
            from: Timestamp::MIN,
            to: Timestamp::MAX,
            after: 0,
            limit: 9,
        };
        shown(it.who_did(&question))
    }),
    ("who_could", |it, on| shown(it.who_could(&could(on)))),
    ("who_could_within", |it, on| shown(it.who_could_within(&could(on), 100))),
    ("verify_audit", |it, _| shown(it.verify_audit())),
    ("prove_audit", |it, _| shown(it.prove_audit(RecordRef::Seq(1)))),
    ("export_audit", |it, _| {
        let mut lines = String::new();
        let exported = it.export_audit(ExportOptions::default(), |line| {
            lines.push_str(line);
            Ok::<_, Wrapped>(())
        });
        shown(exported.map_err(|it| it.0)) + &lines
    }),
    ("prune_audit", |it, _| shown(it.prune_audit(Timestamp::UNIX_EPOCH))),
    ("accept_rollback", |it, _| shown(it.accept_rollback())),
    ("create_backup", |it, _| {
        let to = std::env::temp_dir().join("never-made.age");
        let recipients = [distri_core::age::Identity::generate().recipient()];
        let request = CreateBackup {
            to: &to,
            recipients: &recipients,
        };
        it.create_backup(&request)
            .map_or_else(|error| error.to_string(), |_| "a backup".to_owned())
    }),
    ("change_root", |it, _| {
        shown(alone(|around| {
            it.change_root(around, |around| file::enrol_new(around, None))
        }))
    }),
    ("rotate_instance", |it, _| {
        shown(alone(|around| it.rotate_instance(around)))
    }),
    ("rotate_account", |it, _| shown(it.rotate_account())),
    ("reseal", |it, _| shown(it.reseal(Depth::Values, |_| {}))),
    ("key_status", |it, _| shown(alone(|around| it.key_status(around)))),
    ("key_status_without_places", |it, _| {
        shown(it.key_status_without_places())
    }),
    ("add_slot", |it, _| {
        shown(alone(|around| {
            it.add_slot(around, |around| file::enrol_new(around, None))
        }))
    }),
    ("verify_slots", |it, _| {
        shown(alone(|around| it.verify_slots(around, None)))
    }),
    ("retire_slot", |it, _| {
        shown(alone(|around| it.retire_slot(around, SlotId::from_bytes([0; 16]))))
    }),
];

fn could(on: &Target) -> WhoCould {
    WhoCould {
        key: on.key.clone(),
        environment: None,
        from: Timestamp::MIN,
        to: Timestamp::MAX,
    }
}
