//! Session data over HTTP.

use distri_core::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::call::Call;
use super::client::Client;
use crate::exit::Exit;
use crate::failure::Failure;

impl Client {
    pub(crate) fn session_get(&self, session: &str, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        #[derive(Deserialize)]
        struct One {
            value: Value,
        }
        let one: One = self.ask(Call::get(&["sessions", session, "values", name]))?;
        Ok((!one.value.is_null()).then(|| Zeroizing::new(one.value.to_string().into_bytes())))
    }

    pub(crate) fn session_set(
        &self,
        session: &str,
        name: &str,
        data: &[u8],
        expiry: Option<Timestamp>,
    ) -> Result<(), Failure> {
        let value: Value =
            serde_json::from_slice(data).map_err(|_| Failure::new(Exit::Failed, "the session data is not JSON"))?;
        let body = json!({ "key": name, "value": value, "expiry": expiry });
        self.tell(Call::post(&["sessions", session, "values"]).json(&body, data.len())?)
    }

    pub(crate) fn session_delete(&self, session: &str, name: &str) -> Result<bool, Failure> {
        self.tell(Call::delete(&["sessions", session, "values", name]))?;
        Ok(true)
    }
}
