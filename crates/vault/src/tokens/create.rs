//! Making a token: its text leaves once, and is stored as a keyed hash.

use distri_core::audit::ActionKind;
use distri_core::authz::{Action, Denied, Limits, Scope, Scopes, Tokens};
use distri_core::credential::PlainToken;
use distri_core::ids::TokenId;
use distri_core::{Label, Timestamp};
use distri_store::rows::TokenRow;
use distri_store::{StoreError, UnitOfWork};
use jiff::SignedDuration;

use super::TokenView;
use crate::revision::Revised;
use crate::{Caller, VaultError};

/// What a token is to be good for.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Its name, one of a kind among those in use.
    pub name: Label,
    /// What it is for.
    pub scopes: Scopes,
    /// What it is limited to.
    pub limits: Limits,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// How long a token works where nobody says anything else: long enough to be forgotten, short enough to end by itself.
pub const TOKEN_DAYS: i64 = 90;

impl Caller<'_> {
    /// When a token ends whose maker says nothing of that: after [`TOKEN_DAYS`], and not after the token in use.
    #[must_use]
    pub fn token_expiry(&self) -> Timestamp {
        let days = self.now().checked_add(SignedDuration::from_hours(24 * TOKEN_DAYS));
        let end = days.unwrap_or(Timestamp::MAX);
        let own = self.authority.scopes().and(self.expires_at);
        own.map_or(end, |it| it.min(end))
    }

    /// Makes a token. Its text is in the answer and nowhere else.
    ///
    /// It outlives the session of whoever makes it, and may read values without a password: so the password is asked for.
    ///
    /// # Errors
    /// [`VaultError::TokenExists`]; [`VaultError::UselessToken`] and [`VaultError::UselessScope`] when it, or a scope of it,
    /// could do nothing;
    /// [`Denied::Beyond`] when it could do more than its maker; [`Denied::NotFresh`].
    pub fn create_token(&self, new: &NewToken) -> Result<(PlainToken, TokenView), VaultError> {
        let _allowed = self.authorize::<Tokens>()?;
        self.permitted(self.authority.freshly(Tokens::WORD))?;
        self.check_useful(new)?;
        self.permitted(self.check_not_beyond(new))?;
        let plain = PlainToken::random();
        let mut row = TokenRow {
            id: TokenId::new(self.vault.clock.as_ref()),
            account: self.account,
            name: new.name.clone(),
            hash: self.vault.keyring.hash_credential(&plain.presented()),
            scopes: new.scopes.clone(),
            limits: new.limits.clone(),
            role: self.authority.actor().role,
            person: self.person,
            created_at: self.now(),
            created_by: self.authority.actor().name.clone(),
            expires_at: new.expires_at,
            revoked_at: None,
            revision: 1,
            mac: Vec::new(),
            used_at: None,
        };
        self.vault.sign_row(&mut row);
        let created = self.change(|work| {
            self.check_name(work, &new.name)?;
            work.put_token(&row)?;
            let mut record = self.record(ActionKind::TokenCreate);
            record.about = Some(row.about());
            Ok(((), vec![record]))
        });
        match created {
            // Another process was first.
            Err(VaultError::Store(StoreError::Conflict)) => Err(VaultError::TokenExists(new.name.clone())),
            Err(error) => Err(error),
            Ok(()) => Ok((plain, TokenView::from(&row))),
        }
    }

    fn check_useful(&self, new: &NewToken) -> Result<(), VaultError> {
        let limits = &new.limits;
        let is_empty = limits.keys.as_ref().is_some_and(|it| it.is_empty())
            || limits.agents.as_ref().is_some_and(|it| it.is_empty())
            || limits.environments.as_ref().is_some_and(|it| it.is_empty())
            || limits.addresses.as_ref().is_some_and(|it| it.is_empty());
        if is_empty {
            return Err(VaultError::UselessToken(
                "a limit that names nothing would permit nothing",
            ));
        }
        if limits.are_partial() && new.scopes.has(Scope::Admin) {
            return Err(VaultError::UselessToken(
                "the scope `admin` is about the whole account: it cannot be limited to keys, agents or environments",
            ));
        }
        let is_for_people = new.scopes.has(Scope::Write) || new.scopes.has(Scope::Reveal);
        if limits.agents.is_some() && is_for_people {
            return Err(VaultError::UselessToken(
                "a token that is limited to agents is for `read` and `resolve`: writing and revealing are no agent's use",
            ));
        }
        let role = self.authority.actor().role;
        if let Some(scope) = new.scopes.iter().find(|it| !it.is_of_use_to(role)) {
            return Err(VaultError::UselessScope { scope, role });
        }
        match new.expires_at {
            Some(at) if at <= self.now() => Err(VaultError::UselessToken("a token expires in the future")),
            _ => Ok(()),
        }
    }

    /// A token that makes tokens must not get around its own scopes, addresses or expiry by that.
    fn check_not_beyond(&self, new: &NewToken) -> Result<(), Denied> {
        let Some(own) = self.authority.scopes() else {
            return Ok(());
        };
        if new.scopes.iter().any(|it| !own.has(it)) {
            return Err(Denied::Beyond { what: "scopes" });
        }
        if !new.limits.addresses_within(self.authority.limits()) {
            return Err(Denied::Beyond { what: "addresses" });
        }
        match (self.expires_at, new.expires_at) {
            (Some(own), new) if new.is_none_or(|it| it > own) => Err(Denied::Beyond { what: "expiry" }),
            _ => Ok(()),
        }
    }

    fn check_name(&self, work: &mut dyn UnitOfWork, name: &Label) -> Result<(), VaultError> {
        let tokens = work.tokens(self.account)?;
        match tokens.iter().any(|it| it.revoked_at.is_none() && it.name == *name) {
            true => Err(VaultError::TokenExists(name.clone())),
            false => Ok(()),
        }
    }
}
