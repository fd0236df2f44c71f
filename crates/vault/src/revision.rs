//! Rows that say who may do what: signed when written, verified whenever read, and never older than the log.
//!
//! A row that was put back carries a MAC of its time. The log knows a later change of it, and cannot be cut without its
//! owner's key.

use distri_core::AccountName;
use distri_core::audit::{About, ActionKind};
use distri_core::envelope::Canonical;
use distri_core::ids::EntityId;
use distri_store::UnitOfWork;
use distri_store::rows::AccountRow;

use crate::{Vault, VaultError};

/// A row that is authenticated.
pub(crate) trait Signed {
    /// What it is, in messages.
    const WHAT: &'static str;
    /// Its name, for messages and the log.
    fn name(&self) -> String;
    /// Everything in it that means something, without the MAC.
    fn authenticate(&self, canonical: &mut Canonical);
    /// The MAC that is stored beside it.
    fn mac(&self) -> &[u8];
    /// The place of the MAC.
    fn mac_mut(&mut self) -> &mut Vec<u8>;
}

/// A row whose changes are in the log.
pub(crate) trait Revised: Signed {
    /// Its identifier in the log.
    fn entity(&self) -> EntityId;
    /// How often it was written.
    fn revision(&self) -> u32;
    /// What it permits, in words.
    fn grants(&self) -> Vec<String>;

    /// The row as a record names it.
    fn about(&self) -> About {
        About {
            id: self.entity(),
            revision: self.revision(),
            name: self.name(),
            grants: self.grants(),
        }
    }
}

impl Vault {
    /// Sets the MAC of a row that is about to be written.
    pub(crate) fn sign_row(&self, row: &mut impl Signed) {
        let mac = self.keyring.mac_row(&self.canonical(row));
        *row.mac_mut() = mac.as_bytes().to_vec();
    }

    /// Believes a row that was read and of whose changes the log knows nothing.
    pub(crate) fn check_mac<R: Signed>(&self, row: &R) -> Result<(), VaultError> {
        match self.keyring.verify_row(&self.canonical(row), row.mac()) {
            Ok(()) => Ok(()),
            Err(_) => Err(tampered(row, "its row was changed outside distri")),
        }
    }

    /// Believes a row that was read, or says which check it fails.
    pub(crate) fn check_row<R: Revised>(&self, work: &mut dyn UnitOfWork, row: &R) -> Result<(), VaultError> {
        self.check_mac(row)?;
        let Some(newest) = work.newest_about(row.entity())? else {
            // Its body was dropped, as retention does with old ones.
            return Ok(());
        };
        let logged = self.log().record_of(&newest).ok().flatten();
        match logged.and_then(|it| it.about).filter(|it| it.id == row.entity()) {
            None => Err(tampered(row, "the newest record about it was changed outside distri")),
            Some(about) if row.revision() < about.revision => Err(tampered(row, "its row is older than the audit log")),
            Some(_) => Ok(()),
        }
    }

    /// The revision of the newest record about something; 0 where there is none, or none that is believed.
    pub(crate) fn logged_revision(&self, work: &mut dyn UnitOfWork, entity: EntityId) -> Result<u32, VaultError> {
        let logged = work.newest_about(entity)?;
        let logged = logged.and_then(|it| self.log().record_of(&it).ok().flatten());
        Ok(logged.and_then(|it| it.about).map_or(0, |it| it.revision))
    }

    /// Believes that an account was not deleted, and that its name is the one that it was made with, whatever its row says:
    /// whoever exchanged two names would have secrets written into the account of others.
    pub(crate) fn check_account(&self, work: &mut dyn UnitOfWork, row: &AccountRow) -> Result<(), VaultError> {
        let tampered = |reason| {
            Err(VaultError::Tampered {
                what: "account",
                name: row.name.to_string(),
                reason,
            })
        };
        let renamed = "its name was changed outside distri";
        let newest = work.newest_about(row.id.into())?;
        let logged = newest.and_then(|it| self.log().record_of(&it).ok().flatten());
        let Some(record) = logged else {
            // The installation's own account was made without such a record, and has its first name for ever. What else
            // is wrong with the log is for its verification to say, which needs a caller too.
            let is_named_first = row.name == AccountName::default();
            return match self.is_first_in(work, row.id) {
                Ok(is_first) if is_first != is_named_first => tampered(renamed),
                _ => Ok(()),
            };
        };
        if record.action == ActionKind::AccountDelete {
            return tampered("its row is older than the audit log");
        }
        match record.about.filter(|it| it.id == row.id.into()) {
            None => tampered("the newest record about it was changed outside distri"),
            Some(about) if about.name != row.name.to_string() => tampered(renamed),
            Some(_) => Ok(()),
        }
    }

    fn canonical<R: Signed>(&self, row: &R) -> Canonical {
        let mut canonical = Canonical::new("row.signed");
        canonical.text(R::WHAT).bytes(self.keyring.instance().as_bytes());
        row.authenticate(&mut canonical);
        canonical
    }
}

/// An account as records name it. Its row has no MAC: its key hangs from its identifier, its name is held against these
/// records.
pub(crate) fn account_about(row: &AccountRow) -> About {
    About {
        id: row.id.into(),
        revision: 1,
        name: row.name.to_string(),
        grants: Vec::new(),
    }
}

fn tampered<R: Signed>(row: &R, reason: &'static str) -> VaultError {
    VaultError::Tampered {
        what: R::WHAT,
        name: row.name(),
        reason,
    }
}
