//! `[model_settings]`: which model, from which provider, with which parameters.

use super::position::{Fault, quoted};
use super::section::{At, Section};
use super::template::ConfigTemplate;
use super::tools::{read_headers, read_url};

/// `[model_settings]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelSettings {
    /// The model; a definition without one can be checked and its tools called, but not run.
    pub model: Option<ModelRef>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// The most tokens of one answer, at least 1.
    pub max_tokens: Option<u32>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// -2 to 2.
    pub presence_penalty: Option<f64>,
    /// The model's window in tokens, at least 1.
    pub context_size: Option<u32>,
    /// Another endpoint than the provider's own.
    pub provider: Option<ProviderSettings>,
}

/// A model and the provider whose protocol it is spoken to with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelRef {
    /// The protocol.
    pub provider: ProviderName,
    /// The name as the provider knows it.
    pub model: String,
}

/// The protocols that a run can speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderName {
    /// OpenAI's own endpoint, or any that is named.
    OpenAi,
    /// An endpoint that speaks OpenAI's protocol; it must be named.
    OpenAiCompat,
    /// Anthropic's.
    Anthropic,
    /// The built-in deterministic model, for trying tools without one.
    Test,
}

impl ProviderName {
    /// All of them, in the order messages list them.
    pub const ALL: [Self; 4] = [Self::OpenAi, Self::OpenAiCompat, Self::Anthropic, Self::Test];

    /// The word in a definition.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::OpenAiCompat => "openai_compat",
            Self::Anthropic => "anthropic",
            Self::Test => "test",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    /// The provider whose models are named like `model`.
    fn of_bare_model(model: &str) -> Option<Self> {
        const BEGINNINGS: &[(&str, ProviderName)] = &[
            ("gpt-", ProviderName::OpenAi),
            ("chatgpt-", ProviderName::OpenAi),
            ("o1", ProviderName::OpenAi),
            ("o3", ProviderName::OpenAi),
            ("o4", ProviderName::OpenAi),
            ("claude-", ProviderName::Anthropic),
        ];
        if model == "test" {
            return Some(Self::Test);
        }
        BEGINNINGS
            .iter()
            .find(|(beginning, _)| model.starts_with(beginning))
            .map(|(_, provider)| *provider)
    }
}

/// `[model_settings.provider]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// The protocol.
    pub name: ProviderName,
    /// Where the endpoint is, without the protocol's own path; absent means the provider's own.
    pub base_url: Option<ConfigTemplate>,
    /// The credential; absent means the provider's well-known key.
    pub api_key: Option<ConfigTemplate>,
    /// Sent with each request, in the order of the file.
    pub headers: Vec<(String, ConfigTemplate)>,
}

impl ModelSettings {
    pub(super) fn read(mut section: Section<'_>, warnings: &mut Vec<Fault>) -> Result<Self, Fault> {
        let provider = section
            .section("provider")?
            .map(|it| ProviderSettings::read(it, warnings))
            .transpose()?;
        let model = section.string("model")?;
        let settings = Self {
            model: model.map(|it| read_model(it, provider.as_ref())).transpose()?,
            temperature: section.number("temperature", 0.0..=2.0)?,
            max_tokens: section.whole("max_tokens", 1..=u32::MAX)?,
            top_p: section.number("top_p", 0.0..=1.0)?,
            frequency_penalty: section.number("frequency_penalty", -2.0..=2.0)?,
            presence_penalty: section.number("presence_penalty", -2.0..=2.0)?,
            context_size: section.whole("context_size", 1..=u32::MAX)?,
            provider,
        };
        section.finish(warnings);
        Ok(settings)
    }
}

impl ProviderSettings {
    fn read(mut section: Section<'_>, warnings: &mut Vec<Fault>) -> Result<Self, Fault> {
        let name = section.required("name")?;
        let provider = ProviderName::parse(name.value).ok_or_else(|| unknown_provider(&name, name.value))?;
        let base_url = section.string("base_url")?.map(|it| read_url(&it)).transpose()?;
        if provider == ProviderName::OpenAiCompat && base_url.is_none() {
            return Err(name.fault("provider `openai_compat` needs a `base_url`"));
        }
        let api_key = section.string("api_key")?;
        let api_key = match api_key {
            None => None,
            Some(it) => {
                let template = ConfigTemplate::parse(it.value).map_err(|error| it.fault(error.message))?;
                if template.names().next().is_none() {
                    // Refused and not only warned of: this file is committed and shared.
                    return Err(it.fault(
                        "`api_key` must refer to a secret, as in `$OPENAI_API_KEY`: the file is no place for a value",
                    ));
                }
                Some(template)
            }
        };
        let headers = section
            .section("headers")?
            .map(read_headers)
            .transpose()?
            .unwrap_or_default();
        section.finish(warnings);
        Ok(Self {
            name: provider,
            base_url,
            api_key,
            headers,
        })
    }
}

/// `provider/model`, or a bare name whose provider is known by its beginning or by `[model_settings.provider]`.
///
/// With a provider section its name decides, and only its own name before a `/` is taken off: endpoints that speak
/// OpenAI's protocol have models such as `meta-llama/Llama-3.3-70B`.
fn read_model(it: At<&str>, settings: Option<&ProviderSettings>) -> Result<ModelRef, Fault> {
    let text = it.value;
    if text.is_empty() || text.len() > 256 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(it.fault("a model's name has 1 to 256 characters and no white space"));
    }
    let (provider, model) = match (text.split_once('/'), settings.map(|it| it.name)) {
        (Some((prefix, model)), Some(named)) => match ProviderName::parse(prefix) {
            Some(prefix) if prefix == named => (named, model),
            Some(prefix) if named != ProviderName::OpenAiCompat => {
                let message = format!(
                    "the model names provider `{}`, and `[model_settings.provider]` names `{}`",
                    prefix.as_str(),
                    named.as_str()
                );
                return Err(it.fault(message));
            }
            _ => (named, text),
        },
        (None, Some(named)) => (named, text),
        (Some((prefix, model)), None) => {
            let provider = ProviderName::parse(prefix).ok_or_else(|| unknown_provider(&it, prefix))?;
            if provider == ProviderName::OpenAiCompat {
                return Err(it.fault("provider `openai_compat` needs `[model_settings.provider]` with a `base_url`"));
            }
            (provider, model)
        }
        (None, None) => {
            let unknown = || {
                it.fault(format!(
                    "no provider is known for model {}; write `provider/model` or add `[model_settings.provider]`",
                    quoted(text)
                ))
            };
            (ProviderName::of_bare_model(text).ok_or_else(unknown)?, text)
        }
    };
    if model.is_empty() {
        return Err(it.fault("a model's name is missing after `/`"));
    }
    Ok(ModelRef {
        provider,
        model: model.to_owned(),
    })
}

fn unknown_provider(it: &At<&str>, name: &str) -> Fault {
    let known = ProviderName::ALL.map(|it| format!("`{}`", it.as_str())).join(", ");
    it.fault(format!("unknown provider {}; known are {known}", quoted(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str, provider: Option<ProviderName>) -> Result<(ProviderName, String), String> {
        let settings = provider.map(|name| ProviderSettings {
            name,
            base_url: None,
            api_key: None,
            headers: Vec::new(),
        });
        let it = At { value: text, offset: 0 };
        read_model(it, settings.as_ref())
            .map(|it| (it.provider, it.model))
            .map_err(|it| it.message)
    }

    #[test]
    fn models_find_their_provider() {
        use ProviderName::{Anthropic, OpenAi, OpenAiCompat, Test};
        for (text, settings, provider, name) in [
            ("gpt-4.1-mini", None, OpenAi, "gpt-4.1-mini"),
            ("o3-mini", None, OpenAi, "o3-mini"),
            ("chatgpt-4o-latest", None, OpenAi, "chatgpt-4o-latest"),
            ("claude-sonnet-4-5", None, Anthropic, "claude-sonnet-4-5"),
            ("test", None, Test, "test"),
            ("test/anything", None, Test, "anything"),
            ("openai/gpt-4.1-mini", None, OpenAi, "gpt-4.1-mini"),
            ("anthropic/claude-x", None, Anthropic, "claude-x"),
            ("llama3", Some(OpenAiCompat), OpenAiCompat, "llama3"),
            (
                "meta-llama/Llama-3",
                Some(OpenAiCompat),
                OpenAiCompat,
                "meta-llama/Llama-3",
            ),
            ("openai/gpt-4o", Some(OpenAiCompat), OpenAiCompat, "openai/gpt-4o"),
            ("openai_compat/x", Some(OpenAiCompat), OpenAiCompat, "x"),
            ("openai/gpt-4o", Some(OpenAi), OpenAi, "gpt-4o"),
            ("claude-x", Some(OpenAi), OpenAi, "claude-x"),
        ] {
            assert_eq!(model(text, settings), Ok((provider, name.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_names_no_provider_is_refused() {
        for (text, settings, words) in [
            ("llama3", None, "no provider is known"),
            ("groq/llama3", None, "unknown provider `groq`"),
            ("openai_compat/x", None, "base_url"),
            ("openai/", None, "missing after"),
            ("", None, "1 to 256"),
            ("a b", None, "white space"),
            ("openai/x", Some(ProviderName::Anthropic), "names `anthropic`"),
        ] {
            let message = model(text, settings).expect_err(text);
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
