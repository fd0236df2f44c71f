//! Opening what is there; `first_use` makes it where there is nothing.

use std::sync::{Arc, OnceLock};

use distri_core::Clock;
use distri_core::audit::Record;
use distri_core::envelope::{Fingerprint, Keyring};
use distri_core::ids::AccountId;
use distri_store::{Flush, Location, Store};

use crate::audit::evidence::Evidence;
use crate::audit::log::{Sign, log_damaged};
use crate::first_use::{check_not_lost, set_up};
use crate::instance_key::InstanceKeyInUse;
use crate::people::Hashing;
use crate::root_key::{Passphrase, RootKeyError, Surroundings};
use crate::unlock::{Opened, unlock};
use crate::{Home, VaultError};

/// How a new installation keeps its root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstUse {
    /// In a file, made at once: no set-up.
    KeyFile,
    /// In a passphrase, asked for.
    Passphrase,
    /// Not at all: opening a home that is not set up is an error.
    Refuse,
}

/// An unlocked installation.
pub struct Vault {
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) instance_key: InstanceKeyInUse,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) evidence: Evidence,
    pub(crate) home: Home,
    pub(crate) hashing: Hashing,
    pub(crate) first_account: OnceLock<AccountId>,
}

impl Vault {
    /// Opens the database of `home`, embedded or on a server, and unlocks it; sets it up at first use.
    ///
    /// `ask` gives the passphrase when one is needed.
    ///
    /// # Errors
    /// [`VaultError::Home`], [`VaultError::NoneOpens`], [`VaultError::NoSlots`], [`VaultError::Store`]; at first use
    /// [`VaultError::RootKey`], [`VaultError::NotSetUp`] where nothing is made, and [`VaultError::Lost`] where something was;
    /// [`VaultError::Behind`] when the database is older than what was delivered of its audit log.
    pub fn open(
        home: &Home,
        clock: Arc<dyn Clock>,
        first_use: FirstUse,
        ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
    ) -> Result<Self, VaultError> {
        let vault = Self::unlock(home, clock, first_use, ask)?;
        vault.check_not_behind()?;
        vault.sign_unsigned_records()?;
        Ok(vault)
    }

    /// Opens the database whatever state its audit log is in: to verify it, or to accept that it has fallen
    /// behind. It is never set up here.
    ///
    /// # Errors
    /// As [`open`](Self::open), without [`VaultError::Behind`].
    pub fn open_for_audit(
        home: &Home,
        clock: Arc<dyn Clock>,
        ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
    ) -> Result<Self, VaultError> {
        Self::unlock(home, clock, FirstUse::Refuse, ask)
    }

    /// Where it lives.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Whether there is an installation already. Nothing is made or changed in a file by asking.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn is_set_up(home: &Home) -> Result<bool, VaultError> {
        match home.location() {
            location @ Location::File(_) => Ok(!location.is_absent()),
            location @ Location::Server(_) => Store::open(&location)?.read(|work| Ok(work.instance()?.is_some())),
        }
    }

    fn unlock(
        home: &Home,
        clock: Arc<dyn Clock>,
        first_use: FirstUse,
        ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
    ) -> Result<Self, VaultError> {
        let location = home.location();
        if location.is_absent() {
            // Before anything is made: a file of the same name beside what a backup brings back would damage that.
            check_not_lost(home)?;
            if first_use == FirstUse::Refuse {
                return Err(VaultError::NotSetUp(location.to_string()));
            }
        }
        home.make()?;
        let store = Store::open(&location)?;
        let mut around = Surroundings::of(home, ask);
        let (opened, made) = match unlock_stored(&store, &mut around)? {
            Some(opened) => (opened, None),
            None => {
                let (opened, made) = set_up(home, &store, clock.as_ref(), first_use, &mut around)?;
                (opened, Some(made))
            }
        };
        let vault = Self::assembled(store, opened, clock, home);
        if let Some(made) = made {
            made.let_out_of(&vault);
        }
        Ok(vault)
    }

    pub(crate) fn assembled(store: Store, opened: Opened, clock: Arc<dyn Clock>, home: &Home) -> Self {
        let vault = Self {
            store,
            keyring: opened.keyring,
            instance_key: InstanceKeyInUse::new(opened.unlocked),
            clock,
            evidence: Evidence::of(home),
            home: home.clone(),
            hashing: Hashing::default(),
            first_account: OnceLock::new(),
        };
        for complaint in opened.foreign.complaints() {
            vault.evidence.keep(complaint);
        }
        vault
    }

    /// Brings records of before the log was signed into it, once: they are believed as far as the database was then.
    fn sign_unsigned_records(&self) -> Result<(), VaultError> {
        let is_begun = self
            .store
            .read(|work| Ok::<_, VaultError>(work.audit_head()?.is_some()))?;
        if is_begun {
            return Ok(());
        }
        self.commit(Flush::Each, Sign::WhenDue, |work| {
            if work.audit_head()?.is_some() {
                // Another process was first.
                return Ok(((), Vec::new()));
            }
            let bodies = work.take_unsigned_records()?;
            let records: Result<Vec<Record>, _> = bodies.iter().map(|it| serde_json::from_str(it)).collect();
            let records = records.map_err(|_| log_damaged("a record of before it was signed is damaged"))?;
            Ok(((), records))
        })?;
        Ok(())
    }

    /// Which instance key is in use.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.instance_key.in_use().fingerprint()
    }
}

/// Unlocks what is stored, if anything is.
pub(crate) fn unlock_stored(store: &Store, around: &mut Surroundings<'_>) -> Result<Option<Opened>, VaultError> {
    let found = store.read(|work| Ok::<_, VaultError>((work.instance()?, work.slots()?, work.evidence_key()?)))?;
    let (Some(instance), slots, evidence) = found else {
        return Ok(None);
    };
    unlock(around, instance.id, &slots, evidence.as_ref()).map(Some)
}
