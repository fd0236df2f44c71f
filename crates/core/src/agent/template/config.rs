//! Templates of configuration: `$NAME`, `${NAME}` and `{{secrets.NAME}}` refer to variables of a run and to secrets.
//!
//! `$$` is a dollar and `\{{` two braces. A `$` that no name follows (`$5`, `a$`, `$foo`) stays as it is, since names
//! after a bare `$` are `[A-Z][A-Z0-9_]*` and prices and patterns are common in bodies; `${` must hold a name.

use std::str;

use zeroize::Zeroizing;

use super::{TemplateError, braces};
use crate::agent::position::quoted;

/// A string of the configuration that may refer to variables and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigTemplate {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// A rendered template, which may hold a secret: no `Debug`, `Display` or `Clone`, overwritten when dropped.
pub struct Rendered(Zeroizing<String>);

impl Rendered {
    /// The text itself.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

/// Why a template could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No source has the name.
    #[error("unresolved variable: ${name}")]
    Unresolved {
        /// The name referred to.
        name: String,
    },
    /// The value is not UTF-8, and a template is text.
    #[error("the value of `{name}` is not UTF-8 text, so it cannot stand in a template")]
    NotText {
        /// The name referred to.
        name: String,
    },
}

impl ConfigTemplate {
    /// Parses `text`.
    ///
    /// # Errors
    /// A `${` or `{{` that is not closed or does not hold a name.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find(['$', '\\', '{']) {
            literal.push_str(&text[at..at + found]);
            at += found;
            let rest = &text[at..];
            let (name, after) = if rest.starts_with("$$") {
                literal.push('$');
                at += 2;
                continue;
            } else if rest.starts_with("\\{{") {
                literal.push_str("{{");
                at += 3;
                continue;
            } else if rest.starts_with("${") {
                in_braces(text, at)?
            } else if rest.starts_with("{{") {
                in_double_braces(text, at)?
            } else if let Some(len) = bare_name_len(&rest[1..]).filter(|_| rest.starts_with('$')) {
                (&rest[1..=len], at + 1 + len)
            } else {
                literal.push_str(&rest[..1]);
                at += 1;
                continue;
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Name(name.to_owned()));
            at = after;
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    /// The names referred to, in the order of the text, with repetitions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The name that the text begins with, if it does.
    #[must_use]
    pub fn leading_name(&self) -> Option<&str> {
        match self.parts.first() {
            Some(Part::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The text with each name's value in place of it.
    ///
    /// # Errors
    /// A name that `lookup` does not know, and a value that is not UTF-8.
    pub fn render<'v>(&self, lookup: impl FnMut(&str) -> Option<&'v [u8]>) -> Result<Rendered, RenderError> {
        let values = self.values(lookup)?;
        Ok(join(&values, |_, _, value, out| out.push_str(value)))
    }

    /// As [`render`](Self::render), for a URL: a value is percent-encoded (RFC 3986, 2.1), so that it cannot add a
    /// segment, a query or a host; only one that is the URL's beginning stands as it is.
    ///
    /// # Errors
    /// As [`render`](Self::render).
    pub fn render_url<'v>(&self, lookup: impl FnMut(&str) -> Option<&'v [u8]>) -> Result<Rendered, RenderError> {
        let values = self.values(lookup)?;
        Ok(join(&values, |index, inserted, value, out| {
            if inserted && index > 0 {
                percent_encode(value, out);
            } else {
                out.push_str(value);
            }
        }))
    }

    /// The text with samples for names, to check the form of a URL before any value is known.
    pub(in crate::agent) fn sample_url(&self) -> String {
        let mut url = String::new();
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Name(_) if index == 0 => url.push_str("https://sample.invalid"),
                Part::Name(_) if url.ends_with(':') => url.push('1'),
                Part::Name(_) => url.push_str("sample"),
            }
        }
        url
    }

    /// Each part's text, and whether it was inserted.
    fn values<'p, 'v: 'p>(
        &'p self,
        mut lookup: impl FnMut(&str) -> Option<&'v [u8]>,
    ) -> Result<Vec<(bool, &'p str)>, RenderError> {
        let values = self.parts.iter().map(|part| match part {
            Part::Text(text) => Ok((false, text.as_str())),
            Part::Name(name) => {
                let bytes = lookup(name).ok_or_else(|| RenderError::Unresolved { name: name.clone() })?;
                let value = str::from_utf8(bytes).map_err(|_| RenderError::NotText { name: name.clone() })?;
                Ok((true, value))
            }
        });
        values.collect()
    }
}

/// One allocation that is never moved: a string that grows would leave copies of secrets behind.
fn join(values: &[(bool, &str)], push: impl Fn(usize, bool, &str, &mut String)) -> Rendered {
    let longest = values
        .iter()
        .map(|(inserted, value)| if *inserted { value.len() * 3 } else { value.len() })
        .sum();
    let mut out = Zeroizing::new(String::with_capacity(longest));
    for (index, (inserted, value)) in values.iter().enumerate() {
        push(index, *inserted, value, &mut out);
    }
    Rendered(out)
}

fn percent_encode(value: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// The length of the `[A-Z][A-Z0-9_]*` at the beginning of `text`.
fn bare_name_len(text: &str) -> Option<usize> {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        .then(|| text.bytes().take_while(|b| is_name_byte(*b)).count())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(is_name_byte) && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn in_braces(text: &str, start: usize) -> Result<(&str, usize), TemplateError> {
    let inner = text[start + 2..]
        .split_once('}')
        .map(|(inner, _)| inner)
        .filter(|it| is_name(it));
    let inner = inner.ok_or_else(|| {
        TemplateError::at(
            start,
            "`${` must hold a name such as `${STRIPE_API_KEY}`; write `$$` for a dollar",
        )
    })?;
    Ok((inner, start + 2 + inner.len() + 1))
}

fn in_double_braces(text: &str, start: usize) -> Result<(&str, usize), TemplateError> {
    let (inner, after) = braces(text, start)?;
    match inner.strip_prefix("secrets.").filter(|it| is_name(it)) {
        Some(name) => Ok((name, after)),
        None => {
            let message = format!(
                "unknown {} in the configuration; known is `{{{{secrets.NAME}}}}`",
                quoted(&format!("{{{{{inner}}}}}"))
            );
            Err(TemplateError::at(start, message))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn lookup(name: &str) -> Option<&'static [u8]> {
        match name {
            "A" => Some(b"alpha"),
            "A_1" => Some(b"$A {{secrets.A}}"),
            "_U" => Some(b"under"),
            "URL" => Some(b"https://h.example/x?y"),
            "EVIL" => Some("../a b?c=\u{e9}&#".as_bytes()),
            "BYTES" => Some(b"\xFF"),
            _ => None,
        }
    }

    #[test]
    fn references_become_values_once() {
        for (text, rendered) in [
            ("", ""),
            ("plain", "plain"),
            ("Bearer $A", "Bearer alpha"),
            ("${A}B $A-B", "alphaB alpha-B"),
            ("{{secrets.A}}{{ secrets.A }}", "alphaalpha"),
            ("$$A $$$A", "$A $alpha"),
            ("$5 $ a$ $foo $_U", "$5 $ a$ $foo $_U"),
            ("${_U} {{secrets._U}}", "under under"),
            ("$A_1", "$A {{secrets.A}}"),
            ("\\{{x}} {a} \\", "{{x}} {a} \\"),
            ("é$A€", "éalpha€"),
        ] {
            let template = ConfigTemplate::parse(text).unwrap();
            assert_eq!(
                template.render(lookup).ok().unwrap().expose_secret(),
                rendered,
                "{text}"
            );
        }
    }

    #[test]
    fn faults_have_their_place() {
        for (text, offset) in [
            ("x ${", 2),
            ("${a}", 0),
            ("${}", 0),
            ("${1A}", 0),
            ("a {{task}}", 2),
            ("{{secrets.a}}", 0),
            ("é {{", 3),
            ("{{\n}}", 0),
        ] {
            assert_eq!(ConfigTemplate::parse(text).unwrap_err().offset, offset, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_named_as_in_the_original() {
        let render = |text: &str| {
            ConfigTemplate::parse(text)
                .unwrap()
                .render(lookup)
                .err()
                .unwrap()
                .to_string()
        };
        assert_eq!(render("x $NONE"), "unresolved variable: $NONE");
        assert!(render("$BYTES").contains("not UTF-8"));
    }

    #[test]
    fn a_value_in_a_url_cannot_leave_its_place() {
        let render = |text: &str| {
            ConfigTemplate::parse(text)
                .unwrap()
                .render_url(lookup)
                .ok()
                .unwrap()
                .expose_secret()
                .to_owned()
        };
        assert_eq!(render("$URL/$A"), "https://h.example/x?y/alpha");
        assert_eq!(render("https://h/$EVIL/z"), "https://h/..%2Fa%20b%3Fc%3D%C3%A9%26%23/z");
    }

    #[test]
    fn names_are_listed() {
        let template = ConfigTemplate::parse("$A ${B} {{secrets.C}} $$D").unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), ["A", "B", "C"]);
        assert_eq!(template.leading_name(), Some("A"));
        assert_eq!(ConfigTemplate::parse("x$A").unwrap().leading_name(), None);
    }
}
