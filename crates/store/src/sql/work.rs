//! The unit of work on one transaction: a table of its methods; each group of questions has its own file.

use super::query::Work;
use super::{
    accounts, agents, audit, audit_head, backups, invitations, keys, observed, people, rotation, secret_lists, secrets,
    sessions, tables, tokens, web_sessions,
};
use crate::lists::{Batch, Half, NameRow, NamesPart, Part, TallyRow};
use crate::rows::{
    AccountKeyRow, AccountRow, AgentDefinitionRow, AuditHeadRow, AuditRow, BackupRow, CheckpointRow, DataKeyRow,
    InstanceKeyRow, InstanceRow, InvitationRow, MemberRow, NumberedAuditRow, ObservedBatchRow, OpenableRow, PersonRow,
    SecretRow, SecretView, SessionDataRow, SetupRow, SlotRow, Stale, TokenRow, VersionRow, WebSessionRow,
};
use crate::tables::{Cell, Table};
use crate::{Guarded, StoreError, UnitOfWork};
use distri_core::audit::merkle::Hash;
use distri_core::envelope::{CredentialHash, EvidenceKey, SealedValue, Wrapped};
use distri_core::ids::{
    AccountId, DataKeyId, EntityId, MemberId, PersonId, RecordId, RunId, SecretId, SlotId, TokenId,
};
use distri_core::{AccountName, AgentName, EmailAddress, Environment, SecretKey, Timestamp};

/// Each method is one call of the function of the same name in the file of its group.
macro_rules! unit_of_work {
    ($($group:ident { $($name:ident ( $($arg:ident : $type:ty),* ) -> $out:ty;)+ })+) => {
        impl UnitOfWork for Work<'_> {
            $($(fn $name(&mut self, $($arg: $type),*) -> Result<$out, StoreError> {
                $group::$name(self, $($arg),*)
            })+)+
        }
    };
}

unit_of_work! {
    keys {
        instance() -> Option<InstanceRow>;
        create_instance(row: &InstanceRow) -> ();
        slots() -> Vec<SlotRow>;
        put_slot(row: &SlotRow) -> ();
        delete_slot(slot: SlotId) -> ();
    }
    accounts {
        account(name: &AccountName) -> Option<AccountRow>;
        account_by_id(id: AccountId) -> Option<AccountRow>;
        accounts() -> Vec<AccountRow>;
        create_account(row: &AccountRow) -> ();
        delete_account(account: AccountId) -> usize;
        newest_account_key(account: AccountId) -> Option<AccountKeyRow>;
        account_key(account: AccountId, version: u32) -> Option<AccountKeyRow>;
        put_account_key(row: &AccountKeyRow) -> ();
    }
    rotation {
        evidence_key() -> Option<Wrapped<EvidenceKey>>;
        put_evidence_key(wrapped: &Wrapped<EvidenceKey>) -> ();
        instance_keys() -> Vec<InstanceKeyRow>;
        put_instance_key(row: &InstanceKeyRow) -> ();
        every_account_key() -> Vec<AccountKeyRow>;
        account_keys(account: AccountId) -> Vec<AccountKeyRow>;
        rewrap_account_key(row: &AccountKeyRow) -> ();
        stale_data_keys(account: AccountId, stale: Stale, after: Option<DataKeyId>, limit: u32) -> Vec<DataKeyRow>;
        count_stale_data_keys(account: AccountId, stale: Stale) -> u64;
        replace_data_key(row: &DataKeyRow) -> ();
        reseal_version(secret: SecretId, version: u32, sealed: &SealedValue) -> ();
    }
    secrets {
        secret_by_id(id: SecretId) -> Guarded<Option<SecretView>>;
        secret(account: AccountId, environment: &Environment, key: &SecretKey) -> Guarded<Option<SecretView>>;
        openable(account: AccountId, environment: &Environment, key: &SecretKey) -> Guarded<Option<OpenableRow>>;
        secrets(account: AccountId, environment: Option<&Environment>, deleted: bool) -> Guarded<Vec<SecretView>>;
        openables(account: AccountId, environment: &Environment) -> Guarded<Vec<OpenableRow>>;
        put_secret(row: &SecretRow) -> ();
        purge_secret(secret: SecretId) -> usize;
        data_key(id: DataKeyId) -> Option<DataKeyRow>;
        put_data_key(row: &DataKeyRow) -> ();
        version(secret: SecretId, version: u32) -> Option<VersionRow>;
        versions(secret: SecretId) -> Vec<VersionRow>;
        put_version(row: &VersionRow) -> ();
    }
    secret_lists {
        secrets_from(account: AccountId, part: Part<'_>) -> Batch<SecretView>;
        secrets_called(account: AccountId, key: &SecretKey, half: Half) -> Guarded<Vec<SecretView>>;
        names_from(account: AccountId, part: NamesPart<'_>) -> Batch<NameRow>;
        tally(account: AccountId, most: u32) -> Guarded<TallyRow>;
    }
    sessions {
        session_data(account: AccountId, session: &str, name: &str, now: Timestamp) -> Option<SessionDataRow>;
        put_session_data(row: &SessionDataRow) -> ();
        delete_session_data(account: AccountId, session: &str, name: &str) -> bool;
        all_session_data(account: AccountId, session: &str, now: Timestamp) -> Vec<SessionDataRow>;
        delete_session(account: AccountId, session: &str) -> ();
        drop_expired_session_data(now: Timestamp) -> ();
    }
    tokens {
        token_by_hash(hash: &CredentialHash) -> Option<TokenRow>;
        token(account: AccountId, id: TokenId) -> Option<TokenRow>;
        tokens(account: AccountId) -> Vec<TokenRow>;
        put_token(row: &TokenRow) -> ();
        put_token_use(id: TokenId, used_at: Timestamp) -> ();
    }
    people {
        person(id: PersonId) -> Option<PersonRow>;
        person_by_email(email: &EmailAddress) -> Option<PersonRow>;
        put_person(row: &PersonRow) -> ();
        delete_person(id: PersonId) -> ();
        member(account: AccountId, person: PersonId) -> Option<MemberRow>;
        members(account: AccountId) -> Vec<MemberRow>;
        memberships(person: PersonId) -> Vec<MemberRow>;
        has_owner() -> bool;
        put_member(row: &MemberRow) -> ();
        delete_member(id: MemberId) -> ();
    }
    invitations {
        invitation_by_hash(hash: &CredentialHash) -> Option<InvitationRow>;
        invitations(account: AccountId) -> Vec<InvitationRow>;
        put_invitation(row: &InvitationRow) -> ();
        delete_invitation(id: MemberId) -> ();
        drop_expired_invitations(now: Timestamp) -> ();
        setup() -> Option<SetupRow>;
        put_setup(row: &SetupRow) -> ();
        delete_setup() -> ();
    }
    web_sessions {
        web_session(hash: &CredentialHash) -> Option<WebSessionRow>;
        web_sessions(person: PersonId) -> Vec<WebSessionRow>;
        put_web_session(row: &WebSessionRow) -> ();
        update_web_session(row: &WebSessionRow) -> bool;
        delete_web_session(hash: &CredentialHash) -> bool;
        delete_web_sessions(person: PersonId, except: Option<&CredentialHash>) -> usize;
        drop_expired_web_sessions(now: Timestamp) -> ();
        count_attempt(subject: &[u8; 32], now: Timestamp, window_began: Timestamp) -> u32;
        forget_attempts(subject: &[u8; 32], all: bool) -> ();
    }
    agents {
        agent_definition(account: AccountId, name: &AgentName) -> Option<AgentDefinitionRow>;
        agent_definitions(account: AccountId) -> Vec<AgentDefinitionRow>;
        put_agent_definition(row: &AgentDefinitionRow) -> ();
        delete_agent_definition(id: EntityId) -> ();
    }
    observed {
        observed_runs(account: AccountId, limit: u32) -> Vec<RunId>;
        observed_batches(account: AccountId, run: RunId) -> Vec<ObservedBatchRow>;
        put_observed_batch(row: &ObservedBatchRow) -> ();
        drop_observed_runs(account: AccountId, keep: u32) -> usize;
    }
    audit {
        append(row: &AuditRow) -> ();
        audit_rows(after: u64, limit: u32) -> Vec<NumberedAuditRow>;
        account_audit_rows(account: AccountId, after: u64, limit: u32) -> Vec<AuditRow>;
        newest_audit_rows(account: AccountId, limit: u32) -> Vec<AuditRow>;
        audit_rows_before(account: AccountId, before: u64, limit: u32) -> Vec<AuditRow>;
        audit_row(id: RecordId) -> Option<AuditRow>;
        newest_change(secret: SecretId) -> Option<AuditRow>;
        newest_about(id: EntityId) -> Option<AuditRow>;
        audit_leaf(seq: u64) -> Option<Hash>;
        audit_leaves(after: u64, limit: u32) -> Vec<Hash>;
        audit_through(before: Timestamp) -> u64;
        prune_audit(through: u64) -> u64;
        take_unsigned_records() -> Vec<String>;
    }
    audit_head {
        audit_head() -> Option<AuditHeadRow>;
        put_audit_head(row: &AuditHeadRow) -> ();
        checkpoints(after: u64, limit: u32) -> Vec<CheckpointRow>;
        checkpoint_over(size: u64) -> Option<CheckpointRow>;
        put_checkpoint(row: &CheckpointRow) -> ();
    }
    backups {
        backups() -> Vec<BackupRow>;
        put_backup(row: &BackupRow) -> ();
    }
    tables {
        table_rows(table: &'static Table, after: Option<&[Cell]>, limit: u32) -> Vec<Vec<Cell>>;
        put_table_row(table: &'static Table, row: &[Cell]) -> ();
    }
}
