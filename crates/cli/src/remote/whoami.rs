//! Whose token this is, by the server's word.

use serde::Deserialize;

use super::call::Call;
use super::client::Client;
use crate::failure::Failure;

/// The holder of a token.
#[derive(Deserialize)]
pub(crate) struct Who {
    /// The account's id.
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) scopes: Option<Vec<String>>,
}

impl Client {
    /// Asks the server; a token that is not good is refused.
    pub(crate) fn whoami(&self) -> Result<Who, Failure> {
        let who: Who = self.ask(Call::get(&["whoami"]))?;
        // It goes into a file of lines.
        match who.account.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') {
            true => Ok(who),
            false => Err(self.stranger()),
        }
    }
}
