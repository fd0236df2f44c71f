//! Every module opens with a `//!` sentence.

use std::path::Path;

use super::sources::rust_files;

pub(super) fn faults(root: &Path) -> Vec<String> {
    let without = rust_files(root).into_iter().filter(|(_, text)| {
        let first = text
            .lines()
            .find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
        !first.is_some_and(|line| line.starts_with("//! "))
    });
    without
        .map(|(path, _)| format!("`{}` does not open with `//!`", path.display()))
        .collect()
}
