//! A field of a form: label, hint, what is wrong, and the control, joined so that a screen reader says all of it.

use maud::{Markup, Render, html};

use super::component::prose;

/// A field. `..Field::default()` for what it does not need.
#[derive(Default)]
pub(crate) struct Field<'a> {
    /// Its name in the form, and its id in the page.
    pub(crate) name: &'a str,
    /// What is asked for.
    pub(crate) label: &'a str,
    /// What helps to answer.
    pub(crate) hint: &'a str,
    /// What is wrong with the answer.
    pub(crate) fault: Option<&'a str>,
    /// What was typed before. Never a value or a password.
    pub(crate) value: &'a str,
    /// The `type`; `text` without it.
    pub(crate) kind: &'a str,
    /// For password managers, such as `username`; `off` without it.
    pub(crate) autocomplete: &'a str,
    /// The id of a `datalist`.
    pub(crate) list: Option<&'a str>,
    /// How many lines: then it is a `textarea`.
    pub(crate) lines: Option<u8>,
    /// Whether its text is a name for machines: no spelling, no capitals, and shown in monospace.
    pub(crate) is_code: bool,
    /// Whether its text is hidden from whoever looks over a shoulder.
    pub(crate) is_secret: bool,
    /// Whether it may stay empty.
    pub(crate) is_optional: bool,
    /// Whether the cursor is there at first.
    pub(crate) is_first: bool,
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let Self { name, label, .. } = self;
        html! {
            div.field .has-fault[self.fault.is_some()] {
                label for=(name) {
                    (label)
                    @if self.is_optional { " " span.quiet { "(optional)" } }
                }
                @if !self.hint.is_empty() { p.hint id={ (name) "-hint" } { (self.hint) } }
                @if let Some(fault) = self.fault { p.fault id={ (name) "-fault" } { (prose(fault)) } }
                (self.control())
            }
        }
    }
}

impl Field<'_> {
    fn control(&self) -> Markup {
        let Self { name, .. } = self;
        let described = self.described();
        let described = Some(described.as_str()).filter(|it| !it.is_empty());
        let invalid = self.fault.map(|_| "true");
        let plain = (self.is_code || self.is_secret).then_some("off");
        let spelling = (self.is_code || self.is_secret).then_some("false");
        let complete = match self.autocomplete {
            "" => "off",
            other => other,
        };
        html! {
            @if self.is_secret {
                // Chromium writes the body of a form into the session that it restores, unless the form has a password in it.
                // This one is never sent.
                input type="password" value="-" disabled hidden;
            }
            @if let Some(lines) = self.lines {
                textarea.code[self.is_code].secret[self.is_secret] id=(name) name=(name) rows=(lines)
                    required[!self.is_optional] autofocus[self.is_first] autocomplete=(complete)
                    autocapitalize=[plain] autocorrect=[plain] spellcheck=[spelling]
                    aria-describedby=[described] aria-invalid=[invalid] {
                    // A parser drops one line break after the tag.
                    "\n" (self.value)
                }
            } @else {
                input.code[self.is_code] id=(name) name=(name) type=(if self.kind.is_empty() { "text" } else { self.kind })
                    value=[Some(self.value).filter(|it| !it.is_empty())]
                    required[!self.is_optional] autofocus[self.is_first] autocomplete=(complete) list=[self.list]
                    autocapitalize=[plain] autocorrect=[plain] spellcheck=[spelling]
                    aria-describedby=[described] aria-invalid=[invalid];
            }
        }
    }

    /// The ids of what describes it: what is wrong comes first.
    fn described(&self) -> String {
        let mut ids = Vec::new();
        if self.fault.is_some() {
            ids.push(format!("{}-fault", self.name));
        }
        if !self.hint.is_empty() {
            ids.push(format!("{}-hint", self.name));
        }
        ids.join(" ")
    }
}
