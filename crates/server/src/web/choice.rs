//! Choices of a form: one of a list, any of several.

use maud::{Markup, html};

/// What can be chosen: its text in the form, and its words on the page.
pub(crate) type Choice<'a> = (&'a str, &'a str);

/// One of a list.
pub(crate) fn select(name: &str, label: &str, choices: &[Choice<'_>], chosen: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @for (value, words) in choices { option value=(value) selected[*value == chosen] { (words) } }
            }
        }
    }
}

/// Any of several. The first is what a summary of faults leads to.
pub(crate) fn boxes(
    name: &str,
    legend: &str,
    fault: Option<&str>,
    choices: &[Choice<'_>],
    is_chosen: &dyn Fn(&str) -> bool,
) -> Markup {
    let described = fault.map(|_| format!("{name}-fault"));
    html! {
        fieldset aria-describedby=[described] {
            legend { (legend) }
            @if let Some(fault) = fault { p.fault id={ (name) "-fault" } { (fault) } }
            div.choices {
                @for (index, (value, words)) in choices.iter().enumerate() {
                    label.choice {
                        input type="checkbox" id=[(index == 0).then_some(name)] name=(name) value=(value) checked[is_chosen(value)];
                        span { (words) }
                    }
                }
            }
        }
    }
}
