//! First use: the root key, the instance and the default account are made at once, under a lock of the home.
//!
//! The order of writes: the root key, then the database in one commit, then what stands outside of it. So a first use that
//! is ended in the middle happens again, and evidence without a database means that the database is gone.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use distri_core::audit::ActionKind;
use distri_core::authz::Actor;
use distri_core::envelope::InstanceRing;
use distri_core::{AccountName, Clock};
use distri_store::rows::InstanceRow;
use distri_store::{Ended, Flush, Store};
use rustix::fs::{FlockOperation, flock};

use crate::accounts::create_account;
use crate::audit::Lost;
use crate::audit::log::{Appended, Log, Sign};
use crate::audit::lost::installations_in;
use crate::closed::ClosedSlots;
use crate::open::unlock_stored;
use crate::record::new_record;
use crate::root_key::{Enrolled, RootKeyError, Surroundings, file, passphrase};
use crate::unlock::{Opened, Unlocked, new_slot};
use crate::{FirstUse, Home, Vault, VaultError};

/// Refuses a home whose database is gone. What is outside is looked at before the database is looked for once more: while
/// another process makes an installation, the database comes first.
pub(crate) fn check_not_lost(home: &Home) -> Result<(), VaultError> {
    match Lost::of(home).filter(|_| home.location().is_absent()) {
        Some(lost) => Err(VaultError::Lost(lost)),
        None => Ok(()),
    }
}

/// Makes the root key, the instance and the default account. Processes that start at once wait for the first; of servers
/// that start at once on one database, the first to commit makes them, and the others need its root key.
pub(crate) fn set_up(
    home: &Home,
    store: &Store,
    clock: &dyn Clock,
    first_use: FirstUse,
    around: &mut Surroundings<'_>,
) -> Result<(Opened, Made), VaultError> {
    let mut made = Made {
        appended: None,
        warning: None,
        _lock: first_use_lock(home)?,
    };
    // Another process may have finished while this one waited.
    if let Some(opened) = unlock_stored(store, around)? {
        return Ok((opened, made));
    }
    if let Some(lost) = Lost::of(home) {
        return Err(VaultError::Lost(lost));
    }

    let has_key_file = home.root_key().exists();
    let enrolled = match first_use {
        FirstUse::Refuse => return Err(VaultError::NotSetUp(home.location().to_string())),
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
        made.appended = appended;
        made.warning = has_key_file.then(|| strangers_beside(home)).flatten();
        let opened = Opened {
            unlocked: Unlocked { ring, root },
            keyring,
            foreign: ClosedSlots::default(),
        };
        return Ok((opened, made));
    }
    if first_use == FirstUse::KeyFile && !has_key_file {
        // It opens nothing, and would be taken for the one that does.
        let _ = std::fs::remove_file(home.root_key());
    }
    let opened = unlock_stored(store, around)?;
    let opened = opened.ok_or_else(|| VaultError::Locked("it was set up, and is gone again".to_owned()))?;
    Ok((opened, made))
}

/// What a first use made. The lock is held until its evidence is outside: whoever finds the installation without it and has
/// waited for the lock knows that it is missing.
pub(crate) struct Made {
    appended: Option<Appended>,
    warning: Option<String>,
    _lock: File,
}

impl Made {
    /// Lets the evidence of it out.
    pub(crate) fn let_out_of(self, vault: &Vault) {
        if let Some(appended) = &self.appended {
            vault.let_out(Flush::Each, appended, Ended::default());
        }
        if let Some(warning) = self.warning {
            vault.complain(warning);
        }
    }
}

/// What to say of a first use with a root key that was there before, and checkpoints of others in the file that the settings
/// name: they may be of what was here.
fn strangers_beside(home: &Home) -> Option<String> {
    let file = home.audit().checkpoint_file.as_ref()?;
    let others = match installations_in(file) {
        0 => return None,
        1 => "another installation".to_owned(),
        count => format!("{count} other installations"),
    };
    Some(format!(
        "a new installation was made with the root key that was there, and `{}` has checkpoints of {others}: if one of them \
         was here, its database is missing",
        file.display()
    ))
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
