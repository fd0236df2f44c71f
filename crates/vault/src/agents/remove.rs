//! Removing a definition from the account.

use distri_core::AgentName;
use distri_core::audit::{About, ActionKind};
use distri_core::authz::PushAgents;

use crate::revision::Revised;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Removes a definition. Secrets and their policies stay as they are.
    ///
    /// # Errors
    /// [`VaultError::NoAgent`].
    pub fn remove_agent(&self, name: &AgentName) -> Result<(), VaultError> {
        let _allowed = self.authorize::<PushAgents>()?;
        self.change(|work| {
            let missing = || VaultError::NoAgent(name.clone());
            let row = work.agent_definition(self.account, name)?.ok_or_else(missing)?;
            work.delete_agent_definition(row.id)?;
            let mut record = self.record(ActionKind::AgentRemove);
            record.agent = Some(row.name.clone());
            record.about = Some(About {
                revision: row.revision.saturating_add(1),
                ..row.about()
            });
            Ok(((), vec![record]))
        })
    }
}
