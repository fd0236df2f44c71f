//! What a policy would have refused: the rules of the broker, asked about a request that was recorded.

use std::fmt;

use super::observed::{ObservedRequest, Spot};
use crate::names::{AgentName, SecretKey};
use crate::policy::{Given, Policy};

/// The rule by which a policy refuses a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The run's agent may not have the secret at all.
    Agent,
    /// No binding covers host, port, path and method.
    Host,
    /// It stood where no placeholder is filled, or in a body without the policy's word.
    Spot(Spot),
    /// It stood there more than once, and a placeholder is filled once.
    TooOften,
}

impl Refusal {
    /// The rule's name.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Agent => "not-for-this-agent",
            Self::Host => "wrong-host",
            Self::Spot(_) => "wrong-place",
            Self::TooOften => "too-often",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent => f.write_str("the run's agent may not use it"),
            Self::Host => f.write_str("no binding covers it"),
            Self::Spot(Spot::Body) => f.write_str("the policy does not permit bodies"),
            Self::Spot(spot) => write!(f, "no placeholder is filled there: {spot}"),
            Self::TooOften => f.write_str("a placeholder is filled once in a request"),
        }
    }
}

/// Why `policy` for the secret `key` refuses `request` of a run by `agent`; `None` when it permits it, which is so of
/// every request that does not carry the secret.
#[must_use]
pub fn refusal(
    policy: &Policy,
    key: &SecretKey,
    agent: Option<&AgentName>,
    request: &ObservedRequest,
) -> Option<Refusal> {
    let mut spots = request.spots(key).peekable();
    spots.peek()?;
    if !policy.agents.includes(agent) {
        return Some(Refusal::Agent);
    }
    if !policy.allows(&request.target()) {
        return Some(Refusal::Host);
    }
    if policy.given() == Given::Value {
        return None;
    }
    let mut times = 0;
    for spot in spots {
        times += 1;
        match spot {
            Spot::Header(_) | Spot::Basic | Spot::Query => {}
            Spot::Body if policy.body => {}
            Spot::Body | Spot::Elsewhere(_) => return Some(Refusal::Spot(spot.clone())),
        }
    }
    (times > 1).then_some(Refusal::TooOften)
}
