//! The served document, tried by a program that knows nothing else: no answer is one that the document does not have.
//!
//! `cargo xtask test` puts Schemathesis into `target/schemathesis`; without it this test fails.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::TestServer;

/// What is asked of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";

#[test]
fn every_answer_is_one_that_the_document_has() {
    let target = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/schemathesis"));
    assert!(
        target.join(".ready").exists(),
        "no Schemathesis in `target/schemathesis`: run `cargo xtask schemathesis`"
    );
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    let client = server.client("read,write,reveal,resolve,admin");
    client.set("CRM_TOKEN", "v");
    let directory = tempfile::tempdir().expect("a directory");
    let tried = Command::new(target.join("bin/schemathesis"))
        .args(["run", &format!("http://{}/v1/openapi.json", server.address)])
        .args(["--header", &format!("x-api-key: {}", client.token)])
        .args([
            "--checks",
            CHECKS,
            "--phases",
            "examples,fuzzing",
            "--max-examples",
            "12",
        ])
        .args(["--generation-deterministic", "--no-color", "--workers", "1"])
        // How fast this machine makes examples and answers is no finding.
        .args(["--suppress-health-check", "too_slow", "--request-timeout", "60"])
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .output()
        .expect("starts");
    let said = String::from_utf8_lossy(&tried.stdout);
    assert!(
        tried.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&tried.stderr)
    );
}
