//! How a command fails: a sentence for the person, a hint, an exit code; the cause goes to the log.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use distri_store::{Location, StoreError};
use distri_vault::root_key::RootKeyError;
use distri_vault::{ClosedSlots, VaultError};

use crate::exit::Exit;
use crate::terminal;

/// A failed command.
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    missing: Vec<(String, String)>,
    is_not_set_up: bool,
}

impl Failure {
    /// A failure with this code and sentence.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
            cause: None,
            missing: Vec::new(),
            is_not_set_up: false,
        }
    }

    /// Adds what the person can do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same where it ends with `exit` and nothing else was said to do.
    pub(crate) fn hint_on(self, exit: Exit, hint: impl Into<String>) -> Self {
        match self.exit == exit && self.hint.is_none() {
            true => self.hint(hint),
            false => self,
        }
    }

    /// Keeps which required secrets are missing, each with its reason.
    pub(crate) fn missing(mut self, missing: Vec<(String, String)>) -> Self {
        self.missing = missing;
        self
    }

    /// The required secrets that are missing, each with its reason.
    pub(crate) fn missing_secrets(&self) -> &[(String, String)] {
        &self.missing
    }

    /// Keeps the cause for the log.
    pub(crate) fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Whether it is that there is no installation, and never was.
    pub(crate) fn is_not_set_up(&self) -> bool {
        self.is_not_set_up
    }

    /// How the command ends.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The sentence for the person.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Tells the person, logs the cause, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        terminal::error(&self.message);
        let mut cause: Option<&dyn Error> = self.cause.as_deref().map(|it| it as &dyn Error);
        while let Some(error) = cause {
            terminal::caused_by(&error.to_string());
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            terminal::hint(hint);
        }
        self.exit.into()
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let exit = match &error {
            VaultError::Denied(_) => Exit::Forbidden,
            VaultError::NotFound { .. }
            | VaultError::NeverKnown(_)
            | VaultError::NoVersion { .. }
            | VaultError::NoEarlierValue { .. }
            | VaultError::NoAccount(_)
            | VaultError::NoToken
            | VaultError::NoMember
            | VaultError::NoInvitation
            | VaultError::NoAgent(_)
            | VaultError::NotObserved(_) => Exit::Missing,
            VaultError::Stale { .. }
            | VaultError::Exists { .. }
            | VaultError::TokenExists(_)
            | VaultError::MemberExists(_)
            | VaultError::AccountExists(_)
            | VaultError::FirstAccount
            | VaultError::LastOwner
            | VaultError::NotDeleted(_)
            | VaultError::NotStaged(_) => Exit::Conflict,
            VaultError::Integrity { .. } | VaultError::Tampered { .. } | VaultError::Key { .. } => Exit::Integrity,
            VaultError::Definition(_) => Exit::Failed,
            VaultError::Log { .. } | VaultError::Behind(_) | VaultError::Lost(_) => Exit::Integrity,
            VaultError::NoRecord | VaultError::NoSlot(_) | VaultError::NotSetUp(_) => Exit::Missing,
            VaultError::LastSlot(_) | VaultError::SlotsChanged | VaultError::SlotExists(_) => Exit::Conflict,
            VaultError::NoSlots => Exit::Integrity,
            VaultError::NoneOpens(closed) if closed.are_damaged() => Exit::Integrity,
            VaultError::NoneOpens(_) => Exit::NotAuthenticated,
            VaultError::UnknownProvider(_) => Exit::Failed,
            VaultError::SlotsClosed(_) => Exit::NotAuthenticated,
            VaultError::NotBehind => Exit::Conflict,
            VaultError::Future | VaultError::Settings(_) => Exit::Usage,
            VaultError::RootKey(_) | VaultError::Locked(_) | VaultError::Unauthenticated(_) => Exit::NotAuthenticated,
            VaultError::Store(StoreError::Corrupt | StoreError::Damaged { .. }) => Exit::Integrity,
            VaultError::Store(StoreError::Unreachable { .. }) => Exit::Unreachable,
            VaultError::TooLong { .. }
            | VaultError::Note
            | VaultError::UselessToken(_)
            | VaultError::UselessScope { .. }
            | VaultError::TooMuch(_)
            | VaultError::Password(_)
            | VaultError::SessionName => Exit::Usage,
            VaultError::VersionsExhausted(_)
            | VaultError::PlaceholdersExhausted
            | VaultError::Uses(_)
            | VaultError::Home { .. }
            | VaultError::NotRecorded(_)
            | VaultError::Undelivered { .. }
            | VaultError::WebhookFailed(_)
            | VaultError::Store(_) => Exit::Failed,
        };
        let hint = match &error {
            VaultError::NotFound { key, .. } => Some(format!(
                "set it with `distri secrets set {key}`, or see `distri secrets list`"
            )),
            VaultError::NotObserved(_) => Some("start a run with `--learn` to have its requests recorded".to_owned()),
            VaultError::Integrity { .. } => {
                Some("`distri audit list --alarms` has it; restore a backup of the database, or set the secret again under another key".to_owned())
            }
            VaultError::Exists { .. } => {
                Some("`--on-conflict skip` leaves them, `replace` sets the new value".to_owned())
            }
            VaultError::NotStaged(key) => Some(format!("`distri secrets set {key} --stage` stages one")),
            VaultError::NotDeleted(key) => Some(format!("see `distri secrets history {key}`")),
            VaultError::RootKey(RootKeyError::Open { path, .. }) => Some(format!("`chmod 600 {}`", path.display())),
            VaultError::NoSlots => Some("restore a backup of the database: no key opens this one".to_owned()),
            VaultError::NoneOpens(closed) if closed.are_damaged() => Some("restore a backup of the database".to_owned()),
            VaultError::NoneOpens(closed) | VaultError::SlotsClosed(closed) => to_open(closed),
            VaultError::Log { .. } => {
                Some("`distri audit verify` names every record that is not as distri wrote it".to_owned())
            }
            VaultError::Behind(_) => Some(
                "put the newer database back, or accept this one with `distri audit accept-rollback`; until then nothing is given out".to_owned(),
            ),
            VaultError::NotSetUp(_) => Some("`distri secrets set KEY` makes one".to_owned()),
            VaultError::Lost(lost) => Some(format!(
                "mount the database or put it back, or `distri backup restore` a backup; to begin anew without it, move away {}",
                listed(&lost.in_the_way)
            )),
            VaultError::NotRecorded(_) => Some(format!(
                "{}: without a record no secret is used",
                make_room()
            )),
            VaultError::Store(StoreError::Unwritable { .. }) => Some(make_room()),
            _ => None,
        };
        let message = error.to_string();
        let is_not_set_up = matches!(error, VaultError::NotSetUp(_));
        let cause = match error {
            VaultError::Store(
                StoreError::Database(source)
                | StoreError::Open { source, .. }
                | StoreError::Unreachable { source, .. }
                | StoreError::Refused { source, .. },
            ) => Some(source),
            _ => None,
        };
        Self {
            exit,
            message,
            hint,
            cause,
            missing: Vec::new(),
            is_not_set_up,
        }
    }
}

/// What to do when slots do not open: what fits to each.
fn to_open(closed: &ClosedSlots) -> Option<String> {
    let remedies = closed.remedies();
    (!remedies.is_empty()).then(|| remedies.join("; or "))
}

/// Paths, as a sentence lists them.
fn listed(paths: &[PathBuf]) -> String {
    let each = paths.iter().map(|it| format!("`{}`", it.display()));
    each.collect::<Vec<_>>().join(" and ")
}

/// What to do when the database cannot be written, and where it is.
fn make_room() -> String {
    match crate::context::home().map(|it| it.location()) {
        Ok(Location::File(path)) => format!("make room where `{}` is, or make it writable again", path.display()),
        Ok(Location::Server(_)) | Err(_) => "make room for the database, or make it writable again".to_owned(),
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Failed, "cannot read or write").cause(error)
    }
}
