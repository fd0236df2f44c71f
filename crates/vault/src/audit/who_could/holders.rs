//! Who held a role or a token, from when to when: by the records of tokens and members, a state for each of them.
//!
//! A token acts with the role of its maker at that time, and no more than that person has later: its time is where it
//! meets theirs.

use std::collections::BTreeMap;

use distri_core::Timestamp;
use distri_core::audit::{About, ActionKind, Record};
use distri_core::authz::{Actor, ActorKind, Grants, Role};
use distri_core::ids::EntityId;
use distri_store::rows::{MemberRow, TokenRow};

use super::Source;
use super::damage::believed;
use super::time::Time;
use crate::audit::Kept;
use crate::tokens::grants;
use crate::{Caller, VaultError};

/// How the user of the machine is called, under whatever name of the operating system.
const LOCAL: &str = "whoever holds the root key";

/// What the log says of members and tokens.
pub(super) struct Holders {
    members: BTreeMap<EntityId, Membership>,
    tokens: BTreeMap<EntityId, Token>,
    /// The earliest instant that a record shows: what was before all of them began no later.
    earliest: Timestamp,
}

/// Somebody's membership.
struct Membership {
    person: Option<EntityId>,
    email: String,
    /// Each role from when on, oldest first.
    roles: Vec<Step>,
}

#[derive(Clone, Copy)]
struct Step {
    time: Time,
    role: Option<Role>,
    source: Source,
}

struct Token {
    name: String,
    /// None where the words of its record mean nothing here.
    grants: Option<Grants>,
    maker: Maker,
    time: Time,
    source: Source,
}

/// Whose role bounds a token's.
#[derive(Clone, Copy)]
enum Maker {
    /// Nobody's: the user of the machine made it.
    Machine,
    Person(EntityId),
    /// The record of its making was pruned.
    Unknown,
}

/// A time in which somebody had one role, or a token was good.
pub(super) struct Tenure {
    pub(super) kind: ActorKind,
    pub(super) name: String,
    pub(super) id: Option<EntityId>,
    pub(super) role: Option<Role>,
    /// What a token is good for; `None` inside where that is not known.
    pub(super) token: Option<Option<Grants>>,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) source: Source,
}

impl Holders {
    pub(super) fn new() -> Self {
        Self {
            members: BTreeMap::new(),
            tokens: BTreeMap::new(),
            earliest: Timestamp::MAX,
        }
    }

    /// The next record shows an earlier instant than the one before it.
    pub(super) fn set_back(&mut self, high: Timestamp, low: Timestamp) {
        let roles = self.members.values_mut().filter_map(|it| it.roles.last_mut());
        let times = roles.map(|it| &mut it.time);
        let times = times.chain(self.tokens.values_mut().map(|it| &mut it.time));
        times.for_each(|it| it.set_back(high, low));
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, record: &Record) {
        self.earliest = self.earliest.min(record.at);
        let Some(about) = &record.about else { return };
        match record.action {
            ActionKind::MemberAdd => {
                let membership = Membership {
                    person: record.actor.id,
                    email: about.name.clone(),
                    roles: vec![Step::of(record.at, about)],
                };
                self.members.insert(about.id, membership);
            }
            ActionKind::MemberRole => {
                let member = self.member(about);
                member.end(record.at);
                member.roles.push(Step::of(record.at, about));
            }
            // An invitation that was withdrawn is in its first revision, and was nobody's role.
            ActionKind::MemberRemove if self.members.contains_key(&about.id) || about.revision > 1 => {
                self.member(about).end(record.at);
            }
            ActionKind::TokenCreate => {
                let token = Token {
                    time: Time::since(record.at),
                    source: Source::Log,
                    ..Token::new(about, self.maker(&record.actor))
                };
                self.tokens.insert(about.id, token);
            }
            ActionKind::TokenRevoke => {
                let new = || Token::new(about, Maker::Unknown);
                let token = self.tokens.entry(about.id).or_insert_with(new);
                token.time.end(record.at);
            }
            _ => {}
        }
    }

    /// Whether a stored row may know more than the records do.
    pub(super) fn lack_something(&self) -> bool {
        let unread = |it: &Token| it.grants.is_none() || matches!(it.maker, Maker::Unknown);
        self.tokens.values().any(unread) || self.members.values().any(|it| it.person.is_none())
    }

    /// A member; one whose joining was pruned has been there from before the first record.
    fn member(&mut self, about: &About) -> &mut Membership {
        self.members.entry(about.id).or_insert_with(|| Membership {
            person: None,
            email: about.name.clone(),
            roles: vec![Step::unknown(Timestamp::MIN)],
        })
    }

    /// Who makes a token: a person, or a token for whom it acts itself. Records of before have no identifiers.
    fn maker(&self, actor: &Actor) -> Maker {
        match (actor.kind, actor.id) {
            (ActorKind::Local, _) => Maker::Machine,
            (ActorKind::Nobody, _) => Maker::Unknown,
            (ActorKind::Member, Some(person)) => Maker::Person(person),
            (ActorKind::Member, None) => {
                let mut members = self.members.values().filter(|it| it.email == actor.name);
                members.find_map(|it| it.person).map_or(Maker::Unknown, Maker::Person)
            }
            (ActorKind::Token, id) => {
                let token = id.and_then(|it| self.tokens.get(&it));
                token.map_or(Maker::Unknown, |it| it.maker)
            }
        }
    }

    /// A stored token that is not believed: the most that it can have been is assumed, of what no record says.
    fn presume_token(&mut self, row: &TokenRow) {
        self.tokens.entry(row.id.into()).or_insert_with(|| Token {
            name: row.name.to_string(),
            grants: None,
            maker: Maker::Unknown,
            time: Time::since(Timestamp::MIN),
            source: Source::Presumed,
        });
    }

    /// The same of a membership.
    fn presume_member(&mut self, row: &MemberRow, email: String) {
        let member = self.members.entry(row.id.into()).or_insert_with(|| Membership {
            person: None,
            email,
            roles: vec![Step::unknown(Timestamp::MIN)],
        });
        member.person.get_or_insert(row.person.into());
    }

    /// What a stored token says where its records were pruned.
    fn fill_token(&mut self, row: &TokenRow) {
        let maker = row.person.map_or(Maker::Machine, |it| Maker::Person(it.into()));
        let entry = self.tokens.entry(row.id.into());
        let token = entry.or_insert_with(|| Token {
            name: row.name.to_string(),
            grants: None,
            maker: Maker::Unknown,
            time: Time::until(row.revoked_at.unwrap_or(Timestamp::MAX)),
            source: Source::Presumed,
        });
        if token.grants.is_none() || token.source == Source::Presumed {
            token.source = Source::Database;
        }
        token.grants.get_or_insert_with(|| grants(row));
        if token.time.from == Timestamp::MIN {
            token.time.from = row.created_at.min(self.earliest).min(token.time.to);
        }
        if matches!(token.maker, Maker::Unknown) {
            token.maker = maker;
        }
    }

    /// The same of a stored membership.
    fn fill_member(&mut self, row: &MemberRow, email: String, kept: Option<Kept>) {
        let member = self.members.entry(row.id.into()).or_insert_with(|| Membership {
            person: None,
            email,
            roles: vec![Step::unknown(Timestamp::MIN)],
        });
        member.person = Some(row.person.into());
        let is_only = member.roles.len() == 1;
        if let Some(first) = member.roles.first_mut().filter(|it| it.role.is_none()) {
            if first.time.from == Timestamp::MIN {
                first.time.from = row.created_at.min(self.earliest);
            }
            let mut now = Step {
                time: first.time,
                role: Some(row.role),
                source: Source::Database,
            };
            match kept {
                // It was never changed: the role is that of the beginning.
                _ if is_only && row.revision == 1 => *first = now,
                // It was last changed before the first record that is left.
                Some(kept) if is_only => {
                    let until = first.time.to;
                    first.time = Time::since(first.time.from);
                    first.time.end(kept.at);
                    now.time.from = self.earliest;
                    now.time.to = until;
                    member.roles.push(now);
                }
                _ => {}
            }
        }
    }

    /// All of them: the user of the machine, members, tokens.
    pub(super) fn tenures(&self, pruned: bool) -> Vec<Tenure> {
        let local = Tenure {
            kind: ActorKind::Local,
            name: LOCAL.to_owned(),
            id: None,
            role: Some(Role::Owner),
            token: None,
            from: Timestamp::MIN,
            to: Timestamp::MAX,
            source: Source::Log,
        };
        let mut all = vec![local];
        for member in self.members.values() {
            all.extend(member.times().map(|(step, from, to)| Tenure {
                kind: ActorKind::Member,
                name: member.email.clone(),
                id: member.person,
                role: step.role,
                token: None,
                from,
                to,
                source: step.source,
            }));
        }
        for (id, token) in &self.tokens {
            self.token_tenures(*id, token, pruned, &mut all);
        }
        all
    }

    fn token_tenures(&self, id: EntityId, token: &Token, pruned: bool, all: &mut Vec<Tenure>) {
        let expiry = token.grants.as_ref().and_then(|it| it.expires_at);
        let until = token.time.to.min(expiry.unwrap_or(Timestamp::MAX));
        let own = token.grants.as_ref().and_then(|it| it.role);
        let tenure = |role, from: Timestamp, to: Timestamp, source| Tenure {
            kind: ActorKind::Token,
            name: token.name.clone(),
            id: Some(id),
            role,
            token: Some(token.grants.clone()),
            from: from.max(token.time.from),
            to: to.min(until),
            source: token.source.max(source),
        };
        let whole = |source| tenure(own, Timestamp::MIN, Timestamp::MAX, source);
        let Maker::Person(person) = token.maker else {
            all.push(whole(match token.maker {
                Maker::Unknown => Source::Presumed,
                _ => token.source,
            }));
            return;
        };
        let known: Vec<&Membership> = self.members.values().filter(|it| it.person == Some(person)).collect();
        // Of a membership that ended before what is left of the log nothing is known, but that the token was revoked with it.
        if known.is_empty() && pruned {
            all.push(whole(Source::Presumed));
        }
        for (step, from, to) in known.iter().flat_map(|it| it.times()) {
            let role = match (own, step.role) {
                (Some(own), Some(theirs)) => Some(own.min(theirs)),
                (own, theirs) => own.or(theirs),
            };
            all.push(tenure(role, from, to, step.source));
        }
    }
}

impl Membership {
    /// Each role with its time.
    fn times(&self) -> impl Iterator<Item = (Step, Timestamp, Timestamp)> {
        self.roles.iter().map(|it| (*it, it.time.from, it.time.to))
    }

    fn end(&mut self, at: Timestamp) {
        if let Some(last) = self.roles.last_mut() {
            last.time.end(at);
        }
    }
}

impl Step {
    /// What a record says. A role in words that mean nothing here is not known.
    fn of(at: Timestamp, about: &About) -> Self {
        let role = Grants::from_words(&about.grants).and_then(|it| it.role);
        match role {
            Some(_) => Self {
                time: Time::since(at),
                role,
                source: Source::Log,
            },
            None => Self::unknown(at),
        }
    }

    fn unknown(at: Timestamp) -> Self {
        Self {
            time: Time::since(at),
            role: None,
            source: Source::Presumed,
        }
    }
}

impl Token {
    /// A token as a record names it, from before the first record that is left.
    fn new(about: &About, maker: Maker) -> Self {
        let grants = Grants::from_words(&about.grants).filter(|it| it.scopes.is_some() && it.role.is_some());
        Self {
            name: about.name.clone(),
            grants,
            maker,
            time: Time::since(Timestamp::MIN),
            source: Source::Presumed,
        }
    }
}

impl Caller<'_> {
    /// What is stored of tokens and members whose records were pruned, and what is wrong with rows that are not believed.
    /// What was removed is not there any more.
    pub(super) fn fill_from_rows(&self, holders: &mut Holders, kept: Option<Kept>) -> Result<Vec<String>, VaultError> {
        let mut damaged = Vec::new();
        self.read(|work| {
            for token in work.tokens(self.account)? {
                match believed(self.vault.check_row(work, &token), &mut damaged)? {
                    Some(()) => holders.fill_token(&token),
                    None => holders.presume_token(&token),
                }
            }
            for member in work.members(self.account)? {
                let person = work.person(member.person)?;
                let email = person.map_or_else(|| member.person.to_string(), |it| it.email.to_string());
                match believed(self.vault.check_row(work, &member), &mut damaged)? {
                    Some(()) => holders.fill_member(&member, email, kept),
                    None => holders.presume_member(&member, email),
                }
            }
            Ok::<_, VaultError>(())
        })?;
        Ok(damaged)
    }
}
