//! The tools file of an agent: beside its definition, else in the project's root, else in the root's `src`.

use std::path::{Path, PathBuf};

/// Finds the tools file for a definition in `definition_dir`, in a project at `root`.
///
/// In each folder, `Tools.tsx` goes before `.ts`, `.jsx`, `.js`, then the same in lower case.
pub fn find_tools_file(definition_dir: &Path, root: &Path) -> Option<PathBuf> {
    let src = root.join("src");
    [definition_dir, root, &src]
        .into_iter()
        .flat_map(|folder| NAMES.iter().map(|name| folder.join(name)))
        .find(|path| path.is_file())
}

const NAMES: [&str; 8] = [
    "Tools.tsx",
    "Tools.ts",
    "Tools.jsx",
    "Tools.js",
    "tools.tsx",
    "tools.ts",
    "tools.jsx",
    "tools.js",
];

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::fs;

    use super::*;

    #[test]
    fn beside_the_definition_then_root_then_src() {
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        let agents = root.join("agents");
        fs::create_dir_all(&agents).unwrap();
        fs::create_dir_all(root.join("src/Tools.tsx")).unwrap();
        assert_eq!(find_tools_file(&agents, root), None, "a folder is not a tools file");

        for (file, name) in [
            ("src/tools.js", "src"),
            ("Tools.js", "root"),
            ("agents/Tools.jsx", "beside"),
        ] {
            fs::write(root.join(file), "").unwrap();
            assert_eq!(find_tools_file(&agents, root), Some(root.join(file)), "{name}");
        }
        fs::write(agents.join("Tools.tsx"), "").unwrap();
        assert_eq!(find_tools_file(&agents, root), Some(agents.join("Tools.tsx")));
    }
}
