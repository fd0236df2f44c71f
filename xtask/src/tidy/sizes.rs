//! No file grows past its verb: 500 lines of production code, and the tests of rules may have more.

use std::path::Path;

use super::sources::rust_files;

const MAX_LINES: usize = 500;

pub(super) fn faults(root: &Path) -> Vec<String> {
    let long = rust_files(root).into_iter().filter_map(|(path, text)| {
        let is_test = path.components().any(|it| it.as_os_str() == "tests") || path.ends_with("tests.rs");
        let production = text.find("#[cfg(test)]").map_or(text.as_str(), |at| &text[..at]);
        let lines = production.lines().count();
        (!is_test && lines > MAX_LINES).then(|| {
            format!(
                "`{}` has {lines} lines; more than {MAX_LINES} do more than one thing",
                path.display()
            )
        })
    });
    long.collect()
}
