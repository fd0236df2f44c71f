//! Best practices as rules: descriptive names, documented, rotated, separate for each environment, no more than needed.
//!
//! Rules see facts, never values. To add one, write its function in `rules`, a line in [`RULES`], and a case in the
//! tests, which walk the list.

mod rules;
mod vague_name;

use crate::agent::AgentDefinition;
use crate::clock::Timestamp;
use crate::names::{AgentName, Environment, SecretKey};
use crate::policy::Policy;

pub use rules::{EXPIRY_NOTICE_DAYS, ROTATION_DAYS, RULES};

/// What the rules may know of one secret in one environment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its key.
    pub key: SecretKey,
    /// Its environment.
    pub environment: Environment,
    /// When it was first set.
    pub created_at: Timestamp,
    /// When it was last given another value.
    pub value_changed_at: Timestamp,
    /// How many versions it has had, at least 1.
    pub versions: u32,
    /// When it stops being given out.
    pub expires_at: Option<Timestamp>,
    /// After how many days its value is to be replaced, where its owner said so.
    pub rotate_every_days: Option<u32>,
    /// Its policy.
    pub policy: Policy,
    /// Whether its value is too short or too common to be redacted.
    pub weak: bool,
    /// The note of its owner.
    pub note: Option<String>,
    /// Other environments in which this key has the very same value.
    pub same_value_as: Vec<Environment>,
}

/// What the rules may know of the rest.
#[derive(Clone, Debug)]
pub struct LintContext {
    /// The present.
    pub now: Timestamp,
    /// The agents that are known; where there are none, nothing is called unused.
    pub agents: Vec<AgentNeeds>,
    /// The environments in which required keys must be set.
    pub environments: Vec<Environment>,
}

/// The keys that one agent uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentNeeds {
    /// The agent.
    pub agent: AgentName,
    /// Required keys.
    pub required: Vec<SecretKey>,
    /// Keys it names otherwise: optional ones and those in templates.
    pub optional: Vec<SecretKey>,
}

impl From<&AgentDefinition> for AgentNeeds {
    fn from(definition: &AgentDefinition) -> Self {
        let required = definition.secrets.required.clone();
        let optional = definition
            .named_secrets()
            .into_iter()
            .filter(|it| !required.contains(it))
            .collect();
        Self {
            agent: definition.name.clone(),
            required,
            optional,
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something will break or is unsafe.
    Warning,
    /// Something could be better.
    Note,
}

impl Severity {
    /// `warning` or `note`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The secret.
    pub key: SecretKey,
    /// Its environment.
    pub environment: Environment,
    /// What is found: one sentence without a period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A rule: a name that people can look up, and a function.
#[derive(Debug)]
pub struct Rule {
    /// As in `Finding::rule`.
    pub name: &'static str,
    /// What it asks for, for help and documentation.
    pub summary: &'static str,
    /// How much its findings matter at most.
    pub severity: Severity,
    check: Check,
}

#[derive(Debug)]
enum Check {
    /// Looks at one secret.
    Each(fn(&Facts, &LintContext) -> Option<Issue>),
    /// Looks at what is not there.
    Missing(fn(&[Facts], &LintContext) -> Vec<Absence>),
}

/// A key that is not set in an environment.
type Absence = (SecretKey, Environment, Issue);

/// A finding before its rule and secret are put beside it.
#[derive(Debug)]
struct Issue {
    severity: Option<Severity>,
    message: String,
    hint: Option<String>,
}

impl Issue {
    fn new(message: impl Into<String>) -> Self {
        Self {
            severity: None,
            message: message.into(),
            hint: None,
        }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// What all rules find, by key, then environment, then the order of [`RULES`].
#[must_use]
pub fn lint(facts: &[Facts], context: &LintContext) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let mut add = |key: &SecretKey, environment: &Environment, issue: Issue| {
            findings.push(Finding {
                rule: rule.name,
                severity: issue.severity.unwrap_or(rule.severity),
                key: key.clone(),
                environment: environment.clone(),
                message: issue.message,
                hint: issue.hint,
            });
        };
        match rule.check {
            Check::Each(check) => {
                for it in facts {
                    if let Some(issue) = check(it, context) {
                        add(&it.key, &it.environment, issue);
                    }
                }
            }
            Check::Missing(check) => check(facts, context)
                .into_iter()
                .for_each(|(key, environment, issue)| add(&key, &environment, issue)),
        }
    }
    // Stable: the order of the rules stays inside one secret.
    findings.sort_by(|a, b| (&a.key, &a.environment).cmp(&(&b.key, &b.environment)));
    findings
}

#[cfg(test)]
mod tests;
