//! What a credential or a membership permits, in the words of the record that says so: written and read in one place.
//!
//! The words are in the leaves of the log: to change one would leave older records without a meaning.

use super::{Limits, Role, Scopes};
use crate::clock::Timestamp;

/// What a token or a member was permitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// What a token was made for; none for a member.
    pub scopes: Option<Scopes>,
    /// The role.
    pub role: Option<Role>,
    /// To what a token is limited.
    pub limits: Limits,
    /// When a token stops working.
    pub expires_at: Option<Timestamp>,
}

impl Grants {
    /// A role and nothing else, as a member has it.
    #[must_use]
    pub fn of_role(role: Role) -> Self {
        Self {
            role: Some(role),
            ..Self::default()
        }
    }

    /// In words such as `scopes read,resolve`, `role admin` or `keys A,B`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let scopes = self.scopes.as_ref().map(|it| format!("scopes {it}"));
        let role = self.role.map(|it| format!("role {it}"));
        let expiry = self.expires_at.map(|at| format!("expires {at}"));
        let limits = self.limits.words();
        scopes.into_iter().chain(role).chain(limits).chain(expiry).collect()
    }

    /// What the words of a record say; `None` where one of them means nothing here, so that nothing is taken for less than
    /// it was.
    #[must_use]
    pub fn from_words(words: &[String]) -> Option<Self> {
        let mut grants = Self::default();
        for word in words {
            match word.split_once(' ')? {
                ("scopes", scopes) if grants.scopes.is_none() => grants.scopes = Some(scopes.parse().ok()?),
                ("role", role) if grants.role.is_none() => grants.role = Some(role.parse().ok()?),
                ("expires", at) if grants.expires_at.is_none() => grants.expires_at = Some(at.parse().ok()?),
                _ if grants.limits.take(word) => {}
                _ => return None,
            }
        }
        Some(grants)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|&it| it.to_owned()).collect()
    }

    #[test]
    fn what_was_written_is_read_again() {
        for text in [
            &[][..],
            &["role viewer"],
            &["scopes read,resolve", "role owner"],
            &["scopes admin", "role admin", "expires 2027-01-15T08:00:00Z"],
            &[
                "scopes read,reveal",
                "role member",
                "keys A,B",
                "agents mailer",
                "environments dev,prod",
                "addresses 10.0.0.0/8,2001:db8::/32",
                "expires 2027-01-15T08:00:00.123Z",
            ],
        ] {
            let grants = Grants::from_words(&words(text)).expect("a record has these");
            assert_eq!(grants.words(), text);
        }
    }

    #[test]
    fn limits_that_name_nothing_stay_limits() {
        let grants = Grants {
            limits: Limits {
                keys: Some([].into()),
                ..Limits::default()
            },
            ..Grants::default()
        };
        assert_eq!(Grants::from_words(&grants.words()), Some(grants));
    }

    #[test]
    fn words_without_a_meaning_are_not_left_out() {
        for text in [
            "role",
            "role emperor",
            "scopes ",
            "scopes read,fly",
            "keys a b",
            "addresses everywhere",
            "expires soon",
            "planets Mars",
        ] {
            assert_eq!(Grants::from_words(&words(&["role owner", text])), None, "{text}");
        }
        assert_eq!(Grants::from_words(&words(&["role owner", "role viewer"])), None);
        assert_eq!(Grants::from_words(&words(&["keys A", "keys B"])), None);
    }
}
