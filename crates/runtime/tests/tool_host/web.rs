//! The Web APIs by tables: `web/FAMILY.txt` has cases of a title, code and what it gives.

use std::{fs, path::Path};

use distri_runtime::tool_host::ToolHost;
use serde_json::{Value, json};

use crate::fixture::{start, tools};

struct Case {
    title: String,
    code: String,
    expected: String,
}

/// A case is `# title`, lines of code, and `=> JSON` or `=> throws NAME`.
fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let (mut title, mut code) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            (title, code) = (text.to_owned(), String::new());
        } else if let Some(expected) = line.strip_prefix("=> ") {
            let code = std::mem::take(&mut code);
            cases.push(Case {
                title: title.clone(),
                code,
                expected: expected.to_owned(),
            });
        } else {
            code.push_str(line);
            code.push('\n');
        }
    }
    cases
}

async fn check(host: &mut ToolHost, file: &str, case: &Case) -> Option<String> {
    // Statements end with a `return`; all else is an expression, and such begin with a bracket
    // where a function inside them returns.
    let is_body = case.code.contains("return ") && !case.code.starts_with(['(', '[']);
    let code = match is_body {
        true => case.code.clone(),
        false => format!("return ({}\n)", case.code.trim_end().trim_end_matches(';')),
    };
    let given = host.call("run", json!({ "code": code })).await;
    let fine = match (case.expected.strip_prefix("throws "), &given) {
        (Some(name), Err(error)) => error.to_string().starts_with(name),
        (None, Ok(value)) => serde_json::from_str::<Value>(&case.expected).unwrap() == *value,
        _ => false,
    };
    (!fine).then(|| match given {
        Ok(value) => format!("{file}: {}: gave {value}, not {}", case.title, case.expected),
        Err(error) => format!("{file}: {}: failed: {error}", case.title),
    })
}

#[tokio::test]
async fn every_family_keeps_its_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tool_host/web");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let file = entry.file_name().into_string().unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        let (mut host, _) = start(tools("run: ({ code }) => new (async () => {}).constructor(code)()")).await;
        for case in cases(&text) {
            count += 1;
            failures.extend(check(&mut host, &file, &case).await);
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} cases:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count > 100, "only {count} cases");
}
