//! One audit record, its canonical bytes and its leaf hash.

use serde::{Deserialize, Serialize};

use super::key_change::KeyChange;
use super::merkle::Hash;
use crate::alarm::AlarmRule;
use crate::authz::Actor;
use crate::clock::Timestamp;
use crate::envelope::Canonical;
use crate::ids::{AccountId, EntityId, RecordId, RunId, SecretId};
use crate::names::{AgentName, Environment, SecretKey};
use crate::policy::AgentScope;

/// Who did what, to which versions, for whom, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// This record.
    pub id: RecordId,
    /// When, by the clock of the machine that wrote it.
    pub at: Timestamp,
    /// In which account.
    pub account: AccountId,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: ActionKind,
    /// In which environment, where the action is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The versions it was about, sorted by key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    /// For which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// In which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What was noticed, where the action is an alarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<AlarmFacts>,
    /// What it was about beside secrets: a token, a member, an account, an agent definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// What was done to the log itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogChange>,
    /// What stood outside the database and was given up, where an older state of the log was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<GivenUp>,
    /// What was done to the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeyChange>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Evidence of the log as it was before: until newer evidence stands in its place, exactly this does not accuse the database
/// of having fallen behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenUp {
    /// The hash of the tip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<Hash>,
    /// The hash of the newest checkpoint in the file, where the log that goes on does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Hash>,
}

/// What was noticed, and where. None of it is content: the place is in our words, the destination a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmFacts {
    /// What is wrong.
    pub rule: AlarmRule,
    /// Where it was seen.
    pub place: String,
    /// Host and port of the request it was seen in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// The step of the run in which it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The run whose placeholder it is, where that is another one than the run it was seen in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<RunId>,
}

/// One version of one secret, and what held for it after the action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The secret.
    pub secret: SecretId,
    /// Its key at that time.
    pub key: SecretKey,
    /// The version.
    pub version: u32,
    /// Where it may go from here: the bindings of its policy. Empty for an unbound secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Which agents may use it.
    #[serde(default, skip_serializing_if = "is_all")]
    pub agents: AgentScope,
    /// When it stops being given out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Something beside secrets that an action is about, and what held for it afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Which one.
    pub id: EntityId,
    /// How often it was changed, this time included: a stored row that is behind was put back.
    pub revision: u32,
    /// Its name at that time.
    pub name: String,
    /// What it may do from here, in words such as `role admin` or `scopes read,resolve`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
}

/// A change of the log itself, which would else look like damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LogChange {
    /// The bodies of the first records were dropped; their leaves stay.
    Pruned {
        /// The last number without a body.
        through: u64,
    },
    /// The log was older than what had been delivered of it, and this was accepted.
    RolledBack {
        /// How many records there were.
        found: u64,
        /// How many had been delivered.
        delivered: u64,
    },
    /// A backup was made.
    BackedUp {
        /// How many records are in it.
        size: u64,
        /// To how many recipients it is encrypted.
        recipients: u64,
    },
    /// The database was put back from a backup.
    Restored {
        /// How many records were in it.
        size: u64,
    },
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionKind {
    /// The store was made.
    #[serde(rename = "instance.create")]
    InstanceCreate,
    /// A root key was replaced.
    #[serde(rename = "key.change-root")]
    RootKeyChange,
    /// A key slot was added.
    #[serde(rename = "key.add-slot")]
    KeyAddSlot,
    /// A key slot was retired.
    #[serde(rename = "key.retire-slot")]
    KeyRetireSlot,
    /// The instance key was replaced.
    #[serde(rename = "key.rotate-instance")]
    KeyRotateInstance,
    /// An account's key got a new version.
    #[serde(rename = "key.rotate-account")]
    KeyRotateAccount,
    /// Data keys were wrapped anew, or replaced.
    #[serde(rename = "key.reseal")]
    KeyReseal,
    /// A value was set: a new secret or a new version.
    #[serde(rename = "secret.set")]
    Set,
    /// A policy was changed: a new version with the same value.
    #[serde(rename = "secret.policy")]
    Policy,
    /// A note or an expiry was changed.
    #[serde(rename = "secret.describe")]
    Describe,
    /// A secret was deleted, recoverably.
    #[serde(rename = "secret.delete")]
    Delete,
    /// Every version of a secret was destroyed, with the key that sealed them.
    #[serde(rename = "secret.purge")]
    Purge,
    /// A deleted secret was brought back.
    #[serde(rename = "secret.undelete")]
    Undelete,
    /// An earlier value became the newest version.
    #[serde(rename = "secret.rollback")]
    Rollback,
    /// A value was put beside the one in use, to be promoted later.
    #[serde(rename = "secret.stage")]
    Stage,
    /// A staged value was given up.
    #[serde(rename = "secret.unstage")]
    Unstage,
    /// A staged value became the newest version.
    #[serde(rename = "secret.promote")]
    Promote,
    /// A person read a value.
    #[serde(rename = "secret.reveal")]
    Reveal,
    /// Values left to a run.
    #[serde(rename = "secret.release")]
    Release,
    /// A placeholder was seen where it must not be, or something else that must not be was noticed.
    #[serde(rename = "run.alarm")]
    Alarm,
    /// Something was asked for and refused; the outcome names the rule.
    #[serde(rename = "access.refuse")]
    Refuse,
    /// Bodies of old audit records were dropped.
    #[serde(rename = "audit.prune")]
    AuditPrune,
    /// A database older than its delivered checkpoints was accepted.
    #[serde(rename = "audit.accept-rollback")]
    AuditAcceptRollback,
    /// A token was made.
    #[serde(rename = "token.create")]
    TokenCreate,
    /// A token was revoked.
    #[serde(rename = "token.revoke")]
    TokenRevoke,
    /// A backup was made.
    #[serde(rename = "backup.create")]
    BackupCreate,
    /// The database was put back from a backup.
    #[serde(rename = "backup.restore")]
    BackupRestore,
    /// Somebody signed in.
    #[serde(rename = "session.open")]
    SessionOpen,
    /// Somebody signed out, or was.
    #[serde(rename = "session.close")]
    SessionClose,
    /// An account was made.
    #[serde(rename = "account.create")]
    AccountCreate,
    /// An account was destroyed with everything in it.
    #[serde(rename = "account.delete")]
    AccountDelete,
    /// Somebody was invited.
    #[serde(rename = "member.invite")]
    MemberInvite,
    /// Somebody became a member.
    #[serde(rename = "member.add")]
    MemberAdd,
    /// A member's role was changed.
    #[serde(rename = "member.role")]
    MemberRole,
    /// A member was removed, or an invitation withdrawn.
    #[serde(rename = "member.remove")]
    MemberRemove,
    /// Somebody's password was changed, or destroyed with their last membership.
    #[serde(rename = "person.password")]
    PersonPassword,
    /// An agent definition was kept with the account.
    #[serde(rename = "agent.push")]
    AgentPush,
    /// An agent definition was removed from the account.
    #[serde(rename = "agent.remove")]
    AgentRemove,
}

impl ActionKind {
    /// Every action, for documentation and filters.
    pub const ALL: [Self; 38] = [
        Self::InstanceCreate,
        Self::RootKeyChange,
        Self::KeyAddSlot,
        Self::KeyRetireSlot,
        Self::KeyRotateInstance,
        Self::KeyRotateAccount,
        Self::KeyReseal,
        Self::Set,
        Self::Policy,
        Self::Describe,
        Self::Delete,
        Self::Purge,
        Self::Undelete,
        Self::Rollback,
        Self::Stage,
        Self::Unstage,
        Self::Promote,
        Self::Reveal,
        Self::Release,
        Self::Alarm,
        Self::Refuse,
        Self::AuditPrune,
        Self::AuditAcceptRollback,
        Self::TokenCreate,
        Self::TokenRevoke,
        Self::BackupCreate,
        Self::BackupRestore,
        Self::SessionOpen,
        Self::SessionClose,
        Self::AccountCreate,
        Self::AccountDelete,
        Self::MemberInvite,
        Self::MemberAdd,
        Self::MemberRole,
        Self::MemberRemove,
        Self::PersonPassword,
        Self::AgentPush,
        Self::AgentRemove,
    ];

    /// The word in records and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InstanceCreate => "instance.create",
            Self::RootKeyChange => "key.change-root",
            Self::KeyAddSlot => "key.add-slot",
            Self::KeyRetireSlot => "key.retire-slot",
            Self::KeyRotateInstance => "key.rotate-instance",
            Self::KeyRotateAccount => "key.rotate-account",
            Self::KeyReseal => "key.reseal",
            Self::Set => "secret.set",
            Self::Policy => "secret.policy",
            Self::Describe => "secret.describe",
            Self::Delete => "secret.delete",
            Self::Purge => "secret.purge",
            Self::Undelete => "secret.undelete",
            Self::Rollback => "secret.rollback",
            Self::Stage => "secret.stage",
            Self::Unstage => "secret.unstage",
            Self::Promote => "secret.promote",
            Self::Reveal => "secret.reveal",
            Self::Release => "secret.release",
            Self::Alarm => "run.alarm",
            Self::Refuse => "access.refuse",
            Self::AuditPrune => "audit.prune",
            Self::AuditAcceptRollback => "audit.accept-rollback",
            Self::TokenCreate => "token.create",
            Self::TokenRevoke => "token.revoke",
            Self::BackupCreate => "backup.create",
            Self::BackupRestore => "backup.restore",
            Self::SessionOpen => "session.open",
            Self::SessionClose => "session.close",
            Self::AccountCreate => "account.create",
            Self::AccountDelete => "account.delete",
            Self::MemberInvite => "member.invite",
            Self::MemberAdd => "member.add",
            Self::MemberRole => "member.role",
            Self::MemberRemove => "member.remove",
            Self::PersonPassword => "person.password",
            Self::AgentPush => "agent.push",
            Self::AgentRemove => "agent.remove",
        }
    }
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done; the record commits with it, or before a value leaves.
    Done,
    /// It was refused, by the rule named.
    Denied(String),
}

impl Record {
    /// The one form that is hashed, whatever a store or an export makes of it.
    #[must_use]
    pub fn canonical(&self) -> Canonical {
        let mut canonical = Canonical::new("audit.record");
        canonical
            .bytes(self.id.as_bytes())
            .number(u64::try_from(self.at.as_millisecond()).unwrap_or(0))
            .bytes(self.account.as_bytes())
            .text(self.actor.kind.as_str())
            .text(&self.actor.name)
            .text(self.actor.role.as_str())
            .text(self.action.as_str())
            .optional(self.environment.as_ref().map(|it| it.as_str().as_bytes()))
            .number(self.subjects.len() as u64);
        for subject in &self.subjects {
            canonical
                .bytes(subject.secret.as_bytes())
                .text(subject.key.as_str())
                .number(subject.version.into())
                .list(subject.hosts.iter().map(String::as_bytes))
                .text(subject.agents.tag())
                .list(subject.agents.names().map(|it| it.as_str().as_bytes()))
                .optional(subject.expires_at.map(time).as_ref().map(|it| &it[..]));
        }
        canonical
            .optional(self.agent.as_ref().map(|it| it.as_str().as_bytes()))
            .optional(self.run.as_ref().map(|it| &it.as_bytes()[..]));
        match &self.alarm {
            None => canonical.number(0),
            Some(alarm) => canonical
                .number(1)
                .text(alarm.rule.as_str())
                .text(&alarm.place)
                .optional(alarm.destination.as_ref().map(|it| it.as_bytes()))
                .optional(alarm.step.as_ref().map(|it| it.as_bytes()))
                .optional(alarm.origin.as_ref().map(|it| &it.as_bytes()[..])),
        };
        match &self.outcome {
            Outcome::Done => canonical.text("done"),
            Outcome::Denied(rule) => canonical.text("denied").text(rule),
        };
        match &self.log {
            None => {}
            Some(LogChange::Pruned { through }) => {
                canonical.text("pruned").number(*through);
            }
            Some(LogChange::RolledBack { found, delivered }) => {
                canonical.text("rolled-back").number(*found).number(*delivered);
            }
            Some(LogChange::BackedUp { size, recipients }) => {
                canonical.text("backed-up").number(*size).number(*recipients);
            }
            Some(LogChange::Restored { size }) => {
                canonical.text("restored").number(*size);
            }
        }
        // Each begins with a word of its own and is left out when there is none: records of before have no other bytes.
        if let Some(id) = &self.actor.id {
            canonical.text("actor").bytes(id.as_bytes());
        }
        if let Some(GivenUp { tip, checkpoint }) = &self.given_up {
            let bytes = |it: &'_ Option<Hash>| it.map(|hash| hash.as_bytes().to_vec());
            canonical
                .text("given-up")
                .optional(bytes(tip).as_deref())
                .optional(bytes(checkpoint).as_deref());
        }
        if let Some(about) = &self.about {
            canonical
                .text("about")
                .bytes(about.id.as_bytes())
                .number(about.revision.into())
                .text(&about.name)
                .list(about.grants.iter().map(String::as_bytes));
        }
        if let Some(keys) = &self.keys {
            keys.append_to(&mut canonical);
        }
        canonical
    }

    /// The record as a leaf of the log's tree (RFC 6962, section 2.1).
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        Hash::leaf(self.canonical().as_ref())
    }
}

fn time(instant: Timestamp) -> [u8; 8] {
    instant.as_millisecond().to_be_bytes()
}

fn is_all(agents: &AgentScope) -> bool {
    *agents == AgentScope::All
}

#[cfg(test)]
mod tests;
