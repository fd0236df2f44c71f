//! `cargo xtask`: every check of the project, the same on a laptop and in CI.
//!
//! | command | does |
//! |---|---|
//! | `cargo xtask test` | format, tidy, clippy, all tests |
//! | `cargo xtask chromium` | the browser that tests drive: Chromium into the system, axe into `target/axe` |
//! | `cargo xtask clients` | the client libraries that tests run, into `target/clients` |
//! | `cargo xtask keepers` | the services that keep keys in tests: OpenBao into `target/keepers`, SoftHSM into the system |
//! | `cargo xtask postgres` | the PostgreSQL server that tests use, with its data in `target/postgres` |
//! | `cargo xtask schemathesis` | the program that tries the HTTP API, into `target/schemathesis` |
//! | `cargo xtask tidy` | the rules of the tree that no compiler knows |
//! | `cargo xtask bench` | the benchmarks beside their references |
//!
//! To add a step to `test`: one line in [`TEST`]; what it has to find installed: a file, and a line in [`SET_UP`].

#![expect(clippy::print_stderr, reason = "what it is doing is this program's output")]

use std::process::{Command, ExitCode};

type Install = fn() -> ExitCode;

/// What tests run and the project does not build: installed before them.
const SET_UP: &[(&str, Install)] = &[
    ("chromium", xtask::chromium::install),
    ("clients", xtask::clients::install),
    ("keepers", xtask::keepers::install),
    ("postgres", xtask::postgres::start),
    ("schemathesis", xtask::schemathesis::install),
];

/// The key provider that not everybody wants.
const AWS_KMS: &str = "distri-cli/aws-kms,distri-vault/aws-kms";

/// The steps of `cargo xtask test`, cheapest first. The test runner's summaries come last.
const TEST: &[(&str, &[&str])] = &[
    ("format", &["fmt", "--all", "--check"]),
    (
        "clippy",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ],
    ),
    ("test", &["test", "--workspace", "--all-targets"]),
    ("the vault's stories on PostgreSQL", ON_POSTGRES),
    // What is behind a feature. The whole workspace is named each time, so that nothing else is built again.
    (
        "clippy with aws-kms",
        &[
            "clippy",
            "--workspace",
            "--features",
            AWS_KMS,
            "--all-targets",
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ],
    ),
    (
        "aws-kms",
        &[
            "test",
            "--workspace",
            "--features",
            AWS_KMS,
            "--lib",
            "--test",
            "kms",
            "kms",
        ],
    ),
    ("documentation tests", &["test", "--workspace", "--doc", "--quiet"]),
];

/// The stories that reach into the database by `tests/common/database.rs`.
const ON_POSTGRES: &[&str] = &[
    "test",
    // All of the workspace, so that nothing is built again with fewer features.
    "--workspace",
    "--config=env.DISTRI_TEST_DATABASE='postgres'",
    "--test=audit",
    "--test=keys",
    "--test=observed",
    "--test=people",
    "--test=placeholders",
    "--test=stories",
    "--test=tampering",
    "--test=tokens",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test(),
        ["chromium"] => xtask::chromium::install(),
        ["clients"] => xtask::clients::install(),
        ["keepers"] => xtask::keepers::install(),
        ["schemathesis"] => xtask::schemathesis::install(),
        ["postgres"] => xtask::postgres::start(),
        ["postgres", "stop"] => xtask::postgres::stop(),
        ["tidy"] => tidy(),
        ["bench", rest @ ..] => bench(rest),
        _ => {
            eprintln!(
                "usage: cargo xtask test | chromium | clients | keepers | postgres [stop] | schemathesis | tidy | bench [--quick]"
            );
            ExitCode::from(2)
        }
    }
}

fn test() -> ExitCode {
    if tidy() != ExitCode::SUCCESS {
        return ExitCode::FAILURE;
    }
    for (name, install) in SET_UP {
        eprintln!("xtask: {name}");
        if install() != ExitCode::SUCCESS {
            return ExitCode::FAILURE;
        }
    }
    let passed = TEST.iter().all(|(name, arguments)| {
        eprintln!("xtask: {name}");
        let passed = cargo(arguments);
        if !passed {
            eprintln!("xtask: {name} failed: cargo {}", arguments.join(" "));
        }
        passed
    });
    xtask::postgres::stop();
    match passed {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn tidy() -> ExitCode {
    let faults = xtask::tidy::faults(&xtask::root());
    for fault in &faults {
        eprintln!("tidy: {fault}");
    }
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn bench(rest: &[&str]) -> ExitCode {
    let arguments = [&["run", "--release", "--package", "distri-benches", "--"], rest].concat();
    let built = cargo(&["build", "--release", "--package", "distri-cli"]);
    if built && cargo(&arguments) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn cargo(arguments: &[&str]) -> bool {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    match Command::new(cargo).args(arguments).current_dir(xtask::root()).status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("xtask: cannot start cargo: {error}");
            false
        }
    }
}
