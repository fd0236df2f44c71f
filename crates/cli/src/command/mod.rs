//! The verbs: a file each, in groups.

mod accounts;
mod agents;
mod audit;
mod backup;
mod completions;
mod demo;
mod doctor;
mod exec;
mod key_text;
mod keys;
mod login;
mod logout;
mod members;
mod placeholder;
pub(crate) mod policy;
mod profiles;
pub(crate) mod run;
mod secrets;
mod selftest;
mod serve;
mod tokens;
mod tools;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand};

use crate::epilogue::flowing;
use crate::exit::{EXIT_CODES, Exit};
use crate::failure::Failure;
use crate::remote::flags::Flags;

/// Secrets for AI agents: kept encrypted, given at run time, never shown.
#[derive(Debug, Parser)]
#[command(name = "distri", version, after_help = EXIT_CODES, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    server: Flags,
    #[command(subcommand)]
    command: Command,
}

/// The verbs, a line each. What a verb takes is described to the parser only when it is that verb that is called, or
/// when help or completions ask for all: the rest would cost every command a quarter of a millisecond.
macro_rules! verbs {
    ($($verb:ident $name:literal $args:ty: $about:literal;)+) => {
        #[derive(Debug)]
        enum Command {
            $($verb($args),)+
        }

        impl Subcommand for Command {
            fn augment_subcommands(parent: clap::Command) -> clap::Command {
                parent$(.subcommand(clap::Command::new($name).about($about).defer(|it| flowing(<$args as Args>::augment_args(it)))))+
            }

            fn augment_subcommands_for_update(parent: clap::Command) -> clap::Command {
                Self::augment_subcommands(parent)
            }

            fn has_subcommand(name: &str) -> bool {
                [$($name),+].contains(&name)
            }
        }

        impl FromArgMatches for Command {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                match matches.subcommand() {
                    $(Some(($name, found)) => <$args>::from_arg_matches(found).map(Self::$verb),)+
                    _ => Err(clap::Error::new(ErrorKind::MissingSubcommand)),
                }
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Command {
            fn run(self) -> Result<Exit, Failure> {
                match self {
                    $(Self::$verb(it) => it.run(),)+
                }
            }
        }
    };
}

verbs! {
    Secrets "secrets" secrets::Secrets: "Set, list, delete and look after secrets";
    Run "run" run::Run: "Run an agent with its secrets";
    Exec "exec" exec::Exec: "Run any command with secrets in its environment and its output redacted";
    Tools "tools" tools::Tools: "List or call the tools of an agent without a model";
    Agents "agents" agents::Agents: "List, check and push agent definitions; the section of a README on their secrets";
    Audit "audit" audit::Audit: "Read the audit log";
    Backup "backup" backup::Backup: "Back up the store to one encrypted file, check such a file, and restore it";
    Placeholder "placeholder" placeholder::Placeholder: "Say whose a placeholder is that was found somewhere";
    Policy "policy" policy::Policy: "See what runs with `--learn` did, and try a policy on it";
    Keys "keys" keys::Keys: "See or change what unlocks the store";
    Tokens "tokens" tokens::Tokens: "Make, list and revoke tokens for programs";
    Members "members" members::Members: "List, invite, change and remove the members of an account; reset a password";
    Accounts "accounts" accounts::Accounts: "List, make and delete accounts";
    Login "login" login::Login: "Save a server and its token; from then on the verbs work on that server";
    Logout "logout" logout::Logout: "Forget a saved token";
    Profiles "profiles" profiles::List: "List the saved servers, and choose one";
    Doctor "doctor" doctor::Doctor: "Say what this machine can enforce and whether the store is sound";
    Selftest "selftest" selftest::Selftest: "Try every known attack against the broker of this program, or against another proxy";
    Serve "serve" serve::Serve: "Serve the dashboard and the HTTP API";
    Demo "demo" demo::Demo: "Show the whole story in a throw-away home, without an account or a network";
    Completions "completions" completions::Completions: "Print completions for a shell";
}

impl Cli {
    /// What is logged where nobody asks for another level: a server tells what goes wrong.
    pub(crate) fn log_level(&self) -> Option<&'static str> {
        matches!(self.command, Command::Serve(_)).then_some("warn,distri_server::reload=info")
    }

    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        self.server.keep();
        self.command.run()
    }
}
