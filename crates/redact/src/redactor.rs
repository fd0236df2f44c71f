//! The redactor: needles of many secrets, found and replaced in whole texts.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::RedactStream;
use crate::encodings::{ENCODINGS, Encoding, Form};
use crate::engine::{Done, Engine};
use crate::fold::is_base64;
use crate::needles::Needles;
use crate::weakness::{MIN_NEEDLE, weakness};

/// Finds and replaces the secrets it was built with. Cloning shares the needles.
#[derive(Clone)]
pub struct Redactor {
    engine: Arc<Engine>,
}

/// The leftmost, longest occurrence of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'r> {
    /// The label that the secret was inserted with; the first one, where several secrets have the same form.
    pub label: &'r str,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

impl Redactor {
    /// Starts with no secrets.
    pub fn builder() -> RedactorBuilder {
        RedactorBuilder {
            labels: Vec::new(),
            forms: Vec::new(),
            folds: Vec::new(),
        }
    }

    /// A redactor that finds nothing.
    pub fn none() -> Self {
        Self::builder().build()
    }

    /// Whether there is nothing to find: no secrets, or weak ones only.
    pub fn is_empty(&self) -> bool {
        self.engine.is_empty()
    }

    /// Finds the leftmost occurrence, the longest at its place.
    pub fn find(&self, haystack: &[u8]) -> Option<Found<'_>> {
        let first = self.engine.occurrences(haystack).next()?;
        Some(Found {
            label: self.engine.label(&first),
            range: first.start..first.end,
        })
    }

    /// Every label of which a form stands anywhere in `haystack`, also within another one's form.
    pub fn labels_in(&self, haystack: &[u8]) -> BTreeSet<&str> {
        let mut labels = BTreeSet::new();
        for occurrence in self.engine.occurrences(haystack) {
            labels.extend(self.engine.labels(&occurrence));
        }
        labels
    }

    /// Replaces each occurrence by `[redacted:LABEL]`, overlapping ones together by one.
    pub fn redact<'h>(&self, haystack: &'h [u8]) -> Cow<'h, [u8]> {
        let mut occurrences = self.engine.occurrences(haystack).peekable();
        if occurrences.peek().is_none() {
            return Cow::Borrowed(haystack);
        }
        let mut out = Vec::with_capacity(haystack.len() + 64);
        self.engine
            .replace(haystack, occurrences, Done::default(), haystack.len(), &mut out);
        Cow::Owned(out)
    }

    /// The same for text. Bytes that stop being UTF-8 because half a character was replaced become U+FFFD.
    pub fn redact_str<'h>(&self, text: &'h str) -> Cow<'h, str> {
        match self.redact(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// Starts to redact a text that arrives in chunks.
    pub fn stream(&self) -> RedactStream {
        RedactStream::new(Arc::clone(&self.engine))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::none()
    }
}

/// Collects secrets for a [`Redactor`].
pub struct RedactorBuilder {
    labels: Vec<Box<str>>,
    forms: Vec<(u32, Form)>,
    folds: Vec<(u32, Form)>,
}

impl RedactorBuilder {
    /// Adds a secret: all its encoded forms become needles. A weak value adds none, see [`weakness`].
    ///
    /// White space around a value is often an accident of how it was set, so the value is searched for without it too.
    pub fn secret(mut self, label: &str, value: &[u8]) -> Self {
        if weakness(value).is_some() {
            return self;
        }
        let index = u32::try_from(self.labels.len()).expect("labels fit into memory, so into 32 bits");
        self.labels.push(label.into());
        let trimmed = value.trim_ascii();
        for encoding in ENCODINGS {
            self.extend(index, *encoding, value);
            if trimmed.len() < value.len() {
                self.extend(index, *encoding, trimmed);
            }
        }
        self
    }

    /// Sorts the needles and makes the filters.
    pub fn build(self) -> Redactor {
        let engine = Engine::new(self.labels, Needles::new(self.forms), Needles::new(self.folds));
        Redactor {
            engine: Arc::new(engine),
        }
    }

    fn extend(&mut self, label: u32, encoding: &dyn Encoding, value: &[u8]) {
        for form in encoding.forms(value) {
            // Most encodings leave most values as they are, and the first in the list has that form already.
            let again = encoding.name() != ENCODINGS[0].name() && *form == value;
            if again || form.len() < MIN_NEEDLE {
                continue;
            }
            if encoding.folds() && form.iter().all(|byte| is_base64(*byte) || *byte == b'=') {
                self.folds.push((label, form.clone()));
            }
            self.forms.push((label, form));
        }
    }
}

impl fmt::Debug for RedactorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactorBuilder")
    }
}
