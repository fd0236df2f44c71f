//! Signing in. An address that nobody has takes the same work, leaves the same trace and gets the same answer as a wrong
//! password.

use std::net::IpAddr;

use distri_core::EmailAddress;
use distri_core::audit::{ActionKind, Outcome, Record};
use distri_core::authz::{Actor, ActorKind, Role};
use distri_core::credential::{PlainSession, PresentedSession};
use distri_core::ids::AccountId;
use distri_store::rows::{PersonRow, WebSessionRow};
use distri_store::{Flush, UnitOfWork};

use super::session::SessionView;
use super::{Password, SESSION_LASTS};
use crate::audit::log::Sign;
use crate::record::new_record;
use crate::{Unauthenticated, Vault, VaultError};

/// Somebody signs in.
pub struct LogIn<'a> {
    /// With this address.
    pub email: &'a EmailAddress,
    /// And this password.
    pub password: &'a Password,
    /// From there.
    pub peer: IpAddr,
    /// In a browser that had this session: it ends, so that nobody who knew it is signed in with it.
    pub previous: Option<&'a PresentedSession>,
}

/// A new session, and what is known of it.
pub struct SignedIn {
    /// Its text, for the cookie: never the one of before.
    pub session: PlainSession,
    /// What is known of it.
    pub view: SessionView,
}

/// A session that is about to be stored.
pub(super) struct NewSession(PlainSession);

impl NewSession {
    pub(super) fn random() -> Self {
        Self(PlainSession::random())
    }

    pub(super) fn signed_in(self, view: SessionView) -> SignedIn {
        SignedIn { session: self.0, view }
    }
}

impl Vault {
    /// Signs somebody in, in the first account that they are a member of.
    ///
    /// # Errors
    /// [`Unauthenticated::LogIn`] whatever is wrong; [`Unauthenticated::TooMany`]; [`Unauthenticated::NoMember`] when the
    /// password is right and there is no account to see; [`VaultError::Tampered`].
    pub fn log_in(&self, request: &LogIn<'_>) -> Result<SignedIn, VaultError> {
        let person = self.prove(request.email, request.password, request.peer)?;
        let session = NewSession::random();
        let (view, _) = self.commit_now(|work| {
            self.end_previous(work, request.previous)?;
            let account = self.first_believed(work, &person)?;
            let (view, record) = self.open_session(work, &session, &person, account)?;
            Ok((view, vec![record]))
        })?;
        Ok(session.signed_in(view))
    }

    /// The person with this address and this password. A failure is counted and recorded.
    pub(super) fn prove(
        &self,
        email: &EmailAddress,
        password: &Password,
        peer: IpAddr,
    ) -> Result<PersonRow, VaultError> {
        let attempt = self.attempt(email, peer)?;
        let found = self.store.read(|work| {
            let Some(person) = work.person_by_email(email)? else {
                return Ok::<_, VaultError>(None);
            };
            let check = self.check_row(work, &person);
            // Of somebody who was put back the installation's own log is told.
            let account = match work.memberships(person.id)?.first() {
                Some(membership) => Some(membership.account),
                None => {
                    let mut all = work.accounts()?.into_iter().map(|it| it.id);
                    all.find(|it| self.is_first_in(work, *it).unwrap_or(false))
                }
            };
            Ok(Some((person, check, account)))
        })?;
        let stored = found.as_ref().map(|it| it.0.password.as_str());
        let is_it = self.hashing.verify(password, stored);
        match found {
            Some((person, Ok(()), _)) if is_it => {
                self.succeeded(&attempt)?;
                Ok(person)
            }
            Some((person, Err(error), account)) => {
                if let Some(account) = account {
                    self.stranger(account, &person).notice(&error, None);
                }
                Err(error)
            }
            found => {
                let known = found.and_then(|(person, _, account)| Some((person, account?)));
                self.record_failure(known)?;
                Err(Unauthenticated::LogIn.into())
            }
        }
    }

    /// Records that somebody failed to sign in. What an unknown one typed is not kept: it may be a password.
    fn record_failure(&self, known: Option<(PersonRow, AccountId)>) -> Result<(), VaultError> {
        self.commit(Flush::Each, Sign::WhenDue, |work| {
            let (account, kind, name, id) = match &known {
                Some((person, account)) => {
                    let id = Some(person.id.into());
                    (*account, ActorKind::Member, person.email.to_string(), id)
                }
                None => {
                    let Some(first) = work.accounts()?.into_iter().next() else {
                        return Ok(((), Vec::new()));
                    };
                    (first.id, ActorKind::Nobody, "unknown".to_owned(), None)
                }
            };
            let actor = Actor {
                kind,
                name,
                role: Role::Viewer,
                id,
            };
            let mut record = new_record(self.clock.as_ref(), account, &actor, ActionKind::Refuse);
            record.outcome = Outcome::Denied("password".to_owned());
            Ok(((), vec![record]))
        })?;
        Ok(())
    }

    /// The first account of a person that is believed with the membership; what is wrong with another one keeps nobody out.
    fn first_believed(&self, work: &mut dyn UnitOfWork, person: &PersonRow) -> Result<AccountId, VaultError> {
        let mut refusal = None;
        for member in work.memberships(person.id)? {
            match self.believed_account(work, &member) {
                Ok(account) => return Ok(account.id),
                Err(error) => _ = refusal.get_or_insert(error),
            }
        }
        Err(refusal.unwrap_or(Unauthenticated::NoMember.into()))
    }

    /// Stores a new session, and gives what is known of it with the record of it.
    pub(super) fn open_session(
        &self,
        work: &mut dyn UnitOfWork,
        session: &NewSession,
        person: &PersonRow,
        account: AccountId,
    ) -> Result<(SessionView, Record), VaultError> {
        let now = self.clock.now();
        let hash = self.keyring.hash_credential(&session.0.presented());
        let mut row = WebSessionRow {
            hash,
            person: person.id,
            account,
            created_at: now,
            seen_at: now,
            password_at: now,
            expires_at: now.checked_add(SESSION_LASTS).unwrap_or(now),
            mac: Vec::new(),
        };
        self.sign_row(&mut row);
        work.drop_expired_web_sessions(now)?;
        work.put_web_session(&row)?;
        let seen = self.view_session(work, &row, person)?;
        let actor = super::session::actor(person, &seen.member);
        Ok((
            seen.view,
            new_record(self.clock.as_ref(), account, &actor, ActionKind::SessionOpen),
        ))
    }

    pub(super) fn end_previous(
        &self,
        work: &mut dyn UnitOfWork,
        previous: Option<&PresentedSession>,
    ) -> Result<(), VaultError> {
        if let Some(previous) = previous {
            work.delete_web_session(&self.keyring.hash_credential(previous))?;
        }
        Ok(())
    }
}
