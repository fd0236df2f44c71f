//! The rules, in the order a reader wants them: what breaks first, then what is unsafe, then what could be better.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::vague_name::is_vague;
use super::{Absence, Check, Facts, Issue, LintContext, Rule, Severity};
use crate::catalogue::Catalogue;
use crate::names::{AgentName, SecretKey};

/// A value older than this many days should be replaced.
pub const ROTATION_DAYS: i64 = 90;

/// An expiry nearer than this many days is told.
pub const EXPIRY_NOTICE_DAYS: i64 = 14;

/// Every rule.
pub static RULES: &[Rule] = &[
    Rule {
        name: "missing",
        summary: "a required secret is set in every environment",
        severity: Severity::Warning,
        check: Check::Missing(missing),
    },
    Rule {
        name: "expired",
        summary: "an expired secret is replaced or deleted",
        severity: Severity::Warning,
        check: Check::Each(expired),
    },
    Rule {
        name: "expiring",
        summary: "a secret is replaced before it expires",
        severity: Severity::Warning,
        check: Check::Each(expiring),
    },
    Rule {
        name: "weak",
        summary: "a value is long enough to be redacted",
        severity: Severity::Warning,
        check: Check::Each(weak),
    },
    Rule {
        name: "same-in-environments",
        summary: "each environment has its own value",
        severity: Severity::Warning,
        check: Check::Each(same_in_environments),
    },
    Rule {
        name: "unbound",
        summary: "a secret names the hosts its value may go to",
        severity: Severity::Warning,
        check: Check::Each(unbound),
    },
    Rule {
        name: "rotation-near",
        summary: "a value is replaced by the day that its owner named",
        severity: Severity::Note,
        check: Check::Each(rotation_near),
    },
    Rule {
        name: "never-rotated",
        summary: "a value is replaced within 90 days of its making",
        severity: Severity::Warning,
        check: Check::Each(never_rotated),
    },
    Rule {
        name: "stale",
        summary: "a value is replaced every 90 days",
        severity: Severity::Warning,
        check: Check::Each(stale),
    },
    Rule {
        name: "vague-name",
        summary: "a key says what it is for",
        severity: Severity::Warning,
        check: Check::Each(vague_name),
    },
    Rule {
        name: "unused",
        summary: "only what an agent needs is stored",
        severity: Severity::Note,
        check: Check::Each(unused),
    },
    Rule {
        name: "undocumented",
        summary: "a secret is well known or has a note",
        severity: Severity::Note,
        check: Check::Each(undocumented),
    },
];

fn missing(facts: &[Facts], context: &LintContext) -> Vec<Absence> {
    let set: BTreeSet<_> = facts.iter().map(|it| (&it.environment, &it.key)).collect();
    let mut required: BTreeMap<&SecretKey, BTreeSet<&AgentName>> = BTreeMap::new();
    for needs in &context.agents {
        for key in &needs.required {
            required.entry(key).or_default().insert(&needs.agent);
        }
    }
    let mut issues = Vec::new();
    for environment in context.environments.iter().collect::<BTreeSet<_>>() {
        for (key, agents) in required.iter().filter(|(key, _)| !set.contains(&(environment, **key))) {
            let agents: Vec<_> = agents.iter().map(|it| format!("`{it}`")).collect();
            let plural = if agents.len() == 1 { "agent" } else { "agents" };
            let option = if environment.is_default() {
                String::new()
            } else {
                format!(" --env {environment}")
            };
            let issue = Issue::new(format!("required by {plural} {} and not set", agents.join(", ")));
            issues.push((
                (*key).clone(),
                environment.clone(),
                issue.hint(format!("set it with `distri secrets set {key}{option}`")),
            ));
        }
    }
    issues
}

fn expired(facts: &Facts, context: &LintContext) -> Option<Issue> {
    let at = facts.expires_at.filter(|at| *at <= context.now)?;
    Some(Issue::new(format!("expired on {}", day(at))).hint(set_again(facts)))
}

fn expiring(facts: &Facts, context: &LintContext) -> Option<Issue> {
    let at = facts.expires_at.filter(|at| *at > context.now)?;
    (at.duration_since(context.now) < days(EXPIRY_NOTICE_DAYS))
        .then(|| Issue::new(format!("expires on {}", day(at))).hint(set_again(facts)))
}

fn weak(facts: &Facts, _: &LintContext) -> Option<Issue> {
    facts.weak.then(|| {
        Issue::new("the value is too short or too common to be redacted in output").hint(format!(
            "use a longer one; `distri secrets set {} --generate{}` makes one",
            facts.key,
            option(facts)
        ))
    })
}

fn same_in_environments(facts: &Facts, _: &LintContext) -> Option<Issue> {
    let others: Vec<_> = facts
        .same_value_as
        .iter()
        .filter(|it| **it != facts.environment)
        .map(|it| format!("`{it}`"))
        .collect();
    (!others.is_empty()).then(|| {
        Issue::new(format!("the value is the same as in {}", others.join(", ")))
            .hint("get a separate value for each environment from the provider")
    })
}

fn unbound(facts: &Facts, _: &LintContext) -> Option<Issue> {
    if !facts.policy.is_unbound() {
        return None;
    }
    match Catalogue::builtin().get(&facts.key) {
        Some(entry) if entry.unbound.is_some() => None,
        Some(entry) => {
            let hosts: String = entry.hosts.iter().map(|it| format!(" --host {it}")).collect();
            Some(Issue::new("the value may go to any host").hint(format!(
                "`distri secrets edit {}{}{hosts}` lets it go to its service only",
                facts.key,
                option(facts)
            )))
        }
        None => Some(Issue {
            severity: Some(Severity::Note),
            ..Issue::new("the value may go to any host").hint(format!(
                "`distri secrets edit {}{} --host HOST` lets it go to its service only",
                facts.key,
                option(facts)
            ))
        }),
    }
}

fn rotation_near(facts: &Facts, context: &LintContext) -> Option<Issue> {
    let every = days(i64::from(facts.rotate_every_days?));
    let due = facts.value_changed_at.checked_add(every).ok()?;
    let left = due.duration_since(context.now);
    (left >= SignedDuration::ZERO && left < days(EXPIRY_NOTICE_DAYS).min(every / 2)).then(|| {
        Issue::new(format!("the value is to be replaced by {}", day(due))).hint(format!(
            "`distri secrets set {}{} --stage` puts the next one beside it",
            facts.key,
            option(facts)
        ))
    })
}

fn never_rotated(facts: &Facts, context: &LintContext) -> Option<Issue> {
    let age = age(facts, context).filter(|_| facts.versions <= 1)?;
    Some(Issue::new(format!("the first value is {age} days old and was never replaced")).hint(set_again(facts)))
}

fn stale(facts: &Facts, context: &LintContext) -> Option<Issue> {
    let age = age(facts, context).filter(|_| facts.versions > 1)?;
    Some(Issue::new(format!("the value is {age} days old")).hint(set_again(facts)))
}

fn vague_name(facts: &Facts, _: &LintContext) -> Option<Issue> {
    is_vague(facts.key.as_str()).then(|| {
        Issue::new("the key does not say what it is for").hint("name the service first, as in `SENDGRID_API_KEY`")
    })
}

fn unused(facts: &Facts, context: &LintContext) -> Option<Issue> {
    let is_used = context
        .agents
        .iter()
        .any(|it| it.required.contains(&facts.key) || it.optional.contains(&facts.key));
    (!context.agents.is_empty() && !is_used).then(|| {
        Issue::new("no known agent names this key")
            .hint("list it under `[secrets]` of the agent that uses it, or delete it")
    })
}

fn undocumented(facts: &Facts, _: &LintContext) -> Option<Issue> {
    let has_note = facts.note.as_deref().is_some_and(|it| !it.trim().is_empty());
    (!has_note && Catalogue::builtin().get(&facts.key).is_none())
        .then(|| Issue::new("nothing says what this secret is for").hint("set it with `--note`"))
}

/// The age of the value in days, when it is over the bar: its owner's, else the usual one.
fn age(facts: &Facts, context: &LintContext) -> Option<i64> {
    let age = context.now.duration_since(facts.value_changed_at);
    let bar = facts.rotate_every_days.map_or(ROTATION_DAYS, i64::from);
    (age > days(bar)).then(|| age.as_hours() / 24)
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(days * 24)
}

/// The UTC date, which is how RFC 3339 text begins.
fn day(at: crate::clock::Timestamp) -> String {
    at.to_string().chars().take_while(|c| *c != 'T').collect()
}

fn set_again(facts: &Facts) -> String {
    let obtain = Catalogue::builtin().get(&facts.key).and_then(|it| it.obtain.as_deref());
    let place = obtain.map(|it| format!(" from {it}")).unwrap_or_default();
    format!(
        "get a new value{place} and set it with `distri secrets set {}{}`",
        facts.key,
        option(facts)
    )
}

fn option(facts: &Facts) -> String {
    if facts.environment.is_default() {
        String::new()
    } else {
        format!(" --env {}", facts.environment)
    }
}
