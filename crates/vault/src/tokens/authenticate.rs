//! Who presents a token: looked up, believed and held against its limits at each request.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use distri_core::authz::{Actor, ActorKind, Authority, Role};
use distri_core::credential::PresentedToken;
use distri_core::envelope::CredentialHash;
use distri_store::rows::TokenRow;
use distri_store::{Flush, UnitOfWork};

use crate::{Caller, Unauthenticated, Vault, VaultError};

/// A use is written when the one that is known is this old: a token in steady use costs a write a minute.
const USED_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Who is known among requests that have come together.
#[derive(Default)]
pub struct Known<'v>(Vec<(CredentialHash, IpAddr, Rc<Caller<'v>>)>);

impl Vault {
    /// The context in which the holder of `token` acts, for one request that came from `peer`.
    ///
    /// # Errors
    /// [`VaultError::Unauthenticated`]; [`VaultError::Tampered`], after an alarm, when its row is not what distri wrote.
    pub fn authenticate_token(&self, token: &PresentedToken, peer: IpAddr) -> Result<Caller<'_>, VaultError> {
        self.authenticate_hash(&self.keyring.hash_credential(token), peer)
    }

    /// The same for one of the requests that have come together: what several of them present from the same address is
    /// looked up once, after all of them have come.
    ///
    /// # Errors
    /// As [`authenticate_token`](Self::authenticate_token).
    pub fn authenticate_among<'v>(
        &'v self,
        known: &mut Known<'v>,
        token: &PresentedToken,
        peer: IpAddr,
    ) -> Result<Rc<Caller<'v>>, VaultError> {
        let hash = self.keyring.hash_credential(token);
        if let Some((.., caller)) = known.0.iter().find(|it| it.0 == hash && it.1 == peer) {
            return Ok(caller.clone());
        }
        let caller = Rc::new(self.authenticate_hash(&hash, peer)?);
        known.0.push((hash, peer, caller.clone()));
        Ok(caller)
    }

    fn authenticate_hash(&self, hash: &CredentialHash, peer: IpAddr) -> Result<Caller<'_>, VaultError> {
        let found = self.store.read(|work| {
            let Some(row) = work.token_by_hash(hash)? else {
                return Ok::<_, VaultError>(None);
            };
            let check = self.check_row(work, &row).and_then(|()| self.role_now(work, &row));
            Ok(Some((row, check)))
        })?;
        let (row, check) = found.ok_or(Unauthenticated::UnknownToken)?;
        let actor = |role| Actor {
            kind: ActorKind::Token,
            name: row.name.to_string(),
            role,
            id: Some(row.id.into()),
        };
        let role = check.inspect_err(|error| {
            // Nothing of such a row is believed: whoever presents it may do nothing but be named in the alarm.
            let caller = self.caller_of(&row, Authority::of(actor(Role::Viewer)));
            caller.notice(error, None);
        })?;
        self.check_usable(&row, peer)?;
        self.note_use(&row);
        let authority = Authority::of_token(actor(role), row.scopes.clone(), row.limits.clone());
        let authority = authority.in_first_account(self.is_first_account(row.account)?);
        Ok(self.caller_of(&row, authority))
    }

    /// What the token may act as: what its maker could do then, and no more than the person can do now.
    fn role_now(&self, work: &mut dyn UnitOfWork, row: &TokenRow) -> Result<Role, VaultError> {
        let Some(person) = row.person else {
            return Ok(row.role);
        };
        let member = work.member(row.account, person)?.ok_or(Unauthenticated::Revoked)?;
        self.check_row(work, &member)?;
        Ok(row.role.min(member.role))
    }

    fn caller_of(&self, row: &TokenRow, authority: Authority) -> Caller<'_> {
        Caller {
            vault: self,
            account: row.account,
            authority,
            person: row.person,
            expires_at: row.expires_at,
        }
    }

    fn check_usable(&self, row: &TokenRow, peer: IpAddr) -> Result<(), Unauthenticated> {
        if row.revoked_at.is_some() {
            return Err(Unauthenticated::Revoked);
        }
        if row.expires_at.is_some_and(|it| it <= self.clock.now()) {
            return Err(Unauthenticated::Expired);
        }
        if !row.limits.reach_address(peer) {
            return Err(Unauthenticated::Address);
        }
        Ok(())
    }

    /// Writes that the token is in use. The request goes on whether that can be written or not.
    fn note_use(&self, row: &TokenRow) {
        let now = self.clock.now();
        let is_known = |used: distri_core::Timestamp| now.duration_since(used).unsigned_abs() < USED_AGAIN_AFTER;
        if row.used_at.is_some_and(is_known) {
            return;
        }
        let written = self.store.write_with(Flush::Interval, |work| {
            Ok::<_, VaultError>(work.put_token_use(row.id, now)?)
        });
        if let Err(error) = written {
            tracing::warn!(%error, token.id = %row.id, "the use of a token could not be written");
        }
    }
}
