//! Sealing new versions and opening stored ones: where use cases meet the envelope.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Display;

use distri_core::authz::{Allowed, Resolve, Reveal, Write};
use distri_core::envelope::{AccountKey, DataKey, DataKeyOwner, SealContext, SealedValue, next_use};
use distri_core::ids::{DataKeyId, SecretId};
use distri_core::{Policy, SecretValue};
use distri_store::UnitOfWork;
use distri_store::rows::{AccountKeyRow, DataKeyRow, OpenableRow, SecretRow, SecretView, VersionRow};

use crate::integrity::{damaged, version_gone};
use crate::record::Recorded;
use crate::{Caller, VaultError};

/// A permission under which a value may be opened.
pub(crate) trait Opens {}
impl Opens for Allowed<Reveal> {}
impl Opens for Allowed<Resolve> {}

/// A secret that is believed, as it stands in this unit of work, and the keys that seal its versions.
pub(crate) struct Present {
    pub(crate) view: SecretView,
    pub(crate) data_key: Option<DataKeyRow>,
    pub(crate) account_key: Option<AccountKeyRow>,
}

impl From<OpenableRow> for Present {
    fn from(row: OpenableRow) -> Self {
        Self {
            view: row.view,
            data_key: row.data_key,
            account_key: row.account_key,
        }
    }
}

/// Account keys already unwrapped, by version: one unwrap for a whole release.
#[derive(Default)]
pub(crate) struct AccountKeys(BTreeMap<u32, AccountKey>);

impl AccountKeys {
    /// Unwraps the version that a row was read with, once.
    pub(crate) fn take(
        &mut self,
        caller: &Caller<'_>,
        work: &mut dyn UnitOfWork,
        row: &OpenableRow,
    ) -> Result<(), VaultError> {
        if let Entry::Vacant(vacant) = self.0.entry(data_key_in(row)?.account_key_version) {
            vacant.insert(caller.account_key_of(work, row.account_key.as_ref())?);
        }
        Ok(())
    }

    /// Unwraps the version that `data_key` needs, once.
    pub(crate) fn load(
        &mut self,
        caller: &Caller<'_>,
        work: &mut dyn UnitOfWork,
        data_key: &DataKeyRow,
    ) -> Result<(), VaultError> {
        let version = data_key.account_key_version;
        if let Entry::Vacant(vacant) = self.0.entry(version) {
            vacant.insert(caller.account_key(work, version)?);
        }
        Ok(())
    }
}

impl AccountKeys {
    /// A version that was loaded.
    pub(crate) fn get(&self, version: u32) -> Option<&AccountKey> {
        self.0.get(&version)
    }
}

impl Caller<'_> {
    /// Opens a stored version for somebody who may have it, after the record of it was committed.
    pub(crate) fn open(
        &self,
        _allowed: &impl Opens,
        _recorded: &Recorded,
        keys: &AccountKeys,
        row: &SecretRow,
        version: &VersionRow,
        data_key: &DataKeyRow,
    ) -> Result<SecretValue, VaultError> {
        self.open_with(keys, row, version, data_key)
    }

    /// Opens the version in use to seal it again: the value does not leave this crate.
    pub(crate) fn open_in_use_to_reseal(
        &self,
        _allowed: &Allowed<Write>,
        work: &mut dyn UnitOfWork,
        row: &OpenableRow,
    ) -> Result<SecretValue, VaultError> {
        let mut keys = AccountKeys::default();
        keys.take(self, work, row)?;
        self.open_with(&keys, &row.view.secret, &row.version, data_key_in(row)?)
    }

    /// The same with any version of a secret.
    pub(crate) fn open_to_reseal(
        &self,
        _allowed: &Allowed<Write>,
        work: &mut dyn UnitOfWork,
        row: &SecretRow,
        version: &VersionRow,
    ) -> Result<SecretValue, VaultError> {
        let data_key = self.data_key_of(work, row, version)?;
        let mut keys = AccountKeys::default();
        keys.load(self, work, &data_key)?;
        self.open_with(&keys, row, version, &data_key)
    }

    /// Whether a stored version is as it was sealed, with the policy beside it. The value goes no further than this.
    pub(crate) fn check_version(
        &self,
        work: &mut dyn UnitOfWork,
        row: &SecretRow,
        version: &VersionRow,
    ) -> Result<(), VaultError> {
        let data_key = self.data_key_of(work, row, version)?;
        let mut keys = AccountKeys::default();
        keys.load(self, work, &data_key)?;
        self.open_with(&keys, row, version, &data_key).map(drop)
    }

    /// Whether a secret's row is as it was written, each version of it is there, and each opens: how many there are. No
    /// value goes further than this.
    pub(crate) fn check_whole(
        &self,
        work: &mut dyn UnitOfWork,
        keys: &mut AccountKeys,
        view: &SecretView,
    ) -> Result<u32, VaultError> {
        self.check(work, view)?;
        let row = &view.secret;
        let mut stored = work.versions(row.id)?.into_iter();
        let mut data_key: Option<DataKeyRow> = None;
        // Newest first. None is ever removed by itself.
        for number in (1..=row.latest_version).rev() {
            let version = stored.next().filter(|it| it.version == number);
            let version = version.ok_or_else(|| version_gone(row, number))?;
            let key = match data_key.take().filter(|it| it.id == version.data_key) {
                Some(key) => key,
                None => self.data_key_of(work, row, &version)?,
            };
            keys.load(self, work, &key)?;
            self.open_with(keys, row, &version, &key)?;
            data_key = Some(key);
        }
        Ok(row.latest_version)
    }

    /// The data key row that a version names.
    pub(crate) fn data_key_of(
        &self,
        work: &mut dyn UnitOfWork,
        row: &SecretRow,
        version: &VersionRow,
    ) -> Result<DataKeyRow, VaultError> {
        work.data_key(version.data_key)?.ok_or_else(|| no_data_key(row))
    }

    /// The account's key that a row was read with.
    fn account_key_of(
        &self,
        work: &mut dyn UnitOfWork,
        stored: Option<&AccountKeyRow>,
    ) -> Result<AccountKey, VaultError> {
        let stored = stored.ok_or(VaultError::Key { what: "account key" })?;
        self.vault.unwrap_account_key(work, stored)
    }

    /// Seals `value` as `version` of a secret, under the data key it was read with; makes that key at the first version.
    pub(crate) fn seal(
        &self,
        work: &mut dyn UnitOfWork,
        row: &SecretRow,
        present: Option<&Present>,
        version: u32,
        policy: &Policy,
        value: &SecretValue,
    ) -> Result<Sealing, VaultError> {
        let (data_key, key, new) = match present {
            Some(present) => {
                let stored = present.data_key.as_ref().ok_or_else(|| no_data_key(row))?;
                let account_key = self.account_key_of(work, present.account_key.as_ref())?;
                let key = self.unwrap_data_key(row, stored, &account_key)?;
                (stored.id, key, None)
            }
            None => {
                let (id, key, stored) = self.new_data_key(work, row)?;
                (id, key, Some(stored))
            }
        };
        let sealed = key.seal(&self.context(row, version, data_key, policy), value);
        Ok(Sealing {
            data_key,
            new_data_key: new,
            sealed,
        })
    }

    fn new_data_key(
        &self,
        work: &mut dyn UnitOfWork,
        row: &SecretRow,
    ) -> Result<(DataKeyId, DataKey, DataKeyRow), VaultError> {
        let (mut account_row, account_key) = self.newest_account_key(work)?;
        account_row.uses = next_use(account_row.uses)?;
        work.put_account_key(&account_row)?;
        let id = DataKeyId::new(self.vault.clock.as_ref());
        let key = DataKey::random();
        let owner = self.owner(row.id, id, account_row.version);
        let stored = DataKeyRow {
            id,
            secret: row.id,
            account_key_version: account_row.version,
            wrapped: self.vault.keyring.wrap_data_key(&owner, &account_key, &key),
            created_at: self.now(),
        };
        Ok((id, key, stored))
    }

    fn open_with(
        &self,
        keys: &AccountKeys,
        row: &SecretRow,
        version: &VersionRow,
        data_key: &DataKeyRow,
    ) -> Result<SecretValue, VaultError> {
        let account_key = keys
            .0
            .get(&data_key.account_key_version)
            .ok_or(VaultError::Key { what: "account key" })?;
        let key = self.unwrap_data_key(row, data_key, account_key)?;
        key.open(
            &self.context(row, version.version, version.data_key, &version.policy),
            &version.sealed,
        )
        .map_err(|error| does_not_open(row, version.version, &error))
    }

    pub(crate) fn unwrap_data_key(
        &self,
        row: &SecretRow,
        stored: &DataKeyRow,
        account_key: &AccountKey,
    ) -> Result<DataKey, VaultError> {
        let owner = self.owner(row.id, stored.id, stored.account_key_version);
        let keyring = &self.vault.keyring;
        keyring
            .unwrap_data_key(&owner, account_key, &stored.wrapped)
            .map_err(|error| damaged(row, &format!("its data key does not unwrap: {error}")))
    }

    pub(crate) fn owner(&self, secret: SecretId, data_key: DataKeyId, account_key_version: u32) -> DataKeyOwner {
        DataKeyOwner {
            account: self.account,
            account_key_version,
            secret,
            data_key,
        }
    }

    pub(crate) fn context<'a>(
        &self,
        row: &'a SecretRow,
        version: u32,
        data_key: DataKeyId,
        policy: &Policy,
    ) -> SealContext<'a> {
        SealContext {
            instance: self.vault.keyring.instance(),
            account: self.account,
            environment: &row.environment,
            secret: row.id,
            key: &row.key,
            version,
            data_key,
            policy: policy.hash(),
        }
    }
}

/// A sealed version, and the data key to store with it when it is new.
pub(crate) struct Sealing {
    pub(crate) data_key: DataKeyId,
    pub(crate) new_data_key: Option<DataKeyRow>,
    pub(crate) sealed: SealedValue,
}

/// The data key that a row was read with.
pub(crate) fn data_key_in(row: &OpenableRow) -> Result<&DataKeyRow, VaultError> {
    row.data_key.as_ref().ok_or_else(|| no_data_key(&row.view.secret))
}

/// The error for a version whose envelope is not the one that was sealed.
pub(crate) fn does_not_open(row: &SecretRow, version: u32, error: &impl Display) -> VaultError {
    damaged(row, &format!("version {version} does not open: {error}"))
}

fn no_data_key(row: &SecretRow) -> VaultError {
    damaged(row, "its data key is gone")
}
