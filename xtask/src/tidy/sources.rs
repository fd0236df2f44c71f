//! Finds the Rust files of the tree.

use std::fs;
use std::path::{Path, PathBuf};

/// All `.rs` files below `crates`, `benches` and `xtask`, sorted, with their text.
pub(super) fn rust_files(root: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for place in ["crates", "benches", "xtask"] {
        collect(&root.join(place), &mut files);
    }
    files.sort();
    files
        .into_iter()
        .filter_map(|path| {
            let text = fs::read_to_string(&path).ok()?;
            Some((path.strip_prefix(root).map(Path::to_path_buf).unwrap_or(path), text))
        })
        .collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|it| it.path()) {
        if path.is_dir() && path.file_name().is_none_or(|it| it != "target" && it != "fixtures") {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}
