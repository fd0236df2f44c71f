//! Who could have used a secret in a span of time: reconstructed from the log, and from stored rows where it was pruned.
//!
//! | module | owns |
//! |---|---|
//! | [`policy`] | what held of the secret from change to change: alive or not, which agents, which hosts, until when |
//! | [`holders`] | who held a role or a token from when to when |
//! | [`damage`] | rows that are not believed, and are named |
//! | [`time`] | from when to when something held, with clocks that were set back |
//! | [`meeting`] | where both meet: what each of them could have done with it |
//!
//! Nothing is taken from what somebody did: who could and did not act is in the answer, and who had gone is not.

mod damage;
mod holders;
mod meeting;
mod policy;
mod time;

use std::collections::BTreeSet;

use distri_core::authz::{ActorKind, AddressRange, Audit, Role, Scopes};
use distri_core::ids::EntityId;
use distri_core::policy::AgentScope;
use distri_core::{Environment, SecretKey, Timestamp};
use serde::{Deserialize, Serialize};

use self::holders::Holders;
use self::policy::Histories;
use super::Kept;
use super::kept::Beginning;
use crate::{Caller, VaultError};

/// So many lines at the most are in an answer: times of people are multiplied by changes of the secret.
const MOST_LINES: usize = 10_000;

/// The question.
#[derive(Clone, Debug)]
pub struct WhoCould {
    /// Which secret.
    pub key: SecretKey,
    /// In which environment, or in all.
    pub environment: Option<Environment>,
    /// From this instant.
    pub from: Timestamp,
    /// And before this one.
    pub to: Timestamp,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CouldUse {
    /// What the policy permitted, oldest first.
    pub spans: Vec<Span>,
    /// Who could have used it, and from when to when: the user of the machine, people, then tokens, each in the order of
    /// time.
    pub people: Vec<Person>,
    /// What is wrong with stored rows that the answer would rest on: the most that they can have been is assumed instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Whether the records of the beginning were pruned: then deletions and expiries before the first one that is left are
    /// not known, and some roles are not either.
    pub pruned: bool,
    /// The first record that retention left, where it was pruned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// A time in which one policy held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// In which environment.
    pub environment: Environment,
    /// From this instant.
    pub from: Timestamp,
    /// Until this one.
    pub to: Timestamp,
    /// The version in use.
    pub version: u32,
    /// Which agents.
    pub agents: AgentScope,
    /// Towards which hosts; none for any.
    pub hosts: Vec<String>,
    /// Which record says so; none where it was pruned and the version says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What says so.
    pub source: Source,
}

/// Somebody, or a token, that could have used it, and a time in which nothing changed about that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The name.
    pub name: String,
    /// The person or the token; none for the user of the machine, and where a person's joining was pruned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EntityId>,
    /// In which environment.
    pub environment: Environment,
    /// From this instant.
    pub from: Timestamp,
    /// Until this one.
    pub to: Timestamp,
    /// As what; none where that is not known: then it is assumed to have been the greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What a token was made for; none where that is not known, and for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Scopes>,
    /// From which addresses, where a token is limited to some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<BTreeSet<AddressRange>>,
    /// Whether the value could have been read.
    pub may_reveal: bool,
    /// Whether it could have been handed to a run.
    pub may_release: bool,
    /// For which agents it could have been handed to a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<AgentScope>,
    /// What says so.
    pub source: Source,
}

/// What an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Records of the log.
    Log,
    /// A stored row, since the records were pruned.
    Database,
    /// Neither knows it all: the most that could have been is assumed.
    Presumed,
}

impl Source {
    /// The word on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Database => "database",
            Self::Presumed => "presumed",
        }
    }
}

impl Caller<'_> {
    /// Who and which agents could have used a secret.
    ///
    /// # Errors
    /// [`VaultError::Denied`]; [`VaultError::NeverKnown`] for a key that the log never knew there; [`VaultError::Log`] names
    /// the first record that is not believed; [`VaultError::TooMuch`] for an answer of more than 10,000 lines.
    pub fn who_could(&self, question: &WhoCould) -> Result<CouldUse, VaultError> {
        self.who_could_within(question, MOST_LINES)
    }

    /// The same with another bound of lines.
    ///
    /// # Errors
    /// Those of [`who_could`](Self::who_could).
    pub fn who_could_within(&self, question: &WhoCould, most: usize) -> Result<CouldUse, VaultError> {
        let allowed = self.authorize::<Audit>()?;
        let mut beginning = Beginning::default();
        let mut histories = Histories::new(question);
        let mut holders = Holders::new();
        let mut shown = Timestamp::MIN;
        self.each_record(|seq, record| {
            beginning.take(seq, &record);
            if record.at < shown {
                histories.set_back(shown, record.at);
                holders.set_back(shown, record.at);
            }
            shown = record.at;
            histories.take(seq, &record);
            holders.take(&record);
            Ok(true)
        })?;
        let pruned = beginning.is_pruned();
        let mut damaged = Vec::new();
        if pruned {
            damaged.extend(self.fill_from_versions(&allowed, &mut histories)?);
            histories.presume();
        }
        if pruned || holders.lack_something() {
            damaged.extend(self.fill_from_rows(&mut holders, beginning.kept())?);
        }
        if !histories.is_known() {
            let environment = question.environment.as_ref();
            return Err(self.never_known(&allowed, &question.key, environment, beginning.kept()));
        }
        let spans = histories.spans();
        let tenures = holders.tenures(pruned || !damaged.is_empty());
        let people = meeting::people(self.account, &histories, &tenures, most);
        let Some(people) = people.filter(|_| spans.len() <= most) else {
            return Err(VaultError::TooMuch(most));
        };
        Ok(CouldUse {
            spans,
            people,
            damaged,
            pruned,
            kept: beginning.kept(),
        })
    }
}
