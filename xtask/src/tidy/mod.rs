//! Tidy: what every file and document of the tree promises, checked as text.
//!
//! To add a rule: one file here with a `faults` function, one line in [`RULES`].

mod architecture;
mod decisions;
mod dependencies;
mod direction;
mod headers;
mod sizes;
mod sources;

use std::path::Path;

/// A rule and its name.
type Rule = (&'static str, fn(&Path) -> Vec<String>);

/// All rules.
pub const RULES: &[Rule] = &[
    ("every module opens with a sentence", headers::faults),
    ("no file grows past its verb", sizes::faults),
    (
        "ARCHITECTURE.md names the crates and tests that exist",
        architecture::faults,
    ),
    ("dependencies introduce themselves", dependencies::faults),
    ("crates depend in one direction", direction::faults),
    ("each decision has a number of its own", decisions::faults),
];

/// Everything that is not as it should be under `root`, a sentence each.
#[must_use]
pub fn faults(root: &Path) -> Vec<String> {
    RULES
        .iter()
        .flat_map(|(name, rule)| rule(root).into_iter().map(move |fault| format!("{name}: {fault}")))
        .collect()
}
