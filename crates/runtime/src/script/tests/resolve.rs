//! Which file a specifier means, and that none is outside of the root.

use std::os::unix::fs::symlink;

use super::*;

fn modules(project: &Project) -> Vec<String> {
    project.bundle().unwrap().modules.into_keys().collect()
}

#[test]
fn extensions_and_indexes() {
    for (specifier, file) in [
        ("./a.ts", "a.ts"),
        ("./a", "a.ts"),
        ("./a", "a.tsx"),
        ("./a", "a.mts"),
        ("./a", "a.js"),
        ("./a", "a.jsx"),
        ("./a", "a.mjs"),
        ("./a", "a.json"),
        ("./a.js", "a.ts"),
        ("./a.js", "a.tsx"),
        ("./a.jsx", "a.tsx"),
        ("./a.mjs", "a.mts"),
        ("./a.config", "a.config.ts"),
        ("./a", "a/index.ts"),
        ("./a/", "a/index.jsx"),
        ("./a/.", "a/index.mjs"),
        (".", "index.ts"),
        ("./x/../a", "a.ts"),
    ] {
        let text = if file.ends_with("json") { "1" } else { "" };
        let project = Project::new(&[("Tools.tsx", &format!("import '{specifier}';")), (file, text)]);
        assert_eq!(project.bundle().unwrap().modules["Tools.tsx"].imports[specifier], file);
    }
}

#[test]
fn the_nearest_candidate_wins() {
    let project = Project::new(&[
        (
            "Tools.tsx",
            "import './a'; import './b.js'; import './c/'; import './d';",
        ),
        ("a.ts", ""),
        ("a.js", ""),
        ("a/index.ts", ""),
        ("b.js", ""),
        ("b.ts", ""),
        ("c.ts", ""),
        ("c/index.ts", ""),
        ("d", "not a script"),
        ("d.ts", ""),
    ]);
    assert_eq!(modules(&project), ["Tools.tsx", "a.ts", "b.js", "c/index.ts", "d.ts"]);
}

#[test]
fn cycles_and_diamonds_are_compiled_once() {
    let project = Project::new(&[
        ("Tools.tsx", "import './a'; import './b'; import './Tools.tsx';"),
        ("a.ts", "import './b'; export const a = 1;"),
        ("b.ts", "import './a'; import './Tools';"),
    ]);
    let bundle = project.bundle().unwrap();
    assert_eq!(bundle.modules.len(), 3);
    assert_eq!(bundle.modules["b.ts"].imports["./Tools"], "Tools.tsx");
}

#[test]
fn dots_do_not_leave_the_root() {
    let outer = Project::new(&[("secret.ts", "export {}"), ("in/deep/x.ts", "import '../../secret';")]);
    let root = outer.root().join("in");
    for specifier in [
        "../secret",
        "../secret.ts",
        "./../secret",
        "./deep/../../secret",
        "../in/Tools",
        "..",
        "../..",
    ] {
        outer.write("in/Tools.tsx", format!("import '{specifier}';"));
        let refused = bundle(&root.join("Tools.tsx"), &root).unwrap_err().to_string();
        assert_eq!(
            refused,
            format!("Tools.tsx:1:8: cannot import `{specifier}`: it is outside of the project's root")
        );
    }
    outer.write("in/Tools.tsx", "import './deep/x';");
    let refused = bundle(&root.join("Tools.tsx"), &root).unwrap_err().to_string();
    assert_eq!(
        refused,
        "deep/x.ts:1:8: cannot import `../../secret`: it is outside of the project's root"
    );
    let entry = bundle(&outer.root().join("secret.ts"), &root).unwrap_err();
    assert!(matches!(entry, ScriptError::EntryOutside { .. }), "{entry}");
}

#[test]
fn links_do_not_leave_the_root() {
    let outer = Project::new(&[
        ("secret.ts", "export {}"),
        ("out/index.ts", ""),
        ("in/own.ts", "export const own = 1;"),
    ]);
    let root = outer.root().join("in");
    symlink(outer.root().join("secret.ts"), root.join("file.ts")).unwrap();
    symlink("../out", root.join("folder")).unwrap();
    symlink("/etc/hostname", root.join("host.json")).unwrap();
    symlink("own.ts", root.join("alias.ts")).unwrap();
    symlink("missing.ts", root.join("dangling.ts")).unwrap();
    symlink("loop.ts", root.join("loop.ts")).unwrap();

    for specifier in ["./file", "./folder", "./folder/index.ts", "./host.json"] {
        outer.write("in/Tools.tsx", format!("import '{specifier}';"));
        let refused = bundle(&root.join("Tools.tsx"), &root).unwrap_err();
        assert!(matches!(refused, ScriptError::Outside { .. }), "{specifier}: {refused}");
    }
    for specifier in ["./dangling", "./loop"] {
        outer.write("in/Tools.tsx", format!("import '{specifier}';"));
        let refused = bundle(&root.join("Tools.tsx"), &root).unwrap_err();
        assert!(matches!(refused, ScriptError::Missing { .. }), "{specifier}: {refused}");
    }
    outer.write(
        "in/Tools.tsx",
        "import { own } from './alias'; import * as same from './own'; export { own, same };",
    );
    let bundled = bundle(&root.join("Tools.tsx"), &root).unwrap();
    assert_eq!(bundled.modules.into_keys().collect::<Vec<_>>(), ["Tools.tsx", "own.ts"]);

    fs::remove_file(root.join("Tools.tsx")).unwrap();
    symlink("../secret.ts", root.join("Tools.tsx")).unwrap();
    let entry = bundle(&root.join("Tools.tsx"), &root).unwrap_err();
    assert!(matches!(entry, ScriptError::EntryOutside { .. }), "{entry}");
}

#[test]
fn the_root_may_be_a_link_and_the_entry_in_a_folder() {
    let project = Project::new(&[
        ("real/src/Tools.tsx", "import '../lib/a';"),
        ("real/lib/a.ts", "\u{feff}export {}"),
    ]);
    let link = project.root().join("link");
    symlink("real", &link).unwrap();
    let bundled = bundle(&link.join("src/Tools.tsx"), &link).unwrap();
    assert_eq!(bundled.entry, "src/Tools.tsx");
    assert_eq!(bundled.modules["src/Tools.tsx"].imports["../lib/a"], "lib/a.ts");
}
