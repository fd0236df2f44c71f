//! The audit log says what was done.

use distri_core::audit::{Outcome, Record};

use crate::failure::Failure;

use super::super::checks::{all_recorded, nothing_said};
use super::super::screen::Shown;
use super::{Stage, records, words};

pub(super) async fn tell(stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.screen.heading("See what was recorded")?;
    let command = words(&["audit", "list", "--json"]);
    stage.screen.command(&command, Shown::InShort)?;
    let records = records(&stage.quietly(&command).await?)?;
    stage.screen.said(&digest(&records))?;
    let verdict = all_recorded(&records, &stage.keys, &stage.runs);
    stage
        .screen
        .check("every change and every release is on record", &verdict)?;
    let verdict = nothing_said(&stage.heard, stage.commands, &stage.traces);
    stage.screen.check("no command of this demo said a value", &verdict)
}

/// A line each, and one for several that differ in number and time alone:
/// ` 6  secret.release   SENDGRID_API_KEY@1 and 2 more     → leaky_agent ×4`.
fn digest(records: &[(u64, Record)]) -> String {
    let lines: Vec<String> = records.iter().map(|(_, record)| line(record)).collect();
    let mut digest = Vec::new();
    let mut rest = records;
    for same in lines.chunk_by(|one, next| one == next) {
        let (these, behind) = rest.split_at(same.len());
        let times = if same.len() > 1 {
            format!(" ×{}", same.len())
        } else {
            String::new()
        };
        digest.push(format!("{:>2}  {}{times}", these[0].0, same[0]));
        rest = behind;
    }
    digest.join("\n")
}

fn line(record: &Record) -> String {
    let subjects = match record.subjects.as_slice() {
        [] => String::new(),
        [one] => format!("{}@{}", one.key, one.version),
        [first, rest @ ..] => format!("{}@{} and {} more", first.key, first.version, rest.len()),
    };
    let whom = record.agent.as_ref().map(|it| format!("→ {it}")).unwrap_or_default();
    let rule = match &record.outcome {
        Outcome::Done => String::new(),
        Outcome::Denied(rule) => format!(", {rule}"),
    };
    format!("{:15}  {subjects:32}  {whom}{rule}", record.action.as_str())
        .trim_end()
        .to_owned()
}
