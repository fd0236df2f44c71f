//! What of a definition's row is authenticated.

use distri_core::Timestamp;
use distri_core::envelope::Canonical;
use distri_core::ids::EntityId;
use distri_store::rows::AgentDefinitionRow;

use crate::revision::{Revised, Signed};

impl Signed for AgentDefinitionRow {
    const WHAT: &'static str = "agent definition";

    fn name(&self) -> String {
        self.name.to_string()
    }

    fn authenticate(&self, canonical: &mut Canonical) {
        let time = |it: Timestamp| it.as_millisecond().to_be_bytes();
        canonical
            .bytes(self.id.as_bytes())
            .bytes(self.account.as_bytes())
            .text(self.name.as_str())
            .text(&self.markdown)
            .bytes(&time(self.created_at))
            .bytes(&time(self.updated_at))
            .text(&self.updated_by)
            .number(self.revision.into());
    }

    fn mac(&self) -> &[u8] {
        &self.mac
    }

    fn mac_mut(&mut self) -> &mut Vec<u8> {
        &mut self.mac
    }
}

impl Revised for AgentDefinitionRow {
    fn entity(&self) -> EntityId {
        self.id
    }

    fn revision(&self) -> u32 {
        self.revision
    }

    fn grants(&self) -> Vec<String> {
        Vec::new()
    }
}
