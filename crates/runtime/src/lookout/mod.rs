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
//! | `eyes.rs` | what recognises placeholders |
//! | `place.rs` | [`Place`]: where a text is seen, and which rule that breaks |
//! | `stream.rs` | [`LookoutStream`]: text that comes in chunks |

mod eyes;
mod place;
mod stream;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use distri_core::alarm::{Alarm, AlarmRule, Watch};
use distri_core::placeholder::PlaceholderId;
use distri_core::{Release, SecretKey, SecretValue};
use distri_redact::Redactor;
use serde_json::Value;

use eyes::Eyes;
pub use place::Place;
pub use stream::LookoutStream;

use crate::run::redact_json;

/// What reads everything that leaves one run.
pub struct Lookout {
    /// Values and placeholders.
    redactor: Redactor,
    /// Recognises placeholders.
    eyes: Eyes,
    /// Those of this run.
    own: HashMap<PlaceholderId, SecretKey>,
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
        let (eyes, own) = Eyes::of(release);
        for secret in &release.secrets {
            let label = secret.key.as_str();
            redactor = redactor.secret(label, secret.value.expose_secret());
            if let Some(placeholder) = &secret.placeholder {
                redactor = redactor.secret(label, placeholder.as_str().as_bytes());
            }
        }
        for (label, value) in more {
            redactor = redactor.secret(label, value.expose_secret());
        }
        Self {
            redactor: redactor.build_later(),
            eyes,
            own,
            watch,
        }
    }

    /// One that hides what `redactor` finds and has nothing to raise an alarm about.
    #[must_use]
    pub fn hiding(redactor: Redactor) -> Self {
        Self {
            redactor,
            eyes: Eyes::None,
            own: HashMap::new(),
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
        if self.eyes.are_open() {
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
        for seen in self.eyes.seen_in(text) {
            let key = self.own.get(&seen);
            let rule = match key {
                Some(_) => place.rule(),
                None => Some(AlarmRule::OtherRun),
            };
            let Some(rule) = rule else { continue };
            self.watch.raise(&Alarm {
                rule,
                place: place.as_str().to_owned(),
                destination: None,
                step: None,
                found: Some(seen),
                key: key.cloned(),
            });
        }
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
}

#[cfg(test)]
mod tests;
