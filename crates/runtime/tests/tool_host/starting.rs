//! Starts that fail: each with its reason, and no child left.

use std::time::Duration;

use distri_core::SecretValue;
use distri_runtime::tool_host::HostError;

use crate::fixture::{bundle, modules, spec, start_with, tools};

#[tokio::test]
async fn wrong_tools_are_named() {
    for (source, expected) in [
        ("export const a = 1;", "`Tools.tsx` exports no `getTools`"),
        (
            "export const getTools = () => 5;",
            "`getTools` does not give an array of tools",
        ),
        ("export const getTools = () => [1];", "tool 1 is not an object"),
        (
            "export const getTools = () => [{ name: 'a b', handler() {} }];",
            "tool 1 has the name `a b`; a name is a letter or `_` and then up to 127 letters, digits, `_`, `.` or `-`",
        ),
        (
            "const t = { name: 'a', handler() {} }; export const getTools = () => [t, t];",
            "two tools have the name `a`",
        ),
        (
            "export const getTools = () => [{ name: 'a' }];",
            "tool `a` has no `handler` function",
        ),
        (
            "export const getTools = () => [{ name: 'a', handler() {}, parameters: 'x' }];",
            "the parameters of tool `a` are not a JSON Schema object",
        ),
    ] {
        let error = start_with(spec(bundle(source))).await.err().unwrap();
        assert!(matches!(error, HostError::Tools(_)), "{error}");
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn modules_that_do_not_load_say_where() {
    for (source, expected) in [
        ("export const getTools = () => [\n  {,\n];", "(at Tools.tsx:2:"),
        (
            "null.x;",
            "TypeError: cannot read property 'x' of null (at Tools.tsx:1:",
        ),
        (
            "export const getTools = () => { throw new Error('no tools today') };",
            "Error: no tools today (at Tools.tsx:1:",
        ),
        (
            "import fs from 'node:fs'; export const getTools = () => [];",
            "cannot import `node:fs`: tools have no file system; keep data in `context.session`",
        ),
        (
            "import x from 'lodash';",
            "cannot import `lodash`: npm packages are not bundled; only relative imports are",
        ),
        (
            "import x from '../../etc/passwd';",
            "cannot import `../../etc/passwd`: there is no such module in the bundle",
        ),
        ("throw 'text only';", "text only"),
    ] {
        let error = start_with(spec(bundle(source))).await.err().unwrap();
        assert!(matches!(error, HostError::Script { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_missing_export_of_another_module_is_named() {
    let bundle = modules(&[
        (
            "Tools.tsx",
            "import { nothing } from './a'; export const getTools = () => [];",
            &[("./a", "a.ts")],
        ),
        ("a.ts", "export const something = 1;", &[]),
    ]);
    let error = start_with(spec(bundle)).await.err().unwrap().to_string();
    assert!(error.contains("nothing") && error.contains("a.ts"), "{error}");
}

#[tokio::test]
async fn loading_has_the_same_limits_as_calls() {
    let start = async |source: &str, deadline: Duration| {
        let mut spec = spec(bundle(source));
        spec.limits.start_deadline = deadline;
        spec.limits.memory = 16 << 20;
        start_with(spec).await.err().unwrap()
    };
    let soon = Duration::from_millis(600);
    assert!(matches!(start("for (;;) {}", soon).await, HostError::Deadline(_)));
    assert!(matches!(
        start("await new Promise(() => {});", soon).await,
        HostError::Deadline(_)
    ));
    let late = Duration::from_secs(60);
    assert!(matches!(
        start("const a = []; for (;;) a.push(new Array(9999).fill(1));", late).await,
        HostError::Memory { .. }
    ));
    assert!(matches!(
        start("for (;;) console.log('x'.repeat(9999));", late).await,
        HostError::Output { .. }
    ));
}

#[tokio::test]
async fn values_must_be_text() {
    let mut spec = spec(tools("a: () => 1"));
    spec.env
        .push(("BINARY".to_owned(), SecretValue::new(vec![0xFF, 0xFE]).unwrap()));
    let error = start_with(spec).await.err().unwrap().to_string();
    assert_eq!(
        error,
        "the value of `BINARY` is not UTF-8 and cannot be in `process.env`"
    );
}

#[tokio::test]
async fn a_program_that_is_no_tool_host_is_an_error() {
    for (program, expected) in [
        ("/bin/true", "the tool host died while starting: it ended with code 0"),
        ("/nonexistent/program", "cannot start the tool host's process"),
    ] {
        let mut spec = spec(tools("a: () => 1"));
        spec.command.program = program.into();
        let error = start_with(spec).await.err().unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
