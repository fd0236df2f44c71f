//! Which model a run asks, where, and with which key.

use std::fmt;

use distri_core::agent::{AgentDefinition, ConfigTemplate, ModelRef, ModelSettings, ProviderName, ProviderSettings};
use distri_egress::{Egress, Request};
use distri_redact::Redactor;

use super::{
    Model,
    anthropic::{self, Anthropic},
    endpoint::{Endpoint, Key},
    openai::OpenAi,
    test_model::TestModel,
};
use crate::run::{error::RunError, variables::Variables};

/// The model of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSelection {
    model: ModelRef,
    /// The definition's endpoint, unless the model is of another provider.
    provider: Option<ProviderSettings>,
}

/// A secret that requests to the model carry. It never enters the tool host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelKey {
    /// The secret's key, such as `OPENAI_API_KEY`.
    pub key: String,
    /// Whether nothing can start without it.
    pub required: bool,
}

/// Why there is no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No model anywhere.
    #[error("the definition names no model: set `model` in `[model_settings]`")]
    NoModel,
    /// A provider we do not speak to.
    #[error("the provider `{0}` is not known; there are `openai`, `openai_compat`, `anthropic` and `test`")]
    Provider(String),
    /// A compatible endpoint without its address.
    #[error("the provider `openai_compat` needs a `base_url` in `[model_settings.provider]`")]
    NoBaseUrl,
}

impl ModelSelection {
    /// What `definition` asks for; `instead` (`test`, `provider/model`, or a model of the same
    /// provider) replaces its model.
    ///
    /// # Errors
    /// As [`SelectError`] says.
    pub fn of(definition: &AgentDefinition, instead: Option<&str>) -> Result<Self, SelectError> {
        let ModelSettings { model, provider, .. } = &definition.model;
        let model = match instead {
            Some(text) => parse(text, model.as_ref())?,
            None => model.clone().ok_or(SelectError::NoModel)?,
        };
        let provider = provider.clone().filter(|it| it.name == model.provider);
        if model.provider == ProviderName::OpenAiCompat && provider.as_ref().is_none_or(|it| it.base_url.is_none()) {
            return Err(SelectError::NoBaseUrl);
        }
        Ok(Self { model, provider })
    }

    /// The secrets that requests to this model carry, in the order of the definition.
    #[must_use]
    pub fn keys(&self) -> Vec<ModelKey> {
        let mut keys = Vec::new();
        let mut add = |key: &str, required| {
            if !keys.iter().any(|it: &ModelKey| it.key == key) {
                keys.push(ModelKey {
                    key: key.to_owned(),
                    required,
                });
            }
        };
        match self.provider.as_ref().and_then(|it| it.api_key.as_ref()) {
            Some(template) => template.names().for_each(|it| add(it, true)),
            None => {
                if let Some((key, required)) = self.well_known_key() {
                    add(key, required);
                }
            }
        }
        let headers = self.provider.iter().flat_map(|it| &it.headers);
        headers
            .flat_map(|(_, template)| template.names())
            .for_each(|it| add(it, true));
        keys
    }

    fn well_known_key(&self) -> Option<(&'static str, bool)> {
        match self.model.provider {
            ProviderName::OpenAi => Some(("OPENAI_API_KEY", true)),
            // Many local endpoints take any request.
            ProviderName::OpenAiCompat => Some(("OPENAI_API_KEY", false)),
            ProviderName::Anthropic => Some(("ANTHROPIC_API_KEY", true)),
            ProviderName::Test => None,
        }
    }
}

impl fmt::Display for ModelSelection {
    /// `provider/model`, or `test`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.model.provider {
            ProviderName::Test => f.write_str("test"),
            provider => write!(f, "{}/{}", provider.as_str(), self.model.model),
        }
    }
}

fn parse(text: &str, own: Option<&ModelRef>) -> Result<ModelRef, SelectError> {
    let model_ref = |provider, model: &str| ModelRef {
        provider,
        model: model.to_owned(),
    };
    let known = |name: &str| ProviderName::ALL.into_iter().find(|it| it.as_str() == name);
    match text.split_once('/') {
        _ if text == "test" => Ok(model_ref(ProviderName::Test, text)),
        Some((prefix, model)) => match (known(prefix), own) {
            (Some(provider), _) => Ok(model_ref(provider, model)),
            // Compatible endpoints have slashes in their models' names.
            (None, Some(own)) if own.provider == ProviderName::OpenAiCompat => Ok(model_ref(own.provider, text)),
            (None, _) => Err(SelectError::Provider(prefix.to_owned())),
        },
        None if text.starts_with("claude-") => Ok(model_ref(ProviderName::Anthropic, text)),
        None if text.starts_with("gpt-") => Ok(model_ref(ProviderName::OpenAi, text)),
        None => Ok(model_ref(own.map_or(ProviderName::OpenAi, |it| it.provider), text)),
    }
}

/// How a model draws its words; what is not set is the endpoint's own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sampling {
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) frequency_penalty: Option<f64>,
    pub(super) presence_penalty: Option<f64>,
    pub(super) max_tokens: Option<u32>,
}

/// What a model is opened with.
pub(in crate::run) struct Opening<'a> {
    pub(in crate::run) selection: &'a ModelSelection,
    pub(in crate::run) settings: &'a ModelSettings,
    pub(in crate::run) variables: &'a Variables,
    pub(in crate::run) redactor: &'a Redactor,
    pub(in crate::run) egress: Egress,
}

/// The model behind a selection, and what the user should know about it.
pub(in crate::run) fn open(with: Opening<'_>) -> Result<(Box<dyn Model>, Vec<String>), RunError> {
    let Opening {
        selection, settings, ..
    } = &with;
    let sampling = Sampling {
        temperature: settings.temperature,
        top_p: settings.top_p,
        frequency_penalty: settings.frequency_penalty,
        presence_penalty: settings.presence_penalty,
        max_tokens: settings.max_tokens,
    };
    let mut warnings = Vec::new();
    let model = selection.model.model.clone();
    let opened: Box<dyn Model> = match selection.model.provider {
        ProviderName::Test => Box::new(TestModel),
        ProviderName::OpenAi | ProviderName::OpenAiCompat => {
            let is_openai = selection.model.provider == ProviderName::OpenAi;
            let url = with.url("https://api.openai.com/v1", "/chat/completions")?;
            let endpoint = with.endpoint(url, ("authorization", "Bearer "), &mut warnings)?;
            Box::new(OpenAi {
                endpoint,
                model,
                sampling,
                is_openai,
            })
        }
        ProviderName::Anthropic => {
            if sampling.frequency_penalty.is_some() || sampling.presence_penalty.is_some() {
                warnings.push(
                    "`frequency_penalty` and `presence_penalty` mean nothing to `anthropic` and are left out"
                        .to_owned(),
                );
            }
            let url = with.url("https://api.anthropic.com", "/v1/messages")?;
            let mut endpoint = with.endpoint(url, ("x-api-key", ""), &mut warnings)?;
            let (name, version) = anthropic::VERSION;
            endpoint.fixed.push((name, version));
            Box::new(Anthropic {
                endpoint,
                model,
                sampling,
            })
        }
    };
    Ok((opened, warnings))
}

impl Opening<'_> {
    /// `base_url` and the protocol's own path; a version at the end of both counts once.
    fn url(&self, default: &str, path: &str) -> Result<String, RunError> {
        let template = self.selection.provider.as_ref().and_then(|it| it.base_url.as_ref());
        let base = match template {
            None => default.to_owned(),
            Some(template) => self
                .variables
                .fill_url(template, "`base_url` of the model's provider")?
                .expose_secret()
                .to_owned(),
        };
        let base = base.trim_end_matches('/');
        let path = match path.strip_prefix("/v1") {
            Some(rest) if base.ends_with("/v1") => rest,
            _ => path,
        };
        Ok(format!("{base}{path}"))
    }

    fn endpoint(
        &self,
        url: String,
        (header, prefix): (&'static str, &'static str),
        warnings: &mut Vec<String>,
    ) -> Result<Endpoint, RunError> {
        let key = self.key(&url, warnings)?.map(|(names, value)| Key {
            names,
            value,
            header,
            prefix,
        });
        let mut headers = Vec::new();
        for (name, template) in self.selection.provider.iter().flat_map(|it| &it.headers) {
            let place = format!("header `{name}` of the model's provider");
            headers.push((name.clone(), self.variables.fill(template, &place)?));
        }
        let redactor = self.redactor.clone();
        Ok(Endpoint {
            egress: self.egress.clone(),
            redactor,
            url,
            key,
            headers,
            fixed: Vec::new(),
        })
    }

    fn key(
        &self,
        url: &str,
        warnings: &mut Vec<String>,
    ) -> Result<Option<(String, distri_core::agent::Rendered)>, RunError> {
        let place = "`api_key` of the model's provider";
        if let Some(template) = self.selection.provider.as_ref().and_then(|it| it.api_key.as_ref()) {
            let names = template
                .names()
                .map(|it| format!("`{it}`"))
                .collect::<Vec<_>>()
                .join(", ");
            return Ok(Some((names, self.variables.fill(template, place)?)));
        }
        let Some((name, required)) = self.selection.well_known_key() else {
            return Ok(None);
        };
        if self.variables.get(name).is_none() {
            let key = name.to_owned();
            return if required {
                Err(RunError::NoModelKey { key })
            } else {
                Ok(None)
            };
        }
        // An optional key stays at home when its policy does not name the endpoint: the catalogue
        // binds `OPENAI_API_KEY` to OpenAI, and a local endpoint needs none.
        if !required
            && let Some(secret) = self.variables.released(name)
            && let Ok(request) = Request::parse("POST", url, Vec::new(), Vec::new())
            && !secret.policy.allows(&request.target())
        {
            let host = request.authority();
            warnings.push(format!(
                "`{name}` is not sent to `{host}`, which is not among its hosts"
            ));
            return Ok(None);
        }
        let template =
            ConfigTemplate::parse(&format!("${{{name}}}")).map_err(|it| RunError::Setting(it.to_string()))?;
        Ok(Some((format!("`{name}`"), self.variables.fill(&template, place)?)))
    }
}
