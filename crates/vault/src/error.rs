//! What can go wrong in a use case, in the product's words.

use std::path::PathBuf;

use distri_core::agent::DefinitionError;
use distri_core::authz::{Denied, Role, Scope};
use distri_core::ids::{RunId, SecretId, SlotId};
use distri_core::{AccountName, AgentName, EmailAddress, Environment, Label, SecretKey};
use distri_store::StoreError;

use crate::audit::{Behind, Lost, NeverKnown, SettingsError};
use crate::closed::ClosedSlots;
use crate::people::PasswordError;
use crate::root_key::RootKeyError;

/// Why a use case did not happen. Nothing here holds a value.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The role does not permit it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The credential is not good, or no longer.
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
    /// There is no such token.
    #[error("there is no such token")]
    NoToken,
    /// A token in use has this name.
    #[error("there is a token `{0}` already; revoke it first, or choose another name")]
    TokenExists(Label),
    /// A token that could do nothing, or that would be more than it seems.
    #[error("{0}")]
    UselessToken(&'static str),
    /// A scope that permits nothing to the role of the token's maker, which is all that the token may ever act with.
    #[error("the scope `{scope}` would be of no use: a token of the role `{role}` may do nothing by it")]
    UselessScope {
        /// The scope.
        scope: Scope,
        /// The role of the token's maker.
        role: Role,
    },
    /// There is no such member.
    #[error("there is no such member")]
    NoMember,
    /// There is no such agent definition.
    #[error("there is no agent `{0}`")]
    NoAgent(AgentName),
    /// Text that is no agent definition.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// There is no such invitation.
    #[error("there is no such invitation")]
    NoInvitation,
    /// Somebody is a member already.
    #[error("`{0}` is a member already")]
    MemberExists(EmailAddress),
    /// An account has this name.
    #[error("there is an account `{0}` already")]
    AccountExists(AccountName),
    /// The account that the installation was made with.
    #[error(
        "the account that the installation was made with cannot be deleted: who owns it looks after the installation"
    )]
    FirstAccount,
    /// An account always has an owner.
    #[error("this is the last owner of the account; make somebody else an owner first")]
    LastOwner,
    /// A new password that is not good enough.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A row of a token, a person, a member or an agent definition is not what distri wrote.
    #[error("{what} `{name}` fails its integrity check: {reason}")]
    Tampered {
        /// What it is, such as `token`.
        what: &'static str,
        /// Its name, as the row says.
        name: String,
        /// Which check failed.
        reason: &'static str,
    },
    /// There is no such secret in this environment, or it is deleted.
    #[error("there is no secret `{key}` in environment `{environment}`")]
    NotFound {
        /// Its key.
        key: SecretKey,
        /// Where it was looked for; no other environment is tried.
        environment: Environment,
    },
    /// The audit log has never known such a secret.
    #[error(transparent)]
    NeverKnown(#[from] Box<NeverKnown>),
    /// An answer that would have more lines than are given at once.
    #[error("the answer would have more than {0} lines; narrow the time, or name an environment")]
    TooMuch(usize),
    /// There is no such version of the secret.
    #[error("`{key}` has no version {version}")]
    NoVersion {
        /// Its key.
        key: SecretKey,
        /// The version asked for.
        version: u32,
    },
    /// There is nothing to go back to.
    #[error("`{key}` has had no value before the present one")]
    NoEarlierValue {
        /// Its key.
        key: SecretKey,
    },
    /// There is no such account.
    #[error("there is no account `{0}`")]
    NoAccount(AccountName),
    /// The secret changed since the caller looked.
    #[error("{}; nothing was changed", stale_text(.key, *.expected, *.current))]
    Stale {
        /// Its key.
        key: SecretKey,
        /// The version the caller expected; 0 for none.
        expected: u32,
        /// The version it has; 0 when there is none.
        current: u32,
    },
    /// It is there already.
    #[error("{}: already set in environment `{environment}`; nothing was changed", keys_text(.keys))]
    Exists {
        /// The keys that are there.
        keys: Vec<SecretKey>,
        /// In which environment.
        environment: Environment,
    },
    /// Nothing is known of what this run did.
    #[error("nothing is known of the requests of run {0}")]
    NotObserved(RunId),
    /// It is not deleted.
    #[error("`{0}` is not deleted")]
    NotDeleted(SecretKey),
    /// Nothing is staged.
    #[error("`{0}` has no staged value")]
    NotStaged(SecretKey),
    /// The last version number was used.
    #[error("`{0}` has used every version number")]
    VersionsExhausted(SecretKey),
    /// A row, a policy, a pointer or a key is not what distri wrote.
    #[error("`{key}` in environment `{environment}` fails its integrity check: {reason}")]
    Integrity {
        /// Its key.
        key: SecretKey,
        /// Its environment.
        environment: Environment,
        /// The secret.
        secret: SecretId,
        /// The version in use, as its row says.
        version: u32,
        /// Which check failed.
        reason: String,
    },
    /// The keys of the account or the installation do not unwrap.
    #[error("the {what} does not unwrap: the database was changed, or belongs to another root key")]
    Key {
        /// Which key.
        what: &'static str,
    },
    /// A limit of the key in use.
    #[error(transparent)]
    Uses(#[from] distri_core::envelope::UsesExhausted),
    /// More releases, or more secrets in one, than placeholders can tell apart.
    #[error("this release cannot have placeholders of its own: the limit of releases or of secrets in one is reached")]
    PlaceholdersExhausted,
    /// The key provider.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// There is no installation, and this is not what makes one.
    #[error("there is no installation in `{0}`")]
    NotSetUp(String),
    /// There is no installation, and there was one.
    #[error("{0}")]
    Lost(Lost),
    /// The database cannot be unlocked.
    #[error("no root key opens this database: {0}")]
    Locked(String),
    /// The database has secrets and no key provider's slot opens it.
    #[error("no root key opens this database: {0}")]
    NoneOpens(ClosedSlots),
    /// Its key slots are gone.
    #[error("the database has keys and no key slot: every way to unlock it was deleted")]
    NoSlots,
    /// A slot of the same key in the same place.
    #[error("key slot {0} is the same; nothing was added")]
    SlotExists(SlotId),
    /// A slot of a provider that this version does not have.
    #[error("the provider of key slot {0} is not known to this version")]
    UnknownProvider(SlotId),
    /// There is no such slot.
    #[error("there is no key slot {0}")]
    NoSlot(SlotId),
    /// No other slot is known to open.
    #[error("the last key slot that opens cannot be retired{}", others(.0))]
    LastSlot(ClosedSlots),
    /// Slots that would have to be wrapped anew and do not open.
    #[error("every key slot has to open when the instance key is replaced; nothing was changed: {0}")]
    SlotsClosed(ClosedSlots),
    /// Slots came or went while their root keys were asked for.
    #[error("the key slots were changed meanwhile; nothing was changed")]
    SlotsChanged,
    /// A directory or lock file of the home.
    #[error("cannot use `{}`: {reason}", .path.display())]
    Home {
        /// Which path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Text that is too long.
    #[error("{what} has {len} bytes; at most {max} are kept")]
    TooLong {
        /// What was too long.
        what: &'static str,
        /// How long it is.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// A note with characters that steer a terminal.
    #[error("a note has no control characters but tabs and line breaks")]
    Note,
    /// A name that no session has.
    #[error("a session's name has at least one character, and no control characters")]
    SessionName,
    /// A use that could not be recorded did not happen.
    #[error("the use cannot be recorded, so no value was given out: {0}")]
    NotRecorded(#[source] StoreError),
    /// The audit log is not what distri wrote.
    #[error("the audit log fails its integrity check: {reason}")]
    Log {
        /// What does not fit, with the first record where it is one.
        reason: String,
    },
    /// The database has fallen behind what was delivered of its log.
    #[error("{0}")]
    Behind(Behind),
    /// There is no rollback to accept.
    #[error("the database has not fallen behind what was delivered of its log")]
    NotBehind,
    /// A checkpoint did not reach its place outside the database. Nothing else is affected.
    #[error("the checkpoint of the audit log cannot be delivered to `{}`: {reason}", .path.display())]
    Undelivered {
        /// Where to.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A checkpoint did not reach the webhook. Nothing else is affected.
    #[error("the checkpoint of the audit log cannot be delivered to {0}")]
    WebhookFailed(String),
    /// There is no such audit record.
    #[error("there is no such audit record")]
    NoRecord,
    /// An instant that has not come yet.
    #[error("records are pruned up to an instant in the past")]
    Future,
    /// The settings of the audit log.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a credential is not good. Only whoever holds it is told more than that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There is none such.
    #[error("the token is not known here")]
    UnknownToken,
    /// It was revoked, or the person it acts for is no longer a member.
    #[error("the token was revoked")]
    Revoked,
    /// It is past its expiry.
    #[error("the token has expired")]
    Expired,
    /// There is no such session, or it has ended.
    #[error("not signed in, or no longer")]
    NoSession,
    /// The address or the password is wrong; which of them is not said.
    #[error("the address or the password is wrong")]
    LogIn,
    /// Too many log-ins failed.
    #[error("too many log-ins failed; try again in a quarter of an hour")]
    TooMany,
    /// The person is a member of no account.
    #[error("you are not a member of any account")]
    NoMember,
    /// The link was used, was withdrawn, has expired or is none.
    #[error("the invitation was used, was withdrawn or has expired")]
    Invitation,
    /// The link is another one, was used or has expired.
    #[error("the setup link was used or has expired; while nobody owns the installation, each start shows a new one")]
    Setup,
    /// It is not good for requests from there.
    #[error("the token is not for requests from this address")]
    Address,
}

fn others(closed: &ClosedSlots) -> String {
    match closed.0.is_empty() {
        true => String::new(),
        false => format!("; no other one opens now: {closed}"),
    }
}

fn stale_text(key: &SecretKey, expected: u32, current: u32) -> String {
    match (expected, current) {
        (0, _) => format!("`{key}` is there already"),
        (_, 0) => format!("`{key}` is not there"),
        _ => format!("`{key}` is at version {current}, not {expected}"),
    }
}

fn keys_text(keys: &[SecretKey]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
