//! `audit verify`: whether every record is as distri wrote it.

use std::path::PathBuf;

use clap::Args;
use distri_core::audit::note::VerifierKey;
use distri_vault::audit::AuditReport;
use serde_json::json;

use super::offline;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Check that no audit record was changed, moved, added or removed, and that the rows beside are those that it names
///
/// Without options: the log in the database, and the checkpoints that were delivered of it; then, where the log is
/// whole, that each secret, token, member, invitation, account, agent definition, key and backup that it names has its
/// row, and no other is there. Whether each row is as it was written, and each version opens, is for `distri doctor`. With --export or --proof:
/// a file from anywhere, with nothing but the public key. Exits with 8 when something is wrong; the first bad record
/// is named first.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Verify {
    /// An export; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "key")]
    export: Option<PathBuf>,
    /// A record with its proof, as `audit prove` prints it
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "export")]
    proof: Option<PathBuf>,
    /// The public key, as `audit key` prints it; get it by another way than the file
    #[arg(long, value_name = "KEY")]
    key: Option<VerifierKey>,
    /// A file of checkpoints from elsewhere: the export must begin as each of them says, and be no older
    #[arg(long, value_name = "FILE", requires = "export")]
    checkpoints: Option<PathBuf>,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON for the database: {size, head, checkpoints, delivered, waiting, pruned_through, rollbacks,
unheld, findings: [{seq, what}]}; for an export: {size, head, records, leaves_only, checkpoints, proofs}; for a proof:
{seq, size, head, record}.

Examples:
  distri audit verify
  distri audit verify --export audit.jsonl --key \"$(cat audit.key)\" --checkpoints /mnt/worm/checkpoints
  distri audit verify --proof record-42.json --key \"$(cat audit.key)\"";

/// How many findings are said; all of them are in the JSON.
const SAID: usize = 20;

impl Verify {
    /// Verifies.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match (&self.export, &self.proof, &self.key) {
            (Some(export), _, Some(key)) => offline::export(export, key, self.checkpoints.as_deref(), self.json),
            (_, Some(proof), Some(key)) => offline::proof(proof, key, self.json),
            (None, None, Some(_)) => Err(Failure::new(
                Exit::Usage,
                "`--key` is for `--export` and `--proof`: the database is checked with the installation's own key",
            )),
            _ => database(self.json),
        }
    }
}

fn database(json: bool) -> Result<Exit, Failure> {
    let context = Context::open_for_audit()?;
    let report = context.caller()?.verify_audit()?;
    if json {
        output::json(&as_json(&report))?;
    } else {
        say(&report)?;
    }
    Ok(if report.findings.is_empty() {
        Exit::Ok
    } else {
        Exit::Integrity
    })
}

fn say(report: &AuditReport) -> Result<(), Failure> {
    for finding in report.findings.iter().take(SAID) {
        terminal::error(&finding.what);
    }
    if report.findings.len() > SAID {
        terminal::error(&format!(
            "and {} more; `--json` has them all",
            report.findings.len() - SAID
        ));
    }
    if !report.findings.is_empty() {
        return Ok(());
    }
    let mut text = format!(
        "{} and {} are as distri wrote them\nhead {}",
        counted(report.size, "audit record"),
        counted(report.checkpoints, "checkpoint"),
        report.head
    );
    if report.pruned_through > 0 {
        text += &format!("\npruned up to record {}: leaves only", report.pruned_through);
    }
    if report.unheld > 0 {
        text += &format!(
            "\nmay be older than the records that are left, and could not be held against the log: {}",
            counted(report.unheld, "row")
        );
    }
    if report.waiting > 0 {
        text += &format!("\non their way: {}", counted(report.waiting, "checkpoint"));
    }
    if report.rollbacks > 0 {
        text += &format!("\nrollbacks accepted: {}", report.rollbacks);
    }
    output::line(&text)
}

/// `1 record`, `2 records`.
pub(crate) fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

fn as_json(report: &AuditReport) -> serde_json::Value {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|it| json!({ "seq": it.seq, "what": it.what }))
        .collect();
    json!({
        "size": report.size,
        "head": report.head,
        "checkpoints": report.checkpoints,
        "delivered": report.delivered,
        "waiting": report.waiting,
        "pruned_through": report.pruned_through,
        "rollbacks": report.rollbacks,
        "unheld": report.unheld,
        "findings": findings,
    })
}
