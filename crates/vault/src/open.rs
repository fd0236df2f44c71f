//! First use, and opening what is there.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, OnceLock};

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::Actor;
use distri_core::envelope::{Fingerprint, InstanceRing, Keyring};
use distri_core::ids::AccountId;
use distri_core::{AccountName, Clock};
use distri_store::rows::InstanceRow;
use distri_store::{Ended, Flush, Location, Store};
use rustix::fs::{FlockOperation, flock};

use crate::accounts::create_account;
use crate::audit::evidence::Evidence;
use crate::audit::log::{Appended, Log, Sign, log_damaged};
use crate::closed::ClosedSlots;
use crate::instance_key::InstanceKeyInUse;
use crate::people::Hashing;
use crate::record::new_record;
use crate::root_key::{Enrolled, Passphrase, RootKeyError, Surroundings, file, passphrase};
use crate::unlock::{Opened, Unlocked, new_slot, unlock};
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
    /// [`VaultError::RootKey`];
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
        if first_use == FirstUse::Refuse && location.is_absent() {
            return Err(VaultError::Locked("nothing is set up here yet".to_owned()));
        }
        home.make()?;
        let store = Store::open(&location)?;
        let mut around = Surroundings::of(home, ask);
        let (opened, appended) = match unlock_stored(&store, &mut around)? {
            Some(opened) => (opened, None),
            None => set_up(home, &store, clock.as_ref(), first_use, &mut around)?,
        };
        let vault = Self::assembled(store, opened, clock, home);
        if let Some(appended) = appended {
            vault.let_out(Flush::Each, &appended, Ended::default());
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
        for slot in &opened.foreign.0 {
            vault.evidence.keep(format!(
                "{slot}; `distri keys trust {id}` accepts it if that is yours, `distri keys retire-slot {id}` removes it",
                id = slot.id
            ));
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
fn unlock_stored(store: &Store, around: &mut Surroundings<'_>) -> Result<Option<Opened>, VaultError> {
    let found = store.read(|work| Ok::<_, VaultError>((work.instance()?, work.slots()?, work.evidence_key()?)))?;
    let (Some(instance), slots, evidence) = found else {
        return Ok(None);
    };
    unlock(around, instance.id, &slots, evidence.as_ref()).map(Some)
}

/// Makes the root key, the instance and the default account. Processes that start at once wait for the first; of servers
/// that start at once on one database, the first to commit makes them, and the others need its root key.
fn set_up(
    home: &Home,
    store: &Store,
    clock: &dyn Clock,
    first_use: FirstUse,
    around: &mut Surroundings<'_>,
) -> Result<(Opened, Option<Appended>), VaultError> {
    let _lock = first_use_lock(home)?;
    // Another process may have finished while this one waited.
    if let Some(opened) = unlock_stored(store, around)? {
        return Ok((opened, None));
    }

    let has_key_file = home.root_key().exists();
    let enrolled = match first_use {
        FirstUse::Refuse => return Err(VaultError::Locked("nothing is set up here yet".to_owned())),
        FirstUse::KeyFile => key_file_for_first_use(home, around)?,
        FirstUse::Passphrase => passphrase::enrol(around.ask)?,
    };
    let ring = InstanceRing::create(clock);
    let keyring = ring
        .keyring(None)
        .map_err(|_| VaultError::Key { what: "evidence key" })?;
    let appended = store.write(|work| {
        if work.instance()?.is_some() {
            return Ok(None);
        }
        work.create_instance(&InstanceRow {
            id: keyring.instance(),
            created_at: clock.now(),
        })?;
        work.put_slot(&new_slot(&ring, clock, &enrolled))?;
        let account = create_account(work, &ring, clock, &AccountName::default())?.id;
        let actor = Actor::local("distri");
        let record = new_record(clock, account, &actor, ActionKind::InstanceCreate);
        let log = Log {
            keyring: &keyring,
            clock,
        };
        Ok::<_, VaultError>(Some(log.append(work, &[record], Sign::Now)?))
    })?;
    if let Some(appended) = appended {
        let root = enrolled.root;
        let opened = Opened {
            unlocked: Unlocked { ring, root },
            keyring,
            foreign: ClosedSlots::default(),
        };
        return Ok((opened, appended));
    }
    if first_use == FirstUse::KeyFile && !has_key_file {
        // It opens nothing, and would be taken for the one that does.
        let _ = std::fs::remove_file(home.root_key());
    }
    let opened = unlock_stored(store, around)?;
    let opened = opened.ok_or_else(|| VaultError::Locked("it was set up, and is gone again".to_owned()))?;
    Ok((opened, None))
}

/// The lock of whoever makes an installation here, until it is dropped.
pub(crate) fn first_use_lock(home: &Home) -> Result<File, VaultError> {
    let path = home.lock_file();
    let failed = |error: std::io::Error| VaultError::Home {
        path: path.clone(),
        reason: error.to_string(),
    };
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| failed(error.into()))?;
    Ok(lock)
}

/// The key that is there (an earlier first use may have stopped after writing it), else a new one. A file that
/// the environment names is never made: a mistyped path must not become a new key.
fn key_file_for_first_use(home: &Home, around: &Surroundings<'_>) -> Result<Enrolled, RootKeyError> {
    if home.root_key_is_given() {
        file::read(&home.root_key())?;
    }
    file::enrol(around, None)
}
