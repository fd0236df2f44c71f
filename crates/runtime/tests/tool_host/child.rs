//! The tool host's child as a program of its own, for the integration tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    distri_runtime::tool_host::child_main()
}
