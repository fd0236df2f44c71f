//! Scrubbing: no value that a run holds only as a placeholder comes back to it from a server.
//!
//! | module | owns |
//! |---|---|
//! | `scrub` | the needles: which values, and what takes their place |
//! | `scrub_head` | status line and fields, and which of them stay true |
//! | `scrub_body` | the body, piece by piece |
//!
//! Each value becomes its secret's placeholder, in every encoding that the redactor knows, whatever host it comes from.
//! A value that was delivered as it is stays: the run has it already. So does a value that is too weak to be a needle
//! (see [`distri_redact::weakness`]): replacing `true` or `1234` wherever they stand would change innocent bytes.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use distri_core::placeholder::Placeholder;
use distri_core::release::{Release, ReleasedSecret};
use distri_redact::{RedactStream, Redactor, RedactorBuilder, weakness};

/// Knows the values that must not come back to one run.
pub(crate) struct Scrubber {
    release: Arc<Release>,
    /// Indexes of the secrets whose values are replaced.
    secrets: Vec<usize>,
    // Made when the first response comes: many runs have none.
    texts: OnceLock<Redactor>,
    names: OnceLock<Redactor>,
}

impl Scrubber {
    pub(crate) fn new(release: Arc<Release>) -> Self {
        let scrubbed = |it: &ReleasedSecret| it.placeholder.is_some() && weakness(it.value.expose_secret()).is_none();
        let secrets = release.secrets.iter().enumerate().filter(|(_, it)| scrubbed(it));
        Self {
            secrets: secrets.map(|(index, _)| index).collect(),
            release,
            texts: OnceLock::new(),
            names: OnceLock::new(),
        }
    }

    /// Whether there is nothing to scrub.
    pub(crate) fn is_idle(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Whether what `host` has is fetched whole or not at all.
    ///
    /// A server that knows a value can send it in parts that one range after the other asks for, down to a byte at a
    /// time, and no part is a needle. Towards the hosts that a value goes to, ranges are not asked for and not taken.
    pub(crate) fn wants_whole(&self, host: &str) -> bool {
        self.secrets()
            .any(|(it, _)| it.policy.hosts.iter().any(|binding| binding.host().matches(host)))
    }

    /// A text that is all here, such as a header's value.
    pub(crate) fn text<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        match self.is_idle() {
            true => Cow::Borrowed(text),
            false => self.texts().redact(text),
        }
    }

    /// The name of a header field, which is in lower case whatever the server wrote.
    pub(crate) fn name<'t>(&self, name: &'t str) -> Cow<'t, str> {
        if self.is_idle() || self.texts().shortest().is_none_or(|it| name.len() < it) {
            return Cow::Borrowed(name);
        }
        let lower = |builder: RedactorBuilder, (secret, placeholder): (&ReleasedSecret, &Placeholder)| {
            let shown = placeholder.as_str().to_ascii_lowercase();
            builder.secret_as(secret.key.as_str(), secret.value.expose_secret(), shown.as_bytes())
        };
        let names = self
            .names
            .get_or_init(|| self.secrets().fold(Redactor::builder().lower_case(), lower).build());
        names.redact_str(name)
    }

    /// For a body; `None` when there is nothing to scrub.
    pub(crate) fn stream(&self) -> Option<RedactStream> {
        (!self.is_idle()).then(|| self.texts().stream())
    }

    fn texts(&self) -> &Redactor {
        let add = |builder: RedactorBuilder, (secret, placeholder): (&ReleasedSecret, &Placeholder)| {
            let shown = placeholder.as_str().as_bytes();
            builder.secret_as(secret.key.as_str(), secret.value.expose_secret(), shown)
        };
        self.texts
            .get_or_init(|| self.secrets().fold(Redactor::builder(), add).build())
    }

    fn secrets(&self) -> impl Iterator<Item = (&ReleasedSecret, &Placeholder)> {
        let released = self.secrets.iter().map(|index| &self.release.secrets[*index]);
        released.filter_map(|it| Some((it, it.placeholder.as_ref()?)))
    }
}
