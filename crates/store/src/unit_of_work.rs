//! The one trait that a database implements: everything a use case may ask of the store.
//!
//! All of it happens in one transaction; the audit record rides in the same one as the change it is about.

use distri_core::audit::Record;
use distri_core::ids::{AccountId, DataKeyId, RunId, SecretId, SlotId};
use distri_core::{AccountName, Environment, SecretKey, Timestamp};

use crate::StoreError;
use crate::rows::{
    AccountKeyRow, AccountRow, DataKeyRow, InstanceRow, ObservedBatchRow, OpenableRow, SecretRow, SecretView,
    SessionDataRow, SlotRow, VersionRow,
};

/// One unit of work: all of it commits, or none.
pub trait UnitOfWork {
    /// The installation, if the database has been set up.
    fn instance(&mut self) -> Result<Option<InstanceRow>, StoreError>;
    /// Sets the database up.
    fn create_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError>;

    /// All slots, oldest first.
    fn slots(&mut self) -> Result<Vec<SlotRow>, StoreError>;
    /// Adds a slot.
    fn put_slot(&mut self, row: &SlotRow) -> Result<(), StoreError>;
    /// Removes a slot.
    fn delete_slot(&mut self, slot: SlotId) -> Result<(), StoreError>;

    /// An account by its name.
    fn account(&mut self, name: &AccountName) -> Result<Option<AccountRow>, StoreError>;
    /// Makes an account.
    fn create_account(&mut self, row: &AccountRow) -> Result<(), StoreError>;
    /// The newest key of an account.
    fn newest_account_key(&mut self, account: AccountId) -> Result<Option<AccountKeyRow>, StoreError>;
    /// One version of an account's key.
    fn account_key(&mut self, account: AccountId, version: u32) -> Result<Option<AccountKeyRow>, StoreError>;
    /// Writes an account key, or its count of uses.
    fn put_account_key(&mut self, row: &AccountKeyRow) -> Result<(), StoreError>;

    /// One secret, deleted ones included.
    fn secret(
        &mut self,
        account: AccountId,
        environment: &Environment,
        key: &SecretKey,
    ) -> Result<Option<SecretView>, StoreError>;
    /// One secret with its current version, deleted ones included.
    fn openable(
        &mut self,
        account: AccountId,
        environment: &Environment,
        key: &SecretKey,
    ) -> Result<Option<OpenableRow>, StoreError>;
    /// Secrets of an account, of one environment or of all, sorted by key and environment; deleted ones only if asked for.
    fn secrets(
        &mut self,
        account: AccountId,
        environment: Option<&Environment>,
        deleted: bool,
    ) -> Result<Vec<SecretView>, StoreError>;
    /// The secrets of one environment with their current versions, sorted by key, without the deleted ones.
    fn openables(&mut self, account: AccountId, environment: &Environment) -> Result<Vec<OpenableRow>, StoreError>;
    /// Writes a pointer row, new or changed.
    fn put_secret(&mut self, row: &SecretRow) -> Result<(), StoreError>;
    /// A data key.
    fn data_key(&mut self, id: DataKeyId) -> Result<Option<DataKeyRow>, StoreError>;
    /// Writes a new data key.
    fn put_data_key(&mut self, row: &DataKeyRow) -> Result<(), StoreError>;
    /// One version.
    fn version(&mut self, secret: SecretId, version: u32) -> Result<Option<VersionRow>, StoreError>;
    /// All versions, newest first.
    fn versions(&mut self, secret: SecretId) -> Result<Vec<VersionRow>, StoreError>;
    /// Writes a new version.
    fn put_version(&mut self, row: &VersionRow) -> Result<(), StoreError>;

    /// A piece of session data that has not expired at `now`.
    fn session_data(
        &mut self,
        account: AccountId,
        session: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<SessionDataRow>, StoreError>;
    /// Writes a piece of session data.
    fn put_session_data(&mut self, row: &SessionDataRow) -> Result<(), StoreError>;
    /// Removes a piece of session data; whether there was one.
    fn delete_session_data(&mut self, account: AccountId, session: &str, name: &str) -> Result<bool, StoreError>;

    /// The newest `limit` runs that have batches, newest first.
    fn observed_runs(&mut self, account: AccountId, limit: u32) -> Result<Vec<RunId>, StoreError>;
    /// The batches of a run, in their order.
    fn observed_batches(&mut self, account: AccountId, run: RunId) -> Result<Vec<ObservedBatchRow>, StoreError>;
    /// Writes a new batch.
    fn put_observed_batch(&mut self, row: &ObservedBatchRow) -> Result<(), StoreError>;
    /// Removes the batches of all but the newest `keep` runs; how many batches there were.
    fn drop_observed_runs(&mut self, account: AccountId, keep: u32) -> Result<usize, StoreError>;

    /// Appends an audit record and answers its sequence number, from 1.
    fn append(&mut self, record: &Record) -> Result<u64, StoreError>;
    /// Audit records of an account after `after`, oldest first, at most `limit`.
    fn records(&mut self, account: AccountId, after: u64, limit: u32) -> Result<Vec<(u64, Record)>, StoreError>;
    /// The newest `limit` audit records of an account, oldest of them first.
    fn newest_records(&mut self, account: AccountId, limit: u32) -> Result<Vec<(u64, Record)>, StoreError>;
}
