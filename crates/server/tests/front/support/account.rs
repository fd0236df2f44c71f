//! Tokens for a test's server, and requests with them.

use std::str::FromStr;
use std::sync::Arc;

use distri_core::authz::{Actor, Limits};
use distri_core::{AccountName, SystemClock};
use distri_vault::tokens::NewToken;
use distri_vault::{Caller, FirstUse, Vault};
use serde_json::{Value, json};

use super::{Answer, Request, TestServer};

impl TestServer {
    /// The installation as another process opens it.
    pub(crate) fn vault(&self) -> Vault {
        let ask = &mut || panic!("nobody is asked");
        Vault::open(&self.home, Arc::new(SystemClock), FirstUse::Refuse, ask).expect("opens")
    }

    /// A client with a token of these scopes.
    pub(crate) fn client(&self, scopes: &str) -> Client {
        self.limited_client(scopes, Limits::default())
    }

    pub(crate) fn limited_client(&self, scopes: &str, limits: Limits) -> Client {
        let vault = self.vault();
        let owner = local(&vault);
        let new = NewToken {
            name: format!("token {}", owner.tokens().expect("lists").len())
                .parse()
                .expect("a name"),
            scopes: scopes.parse().expect("scopes"),
            limits,
            expires_at: None,
        };
        let (token, view) = owner.create_token(&new).expect("a token");
        Client {
            address: self.address,
            token: token.expose_secret().to_owned(),
            id: view.id,
        }
    }
}

/// The user of this machine.
pub(crate) fn local(vault: &Vault) -> Caller<'_> {
    vault
        .caller(Actor::local("ada"), &AccountName::default())
        .expect("the default account")
}

/// Requests with one token.
pub(crate) struct Client {
    address: std::net::SocketAddr,
    pub(crate) token: String,
    pub(crate) id: String,
}

impl Client {
    /// A client with this token.
    pub(crate) fn with(server: &TestServer, token: &str) -> Self {
        Self {
            address: server.address,
            token: token.to_owned(),
            id: String::new(),
        }
    }

    pub(crate) fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.address, method, target).header("x-api-key", &self.token)
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.request("GET", target).send()
    }

    pub(crate) fn delete(&self, target: &str) -> Answer {
        self.request("DELETE", target).send()
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> Answer {
        self.request("POST", target).json(body).send()
    }

    pub(crate) fn put(&self, target: &str, body: &Value) -> Answer {
        self.request("PUT", target).json(body).send()
    }

    pub(crate) fn patch(&self, target: &str, body: &Value) -> Answer {
        self.request("PATCH", target).json(body).send()
    }

    /// Sets a secret; the answer has been looked at.
    #[track_caller]
    pub(crate) fn set(&self, key: &str, value: &str) -> Value {
        let answer = self.post("/v1/secrets", &json!({ "key": key, "value": value }));
        assert!(answer.status.is_success(), "{}", answer.text());
        answer.json()
    }
}

/// Text as whatever it is.
#[track_caller]
pub(crate) fn parsed<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect(text)
}
