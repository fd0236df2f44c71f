//! Lists in pages: a limit, and a cursor that belongs to one list of one account.

use data_encoding::BASE64URL_NOPAD;
use distri_core::ids::AccountId;
use http::header::LINK;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;

/// The most entries of a page.
const MOST: u32 = 1_000;

/// How many entries a page has.
pub(crate) fn limit(asked: Option<u32>, default: u32) -> Result<usize, ApiError> {
    match asked.unwrap_or(default) {
        limit @ 1..=MOST => Ok(limit as usize),
        _ => Err(no_limit()),
    }
}

/// The answer to a limit that no page has.
pub(crate) fn no_limit() -> ApiError {
    ApiError::invalid(format!("`limit` is a number from 1 to {MOST}"))
}

/// Where a list goes on: the name of the list, the account, and a position that the list understands.
///
/// It holds nothing that is not in the page before it. The account is in it so that one of another account is an error,
/// not a page of somewhere.
pub(crate) struct Cursor<'a> {
    pub(crate) list: &'a str,
    pub(crate) account: AccountId,
}

impl Cursor<'_> {
    /// The position in a cursor that a client sends back.
    pub(crate) fn position(&self, cursor: &str) -> Result<String, ApiError> {
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| Self::refused())?;
        let text = String::from_utf8(bytes).map_err(|_| Self::refused())?;
        let position = text.strip_prefix(&self.prefix()).ok_or_else(Self::refused)?;
        Ok(position.to_owned())
    }

    /// The same as a number.
    pub(crate) fn number(&self, cursor: &str) -> Result<u64, ApiError> {
        let position = self.position(cursor)?;
        position.parse().map_err(|_| Self::refused())
    }

    /// The answer to a cursor that is none of the list.
    pub(crate) fn refused() -> ApiError {
        ApiError::invalid("`cursor` is none of this list; begin without one")
    }

    /// The cursor of a position.
    pub(crate) fn text(&self, position: impl std::fmt::Display) -> String {
        BASE64URL_NOPAD.encode(format!("{}{position}", self.prefix()).as_bytes())
    }

    /// The reply with a link to the next page, where there is one.
    pub(crate) fn link(&self, reply: Reply, input: &Input, next: Option<impl std::fmt::Display>) -> Reply {
        let Some(next) = next else { return reply };
        let cursor = self.text(next);
        let mut query = url_query(input);
        query.push_str("cursor=");
        query.push_str(&cursor);
        reply.header(LINK, &format!("<{}?{query}>; rel=\"next\"", input.parts.uri.path()))
    }

    fn prefix(&self) -> String {
        format!("{}/{}/", self.list, self.account)
    }
}

/// The query of the request without its cursor, as it was sent; it has been read as a type before.
fn url_query(input: &Input) -> String {
    let query = input.parts.uri.query().unwrap_or_default();
    let fields = query
        .split('&')
        .filter(|it| !it.is_empty() && !it.starts_with("cursor="));
    fields.fold(String::new(), |all, field| all + field + "&")
}
