//! What is stored: whether it can be opened and written to, whether each of it is as it was written, and whether all of it
//! is there.

use std::error::Error;

use distri_core::Timestamp;
use distri_store::{Location, Store, StoreError};
use distri_vault::audit::Lost;
use distri_vault::{FirstUse, Home, Looked, VaultError};

use super::{Report, Status, durability};
use crate::command::audit::counted;
use crate::context::Embedded;
use crate::exit::Exit;

const CHANGED: &str = "somebody changed the database: look at `distri audit list --alarms`, and restore a backup, or purge what \
                       is named and set it again";

/// Opens, checks pages, unlocks, opens every value, verifies the log; the time of the newest audit record.
pub(super) fn store(home: &Home, report: &mut Report) -> Option<Timestamp> {
    let location = home.location();
    if location.is_absent() {
        match Lost::of(home) {
            Some(lost) => {
                report.integrity = true;
                let hint = "mount the database or put it back, or restore a backup";
                report.add("store", Status::Fail, lost.to_string(), Some(hint));
            }
            None => report.add(
                "store",
                Status::Warn,
                format!("there is no installation in `{location}`"),
                Some("`distri secrets set KEY` makes one; is `DISTRI_HOME` another?"),
            ),
        }
        return None;
    }
    if !can_be_used(&location, report) {
        return None;
    }
    let context = opened(report)?;
    recording(&context, report);
    soundness(&context, report);
    audit_log(&context, report);
    newest_record(&context)
}

fn can_be_used(location: &Location, report: &mut Report) -> bool {
    let checked = Store::open(location).and_then(|it| {
        it.check()?;
        it.unsafe_settings()
    });
    match checked {
        Ok(unsafe_settings) => {
            let sound = match location {
                Location::File(path) => format!("every page of `{}` is sound", path.display()),
                Location::Server(_) => format!("`{location}` answers, and its schema is this version's"),
            };
            report.add("store", Status::Ok, sound, None);
            durability::check(location, unsafe_settings.as_deref(), report);
            true
        }
        Err(error) => {
            report.integrity |= matches!(error, StoreError::Corrupt | StoreError::Damaged { .. });
            report.add("store", Status::Fail, with_causes(&error), what_helps(&error));
            false
        }
    }
}

/// An error and what it comes from: the database says why, and the sentence alone does not.
fn with_causes(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        text += &format!(": {it}");
        cause = it.source();
    }
    text
}

fn what_helps(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::Corrupt | StoreError::Damaged { .. } => Some("restore the database from a backup"),
        StoreError::Open { .. } => Some(
            "this user has to be able to read and write the file and its directory; a copy elsewhere is looked at with `DISTRI_HOME`",
        ),
        StoreError::Unwritable { .. } => {
            Some("make room, or make the file system writable: without a record no secret is used")
        }
        StoreError::Unreachable { .. } | StoreError::Refused { .. } | StoreError::Exhausted { .. } => {
            Some("look at the database's server, and at the URL by which it is named")
        }
        StoreError::Busy { .. } => Some("wait for the other process, or end it"),
        _ => None,
    }
}

fn opened(report: &mut Report) -> Option<Embedded> {
    match Embedded::open(FirstUse::Refuse) {
        Ok(context) => {
            let fingerprint = context.vault().fingerprint();
            let text = format!("the root key unlocks the store (instance key {fingerprint})");
            report.add("keys", Status::Ok, text, None);
            Some(context)
        }
        Err(failure) if failure.exit() == Exit::Integrity => {
            report.integrity = true;
            let hint = "`distri audit verify` says what does not fit";
            report.add("audit log", Status::Fail, failure.message(), Some(hint));
            None
        }
        Err(failure) => {
            let hint = "`distri keys status` shows what unlocks the store";
            report.add("keys", Status::Fail, failure.message(), Some(hint));
            None
        }
    }
}

/// Whether a record could be written at this moment: else nothing is given out.
fn recording(context: &Embedded, report: &mut Report) {
    match context.vault().check_recording() {
        Ok(()) => report.add("recording", Status::Ok, "a use can be recorded", None),
        Err(VaultError::Store(error)) => {
            report.add("recording", Status::Fail, with_causes(&error), what_helps(&error));
        }
        // The line of the log says more.
        Err(_) => {}
    }
}

fn soundness(context: &Embedded, report: &mut Report) {
    let found = match context.vault().soundness(context.actor()) {
        Ok(found) => found,
        Err(error) => {
            report.integrity |= matches!(error, VaultError::Log { .. } | VaultError::Store(StoreError::Corrupt));
            report.add("secrets", Status::Fail, error.to_string(), None);
            return;
        }
    };
    let secrets = format!(
        "{} stored, and each of {} opens",
        counted(found.secrets.sound, "secret"),
        counted(found.versions, "version")
    );
    looked(report, "secrets", &found.secrets, secrets);
    let access = format!(
        "accounts, members, invitations and tokens: {}, as distri wrote them",
        found.access.sound
    );
    looked(report, "access", &found.access, access);
    let agents = format!(
        "{}, as distri wrote them",
        counted(found.agents.sound, "agent definition")
    );
    looked(report, "agents", &found.agents, agents);
}

fn looked(report: &mut Report, check: &'static str, looked: &Looked, sound: String) {
    let Some(first) = &looked.first else {
        return report.add(check, Status::Ok, sound, None);
    };
    report.integrity = true;
    let more = match looked.damaged {
        1 => String::new(),
        count => format!("; and {} more", count - 1),
    };
    report.add(check, Status::Fail, format!("{first}{more}"), Some(CHANGED));
}

/// Whether the log is whole and can go on, whether what it says is there is there, and whether its evidence has left.
fn audit_log(context: &Embedded, report: &mut Report) {
    let hint = "`distri audit verify` names all that is not as distri wrote it";
    let vault = context.vault();
    let checked = vault.audit_status().map_err(Into::into).and_then(|status| {
        let verified = context.caller()?.verify_audit()?;
        Ok::<_, crate::failure::Failure>((status, verified))
    });
    let (status, verified) = match checked {
        Ok(checked) => checked,
        Err(failure) => {
            report.integrity |= failure.exit() == Exit::Integrity;
            return report.add("audit log", Status::Fail, failure.message(), Some(hint));
        }
    };
    let undelivered = status.undelivered + status.undelivered_to_webhook;
    if let Some(first) = verified.findings.first() {
        report.integrity = true;
        let more = match verified.findings.len() {
            1 => String::new(),
            count => format!("; and {} more", count - 1),
        };
        report.add("audit log", Status::Fail, format!("{}{more}", first.what), Some(hint));
    } else if undelivered > 0 {
        report.add(
            "audit log",
            Status::Warn,
            format!("{undelivered} checkpoints are not where they should be"),
            Some("`distri audit checkpoint` delivers them and says why it cannot"),
        );
    } else {
        let text = format!(
            "{} records, {} of them under a delivered checkpoint",
            status.size, status.covered
        );
        report.add("audit log", Status::Ok, text, None);
    }
}

fn newest_record(context: &Embedded) -> Option<Timestamp> {
    let records = context.caller().ok()?.audit_newest(1).ok()?;
    records.last().map(|(_, it)| it.at)
}
