//! An agent definition, parsed and checked as a whole.

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::frontmatter::split;
use super::model::ModelSettings;
use super::position::{DefinitionError, Fault, Warning};
use super::section::{At, Section};
use super::template::{ConfigTemplate, PromptTemplate, Slot};
use super::tools::Tools;
use crate::alarm::{OnLeak, OnLeakError};
use crate::names::{AgentName, SecretKey};

/// The most bytes an agent file may have: 1 MiB.
pub const MAX_FILE_LEN: usize = 1024 * 1024;

/// What an agent file says.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentDefinition {
    /// `name`.
    pub name: AgentName,
    /// `description`.
    pub description: Option<String>,
    /// `version`, as text.
    pub version: Option<String>,
    /// `max_iterations`: the most answers of the model in one run, at least 1.
    pub max_iterations: Option<u32>,
    /// `history_size`: how many earlier messages the model is shown.
    pub history_size: Option<u32>,
    /// `icon_url`.
    pub icon_url: Option<String>,
    /// `sub_agents`, in the order of the file.
    pub sub_agents: Vec<AgentName>,
    /// `[model_settings]`.
    pub model: ModelSettings,
    /// `[tools]`.
    pub tools: Tools,
    /// `[secrets]`.
    pub secrets: SecretNeeds,
    /// `[attributes]`: static values of this agent.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// The body: the agent's instructions, which may be empty.
    pub prompt: PromptTemplate,
}

/// `[secrets]`: the keys that an agent says it uses, and what a leak does. No key is in both lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretNeeds {
    /// Without these nothing starts.
    pub required: Vec<SecretKey>,
    /// Delivered where they are set.
    pub optional: Vec<SecretKey>,
    /// `on_leak`: what an alarm does to a run. It makes the operator's word stricter, never weaker.
    pub on_leak: OnLeak,
}

/// A definition and what is odd about it.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The definition.
    pub definition: AgentDefinition,
    /// In the order of the file.
    pub warnings: Vec<Warning>,
}

impl AgentDefinition {
    /// Parses the text of an agent file; `file` is its name in messages.
    ///
    /// # Errors
    /// The first thing that is wrong, with line and column: no frontmatter, TOML that does not parse, a wrong type or
    /// range, a key, name, model or template that is none, a secret in the prompt. Unknown keys are only warnings.
    pub fn parse(file: &str, text: &str) -> Result<Parsed, DefinitionError> {
        let mut faults = Vec::new();
        let definition = parse(text, &mut faults).map_err(|fault| fault.into_error(file, text))?;
        let mut warnings: Vec<_> = faults.into_iter().map(|it| it.into_warning(text)).collect();
        warnings.sort();
        Ok(Parsed { definition, warnings })
    }

    /// Each template in the configuration: of the provider, then of the HTTP tools.
    pub fn config_templates(&self) -> impl Iterator<Item = &ConfigTemplate> {
        let provider = self.model.provider.iter();
        let provider = provider.flat_map(|it| {
            it.base_url
                .iter()
                .chain(&it.api_key)
                .chain(it.headers.iter().map(|(_, value)| value))
        });
        let tools = self.tools.dynamic.iter();
        let tools = tools.flat_map(|it| std::iter::once(&it.base_url).chain(it.headers.iter().map(|(_, value)| value)));
        provider.chain(tools)
    }

    /// Every key that the definition names: required, optional, or in a template. A name in a template that can be no
    /// key is a variable of one run and not listed.
    #[must_use]
    pub fn named_secrets(&self) -> BTreeSet<SecretKey> {
        let templates = self
            .config_templates()
            .flat_map(ConfigTemplate::names)
            .filter_map(|it| it.parse().ok());
        self.secrets
            .required
            .iter()
            .chain(&self.secrets.optional)
            .cloned()
            .chain(templates)
            .collect()
    }
}

fn parse(text: &str, warnings: &mut Vec<Fault>) -> Result<AgentDefinition, Fault> {
    if text.len() > MAX_FILE_LEN {
        return Err(Fault::at(
            0,
            format!(
                "the file has {} bytes; an agent definition has at most {MAX_FILE_LEN} (1 MiB)",
                text.len()
            ),
        ));
    }
    let split = split(text)?;
    let base = split.frontmatter.start;
    let table = DeTable::parse(&text[split.frontmatter.clone()]).map_err(|error| {
        let start = error.span().map_or(0, |it| it.start);
        Fault::at(base + start, one_line(error.message()))
    })?;

    let mut root = Section::root(table.get_ref(), base);
    let name = root.required("name")?;
    let mut definition = AgentDefinition {
        name: name
            .value
            .parse()
            .map_err(|error: crate::names::AgentNameError| name.fault(error.to_string()))?,
        description: root.text("description")?,
        version: root.text("version")?,
        max_iterations: root.whole("max_iterations", 1..=u32::MAX)?,
        history_size: root.whole("history_size", 0..=u32::MAX)?,
        icon_url: root.text("icon_url")?,
        sub_agents: read_sub_agents(root.strings("sub_agents")?.unwrap_or_default())?,
        model: match root.section("model_settings")? {
            Some(section) => ModelSettings::read(section, warnings)?,
            None => ModelSettings::default(),
        },
        tools: match root.section("tools")? {
            Some(section) => Tools::read(section, warnings)?,
            None => Tools::default(),
        },
        secrets: SecretNeeds::default(),
        attributes: root
            .section("attributes")?
            .map(Section::into_json)
            .transpose()?
            .unwrap_or_default(),
        prompt: PromptTemplate::default(),
    };
    let secrets = root.section("secrets")?;
    let secrets_at = secrets.as_ref().map_or(name.offset, Section::offset);
    if let Some(section) = secrets {
        definition.secrets = read_secrets(section, warnings)?;
    }
    root.finish(warnings);

    definition.prompt = PromptTemplate::parse(&text[split.body.clone()])
        .map_err(|error| Fault::at(split.body.start + error.offset, error.message))?;
    warn_of_unlisted_secrets(&definition, secrets_at, warnings);
    warn_of_unknown_attributes(&definition, split.body.start, warnings);
    Ok(definition)
}

fn read_sub_agents(items: Vec<At<&str>>) -> Result<Vec<AgentName>, Fault> {
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        let name: AgentName = item
            .value
            .parse()
            .map_err(|error: crate::names::AgentNameError| item.fault(error.to_string()))?;
        if names.contains(&name) {
            return Err(item.fault(format!("sub-agent `{name}` is listed twice")));
        }
        names.push(name);
    }
    Ok(names)
}

fn read_secrets(mut section: Section<'_>, warnings: &mut Vec<Fault>) -> Result<SecretNeeds, Fault> {
    let mut seen = BTreeSet::new();
    let mut keys = |items: Option<Vec<At<&str>>>| -> Result<Vec<SecretKey>, Fault> {
        let mut keys = Vec::new();
        for item in items.unwrap_or_default() {
            let key: SecretKey = item
                .value
                .parse()
                .map_err(|error: crate::names::SecretKeyError| item.fault(error.to_string()))?;
            if !seen.insert(key.clone()) {
                return Err(item.fault(format!("secret `{key}` is listed twice")));
            }
            keys.push(key);
        }
        Ok(keys)
    };
    let needs = SecretNeeds {
        required: keys(section.strings("required")?)?,
        optional: keys(section.strings("optional")?)?,
        on_leak: match section.string("on_leak")? {
            Some(word) => word
                .value
                .parse()
                .map_err(|error: OnLeakError| word.fault(error.to_string()))?,
            None => OnLeak::default(),
        },
    };
    section.finish(warnings);
    Ok(needs)
}

/// A reference that `[secrets]` does not list fails only when the tool is called; the list is what a run checks first.
fn warn_of_unlisted_secrets(definition: &AgentDefinition, offset: usize, warnings: &mut Vec<Fault>) {
    let needs = &definition.secrets;
    for key in definition.named_secrets() {
        if !needs.required.contains(&key) && !needs.optional.contains(&key) {
            warnings.push(Fault::at(
                offset,
                format!("a template refers to `{key}`, which `[secrets]` does not list"),
            ));
        }
    }
}

fn warn_of_unknown_attributes(definition: &AgentDefinition, body: usize, warnings: &mut Vec<Fault>) {
    for (offset, slot) in definition.prompt.slots() {
        if let Slot::Attribute(key) = slot
            && !definition.attributes.contains_key(key)
        {
            warnings.push(Fault::at(
                body + offset,
                format!("`[attributes]` has no `{key}`, so nothing is put in here"),
            ));
        }
    }
}

/// TOML's messages may have several lines; ours are one sentence.
fn one_line(message: &str) -> String {
    message
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}
