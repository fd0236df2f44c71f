//! Restoring: everything is checked in a database beside, and then put in the place of what is there in one transaction.
//!
//! The order matters. The root key says that the backup is this installation's own; what was delivered of the audit log
//! says whether the backup is older than what was known here; consent to replace and to roll back is asked for before
//! anything is touched. The transaction ends with the records of what was done. Killed at any instant, the home has
//! what it had or what it should have.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use distri_core::Clock;
use distri_core::age::Identity;
use distri_core::audit::{ActionKind, GivenUp, LogChange, Record};
use distri_core::authz::{Actor, Read};
use distri_core::ids::{AccountId, InstanceId, SlotId};
use distri_store::{Ended, Flush, Location, SqliteStore, Store, StoreError, UnitOfWork};
use serde::Serialize;

use super::BackupError;
use super::check::{BackupReport, Loaded, accounts, contradiction};
use super::format::authenticated;
use super::stream::Stream;
use crate::audit::Behind;
use crate::audit::log::{Appended, Sign};
use crate::first_use::first_use_lock;
use crate::keys::SlotToTrust;
use crate::opening::AccountKeys;
use crate::record::new_record;
use crate::root_key::{Passphrase, RootKeyError, Surroundings, Trusted};
use crate::unlock::{Opened, unlock};
use crate::{Home, Vault, VaultError};

/// What to restore, and what is consented to.
#[derive(Clone, Copy)]
pub struct RestoreBackup<'a> {
    /// The backup.
    pub file: &'a Path,
    /// One of them opens it.
    pub identities: &'a [Identity],
    /// What is in the home may be replaced.
    pub replace: bool,
    /// The backup may be older than what was delivered of its log.
    pub accept_rollback: bool,
    /// Key slots of [`slots_to_trust`] whose parameters the operator was shown and vouches for; they are trusted here from
    /// then on.
    pub trust: &'a [SlotToTrust],
}

/// What was restored.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    /// The backup.
    #[serde(flatten)]
    pub report: BackupReport,
    /// The installation that was here before.
    pub replaced: Option<InstanceId>,
    /// How many audit records there had been, when the backup is older than they were.
    pub rolled_back_from: Option<u64>,
    /// Secrets that fail their integrity check, as they did when the backup was made.
    pub damaged: Vec<String>,
    /// Where a database was put that could not be read.
    pub set_aside: Option<PathBuf>,
}

/// Key slots of a backup, believed by nobody yet: to be shown before they are in [`RestoreBackup::trust`].
///
/// # Errors
/// [`BackupError`]; [`VaultError::NoSlot`]; parameters that are damaged.
pub fn slots_to_trust(
    home: &Home,
    file: &Path,
    identities: &[Identity],
    slots: &[SlotId],
) -> Result<Vec<SlotToTrust>, BackupError> {
    let rows = Loaded::from(file, identities)?
        .scratch
        .read(|work| Ok::<_, VaultError>(work.slots()?))?;
    let mut ask = || Err(RootKeyError::NoPassphrase("nothing is unlocked by this".to_owned()));
    let around = Surroundings::of(home, &mut ask);
    let found = slots.iter().map(|id| SlotToTrust::among(rows.clone(), &around, *id));
    Ok(found.collect::<Result<_, _>>()?)
}

/// Restores a backup into a home.
///
/// # Errors
/// [`BackupError`]; [`BackupError::Behind`] without consent to go back. Then the home is as it was.
pub fn restore_backup(
    home: &Home,
    clock: Arc<dyn Clock>,
    actor: &Actor,
    request: &RestoreBackup<'_>,
    ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
) -> Result<Restored, BackupError> {
    let loaded = Loaded::from(request.file, request.identities)?;
    let report = loaded.report()?;
    let opened = authentic(home, &loaded, request.trust, ask)?;
    home.make()?;
    let _lock = first_use_lock(home)?;
    let (store, set_aside) = open_or_set_aside(home, request.replace)?;
    let vault = Vault::assembled(store, opened, clock, home);
    let replaced = vault.occupant(request.replace)?;
    let (behind, given_up) = vault.behind_here(&loaded, replaced)?;
    if let Some(behind) = behind.clone().filter(|_| !request.accept_rollback) {
        return Err(BackupError::Behind(behind));
    }
    let damaged = vault.check_inside(&loaded, actor)?;
    let restoring = Restoring {
        request,
        loaded: &loaded,
        behind: behind.as_ref(),
        given_up,
        actor,
    };
    let trusted = Trusted::in_file(home.key_providers());
    for it in request.trust {
        trusted
            .add(&it.row().provider, &it.row().parameters)
            .map_err(VaultError::from)?;
    }
    let appended = vault.put_in_place(&restoring)?;
    vault.let_out(Flush::Each, &appended, Ended::default());
    // What was there is still in the database's own log. Another process that reads it keeps it a while longer.
    let _ = vault.store.fold();
    Ok(Restored {
        report,
        replaced,
        rolled_back_from: behind.map(|it| it.delivered),
        damaged,
        set_aside,
    })
}

/// The keys of what is in the backup, which say that it is the backup that they signed.
fn authentic(
    home: &Home,
    loaded: &Loaded,
    trust: &[SlotToTrust],
    ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
) -> Result<Opened, BackupError> {
    let (slots, evidence) = loaded
        .scratch
        .read(|work| Ok::<_, StoreError>((work.slots()?, work.evidence_key()?)))?;
    let manifest = &loaded.manifest;
    let mut around = Surroundings::of(home, ask);
    for it in trust {
        around.trusted.accept(&it.row().provider, &it.row().parameters);
    }
    let opened = unlock(&mut around, manifest.instance, &slots, evidence.as_ref())?;
    let content = authenticated(manifest.id, manifest.instance, &loaded.ending.digest);
    let mac = data_encoding::HEXLOWER.decode(loaded.ending.end.mac.as_bytes());
    match opened.keyring.verify_backup(&content, &mac.unwrap_or_default()) {
        Ok(()) => Ok(opened),
        Err(_) => Err(BackupError::NotAuthentic),
    }
}

/// The home's database, made when there is none. A file that cannot be read is put aside, with consent.
fn open_or_set_aside(home: &Home, replace: bool) -> Result<(Store, Option<PathBuf>), BackupError> {
    let location = home.location();
    let opened = Store::open(&location).and_then(|store| {
        store.check()?;
        Ok(store)
    });
    match (opened, &location) {
        (Ok(store), _) => Ok((store, None)),
        (Err(error), Location::Server(_)) => Err(error.into()),
        (Err(error @ (StoreError::Busy { .. } | StoreError::Unwritable { .. } | StoreError::TooNew { .. })), _) => {
            Err(error.into())
        }
        (Err(_), Location::File(path)) if !replace => Err(BackupError::OccupiedByDamage(path.clone())),
        (Err(_), Location::File(path)) => {
            let aside = SqliteStore::set_aside(path)?;
            Ok((Store::open(&location)?, Some(aside)))
        }
    }
}

/// A restoration under way.
struct Restoring<'a> {
    request: &'a RestoreBackup<'a>,
    loaded: &'a Loaded,
    behind: Option<&'a Behind>,
    given_up: Option<GivenUp>,
    actor: &'a Actor,
}

impl Vault {
    /// The installation that is here, if it may be replaced.
    fn occupant(&self, replace: bool) -> Result<Option<InstanceId>, BackupError> {
        let found = self.store.read(|work| work.instance())?;
        match found {
            Some(instance) if !replace => Err(BackupError::Occupied(instance.id)),
            other => Ok(other.map(|it| it.id)),
        }
    }

    /// How far the backup is behind what is known here of the same log: outside, and in the database itself.
    fn behind_here(
        &self,
        loaded: &Loaded,
        here: Option<InstanceId>,
    ) -> Result<(Option<Behind>, Option<GivenUp>), VaultError> {
        let (outside, given_up) = loaded.scratch.read(|work| self.behind_outside(work))?;
        if here != Some(self.keyring.instance()) {
            return Ok((outside, given_up));
        }
        // A log that is damaged says nothing about how long it was.
        let head = self.store.read(|work| self.log().head(work)).ok();
        let inside = head.filter(|it| it.frontier.size() > loaded.manifest.audit_size);
        let inside = inside.map(|it| Behind {
            found: loaded.manifest.audit_size,
            delivered: it.frontier.size(),
            place: PathBuf::from(self.home.location().to_string()),
        });
        let behind = [outside, inside].into_iter().flatten().max_by_key(|it| it.delivered);
        Ok((behind, given_up))
    }

    /// Verifies the log and every secret under the installation's keys; the secrets that are not believed.
    fn check_inside(&self, loaded: &Loaded, actor: &Actor) -> Result<Vec<String>, BackupError> {
        loaded.scratch.read(|work| {
            let (report, rows) = self.verify_inside(work)?;
            if let Some(first) = report.findings.first() {
                return Err(BackupError::Contradiction(first.what.clone()));
            }
            let mut damaged: Vec<String> = rows.into_iter().map(|it| it.what).collect();
            for account in accounts(work)? {
                let caller = self.caller_for(actor, account);
                let allowed = caller.authority.authorize::<Read>(account);
                let allowed = allowed.map_err(VaultError::from)?;
                let mut keys = AccountKeys::default();
                for view in work.secrets(account, None, true)?.within(&allowed) {
                    if let Err(error) = caller.check_whole(work, &mut keys, &view) {
                        damaged.push(error.to_string());
                    }
                }
            }
            Ok(damaged)
        })
    }

    fn put_in_place(&self, restoring: &Restoring<'_>) -> Result<Appended, BackupError> {
        let Restoring {
            request,
            loaded,
            behind,
            given_up,
            actor,
        } = restoring;
        let load = |work: &mut dyn UnitOfWork| {
            // Read again: what was checked is a copy, and this must be the same.
            let ending = Stream::open(request.file, request.identities)?.load(work)?;
            match ending == loaded.ending {
                true => Ok(()),
                false => Err(contradiction("it is not the file that was checked")),
            }
        };
        self.store.rebuild(loaded.manifest.schema, load, |work| {
            let account = accounts(work)?.into_iter().next();
            let account = account.ok_or_else(|| contradiction("it has no account"))?;
            let records = self.restoration(
                account,
                actor,
                loaded.manifest.audit_size,
                behind.map(|it| (it, *given_up)),
            );
            let appended = self.log().append(work, &records, Sign::Now)?;
            appended.ok_or_else(|| contradiction("its log takes no record"))
        })
    }

    /// What the log says about it from now on. An accepted rollback is the first record after what there is.
    fn restoration(
        &self,
        account: AccountId,
        actor: &Actor,
        size: u64,
        behind: Option<(&Behind, Option<GivenUp>)>,
    ) -> Vec<Record> {
        let record = |action, log| Record {
            log: Some(log),
            ..new_record(self.clock.as_ref(), account, actor, action)
        };
        let rolled_back = behind.map(|(behind, given_up)| {
            let change = LogChange::RolledBack {
                found: size,
                delivered: behind.delivered,
            };
            Record {
                given_up,
                ..record(ActionKind::AuditAcceptRollback, change)
            }
        });
        let restored = record(ActionKind::BackupRestore, LogChange::Restored { size });
        rolled_back.into_iter().chain([restored]).collect()
    }
}
