//! How a token is shown.

use distri_core::{Clock, SystemClock};
use distri_vault::tokens::TokenView;
use serde::Serialize;

/// A token as JSON shows it.
#[derive(Serialize)]
pub(super) struct TokenJson<'a> {
    #[serde(flatten)]
    view: &'a TokenView,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

impl<'a> TokenJson<'a> {
    pub(super) fn new(view: &'a TokenView) -> Self {
        Self {
            view,
            state: view.state(SystemClock.now()).as_str(),
            token: None,
        }
    }

    /// With its text: only when it was just made.
    pub(super) fn with_text(self, text: &'a str) -> Self {
        Self {
            token: Some(text),
            ..self
        }
    }
}

/// What a token is limited to, in words.
pub(super) fn limits(view: &TokenView) -> String {
    match view.limits.words() {
        words if words.is_empty() => "none".to_owned(),
        words => words.join("; "),
    }
}
