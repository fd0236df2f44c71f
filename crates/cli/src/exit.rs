//! Exit codes: documented, one meaning each.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::terminal;

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Ok,
    /// It failed, for a reason that has no code of its own.
    Failed,
    /// The command line is wrong.
    Usage,
    /// A secret, version, agent, tool or file is not there.
    Missing,
    /// The credentials or the root key are missing or wrong.
    NotAuthenticated,
    /// It is not permitted, or an alarm has ended it.
    Forbidden,
    /// It is there already, or changed meanwhile.
    Conflict,
    /// A server or an upstream does not answer.
    Unreachable,
    /// Data fails its integrity check.
    Integrity,
    /// This signal ended a run: 128 and its number, as shells report it.
    Signal(u8),
    /// What a command run by `exec` ended with.
    Child(u8),
}

/// The table in `distri --help` and in the README.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  the command line is wrong
  3  missing: a secret, version, agent, tool or file is not there
  4  not authenticated: credentials or root key missing or wrong
  5  forbidden, or ended by an alarm
  6  conflict: there already, or changed meanwhile
  7  unreachable
  8  integrity: stored data is not what distri wrote
  130 or 143: ended by Ctrl-C or by a request to terminate
  `distri exec` passes on its command's code: 126 not executable, 127 not found, 128+n killed by signal n";

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Missing => 3,
            Self::NotAuthenticated => 4,
            Self::Forbidden => 5,
            Self::Conflict => 6,
            Self::Unreachable => 7,
            Self::Integrity => 8,
            Self::Signal(number) => 128 + number,
            Self::Child(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Prints what clap has to say: help and version are data, everything else is a message.
pub(crate) fn from_usage(error: &clap::Error) -> ExitCode {
    if is_stray_word(error) {
        terminal::error("there is an argument too many; it is not repeated here, since it may be a value");
        terminal::hint("`distri secrets set KEY` asks for a new value; see also `--help`");
        return Exit::Usage.into();
    }
    // A closed pipe on the other side of `--help` is nobody's failure.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Ok.into()
    }
}

/// `distri secrets edit KEY VALUE`: clap would put the value into a message, and so into the log of a build.
fn is_stray_word(error: &clap::Error) -> bool {
    let word = error.get(ContextKind::InvalidArg);
    error.kind() == ErrorKind::UnknownArgument
        && matches!(word, Some(ContextValue::String(word)) if !word.starts_with('-'))
}
