//! Writing a value for a `.env` file or a shell.

use zeroize::Zeroizing;

/// Why a value has no text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not UTF-8 text without NUL")]
pub struct Unwritable;

/// The value in quotes that [`parse`](super::parse) and a POSIX shell both read as the same bytes.
///
/// Single quotes keep everything but a single quote. With one inside, double quotes: there a shell takes exactly
/// `\`, `"`, `$` and `` ` `` as special, and a line break stands for itself, so those four get a backslash and
/// nothing else is written as an escape.
///
/// # Errors
/// A value that is not UTF-8 or has NUL: neither has a place in an environment file.
pub fn quoted(value: &[u8]) -> Result<Zeroizing<String>, Unwritable> {
    let text = str::from_utf8(value)
        .ok()
        .filter(|it| !it.contains('\0'))
        .ok_or(Unwritable)?;
    // Twice the length and two quotes is the most there can be: no growing that would leave copies behind.
    let mut out = Zeroizing::new(String::with_capacity(2 * text.len() + 2));
    if !text.contains('\'') {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
        return Ok(out);
    }
    out.push('"');
    for c in text.chars() {
        if matches!(c, '\\' | '"' | '$' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Ok(out)
}
