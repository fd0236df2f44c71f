//! Who acts, wherever the secrets are: in the store of this machine, or on a server.
//!
//! A verb calls a use case by its name and knows nothing of the place. To add a use case: its row in the table here, and a
//! method of the same name in [`remote`](crate::remote).

use std::collections::BTreeSet;

use distri_core::{Environment, SecretKey, SecretValue};
use distri_vault::agents::AgentInfo;
use distri_vault::secrets::{
    CopyOutcome, CopySecrets, HistoryEntry, ImportOutcome, ImportSecrets, ListSecrets, Listed, Revealed, SecretInfo,
    SetOutcome, SetSecret, UpdateOutcome, UpdateSecret,
};

use crate::failure::Failure;
use crate::remote::Client;

/// The user of this machine in its store, or the holder of a token on a server.
pub(crate) enum Caller<'c> {
    Here(distri_vault::Caller<'c>),
    There(&'c Client),
}

macro_rules! use_cases {
    ($($name:ident($($given:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl Caller<'_> {
            $(
                pub(crate) fn $name(&self, $($given: $type),*) -> Result<$answer, Failure> {
                    match self {
                        Self::Here(it) => Ok(it.$name($($given),*)?),
                        Self::There(it) => it.$name($($given),*),
                    }
                }
            )+
        }
    };
}

use_cases! {
    get(key: &SecretKey, environment: &Environment) -> SecretInfo;
    list(request: &ListSecrets) -> Vec<Listed>;
    set(request: &SetSecret) -> SetOutcome;
    stage(key: &SecretKey, environment: &Environment, value: &SecretValue) -> SecretInfo;
    update(key: &SecretKey, environment: &Environment, request: &UpdateSecret) -> UpdateOutcome;
    undelete(key: &SecretKey, environment: &Environment) -> SecretInfo;
    promote(key: &SecretKey, environment: &Environment) -> SecretInfo;
    unstage(key: &SecretKey, environment: &Environment) -> SecretInfo;
    rollback(key: &SecretKey, environment: &Environment, version: Option<u32>) -> SecretInfo;
    history(key: &SecretKey, environment: &Environment) -> Vec<HistoryEntry>;
    reveal(key: &SecretKey, environment: &Environment, version: Option<u32>) -> Revealed;
    reveal_all(environment: &Environment, only: Option<&BTreeSet<SecretKey>>) -> Vec<Revealed>;
    import(request: ImportSecrets) -> ImportOutcome;
    copy(request: &CopySecrets) -> CopyOutcome;
    agents() -> Vec<AgentInfo>;
}

impl Caller<'_> {
    /// Deletes a secret; `undelete` brings it back.
    pub(crate) fn delete(&self, key: &SecretKey, environment: &Environment) -> Result<(), Failure> {
        match self {
            Self::Here(it) => Ok(it.delete(key, environment).map(drop)?),
            Self::There(it) => it.delete(key, environment),
        }
    }
}
