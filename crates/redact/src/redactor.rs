//! The redactor: needles of many secrets, found and replaced in whole texts.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use zeroize::Zeroizing;

use crate::RedactStream;
use crate::encodings::{ENCODINGS, Encoding, Form};
use crate::engine::{Done, Engine, Label, LazyEngine};
use crate::fold::{Folds, is_base64};
use crate::needles::Needles;
use crate::weakness::{MIN_NEEDLE, weakness};

/// Finds and replaces the secrets it was built with. Cloning shares the needles.
#[derive(Clone)]
pub struct Redactor {
    engine: Arc<LazyEngine>,
    is_empty: bool,
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
            secrets: Vec::new(),
            lower_case: false,
        }
    }

    /// A redactor that finds nothing.
    pub fn none() -> Self {
        Self::builder().build()
    }

    /// Makes the needles on a thread of its own, if they are still to be made: 40 µs for each secret that nobody has to
    /// wait for. A use in the meantime waits for the rest.
    pub fn prepare_beside(&self) {
        if !self.is_empty {
            let engine = Arc::clone(&self.engine);
            let thread = std::thread::Builder::new().name("distri-needles".to_owned());
            // Without a thread the first use makes them.
            drop(thread.spawn(move || {
                LazyLock::force(&engine);
            }));
        }
    }

    /// Whether there is nothing to find: no secrets, or weak ones only.
    pub fn is_empty(&self) -> bool {
        self.is_empty
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

    /// The length of the shortest needle: a text of fewer bytes holds none. `None` when there is nothing to find.
    pub fn shortest(&self) -> Option<usize> {
        self.engine.shortest()
    }

    /// Replaces each occurrence by `[redacted:LABEL]` or the text it was inserted with, overlapping ones together by one.
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
    secrets: Vec<Secret>,
    lower_case: bool,
}

/// A secret that is strong enough to be searched for.
struct Secret {
    label: Box<str>,
    value: Zeroizing<Box<[u8]>>,
    replacement: Box<[u8]>,
    /// Whether encoded forms are replaced by the same encoding of the replacement.
    encoded: bool,
    lower_case: bool,
}

impl RedactorBuilder {
    /// Puts the needles of all secrets that follow in lower case, for texts that are in lower case by rule, whatever was
    /// written: names of hosts and of header fields.
    pub fn lower_case(mut self) -> Self {
        self.lower_case = true;
        self
    }

    /// Adds a secret: all its encoded forms become needles. A weak value adds none, see [`weakness`].
    ///
    /// White space around a value is often an accident of how it was set, so the value is searched for without it.
    pub fn secret(self, label: &str, value: &[u8]) -> Self {
        let shown = format!("[redacted:{label}]");
        self.add(label, value, shown.as_bytes(), false)
    }

    /// Adds a secret whose occurrences are replaced by `replacement`, which is no secret.
    ///
    /// Base64, hexadecimal and UTF-16 are replaced by the same encoding of `replacement` where that fits in (base64: only
    /// if it has the value's length), so that what surrounds them still decodes. All others are replaced by it as it is.
    pub fn secret_as(self, label: &str, value: &[u8], replacement: &[u8]) -> Self {
        let encoded = !self.lower_case;
        self.add(label, value, replacement, encoded)
    }

    /// Makes the needles, sorts them and makes the filters.
    pub fn build(self) -> Redactor {
        let redactor = self.build_later();
        LazyLock::force(&redactor.engine);
        redactor
    }

    /// The same at the first use, or [`beside`](Redactor::prepare_beside) what happens until then.
    pub fn build_later(self) -> Redactor {
        let secrets = self.secrets;
        Redactor {
            is_empty: secrets.is_empty(),
            engine: Arc::new(LazyLock::new(Box::new(|| Forms::of(secrets).engine()))),
        }
    }

    fn add(mut self, label: &str, value: &[u8], replacement: &[u8], encoded: bool) -> Self {
        if weakness(value).is_none() {
            self.secrets.push(Secret {
                label: label.into(),
                value: Zeroizing::new(value.into()),
                replacement: replacement.into(),
                encoded,
                lower_case: self.lower_case,
            });
        }
        self
    }
}

/// The forms of all secrets, each with the index of its label.
#[derive(Default)]
struct Forms {
    labels: Vec<Label>,
    plain: Vec<(u32, Form)>,
    folds: Vec<(u32, Form)>,
    soft: Vec<(u32, Form)>,
}

impl Forms {
    fn of(secrets: Vec<Secret>) -> Self {
        let mut forms = Self::default();
        for secret in secrets {
            forms.add(&secret);
        }
        forms
    }

    fn engine(self) -> Engine {
        let folds = Folds::new(Needles::new(self.folds), Needles::new(self.soft));
        Engine::new(self.labels, Needles::new(self.plain), folds)
    }

    fn add(&mut self, secret: &Secret) {
        // Never with white space before it: that would hold back the end of every line or event.
        let (value, trimmed) = (secret.value.trim_ascii_start(), secret.value.trim_ascii());
        let values = std::iter::once(value).chain((trimmed.len() < value.len()).then_some(trimmed));
        // Equal forms are replaced as the first of them, so labels have the order of the forms.
        let mut plain = None;
        for encoding in ENCODINGS {
            for value in values.clone() {
                let stand_ins = secret
                    .encoded
                    .then(|| encoding.stand_ins(value, &secret.replacement))
                    .flatten();
                for (index, form) in encoding.forms(value).into_iter().enumerate() {
                    // Most encodings leave most values as they are, and the first in the list has that form already.
                    let again = encoding.name() != ENCODINGS[0].name() && *form == value;
                    if again || form.len() < MIN_NEEDLE {
                        continue;
                    }
                    let shown = match stand_ins.as_ref().and_then(|it| it.get(index)) {
                        Some(stand_in) => {
                            plain = None;
                            self.label(secret, stand_in)
                        }
                        None => *plain.get_or_insert_with(|| self.label(secret, &secret.replacement)),
                    };
                    self.insert(shown, *encoding, form, secret.lower_case);
                }
            }
        }
    }

    fn label(&mut self, secret: &Secret, replacement: &[u8]) -> u32 {
        let index = u32::try_from(self.labels.len()).expect("labels fit into memory, so into 32 bits");
        self.labels.push(Label {
            name: secret.label.clone(),
            replacement: replacement.into(),
        });
        index
    }

    fn insert(&mut self, label: u32, encoding: &dyn Encoding, mut form: Form, lower_case: bool) {
        if lower_case {
            form.make_ascii_lowercase();
        }
        if encoding.folds() && form.iter().all(|byte| is_base64(*byte) || *byte == b'=') {
            self.folds.push((label, form.clone()));
        }
        if encoding.breaks_softly() {
            self.soft.push((label, form.clone()));
        }
        self.plain.push((label, form));
    }
}

impl fmt::Debug for RedactorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactorBuilder")
    }
}
