//! The name of a row, the section it belongs to, and the choice of some rows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `T20-cookie`: the number of an attack, and which of its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseId(String);

/// A section of the corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Section {
    /// Destination and authority.
    A,
    /// Where inside of the request.
    B,
    /// Coming back.
    C,
    /// Process and host.
    D,
}

impl CaseId {
    /// The attack's number.
    #[must_use]
    pub fn number(&self) -> u8 {
        number(&self.0).expect("checked when it was read")
    }

    /// The section of the number.
    #[must_use]
    pub fn section(&self) -> Section {
        match self.number() {
            0..20 => Section::A,
            20..30 => Section::B,
            30..40 => Section::C,
            _ => Section::D,
        }
    }
}

impl Section {
    /// The heading of the table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::A => "A. Destination and authority",
            Self::B => "B. Where inside of the request",
            Self::C => "C. Coming back",
            Self::D => "D. Process and host",
        }
    }
}

impl TryFrom<String> for CaseId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let rest = text.get(3..).unwrap_or_default();
        let plain = rest
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
        match number(&text) {
            Some(_) if plain && (rest.is_empty() || rest.starts_with('-')) => Ok(Self(text)),
            _ => Err(format!("`{text}` is no id such as `T20-cookie`")),
        }
    }
}

impl From<CaseId> for String {
    fn from(id: CaseId) -> Self {
        id.0
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn number(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('T')?.get(..2)?;
    digits.parse().ok().filter(|it| (1..50).contains(it))
}

/// Which rows: `T20`, `T20-cookie`, `T2*`.
#[derive(Clone, Debug)]
pub struct Only(String);

impl Only {
    /// Whether one of `all` names `id`; without any, all rows are meant.
    #[must_use]
    pub fn any(all: &[Self], id: &CaseId) -> bool {
        all.is_empty() || all.iter().any(|it| it.names(id))
    }

    fn names(&self, id: &CaseId) -> bool {
        let id = id.0.as_str();
        match self.0.strip_suffix('*') {
            Some(start) => id.starts_with(start),
            None => id == self.0 || id.strip_prefix(&*self.0).is_some_and(|it| it.starts_with('-')),
        }
    }
}

impl FromStr for Only {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let whole = text.strip_suffix('*').unwrap_or(text);
        let plain = whole.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        match whole.starts_with('T') && plain {
            true => Ok(Self(text.to_owned())),
            false => Err("rows are named as `T20`, `T20-cookie` or `T2*`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_a_number_and_rows_are_chosen_by_it() {
        let id = CaseId::try_from("T20-cookie".to_owned()).expect("an id");
        assert_eq!((id.number(), id.section()), (20, Section::B));
        for bad in ["", "T", "20", "T2", "Tx0-a", "T20cookie", "T20-A", "T99-a", "Tü"] {
            assert!(CaseId::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        for (only, named) in [
            ("T20", true),
            ("T2*", true),
            ("T20-cookie", true),
            ("T2", false),
            ("T20-c", false),
        ] {
            assert_eq!(only.parse::<Only>().expect(only).names(&id), named, "{only}");
        }
        assert!("*".parse::<Only>().is_err() && "a b".parse::<Only>().is_err());
    }
}
