//! The address that a person signs in with.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text_name;

/// An e-mail address in lower case, so that one person has one. Nothing is ever sent to it.
///
/// Only the form is checked: something printable in ASCII on both sides of one `@`, at most 254 bytes (RFC 5321).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

text_name!(EmailAddress, EmailAddressError);

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        let (local, domain) = text.split_once('@').ok_or(EmailAddressError)?;
        let is_printable = |part: &str| {
            part.bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"(),:;<>@[\\]".contains(&b))
        };
        let fits = (1..=64).contains(&local.len())
            && (1..=189).contains(&domain.len())
            && is_printable(local)
            && is_printable(domain)
            && domain.split('.').all(|it| !it.is_empty());
        if fits {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(EmailAddressError)
        }
    }
}

/// Text that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address looks like `name@example.com`")]
pub struct EmailAddressError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_address() {
        let address: EmailAddress = "Ada@Example.COM".parse().expect("an address");
        assert_eq!(address.as_str(), "ada@example.com");
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "ada @example.com",
            "ada@example..com",
            "a\n@b",
            "<a>@b",
            "å@b",
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }
}
