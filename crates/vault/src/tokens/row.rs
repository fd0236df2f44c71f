//! What of a token's row is authenticated.

use distri_core::Timestamp;
use distri_core::authz::Grants;
use distri_core::envelope::Canonical;
use distri_core::ids::EntityId;
use distri_store::rows::TokenRow;

use crate::revision::{Revised, Signed};

impl Signed for TokenRow {
    const WHAT: &'static str = "token";

    fn name(&self) -> String {
        self.name.to_string()
    }

    fn authenticate(&self, canonical: &mut Canonical) {
        let time = |it: Timestamp| it.as_millisecond().to_be_bytes();
        canonical
            .bytes(self.id.as_bytes())
            .bytes(self.account.as_bytes())
            .text(self.name.as_str())
            .bytes(self.hash.as_bytes())
            .text(&self.scopes.to_string());
        self.limits.authenticate(canonical);
        canonical
            .text(self.role.as_str())
            .optional(self.person.as_ref().map(|it| &it.as_bytes()[..]))
            .bytes(&time(self.created_at))
            .text(&self.created_by)
            .optional(self.expires_at.map(time).as_ref().map(|it| &it[..]))
            .optional(self.revoked_at.map(time).as_ref().map(|it| &it[..]))
            .number(self.revision.into());
    }

    fn mac(&self) -> &[u8] {
        &self.mac
    }

    fn mac_mut(&mut self) -> &mut Vec<u8> {
        &mut self.mac
    }
}

impl Revised for TokenRow {
    fn entity(&self) -> EntityId {
        self.id.into()
    }

    fn revision(&self) -> u32 {
        self.revision
    }

    fn grants(&self) -> Vec<String> {
        grants(self).words()
    }
}

/// What a token is good for.
pub(crate) fn grants(row: &TokenRow) -> Grants {
    Grants {
        scopes: Some(row.scopes.clone()),
        role: Some(row.role),
        limits: row.limits.clone(),
        expires_at: row.expires_at,
    }
}
