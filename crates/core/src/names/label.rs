//! What people call something: a token, themselves.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text_name;

/// 1 to 64 characters, neither beginning nor ending with white space, none of which could make text look like other text:
/// no control characters, no line breaks, no marks of direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

text_name!(Label, LabelError);

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let fits = (1..=64).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(deceives);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(LabelError)
        }
    }
}

/// Control characters, line and paragraph separators, and the marks that turn or hide text (Unicode TR 36).
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Text that is no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 64 characters, none of them a control character, and no space at its ends")]
pub struct LabelError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_what_can_be_read() {
        for good in ["ci", "CI deploy (blue)", "Zoë", "日本", &"x".repeat(64)] {
            assert!(good.parse::<Label>().is_ok(), "{good}");
        }
        let bad = [
            "",
            " ci",
            "ci ",
            "a\nb",
            "a\u{202E}b",
            "a\u{200B}b",
            "a\0b",
            "\u{FEFF}a",
            &"x".repeat(65),
        ];
        for bad in bad {
            assert!(bad.parse::<Label>().is_err(), "{bad:?}");
        }
    }
}
