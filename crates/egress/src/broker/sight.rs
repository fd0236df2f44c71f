//! Every placeholder in a request, whatever it was encoded as.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use distri_core::placeholder::{Placeholder, PlaceholderId, PlaceholderKey};
use distri_core::release::Release;
use distri_redact::Redactor;

use super::views;
use crate::request::Request;

/// What was seen in one request.
pub(super) struct Sighted {
    /// Indexes of this run's secrets whose placeholders stand in it.
    pub(super) own: BTreeSet<usize>,
    /// A placeholder of another run of this instance.
    pub(super) foreign: Option<PlaceholderId>,
    /// Whether one of this run's stands in the host's name.
    pub(super) in_host: bool,
}

/// Looks for the placeholders of one run, and for those of others.
pub(super) struct Sights {
    /// The run's placeholders in every encoding; a label is the secret's index.
    own: Redactor,
    /// Their cores in lower case, as they would stand in a host's or a header's name.
    own_lower: Redactor,
    ids: BTreeSet<PlaceholderId>,
    key: Option<Arc<PlaceholderKey>>,
}

impl Sights {
    pub(super) fn new(release: &Release) -> Self {
        let placeholders = || {
            let each = release.secrets.iter().enumerate();
            each.filter_map(|(index, it)| Some((index, it.placeholder.as_ref()?)))
        };
        let own = |form: fn(&Placeholder) -> String| {
            placeholders()
                .fold(Redactor::builder(), |builder, (index, it)| {
                    builder.secret(&index.to_string(), form(it).as_bytes())
                })
                .build_later()
        };
        Self {
            own: own(|it| it.as_str().to_owned()),
            own_lower: own(|it| it.core().to_ascii_lowercase()),
            ids: placeholders().map(|(_, it)| it.id()).collect(),
            key: release.placeholders.clone(),
        }
    }

    /// Searches all of a request; `plain` is its body without `content-encoding`.
    pub(super) fn look(&self, request: &Request, plain: Option<&Bytes>) -> Sighted {
        let mut seen = Sighted {
            own: BTreeSet::new(),
            foreign: None,
            in_host: false,
        };
        let host = views::bare(request.host().as_bytes());
        let in_host = self.own_lower.labels_in(&host);
        seen.in_host = !in_host.is_empty();
        seen.own.extend(indexes(in_host));
        seen.foreign = self.foreign(&host);
        seen.own.extend(indexes(
            self.own_lower.labels_in(&views::bare(&views::header_names(request))),
        ));
        let body = plain.map(|it| views::body_texts(it)).unwrap_or_default();
        let mut texts = views::texts(request);
        texts.extend(body);
        for text in &texts {
            seen.own.extend(indexes(self.own.labels_in(text)));
            seen.foreign = seen.foreign.or_else(|| self.foreign(text));
        }
        seen
    }

    /// Where in the request the placeholder of secret `index` stands, in words.
    pub(super) fn spot(&self, request: &Request, index: usize) -> String {
        let label = index.to_string();
        let stands = |text: &[u8]| self.own.labels_in(text).contains(label.as_str());
        let in_lower = |text: &[u8]| self.own_lower.labels_in(text).contains(label.as_str());
        if in_lower(&views::bare(request.host().as_bytes())) {
            return "the host's name".to_owned();
        }
        if in_lower(&views::bare(&views::header_names(request))) {
            return "the name of a header".to_owned();
        }
        views::spot(request, stands)
    }

    pub(super) fn spot_of_foreign(&self, request: &Request) -> String {
        if self.foreign(&views::bare(request.host().as_bytes())).is_some() {
            return "the host's name".to_owned();
        }
        views::spot(request, |text| self.foreign(text).is_some())
    }

    fn foreign(&self, text: &[u8]) -> Option<PlaceholderId> {
        let found = self.key.as_ref()?.find(text);
        found.into_iter().map(|it| it.id).find(|it| !self.ids.contains(it))
    }
}

fn indexes(labels: BTreeSet<&str>) -> impl Iterator<Item = usize> {
    labels.into_iter().filter_map(|it| it.parse().ok())
}
