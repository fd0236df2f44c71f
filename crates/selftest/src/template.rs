//! Texts of the corpus with `{NAME}` and `{NAME|form}` filled in.

use std::collections::BTreeMap;

use crate::error::SelftestError;
use crate::forms::formed;

/// What names stand for in the rows of one world. Braces around anything else are text.
#[derive(Clone, Default)]
pub(crate) struct Names(BTreeMap<String, Vec<u8>>);

impl Names {
    pub(crate) fn set(&mut self, name: impl Into<String>, text: impl Into<Vec<u8>>) {
        self.0.insert(name.into(), text.into());
    }

    /// `text` with every name filled in.
    ///
    /// # Errors
    /// A form that does not exist.
    pub(crate) fn fill(&self, text: &str) -> Result<Vec<u8>, SelftestError> {
        let mut filled = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            filled.extend_from_slice(&rest.as_bytes()[..at]);
            rest = &rest[at..];
            let inner = rest.find('}').map(|end| &rest[1..end]);
            let Some((found, inner)) = inner.and_then(|it| Some((self.0.get(it.split('|').next()?)?, it))) else {
                filled.push(b'{');
                rest = &rest[1..];
                continue;
            };
            let mut found = found.clone();
            for form in inner.split('|').skip(1) {
                found = formed(&found, form).ok_or_else(|| SelftestError::Corpus(format!("no form `{form}`")))?;
            }
            filled.extend(found);
            rest = &rest[inner.len() + 2..];
        }
        filled.extend_from_slice(rest.as_bytes());
        Ok(filled)
    }

    /// The same where the row is text.
    pub(crate) fn fill_text(&self, text: &str) -> Result<String, SelftestError> {
        Ok(String::from_utf8_lossy(&self.fill(text)?).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_and_other_braces_stay() {
        let mut names = Names::default();
        names.set("P", "sk_x");
        names.set("=P", "a\"b");
        let fill = |text| names.fill_text(text).expect(text);
        assert_eq!(
            fill("{P} {\"k\":\"{=P|json}\"} {P|hex|upper}"),
            "sk_x {\"k\":\"a\\\"b\"} 736B5F78"
        );
        assert_eq!(fill("{Q} {} { {P"), "{Q} {} { {P");
        assert!(names.fill("{P|no}").is_err());
    }
}
