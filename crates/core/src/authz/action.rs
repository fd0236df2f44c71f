//! What needs a permission. Each action is a type, so that a permission for one is none for another.

use super::{Role, Scope};

/// Something that needs a permission.
pub trait Action {
    /// The word in a denial and in the audit log.
    const WORD: &'static str;
    /// The scope that a token needs for it.
    const SCOPE: Scope;
    /// What it is about.
    const ABOUT: About;
    /// Whether a person who is signed in must have given the password a short while ago.
    const FRESH: bool;
    /// Whether `role` may do it.
    fn permits(role: Role) -> bool;
}

/// What an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Secrets and agents, each within the limits of the credential.
    Secrets,
    /// The account as a whole: not for a credential that is limited to some of its secrets.
    Account,
    /// The installation and every account in it: only for the user of the machine, and in the account that it was made
    /// with.
    Installation,
}

/// An action as data, for documentation and completeness tests.
#[derive(Clone, Debug)]
pub struct ActionFacts {
    /// Its word.
    pub word: &'static str,
    /// The scope that a token needs for it.
    pub scope: Scope,
    /// What it is about.
    pub about: About,
    /// Whether a person must have given the password a short while ago.
    pub fresh: bool,
    /// The roles that may do it.
    pub roles: Vec<Role>,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $scope:ident, $about:ident, $fresh:literal : $($role:ident)|+),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl Action for $name {
            const WORD: &'static str = $word;
            const SCOPE: Scope = Scope::$scope;
            const ABOUT: About = About::$about;
            const FRESH: bool = $fresh;

            fn permits(role: Role) -> bool {
                matches!(role, $(Role::$role)|+)
            }
        }
    )+

        /// Every action as data.
        pub fn all_actions() -> Vec<ActionFacts> {
            vec![$(ActionFacts {
                word: $word,
                scope: $name::SCOPE,
                about: $name::ABOUT,
                fresh: $name::FRESH,
                roles: Role::ALL.into_iter().filter(|it| $name::permits(*it)).collect(),
            }),+]
        }

        /// Asks an authority for each action, in the order of [`all_actions`].
        #[cfg(test)]
        pub(super) fn ask_for_all(authority: &super::Authority, account: crate::ids::AccountId) -> Vec<Result<(), super::Denied>> {
            vec![$(authority.authorize::<$name>(account).map(drop)),+]
        }
    };
}

actions! {
    /// Seeing keys, versions, policies and history, never a value.
    Read = "read", Read, Secrets, false: Owner | Admin | Member | Viewer,
    /// Setting, deleting, restoring secrets and changing their policy.
    Write = "write", Write, Secrets, false: Owner | Admin | Member,
    /// Destroying secrets beyond recovery.
    Purge = "purge", Write, Secrets, false: Owner | Admin,
    /// Reading a value as a person.
    Reveal = "reveal", Reveal, Secrets, true: Owner | Admin,
    /// Handing values to a run.
    Resolve = "resolve", Resolve, Secrets, false: Owner | Admin | Member,
    /// Keeping agent definitions with the account, which say what secrets are used for.
    PushAgents = "agents", Write, Account, false: Owner | Admin | Member,
    /// Reading the audit log.
    Audit = "audit", Admin, Account, false: Owner | Admin,
    /// Making, seeing and revoking tokens: of everybody as owner or admin, else one's own.
    Tokens = "tokens", Admin, Account, false: Owner | Admin | Member,
    /// Seeing, inviting, changing and removing members.
    Members = "members", Admin, Account, false: Owner | Admin,
    /// Making accounts.
    Accounts = "accounts", Admin, Installation, false: Owner,
    /// Destroying the account with everything in it.
    DeleteAccount = "delete-account", Admin, Account, true: Owner,
    /// Changing what unlocks the installation.
    Keys = "keys", Admin, Installation, false: Owner,
    /// Dropping bodies of the audit log, and accepting that it has fallen behind.
    Oversee = "oversee", Admin, Installation, false: Owner,
}
