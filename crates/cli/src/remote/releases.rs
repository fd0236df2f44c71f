//! Releases over HTTP: values into this process, after the server has recorded that they leave it.
//!
//! The key that recognises every placeholder of the installation stays on the server; what comes along are the marks of this
//! run's own.

use std::collections::BTreeSet;

use distri_core::ids::RunId;
use distri_core::placeholder::{Placeholder, PlaceholderId};
use distri_core::policy::{Binding, Delivery};
use distri_core::release::{Release, ReleasedSecret};
use distri_core::{AgentName, SecretKey};
use distri_vault::secrets::{ReleaseSecrets, Selection};
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::client::Client;
use super::wire::{Encoding, Incoming, PolicyView};
use crate::failure::Failure;

/// What a run got.
#[derive(Deserialize)]
struct Released {
    run: RunId,
    secrets: Vec<Secret>,
}

#[derive(Deserialize)]
struct Secret {
    key: SecretKey,
    version: u32,
    value: Incoming,
    #[serde(default)]
    encoding: Encoding,
    placeholder: Option<String>,
    mark: Option<Mark>,
    hosts: Vec<Binding>,
    agents: Option<BTreeSet<AgentName>>,
    delivery: Delivery,
    body: bool,
}

/// What tells a placeholder of this run from any other text.
#[derive(Deserialize)]
struct Mark {
    text: String,
    record: u64,
    place: usize,
}

impl Client {
    /// Gives a run its secrets. What is missing is in the failure.
    pub(crate) fn release(&self, run: RunId, request: &ReleaseSecrets, staged: bool) -> Result<Release, Failure> {
        let mut body = json!({
            "run": run,
            "environment": request.environment,
            "agent": request.agent,
            "staged": staged,
        });
        match &request.selection {
            Selection::All { required } => body["required"] = json!(required),
            Selection::Only(keys) | Selection::Present(keys) => body["only"] = json!(keys),
        }
        let released: Released = self.ask(Call::post(&["releases"]).json(&body, 4_096)?)?;
        let secrets = released.secrets.into_iter().map(Secret::read);
        let secrets = secrets
            .collect::<Option<Vec<_>>>()
            .filter(|_| released.run == run)
            .ok_or_else(|| self.stranger())?;
        Ok(Release {
            run,
            secrets,
            placeholders: None,
        })
    }
}

impl Secret {
    /// `None` where something does not fit: a secret that is to have a placeholder and has none would go as its value.
    fn read(self) -> Option<ReleasedSecret> {
        let placeholder = match (&self.placeholder, &self.mark) {
            (None, None) => None,
            (Some(text), Some(mark)) => {
                let id = PlaceholderId::new(mark.record, mark.place)?;
                Some(Placeholder::received(text, &mark.text, id)?)
            }
            _ => return None,
        };
        let policy = PolicyView {
            hosts: self.hosts,
            agents: self.agents,
            delivery: self.delivery,
            body: self.body,
        };
        let policy = distri_core::Policy::from(policy);
        let is_held_back = policy.given() == distri_core::policy::Given::Placeholder;
        (is_held_back == placeholder.is_some()).then_some(())?;
        Some(ReleasedSecret {
            key: self.key,
            version: self.version,
            value: self.value.read(self.encoding)?,
            placeholder,
            policy,
        })
    }
}
