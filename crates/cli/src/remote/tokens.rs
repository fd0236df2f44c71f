//! Tokens over HTTP.

use distri_core::credential::PresentedToken;
use distri_core::ids::TokenId;
use distri_vault::tokens::{NewToken, TokenView};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::call::Call;
use super::client::Client;
use crate::exit::Exit;
use crate::failure::Failure;

impl Client {
    /// Makes a token; its text comes along this once.
    pub(crate) fn create_token(&self, new: &NewToken) -> Result<(Zeroizing<String>, TokenView), Failure> {
        #[derive(Deserialize)]
        struct Created {
            token: String,
            #[serde(flatten)]
            view: TokenView,
        }
        let body = json!({
            "name": new.name,
            "scopes": new.scopes,
            "limits": new.limits,
            "expires_at": new.expires_at,
        });
        let created: Created = self.ask(Call::post(&["tokens"]).json(&body, 0)?)?;
        let text = Zeroizing::new(created.token);
        // It is shown as it is: what has another form is none, and could steer the terminal.
        match text.parse::<PresentedToken>() {
            Ok(_) => Ok((text, created.view)),
            Err(_) => Err(self.stranger()),
        }
    }

    pub(crate) fn tokens(&self) -> Result<Vec<TokenView>, Failure> {
        self.ask(Call::get(&["tokens"]))
    }

    pub(crate) fn revoke_token(&self, id: TokenId) -> Result<TokenView, Failure> {
        let id = id.to_string();
        let all = self.tokens()?;
        let token = all.into_iter().find(|it| it.id == id);
        let mut token = token.ok_or_else(|| Failure::new(Exit::Missing, "there is no such token"))?;
        self.tell(Call::delete(&["tokens", &id]))?;
        // Whoever revokes the token in use cannot ask again.
        if token.revoked_at.is_none() {
            use distri_core::Clock as _;
            token.revoked_at = Some(distri_core::SystemClock.now());
        }
        Ok(token)
    }
}
