//! Identifiers: UUIDv7 (RFC 9562), one type for each thing, so that an account's id never selects a secret.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand;
use uuid::Uuid;

use crate::clock::Clock;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier: 48 bits of the clock's milliseconds, then 74 random bits.
            #[must_use]
            pub fn new(clock: &dyn Clock) -> Self {
                Self(uuid_v7(clock))
            }

            /// The sixteen bytes, most significant first.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The identifier with these sixteen bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError($what))
            }
        }
    )+};
}

ids! {
    /// One installation: the owner of the instance key.
    InstanceId = "an installation",
    /// A tenant: owner of secrets, agents and members.
    AccountId = "an account",
    /// A secret, for life: a rename or a new version keeps it.
    SecretId = "a secret",
    /// A data key that seals a secret's versions.
    DataKeyId = "a data key",
    /// A key provider's slot that wraps the instance key.
    SlotId = "a key slot",
    /// One run of an agent or of a command.
    RunId = "a run",
    /// An audit record.
    RecordId = "an audit record",
    /// A token.
    TokenId = "a token",
    /// A person, who may be a member of several accounts.
    PersonId = "a person",
    /// A person's membership in one account, from the invitation on.
    MemberId = "a membership",
    /// Anything beside secrets that a record names: a token, a person, a membership.
    EntityId = "a thing",
    /// A backup.
    BackupId = "a backup",
}

macro_rules! entities {
    ($($name:ident),+) => {$(
        impl From<$name> for EntityId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }
    )+};
}

entities!(AccountId, TokenId, PersonId, MemberId);

/// Text that is no identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the identifier of {0}, which is like `0190a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b`")]
pub struct IdError(&'static str);

fn uuid_v7(clock: &dyn Clock) -> Uuid {
    let mut random = [0_u8; 10];
    rand::fill(&mut random).expect("the operating system's random source answers");
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{FixedClock, Timestamp};

    #[test]
    fn an_id_carries_the_time_and_survives_text() {
        let clock = FixedClock::at(Timestamp::from_millisecond(0x0123_4567_89AB).expect("in range"));
        let id = SecretId::new(&clock);
        assert_eq!(&id.as_bytes()[..6], &[0x01, 0x23, 0x45, 0x67, 0x89, 0xAB]);
        assert_eq!(id.to_string().parse::<SecretId>(), Ok(id));
        assert_ne!(id, SecretId::new(&clock));
        let error = "x".parse::<SlotId>().expect_err("refused").to_string();
        assert!(
            error.starts_with("not the identifier of a key slot, which is like "),
            "{error}"
        );
    }

    #[test]
    fn random_bytes_come_from_the_operating_system() {
        // With the library's own jitter entropy the first identifier of a process costs 30 ms (docs/adr/0006-random-bytes-from-the-operating-system.md).
        assert_eq!(option_env!("AWS_LC_SYS_NO_JITTER_ENTROPY"), Some("1"));
    }
}
