//! Who acts, wherever the secrets are: in the store of this machine, or on a server.
//!
//! A verb calls a use case by its name and knows nothing of the place. To add a use case: its row in the table here, and a
//! method of the same name in [`remote`](crate::remote).

use std::collections::BTreeSet;

use distri_core::alarm::Alarm;
use distri_core::audit::Record;
use distri_core::authz::Role;
use distri_core::ids::{PersonId, RunId, TokenId};
use distri_core::{AccountName, AgentName, Environment, Release, SecretKey, SecretValue, Timestamp};
use distri_vault::accounts::{AccountView, DeletedAccount};
use distri_vault::agents::{AgentInfo, Pushed};
use distri_vault::alarm::Holder;
use distri_vault::audit::{AuditReport, CouldUse, Did, ExportOptions, ProvenRecord, RecordRef, WhoCould, WhoDid};
use distri_vault::observed::{ObservedBatch, ObservedRun};
use distri_vault::people::{InvitationView, MemberView, NewInvitation};
use distri_vault::secrets::{
    CopyOutcome, CopySecrets, HistoryEntry, ImportOutcome, ImportSecrets, ListSecrets, Listed, Purged, ReleaseError,
    ReleaseSecrets, Revealed, SecretFacts, SecretInfo, SetOutcome, SetSecret, UpdateOutcome, UpdateSecret,
};
use distri_vault::tokens::{NewToken, TokenView};
use distri_vault::{StoreError, VaultError};
use zeroize::Zeroizing;

use crate::exit::Exit;
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
    purge(key: &SecretKey, environment: &Environment) -> Purged;
    purge_deleted(before: Timestamp) -> Purged;
    agents() -> Vec<AgentInfo>;
    put_agent(markdown: &str) -> Pushed;
    audit_newest(limit: u32) -> Vec<(u64, Record)>;
    audit_after(after: u64, limit: u32) -> Vec<(u64, Record)>;
    alarms(after: Option<u64>, limit: u32) -> Vec<(u64, Record)>;
    who_did(question: &WhoDid) -> Did;
    who_could(question: &WhoCould) -> CouldUse;
    verify_audit() -> AuditReport;
    prove_audit(which: RecordRef) -> ProvenRecord;
    tokens() -> Vec<TokenView>;
    revoke_token(id: TokenId) -> TokenView;
    members() -> Vec<MemberView>;
    change_role(person: PersonId, role: Role) -> MemberView;
    remove_member(person: PersonId) -> Vec<TokenView>;
    accounts() -> Vec<AccountView>;
    session_get(session: &str, name: &str) -> Option<Zeroizing<Vec<u8>>>;
    session_set(session: &str, name: &str, data: &[u8], expiry: Option<Timestamp>) -> ();
    session_delete(session: &str, name: &str) -> bool;
    alarm(run: RunId, agent: Option<&AgentName>, alarm: &Alarm) -> ();
    observe(run: RunId, batch: u32, observed: &ObservedBatch) -> ();
    observed_runs(limit: u32) -> Vec<ObservedRun>;
    observed_run(run: RunId) -> ObservedRun;
    identify(text: &[u8]) -> Vec<Holder>;
}

impl Caller<'_> {
    /// Deletes a secret; `undelete` brings it back.
    pub(crate) fn delete(&self, key: &SecretKey, environment: &Environment) -> Result<(), Failure> {
        match self {
            Self::Here(it) => Ok(it.delete(key, environment).map(drop)?),
            Self::There(it) => it.delete(key, environment),
        }
    }

    /// Gives a run its secrets, or the staged value of each that has one. Required ones that cannot be given are in the
    /// failure.
    pub(crate) fn release(&self, run: RunId, request: &ReleaseSecrets, staged: bool) -> Result<Release, Failure> {
        let released = match self {
            Self::Here(it) if staged => it.release_staged(run, request),
            Self::Here(it) => it.release(run, request),
            Self::There(it) => return it.release(run, request, staged),
        };
        released.map_err(|error| match error {
            ReleaseError::Missing(missing) => {
                let keys = missing.iter().map(|it| (it.key.to_string(), it.reason.to_string()));
                let keys = keys.collect();
                Failure::new(Exit::Missing, ReleaseError::Missing(missing).to_string()).missing(keys)
            }
            ReleaseError::Vault(error) => error.into(),
        })
    }

    /// Makes a token; its text comes along this once.
    pub(crate) fn create_token(&self, new: &NewToken) -> Result<(Zeroizing<String>, TokenView), Failure> {
        match self {
            Self::Here(it) => {
                let (text, view) = it.create_token(new)?;
                Ok((Zeroizing::new(text.expose_secret().to_owned()), view))
            }
            Self::There(it) => it.create_token(new),
        }
    }

    /// Destroys the account; also how many backups may still have it beside those that are named.
    pub(crate) fn delete_account(&self, name: &AccountName) -> Result<(DeletedAccount, usize), Failure> {
        match self {
            Self::Here(it) => Ok((it.delete_account(name)?, 0)),
            Self::There(it) => it.delete_account(name),
        }
    }

    /// Invites somebody; the text of the invitation comes along this once.
    pub(crate) fn invite(&self, new: &NewInvitation) -> Result<(Zeroizing<String>, InvitationView), Failure> {
        match self {
            Self::Here(it) => {
                let (text, view) = it.invite(new)?;
                Ok((Zeroizing::new(text.expose_secret().to_owned()), view))
            }
            Self::There(it) => it.invite(new),
        }
    }

    /// The public key that checks the log's checkpoints.
    pub(crate) fn audit_key(&self) -> Result<String, Failure> {
        match self {
            Self::Here(it) => Ok(it.audit_key()),
            Self::There(it) => it.audit_key(),
        }
    }

    /// Hands the lines of an export over, one by one; how many records there are.
    pub(crate) fn export_audit<E>(
        &self,
        options: ExportOptions,
        write: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<u64, E>
    where
        E: From<Failure> + From<VaultError> + From<StoreError>,
    {
        match self {
            Self::Here(it) => it.export_audit(options, write),
            Self::There(it) => it.export_audit(options, write),
        }
    }

    /// What the best practices are judged by.
    pub(crate) fn facts(&self) -> Result<Vec<SecretFacts>, Failure> {
        match self {
            Self::Here(it) => Ok(it.facts(&|value| distri_redact::weakness(value).is_some())?),
            Self::There(it) => it.facts(),
        }
    }
}
