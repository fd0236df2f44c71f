//! Where a new value comes from: a hidden prompt, standard input, a file, chance, or the command line.
//!
//! Nothing here trims, expands or cuts. The one exception is the line break that `echo` and most tools put at the end
//! of what they print, and `--raw` keeps that too.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::Args;
use distri_core::value::MAX_VALUE_LEN;
use distri_core::{SecretKey, SecretValue};
use rustix::rand::{GetRandomFlags, getrandom};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{hidden, terminal};

/// The value on the command line: at most one source.
#[derive(Debug, Args)]
pub(crate) struct ValueSource {
    /// The value itself. Shell history and process lists keep it: leave it out to be asked for it
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: Option<ArgvValue>,
    #[arg(hide = true, allow_hyphen_values = true)]
    more: Vec<ArgvValue>,
    /// Read the value from a file, byte for byte
    #[arg(long, value_name = "PATH")]
    from_file: Option<PathBuf>,
    /// Make a random value of LEN characters `A-Z a-z 0-9 - _` (32 when not said, 16 to 1024); it is not shown
    #[arg(long, value_name = "LEN", num_args = 0..=1, require_equals = true, default_missing_value = "32",
          value_parser = clap::value_parser!(u16).range(16..=1024))]
    generate: Option<u16>,
    /// Keep the line break at the end of standard input
    #[arg(long)]
    raw: bool,
}

/// Text of the command line that may be a value: its `Debug` is its name.
#[derive(Clone)]
struct ArgvValue(OsString);

impl From<OsString> for ArgvValue {
    fn from(text: OsString) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for ArgvValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ArgvValue")
    }
}

impl ValueSource {
    /// Reads the value for `key`.
    pub(crate) fn read(self, key: &SecretKey) -> Result<SecretValue, Failure> {
        let usage = |message: &str| Failure::new(Exit::Usage, message);
        if !self.more.is_empty() {
            return Err(usage("more than one VALUE is given")
                .hint("put a value with spaces in quotes; options that do not exist are taken as values"));
        }
        let sources = [self.value.is_some(), self.from_file.is_some(), self.generate.is_some()];
        if sources.iter().filter(|it| **it).count() > 1 {
            return Err(usage("VALUE, `--from-file` and `--generate` exclude each other"));
        }
        if self.raw && sources.contains(&true) {
            return Err(usage(
                "`--raw` is about standard input, and the value comes from elsewhere",
            ));
        }
        if let Some(value) = self.value {
            return from_argv(value);
        }
        if let Some(path) = &self.from_file {
            return from_file(path);
        }
        if let Some(len) = self.generate {
            return generate(len.into());
        }
        if std::io::stdin().is_terminal() {
            return from_prompt(key);
        }
        let mut bytes = read_all(std::io::stdin().lock(), "standard input")?;
        if !self.raw {
            strip_line_break(&mut bytes);
        }
        value(bytes).map_err(|it| it.hint("pipe the value in, or run this on a terminal to be asked for it"))
    }
}

fn from_argv(ArgvValue(text): ArgvValue) -> Result<SecretValue, Failure> {
    terminal::warning(
        "a value on the command line stays in the shell's history and shows in process lists; leave it out to be asked for it",
    );
    if text.as_bytes().starts_with(b"--") {
        terminal::warning("the value begins with `--`; it was taken as the value, not as an option");
    }
    value(Zeroizing::new(text.into_vec()))
}

fn from_file(path: &Path) -> Result<SecretValue, Failure> {
    let what = format!("`{}`", path.display());
    let file = std::fs::File::open(path).map_err(|error| {
        let exit = if error.kind() == std::io::ErrorKind::NotFound {
            Exit::Missing
        } else {
            Exit::Failed
        };
        Failure::new(exit, format!("cannot read {what}")).cause(error)
    })?;
    let bytes = read_all(file, &what)?;
    if bytes.ends_with(b"\n") {
        terminal::note("The value ends with a line break, as the file does.");
    }
    value(bytes)
}

/// Each character is six random bits. The first is not `-`, so that the value is never taken for an option.
fn generate(len: usize) -> Result<SecretValue, Failure> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut made = Zeroizing::new(Vec::with_capacity(len));
    let mut random = Zeroizing::new([0_u8; 64]);
    while made.len() < len {
        let filled = getrandom(&mut random[..], GetRandomFlags::empty());
        let filled = filled.map_err(|error| {
            Failure::new(Exit::Failed, "the operating system gives no random bytes").cause(std::io::Error::from(error))
        })?;
        let characters = random[..filled].iter().map(|byte| ALPHABET[usize::from(byte & 63)]);
        for character in characters {
            if made.len() < len && !(made.is_empty() && character == b'-') {
                made.push(character);
            }
        }
    }
    value(made)
}

fn from_prompt(key: &SecretKey) -> Result<SecretValue, Failure> {
    let text = hidden::ask(&format!("Value of {key} (hidden): "));
    let text = text.map_err(|error| Failure::new(Exit::Failed, "cannot read from the terminal").cause(error))?;
    let value = value(text)?;
    let bytes = if value.len() == 1 { "byte" } else { "bytes" };
    terminal::note(&format!("Read {} {bytes}.", value.len()));
    Ok(value)
}

/// Reads to the end, one byte past the longest value and its line break at most.
fn read_all(from: impl Read, what: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    const MOST: usize = MAX_VALUE_LEN + 3;
    // All of it at once: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST));
    let read = from.take(MOST as u64).read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(Exit::Failed, format!("cannot read {what}")).cause(error))?;
    if bytes.len() == MOST {
        return Err(Failure::new(
            Exit::Usage,
            format!("{what} has more bytes than a secret: at most {MAX_VALUE_LEN} (64 KiB)"),
        ));
    }
    Ok(bytes)
}

fn strip_line_break(bytes: &mut Vec<u8>) {
    if bytes.ends_with(b"\n") {
        bytes.truncate(bytes.len() - 1);
        if bytes.ends_with(b"\r") {
            bytes.truncate(bytes.len() - 1);
        }
    }
}

fn value(mut bytes: Zeroizing<Vec<u8>>) -> Result<SecretValue, Failure> {
    SecretValue::new(std::mem::take(&mut *bytes)).map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_break_is_stripped_and_nothing_else() {
        for (given, kept) in [
            ("v\n", "v"),
            ("v\r\n", "v"),
            ("v\n\n", "v\n"),
            ("v\r", "v\r"),
            (" v ", " v "),
            ("v", "v"),
            ("\n", ""),
        ] {
            let mut bytes = given.as_bytes().to_vec();
            strip_line_break(&mut bytes);
            assert_eq!(bytes, kept.as_bytes(), "{given:?}");
        }
    }

    #[test]
    fn made_values_have_their_length_and_differ() {
        let make = |len| generate(len).ok().expect("makes one");
        for len in [16, 32, 100, 1024] {
            let value = make(len);
            assert_eq!(value.len(), len);
            assert!(
                value
                    .expose_secret()
                    .iter()
                    .all(|it| it.is_ascii_alphanumeric() || b"-_".contains(it))
            );
            assert_ne!(value.expose_secret()[0], b'-');
        }
        assert!(!make(32).same_as(&make(32)));
    }
}
