//! Data on standard output: lines, JSON, raw bytes; a reader that has gone away ends the command quietly.

use std::io::{self, Write};

use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;

/// Writes a line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    bytes(&[text.as_bytes(), b"\n"].concat())
}

/// Writes a value as pretty JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new(Exit::Failed, "cannot write JSON").cause(error))?;
    line(&text)
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
