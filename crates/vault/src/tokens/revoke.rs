//! Revoking a token: it stops at its next request, for good.

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::Tokens;
use distri_core::ids::TokenId;
use distri_store::UnitOfWork;
use distri_store::rows::TokenRow;

use super::TokenView;
use crate::revision::Revised;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Revokes a token. One that is revoked already stays as it is.
    ///
    /// A damaged row is revoked as well: whoever wants to stop it must not be kept from that.
    ///
    /// # Errors
    /// [`VaultError::NoToken`], also for one of another account, and for somebody else's where one may see only one's own.
    pub fn revoke_token(&self, id: TokenId) -> Result<TokenView, VaultError> {
        let allowed = self.authorize::<Tokens>()?;
        self.change(|work| {
            let found = work.token(self.account, id)?;
            let row = found
                .filter(|it| self.sees_token(&allowed, it))
                .ok_or(VaultError::NoToken)?;
            if row.revoked_at.is_some() && self.vault.check_row(work, &row).is_ok() {
                return Ok((TokenView::from(&row), Vec::new()));
            }
            let (view, record) = self.revoke_in(work, row)?;
            Ok((view, vec![record]))
        })
    }

    /// Revokes a token inside a unit of work; the record of it goes with that unit.
    pub(crate) fn revoke_in(
        &self,
        work: &mut dyn UnitOfWork,
        mut row: TokenRow,
    ) -> Result<(TokenView, Record), VaultError> {
        let newest = self.vault.logged_revision(work, row.entity())?;
        row.revoked_at = Some(self.now());
        row.revision = row.revision.max(newest).saturating_add(1);
        self.vault.sign_row(&mut row);
        work.put_token(&row)?;
        let mut record = self.record(ActionKind::TokenRevoke);
        record.about = Some(row.about());
        Ok((TokenView::from(&row), record))
    }
}
