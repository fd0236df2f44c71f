//! `distri audit`: who did what, to which versions, for whom.

use clap::{Args, Subcommand};
use distri_core::audit::{Outcome, Record};
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{output, terminal};

/// Read the audit log
///
/// Each change, reveal and release is recorded in the same step that does it, or before the value leaves.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Audit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(List),
}

/// List audit records, oldest first
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
struct List {
    /// At most this many: the newest, or with --after the next
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Only records after this sequence number: the way to read all of them in pages
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: an array of {seq, id, at, account, actor: {kind, name, role}, action, environment, subjects:
[{secret, key, version, hosts}], agent, run, outcome}; environment, subjects, agent and run only
where the action has them. outcome is \"done\" or {\"denied\": RULE}.

Examples:
  distri audit list
  distri audit list --after 0 --limit 1000 --json";

impl Audit {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::List(it) => it.run(),
        }
    }
}

/// A record with its place in the log.
#[derive(Serialize)]
struct Numbered<'a> {
    seq: u64,
    #[serde(flatten)]
    record: &'a Record,
}

impl List {
    fn run(self) -> Result<Exit, Failure> {
        let context = Context::open()?;
        let caller = context.caller()?;
        let records = match self.after {
            Some(after) => caller.audit_after(after, self.limit)?,
            None => caller.audit_newest(self.limit)?,
        };
        if self.json {
            let all: Vec<_> = records
                .iter()
                .map(|(seq, record)| Numbered { seq: *seq, record })
                .collect();
            output::json(&all)?;
        } else if records.is_empty() {
            terminal::note("No audit records found.");
        } else {
            let rows = records.iter().map(|(seq, record)| row(*seq, record)).collect();
            output::line(&table(
                &["SEQ", "TIME", "ACTOR", "ACTION", "ENV", "SECRETS", "FOR", "OUTCOME"],
                rows,
            ))?;
        }
        Ok(Exit::Ok)
    }
}

fn row(seq: u64, record: &Record) -> Vec<String> {
    let subjects: Vec<String> = record
        .subjects
        .iter()
        .map(|it| format!("{}@{}", it.key, it.version))
        .collect();
    let whom = match (&record.agent, &record.run) {
        (Some(agent), Some(run)) => format!("{agent}, run {run}"),
        (Some(agent), None) => agent.to_string(),
        (None, Some(run)) => format!("run {run}"),
        (None, None) => "-".to_owned(),
    };
    let outcome = match &record.outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Denied(rule) => format!("denied: {rule}"),
    };
    vec![
        seq.to_string(),
        minute(record.at),
        record.actor.name.clone(),
        record.action.as_str().to_owned(),
        record
            .environment
            .as_ref()
            .map_or_else(|| "-".to_owned(), ToString::to_string),
        if subjects.is_empty() {
            "-".to_owned()
        } else {
            subjects.join(" ")
        },
        whom,
        outcome,
    ]
}
