//! Pushing a definition: checked as a run would, then kept as it was written.

use distri_core::agent::{AgentDefinition, MAX_FILE_LEN, Warning};
use distri_core::audit::ActionKind;
use distri_core::authz::PushAgents;
use distri_core::ids::EntityId;
use distri_store::rows::AgentDefinitionRow;

use super::AgentInfo;
use crate::revision::Revised;
use crate::{Caller, VaultError};

/// What pushing did.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The agent as it is now.
    pub info: AgentInfo,
    /// Whether there was none before.
    pub created: bool,
    /// What is odd about the definition.
    pub warnings: Vec<Warning>,
}

impl Caller<'_> {
    /// Keeps an agent definition with the account, in the place of the one with the same name. The same text again changes
    /// nothing.
    ///
    /// # Errors
    /// [`VaultError::Definition`] with line and column; [`VaultError::TooLong`].
    pub fn put_agent(&self, markdown: &str) -> Result<Pushed, VaultError> {
        let _allowed = self.authorize::<PushAgents>()?;
        if markdown.len() > MAX_FILE_LEN {
            return Err(VaultError::TooLong {
                what: "the agent definition",
                len: markdown.len(),
                max: MAX_FILE_LEN,
            });
        }
        let parsed = AgentDefinition::parse("agent", markdown)?;
        let name = &parsed.definition.name;
        let now = self.now();
        let (info, created) = self.change(|work| {
            let existing = work.agent_definition(self.account, name)?;
            let created = existing.is_none();
            if let Some(row) = &existing {
                self.vault.check_row(work, row)?;
                if row.markdown == markdown {
                    return Ok(((AgentInfo::new(row), false), Vec::new()));
                }
            }
            let mut row = match existing {
                Some(row) => AgentDefinitionRow {
                    revision: row.revision.saturating_add(1),
                    ..row
                },
                None => AgentDefinitionRow {
                    id: EntityId::new(self.vault.clock.as_ref()),
                    account: self.account,
                    name: name.clone(),
                    markdown: String::new(),
                    created_at: now,
                    updated_at: now,
                    updated_by: String::new(),
                    revision: 1,
                    mac: Vec::new(),
                },
            };
            row.markdown = markdown.to_owned();
            row.updated_at = now;
            row.updated_by.clone_from(&self.authority.actor().name);
            self.vault.sign_row(&mut row);
            work.put_agent_definition(&row)?;
            let mut record = self.record(ActionKind::AgentPush);
            record.agent = Some(row.name.clone());
            record.about = Some(row.about());
            Ok(((AgentInfo::new(&row), created), vec![record]))
        })?;
        Ok(Pushed {
            info,
            created,
            warnings: parsed.warnings,
        })
    }
}
