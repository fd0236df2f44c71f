//! ARCHITECTURE.md names exactly the crates that exist, and only tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::sources::rust_files;

pub(super) fn faults(root: &Path) -> Vec<String> {
    let Ok(text) = fs::read_to_string(root.join("ARCHITECTURE.md")) else {
        return vec!["there is no ARCHITECTURE.md".to_owned()];
    };
    [crates(root, &text), tests(root, &text)].concat()
}

/// The first column of the map's rows, as in "| `core` | … |" under the heading `## Map`.
fn crates(root: &Path, text: &str) -> Vec<String> {
    let map = text.split("\n## ").find(|it| it.starts_with("Map")).unwrap_or_default();
    let named: BTreeSet<String> = map
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|rest| rest.split_once('`'))
        .map(|it| it.0.to_owned())
        .collect();
    let mut existing = BTreeSet::new();
    for entry in fs::read_dir(root.join("crates")).into_iter().flatten().flatten() {
        existing.insert(entry.file_name().to_string_lossy().into_owned());
    }
    let missing = existing
        .difference(&named)
        .map(|it| format!("the map does not name the crate `{it}`"));
    let gone = named
        .difference(&existing)
        .map(|it| format!("the map names `{it}`, and there is no such crate"));
    missing.chain(gone).collect()
}

/// Each invariant names its test as "test: `name`".
fn tests(root: &Path, text: &str) -> Vec<String> {
    let sources = rust_files(root);
    let named = text.split("test: `").skip(1).filter_map(|it| it.split('`').next());
    let gone = named.filter(|name| {
        let function = format!("fn {name}(");
        let transcript = root.join("crates/cli/tests/cmd").join(format!("{name}.toml"));
        !sources.iter().any(|(_, source)| source.contains(&function)) && !transcript.exists()
    });
    gone.map(|name| format!("the test `{name}` does not exist")).collect()
}
