//! An installation with people.

use std::net::IpAddr;

use distri_core::audit::Record;
use distri_core::authz::{Actor, Role};
use distri_core::credential::PresentedSession;
use distri_core::{AccountName, EmailAddress, SecretValue};
use distri_vault::people::{FirstOwner, Joining, LogIn, NewInvitation, Password, SessionView, SignedIn};
use distri_vault::secrets::SetSecret;
use distri_vault::{Caller, Vault, VaultError};

pub(crate) use crate::place::Place;

pub(crate) const WORDS: &str = "correct horse battery";

/// The user of this machine.
pub(crate) fn local(vault: &Vault) -> Caller<'_> {
    vault
        .caller(Actor::local("root"), &AccountName::default())
        .expect("the default account")
}

pub(crate) fn email(name: &str) -> EmailAddress {
    format!("{name}@example.com").parse().expect("an address")
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

pub(crate) fn peer() -> IpAddr {
    "192.0.2.7".parse().expect("an address")
}

/// Ada comes by the setup link.
pub(crate) fn owner(vault: &Vault) -> SignedIn {
    let link = vault.setup_link().expect("asks").expect("there is no owner yet");
    let owner = FirstOwner {
        email: email("ada"),
        name: "Ada".parse().expect("a name"),
        password: password(WORDS),
    };
    vault.set_up(&link.presented(), &owner).expect("sets up")
}

/// Somebody comes by an invitation of `by`.
pub(crate) fn join(vault: &Vault, by: &Caller<'_>, name: &str, role: Role) -> SignedIn {
    let new = NewInvitation {
        email: email(name),
        role,
    };
    let (link, _) = by.invite(&new).expect("invites");
    let joining = Joining {
        name: Some(name.parse().expect("a name")),
        password: password(WORDS),
    };
    vault
        .accept_invitation(&link.presented(), &joining, peer())
        .expect("joins")
}

pub(crate) fn log_in(vault: &Vault, name: &str, text: &str, from: IpAddr) -> Result<SignedIn, VaultError> {
    vault.log_in(&LogIn {
        email: &email(name),
        password: &password(text),
        peer: from,
        previous: None,
    })
}

pub(crate) fn by<'v>(vault: &'v Vault, session: &PresentedSession) -> (Caller<'v>, SessionView) {
    vault.authenticate_session(session).expect("signed in")
}

pub(crate) fn set(caller: &Caller<'_>, key: &str, text: &str) -> Result<(), VaultError> {
    let value = SecretValue::new(text.as_bytes().to_vec()).expect("within limits");
    let request = SetSecret::new(key.parse().expect("a key"), Default::default(), value);
    caller.set(&request).map(drop)
}

pub(crate) fn reveal(caller: &Caller<'_>, key: &str) -> Result<Vec<u8>, VaultError> {
    let revealed = caller.reveal(&key.parse().expect("a key"), &Default::default(), None)?;
    Ok(revealed.value.expose_secret().to_vec())
}

pub(crate) fn records(vault: &Vault) -> Vec<Record> {
    let newest = local(vault).audit_newest(1_000).expect("reads");
    newest.into_iter().map(|it| it.1).collect()
}
