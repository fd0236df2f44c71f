//! The `distri` command: secrets for AI agents.
//!
//! Data goes to standard output, everything said to a person to standard error. Each verb is one file under
//! [`command`]; to add one, write its `Args` with a `run` method, add a line to its group's enum, and a transcript
//! under `tests/cmd/`.

mod caller;
mod command;
mod context;
mod duration;
mod epilogue;
mod exit;
mod failure;
mod harden;
mod hidden;
mod instant;
mod log;
mod output;
mod remote;
mod running;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // These are this same binary, re-executed and confined: they must not read configuration or open a store.
    match std::env::args_os().nth(1) {
        Some(it) if it == "__tool-host" => return distri_runtime::tool_host::child_main(),
        Some(it) if it == "__isolate" => return distri_runtime::isolation::helper_main(),
        _ => {}
    }
    harden::harden();
    let cli = match command::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::from_usage(&error),
    };
    log::start(cli.log_level());
    match cli.run() {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}
