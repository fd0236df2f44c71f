//! Keys on the command line, before they are parsed.

use distri_core::SecretKey;

use crate::exit::Exit;
use crate::failure::Failure;

/// A key before it is parsed: clap would repeat refused text in its message, and that may be a value in the wrong place.
#[derive(Clone, Debug)]
pub(crate) struct KeyText(String);

impl KeyText {
    /// The key that it says.
    pub(crate) fn parse(&self) -> Result<SecretKey, Failure> {
        self.0
            .parse()
            .map_err(|error: distri_core::names::SecretKeyError| Failure::new(Exit::Usage, error.to_string()))
    }
}

impl From<String> for KeyText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// All keys of a list, parsed.
pub(crate) fn parse_all<C: FromIterator<SecretKey>>(texts: &[KeyText]) -> Result<C, Failure> {
    texts.iter().map(KeyText::parse).collect()
}
