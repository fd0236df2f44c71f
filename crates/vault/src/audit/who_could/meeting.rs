//! Where the times of a secret and of those who could have used it meet: what each of them could have done with it.
//!
//! The decision is the one that a request meets, asked once for each time in which nothing changed.

use distri_core::authz::{Actor, Allowed, Authority, Grants, Limits, Resolve, Reveal, Role};
use distri_core::ids::AccountId;
use distri_core::policy::AgentScope;
use distri_core::{Environment, SecretKey};

use super::holders::Tenure;
use super::policy::{Held, Histories};
use super::{Person, Source};

/// Everybody who could have used it, with the times: the user of the machine first, then people, then tokens. `None` where that
/// is more than `most` lines.
pub(super) fn people(
    account: AccountId,
    histories: &Histories<'_>,
    tenures: &[Tenure],
    most: usize,
) -> Option<Vec<Person>> {
    let mut people: Vec<Person> = Vec::new();
    for (environment, held) in histories.held() {
        for tenure in tenures {
            let decider = Decider::new(account, tenure);
            // In the order of their beginnings; where a clock was set back they overlap.
            let meets = held.iter().take_while(|it| it.from < tenure.to);
            for held in meets.filter(|it| it.to > tenure.from) {
                if let Some(person) = decider.person(environment, histories.key(), held) {
                    add(&mut people, person);
                    if people.len() > most {
                        return None;
                    }
                }
            }
        }
    }
    people.sort_by(|a, b| {
        let order = |it: &Person| {
            (
                it.kind.as_str(),
                it.name.clone(),
                it.id,
                it.environment.clone(),
                it.from,
            )
        };
        order(a).cmp(&order(b))
    });
    Some(people)
}

/// Adds a line, or makes the one before it longer where nothing else changed.
fn add(people: &mut Vec<Person>, person: Person) {
    let goes_on = |last: &&mut Person| {
        let longer = Person {
            to: person.to,
            ..(**last).clone()
        };
        last.to == person.from
            && longer
                == Person {
                    from: last.from,
                    ..person.clone()
                }
    };
    match people.last_mut().filter(goes_on) {
        Some(last) => last.to = person.to,
        None => people.push(person),
    }
}

/// What somebody could do while they had one role.
struct Decider<'t> {
    tenure: &'t Tenure,
    grants: Option<Grants>,
    reveal: Option<Allowed<Reveal>>,
    resolve: Option<Allowed<Resolve>>,
}

impl<'t> Decider<'t> {
    fn new(account: AccountId, tenure: &'t Tenure) -> Self {
        let actor = Actor {
            kind: tenure.kind,
            name: tenure.name.clone(),
            // The most that it can have been.
            role: tenure.role.unwrap_or(Role::Owner),
            id: tenure.id,
        };
        let grants = tenure.token.clone().map(Option::unwrap_or_default);
        let scopes = grants
            .as_ref()
            .and_then(|it| Some((it.scopes.clone()?, it.limits.clone())));
        let authority = match scopes {
            Some((scopes, limits)) => Authority::of_token(actor, scopes, limits),
            // A person who gives the password, or a token of which the most is assumed.
            None => Authority::of_member(actor, true),
        };
        Self {
            tenure,
            grants,
            reveal: authority.authorize(account).ok(),
            resolve: authority.authorize(account).ok(),
        }
    }

    fn person(&self, environment: &Environment, key: &SecretKey, held: &Held) -> Option<Person> {
        let tenure = self.tenure;
        let reveal = self.reveal.as_ref();
        let may_reveal = reveal.is_some_and(|it| it.reaches(environment, key, &held.agents));
        let resolve = self.resolve.as_ref().filter(|_| held.is_given);
        let resolve = resolve.filter(|it| it.reaches(environment, key, &held.agents));
        let limits = self.grants.as_ref().map(|it| &it.limits);
        let agents = resolve.and_then(|it| agents(it, limits, &held.agents));
        let (from, to) = (tenure.from.max(held.from), tenure.to.min(held.to));
        let is_able = may_reveal || agents.is_some();
        (is_able && from < to).then(|| Person {
            kind: tenure.kind,
            name: tenure.name.clone(),
            id: tenure.id,
            environment: environment.clone(),
            from,
            to,
            role: tenure.role,
            scopes: self.grants.as_ref().and_then(|it| it.scopes.clone()),
            addresses: limits.and_then(|it| it.addresses.clone()),
            may_reveal,
            may_release: agents.is_some(),
            agents,
            source: match &tenure.token {
                Some(None) => Source::Presumed,
                _ => tenure.source.max(held.source),
            },
        })
    }
}

/// For which agents it could have been given: those of the policy for which this credential may act.
fn agents(allowed: &Allowed<Resolve>, limits: Option<&Limits>, policy: &AgentScope) -> Option<AgentScope> {
    if allowed.reaches_agent(None) && *policy == AgentScope::All {
        return Some(AgentScope::All);
    }
    let named = match policy {
        AgentScope::Only(names) => Some(names),
        AgentScope::All => limits.and_then(|it| it.agents.as_ref()),
    };
    let names = named.into_iter().flatten();
    let names: Vec<_> = names.filter(|it| allowed.reaches_agent(Some(it))).cloned().collect();
    (!names.is_empty()).then(|| AgentScope::only(names))
}
