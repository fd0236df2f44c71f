//! What the page after a form says. The address has only a word of this list, so that no link puts other text there.

use maud::{Markup, html};

/// The words with their sentences. To add one: a line here, and [`Visit::done`](super::Visit::done) with it.
const NOTICES: &[(&str, &str)] = &[
    ("signed-out", "You are signed out."),
    ("ended", "Your session has ended. Sign in to go on."),
    ("account", "You are looking at another account now."),
    ("token-revoked", "The token is revoked."),
    ("role", "The role is changed."),
    (
        "member-removed",
        "The member is removed, with the tokens that acted for them.",
    ),
    ("withdrawn", "The invitation is withdrawn."),
    ("sessions", "Signed out there."),
    (
        "password",
        "Your password is changed. Every other browser is signed out.",
    ),
    ("saved", "Saved."),
    (
        "saved-odd",
        "Saved. The value does not look like those of this key: have another look at it.",
    ),
    ("staged", "Saved. The next value waits beside the one in use."),
    ("promoted", "The staged value is in use."),
    ("unstaged", "The staged value is given up. It stays in the history."),
    ("rolled-back", "Rolled back: the earlier value is the newest version."),
    ("imported", "Imported."),
    ("undeleted", "It is back."),
    ("deleted", "Deleted. It can be brought back."),
];

/// The sentence for the `done` of a query.
pub(crate) fn shown(query: Option<&str>) -> Markup {
    let word = query
        .into_iter()
        .flat_map(|it| it.split('&'))
        .find_map(|it| it.strip_prefix("done="));
    let notice = word.and_then(|word| NOTICES.iter().find(|it| it.0 == word));
    html! {
        @if let Some((_, text)) = notice { p.notice role="status" { (text) } }
    }
}

/// Whether a word has a sentence.
pub(crate) fn is_known(word: &str) -> bool {
    NOTICES.iter().any(|it| it.0 == word)
}
