//! Who could have used a secret, told by the log, against what each of them really could at every instant: the system is
//! asked itself, with every credential, after each of many random changes.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use distri_core::authz::{Limits, Role};
use distri_core::credential::PlainToken;
use distri_core::ids::{RunId, TokenId};
use distri_core::policy::AgentScope;
use distri_core::{AgentName, Clock, Environment, SecretValue, SystemClock, Timestamp};
use distri_vault::audit::{CouldUse, Person, WhoCould};
use distri_vault::people::{Joining, NewInvitation, SignedIn};
use distri_vault::secrets::{Edit, ReleaseSecrets, Selection, SetSecret, UpdateSecret};
use distri_vault::tokens::NewToken;
use distri_vault::{Caller, Vault};

use crate::holders::{LOCAL, owner, password};
use crate::support::{Place, ada, key};

const KEYS: [&str; 2] = ["A", "B"];
const AGENTS: [&str; 2] = ["mailer", "payer"];
const ENVIRONMENTS: [&str; 2] = ["default", "prod"];

/// Numbers by chance, the same for the same seed (Knuth's MMIX generator, its upper half).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn once_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self, all: &[&str]) -> T {
        self.one_of(all).parse().unwrap()
    }
}

/// What somebody could really do at one instant.
#[derive(Debug, PartialEq, Eq)]
struct Fact {
    at: Timestamp,
    name: String,
    environment: Environment,
    may_reveal: bool,
    /// For no agent, and for each of those there are.
    released: [bool; 3],
}

struct Story<'v> {
    place: &'v Place,
    vault: &'v Vault,
    chance: Chance,
    tokens: Vec<(String, TokenId, PlainToken)>,
    people: Vec<(String, SignedIn)>,
}

fn peer() -> IpAddr {
    "192.0.2.7".parse().unwrap()
}

impl<'v> Story<'v> {
    fn begin(place: &'v Place, vault: &'v Vault, seed: u64) -> Self {
        let mut story = Self {
            place,
            vault,
            chance: Chance(seed),
            tokens: Vec::new(),
            people: vec![("ada".to_owned(), owner(vault, "ada"))],
        };
        for (name, role) in [("ann", Role::Admin), ("max", Role::Member), ("vic", Role::Viewer)] {
            story.join(name, role);
        }
        story
    }

    fn join(&mut self, name: &str, role: Role) {
        let new = NewInvitation {
            email: format!("{name}@example.com").parse().unwrap(),
            role,
        };
        let Ok((link, _)) = ada(self.vault).invite(&new) else {
            return;
        };
        let joining = Joining {
            name: Some(name.parse().unwrap()),
            password: password(),
        };
        let joined = self.vault.accept_invitation(&link.presented(), &joining, peer());
        self.people.retain(|it| it.0 != name);
        self.people.push((name.to_owned(), joined.unwrap()));
    }

    /// Somebody, or the user of the machine.
    fn somebody(&mut self) -> Caller<'v> {
        let index = self.chance.below(self.people.len() + 1);
        let person = self.people.get(index);
        let caller = person.and_then(|it| self.vault.authenticate_session(&it.1.session.presented()).ok());
        caller.map_or_else(|| ada(self.vault), |it| it.0)
    }

    /// Something happens, or is refused.
    fn happens(&mut self) {
        let caller = ada(self.vault);
        let environment: Environment = self.chance.name(&ENVIRONMENTS);
        let a = key("A");
        match self.chance.below(15) {
            0 | 1 => {
                let value = SecretValue::new(b"a value".to_vec()).unwrap();
                let _ = caller.set(&SetSecret::new(a, environment, value));
            }
            2 => {
                let mut only = || AgentScope::only(AGENTS.into_iter().filter(|_| self.chance.once_in(2)).map(agent));
                let agents = [only(), only(), AgentScope::All];
                let change = UpdateSecret {
                    agents: Edit::Set(self.chance.one_of(&agents)),
                    ..UpdateSecret::default()
                };
                let _ = caller.update(&a, &environment, &change);
            }
            3 => {
                let soon = self.place.clock_in(1 + self.chance.below(4) as i64);
                let change = UpdateSecret {
                    expires_at: Edit::Set(self.chance.one_of(&[None, Some(soon)])),
                    ..UpdateSecret::default()
                };
                let _ = caller.update(&a, &environment, &change);
            }
            4 => drop(caller.delete(&a, &environment)),
            5 => drop(caller.undelete(&a, &environment)),
            6 => drop(caller.rollback(&a, &environment, None)),
            7 => {
                let value = SecretValue::new(b"another".to_vec()).unwrap();
                let _ = caller.stage(&a, &environment, &value);
                let _ = caller.promote(&a, &environment);
            }
            8 if self.chance.once_in(3) => drop(caller.purge(&a, &environment)),
            9..=11 => self.make_token(),
            12 if !self.tokens.is_empty() => {
                let index = self.chance.below(self.tokens.len());
                let _ = caller.revoke_token(self.tokens[index].1);
            }
            13 => {
                let members = caller.members().unwrap();
                let person = self.chance.one_of(&members).id;
                let role = self.chance.one_of(&Role::ALL);
                let _ = self.somebody().change_role(person, role);
            }
            _ => {
                let members = caller.members().unwrap();
                let gone = self.chance.one_of(&members);
                if caller.remove_member(gone.id).is_ok() && self.chance.once_in(2) {
                    let role = self.chance.one_of(&Role::ALL);
                    self.join(gone.name.as_str(), role);
                }
            }
        }
    }

    fn make_token(&mut self) {
        let all = [
            "read,reveal,resolve",
            "resolve",
            "reveal",
            "read,write",
            "admin,resolve",
            "admin",
        ];
        let scopes = self.chance.one_of(&all).parse().unwrap();
        let mut limits = Limits::default();
        match self.chance.below(8) {
            0 => limits.keys = Some([self.chance.name(&KEYS)].into()),
            1 => limits.agents = Some([self.chance.name(&AGENTS)].into()),
            2 => limits.environments = Some([self.chance.name(&ENVIRONMENTS)].into()),
            3 => {
                limits.keys = Some([key("A"), key("B")].into());
                limits.addresses = Some(["192.0.2.0/24".parse().unwrap()].into());
            }
            _ => {}
        }
        let expiry = self.place.clock_in(1 + self.chance.below(9) as i64);
        let name = format!("t{}", self.tokens.len());
        let new = NewToken {
            name: name.parse().unwrap(),
            scopes,
            limits,
            expires_at: self.chance.one_of(&[None, Some(expiry)]),
        };
        // A token makes some of them.
        let by_token = self.tokens.last().filter(|_| self.chance.once_in(3));
        let maker = by_token.and_then(|it| self.vault.authenticate_token(&it.2.presented(), peer()).ok());
        let maker = maker.unwrap_or_else(|| self.somebody());
        if let Ok((plain, view)) = maker.create_token(&new) {
            self.tokens.push((name, view.id.parse().unwrap(), plain));
        }
    }

    /// What everybody can do now, whoever they were.
    fn facts(&self, facts: &mut Vec<Fact>) {
        let mut ask = |name: &str, caller: Option<Caller<'_>>| {
            for environment in ENVIRONMENTS.map(|it| it.parse().unwrap()) {
                facts.push(fact(
                    name.to_owned(),
                    caller.as_ref(),
                    environment,
                    self.place.clock.now(),
                ));
            }
        };
        ask(LOCAL, Some(ada(self.vault)));
        for (name, signed_in) in &self.people {
            let caller = self.vault.authenticate_session(&signed_in.session.presented());
            ask(&format!("{name}@example.com"), caller.ok().map(|it| it.0));
        }
        for (name, _, token) in &self.tokens {
            ask(name, self.vault.authenticate_token(&token.presented(), peer()).ok());
        }
    }
}

fn agent(name: &str) -> AgentName {
    name.parse().unwrap()
}

fn fact(name: String, caller: Option<&Caller<'_>>, environment: Environment, at: Timestamp) -> Fact {
    let release = |agent: Option<AgentName>| {
        let request = ReleaseSecrets {
            agent,
            environment: environment.clone(),
            selection: Selection::Present([key("A")].into()),
        };
        let released = caller.map(|it| it.release(RunId::new(&SystemClock), &request));
        released.is_some_and(|it| it.is_ok_and(|it| !it.secrets.is_empty()))
    };
    Fact {
        at,
        name,
        may_reveal: caller.is_some_and(|it| it.reveal(&key("A"), &environment, None).is_ok()),
        released: [None, Some(agent(AGENTS[0])), Some(agent(AGENTS[1]))].map(release),
        environment,
    }
}

/// What the answer says of the same.
fn told(answer: &CouldUse, fact: &Fact) -> Fact {
    let is_it = |it: &&Person| {
        it.name == fact.name && it.environment == fact.environment && (it.from..it.to).contains(&fact.at)
    };
    let lines: Vec<&Person> = answer.people.iter().filter(is_it).collect();
    let names = [None, Some(agent(AGENTS[0])), Some(agent(AGENTS[1]))];
    let includes = |name: &Option<AgentName>| {
        let mut scopes = lines.iter().filter_map(|it| it.agents.as_ref());
        scopes.any(|it| it.includes(name.as_ref()))
    };
    Fact {
        at: fact.at,
        name: fact.name.clone(),
        environment: fact.environment.clone(),
        may_reveal: lines.iter().any(|it| it.may_reveal),
        released: names.each_ref().map(includes),
    }
}

fn ask(vault: &Vault, from: Timestamp, to: Timestamp) -> CouldUse {
    let question = WhoCould {
        key: key("A"),
        environment: None,
        from,
        to,
    };
    ada(vault).who_could(&question).unwrap()
}

/// A place whose records need not be flushed one by one, and in which `A` is set.
fn with_a_secret() -> (Place, Vault) {
    let mut place = Place::new();
    place.settings.flush = "interval".parse().unwrap();
    let vault = place.open();
    let value = SecretValue::new(b"a value".to_vec()).unwrap();
    ada(&vault)
        .set(&SetSecret::new(key("A"), Environment::default(), value))
        .unwrap();
    (place, vault)
}

#[test]
fn who_could_is_who_really_could_at_every_instant() {
    let seconds = std::env::var("DISTRI_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok());
    let (began, long) = (Instant::now(), Duration::from_secs(seconds.unwrap_or(0)));
    let mut seed = 1;
    while seed <= 2 || began.elapsed() < long {
        let (place, vault) = with_a_secret();
        let start = place.clock.now();
        let mut story = Story::begin(&place, &vault, seed);
        let mut facts = Vec::new();
        for _ in 0..30 {
            place.wait(1);
            story.happens();
            story.facts(&mut facts);
        }
        let end = place.clock_in(1);
        let answer = ask(&vault, start, end);
        for fact in &facts {
            assert_eq!(told(&answer, fact), *fact, "seed {seed}");
        }
        let middle = start.checked_add(Duration::from_secs(15)).unwrap();
        for (from, to) in [(start, middle), (middle, end)] {
            let answer = ask(&vault, from, to);
            for fact in facts.iter().filter(|it| (from..to).contains(&it.at)) {
                assert_eq!(told(&answer, fact), *fact, "seed {seed}");
            }
            assert!(
                answer
                    .people
                    .iter()
                    .all(|it| from <= it.from && it.from < it.to && it.to <= to)
            );
        }
        // Of what was pruned the most is assumed: nobody who could is missing.
        ada(&vault).prune_audit(middle).unwrap();
        let answer = ask(&vault, start, end);
        let kept = answer.kept.unwrap();
        for fact in facts.iter().filter(|it| it.at >= kept.at) {
            assert_covered(&answer, fact, seed);
        }
        seed += 1;
    }
}

#[test]
fn whoever_could_is_named_whatever_the_clock_showed() {
    for seed in 1..=2 {
        let (place, vault) = with_a_secret();
        let mut story = Story::begin(&place, &vault, seed);
        let mut facts = Vec::new();
        for _ in 0..30 {
            // Ahead and back, and mostly on.
            place.wait(match story.chance.below(6) {
                0 => 20,
                1 => -17,
                _ => 1,
            });
            story.happens();
            story.facts(&mut facts);
        }
        let start = facts.iter().map(|it| it.at).min().unwrap();
        let end = facts.iter().map(|it| it.at).max().unwrap() + Duration::from_secs(1);
        let middle = start + Duration::from_secs((end.as_second() - start.as_second()) as u64 / 2);
        for (from, to) in [(start, end), (start, middle), (middle, end)] {
            let answer = ask(&vault, from, to);
            for fact in facts.iter().filter(|it| (from..to).contains(&it.at)) {
                assert_covered(&answer, fact, seed);
            }
        }
    }
}

/// Nobody who could is missing.
fn assert_covered(answer: &CouldUse, fact: &Fact, seed: u64) {
    let told = told(answer, fact);
    let mut released = told.released.iter().zip(fact.released);
    let is_covered = told.may_reveal >= fact.may_reveal && released.all(|(told, really)| *told >= really);
    assert!(is_covered, "seed {seed}: {fact:?}, and it is said: {told:?}");
}
