//! `audit who-could`: which agents and people could have used a secret.

use clap::Args;
use distri_vault::audit::{CouldUse, WhoCould as Question};

use super::period::Period;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{output, terminal};

/// Say which agents, and who, could have used a secret
///
/// Reconstructed from the records of its changes: which policy held from when to when, between deletion and
/// undeletion, until expiry. Whoever could read the root key of this installation could have used it at any time.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct WhoCould {
    #[command(flatten)]
    period: Period,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
AGENTS `*` is every agent, and commands run by `exec` without one; HOSTS `any` is a secret without hosts.

JSON: {spans: [{environment, from, to, version, agents, hosts, seq}], people: [{kind, name, role,
may_reveal, may_release}], pruned}; seq is the record that says so, and is missing where it was
pruned and the stored version says so.

Examples:
  distri audit who-could STRIPE_API_KEY --from 90d
  distri audit who-could STRIPE_API_KEY --env prod --from 2026-01-01 --to 2026-02-01 --json";

impl WhoCould {
    /// Answers it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let (from, to) = self.period.span()?;
        let question = Question {
            key: self.period.key()?,
            environment: self.period.environment.clone(),
            from,
            to,
        };
        let answer = Context::open()?.caller()?.who_could(&question)?;
        if self.json {
            output::json(&answer)?;
            return Ok(Exit::Ok);
        }
        print(&question, &answer)?;
        if answer.pruned {
            terminal::warning(
                "records of that time were pruned: deletions and expiries before the first one that is left are not known",
            );
        }
        Ok(Exit::Ok)
    }
}

fn print(question: &Question, answer: &CouldUse) -> Result<(), Failure> {
    if answer.spans.is_empty() {
        terminal::note(&format!("Nobody could have used '{}' in that time.", question.key));
        return Ok(());
    }
    let rows = answer.spans.iter().map(|it| {
        let hosts = if it.hosts.is_empty() {
            "any".to_owned()
        } else {
            it.hosts.join(" ")
        };
        let source = it
            .seq
            .map_or_else(|| "version".to_owned(), |seq| format!("record {seq}"));
        vec![
            minute(it.from),
            minute(it.to),
            it.environment.to_string(),
            it.version.to_string(),
            it.agents.to_string(),
            hosts,
            source,
        ]
    });
    output::line(&table(
        &["FROM", "TO", "ENV", "VERSION", "AGENTS", "HOSTS", "SAYS"],
        rows.collect(),
    ))?;
    let rows = answer.people.iter().map(|it| {
        let may = match (it.may_reveal, it.may_release) {
            (true, true) => "reveal, release",
            (true, false) => "reveal",
            _ => "release",
        };
        vec![
            it.name.clone(),
            it.kind.as_str().to_owned(),
            it.role.as_str().to_owned(),
            may.to_owned(),
        ]
    });
    output::line("")?;
    output::line(&table(&["WHO", "KIND", "ROLE", "MAY"], rows.collect()))
}
