//! What is done where the tip is missing at a start: nobody can say any more how far the log had got since the newest
//! checkpoint, so an older database may have been put back.
//!
//! It is no reason to refuse, because a state directory may be lost for no bad reason. It is said, and recorded as an alarm
//! that verifying the log points at until somebody accepts it. There are homes that need no tip yet, and the order of writes
//! tells them: the tip follows the first commit, and a restoration, under the lock of first use; a home that joins a database
//! on a server has its mark only after its first tip.

use std::fs::File;
use std::sync::atomic::Ordering;

use distri_core::alarm::AlarmRule;
use distri_core::audit::{ActionKind, AlarmFacts, Outcome};
use distri_core::authz::Actor;
use distri_store::{Flush, Location, UnitOfWork};

use super::log::Sign;
use super::tip;
use crate::first_use::first_use_lock;
use crate::record::new_record;
use crate::{Vault, VaultError};

impl Vault {
    /// Whether this home had a tip before, as far as that can be known without it: to be asked before the tip is read.
    pub(super) fn had_tip(&self) -> bool {
        match self.home.location() {
            Location::File(_) => true,
            Location::Server(_) => self.home.tip_mark().exists(),
        }
    }

    /// Whether no tip is needed yet: the log is as its first commit left it, or its newest record is that of a restoration, or
    /// this home has only just joined the database.
    pub(super) fn needs_no_tip(&self, work: &mut dyn UnitOfWork, had_tip: bool) -> Result<bool, VaultError> {
        let state = self.log().head(work)?;
        let size = state.frontier.size();
        let is_first = state.checkpoint.is_some_and(|it| it.number == 1 && it.size == size);
        if size == 0 || is_first || !had_tip {
            return Ok(true);
        }
        let rows = work.audit_rows(size - 1, 1)?;
        let newest = rows.into_iter().find_map(|it| it.row);
        let newest = newest.and_then(|it| self.log().record_of(&it).ok().flatten());
        Ok(newest.is_some_and(|it| it.action == ActionKind::BackupRestore))
    }

    /// Whether the tip was missing when this process opened the database.
    #[must_use]
    pub fn is_unwitnessed(&self) -> bool {
        self.evidence.is_unwitnessed.load(Ordering::SeqCst)
    }

    /// Takes notice where the tip is missing, and has one from now on.
    pub(super) fn look_for_tip(&self, found: tip::Read, had_tip: bool) -> Result<(), VaultError> {
        if !matches!(found, tip::Read::Tip(_)) {
            // Whoever makes or restores an installation has the lock until its tip is there. Where there can be no lock
            // there is nobody who does.
            let _lock = first_use_lock(&self.home).ok();
            self.miss_tip(tip::read(&self.evidence.tip, &self.keyring), had_tip)?;
        }
        if !had_tip {
            // Without it the next start only asks once more.
            let _ = File::create(self.home.tip_mark());
        }
        Ok(())
    }

    fn miss_tip(&self, found: tip::Read, had_tip: bool) -> Result<(), VaultError> {
        let (what, may_be_new) = match found {
            tip::Read::Tip(_) => return Ok(()),
            tip::Read::None => ("is not there", true),
            tip::Read::Another => ("is of another installation", true),
            tip::Read::Damaged => ("is not what distri wrote", false),
        };
        // A home that had another installation's did not join just now.
        let had_tip = had_tip || found == tip::Read::Another;
        let needs_none = self.store.read(|work| {
            let is_empty = self.log().head(work)?.frontier.size() == 0;
            Ok::<_, VaultError>(is_empty || (may_be_new && self.needs_no_tip(work, had_tip)?))
        })?;
        if needs_none {
            return self.show_tip();
        }
        self.evidence.is_unwitnessed.store(true, Ordering::SeqCst);
        self.complain(format!(
            "`{}` {what}, which said how far the audit log had got: newer records than the newest checkpoint outside may be \
             missing; `distri audit verify` says so until `distri audit accept-rollback`",
            self.evidence.tip.display()
        ));
        if let Err(error) = self.record_missing(what) {
            self.complain(format!("the alarm about that could not be recorded: {error}"));
        }
        Ok(())
    }

    fn record_missing(&self, what: &str) -> Result<(), VaultError> {
        self.commit(Flush::Each, Sign::Now, |work| {
            let account = self.first_account_in(work)?;
            let mut record = new_record(self.clock.as_ref(), account, &Actor::local("distri"), ActionKind::Alarm);
            record.outcome = Outcome::Denied(AlarmRule::EvidenceLost.as_str().to_owned());
            record.alarm = Some(AlarmFacts {
                rule: AlarmRule::EvidenceLost,
                place: format!("`audit-tip` {what}"),
                destination: None,
                step: None,
                origin: None,
            });
            Ok(((), vec![record]))
        })?;
        Ok(())
    }
}
