//! Which agents use a secret.

use distri_core::policy::AgentScope;
use distri_core::{AgentName, SecretKey};
use maud::{Markup, html};

use crate::error::ApiError;
use crate::web::Visit;

/// The agents whose definitions name a key.
pub(super) struct Dependents {
    pub(super) required_by: Vec<AgentName>,
    pub(super) used_by: Vec<AgentName>,
}

impl Dependents {
    /// Those that the policy lets use it.
    pub(super) fn of(visit: &Visit<'_>, key: &SecretKey, agents: &AgentScope) -> Result<Self, ApiError> {
        let mut found = Self {
            required_by: Vec::new(),
            used_by: Vec::new(),
        };
        for agent in visit.caller.agents()? {
            if !agents.includes(Some(&agent.name)) {
                continue;
            }
            if agent.required.contains(key) {
                found.required_by.push(agent.name);
            } else if agent.optional.contains(key) {
                found.used_by.push(agent.name);
            }
        }
        Ok(found)
    }

    /// Who they are, in a sentence each.
    pub(super) fn shown(&self) -> Markup {
        html! {
            @if !self.required_by.is_empty() { p { "Required by " (names(&self.required_by)) ": without it they do not start." } }
            @if !self.used_by.is_empty() { p { "Used where it is set by " (names(&self.used_by)) "." } }
            @if self.required_by.is_empty() && self.used_by.is_empty() {
                p { "No agent that was pushed to this account names it." }
            }
        }
    }
}

fn names(agents: &[AgentName]) -> Markup {
    html! {
        @for (index, name) in agents.iter().enumerate() {
            @if index > 0 { ", " }
            strong { (name) }
        }
    }
}
