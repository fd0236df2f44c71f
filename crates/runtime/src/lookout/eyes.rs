//! What recognises placeholders: the instance's key, or where a server keeps that, the marks of this run's own.

use std::collections::HashMap;
use std::sync::Arc;

use distri_core::placeholder::{PlaceholderId, PlaceholderKey};
use distri_core::{Release, SecretKey};
use distri_redact::Redactor;

/// Who recognises a placeholder.
pub(super) enum Eyes {
    /// Every one of the instance, whichever run it was made for.
    Key(Arc<PlaceholderKey>),
    /// Those of this run: a label is the place of an id.
    Marks(Redactor, Vec<PlaceholderId>),
    /// There is none to see.
    None,
}

impl Eyes {
    /// What a release permits to recognise, and whose its own are.
    pub(super) fn of(release: &Release) -> (Self, HashMap<PlaceholderId, SecretKey>) {
        let own = release.secrets.iter();
        let own = own.filter_map(|it| Some((it.placeholder.as_ref()?, &it.key)));
        let ids: Vec<PlaceholderId> = own.clone().map(|it| it.0.id()).collect();
        let eyes = match &release.placeholders {
            Some(key) => Self::Key(key.clone()),
            None if ids.is_empty() => Self::None,
            None => {
                let marks = own.clone().enumerate();
                let marks = marks.fold(Redactor::builder(), |it, (index, (placeholder, _))| {
                    it.secret(&index.to_string(), placeholder.core().as_bytes())
                });
                Self::Marks(marks.build_later(), ids)
            }
        };
        (eyes, own.map(|(it, key)| (it.id(), key.clone())).collect())
    }

    /// Whether there is anything to look for.
    pub(super) fn are_open(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whose placeholders stand in a text, as they are or in an encoding.
    pub(super) fn seen_in(&self, text: &[u8]) -> Vec<PlaceholderId> {
        match self {
            Self::Key(key) => key.find_disguised(text).into_iter().map(|it| it.id).collect(),
            Self::Marks(marks, ids) => {
                let seen = marks.labels_in(text).into_iter();
                seen.filter_map(|it| ids.get(it.parse::<usize>().ok()?).copied())
                    .collect()
            }
            Self::None => Vec::new(),
        }
    }
}
