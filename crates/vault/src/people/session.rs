//! Who presents a session: looked up and believed at each request, with the role that they have now.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use distri_core::authz::{Actor, ActorKind, Authority, Role};
use distri_core::credential::{PresentedSession, random, same};
use distri_core::ids::{AccountId, PersonId};
use distri_core::{AccountName, EmailAddress, Label, Timestamp};
use distri_store::rows::{AccountRow, MemberRow, PersonRow, WebSessionRow};
use distri_store::{Flush, UnitOfWork};
use serde::Serialize;

use super::{PASSWORD_FRESH, SESSION_IDLE};
use crate::accounts::AccountView;
use crate::{Caller, Unauthenticated, Vault, VaultError};

/// When a session was seen is written when what is known is this old.
const SEEN_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What is known of a session and whose it is.
#[derive(Clone, Debug, Serialize)]
pub struct SessionView {
    /// Who.
    pub person: PersonId,
    /// What they signed in with.
    pub email: EmailAddress,
    /// What they are called.
    pub name: Label,
    /// The account that is shown.
    pub account: AccountName,
    /// What they may do in it.
    pub role: Role,
    /// All accounts that they are a member of.
    pub accounts: Vec<AccountView>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When the password was last given.
    pub password_at: Timestamp,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
    /// Whether values may be revealed without giving the password again.
    pub is_fresh: bool,
}

/// What each form of a session carries, so that no other site can send one. It cannot be printed by accident.
pub struct CsrfToken(String);

impl CsrfToken {
    /// The text, for a hidden field of a page of this session.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

/// What a session shows, by which membership, and why others of the person are not in it.
pub(super) struct Seen {
    pub(super) view: SessionView,
    pub(super) member: MemberRow,
    left_out: Vec<VaultError>,
}

impl Vault {
    /// The context in which whoever has this session acts, for one request.
    ///
    /// # Errors
    /// [`Unauthenticated::NoSession`] when it has ended in any way; [`VaultError::Tampered`], after an alarm, when a row of
    /// it is not what distri wrote.
    pub fn authenticate_session(&self, session: &PresentedSession) -> Result<(Caller<'_>, SessionView), VaultError> {
        let hash = self.keyring.hash_credential(session);
        let found = self.store.read(|work| {
            let row = work.web_session(&hash)?.filter(|it| self.is_open(it));
            let Some(row) = row else {
                return Ok::<_, VaultError>(None);
            };
            let person = work.person(row.person)?.ok_or(Unauthenticated::NoSession)?;
            let view = self.believe_session(work, &row, &person);
            Ok(Some((row, person, view)))
        })?;
        let (row, person, view) = found.ok_or(Unauthenticated::NoSession)?;
        let seen = view.inspect_err(|error| self.stranger(row.account, &person).notice(error, None))?;
        let Seen { view, member, left_out } = seen;
        for error in left_out {
            self.stranger(row.account, &person).notice(&error, None);
        }
        self.note_seen(&row);
        let authority = Authority::of_member(actor(&person, &member), view.is_fresh)
            .in_first_account(self.is_first_account(member.account)?);
        let caller = Caller {
            vault: self,
            account: member.account,
            authority,
            person: Some(person.id),
            expires_at: Some(row.expires_at),
        };
        Ok((caller, view))
    }

    /// Lets a session show another account that its person is a member of.
    ///
    /// # Errors
    /// [`VaultError::NoAccount`], also for an account that is there and not theirs.
    pub fn switch_account(&self, session: &PresentedSession, account: &AccountName) -> Result<(), VaultError> {
        let (_, view) = self.authenticate_session(session)?;
        let missing = || VaultError::NoAccount(account.clone());
        let chosen = view
            .accounts
            .iter()
            .find(|it| it.name == *account)
            .ok_or_else(missing)?
            .id;
        let hash = self.keyring.hash_credential(session);
        self.store.write(|work| {
            let mut row = work.web_session(&hash)?.ok_or(Unauthenticated::NoSession)?;
            self.check_mac(&row)?;
            row.account = chosen;
            self.sign_row(&mut row);
            work.update_web_session(&row)?;
            Ok(())
        })
    }

    /// What the forms of this session carry in the pages of an account, or where nobody is signed in: another text each
    /// time, so that a proxy that compresses pages tells nobody of it by their lengths (BREACH).
    #[must_use]
    pub fn csrf(&self, session: &PresentedSession, account: Option<AccountId>) -> CsrfToken {
        let token = self.keyring.csrf(&self.keyring.hash_credential(session), account);
        let pad: [u8; 32] = random();
        let masked = pad.iter().zip(token).map(|(pad, token)| pad ^ token);
        let text: Vec<u8> = pad.iter().copied().chain(masked).collect();
        CsrfToken(BASE64URL_NOPAD.encode(&text))
    }

    /// Whether a form of this session carried what it must, compared in constant time. One of a page of another account
    /// did not: what it says was meant for there.
    #[must_use]
    pub fn is_csrf(&self, session: &PresentedSession, account: Option<AccountId>, text: &str) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(text.as_bytes()) else {
            return false;
        };
        let Some((pad, masked)) = bytes.split_at_checked(32) else {
            return false;
        };
        let token: Vec<u8> = pad.iter().zip(masked).map(|(pad, masked)| pad ^ masked).collect();
        let expected = self.keyring.csrf(&self.keyring.hash_credential(session), account);
        masked.len() == 32 && same(&token, &expected)
    }

    pub(super) fn is_open(&self, row: &WebSessionRow) -> bool {
        let now = self.clock.now();
        let idle = now.duration_since(row.seen_at);
        now < row.expires_at && (idle.is_negative() || idle.unsigned_abs() < SESSION_IDLE)
    }

    fn believe_session(
        &self,
        work: &mut dyn UnitOfWork,
        row: &WebSessionRow,
        person: &PersonRow,
    ) -> Result<Seen, VaultError> {
        self.check_mac(row)?;
        self.check_row(work, person)?;
        self.view_session(work, row, person)
    }

    /// What is known of a session whose row and person are believed. What is wrong with an account that is not shown keeps
    /// nobody from the others: it is left out.
    pub(super) fn view_session(
        &self,
        work: &mut dyn UnitOfWork,
        row: &WebSessionRow,
        person: &PersonRow,
    ) -> Result<Seen, VaultError> {
        let mut believed = Vec::new();
        let mut left_out = Vec::new();
        // A membership of this very unit of work is not in the log yet.
        for member in work.memberships(person.id)? {
            match self.believed_account(work, &member) {
                Ok(account) => believed.push((member, account)),
                Err(error) if member.account == row.account => return Err(error),
                Err(VaultError::Store(error)) => return Err(error.into()),
                Err(error) => left_out.push(error),
            }
        }
        // Whoever was removed from the account that was shown sees another one of theirs.
        let shown = believed.iter().find(|it| it.1.id == row.account);
        let Some((member, here)) = shown.or(believed.first()).cloned() else {
            return Err(left_out.pop().unwrap_or(Unauthenticated::NoMember.into()));
        };
        let accounts = believed.into_iter();
        let now = self.clock.now();
        let since_password = now.duration_since(row.password_at);
        let view = SessionView {
            person: person.id,
            email: person.email.clone(),
            name: person.name.clone(),
            account: here.name,
            role: member.role,
            accounts: accounts
                .map(|(it, account)| AccountView::new(account, Some(it.role)))
                .collect(),
            created_at: row.created_at,
            password_at: row.password_at,
            expires_at: row.expires_at,
            is_fresh: !since_password.is_negative() && since_password.unsigned_abs() < PASSWORD_FRESH,
        };
        Ok(Seen { view, member, left_out })
    }

    /// The account of a membership, both believed.
    pub(super) fn believed_account(
        &self,
        work: &mut dyn UnitOfWork,
        member: &MemberRow,
    ) -> Result<AccountRow, VaultError> {
        self.check_row(work, member)?;
        let account = work.account_by_id(member.account)?;
        let account = account.ok_or(Unauthenticated::NoMember)?;
        self.check_account(work, &account)?;
        Ok(account)
    }

    /// Somebody of whom nothing is believed: to be named in an alarm, and for nothing else.
    pub(super) fn stranger(&self, account: AccountId, person: &PersonRow) -> Caller<'_> {
        let actor = Actor {
            kind: ActorKind::Member,
            name: person.email.to_string(),
            role: Role::Viewer,
            id: Some(person.id.into()),
        };
        Caller {
            vault: self,
            account,
            authority: Authority::of_member(actor, false),
            person: Some(person.id),
            expires_at: None,
        }
    }

    /// Writes that the session is in use. The request goes on whether that can be written or not.
    fn note_seen(&self, row: &WebSessionRow) {
        let now = self.clock.now();
        if now.duration_since(row.seen_at).unsigned_abs() < SEEN_AGAIN_AFTER {
            return;
        }
        let written = self.store.write_with(Flush::Interval, |work| {
            // As it is now: another request may have changed its account.
            let Some(mut row) = work.web_session(&row.hash)? else {
                return Ok::<_, VaultError>(());
            };
            self.check_mac(&row)?;
            row.seen_at = now;
            self.sign_row(&mut row);
            work.update_web_session(&row)?;
            Ok(())
        });
        if let Err(error) = written {
            tracing::warn!(%error, "the use of a session could not be written");
        }
    }
}

/// The person as an actor in the account of a membership.
pub(super) fn actor(person: &PersonRow, member: &MemberRow) -> Actor {
    Actor {
        kind: ActorKind::Member,
        name: person.email.to_string(),
        role: member.role,
        id: Some(person.id.into()),
    }
}
