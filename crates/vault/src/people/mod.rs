//! People: how they come, sign in and out, and what they may do in an account.
//!
//! | module | owns |
//! |---|---|
//! | [`password`] | Argon2id, and the same work whether somebody is known or not |
//! | [`attempts`] | the limit on failed log-ins, by person and by address of the network |
//! | [`setup`] | the first owner |
//! | [`log_in`], [`log_out`] | sessions made and ended |
//! | [`session`] | who presents a session, believed at each request |
//! | [`reauthenticate`], [`change_password`] | the password again |
//! | [`list`], [`invite`], [`accept`], [`role`], [`remove`] | members |
//!
//! Functions that hash a password take tens of milliseconds and 19 MiB: a server calls them off its event loop. One at a
//! time does so in each process.

mod accept;
mod attempts;
mod change_password;
mod invite;
mod list;
mod log_in;
mod log_out;
mod password;
mod reauthenticate;
mod remove;
mod role;
mod rows;
mod session;
mod setup;

pub use accept::Joining;
pub use invite::{InvitationView, NewInvitation};
pub use list::MemberView;
pub use log_in::{LogIn, SignedIn};
pub use log_out::OpenSession;
pub use password::{Password, PasswordError};
pub use session::{CsrfToken, SessionView};
pub use setup::FirstOwner;

pub(crate) use password::Hashing;

use std::time::Duration;

/// A session ends this long after it began, whatever happens.
pub const SESSION_LASTS: Duration = Duration::from_hours(7 * 24);
/// A session ends when it is not used for this long.
pub const SESSION_IDLE: Duration = Duration::from_hours(8);
/// Values are revealed to a person this long after the password was given.
pub const PASSWORD_FRESH: Duration = Duration::from_secs(10 * 60);
/// An invitation can be used for this long.
pub const INVITATION_LASTS: Duration = Duration::from_hours(7 * 24);
/// A setup link can be used for this long; then the next start shows another one.
pub const SETUP_LASTS: Duration = Duration::from_hours(24);
