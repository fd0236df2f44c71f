//! What a form brings, and what is wrong with it. Its texts are overwritten when they are dropped: one may be a value.

use std::fmt::Display;
use std::str::FromStr;

use distri_vault::people::Password;
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::component::prose;
use crate::error::{ApiError, Code};
use crate::input::Input;

/// The type in which browsers send forms.
pub(crate) const MEDIA: &str = "application/x-www-form-urlencoded";

/// The fields of a form, in their order. Of a page that was only asked for it is empty.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Reads the body of a request.
    pub(crate) fn read(input: &Input) -> Result<Self, ApiError> {
        let text = input.text(MEDIA)?;
        let text = text.ok_or_else(|| ApiError::new(Code::MediaType, format!("the body of a form is `{MEDIA}`")))?;
        let pairs = text.split('&').filter(|it| !it.is_empty());
        let fields = pairs.map(|it| {
            let (name, value) = it.split_once('=').unwrap_or((it, ""));
            Some((decoded(name)?.as_str().to_owned(), decoded(value)?))
        });
        let fields: Option<Vec<_>> = fields.collect();
        let refused = || ApiError::invalid("a field of the form is no text (UTF-8, percent-encoded)");
        fields.map(Self).ok_or_else(refused)
    }

    /// A field as it was typed; nothing where it is not there.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// A field without the spaces around it.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The same where there is anything in it.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|it| !it.is_empty())
    }

    /// Whether a box is ticked, a button was pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|it| it.0 == name)
    }

    /// All fields of this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |it| it.0 == name).map(|it| it.1.as_str())
    }

    /// A password, as it was typed.
    pub(crate) fn password(&self, name: &str) -> Password {
        Password::new(self.raw(name).to_owned())
    }

    /// A field as a type that says itself what it takes; a fault of that field where it does not take it.
    pub(crate) fn parsed<T>(&self, name: &'static str, faults: &mut Faults) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.text(name).parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                faults.add(name, sentence(&error));
                None
            }
        }
    }
}

/// What is wrong with a form: a sentence for a field.
#[derive(Default)]
pub(crate) struct Faults(Vec<(&'static str, String)>);

impl Faults {
    /// One fault, where there is nothing else to say.
    pub(crate) fn one(field: &'static str, text: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.add(field, text);
        faults
    }

    /// Adds one.
    pub(crate) fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push((field, text.into()));
    }

    /// What is wrong with a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|it| it.0 == field).map(|it| it.1.as_str())
    }

    /// Whether nothing is.
    pub(crate) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, above the form, each leading to its field.
    pub(crate) fn summary(&self) -> Markup {
        self.summary_of("Nothing was changed")
    }

    /// The same of a form that changes nothing.
    pub(crate) fn summary_of(&self, what: &str) -> Markup {
        html! {
            @if !self.are_none() {
                div.faults role="alert" tabindex="-1" autofocus {
                    h2 { (what) }
                    ul {
                        @for (field, text) in &self.0 { li { a href={ "#" (field) } { (prose(text)) } } }
                    }
                }
            }
        }
    }
}

/// An error as a sentence of a page.
pub(crate) fn sentence(error: &dyn Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

/// `+` and `%XX` undone (WHATWG URL, 5.1). A broken escape is what it is.
fn decoded(text: &str) -> Option<Zeroizing<String>> {
    // As long as the text: growing would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, left) = match (first, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, left @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, left),
                _ => (b'%', after),
            },
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = left;
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Some(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            None
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_encode_is_decoded() {
        let decode = |text: &str| decoded(text).map(|it| it.as_str().to_owned());
        assert_eq!(decode("a+b%2Bc%0D%0A").as_deref(), Some("a b+c\r\n"));
        assert_eq!(decode("%C3%A4").as_deref(), Some("ä"));
        assert_eq!(decode("100%").as_deref(), Some("100%"));
        assert_eq!(decode("%zz%2").as_deref(), Some("%zz%2"));
        assert_eq!(decode("%FF"), None);
    }
}
