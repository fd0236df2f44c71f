//! The vault: the use cases of secrets, in the order decide, load, record, commit, act.
//!
//! The embedded CLI and a server call the same functions. Each use case is one file under [`secrets`], takes a
//! [`Caller`] and asks it for an [`Allowed`](distri_core::authz::Allowed) first; its audit record commits in the
//! same unit of work as the change, and a value is opened only against the receipt of a committed record.
//!
//! | module | owns |
//! |---|---|
//! | [`home`], [`database`] | where the database and the root key are |
//! | [`root_key`] | key providers: where root keys are kept |
//! | [`open`](Vault::open), `first_use` | opening, and making what is opened |
//! | `unlock`, `closed`, `instance_key` | which slot opens, and why others do not; the instance key in use |
//! | [`caller`] | who acts, in which account |
//! | [`Unfinished`] | the half of a use case that waits for its commit, so that requests share one |
//! | [`secrets`] | set, update, reveal, list, delete, undelete, history, rollback, import, copy, release |
//! | [`accounts`], [`people`] | accounts; their members, log-in, sessions, roles |
//! | [`agents`] | agent definitions that were pushed |
//! | [`tokens`] | made, listed, revoked, and authenticated at each request |
//! | [`sessions`] | session data of conversations |
//! | [`once`] | requests that are sent again |
//! | `held_form` | a form that is looked at again before it is done |
//! | [`observed`] | what runs with `--learn` did |
//! | [`alarm`] | recording alarms, saying whose a placeholder is |
//! | [`audit`] | the audit log: appended, signed, delivered, verified, shown |
//! | [`backup`] | backups: made online, checked anywhere, restored whole or not at all |
//! | `soundness` | whether all that is stored is as it was written |
//! | [`keys`] | the key slots: status, add, trust, verify, retire, change |
//!
//! To add a use case: one file in `secrets/`, its line in `secrets/mod.rs`, one story in `tests/`.

pub mod accounts;
pub mod agents;
pub mod alarm;
pub mod audit;
pub mod backup;
pub mod caller;
pub mod database;
pub mod home;
pub mod keys;
pub mod observed;
pub mod once;
pub mod people;
pub mod root_key;
pub mod secrets;
pub mod sessions;
pub mod tokens;

mod closed;
mod config_file;
mod error;
mod first_use;
mod held_form;
mod instance_key;
mod integrity;
mod open;
mod opening;
mod record;
mod refusal;
mod revision;
mod soundness;
mod tampering;
mod unfinished;
mod unlock;

pub use caller::Caller;
pub use closed::{Closed, ClosedSlot, ClosedSlots};
pub use distri_store::{Location, StoreError};
pub use error::{Unauthenticated, VaultError};
pub use home::Home;
pub use open::{FirstUse, Vault};
pub use soundness::{Looked, Soundness};
pub use unfinished::Unfinished;
