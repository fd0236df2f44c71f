//! Bringing data keys under the newest version of the account's key, in batches, while everything goes on.
//!
//! Each batch is a unit of work with its record. What is still to be done is what the rows themselves say, so whoever is
//! stopped in the middle goes on where it was. A data key that is damaged is left as it is and counted.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use distri_core::audit::key_change::Resealed;
use distri_core::audit::{ActionKind, KeyChange};
use distri_core::authz::{Allowed, Keys};
use distri_core::envelope::{AccountKey, DataKey, SealedValue, next_use};
use distri_core::ids::{DataKeyId, SecretId};
use distri_store::UnitOfWork;
use distri_store::boundary::{Boundary, pass};
use distri_store::rows::{AccountKeyRow, DataKeyRow, SecretRow, Stale};

use crate::opening::{AccountKeys, does_not_open};
use crate::{Caller, VaultError};

/// Small enough that a writer waits for no longer than for a few commits.
const BATCH: u32 = 256;
/// Values may be long and have many versions.
const DEEP_BATCH: u32 = 32;

/// After each batch the writers that wait get their turns, for as long as the batch took: a database file goes to whoever
/// asks for it at the right moment, and who asks again at once is always first. Without a pause a command that set one
/// value waited for 7 s where it takes 0.1 s otherwise.
const PAUSE: RangeInclusive<Duration> = Duration::from_millis(5)..=Duration::from_millis(100);

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Data keys that were brought along.
    pub done: u64,
    /// Data keys that are damaged, and stay as they are.
    pub damaged: u64,
    /// Which secret the first of these is of, and what is wrong with it.
    pub first_damaged: Option<String>,
    /// Data keys that were out of date at the beginning.
    pub of: u64,
}

/// How thorough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Data keys are wrapped anew; values are not touched.
    Wrap,
    /// Data keys that are older than the newest account key are replaced, and their values sealed anew.
    Values,
}

impl Caller<'_> {
    /// Brings every data key that is out of date along. `tell` is told after each batch.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`]; what was done by then is done.
    pub fn reseal(&self, depth: Depth, mut tell: impl FnMut(&Progress)) -> Result<Progress, VaultError> {
        let allowed = self.authorize::<Keys>()?;
        let of = self.read(|work| {
            let (newest, _) = self.newest_account_key(work)?;
            Ok(work.count_stale_data_keys(self.account, stale(depth, &newest))?)
        })?;
        let mut progress = Progress {
            of,
            ..Progress::default()
        };
        let mut after = None;
        loop {
            let began = Instant::now();
            let batch = self.change(|work| self.batch(work, &allowed, depth, after))?;
            let Some(last) = batch.last else {
                return Ok(progress);
            };
            pass(Boundary::Batch);
            after = Some(last);
            progress.done += batch.done;
            progress.damaged += batch.damaged;
            progress.first_damaged = progress.first_damaged.or(batch.first_damaged);
            tell(&progress);
            std::thread::sleep(began.elapsed().clamp(*PAUSE.start(), *PAUSE.end()));
        }
    }

    fn batch(
        &self,
        work: &mut dyn UnitOfWork,
        allowed: &Allowed<Keys>,
        depth: Depth,
        after: Option<DataKeyId>,
    ) -> Result<(Batch, Vec<distri_core::audit::Record>), VaultError> {
        let (mut newest, newest_key) = self.newest_account_key(work)?;
        let size = match depth {
            Depth::Wrap => BATCH,
            Depth::Values => DEEP_BATCH,
        };
        let rows = work.stale_data_keys(self.account, stale(depth, &newest), after, size)?;
        let mut batch = Batch {
            last: rows.last().map(|it| it.id),
            done: 0,
            damaged: 0,
            first_damaged: None,
        };
        let mut keys = AccountKeys::default();
        for row in rows {
            keys.load(self, work, &row)?;
            let secret = work.secret_by_id(row.secret)?.within(allowed);
            let renewed = match (&secret, keys.get(row.account_key_version)) {
                (Some(view), Some(old)) => self.renew(work, depth, &view.secret, &row, old)?,
                // Its secret was removed since, or by hand.
                _ => Err("a data key is of no secret".to_owned()),
            };
            let renewed = match renewed {
                Ok(renewed) => renewed,
                Err(reason) => {
                    batch.damaged += 1;
                    batch.first_damaged.get_or_insert(reason);
                    continue;
                }
            };
            newest.uses = next_use(newest.uses)?;
            self.put(work, &newest, &newest_key, row, renewed)?;
            batch.done += 1;
        }
        if batch.done == 0 {
            return Ok((batch, Vec::new()));
        }
        work.put_account_key(&newest)?;
        let resealed = Resealed {
            version: newest.version,
            data_keys: batch.done,
        };
        let mut record = self.record(ActionKind::KeyReseal);
        record.keys = Some(match depth {
            Depth::Wrap => KeyChange::Resealed(resealed),
            Depth::Values => KeyChange::Renewed(resealed),
        });
        Ok((batch, vec![record]))
    }

    /// The data key to wrap, with the envelopes under it where those are new too; else which secret is damaged, and how.
    fn renew(
        &self,
        work: &mut dyn UnitOfWork,
        depth: Depth,
        secret: &SecretRow,
        row: &DataKeyRow,
        account_key: &AccountKey,
    ) -> Result<Result<Renewed, String>, VaultError> {
        let key = match self.unwrap_data_key(secret, row, account_key) {
            Ok(key) => key,
            Err(error) => return Ok(Err(error.to_string())),
        };
        if depth == Depth::Wrap {
            return Ok(Ok(Renewed {
                key,
                envelopes: Vec::new(),
                is_new: false,
            }));
        }
        let (fresh, mut envelopes) = (DataKey::random(), Vec::new());
        for version in work.versions(secret.id)? {
            let context = self.context(secret, version.version, row.id, &version.policy);
            let value = match key.open(&context, &version.sealed) {
                Ok(value) => value,
                Err(error) => return Ok(Err(does_not_open(secret, version.version, &error).to_string())),
            };
            envelopes.push((secret.id, version.version, fresh.seal(&context, &value)));
        }
        Ok(Ok(Renewed {
            key: fresh,
            envelopes,
            is_new: true,
        }))
    }

    fn put(
        &self,
        work: &mut dyn UnitOfWork,
        newest: &AccountKeyRow,
        newest_key: &AccountKey,
        row: DataKeyRow,
        renewed: Renewed,
    ) -> Result<(), VaultError> {
        for (secret, version, sealed) in &renewed.envelopes {
            work.reseal_version(*secret, *version, sealed)?;
        }
        let owner = self.owner(row.secret, row.id, newest.version);
        work.replace_data_key(&DataKeyRow {
            account_key_version: newest.version,
            wrapped: self.vault.keyring.wrap_data_key(&owner, newest_key, &renewed.key),
            created_at: match renewed.is_new {
                // Not before the account key, whatever the clock says: else it would be out of date at once.
                true => self.now().max(newest.created_at),
                false => row.created_at,
            },
            ..row
        })?;
        Ok(())
    }
}

struct Batch {
    last: Option<DataKeyId>,
    done: u64,
    damaged: u64,
    first_damaged: Option<String>,
}

struct Renewed {
    key: DataKey,
    envelopes: Vec<(SecretId, u32, SealedValue)>,
    is_new: bool,
}

fn stale(depth: Depth, newest: &AccountKeyRow) -> Stale {
    match depth {
        Depth::Wrap => Stale::WrappedBelow(newest.version),
        Depth::Values => Stale::MadeBefore(newest.version, newest.created_at),
    }
}
