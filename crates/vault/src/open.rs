//! First use and unlocking.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::Actor;
use distri_core::envelope::{AccountKey, Fingerprint, Keyring, RootKey, SlotContext};
use distri_core::ids::{AccountId, InstanceId, SlotId};
use distri_core::{AccountName, Clock};
use distri_store::rows::{AccountKeyRow, AccountRow, InstanceRow, SlotRow};
use distri_store::{Flush, SqliteStore, UnitOfWork};
use rustix::fs::{FlockOperation, flock};

use crate::audit::evidence::Evidence;
use crate::audit::log::{Appended, Log, Sign, log_damaged};
use crate::record::new_record;
use crate::root_key::{Passphrase, RootKeyError, file, passphrase};
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
    pub(crate) store: SqliteStore,
    pub(crate) keyring: Keyring,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) evidence: Evidence,
}

impl Vault {
    /// Opens the embedded store of `home` and unlocks it; sets it up at first use.
    ///
    /// `ask` gives the passphrase when one is needed.
    ///
    /// # Errors
    /// [`VaultError::Home`], [`VaultError::RootKey`], [`VaultError::Locked`], [`VaultError::Store`];
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

    /// Opens the embedded store whatever state its audit log is in: to verify it, or to accept that it has fallen
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

    fn unlock(
        home: &Home,
        clock: Arc<dyn Clock>,
        first_use: FirstUse,
        ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
    ) -> Result<Self, VaultError> {
        if first_use == FirstUse::Refuse && !home.database().exists() {
            return Err(VaultError::Locked("nothing is set up here yet".to_owned()));
        }
        home.make()?;
        let store = SqliteStore::open(&home.database())?;
        let found = store.read(|work| Ok::<_, VaultError>((work.instance()?, work.slots()?)))?;
        let (keyring, appended) = match found {
            (Some(instance), slots) => (unlock(home, instance.id, &slots, ask)?, None),
            (None, _) => set_up(home, &store, clock.as_ref(), first_use, ask)?,
        };
        let vault = Self {
            store,
            keyring,
            clock,
            evidence: Evidence::of(home),
        };
        if let Some(appended) = appended {
            vault.let_out(Flush::Each, &appended);
        }
        Ok(vault)
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
        self.keyring.fingerprint()
    }
}

/// Tries each slot with what its provider gives; says what the last one needed.
fn unlock(
    home: &Home,
    instance: InstanceId,
    slots: &[SlotRow],
    ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
) -> Result<Keyring, VaultError> {
    let mut last = VaultError::Locked("it has no key slot".to_owned());
    for slot in slots {
        let context = SlotContext {
            instance,
            slot: slot.id,
            provider: &slot.provider,
        };
        let root = match root_key_of(home, slot, ask) {
            Ok(root) => root,
            Err(error) => {
                last = error;
                continue;
            }
        };
        match Keyring::unlock(&root, &context, &slot.wrapped) {
            Ok(keyring) => return Ok(keyring),
            Err(_) => last = VaultError::Key { what: "instance key" },
        }
    }
    Err(last)
}

/// The root key of a slot. A key that is not the slot's is named, so that its owner knows which to look for.
fn root_key_of(
    home: &Home,
    slot: &SlotRow,
    ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
) -> Result<RootKey, VaultError> {
    let fits = |root: &RootKey| root.fingerprint().to_string() == slot.root_fingerprint;
    match slot.provider.as_str() {
        file::PROVIDER => {
            let root = file::read(&home.root_key()).map_err(|error| match error {
                RootKeyError::Missing { path } => VaultError::Locked(format!(
                    "it needs root key {}, and there is none at `{}`",
                    slot.root_fingerprint,
                    path.display()
                )),
                other => other.into(),
            })?;
            if fits(&root) {
                Ok(root)
            } else {
                let found = root.fingerprint().to_string();
                Err(RootKeyError::Wrong {
                    provider: "key file",
                    found,
                    needed: slot.root_fingerprint.clone(),
                }
                .into())
            }
        }
        passphrase::PROVIDER => {
            let parameters = serde_json::from_str(&slot.parameters).map_err(|_| RootKeyError::Parameters)?;
            let root = passphrase::derive(&ask()?, &parameters)?;
            if fits(&root) {
                Ok(root)
            } else {
                Err(RootKeyError::WrongPassphrase.into())
            }
        }
        other => Err(VaultError::Locked(format!(
            "its key provider `{other}` is not known to this version"
        ))),
    }
}

/// Makes the root key, the instance and the default account. Processes that start at once wait for the first.
fn set_up(
    home: &Home,
    store: &SqliteStore,
    clock: &dyn Clock,
    first_use: FirstUse,
    ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
) -> Result<(Keyring, Option<Appended>), VaultError> {
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
    // Another process may have finished while this one waited.
    if let (Some(instance), slots) = store.read(|work| Ok::<_, VaultError>((work.instance()?, work.slots()?)))? {
        return Ok((unlock(home, instance.id, &slots, ask)?, None));
    }

    let (provider, parameters, root) = match first_use {
        FirstUse::Refuse => return Err(VaultError::Locked("nothing is set up here yet".to_owned())),
        FirstUse::KeyFile => (file::PROVIDER, "{}".to_owned(), key_file_for_first_use(home)?),
        FirstUse::Passphrase => {
            let (parameters, root) = root_from_new_passphrase(ask)?;
            (passphrase::PROVIDER, parameters, root)
        }
    };
    let keyring = Keyring::create(clock);
    let appended = store.write(|work| {
        work.create_instance(&InstanceRow {
            id: keyring.instance(),
            created_at: clock.now(),
        })?;
        work.put_slot(&new_slot(&keyring, clock, provider, &parameters, &root))?;
        let account = create_account(work, &keyring, clock, &AccountName::default())?;
        let actor = Actor::local("distri");
        let record = new_record(clock, account, &actor, ActionKind::InstanceCreate);
        let log = Log {
            keyring: &keyring,
            clock,
        };
        log.append(work, &[record], Sign::Now)
    })?;
    Ok((keyring, appended))
}

/// Makes a root key from a passphrase that is new here.
pub(crate) fn root_from_new_passphrase(
    ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
) -> Result<(String, RootKey), VaultError> {
    let phrase = ask()?;
    passphrase::check_new(&phrase)?;
    let parameters = passphrase::Parameters::recommended();
    let root = passphrase::derive(&phrase, &parameters)?;
    let parameters = serde_json::to_string(&parameters).map_err(|_| RootKeyError::Parameters)?;
    Ok((parameters, root))
}

/// The slot that keeps `keyring`'s instance key under `root`.
pub(crate) fn new_slot(
    keyring: &Keyring,
    clock: &dyn Clock,
    provider: &str,
    parameters: &str,
    root: &RootKey,
) -> SlotRow {
    let id = SlotId::new(clock);
    let context = SlotContext {
        instance: keyring.instance(),
        slot: id,
        provider,
    };
    SlotRow {
        id,
        provider: provider.to_owned(),
        parameters: parameters.to_owned(),
        root_fingerprint: root.fingerprint().to_string(),
        instance_fingerprint: keyring.fingerprint().to_string(),
        wrapped: keyring.wrap_for(root, &context),
        created_at: clock.now(),
    }
}

fn create_account(
    work: &mut dyn UnitOfWork,
    keyring: &Keyring,
    clock: &dyn Clock,
    name: &AccountName,
) -> Result<AccountId, VaultError> {
    let id = AccountId::new(clock);
    let created_at = clock.now();
    work.create_account(&AccountRow {
        id,
        name: name.clone(),
        created_at,
    })?;
    let wrapped = keyring.wrap_account_key(id, 1, &AccountKey::random());
    work.put_account_key(&AccountKeyRow {
        account: id,
        version: 1,
        wrapped,
        uses: 0,
        created_at,
    })?;
    Ok(id)
}

/// The key that is there (an earlier first use may have stopped after writing it), else a new one. A file that
/// the environment names is never made: a mistyped path must not become a new key.
fn key_file_for_first_use(home: &Home) -> Result<RootKey, VaultError> {
    let path = home.root_key();
    match file::read(&path) {
        Ok(root) => Ok(root),
        Err(RootKeyError::Missing { .. }) if !home.root_key_is_given() => {
            let root = RootKey::random();
            file::create(&path, &root)?;
            Ok(root)
        }
        Err(error) => Err(error.into()),
    }
}
