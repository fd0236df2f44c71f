//! An installation on a real database, and what stories do with it.

use std::collections::BTreeSet;

use distri_core::audit::ActionKind;
use distri_core::{Environment, SecretKey};
use distri_vault::Caller;
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::secrets::{ReleaseSecrets, Selection, SetSecret};

pub(crate) use crate::place::{Place, ada, key, value};

pub(crate) fn nobody_to_ask() -> Result<Passphrase, RootKeyError> {
    Err(RootKeyError::NoPassphrase("nobody".to_owned()))
}

pub(crate) fn default() -> Environment {
    Environment::default()
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
