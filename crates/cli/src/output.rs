//! Data on standard output: lines, JSON, raw bytes; a reader that has gone away ends the command quietly.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::inert;

/// Writes a line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    bytes(&[text.as_bytes(), b"\n"].concat())
}

/// Writes a value as pretty JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(&escaped(&pretty(value)?))
}

/// An element of an array as pretty JSON, without what stands around it.
pub(crate) fn element(value: &impl Serialize) -> Result<String, Failure> {
    let indented = format!("  {}", pretty(value)?.replace('\n', "\n  "));
    Ok(escaped(&indented).into_owned())
}

fn pretty(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    text.map_err(|error| Failure::new(Exit::Failed, "cannot write JSON").cause(error))
}

/// JSON with those control characters escaped that JSON permits as they are and a terminal obeys: they can only be in
/// strings, which mean the same afterwards.
fn escaped(json: &str) -> Cow<'_, str> {
    let steers = |c: char| ('\u{7F}'..='\u{9F}').contains(&c);
    if !json.contains(steers) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 32);
    for c in json.chars() {
        match steers(c) {
            true => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => text.push(c),
        }
    }
    Cow::Owned(text)
}

/// Writes text that came from elsewhere: as it is for a program, inert for a person.
pub(crate) fn text(data: &str) -> Result<(), Failure> {
    bytes(shown(data).as_bytes())
}

/// Text that came from elsewhere as standard output takes it: a terminal gets nothing that would steer it.
pub(crate) fn shown(data: &str) -> Cow<'_, str> {
    match io::stdout().is_terminal() {
        true => Cow::Owned(inert(data)),
        false => Cow::Borrowed(data),
    }
}

/// Writes bytes as they are.
pub(crate) fn bytes(data: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(data).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, "cannot write to standard output").cause(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_without_what_steers_a_terminal() {
        let said = "a\u{7f}b\u{9b}31mc\u{1b}d\ne ü — 🦀";
        let json = serde_json::to_string_pretty(&[said]).expect("it works");
        let shown = escaped(&json);
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&shown).expect("it works"), [said]);
        assert!(matches!(escaped("{\"a\": \"ü\"}"), Cow::Borrowed(_)));
    }
}
