//! The least policy that permits what a run did, generalised no further than what it did shows.
//!
//! For each origin one binding: the methods that were used, and the longest common beginning of the paths, in whole
//! segments. One path alone says nothing about which part of it changes from call to call, so the path is left out
//! then; and it ends before the first segment that looks like the name of a single thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::observed::{ObservedRequest, Spot};
use super::refusal::{Refusal, refusal};
use crate::names::SecretKey;
use crate::policy::{Binding, Delivery, Policy, Scheme};

/// The policy that is proposed, and what a person should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The whole policy as it would be.
    pub policy: Policy,
    /// Why it is not narrower, and what it does not permit.
    pub notes: Vec<Note>,
}

/// Something that a person should know about a proposal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// The path is not in a binding, because it was always the same one.
    OnePath {
        /// Where.
        origin: String,
    },
    /// No binding can name this place.
    NoBinding {
        /// Where.
        origin: String,
    },
    /// A run goes on getting the value, because a placeholder would not be filled.
    NeedsValue {
        /// Why not.
        why: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnePath { origin } => write!(
                f,
                "{origin}: one path was seen, which does not show what of it is always the same, so the path is left open"
            ),
            Self::NoBinding { origin } => write!(f, "{origin}: no binding can name it; requests to it will be refused"),
            Self::NeedsValue { why } => write!(f, "runs still get the value, since {why}"),
        }
    }
}

/// The least policy under which `requests` may carry `key`; `None` when none of them does, or none could be permitted.
/// What `current` says beside hosts, bodies and delivery stays.
#[must_use]
pub fn propose(key: &SecretKey, current: &Policy, requests: &[&ObservedRequest]) -> Option<Proposal> {
    let carrying: Vec<&ObservedRequest> = requests
        .iter()
        .copied()
        .filter(|it| it.spots(key).next().is_some())
        .collect();
    let mut origins: BTreeMap<(Scheme, &str, u16), Vec<&ObservedRequest>> = BTreeMap::new();
    for request in &carrying {
        let origin = (request.scheme, request.host.as_str(), request.port);
        origins.entry(origin).or_default().push(request);
    }
    let mut notes = BTreeSet::new();
    let mut hosts = Vec::new();
    for requests in origins.values() {
        let origin = || requests[0].origin();
        match binding(requests) {
            None => {
                notes.insert(Note::NoBinding { origin: origin() });
            }
            Some((binding, is_whole)) => {
                if !is_whole {
                    notes.insert(Note::OnePath { origin: origin() });
                }
                hosts.push(binding);
            }
        }
    }
    if hosts.is_empty() {
        return None;
    }
    let mut policy = Policy {
        hosts,
        body: current.body || carrying.iter().any(|it| it.spots(key).any(|it| *it == Spot::Body)),
        ..current.clone()
    };
    let misplaced = |request: &&ObservedRequest| match refusal(&policy, key, policy.agents.names().next(), request) {
        Some(Refusal::Spot(spot)) => Some(format!("it stood where no placeholder is filled: {spot}")),
        Some(Refusal::TooOften) => Some("it stood more than once in a request".to_owned()),
        Some(Refusal::Host | Refusal::Agent) | None => None,
    };
    if let Some(why) = carrying.iter().find_map(misplaced) {
        policy.delivery = Delivery::Value;
        notes.insert(Note::NeedsValue { why });
    }
    Some(Proposal {
        policy: policy.canonical(),
        notes: notes.into_iter().collect(),
    })
}

/// The least binding over requests to one origin, and whether more than one path was seen.
fn binding(requests: &[&ObservedRequest]) -> Option<(Binding, bool)> {
    let methods: BTreeSet<&str> = requests.iter().map(|it| it.method.as_str()).collect();
    let paths: BTreeSet<&str> = requests.iter().map(|it| it.path.as_str()).collect();
    let prefix = if paths.len() > 1 { common(&paths) } else { String::new() };
    let place = format!("{}{prefix}", requests[0].origin());
    let methods: Vec<&str> = methods.into_iter().collect();
    let narrow: Result<Binding, _> = format!("{} {place}", methods.join(",")).parse();
    // A method of another alphabet is in no binding; then all are.
    let binding = narrow.or_else(|_| place.parse()).ok()?;
    Some((binding, paths.len() > 1))
}

/// The longest common beginning of paths, in whole segments, up to the first that may name a single thing.
fn common(paths: &BTreeSet<&str>) -> String {
    let segments = |path: &&str| path.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>();
    let mut paths = paths.iter().map(segments);
    let first = paths.next().unwrap_or_default();
    let shared = paths.fold(first, |shared, other| {
        let same = shared.iter().zip(&other).take_while(|(one, two)| one == two).count();
        shared[..same].to_vec()
    });
    let kept = shared.iter().take_while(|it| is_plain(it));
    kept.fold(String::new(), |prefix, segment| prefix + "/" + segment)
}

/// Whether a segment is a word of an interface (`v1`, `chat`, `2023-10`, `send-mail`) and not the name of one thing in
/// it (`ch_3MtwBw`, `42`, a UUID): letters, with digits only in a version or a date.
fn is_plain(segment: &str) -> bool {
    const LONGEST: usize = 32;
    let is_word = segment.bytes().all(|b| b.is_ascii_alphabetic() || b"-_.".contains(&b));
    let is_version = segment
        .strip_prefix(['v', 'V'])
        .is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()) && it.len() <= 8);
    let is_date = segment.len() >= 7
        && segment.len() <= 10
        && segment.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    (1..=LONGEST).contains(&segment.len()) && (is_word || is_version || is_date)
}
