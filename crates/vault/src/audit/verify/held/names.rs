//! What findings call a thing: by its name for whoever may know of it, by its kind alone for others.

use std::time::Duration;

use distri_core::AccountName;
use distri_core::audit::{KeyChange, Record};
use distri_core::ids::{AccountId, PersonId, SlotId};
use distri_store::UnitOfWork;

use super::super::known::{Kind, Thing};
use super::Row;
use crate::people::INVITATION_LASTS;
use crate::{Vault, VaultError};

/// The clocks of several servers may differ by this when one of them drops an invitation that has expired.
const CLOCKS_DIFFER: Duration = Duration::from_hours(1);

pub(super) struct Names<'a> {
    vault: &'a Vault,
    sees: &'a dyn Fn(AccountId) -> bool,
}

impl<'a> Names<'a> {
    pub(super) fn new(vault: &'a Vault, sees: &'a dyn Fn(AccountId) -> bool) -> Self {
        Self { vault, sees }
    }

    /// A thing by its row.
    pub(super) fn of_row(&self, kind: Kind, row: &Row<'_>) -> String {
        let account = match kind {
            Kind::Account => row.account("id"),
            Kind::Slot => None,
            _ => row.account("account"),
        };
        if kind != Kind::Slot && !account.is_some_and(self.sees) {
            return unnamed(kind);
        }
        match kind {
            Kind::Secret => secret(row.text("key"), row.text("environment")),
            Kind::Invitation => called(kind, row.text("email")),
            Kind::Member => match row.id("person") {
                Some(id) => called(kind, &PersonId::from_bytes(id).to_string()),
                None => unnamed(kind),
            },
            Kind::Slot => match row.id("id") {
                Some(id) => slot(&SlotId::from_bytes(id).to_string(), row.text("provider")),
                None => unnamed(kind),
            },
            Kind::Account | Kind::Token | Kind::Agent => called(kind, row.text("name")),
        }
    }

    /// A thing that has no row, by its record. Nothing for an invitation that may have expired: those go without a record.
    pub(super) fn of_missing(&self, work: &mut dyn UnitOfWork, thing: &Thing) -> Result<Option<String>, VaultError> {
        let row = work
            .audit_rows(thing.seq.saturating_sub(1), 1)?
            .into_iter()
            .find_map(|it| it.row);
        let record = row.and_then(|it| self.vault.log().record_of(&it).ok().flatten());
        let Some(record) = record else {
            return Ok(Some(unnamed(thing.kind)));
        };
        if thing.kind == Kind::Invitation {
            let lasts = INVITATION_LASTS - CLOCKS_DIFFER;
            let ends = record.at.checked_add(lasts).unwrap_or(record.at);
            if ends <= self.vault.clock.now() {
                return Ok(None);
            }
        }
        Ok(Some(match thing.kind {
            kind if kind != Kind::Slot && !(self.sees)(thing.account) => unnamed(kind),
            Kind::Secret => secret_in(&record),
            Kind::Slot => match &record.keys {
                Some(KeyChange::SlotAdded(it)) => slot(&it.slot.to_string(), &it.provider),
                _ => unnamed(Kind::Slot),
            },
            kind => match &record.about {
                Some(about) => called(kind, &about.name),
                // The first account: it has the first name for ever.
                None => called(kind, AccountName::default().as_str()),
            },
        }))
    }
}

fn secret_in(record: &Record) -> String {
    let environment = record.environment.as_ref().map_or("", |it| it.as_str());
    match record.subjects.as_slice() {
        [subject] => secret(subject.key.as_str(), environment),
        _ => unnamed(Kind::Secret),
    }
}

fn secret(key: &str, environment: &str) -> String {
    format!("secret `{key}` in environment `{environment}`")
}

fn slot(id: &str, provider: &str) -> String {
    format!("key slot {id} ({provider})")
}

fn called(kind: Kind, name: &str) -> String {
    format!("{} `{name}`", word(kind))
}

fn unnamed(kind: Kind) -> String {
    match kind {
        Kind::Slot => "a key slot".to_owned(),
        Kind::Account => "another account".to_owned(),
        Kind::Agent | Kind::Invitation => format!("an {} of another account", word(kind)),
        _ => format!("a {} of another account", word(kind)),
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => "account",
        Kind::Secret => "secret",
        Kind::Token => "token",
        Kind::Invitation => "invitation",
        Kind::Member => "member",
        Kind::Agent => "agent definition",
        Kind::Slot => "key slot",
    }
}
