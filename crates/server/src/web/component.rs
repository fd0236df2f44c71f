//! Small pieces that pages share.

use distri_core::Timestamp;
use maud::{Markup, html};

/// What stands where a value would.
pub(crate) const MASK: &str = "••••••••";

/// A time, to the minute, with the whole of it for machines.
pub(crate) fn when(at: Timestamp) -> Markup {
    let text = at.strftime("%Y-%m-%d %H:%M").to_string();
    html! { time datetime=(at) title={ (at) } { (text) " UTC" } }
}

/// A sentence with what it quotes in backticks as code.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (index, piece) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// A word beside something. The colour only repeats what it says.
pub(crate) fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Warning,
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// What a list shows when it has nothing.
pub(crate) fn empty(title: &str, text: Markup) -> Markup {
    html! { div.empty { p.title { (title) } p { (text) } } }
}

/// Text for a query, percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}
