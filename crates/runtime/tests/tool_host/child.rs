//! The tool host's child and the helper that isolates, as a program of its own for the integration tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args_os().nth(1) {
        Some(it) if it == "__isolate" => distri_runtime::isolation::helper_main(),
        _ => distri_runtime::tool_host::child_main(),
    }
}
