//! `distri keys`: what unlocks the store.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use distri_core::SystemClock;
use distri_vault::keys::NewRoot;
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::{FirstUse, Home, Vault, VaultError};
use zeroize::Zeroizing;

use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{hidden, output, terminal};

/// See or change what unlocks the store
///
/// A root key wraps the instance key, and that wraps everything else. The root key is in a file of mode
/// 0600, apart from the database, or is made from a passphrase.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Keys {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Status(Status),
    Init(Init),
    ChangeRoot(ChangeRoot),
}

/// Show which root key opens the store
#[derive(Debug, Args)]
#[command(
    after_help = "JSON: an array of {id, provider, root_key, instance_key, created_at}; the keys are fingerprints."
)]
struct Status {
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

/// Set the store up before its first use
///
/// Not needed for a key file: the first `distri secrets set` makes one.
#[derive(Debug, Args)]
#[command(after_help = PASSPHRASE)]
struct Init {
    /// Unlock with a passphrase instead of a key file
    #[arg(long)]
    passphrase: bool,
}

/// Wrap the instance key under a new root key; the old one opens nothing any more
///
/// Secrets are not touched. Afterwards destroy the old key file, and its copies.
#[derive(Debug, Args)]
#[command(after_help = CHANGE)]
#[group(required = true, multiple = false)]
struct ChangeRoot {
    /// To a passphrase
    #[arg(long)]
    passphrase: bool,
    /// To a new key file: PATH, or the usual place when there is none there
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    key_file: Option<Option<PathBuf>>,
}

const PASSPHRASE: &str = "The passphrase is asked for twice, hidden; without a terminal it is the content of the file that DISTRI_PASSPHRASE_FILE names.";

const CHANGE: &str = "\
DISTRI_NEW_PASSPHRASE_FILE names a file with the new passphrase where there is no terminal.

Examples:
  distri keys change-root --passphrase
  distri keys change-root --key-file /media/stick/distri.key
  export DISTRI_ROOT_KEY_FILE=/media/stick/distri.key";

impl Keys {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Status(it) => it.run(),
            Verb::Init(it) => it.run(),
            Verb::ChangeRoot(it) => it.run(),
        }
    }
}

impl Status {
    fn run(self) -> Result<Exit, Failure> {
        let context = Context::open_with(FirstUse::Refuse)?;
        let slots = context.vault().slots()?;
        if self.json {
            output::json(&slots)?;
            return Ok(Exit::Ok);
        }
        let rows = slots
            .into_iter()
            .map(|it| vec![it.provider, it.root_key, it.instance_key, minute(it.created_at)]);
        output::line(&table(
            &["PROVIDER", "ROOT KEY", "INSTANCE KEY", "SINCE"],
            rows.collect(),
        ))?;
        Ok(Exit::Ok)
    }
}

impl Init {
    fn run(self) -> Result<Exit, Failure> {
        let home = context::home()?;
        if home.database().exists() {
            return Err(Failure::new(
                Exit::Conflict,
                format!("`{}` is set up already", home.database().display()),
            )
            .hint("`distri keys change-root` changes what unlocks it"));
        }
        let first_use = if self.passphrase {
            FirstUse::Passphrase
        } else {
            FirstUse::KeyFile
        };
        let mut ask = || new_passphrase("DISTRI_PASSPHRASE_FILE");
        Vault::open(&home, Arc::new(SystemClock), first_use, &mut ask)?;
        terminal::note("The store is set up.");
        if !self.passphrase {
            keep_a_copy(&home);
        }
        Ok(Exit::Ok)
    }
}

impl ChangeRoot {
    fn run(self) -> Result<Exit, Failure> {
        let context = Context::open_with(FirstUse::Refuse)?;
        let caller = context.caller()?;
        let slot = match self.key_file {
            None => caller.change_root(NewRoot::Passphrase(&mut || {
                new_passphrase("DISTRI_NEW_PASSPHRASE_FILE")
            }))?,
            Some(path) => {
                let home = home_with_key_at(path)?;
                let slot = caller.change_root(NewRoot::KeyFile(&home)).map_err(|error| {
                    let is_taken =
                        matches!(error, VaultError::RootKey(RootKeyError::Io { .. })) && home.root_key().exists();
                    let failure = Failure::from(error);
                    if is_taken {
                        failure.hint("a key file is never replaced: name a new path with `--key-file PATH`")
                    } else {
                        failure
                    }
                })?;
                keep_a_copy(&home);
                slot
            }
        };
        terminal::note(&format!(
            "Root key {} opens the store now, and no other.",
            slot.root_key
        ));
        Ok(Exit::Ok)
    }
}

/// The home, with its key file at `path`, else where the configuration is.
fn home_with_key_at(path: Option<PathBuf>) -> Result<Home, Failure> {
    let path = path.map(PathBuf::into_os_string);
    let home = Home::from_env(|name| match name {
        "DISTRI_ROOT_KEY_FILE" => path.clone().or_else(|| std::env::var_os(name)),
        _ => std::env::var_os(name),
    })?;
    Ok(home)
}

fn keep_a_copy(home: &Home) {
    terminal::note(&format!("The root key is in `{}`.", home.root_key().display()));
    terminal::hint("keep a copy of it apart from the database and its copies: without it nothing can be read");
    let usual = context::home().map(|it| it.root_key());
    if usual.is_ok_and(|it| it != home.root_key()) {
        terminal::hint(&format!(
            "set `DISTRI_ROOT_KEY_FILE={}` from now on",
            home.root_key().display()
        ));
    }
}

/// A passphrase that is new: from the file that `variable` names, else asked for twice.
fn new_passphrase(variable: &str) -> Result<Passphrase, RootKeyError> {
    let failed = |reason: String| RootKeyError::NoPassphrase(reason);
    if let Some(path) = std::env::var_os(variable)
        .filter(|it: &OsString| !it.is_empty())
        .map(PathBuf::from)
    {
        let text = std::fs::read_to_string(&path).map(Zeroizing::new);
        let text = text.map_err(|error| failed(format!("cannot read `{}`: {error}", path.display())))?;
        return Ok(Passphrase::new(text.strip_suffix('\n').unwrap_or(&text).to_owned()));
    }
    let ask = |prompt: &str| {
        hidden::ask_text(prompt)
            .map_err(|error| failed(format!("cannot ask for it ({error}); name a file in `{variable}`")))
    };
    let mut first = ask("New passphrase: ")?;
    if *first != *ask("Again: ")? {
        return Err(failed("the two passphrases are not the same".to_owned()));
    }
    Ok(Passphrase::new(std::mem::take(&mut *first)))
}
