//! The lookout over one run: it reads everything that leaves the run, hides what must not be shown, and raises an alarm
//! about each placeholder.
//!
//! A value is hidden and that is all: redaction is the net against accidents. A placeholder is hidden too, but nobody
//! has a reason to show one, so that it was there is recorded, with the place and the step. Whoever holds a placeholder
//! of another run has it from somewhere it should not be, which is an alarm wherever it is seen.
//!
//! | file | owns |
//! |---|---|
//! | `mod.rs` | [`Lookout`]: texts and JSON |
//! | `place.rs` | [`Place`]: where a text is seen, and which rule that breaks |
//! | `stream.rs` | [`LookoutStream`]: text that comes in chunks |

mod place;
mod stream;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use distri_core::alarm::{Alarm, AlarmRule, Watch};
use distri_core::placeholder::{PlaceholderId, PlaceholderKey};
use distri_core::{Release, SecretKey, SecretValue};
use distri_redact::Redactor;
use serde_json::Value;

pub use place::Place;
pub use stream::LookoutStream;

use crate::run::redact_json;

/// What reads everything that leaves one run.
pub struct Lookout {
    /// Values and placeholders.
    redactor: Redactor,
    /// Placeholders alone, each with its key as label.
    placeholders: Redactor,
    own: BTreeMap<String, PlaceholderId>,
    key: Option<Arc<PlaceholderKey>>,
    watch: Arc<Watch>,
}

impl Lookout {
    /// A lookout for everything in `release` and for the values in `more`; alarms go to `watch`.
    pub fn new<'s>(
        release: &Release,
        more: impl IntoIterator<Item = (&'s str, &'s SecretValue)>,
        watch: Arc<Watch>,
    ) -> Self {
        let mut redactor = Redactor::builder();
        let mut placeholders = Redactor::builder();
        let mut own = BTreeMap::new();
        for secret in &release.secrets {
            let label = secret.key.as_str();
            redactor = redactor.secret(label, secret.value.expose_secret());
            if let Some(placeholder) = &secret.placeholder {
                let text = placeholder.as_str().as_bytes();
                redactor = redactor.secret(label, text);
                placeholders = placeholders.secret(label, text);
                own.insert(label.to_owned(), placeholder.id());
            }
        }
        for (label, value) in more {
            redactor = redactor.secret(label, value.expose_secret());
        }
        Self {
            redactor: redactor.build(),
            placeholders: placeholders.build(),
            own,
            key: release.placeholders.clone(),
            watch,
        }
    }

    /// One that hides what `redactor` finds and has nothing to raise an alarm about.
    #[must_use]
    pub fn hiding(redactor: Redactor) -> Self {
        Self {
            redactor,
            placeholders: Redactor::none(),
            own: BTreeMap::new(),
            key: None,
            watch: Arc::new(Watch::none()),
        }
    }

    /// Finds values and placeholders, for where nothing is shown by anybody of the run.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Where its alarms go, and whether they have frozen the run.
    #[must_use]
    pub fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// `text` as it may be shown; alarms about it are raised before this returns.
    #[must_use]
    pub fn text(&self, text: String, place: Place) -> String {
        self.look(text.as_bytes(), place);
        match self.redactor.find(text.as_bytes()) {
            None => text,
            Some(_) => self.redactor.redact_str(&text).into_owned(),
        }
    }

    /// The same for bytes.
    #[must_use]
    pub fn bytes<'t>(&self, text: &'t [u8], place: Place) -> Cow<'t, [u8]> {
        self.look(text, place);
        self.redactor.redact(text)
    }

    /// The same for a tree of JSON: its strings and keys, each as a program reads it.
    #[must_use]
    pub fn json(&self, value: Value, place: Place) -> Value {
        if self.is_looking() {
            self.look_into(&value, place);
        }
        redact_json(&self.redactor, value)
    }

    /// The same for a text that comes in chunks.
    #[must_use]
    pub fn stream(self: &Arc<Self>, place: Place) -> LookoutStream {
        LookoutStream::new(self.clone(), place)
    }

    /// Raises the alarms about `text` and changes nothing.
    pub fn look(&self, text: &[u8], place: Place) {
        for label in self.placeholders.labels_in(text) {
            if let Some(rule) = place.rule() {
                self.raise(rule, place, self.own.get(label).copied(), label.parse().ok());
            }
        }
        let Some(key) = &self.key else { return };
        for seen in key.find_disguised(text) {
            if !self.own.values().any(|it| *it == seen.id) {
                self.raise(AlarmRule::OtherRun, place, Some(seen.id), None);
            }
        }
    }

    /// Whether there is anything to raise an alarm about.
    fn is_looking(&self) -> bool {
        self.key.is_some() || !self.placeholders.is_empty()
    }

    fn look_into(&self, value: &Value, place: Place) {
        match value {
            Value::String(text) => self.look(text.as_bytes(), place),
            Value::Array(items) => items.iter().for_each(|it| self.look_into(it, place)),
            Value::Object(members) => {
                for (name, member) in members {
                    self.look(name.as_bytes(), place);
                    self.look_into(member, place);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn raise(&self, rule: AlarmRule, place: Place, found: Option<PlaceholderId>, key: Option<SecretKey>) {
        self.watch.raise(&Alarm {
            rule,
            place: place.as_str().to_owned(),
            destination: None,
            step: None,
            found,
            key,
        });
    }
}

#[cfg(test)]
mod tests;
