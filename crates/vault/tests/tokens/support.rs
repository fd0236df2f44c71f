//! An installation with secrets, and tokens for it.

use std::net::IpAddr;

use distri_core::Environment;
use distri_core::audit::Record;
use distri_core::authz::Limits;
use distri_core::credential::PlainToken;
use distri_vault::secrets::SetSecret;
use distri_vault::tokens::{NewToken, TokenView};
use distri_vault::{Caller, Vault, VaultError};

pub(crate) use crate::place::{Place, ada, key, value};

pub(crate) fn environment(text: &str) -> Environment {
    text.parse().expect("an environment")
}

pub(crate) fn set(caller: &Caller<'_>, environment: &str, key: &str, text: &str) {
    let request = SetSecret::new(self::key(key), self::environment(environment), value(text));
    caller.set(&request).expect("sets");
}

pub(crate) fn new_token(name: &str, scopes: &str, limits: Limits) -> NewToken {
    NewToken {
        name: name.parse().expect("a name"),
        scopes: scopes.parse().expect("scopes"),
        limits,
        expires_at: None,
    }
}

/// A token that ada makes.
pub(crate) fn token(vault: &Vault, name: &str, scopes: &str, limits: Limits) -> (PlainToken, TokenView) {
    let new = new_token(name, scopes, limits);
    ada(vault).create_token(&new).expect("makes it")
}

pub(crate) fn peer() -> IpAddr {
    "192.0.2.7".parse().expect("an address")
}

pub(crate) fn by<'v>(vault: &'v Vault, token: &PlainToken) -> Result<Caller<'v>, VaultError> {
    vault.authenticate_token(&token.presented(), peer())
}

pub(crate) fn records(vault: &Vault) -> Vec<Record> {
    let newest = ada(vault).audit_newest(1_000).expect("reads");
    newest.into_iter().map(|it| it.1).collect()
}
