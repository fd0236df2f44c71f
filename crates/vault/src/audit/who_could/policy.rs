//! What held of a secret from change to change.
//!
//! A record of a change says what held after it: which agents, which hosts, until when. Laid one after the other they
//! give spans; each span lasts until the next change, a deletion or the expiry.

use std::collections::{BTreeMap, BTreeSet};

use distri_core::audit::{ActionKind, Record, Subject};
use distri_core::authz::{Allowed, Audit};
use distri_core::policy::AgentScope;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_store::lists::Half;
use distri_store::rows::{SecretRow, VersionRow};

use super::damage::believed;
use super::time::Time;
use super::{Source, Span, WhoCould};
use crate::{Caller, VaultError};

/// What is known of the secrets that have the key, by environment.
pub(super) struct Histories<'q> {
    pub(super) question: &'q WhoCould,
    states: BTreeMap<Environment, Vec<State>>,
    /// The versions of which there are records.
    logged: BTreeSet<(Environment, u32)>,
    /// Where the stored secret is not believed.
    doubtful: BTreeSet<Environment>,
    is_known: bool,
}

/// What is known after one change.
struct State {
    /// When it was made, as its record or row says.
    at: Timestamp,
    time: Time,
    is_live: bool,
    /// Whether this change made the version.
    is_version: bool,
    version: u32,
    agents: AgentScope,
    hosts: Vec<String>,
    expires_at: Option<Timestamp>,
    seq: Option<u64>,
    source: Source,
}

/// A time in which the same agents could use it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) agents: AgentScope,
    /// Whether it was given out: past its expiry it is still read by people, and given to no run.
    pub(super) is_given: bool,
    pub(super) source: Source,
}

impl<'q> Histories<'q> {
    pub(super) fn new(question: &'q WhoCould) -> Self {
        Self {
            question,
            states: BTreeMap::new(),
            logged: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            is_known: false,
        }
    }

    /// The next record shows an earlier instant than the one before it.
    pub(super) fn set_back(&mut self, high: Timestamp, low: Timestamp) {
        let last = self.states.values_mut().filter_map(|it| it.last_mut());
        last.for_each(|it| it.time.set_back(high, low));
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, seq: u64, record: &Record) {
        let Some(environment) = record.environment.as_ref().filter(|it| self.asks(it)) else {
            return;
        };
        for subject in record.subjects.iter().filter(|it| it.key == self.question.key) {
            self.is_known = true;
            if let Some(state) = State::after(seq, record, subject) {
                if state.is_version {
                    self.logged.insert((environment.clone(), state.version));
                }
                let states = self.states.entry(environment.clone()).or_default();
                push(states, state, self.question);
            }
        }
    }

    /// Whether there ever was such a secret.
    pub(super) fn is_known(&self) -> bool {
        self.is_known
    }

    pub(super) fn key(&self) -> &SecretKey {
        &self.question.key
    }

    fn asks(&self, environment: &Environment) -> bool {
        self.question.environment.as_ref().is_none_or(|it| it == environment)
    }

    /// The spans of policies that lie in the time asked for, oldest first.
    pub(super) fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for (environment, states) in &self.states {
            spans.extend(self.lives(states).filter_map(|(state, from, to)| {
                let to = to.min(state.expires_at.unwrap_or(Timestamp::MAX));
                (from < to).then(|| Span {
                    environment: environment.clone(),
                    from,
                    to,
                    version: state.version,
                    agents: state.agents.clone(),
                    hosts: state.hosts.clone(),
                    seq: state.seq,
                    source: state.source,
                })
            }));
        }
        spans.sort_by_key(|it| it.from);
        spans
    }

    /// For each environment, when it was there and for whom, oldest first; neighbours differ.
    pub(super) fn held(&self) -> impl Iterator<Item = (&Environment, Vec<Held>)> {
        self.states.iter().map(|(environment, states)| {
            let mut all: Vec<Held> = Vec::new();
            for (state, from, to) in self.lives(states) {
                let expiry = state.expires_at.unwrap_or(Timestamp::MAX).clamp(from, to);
                for (from, to, is_given) in [(from, expiry, true), (expiry, to, false)] {
                    if from < to {
                        let held = Held {
                            from,
                            to,
                            agents: state.agents.clone(),
                            is_given,
                            source: state.source,
                        };
                        add(&mut all, held);
                    }
                }
            }
            all.sort_by_key(|it| it.from);
            (environment, all)
        })
    }

    /// The times between changes in which it was there, as far as they lie in the time asked for.
    fn lives<'s>(&self, states: &'s [State]) -> impl Iterator<Item = (&'s State, Timestamp, Timestamp)> {
        let (from, to) = (self.question.from, self.question.to);
        let lives = states.iter().filter(|it| it.is_live);
        lives
            .map(move |it| (it, it.time.from.max(from), it.time.to.min(to)))
            .filter(|it| it.1 < it.2)
    }

    /// What the stored secret says where records of it were pruned.
    fn fill(&mut self, secret: &SecretRow, mut versions: Vec<(VersionRow, bool)>) {
        if !self.asks(&secret.environment) {
            return;
        }
        self.is_known = true;
        let known = self.states.entry(secret.environment.clone()).or_default();
        versions.sort_by_key(|it| it.0.version);
        versions.retain(|it| !self.logged.contains(&(secret.environment.clone(), it.0.version)));
        // What was pruned was before all that is left.
        let first = known.iter().position(|it| it.seq.is_some()).unwrap_or(known.len());
        known.splice(
            first..first,
            versions.iter().map(|it| match it {
                (version, true) => State::of_version(version),
                (version, false) => State::presumed(version.version, version.created_at),
            }),
        );
        // With no record of it left, what its row says has held since before the first one that is.
        if let Some(last) = known.last_mut().filter(|it| it.seq.is_none()) {
            last.expires_at = secret.expires_at;
            let gone = secret.deleted_at.map(|at| State {
                at,
                time: Time::since(at),
                is_live: false,
                is_version: false,
                version: last.version,
                agents: last.agents.clone(),
                hosts: Vec::new(),
                expires_at: None,
                seq: None,
                source: Source::Database,
            });
            known.extend(gone);
        }
        let nexts: Vec<Timestamp> = known.iter().skip(1).map(|it| it.at).collect();
        for (state, next) in known.iter_mut().zip(nexts).filter(|it| it.0.seq.is_none()) {
            state.time.end(next);
        }
    }

    /// A stored secret that is not believed.
    fn doubt(&mut self, environment: Environment, version: u32) {
        if !self.asks(&environment) {
            return;
        }
        self.is_known = true;
        let states = self.states.entry(environment.clone()).or_default();
        if states.is_empty() {
            states.push(State::presumed(version, Timestamp::MIN));
        }
        self.doubtful.insert(environment);
    }

    /// What was before the first record that is left, where nothing says when it began: it is taken to have been there.
    pub(super) fn presume(&mut self) {
        for (environment, states) in &mut self.states {
            let is_doubtful = self.doubtful.contains(environment);
            let first = states
                .first()
                .filter(|it| it.seq.is_some() && !(it.is_version && it.version == 1));
            // What did not make its version found the same policy.
            let presumed = first.map(|it| State {
                at: Timestamp::MIN,
                time: Time::until(it.at),
                is_live: true,
                is_version: false,
                version: it.version,
                agents: if it.is_version || is_doubtful {
                    AgentScope::All
                } else {
                    it.agents.clone()
                },
                hosts: if it.is_version || is_doubtful {
                    Vec::new()
                } else {
                    it.hosts.clone()
                },
                expires_at: None,
                seq: None,
                source: Source::Presumed,
            });
            states.splice(0..0, presumed);
        }
    }
}

impl State {
    /// What a record says of the secret from then on; `None` for one that changes nothing of it.
    fn after(seq: u64, record: &Record, subject: &Subject) -> Option<Self> {
        let (is_live, is_version) = match record.action {
            ActionKind::Set | ActionKind::Policy | ActionKind::Rollback | ActionKind::Promote => (true, true),
            ActionKind::Describe | ActionKind::Undelete => (true, false),
            ActionKind::Delete | ActionKind::Purge => (false, false),
            _ => return None,
        };
        Some(Self {
            at: record.at,
            time: Time::since(record.at),
            is_live,
            is_version,
            version: subject.version,
            agents: subject.agents.clone(),
            hosts: subject.hosts.clone(),
            expires_at: subject.expires_at,
            seq: Some(seq),
            source: Source::Log,
        })
    }

    /// The most that a version can have been.
    fn presumed(version: u32, at: Timestamp) -> Self {
        Self {
            at,
            time: Time::since(Timestamp::MIN),
            is_live: true,
            is_version: true,
            version,
            agents: AgentScope::All,
            hosts: Vec::new(),
            expires_at: None,
            seq: None,
            source: Source::Presumed,
        }
    }

    fn of_version(version: &VersionRow) -> Self {
        Self {
            at: version.created_at,
            time: Time::since(version.created_at),
            is_live: true,
            is_version: true,
            version: version.version,
            agents: version.policy.agents.clone(),
            hosts: version.policy.hosts.iter().map(ToString::to_string).collect(),
            expires_at: None,
            seq: None,
            source: Source::Database,
        }
    }
}

/// Adds a time, or makes the one before it longer.
fn add(all: &mut Vec<Held>, held: Held) {
    let goes_on = |it: &&mut Held| {
        (it.to, &it.agents, it.is_given, it.source) == (held.from, &held.agents, held.is_given, held.source)
    };
    match all.last_mut().filter(goes_on) {
        Some(last) => last.to = held.to,
        None => all.push(held),
    }
}

/// What ended outside the time asked for counts no more; but the first tells what was before it.
fn push(states: &mut Vec<State>, state: State, question: &WhoCould) {
    let is_only = states.len() == 1;
    if let Some(last) = states.last_mut() {
        last.time.end(state.at);
        let is_before = last.time.to <= question.from;
        if is_before || (last.time.from >= question.to && !is_only) {
            states.pop();
        }
    }
    states.push(state);
}

impl Caller<'_> {
    /// Versions whose records were pruned say what their policy was; what is wrong with those that are not believed.
    pub(super) fn fill_from_versions(
        &self,
        allowed: &Allowed<Audit>,
        histories: &mut Histories<'_>,
    ) -> Result<Vec<String>, VaultError> {
        let mut damaged = Vec::new();
        self.read(|work| {
            for half in [Half::Live, Half::Deleted] {
                let secrets = work.secrets_called(self.account, histories.key(), half)?;
                for view in secrets.within(allowed) {
                    let secret = view.secret.clone();
                    if believed(self.verified(work, view), &mut damaged)?.is_none() {
                        histories.doubt(secret.environment, secret.current_version);
                        continue;
                    }
                    let mut versions = Vec::new();
                    for version in work.versions(secret.id)? {
                        let checked = self.check_version(work, &secret, &version);
                        versions.push((version, believed(checked, &mut damaged)?.is_some()));
                    }
                    histories.fill(&secret, versions);
                }
            }
            Ok::<_, VaultError>(())
        })?;
        Ok(damaged)
    }
}
