//! Tokens and PINs: the operator's word to a key provider, from a file or a variable, never stored.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::RootKeyError;
use super::provider::Surroundings;

/// More than any token has.
const MAX_LEN: u64 = 16 * 1024;

/// The content of the file that `file` names, else the variables in order. One line break at the end is no part of it.
pub(super) fn read(
    around: &Surroundings<'_>,
    what: &str,
    file: &str,
    variables: &[&str],
) -> Result<Zeroizing<String>, RootKeyError> {
    let none = |how: String| RootKeyError::NoAccess {
        what: what.to_owned(),
        how,
    };
    if let Some(path) = around.given(file).map(PathBuf::from) {
        let len = std::fs::metadata(&path).map(|it| it.len());
        let text = match len {
            Ok(len) if len > MAX_LEN => return Err(none(format!("`{}` is too large to hold it", path.display()))),
            _ => std::fs::read_to_string(&path).map(Zeroizing::new),
        };
        let mut text = text.map_err(|error| {
            none(format!(
                "cannot read `{}`, which `{file}` names: {error}",
                path.display()
            ))
        })?;
        if text.ends_with('\n') {
            text.pop();
        }
        return Ok(text);
    }
    let given = variables.iter().find_map(|it| around.given(it));
    let text = given.and_then(|it| it.into_string().ok()).map(Zeroizing::new);
    text.ok_or_else(|| {
        none(format!(
            "name a file with it in `{file}`, or set `{}`",
            variables.join("` or `")
        ))
    })
}
