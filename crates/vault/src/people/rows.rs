//! What of the rows of people, members, invitations and sessions is authenticated.

use distri_core::Timestamp;
use distri_core::authz::Grants;
use distri_core::envelope::Canonical;
use distri_core::ids::EntityId;
use distri_store::rows::{InvitationRow, MemberRow, PersonRow, WebSessionRow};

use crate::revision::{Revised, Signed};

fn time(at: Timestamp) -> [u8; 8] {
    at.as_millisecond().to_be_bytes()
}

impl Signed for PersonRow {
    const WHAT: &'static str = "person";

    fn name(&self) -> String {
        self.email.to_string()
    }

    fn authenticate(&self, canonical: &mut Canonical) {
        canonical
            .bytes(self.id.as_bytes())
            .text(self.email.as_str())
            .text(self.name.as_str())
            .text(&self.password)
            .bytes(&time(self.created_at))
            .number(self.revision.into());
    }

    fn mac(&self) -> &[u8] {
        &self.mac
    }

    fn mac_mut(&mut self) -> &mut Vec<u8> {
        &mut self.mac
    }
}

impl Revised for PersonRow {
    fn entity(&self) -> EntityId {
        self.id.into()
    }

    fn revision(&self) -> u32 {
        self.revision
    }

    fn grants(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Signed for MemberRow {
    const WHAT: &'static str = "member";

    fn name(&self) -> String {
        self.person.to_string()
    }

    fn authenticate(&self, canonical: &mut Canonical) {
        canonical
            .bytes(self.id.as_bytes())
            .bytes(self.account.as_bytes())
            .bytes(self.person.as_bytes())
            .text(self.role.as_str())
            .bytes(&time(self.created_at))
            .text(&self.created_by)
            .number(self.revision.into());
    }

    fn mac(&self) -> &[u8] {
        &self.mac
    }

    fn mac_mut(&mut self) -> &mut Vec<u8> {
        &mut self.mac
    }
}

impl Revised for MemberRow {
    fn entity(&self) -> EntityId {
        self.id.into()
    }

    fn revision(&self) -> u32 {
        self.revision
    }

    fn grants(&self) -> Vec<String> {
        Grants::of_role(self.role).words()
    }
}

impl Signed for InvitationRow {
    const WHAT: &'static str = "invitation";

    fn name(&self) -> String {
        self.email.to_string()
    }

    fn authenticate(&self, canonical: &mut Canonical) {
        canonical
            .bytes(self.id.as_bytes())
            .bytes(self.account.as_bytes())
            .bytes(self.hash.as_bytes())
            .text(self.email.as_str())
            .text(self.role.as_str())
            .bytes(&time(self.created_at))
            .text(&self.created_by)
            .bytes(&time(self.expires_at));
    }

    fn mac(&self) -> &[u8] {
        &self.mac
    }

    fn mac_mut(&mut self) -> &mut Vec<u8> {
        &mut self.mac
    }
}

/// The log knows an invitation once it was used or withdrawn: then it is none any more, whatever its row says.
impl Revised for InvitationRow {
    fn entity(&self) -> EntityId {
        self.id.into()
    }

    fn revision(&self) -> u32 {
        0
    }

    fn grants(&self) -> Vec<String> {
        Grants::of_role(self.role).words()
    }
}

impl Signed for WebSessionRow {
    const WHAT: &'static str = "session";

    fn name(&self) -> String {
        self.person.to_string()
    }

    fn authenticate(&self, canonical: &mut Canonical) {
        canonical
            .bytes(self.hash.as_bytes())
            .bytes(self.person.as_bytes())
            .bytes(self.account.as_bytes())
            .bytes(&time(self.created_at))
            .bytes(&time(self.seen_at))
            .bytes(&time(self.password_at))
            .bytes(&time(self.expires_at));
    }

    fn mac(&self) -> &[u8] {
        &self.mac
    }

    fn mac_mut(&mut self) -> &mut Vec<u8> {
        &mut self.mac
    }
}
