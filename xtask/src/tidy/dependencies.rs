//! Each dependency from outside has a line of purpose over it, or shares the line of the one above.

use std::fs;
use std::path::Path;

pub(super) fn faults(root: &Path) -> Vec<String> {
    let Ok(text) = fs::read_to_string(root.join("Cargo.toml")) else {
        return vec!["there is no Cargo.toml".to_owned()];
    };
    let section = text
        .split("\n[")
        .find(|it| it.starts_with("workspace.dependencies]"))
        .unwrap_or_default();
    let mut faults = Vec::new();
    let mut explained = false;
    for line in section.lines().skip(1) {
        match line.trim() {
            "" => explained = false,
            comment if comment.starts_with('#') => explained = true,
            ours if ours.contains("path = \"") => {}
            dependency if !explained => {
                let name = dependency.split(['=', ' ']).next().unwrap_or_default();
                faults.push(format!("`{name}` has no line of purpose in Cargo.toml"));
            }
            _ => {}
        }
    }
    faults
}
