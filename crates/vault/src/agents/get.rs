//! Listing and reading definitions.

use distri_core::agent::AgentDefinition;
use distri_core::authz::Read;
use distri_core::{AgentName, SecretKey, Timestamp};
use distri_store::rows::AgentDefinitionRow;
use serde::Serialize;

use crate::{Caller, VaultError};

/// What is known of a definition without its text.
#[derive(Clone, Debug, Serialize)]
pub struct AgentInfo {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: AgentName,
    /// What it says of itself.
    pub description: Option<String>,
    /// The keys without which it does not start.
    pub required: Vec<SecretKey>,
    /// The keys that it uses where they are set.
    pub optional: Vec<SecretKey>,
    /// How often it was pushed with another text.
    pub revision: u32,
    /// When it first was.
    pub created_at: Timestamp,
    /// When it last was.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
    /// Which check it fails, if any: such a definition is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

/// A definition with its text.
#[derive(Clone, Debug)]
pub struct StoredAgent {
    /// What is known of it.
    pub info: AgentInfo,
    /// The text, as it was pushed.
    pub markdown: String,
}

impl AgentInfo {
    pub(super) fn new(row: &AgentDefinitionRow) -> Self {
        // It parsed when it was pushed; a later version may have become stricter.
        let definition = AgentDefinition::parse("agent", &row.markdown)
            .ok()
            .map(|it| it.definition);
        let (description, needs) = definition.map(|it| (it.description, it.secrets)).unwrap_or_default();
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            description,
            required: needs.required,
            optional: needs.optional,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by.clone(),
            damage: None,
        }
    }
}

impl Caller<'_> {
    /// The definitions of the account, sorted by name; those beyond the credential's limits are left out.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn agents(&self) -> Result<Vec<AgentInfo>, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let checked = self.read(|work| {
            let mut rows = work.agent_definitions(self.account)?;
            rows.retain(|it| allowed.reaches_agent(Some(&it.name)));
            let checked = rows.into_iter().map(|row| (self.vault.check_row(work, &row), row));
            Ok(checked.collect::<Vec<_>>())
        })?;
        let infos = checked.into_iter().map(|(check, row)| AgentInfo {
            damage: self.noticing(check).err().map(|error| error.to_string()),
            ..AgentInfo::new(&row)
        });
        Ok(infos.collect())
    }

    /// One definition, believed.
    ///
    /// # Errors
    /// [`VaultError::NoAgent`], also for one beyond the credential's limits; [`VaultError::Tampered`].
    pub fn agent(&self, name: &AgentName) -> Result<StoredAgent, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let missing = || VaultError::NoAgent(name.clone());
        if !allowed.reaches_agent(Some(name)) {
            return Err(missing());
        }
        self.read(|work| {
            let row = work.agent_definition(self.account, name)?.ok_or_else(missing)?;
            self.vault.check_row(work, &row)?;
            Ok(StoredAgent {
                info: AgentInfo::new(&row),
                markdown: row.markdown,
            })
        })
    }
}
