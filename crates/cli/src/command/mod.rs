//! The verbs: a file each, in groups.

mod agents;
mod audit;
mod backup;
mod completions;
mod demo;
mod doctor;
mod exec;
mod key_text;
mod keys;
mod placeholder;
pub(crate) mod policy;
pub(crate) mod run;
mod secrets;
mod selftest;
mod serve;
mod tools;

use clap::{Parser, Subcommand};

use crate::exit::{EXIT_CODES, Exit};
use crate::failure::Failure;

/// Secrets for AI agents: kept encrypted, given at run time, never shown.
#[derive(Debug, Parser)]
#[command(name = "distri", version, after_help = EXIT_CODES, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set, list, delete and look after secrets
    Secrets(secrets::Secrets),
    /// Run an agent with its secrets
    Run(run::Run),
    /// Run any command with secrets in its environment and its output redacted
    Exec(exec::Exec),
    /// List or call the tools of an agent without a model
    Tools(tools::Tools),
    /// List and check agent definitions
    Agents(agents::Agents),
    /// Read the audit log
    Audit(audit::Audit),
    /// Back up the store to one encrypted file, check such a file, and restore it
    Backup(backup::Backup),
    /// Say whose a placeholder is that was found somewhere
    Placeholder(placeholder::Placeholder),
    Policy(policy::Policy),
    /// See or change what unlocks the store
    Keys(keys::Keys),
    /// Say what this machine can enforce and whether the store is sound
    Doctor(doctor::Doctor),
    Selftest(selftest::Selftest),
    Serve(serve::Serve),
    Demo(demo::Demo),
    /// Print completions for a shell
    Completions(completions::Completions),
}

impl Cli {
    /// What is logged where nobody asks for another level: a server tells what goes wrong.
    pub(crate) fn log_level(&self) -> Option<&'static str> {
        matches!(self.command, Command::Serve(_)).then_some("warn")
    }

    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Secrets(it) => it.run(),
            Command::Run(it) => it.run(),
            Command::Exec(it) => it.run(),
            Command::Tools(it) => it.run(),
            Command::Agents(it) => it.run(),
            Command::Audit(it) => it.run(),
            Command::Backup(it) => it.run(),
            Command::Placeholder(it) => it.run(),
            Command::Policy(it) => it.run(),
            Command::Keys(it) => it.run(),
            Command::Doctor(it) => it.run(),
            Command::Selftest(it) => it.run(),
            Command::Serve(it) => it.run(),
            Command::Demo(it) => it.run(),
            Command::Completions(it) => it.run(),
        }
    }
}
