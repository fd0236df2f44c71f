//! What a row of each table is in Rust. Bytes that were sealed or wrapped keep that type.

use distri_core::audit::{Entry, HeadState};
use distri_core::authz::{Limits, Role, Scopes};
use distri_core::envelope::{AccountKey, CredentialHash, DataKey, InstanceKey, SealedValue, Wrapped};
use distri_core::ids::{
    AccountId, BackupId, DataKeyId, EntityId, InstanceId, MemberId, PersonId, RunId, SecretId, SlotId, TokenId,
};
use distri_core::{AccountName, AgentName, EmailAddress, Environment, Label, Policy, SecretKey, Timestamp};

/// The installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceRow {
    /// Its identifier, part of all associated data.
    pub id: InstanceId,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key provider's slot.
#[derive(Clone)]
pub struct SlotRow {
    /// The slot.
    pub id: SlotId,
    /// The provider's word.
    pub provider: String,
    /// What the provider needs to find its key again, as JSON.
    pub parameters: String,
    /// Which root key wraps it.
    pub root_fingerprint: String,
    /// Which instance key is inside.
    pub instance_fingerprint: String,
    /// The wrapped instance key.
    pub wrapped: Wrapped<InstanceKey>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its identifier.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One version of an account's key.
#[derive(Clone)]
pub struct AccountKeyRow {
    /// The account.
    pub account: AccountId,
    /// The version, from 1.
    pub version: u32,
    /// The wrapped key.
    pub wrapped: Wrapped<AccountKey>,
    /// How often it has drawn a nonce.
    pub uses: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One instance key, in the history that people see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceKeyRow {
    /// Its number, from 1.
    pub version: u32,
    /// Which key it is.
    pub fingerprint: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which data keys are out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// Those that a version of the account's key below this one wraps.
    WrappedBelow(u32),
    /// Those, and those that were made before this.
    MadeBefore(u32, Timestamp),
}

impl Stale {
    /// The version and the milliseconds below which a data key is.
    pub(crate) fn bounds(self) -> (u32, i64) {
        match self {
            Self::WrappedBelow(version) => (version, i64::MIN),
            Self::MadeBefore(version, instant) => (version, instant.as_millisecond()),
        }
    }
}

/// The pointer row of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// The secret.
    pub id: SecretId,
    /// Its account.
    pub account: AccountId,
    /// Its environment.
    pub environment: Environment,
    /// Its name.
    pub key: SecretKey,
    /// The version in use.
    pub current_version: u32,
    /// The highest version ever written.
    pub latest_version: u32,
    /// What people wrote about it.
    pub note: Option<String>,
    /// When it stops being given out.
    pub expires_at: Option<Timestamp>,
    /// After how many days its value is to be replaced.
    pub rotate_every_days: Option<u32>,
    /// The version that waits beside the one in use.
    pub staged_version: Option<u32>,
    /// When its first version was set.
    pub created_at: Timestamp,
    /// When it was last changed in any way.
    pub updated_at: Timestamp,
    /// When it was deleted, if it is.
    pub deleted_at: Option<Timestamp>,
    /// Authenticates the columns above and the current version's policy.
    pub mac: Vec<u8>,
}

/// A secret with what is known of its current version, as lists need it.
#[derive(Clone, Debug)]
pub struct SecretView {
    /// The pointer row.
    pub secret: SecretRow,
    /// Whether the row of the current version is there.
    pub has_current: bool,
    /// The current version's policy; one that permits no agent where that is not there.
    pub policy: Policy,
    /// The highest version among the rows that are there.
    pub highest_stored: u32,
    /// When a value was last set, as opposed to a policy or note.
    pub value_changed_at: Timestamp,
}

/// A secret with all that is needed to open its current version.
#[derive(Clone)]
pub struct OpenableRow {
    /// The view of the pointer row.
    pub view: SecretView,
    /// The current version.
    pub version: VersionRow,
    /// The data key that seals it, if it is there.
    pub data_key: Option<DataKeyRow>,
    /// The account's key that wraps the data key, if it is there.
    pub account_key: Option<AccountKeyRow>,
    /// The newest record of a change of it, unless its body was dropped.
    pub newest_change: Option<NumberedAuditRow>,
}

/// A secret's data key.
#[derive(Clone)]
pub struct DataKeyRow {
    /// The key.
    pub id: DataKeyId,
    /// The secret it serves.
    pub secret: SecretId,
    /// Which version of the account's key wraps it.
    pub account_key_version: u32,
    /// The wrapped key.
    pub wrapped: Wrapped<DataKey>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One version.
#[derive(Clone)]
pub struct VersionRow {
    /// The secret.
    pub secret: SecretId,
    /// The version, from 1.
    pub version: u32,
    /// The data key that seals it.
    pub data_key: DataKeyId,
    /// The policy it was sealed with.
    pub policy: Policy,
    /// The sealed value.
    pub sealed: SealedValue,
    /// Why there is this version.
    pub change: Change,
    /// When it was written.
    pub created_at: Timestamp,
    /// Who wrote it.
    pub created_by: String,
}

/// Why there is a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A value was set.
    Value,
    /// The policy was changed; the value stayed.
    Policy,
    /// A value was put beside the one in use. Such a version itself never comes into use.
    Staged,
    /// The value of a staged version was taken into use.
    Promoted,
    /// The value of an earlier version was brought back.
    Rollback {
        /// That version.
        origin: u32,
    },
}

impl Change {
    /// The word in the table and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Policy => "policy",
            Self::Staged => "staged",
            Self::Promoted => "promoted",
            Self::Rollback { .. } => "rollback",
        }
    }
}

/// A piece of session data, still sealed.
#[derive(Clone)]
pub struct SessionDataRow {
    /// The account.
    pub account: AccountId,
    /// The session, as its user names it.
    pub session: String,
    /// The name of the piece.
    pub name: String,
    /// Which version of the account's key sealed it.
    pub account_key_version: u32,
    /// The sealed data.
    pub sealed: Vec<u8>,
    /// When it is no longer there.
    pub expires_at: Option<Timestamp>,
    /// When it was written.
    pub updated_at: Timestamp,
}

/// A token.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// The token.
    pub id: TokenId,
    /// Its account.
    pub account: AccountId,
    /// Its name, one of a kind among those of the account that are not revoked.
    pub name: Label,
    /// What is stored of its text.
    pub hash: CredentialHash,
    /// What it was made for.
    pub scopes: Scopes,
    /// What it is limited to.
    pub limits: Limits,
    /// What whoever made it could do at that time.
    pub role: Role,
    /// The person it acts for.
    pub person: Option<PersonId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it is.
    pub revoked_at: Option<Timestamp>,
    /// How often the row was written.
    pub revision: u32,
    /// Authenticates the columns above.
    pub mac: Vec<u8>,
    /// When it was last used, to the minute. Not authenticated.
    pub used_at: Option<Timestamp>,
}

/// Somebody who can sign in.
#[derive(Clone)]
pub struct PersonRow {
    /// The person.
    pub id: PersonId,
    /// What they sign in with.
    pub email: EmailAddress,
    /// What they are called.
    pub name: Label,
    /// The hash of their password, with its parameters, as JSON.
    pub password: String,
    /// When they came.
    pub created_at: Timestamp,
    /// How often the row was written.
    pub revision: u32,
    /// Authenticates the columns above.
    pub mac: Vec<u8>,
}

/// What a person may do in an account.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// The membership.
    pub id: MemberId,
    /// In which account.
    pub account: AccountId,
    /// Whose.
    pub person: PersonId,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
    /// Who invited them.
    pub created_by: String,
    /// How often the row was written.
    pub revision: u32,
    /// Authenticates the columns above.
    pub mac: Vec<u8>,
}

/// An invitation that was not used yet.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// The membership that it becomes.
    pub id: MemberId,
    /// In which account.
    pub account: AccountId,
    /// What is stored of the link.
    pub hash: CredentialHash,
    /// For whom.
    pub email: EmailAddress,
    /// What they will be able to do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Authenticates the columns above.
    pub mac: Vec<u8>,
}

/// What the setup link is derived from.
#[derive(Clone, Copy, Debug)]
pub struct SetupRow {
    /// Random bytes.
    pub nonce: [u8; 32],
    /// When they were drawn.
    pub created_at: Timestamp,
}

/// A signed-in browser.
#[derive(Clone, Debug)]
pub struct WebSessionRow {
    /// What is stored of the cookie.
    pub hash: CredentialHash,
    /// Who.
    pub person: PersonId,
    /// The account that its pages show.
    pub account: AccountId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last seen, to the minute.
    pub seen_at: Timestamp,
    /// When the password was last given.
    pub password_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// Authenticates the columns above.
    pub mac: Vec<u8>,
}

/// An agent definition that was pushed.
#[derive(Clone, Debug)]
pub struct AgentDefinitionRow {
    /// Its identifier.
    pub id: EntityId,
    /// Its account.
    pub account: AccountId,
    /// The agent's name.
    pub name: AgentName,
    /// The text, as it was pushed.
    pub markdown: String,
    /// When it first was.
    pub created_at: Timestamp,
    /// When it last was.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
    /// How often the row was written.
    pub revision: u32,
    /// Authenticates the columns above.
    pub mac: Vec<u8>,
}

/// A batch of requests that were observed in a run, still sealed.
#[derive(Clone)]
pub struct ObservedBatchRow {
    /// The account.
    pub account: AccountId,
    /// The run.
    pub run: RunId,
    /// The batch's number in the run, from 1.
    pub batch: u32,
    /// Which version of the account's key sealed it.
    pub account_key_version: u32,
    /// The sealed batch.
    pub sealed: Vec<u8>,
}

/// An audit record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the log.
    pub entry: Entry,
    /// The record as JSON, unless its body was pruned.
    pub body: Option<String>,
    /// Authenticates the entry.
    pub mac: Vec<u8>,
}

/// An audit record's number, and the rest unless a column cannot be what the schema promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedAuditRow {
    /// The number.
    pub seq: u64,
    /// The row.
    pub row: Option<AuditRow>,
}

/// The log after its newest record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHeadRow {
    /// The tree's frontier and the newest checkpoint.
    pub state: HeadState,
    /// Authenticates the state.
    pub mac: Vec<u8>,
}

/// A signed head of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Its number, from 1.
    pub number: u64,
    /// How many records it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
    /// When it was made.
    pub at: Timestamp,
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRow {
    /// The backup.
    pub id: BackupId,
    /// When.
    pub at: Timestamp,
    /// Where it was written to.
    pub path: String,
    /// To how many recipients it is encrypted.
    pub recipients: u32,
    /// How many audit records are in it.
    pub records: u64,
}
