//! `audit list`: who did what, to which versions, for whom.

use clap::Args;
use distri_core::audit::{LogChange, Outcome, Record};
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{output, terminal};

/// List audit records, oldest first
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct List {
    /// At most this many: the newest, or with --after the next
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Only records after this sequence number: the way to read all of them in pages
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// Only alarms: placeholders that were seen where they must not be, and the like
    #[arg(long)]
    alarms: bool,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: an array of {seq, id, at, account, actor: {kind, name, role, id}, action, environment, subjects:
[{secret, key, version, hosts, agents, expires_at}], agent, run, alarm: {rule, place, destination,
step, origin}, about: {id, revision, name, grants}, log, outcome}; all but seq, id, at, account,
actor, action and outcome only where the action has them. outcome is \"done\" or {\"denied\": RULE}. An alarm's origin is the run that its
placeholder was made for, where that is another. Records whose bodies were pruned are not listed.

Examples:
  distri audit list
  distri audit list --alarms
  distri audit list --after 0 --limit 1000 --json";

/// A record with its place in the log.
#[derive(Serialize)]
struct Numbered<'a> {
    seq: u64,
    #[serde(flatten)]
    record: &'a Record,
}

impl List {
    /// Lists them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open_to_read()?;
        let caller = context.caller()?;
        let records = match self.after {
            _ if self.alarms => caller.alarms(self.after, self.limit)?,
            Some(after) => caller.audit_after(after, self.limit)?,
            None => caller.audit_newest(self.limit)?,
        };
        if self.alarms && !self.json {
            show_alarms(&records)?;
        } else {
            show(&records, self.json)?;
        }
        Ok(Exit::Ok)
    }
}

/// Prints records as a table or as JSON.
fn show(records: &[(u64, Record)], json: bool) -> Result<(), Failure> {
    let mut shown = Shown::begin(json);
    shown.page(records)?;
    shown.end()
}

/// Records as a table or as JSON, shown page by page.
pub(super) struct Shown {
    json: bool,
    is_empty: bool,
}

impl Shown {
    /// Before the first page.
    pub(super) fn begin(json: bool) -> Self {
        Self { json, is_empty: true }
    }

    /// A page. The columns of a table are as wide as each page needs them.
    pub(super) fn page(&mut self, records: &[(u64, Record)]) -> Result<(), Failure> {
        let is_first = self.is_empty;
        self.is_empty &= records.is_empty();
        if self.json {
            return self.json_page(records, is_first);
        }
        if records.is_empty() {
            return Ok(());
        }
        let rows = records.iter().map(|(seq, record)| row(*seq, record)).collect();
        output::line(&table(
            &["SEQ", "TIME", "ACTOR", "ACTION", "ENV", "SECRETS", "FOR", "OUTCOME"],
            rows,
        ))
    }

    /// After the last one.
    pub(super) fn end(self) -> Result<(), Failure> {
        match (self.json, self.is_empty) {
            (true, true) => output::line("[]"),
            (true, false) => output::line("\n]"),
            (false, true) => {
                terminal::note("No audit records found.");
                Ok(())
            }
            (false, false) => Ok(()),
        }
    }

    /// The elements of one array, with a comma before each but the first.
    fn json_page(&self, records: &[(u64, Record)], is_first: bool) -> Result<(), Failure> {
        let mut text = String::new();
        for (index, (seq, record)) in records.iter().enumerate() {
            text.push_str(if is_first && index == 0 { "[\n" } else { ",\n" });
            text.push_str(&output::element(&Numbered { seq: *seq, record })?);
        }
        output::bytes(text.as_bytes())
    }
}

fn show_alarms(records: &[(u64, Record)]) -> Result<(), Failure> {
    if records.is_empty() {
        terminal::note("No alarms found.");
        return Ok(());
    }
    let rows = records.iter().map(|(seq, record)| alarm_row(*seq, record)).collect();
    let headings = [
        "SEQ",
        "TIME",
        "RULE",
        "SECRETS",
        "PLACE",
        "DESTINATION",
        "STEP",
        "FOR",
        "MADE FOR",
    ];
    output::line(&table(&headings, rows))
}

fn row(seq: u64, record: &Record) -> Vec<String> {
    let outcome = match &record.outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Denied(rule) => format!("denied: {rule}"),
    };
    let about = match &record.log {
        None => subjects(record),
        Some(LogChange::Pruned { through }) => format!("records 1 to {through}"),
        Some(LogChange::RolledBack { found, delivered }) => format!("{found} records of {delivered}"),
        Some(LogChange::BackedUp { size, recipients }) => format!("{size} records, {recipients} recipients"),
        Some(LogChange::Restored { size }) => format!("{size} records"),
    };
    vec![
        seq.to_string(),
        minute(record.at),
        record.actor.name.clone(),
        record.action.as_str().to_owned(),
        or_dash(record.environment.as_ref()),
        about,
        whom(record),
        outcome,
    ]
}

fn alarm_row(seq: u64, record: &Record) -> Vec<String> {
    let alarm = record.alarm.as_ref();
    vec![
        seq.to_string(),
        minute(record.at),
        or_dash(alarm.map(|it| it.rule)),
        subjects(record),
        or_dash(alarm.map(|it| &it.place)),
        or_dash(alarm.and_then(|it| it.destination.as_ref())),
        or_dash(alarm.and_then(|it| it.step.as_ref())),
        whom(record),
        or_dash(alarm.and_then(|it| it.origin.as_ref())),
    ]
}

fn subjects(record: &Record) -> String {
    let subjects = record.subjects.iter().map(|it| format!("{}@{}", it.key, it.version));
    let subjects: Vec<String> = subjects.collect();
    or_dash(Some(subjects.join(" ")).filter(|it| !it.is_empty()).as_ref())
}

fn whom(record: &Record) -> String {
    match (&record.agent, &record.run) {
        (Some(agent), Some(run)) => format!("{agent}, run {run}"),
        (Some(agent), None) => agent.to_string(),
        (None, Some(run)) => format!("run {run}"),
        (None, None) => "-".to_owned(),
    }
}

fn or_dash(it: Option<impl ToString>) -> String {
    it.map_or_else(|| "-".to_owned(), |it| it.to_string())
}
