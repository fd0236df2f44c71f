//! Credentials of ours: texts with a prefix that says what they are and a checksum that finds a mistyped one.
//!
//! | kind | looks like | is for |
//! |---|---|---|
//! | [`Token`] | `distri_…` | requests of programs |
//! | [`Session`] | `distri_session_…` | a signed-in browser |
//! | [`Invitation`] | `distri_invite_…` | joining an account, once |
//! | [`Setup`] | `distri_setup_…` | becoming the first owner, once |
//!
//! After the prefix come 43 digits to the base of 62, which hold 256 random bits, and six of a checksum. What is stored
//! is a keyed hash ([`Keyring::hash_credential`](crate::envelope::Keyring::hash_credential)): a database alone neither
//! gives a credential away nor can be given one that works.

mod digits;
mod text;

#[cfg(test)]
mod tests;

pub use digits::{random, same};
pub use text::{CredentialError, Kind, Plain, Presented};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident, $plain:ident, $presented:ident = $prefix:literal, $word:literal);+ $(;)?) => {$(
        $(#[$doc])*
        pub enum $name {}

        impl Kind for $name {
            const PREFIX: &'static str = $prefix;
            const WORD: &'static str = $word;
        }

        #[doc = concat!("A new ", $word, ", shown once.")]
        pub type $plain = Plain<$name>;
        #[doc = concat!("Text that somebody presents as ", $word, ".")]
        pub type $presented = Presented<$name>;
    )+};
}

kinds! {
    /// Requests of programs.
    Token, PlainToken, PresentedToken = "distri_", "token";
    /// A signed-in browser.
    Session, PlainSession, PresentedSession = "distri_session_", "session";
    /// Joining an account, once.
    Invitation, PlainInvitation, PresentedInvitation = "distri_invite_", "invitation";
    /// Becoming the first owner, once.
    Setup, PlainSetup, PresentedSetup = "distri_setup_", "setup link";
}
