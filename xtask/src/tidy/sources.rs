//! Finds the Rust files and the documents of the tree.

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

/// The same, the documents at the root and below `docs` too: whatever may refer to something.
pub(super) fn texts(root: &Path) -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = rust_files(root)
        .into_iter()
        .map(|(path, text)| (path.display().to_string(), text))
        .collect();
    for place in ["", "docs", "docs/adr", ".cargo"] {
        let Ok(entries) = fs::read_dir(root.join(place)) else {
            continue;
        };
        for path in entries.flatten().map(|it| it.path()) {
            if path.extension().is_some_and(|it| it == "md" || it == "toml")
                && let Ok(text) = fs::read_to_string(&path)
            {
                texts.push((path.strip_prefix(root).unwrap_or(&path).display().to_string(), text));
            }
        }
    }
    texts
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
