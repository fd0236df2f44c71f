//! Agent definitions over HTTP.

use distri_core::agent::Warning;
use distri_core::{AgentName, SecretKey, Timestamp};
use distri_vault::agents::{AgentInfo, Pushed};
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::client::Client;
use crate::failure::Failure;

/// What is known of an agent definition.
#[derive(Deserialize)]
struct View {
    id: String,
    name: AgentName,
    description: Option<String>,
    required: Vec<SecretKey>,
    optional: Vec<SecretKey>,
    revision: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
    updated_by: String,
    damage: Option<String>,
}

impl Client {
    pub(crate) fn agents(&self) -> Result<Vec<AgentInfo>, Failure> {
        let agents: Vec<View> = self.ask(Call::get(&["agents"]))?;
        Ok(agents.into_iter().map(AgentInfo::from).collect())
    }
}

#[derive(Deserialize)]
struct PushedView {
    #[serde(flatten)]
    view: View,
    warnings: Vec<WarningView>,
}

#[derive(Deserialize)]
struct WarningView {
    line: usize,
    column: usize,
    message: String,
}

impl Client {
    pub(crate) fn put_agent(&self, markdown: &str) -> Result<Pushed, Failure> {
        let body = json!({ "markdown": markdown });
        let answer = self.send(Call::post(&["agents"]).json(&body, markdown.len())?)?;
        let pushed: PushedView = self.read(&answer)?;
        let warnings = pushed.warnings.into_iter().map(|it| Warning {
            line: it.line,
            column: it.column,
            message: it.message,
        });
        Ok(Pushed {
            info: pushed.view.into(),
            created: answer.status == 201,
            warnings: warnings.collect(),
        })
    }
}

impl From<View> for AgentInfo {
    fn from(view: View) -> Self {
        Self {
            id: view.id,
            name: view.name,
            description: view.description,
            required: view.required,
            optional: view.optional,
            revision: view.revision,
            created_at: view.created_at,
            updated_at: view.updated_at,
            updated_by: view.updated_by,
            damage: view.damage,
        }
    }
}
