//! `cargo xtask bench`: every figure beside a reference, in one run, as one table.
//!
//! Ratios in one run count, not absolute figures: machines differ and share their cores. Each bench is one file with a
//! `rows` function and one line in [`BENCHES`]. `--quick` measures fewer rounds and leaves out peers that take minutes.

mod audit;
mod broker;
mod databases;
mod envelope;
mod exec;
mod measure;
mod peers;
mod process;
mod redaction;
mod scrubbing;
mod server;
mod tool_host;

use std::process::ExitCode;

use measure::{Effort, Row};

/// A bench and its name.
type Bench = (&'static str, fn(Effort) -> Result<Vec<Row>, String>);

const BENCHES: &[Bench] = &[
    ("seal and open a value of 64 bytes", envelope::rows),
    ("redaction of log text, one core", redaction::rows),
    (
        "scrubbing of a download over TLS, one core for the client",
        scrubbing::rows,
    ),
    ("tool call", tool_host::rows),
    ("the audit log, embedded store", audit::rows),
    ("secrets on both databases", databases::rows),
    (
        "exec -- /bin/true, embedded store, release recorded durably",
        exec::rows,
    ),
    ("broker of exec, TLS in and out", broker::rows),
    ("serve on SQLite, HTTP/1.1 on loopback", server::embedded),
    ("serve on PostgreSQL, HTTP/1.1 on loopback", server::on_postgres),
    ("serve: the reference", server::openbao),
];

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is this program's output"
)]
fn main() -> ExitCode {
    // A tool host started by a bench is this same binary.
    if std::env::args_os().nth(1).is_some_and(|it| it == "__tool-host") {
        return distri_runtime::tool_host::child_main();
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    // So is the client that a broker serves.
    if words.first().is_some_and(|it| it == broker::CLIENT) {
        return match broker::client(&words) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the client failed: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let effort = if words.iter().any(|it| it == "--quick") {
        Effort::Quick
    } else {
        Effort::Full
    };
    let wanted = words.iter().find(|it| !it.starts_with("--"));
    let mut failed = false;
    for (name, rows) in BENCHES
        .iter()
        .filter(|it| wanted.is_none_or(|word| it.0.contains(word.as_str())))
    {
        println!("\n{name}");
        match rows(effort) {
            Ok(rows) => rows.iter().for_each(|row| println!("  {row}")),
            Err(error) => {
                eprintln!("  failed: {error}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
