//! Each way to fail, with its sentence and its place.

use super::*;
use crate::script::{FILE_LIMIT, MODULE_LIMIT};

#[test]
fn a_builtin_module() {
    insta::assert_snapshot!(
        Project::tools("// a\nimport { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n").refusal(),
        @r"
    Tools.tsx:2:30: cannot import `node:fs`: tools have no file system and no network of their own
    import { readFileSync } from 'node:fs';
                                 ^^^^^^^^^
    "
    );
    insta::assert_snapshot!(
        Project::tools("import 'fs/promises';").refusal(),
        @r"
    Tools.tsx:1:8: cannot import `fs/promises`: tools have no file system and no network of their own
    import 'fs/promises';
           ^^^^^^^^^^^^^
    "
    );
}

#[test]
fn a_package() {
    insta::assert_snapshot!(
        Project::tools("export const é = 1; export * from 'stripe';").refusal(),
        @r"
    Tools.tsx:1:35: cannot import `stripe`: npm packages are not bundled; use `fetch`
    export const é = 1; export * from 'stripe';
                                      ^^^^^^^^
    "
    );
    insta::assert_snapshot!(
        Project::new(&[("Tools.tsx", "import './lib/mail';"), ("lib/mail.ts", "\n\texport { send } from '@sendgrid/mail'")])
            .refusal(),
        @r"
    lib/mail.ts:2:23: cannot import `@sendgrid/mail`: npm packages are not bundled; use `fetch`
     export { send } from '@sendgrid/mail'
                          ^^^^^^^^^^^^^^^^
    "
    );
    insta::assert_snapshot!(
        Project::tools("/** @jsxImportSource preact */\nexport const x = <b/>;").refusal(),
        @r"
    Tools.tsx:1:5: cannot import `preact/jsx-runtime`: npm packages are not bundled; use `fetch`
    /** @jsxImportSource preact */
        ^^^^^^^^^^^^^^^^
    "
    );
}

#[test]
fn what_is_neither_relative_nor_a_package() {
    for specifier in [
        "https://esm.sh/stripe",
        "/etc/passwd",
        "file:///etc/passwd",
        "@/lib",
        "#lib",
        "",
    ] {
        let refusal = Project::tools(&format!("import '{specifier}';"))
            .bundle()
            .unwrap_err()
            .to_string();
        let expected = format!("Tools.tsx:1:8: cannot import `{specifier}`: only relative paths can be imported");
        assert_eq!(refusal, expected);
    }
}

#[test]
fn a_file_that_is_missing_or_of_another_kind() {
    let project = Project::new(&[
        ("Tools.tsx", "import './lib/a';"),
        ("lib/a.ts", "import '../b.js';"),
        ("b.css", ""),
    ]);
    insta::assert_snapshot!(project.refusal(), @r"
    lib/a.ts:1:8: cannot find `../b.js`
    import '../b.js';
           ^^^^^^^^^
    ");
    project.write("lib/a.ts", "import '../b.css';");
    insta::assert_snapshot!(project.refusal(), @r"
    lib/a.ts:1:8: cannot import `../b.css`: it is neither a script nor JSON
    import '../b.css';
           ^^^^^^^^^^
    ");
    project.write("Tools.tsx", "import './no\\0.ts';");
    assert!(project.refusal().starts_with("Tools.tsx:1:8: cannot find"));
}

#[test]
fn a_syntax_error() {
    insta::assert_snapshot!(
        Project::tools("export const getTools = () => [\n  { name: 'x' handler: 1 },\n];").refusal(),
        @r"
    Tools.tsx:2:15: expected `,` or `}` but found `Identifier`
      { name: 'x' handler: 1 },
                  ^^^^^^^
    "
    );
    insta::assert_snapshot!(Project::tools("let a = 1;\nlet a = 2;").refusal(), @r"
    Tools.tsx:2:5: identifier `a` has already been declared
    let a = 2;
        ^
    ");
    insta::assert_snapshot!(Project::tools("export const x = (").refusal(), @r"
    Tools.tsx:1:19: expected `)` but found `EOF`
    export const x = (
                      ^
    ");
    insta::assert_snapshot!(Project::tools("const x = <a:b/>; await 1; return 2").refusal(), @r"
    Tools.tsx:1:28: a 'return' statement can only be used within a function body
    const x = <a:b/>; await 1; return 2
                               ^^^^^^
    ");
    insta::assert_snapshot!(
        Project::new(&[("Tools.tsx", "import './a.json'"), ("a.json", "{\n  \"a\": 1,\n}")]).refusal(),
        @r"
    a.json:3:1: not JSON: key must be a string
    }
    ^
    "
    );
}

#[test]
fn syntax_without_plain_javascript() {
    for (text, what) in [
        (
            "class A { @log run() {} }",
            "Tools.tsx:1:11: decorators are not supported in tools",
        ),
        (
            "class A { accessor x = 1 }",
            "Tools.tsx:1:11: `accessor` fields are not supported in tools",
        ),
        (
            "import fs = require('fs'); fs.x",
            "Tools.tsx:1:13: `import = require` is not supported in tools",
        ),
        ("export = 1", "Tools.tsx:1:1: `export =` is not supported in tools"),
        (
            "namespace N { export let x = 1 }",
            "Tools.tsx:1:26: namespaces that export a `let` or a `var` are not supported in tools",
        ),
        (
            "{ using x = null }",
            "Tools.tsx:1:3: `using` declarations are not supported in tools",
        ),
        (
            "import defer * as a from './a'",
            "Tools.tsx:1:1: `import defer` and `import source` are not supported in tools",
        ),
        (
            "import x from './a.json' with { type: 'bytes' }",
            "Tools.tsx:1:33: import attributes other than `type: 'json'` are not supported in tools",
        ),
    ] {
        assert_eq!(Project::tools(text).bundle().unwrap_err().to_string(), what, "{text}");
    }
}

#[test]
fn limits() {
    let project = Project::tools(&" ".repeat(FILE_LIMIT as usize + 1));
    assert_eq!(project.refusal(), "`Tools.tsx` has more than 1048576 bytes");
    project.write("Tools.tsx", " ".repeat(FILE_LIMIT as usize));
    assert!(project.bundle().is_ok());

    let mut imports = String::new();
    for at in 0..MODULE_LIMIT {
        imports += &format!("import './m{at}';\n");
        project.write(&format!("m{at}.js"), "");
    }
    project.write("Tools.tsx", &imports);
    assert_eq!(project.refusal(), "the tools file imports more than 256 modules");
    project.write("Tools.tsx", imports.split_once('\n').unwrap().1);
    assert_eq!(project.bundle().unwrap().modules.len(), MODULE_LIMIT);

    for at in 1..=9 {
        project.write(&format!("m{at}.js"), format!("//{}", " ".repeat(1_000_000)));
    }
    assert_eq!(
        project.refusal(),
        "the tools file and its imports have more than 8388608 bytes"
    );
}

#[test]
fn what_is_no_text_or_no_script() {
    let project = Project::tools("");
    project.write("Tools.tsx", b"const a = '\xff';");
    assert_eq!(
        project.refusal(),
        "`Tools.tsx` is not UTF-8 text: bad byte at offset 11"
    );
    project.write("Tools.py", "");
    let refused = bundle(&project.root().join("Tools.py"), project.root()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`Tools.py` is not a script: expected .tsx, .ts, .mts, .jsx, .js or .mjs"
    );
    let missing = bundle(&project.root().join("none.ts"), project.root()).unwrap_err();
    assert!(matches!(missing, ScriptError::Read { .. }), "{missing}");
    fs::create_dir(project.root().join("dir.ts")).unwrap();
    let folder = bundle(&project.root().join("dir.ts"), project.root()).unwrap_err();
    assert!(matches!(folder, ScriptError::Read { .. }), "{folder}");
}

/// Each of these ends a process that parses or walks them on a usual stack.
#[test]
fn nesting_without_end() {
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("!", "1", ""),
        ("a=>", "1", ""),
        ("1+", "1", ""),
        ("a?.b?.", "c", ""),
        ("f`${", "1", "}`"),
        ("{a:", "1", "}"),
        ("<b>", "1", "</b>"),
        ("<b c=", "'1'", "/>"),
        ("1?2:", "3", ""),
        ("typeof ", "1", ""),
        ("a**", "1", ""),
        ("1 as ", "any", ""),
        ("async()=>{await ", "1", "}"),
        ("class extends ", "A", "{}"),
        ("1 as keyof ", "any", ""),
        ("1 as A<", "any", ">"),
    ] {
        for times in [3_000, 20_000] {
            let text = format!("x = {}{middle}{}", open.repeat(times), close.repeat(times));
            let refused = Project::tools(&text).bundle().map(drop);
            assert!(
                matches!(refused, Err(ScriptError::TooDeep { .. } | ScriptError::Syntax { .. })),
                "{open:?}: {refused:?}"
            );
        }
    }
    for unit in [
        "if(1)",
        "if(1);else ",
        "l:",
        "do ",
        "for(;;)",
        "{",
        "namespace a.",
        "type A=keyof ",
    ] {
        for times in [3_000, 20_000] {
            let refused = Project::tools(&unit.repeat(times)).bundle().map(drop);
            assert!(refused.is_err(), "{unit:?}");
        }
    }
}

#[test]
fn long_but_not_deep() {
    let sum = vec!["'part of a long text'"; 1_500].join(" +\n");
    let list = vec!["{ a: [1, 2], b: `x` }"; 5_000].join(",\n");
    assert!(
        Project::tools(&format!("export const s = {sum};\nexport const l = [{list}];"))
            .bundle()
            .is_ok()
    );
}
