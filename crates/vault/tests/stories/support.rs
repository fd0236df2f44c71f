//! An installation on a real database, and what stories do with it.

use std::collections::BTreeSet;

use distri_core::audit::ActionKind;
use distri_core::authz::Actor;
use distri_core::{AccountName, Environment, SecretKey, SecretValue};
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::secrets::{ReleaseSecrets, Selection, SetSecret};
use distri_vault::{Caller, Vault};

pub(crate) use crate::place::Place;

pub(crate) fn nobody_to_ask() -> Result<Passphrase, RootKeyError> {
    Err(RootKeyError::NoPassphrase("nobody".to_owned()))
}

pub(crate) fn ada(vault: &Vault) -> Caller<'_> {
    vault
        .caller(Actor::local("ada"), &AccountName::default())
        .expect("the default account")
}

pub(crate) fn key(text: &str) -> SecretKey {
    text.parse().expect("a key")
}

pub(crate) fn default() -> Environment {
    Environment::default()
}

pub(crate) fn value(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec()).expect("within limits")
}

pub(crate) fn set(caller: &Caller<'_>, name: &str, text: &str) -> u32 {
    caller
        .set(&SetSecret::new(key(name), default(), value(text)))
        .expect("sets")
        .info
        .version
}

pub(crate) fn revealed(caller: &Caller<'_>, name: &str) -> Vec<u8> {
    caller
        .reveal(&key(name), &default(), None)
        .expect("reveals")
        .value
        .expose_secret()
        .to_vec()
}

pub(crate) fn actions(caller: &Caller<'_>) -> Vec<ActionKind> {
    caller
        .audit_newest(100)
        .expect("reads")
        .into_iter()
        .map(|it| it.1.action)
        .collect()
}

pub(crate) fn request(agent: Option<&str>, selection: Selection) -> ReleaseSecrets {
    ReleaseSecrets {
        agent: agent.map(|it| it.parse().expect("a name")),
        environment: default(),
        selection,
    }
}

pub(crate) fn required(names: &[&str]) -> BTreeSet<SecretKey> {
    names.iter().map(|it| key(it)).collect()
}
