//! Whether the server keeps what it acknowledges: two of its settings trade that for speed, and no session can undo them.

use super::PostgresStore;
use super::pool::NoLink;
use crate::StoreError;

const QUESTION: &str = "select concat_ws(' and ',
    case current_setting('fsync', true) when 'off' then '`fsync`' end,
    case current_setting('full_page_writes', true) when 'off' then '`full_page_writes`' end)";

impl PostgresStore {
    /// The settings of the server with which a power cut takes what it acknowledged; none when it keeps all of it.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Refused`], [`StoreError::Exhausted`].
    pub fn unsafe_settings(&self) -> Result<Option<String>, StoreError> {
        let mut lent = self.readers.lend().map_err(|none| match none {
            NoLink::Exhausted(error) => error,
            NoLink::Failed(cause) => cause.at(&self.url),
        })?;
        let cells = lent.link().batch(QUESTION).map_err(|it| it.at(&self.url))?;
        lent.give_back();
        Ok(cells.into_iter().next().flatten().filter(|it| !it.is_empty()))
    }
}
