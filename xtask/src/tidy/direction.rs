//! Crates depend in one direction, and each subject is known to one crate only.

use std::fs;
use std::path::Path;

/// Which of our crates each may use; `deny.toml` holds the same for what comes from outside.
const MAY_USE: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("redact", &[]),
    ("store", &["core"]),
    ("vault", &["core", "egress", "store"]),
    ("egress", &["core", "redact"]),
    ("runtime", &["core", "egress", "redact"]),
    ("selftest", &["core", "egress"]),
    ("fuzz", &["core", "egress", "redact"]),
    ("server", &["core", "redact", "vault"]),
    (
        "cli",
        &[
            "core", "egress", "redact", "runtime", "selftest", "server", "store", "vault",
        ],
    ),
];

/// Which crate alone may use a library: the only place that knows its subject.
const ONLY: &[(&str, &str)] = &[
    ("rusqlite", "store"),
    ("tokio-postgres", "store"),
    ("rquickjs", "runtime"),
    ("oxc", "runtime"),
    ("seccompiler", "runtime"),
    ("landlock", "runtime"),
    ("argon2", "vault"),
    ("cryptoki", "vault"),
    ("clap", "cli"),
    ("axum", "server"),
    ("maud", "server"),
    ("schemars", "server"),
];

pub(super) fn faults(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for entry in fs::read_dir(root.join("crates")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap_or_default();
        let Some((_, allowed)) = MAY_USE.iter().find(|it| it.0 == name) else {
            faults.push(format!("the crate `{name}` has no line in the table of directions"));
            continue;
        };
        for dependency in dependencies(&manifest) {
            let ours = dependency.strip_prefix("distri-");
            if ours.is_some_and(|it| !allowed.contains(&it)) {
                faults.push(format!("`{name}` may not use `{dependency}`"));
            }
            if let Some((_, owner)) = ONLY.iter().find(|it| it.0 == dependency && it.1 != name) {
                faults.push(format!("`{name}` uses `{dependency}`, which only `{owner}` may know"));
            }
        }
    }
    faults
}

/// The names in `[dependencies]`; what only tests use is free.
fn dependencies(manifest: &str) -> Vec<&str> {
    let section = manifest
        .split("\n[")
        .find(|it| it.starts_with("dependencies]"))
        .unwrap_or_default();
    let lines = section
        .lines()
        .skip(1)
        .filter(|line| !line.trim_start().starts_with('#'));
    lines
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|it| !it.is_empty())
        .collect()
}
