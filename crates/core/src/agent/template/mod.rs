//! Templates, parsed once, in two kinds that cannot be mixed up.
//!
//! A [`ConfigTemplate`] (URLs, headers, bodies) refers to secrets and never reaches a model; a [`PromptTemplate`]
//! reaches the model and cannot refer to a secret. Both insert values as text that is never expanded again.

mod config;
mod prompt;

pub use config::{ConfigTemplate, RenderError, Rendered};
pub use prompt::{PromptTemplate, Slot};

/// Why text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// The byte in the template's text where the fault begins.
    pub offset: usize,
    /// One sentence.
    pub message: String,
}

impl TemplateError {
    fn at(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }
}

/// What stands between the `{{` at `start` and its `}}`, trimmed, and the offset after it.
fn braces(text: &str, start: usize) -> Result<(&str, usize), TemplateError> {
    let rest = &text[start + 2..];
    let end = rest.find("}}").filter(|end| !rest[..*end].contains('\n'));
    let end = end.ok_or_else(|| {
        TemplateError::at(
            start,
            "`{{` is not closed by `}}` on its line; write `\\{{` for the braces themselves",
        )
    })?;
    Ok((rest[..end].trim(), start + 2 + end + 2))
}
