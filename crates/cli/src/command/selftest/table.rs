//! The outcome of each row by section, what is not tried here, and a line that sums it up.

use distri_selftest::{Case, Layer, Outcome, Section, Verdict};

use super::Summary;
use crate::table::table;

const SECTIONS: [Section; 4] = [Section::A, Section::B, Section::C, Section::D];

/// The whole report.
pub(super) fn report(outcomes: &[Outcome], summary: &Summary) -> String {
    let mut parts = Vec::new();
    for section in SECTIONS {
        let tried = |it: &&Outcome| it.id.section() == section && matches!(it.verdict, Verdict::Ok | Verdict::Fail);
        let rows: Vec<Vec<String>> = outcomes.iter().filter(tried).map(row).collect();
        if !rows.is_empty() {
            let lines = table(&["ROW", "ATTACK", "EXPECTED", "GOT", "RESULT"], rows);
            parts.push(format!("{}\n{lines}", section.title()));
        }
    }
    for (verdict, title) in [
        (Verdict::Test, "Tried by tests of the source"),
        (Verdict::OutOfReach, "Out of reach"),
    ] {
        let lines = outcomes.iter().filter(|it| it.verdict == verdict);
        let lines: Vec<String> = lines
            .map(|it| format!("{}  {}: {}", it.id, it.what, it.expected))
            .collect();
        if !lines.is_empty() {
            parts.push(format!("{title}\n{}", lines.join("\n")));
        }
    }
    parts.push(summary.line());
    parts.join("\n\n")
}

/// The rows without an outcome.
pub(super) fn list(cases: &[&Case]) -> String {
    let mut parts = Vec::new();
    for section in SECTIONS {
        let rows: Vec<Vec<String>> = cases
            .iter()
            .filter(|it| it.id.section() == section)
            .map(|it| listed(it))
            .collect();
        if !rows.is_empty() {
            let lines = table(&["ROW", "LAYER", "ATTACK", "EXPECTED"], rows);
            parts.push(format!("{}\n{lines}", section.title()));
        }
    }
    let beyond = cases.iter().filter(|it| it.layer == Layer::OutOfReach);
    let beyond: Vec<String> = beyond
        .map(|it| format!("{}  {}: {}", it.id, it.what, it.expected))
        .collect();
    if !beyond.is_empty() {
        parts.push(format!("Out of reach\n{}", beyond.join("\n")));
    }
    parts.join("\n\n")
}

fn row(outcome: &Outcome) -> Vec<String> {
    vec![
        outcome.id.to_string(),
        outcome.what.clone(),
        outcome.expected.clone(),
        outcome.got.clone(),
        outcome.verdict.as_str().to_owned(),
    ]
}

fn listed(case: &Case) -> Vec<String> {
    vec![
        case.id.to_string(),
        case.layer.as_str().to_owned(),
        case.what.clone(),
        case.expected.clone(),
    ]
}

impl Summary {
    fn line(&self) -> String {
        format!(
            "{} rows: {} ok, {} failed; {} tried by tests of the source, {} out of reach",
            self.ok + self.failed + self.test + self.out_of_reach,
            self.ok,
            self.failed,
            self.test,
            self.out_of_reach
        )
    }
}
