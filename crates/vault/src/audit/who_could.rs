//! Who could have used a secret in a span of time: reconstructed from the log, and from the versions where it was pruned.
//!
//! A record of a change says what held after it: which agents, which hosts, until when. Laid one after the other they
//! give spans; each span lasts until the next change, a deletion or the expiry.

use std::collections::BTreeMap;

use distri_core::audit::{ActionKind, Record, Subject};
use distri_core::authz::{Action, Actor, ActorKind, Allowed, Audit, Resolve, Reveal, Role};
use distri_core::policy::AgentScope;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_store::lists::Half;
use distri_store::rows::VersionRow;
use serde::{Deserialize, Serialize};

use crate::{Caller, VaultError};

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
    /// Who had a role under which it can be used, sorted.
    pub people: Vec<Person>,
    /// Whether the records of the time were pruned in part: then deletions and expiries before the first one that is
    /// left are not known.
    pub pruned: bool,
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
}

/// Somebody who could have acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Whether that role can read the value.
    pub may_reveal: bool,
    /// Whether that role can hand it to a run.
    pub may_release: bool,
}

/// What is known after one change.
#[derive(Clone)]
struct State {
    at: Timestamp,
    is_live: bool,
    /// Whether this change made the version.
    is_version: bool,
    version: u32,
    agents: AgentScope,
    hosts: Vec<String>,
    expires_at: Option<Timestamp>,
    seq: Option<u64>,
}

impl Caller<'_> {
    /// Who and which agents could have used a secret.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Log`] names the first record that is not believed.
    pub fn who_could(&self, question: &WhoCould) -> Result<CouldUse, VaultError> {
        let allowed = self.authorize::<Audit>()?;
        let mut states: BTreeMap<Environment, Vec<State>> = BTreeMap::new();
        let mut people: BTreeMap<(String, &'static str, &'static str), Person> = BTreeMap::new();
        let mut first = None;
        self.each_record(|seq, record| {
            first.get_or_insert(seq);
            if record.at < question.to {
                note_person(&mut people, &record);
                for subject in record.subjects.iter().filter(|it| it.key == question.key) {
                    if let (Some(environment), Some(state)) = (&record.environment, state(seq, &record, subject)) {
                        states.entry(environment.clone()).or_default().push(state);
                    }
                }
            }
            Ok(true)
        })?;
        // The log begins with the record of the installation; without it, the beginning was pruned.
        let pruned = first != Some(1);
        if pruned {
            self.fill_from_versions(&allowed, question, &mut states)?;
        }
        let mut spans = Vec::new();
        for (environment, states) in states {
            if question.environment.as_ref().is_none_or(|it| *it == environment) {
                spans.extend(spans_of(&environment, &states, question));
            }
        }
        spans.sort_by_key(|it| it.from);
        Ok(CouldUse {
            spans,
            people: people.into_values().collect(),
            pruned,
        })
    }

    /// Versions whose records were pruned say what their policy was.
    fn fill_from_versions(
        &self,
        allowed: &Allowed<Audit>,
        question: &WhoCould,
        states: &mut BTreeMap<Environment, Vec<State>>,
    ) -> Result<(), VaultError> {
        let found = self.read(|work| {
            let mut found: Vec<(Environment, Vec<VersionRow>)> = Vec::new();
            for half in [Half::Live, Half::Deleted] {
                for view in work.secrets_called(self.account, &question.key, half)?.within(allowed) {
                    let secret = self.verified(work, view)?.secret;
                    let versions = work.versions(secret.id)?;
                    for version in &versions {
                        self.check_version(work, &secret, version)?;
                    }
                    found.push((secret.environment, versions));
                }
            }
            Ok::<_, VaultError>(found)
        })?;
        for (environment, versions) in found {
            let known = states.entry(environment).or_default();
            for version in versions.into_iter().filter(|it| it.created_at < question.to) {
                if !known.iter().any(|it| it.is_version && it.version == version.version) {
                    known.push(State {
                        at: version.created_at,
                        is_live: true,
                        is_version: true,
                        version: version.version,
                        agents: version.policy.agents.clone(),
                        hosts: version.policy.hosts.iter().map(ToString::to_string).collect(),
                        expires_at: None,
                        seq: None,
                    });
                }
            }
            known.sort_by_key(|it| (it.at, it.seq));
        }
        Ok(())
    }
}

/// What a record says of the secret from then on; `None` for one that changes nothing of it.
fn state(seq: u64, record: &Record, subject: &Subject) -> Option<State> {
    let (is_live, is_version) = match record.action {
        ActionKind::Set | ActionKind::Policy | ActionKind::Rollback => (true, true),
        ActionKind::Describe | ActionKind::Undelete => (true, false),
        ActionKind::Delete => (false, false),
        _ => return None,
    };
    Some(State {
        at: record.at,
        is_live,
        is_version,
        version: subject.version,
        agents: subject.agents.clone(),
        hosts: subject.hosts.clone(),
        expires_at: subject.expires_at,
        seq: Some(seq),
    })
}

/// The spans between changes that lie in the time asked for.
fn spans_of(environment: &Environment, states: &[State], question: &WhoCould) -> Vec<Span> {
    let ends = states.iter().skip(1).map(|it| it.at).chain([question.to]);
    let spans = states.iter().zip(ends).filter(|it| it.0.is_live).map(|(state, next)| {
        let expiry = state.expires_at.unwrap_or(Timestamp::MAX);
        Span {
            environment: environment.clone(),
            from: state.at.max(question.from),
            to: next.min(expiry).min(question.to),
            version: state.version,
            agents: state.agents.clone(),
            hosts: state.hosts.clone(),
            seq: state.seq,
        }
    });
    spans.filter(|it| it.from < it.to).collect()
}

fn note_person(people: &mut BTreeMap<(String, &'static str, &'static str), Person>, record: &Record) {
    let Actor { kind, name, role, .. } = &record.actor;
    let person = Person {
        kind: *kind,
        name: name.clone(),
        role: *role,
        may_reveal: Reveal::permits(*role),
        may_release: Resolve::permits(*role),
    };
    // The installation itself wrote its first record.
    if record.action != ActionKind::InstanceCreate && (person.may_reveal || person.may_release) {
        people.insert((name.clone(), kind.as_str(), role.as_str()), person);
    }
}
