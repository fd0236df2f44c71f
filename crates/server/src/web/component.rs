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

/// A list. Its caption is heard, and on a narrow screen each row is a card of its own.
pub(crate) fn table(caption: &str, heads: &[&str], rows: Markup) -> Markup {
    framed(caption, heads, None, rows)
}

/// The same with a last column of what can be done with each entry.
pub(crate) fn table_of_actions(caption: &str, heads: &[&str], rows: Markup) -> Markup {
    framed(caption, heads, Some("Actions"), rows)
}

fn framed(caption: &str, heads: &[&str], heard: Option<&str>, rows: Markup) -> Markup {
    html! {
        div.sheet {
            table.cards {
                caption.only-heard { (caption) }
                thead { tr {
                    @for head in heads { th scope="col" { (head) } }
                    @if let Some(head) = heard { th scope="col" { span.only-heard { (head) } } }
                } }
                tbody { (rows) }
            }
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
