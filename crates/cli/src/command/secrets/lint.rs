//! `secrets lint`: the best practices, as findings.

use std::collections::BTreeSet;

use clap::Args;
use distri_core::lint::{Facts, Finding, LintContext, RULES, Severity, lint};
use distri_core::{Clock, Environment, SystemClock};
use distri_vault::secrets::SecretFacts;
use serde_json::json;

use super::known_agents;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Say what could be better about the secrets
///
/// Looks at names, age, expiry, hosts, equal values, and what the agents below `./agents` need. Values
/// are compared inside the store and never shown.
#[derive(Debug, Args)]
#[command(after_help = notes())]
pub(crate) struct Lint {
    /// Only this environment; without it, all
    #[arg(long = "env", value_name = "NAME")]
    environment: Option<Environment>,
    /// Exit with 1 when there are warnings
    #[arg(long)]
    strict: bool,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

fn notes() -> String {
    let width = RULES.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let rules: Vec<String> = RULES
        .iter()
        .map(|it| format!("  {:width$}  {}", it.name, it.summary))
        .collect();
    format!(
        "Rules:\n{}\n\nJSON: an array of {{rule, severity, key, environment, message, hint}}; severity is `warning` or `note`.\n\n\
         Examples:\n  distri secrets lint\n  distri secrets lint --env prod --strict",
        rules.join("\n")
    )
}

impl Lint {
    /// Prints the findings.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let facts = match Context::if_there()? {
            Some(context) => context.caller()?.facts()?,
            None => Vec::new(),
        };
        let facts: Vec<Facts> = facts.into_iter().map(for_rules).collect();
        let mut environments: BTreeSet<Environment> = facts.iter().map(|it| it.environment.clone()).collect();
        environments.extend(self.environment.clone());
        if environments.is_empty() {
            environments.insert(Environment::default());
        }
        let context = LintContext {
            now: SystemClock.now(),
            agents: known_agents::find(),
            environments: environments.into_iter().collect(),
        };
        let mut findings = lint(&facts, &context);
        if let Some(only) = &self.environment {
            findings.retain(|it| it.environment == *only);
        }

        if self.json {
            output::json(&findings.iter().map(as_json).collect::<Vec<_>>())?;
        } else if findings.is_empty() {
            terminal::note("Nothing to mend.");
        } else {
            findings.iter().try_for_each(|it| output::line(&as_text(it)))?;
        }
        let has_warnings = findings.iter().any(|it| it.severity == Severity::Warning);
        Ok(if self.strict && has_warnings {
            Exit::Failed
        } else {
            Exit::Ok
        })
    }
}

fn for_rules(facts: SecretFacts) -> Facts {
    let info = facts.info;
    Facts {
        key: info.key,
        environment: info.environment,
        created_at: info.created_at,
        value_changed_at: info.value_changed_at,
        versions: u32::try_from(facts.values_set).unwrap_or(u32::MAX),
        expires_at: info.expires_at,
        rotate_every_days: info.rotate_every_days,
        policy: info.policy,
        weak: facts.weak,
        note: info.note,
        same_value_as: facts.same_value_in,
    }
}

fn as_json(finding: &Finding) -> serde_json::Value {
    json!({
        "rule": finding.rule,
        "severity": finding.severity.as_str(),
        "key": finding.key,
        "environment": finding.environment,
        "message": finding.message,
        "hint": finding.hint,
    })
}

fn as_text(finding: &Finding) -> String {
    let environment = if finding.environment.is_default() {
        String::new()
    } else {
        format!(" ({})", finding.environment)
    };
    let hint = finding
        .hint
        .as_ref()
        .map(|it| format!("\n  hint: {it}"))
        .unwrap_or_default();
    let Finding {
        severity,
        key,
        rule,
        message,
        ..
    } = finding;
    format!("{}: {key}{environment}: {message} [{rule}]{hint}", severity.as_str())
}
