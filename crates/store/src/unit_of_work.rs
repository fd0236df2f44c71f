//! The one trait that a database implements: everything a use case may ask of the store.
//!
//! All of it happens in one transaction; the audit record rides in the same one as the change it is about.

use crate::lists::{Batch, Half, NameRow, NamesPart, Part, TallyRow};
use crate::rows::{
    AccountKeyRow, AccountRow, AgentDefinitionRow, AuditHeadRow, AuditRow, BackupRow, CheckpointRow, DataKeyRow,
    InstanceKeyRow, InstanceRow, InvitationRow, MemberRow, NumberedAuditRow, ObservedBatchRow, OpenableRow, PersonRow,
    SecretRow, SecretView, SessionDataRow, SetupRow, SlotRow, Stale, TokenRow, VersionRow, WebSessionRow,
};
use crate::tables::{Cell, Table};
use crate::{Guarded, StoreError};
use distri_core::audit::merkle::Hash;
use distri_core::envelope::{CredentialHash, EvidenceKey, SealedValue, Wrapped};
use distri_core::ids::{
    AccountId, DataKeyId, EntityId, MemberId, PersonId, RecordId, RunId, SecretId, SlotId, TokenId,
};
use distri_core::{AccountName, AgentName, EmailAddress, Environment, SecretKey, Timestamp};

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
    /// An account by its identifier.
    fn account_by_id(&mut self, id: AccountId) -> Result<Option<AccountRow>, StoreError>;
    /// All accounts, oldest first.
    fn accounts(&mut self) -> Result<Vec<AccountRow>, StoreError>;
    /// Makes an account.
    fn create_account(&mut self, row: &AccountRow) -> Result<(), StoreError>;
    /// Removes an account with every row that is its own: keys, secrets, sessions, tokens, members, agents. What was
    /// recorded of it stays. How many versions of secrets there were.
    fn delete_account(&mut self, account: AccountId) -> Result<usize, StoreError>;
    /// The newest key of an account.
    fn newest_account_key(&mut self, account: AccountId) -> Result<Option<AccountKeyRow>, StoreError>;
    /// One version of an account's key.
    fn account_key(&mut self, account: AccountId, version: u32) -> Result<Option<AccountKeyRow>, StoreError>;
    /// Writes an account key, or its count of uses.
    fn put_account_key(&mut self, row: &AccountKeyRow) -> Result<(), StoreError>;

    /// The wrapped evidence key; none before the first rotation of the instance key.
    fn evidence_key(&mut self) -> Result<Option<Wrapped<EvidenceKey>>, StoreError>;
    /// Writes the wrapped evidence key.
    fn put_evidence_key(&mut self, wrapped: &Wrapped<EvidenceKey>) -> Result<(), StoreError>;
    /// The history of the instance key, oldest first; empty before its first rotation.
    fn instance_keys(&mut self) -> Result<Vec<InstanceKeyRow>, StoreError>;
    /// Adds to that history.
    fn put_instance_key(&mut self, row: &InstanceKeyRow) -> Result<(), StoreError>;
    /// Every version of every account's key.
    fn every_account_key(&mut self) -> Result<Vec<AccountKeyRow>, StoreError>;
    /// Every version of an account's key, oldest first.
    fn account_keys(&mut self, account: AccountId) -> Result<Vec<AccountKeyRow>, StoreError>;
    /// Replaces what wraps an account key.
    fn rewrap_account_key(&mut self, row: &AccountKeyRow) -> Result<(), StoreError>;
    /// Data keys of an account that are out of date, sorted by identifier, after `after`, at most `limit`.
    fn stale_data_keys(
        &mut self,
        account: AccountId,
        stale: Stale,
        after: Option<DataKeyId>,
        limit: u32,
    ) -> Result<Vec<DataKeyRow>, StoreError>;
    /// How many data keys of an account are out of date.
    fn count_stale_data_keys(&mut self, account: AccountId, stale: Stale) -> Result<u64, StoreError>;
    /// Replaces a data key, or what wraps it.
    fn replace_data_key(&mut self, row: &DataKeyRow) -> Result<(), StoreError>;
    /// Replaces the envelope of a version: the same value, sealed again.
    fn reseal_version(&mut self, secret: SecretId, version: u32, sealed: &SealedValue) -> Result<(), StoreError>;

    /// One secret by its identifier, deleted ones included.
    fn secret_by_id(&mut self, id: SecretId) -> Result<Guarded<Option<SecretView>>, StoreError>;
    /// One secret, deleted ones included.
    fn secret(
        &mut self,
        account: AccountId,
        environment: &Environment,
        key: &SecretKey,
    ) -> Result<Guarded<Option<SecretView>>, StoreError>;
    /// One secret with its current version, deleted ones included.
    fn openable(
        &mut self,
        account: AccountId,
        environment: &Environment,
        key: &SecretKey,
    ) -> Result<Guarded<Option<OpenableRow>>, StoreError>;
    /// Secrets of an account, of one environment or of all, sorted by key and environment; deleted ones only if asked for.
    fn secrets(
        &mut self,
        account: AccountId,
        environment: Option<&Environment>,
        deleted: bool,
    ) -> Result<Guarded<Vec<SecretView>>, StoreError>;
    /// The secrets of one environment with their current versions, sorted by key, without the deleted ones.
    fn openables(
        &mut self,
        account: AccountId,
        environment: &Environment,
    ) -> Result<Guarded<Vec<OpenableRow>>, StoreError>;
    /// Writes a pointer row, new or changed.
    fn put_secret(&mut self, row: &SecretRow) -> Result<(), StoreError>;
    /// Removes a secret with its data key and every version; how many there were.
    fn purge_secret(&mut self, secret: SecretId) -> Result<usize, StoreError>;
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

    /// A part of the list of secrets.
    fn secrets_from(&mut self, account: AccountId, part: Part<'_>) -> Result<Batch<SecretView>, StoreError>;
    /// The secrets of this key in every environment, of one half.
    fn secrets_called(
        &mut self,
        account: AccountId,
        key: &SecretKey,
        half: Half,
    ) -> Result<Guarded<Vec<SecretView>>, StoreError>;
    /// A part of the list of secrets that are not deleted, as far as a search looks at them.
    fn names_from(&mut self, account: AccountId, part: NamesPart<'_>) -> Result<Batch<NameRow>, StoreError>;
    /// What there is in an account; of keys and deleted secrets at most `most` are counted.
    fn tally(&mut self, account: AccountId, most: u32) -> Result<Guarded<TallyRow>, StoreError>;

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
    /// All session data of a session that has not expired at `now`, sorted by name.
    fn all_session_data(
        &mut self,
        account: AccountId,
        session: &str,
        now: Timestamp,
    ) -> Result<Vec<SessionDataRow>, StoreError>;
    /// Removes all session data of a session.
    fn delete_session(&mut self, account: AccountId, session: &str) -> Result<(), StoreError>;
    /// Removes the session data, of every account, that has expired at `now`.
    fn drop_expired_session_data(&mut self, now: Timestamp) -> Result<(), StoreError>;

    /// The token whose text has this hash, revoked or not.
    fn token_by_hash(&mut self, hash: &CredentialHash) -> Result<Option<TokenRow>, StoreError>;
    /// A token of an account, revoked or not.
    fn token(&mut self, account: AccountId, id: TokenId) -> Result<Option<TokenRow>, StoreError>;
    /// The tokens of an account, oldest first, revoked ones included.
    fn tokens(&mut self, account: AccountId) -> Result<Vec<TokenRow>, StoreError>;
    /// Writes a new token, or that it is revoked.
    fn put_token(&mut self, row: &TokenRow) -> Result<(), StoreError>;
    /// Writes when a token was used, unless a later use is known.
    fn put_token_use(&mut self, id: TokenId, used_at: Timestamp) -> Result<(), StoreError>;

    /// A person.
    fn person(&mut self, id: PersonId) -> Result<Option<PersonRow>, StoreError>;
    /// The person who signs in with this address.
    fn person_by_email(&mut self, email: &EmailAddress) -> Result<Option<PersonRow>, StoreError>;
    /// Writes a new person, or a changed name or password.
    fn put_person(&mut self, row: &PersonRow) -> Result<(), StoreError>;
    /// Removes a person, who is a member of nothing and signed in nowhere.
    fn delete_person(&mut self, id: PersonId) -> Result<(), StoreError>;
    /// A person's membership in an account.
    fn member(&mut self, account: AccountId, person: PersonId) -> Result<Option<MemberRow>, StoreError>;
    /// The members of an account, oldest first.
    fn members(&mut self, account: AccountId) -> Result<Vec<MemberRow>, StoreError>;
    /// The memberships of a person, oldest first.
    fn memberships(&mut self, person: PersonId) -> Result<Vec<MemberRow>, StoreError>;
    /// Whether any account has an owner who can sign in.
    fn has_owner(&mut self) -> Result<bool, StoreError>;
    /// Writes a new membership, or a changed role.
    fn put_member(&mut self, row: &MemberRow) -> Result<(), StoreError>;
    /// Removes a membership.
    fn delete_member(&mut self, id: MemberId) -> Result<(), StoreError>;

    /// The invitation whose link has this hash.
    fn invitation_by_hash(&mut self, hash: &CredentialHash) -> Result<Option<InvitationRow>, StoreError>;
    /// The invitations to an account, oldest first.
    fn invitations(&mut self, account: AccountId) -> Result<Vec<InvitationRow>, StoreError>;
    /// Writes a new invitation.
    fn put_invitation(&mut self, row: &InvitationRow) -> Result<(), StoreError>;
    /// Removes an invitation.
    fn delete_invitation(&mut self, id: MemberId) -> Result<(), StoreError>;
    /// Removes invitations that expired at `now` or before.
    fn drop_expired_invitations(&mut self, now: Timestamp) -> Result<(), StoreError>;
    /// What the setup link is derived from.
    fn setup(&mut self) -> Result<Option<SetupRow>, StoreError>;
    /// Writes what the setup link is derived from.
    fn put_setup(&mut self, row: &SetupRow) -> Result<(), StoreError>;
    /// Removes what the setup link is derived from.
    fn delete_setup(&mut self) -> Result<(), StoreError>;

    /// The browser whose cookie has this hash.
    fn web_session(&mut self, hash: &CredentialHash) -> Result<Option<WebSessionRow>, StoreError>;
    /// The browsers in which a person is signed in, oldest first.
    fn web_sessions(&mut self, person: PersonId) -> Result<Vec<WebSessionRow>, StoreError>;
    /// Writes a new one.
    fn put_web_session(&mut self, row: &WebSessionRow) -> Result<(), StoreError>;
    /// Writes its account and when it was seen, if it is still there; whether it is.
    fn update_web_session(&mut self, row: &WebSessionRow) -> Result<bool, StoreError>;
    /// Removes one; whether it was there.
    fn delete_web_session(&mut self, hash: &CredentialHash) -> Result<bool, StoreError>;
    /// Removes all of a person, but for one; how many.
    fn delete_web_sessions(&mut self, person: PersonId, except: Option<&CredentialHash>) -> Result<usize, StoreError>;
    /// Removes those that ended at `now` or before.
    fn drop_expired_web_sessions(&mut self, now: Timestamp) -> Result<(), StoreError>;
    /// Counts a log-in in the window that began after `window_began`; how many there are with it.
    fn count_attempt(&mut self, subject: &[u8; 32], now: Timestamp, window_began: Timestamp)
    -> Result<u32, StoreError>;
    /// Takes one log-in, or all, off the count.
    fn forget_attempts(&mut self, subject: &[u8; 32], all: bool) -> Result<(), StoreError>;

    /// An agent definition of an account.
    fn agent_definition(
        &mut self,
        account: AccountId,
        name: &AgentName,
    ) -> Result<Option<AgentDefinitionRow>, StoreError>;
    /// The agent definitions of an account, sorted by name.
    fn agent_definitions(&mut self, account: AccountId) -> Result<Vec<AgentDefinitionRow>, StoreError>;
    /// Writes an agent definition, new or changed.
    fn put_agent_definition(&mut self, row: &AgentDefinitionRow) -> Result<(), StoreError>;
    /// Removes an agent definition.
    fn delete_agent_definition(&mut self, id: EntityId) -> Result<(), StoreError>;

    /// The newest `limit` runs that have batches, newest first.
    fn observed_runs(&mut self, account: AccountId, limit: u32) -> Result<Vec<RunId>, StoreError>;
    /// The batches of a run, in their order.
    fn observed_batches(&mut self, account: AccountId, run: RunId) -> Result<Vec<ObservedBatchRow>, StoreError>;
    /// Writes a new batch.
    fn put_observed_batch(&mut self, row: &ObservedBatchRow) -> Result<(), StoreError>;
    /// Removes the batches of all but the newest `keep` runs; how many batches there were.
    fn drop_observed_runs(&mut self, account: AccountId, keep: u32) -> Result<usize, StoreError>;

    /// Appends an audit record; its number follows the newest one's.
    fn append(&mut self, row: &AuditRow) -> Result<(), StoreError>;
    /// Audit records of every account after `after`, oldest first, at most `limit`, whatever state they are in.
    fn audit_rows(&mut self, after: u64, limit: u32) -> Result<Vec<NumberedAuditRow>, StoreError>;
    /// Audit records of an account that have their bodies, after `after`, oldest first, at most `limit`.
    fn account_audit_rows(&mut self, account: AccountId, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// The newest `limit` audit records of an account that have their bodies, oldest of them first.
    fn newest_audit_rows(&mut self, account: AccountId, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// The newest `limit` audit records of an account before number `before` that have their bodies, newest first.
    fn audit_rows_before(&mut self, account: AccountId, before: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// One audit record.
    fn audit_row(&mut self, id: RecordId) -> Result<Option<AuditRow>, StoreError>;
    /// The newest audit record, of those that have their bodies, about a change of this secret.
    fn newest_change(&mut self, secret: SecretId) -> Result<Option<AuditRow>, StoreError>;
    /// The newest audit record, of those that have their bodies, about a change of this token, member, person or agent
    /// definition.
    fn newest_about(&mut self, id: EntityId) -> Result<Option<AuditRow>, StoreError>;
    /// The leaf with this number.
    fn audit_leaf(&mut self, seq: u64) -> Result<Option<Hash>, StoreError>;
    /// The leaves after number `after`, oldest first, at most `limit`.
    fn audit_leaves(&mut self, after: u64, limit: u32) -> Result<Vec<Hash>, StoreError>;
    /// The state after the newest record; `None` before the first one.
    fn audit_head(&mut self) -> Result<Option<AuditHeadRow>, StoreError>;
    /// Writes the state after the newest record.
    fn put_audit_head(&mut self, row: &AuditHeadRow) -> Result<(), StoreError>;
    /// The number of the last record before the first one that was written at `before` or later.
    fn audit_through(&mut self, before: Timestamp) -> Result<u64, StoreError>;
    /// Drops the bodies of the records up to number `through`; how many there were.
    fn prune_audit(&mut self, through: u64) -> Result<u64, StoreError>;
    /// Records that were written before the log was signed, as JSON, oldest first. They are removed from their place.
    fn take_unsigned_records(&mut self) -> Result<Vec<String>, StoreError>;

    /// Checkpoints after number `after`, oldest first, at most `limit`.
    fn checkpoints(&mut self, after: u64, limit: u32) -> Result<Vec<CheckpointRow>, StoreError>;
    /// The checkpoint over exactly `size` records.
    fn checkpoint_over(&mut self, size: u64) -> Result<Option<CheckpointRow>, StoreError>;
    /// Writes a new checkpoint.
    fn put_checkpoint(&mut self, row: &CheckpointRow) -> Result<(), StoreError>;

    /// The backups that were made, oldest first.
    fn backups(&mut self) -> Result<Vec<BackupRow>, StoreError>;
    /// Writes down a backup.
    fn put_backup(&mut self, row: &BackupRow) -> Result<(), StoreError>;

    /// Rows of a table as plain cells, sorted by its key: after the row `after`, at most `limit`.
    fn table_rows(
        &mut self,
        table: &'static Table,
        after: Option<&[Cell]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell>>, StoreError>;
    /// Writes a new row of plain cells.
    fn put_table_row(&mut self, table: &'static Table, row: &[Cell]) -> Result<(), StoreError>;
}
