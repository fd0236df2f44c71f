//! `[tools]`: which tools the agent has, and its HTTP tools.

use url::Url;

use super::position::{Fault, quoted};
use super::section::{At, Section};
use super::template::ConfigTemplate;

/// `[tools]`; a definition without it has every tool of its `Tools.tsx` and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// Tools that the runtime itself brings.
    pub builtin: ToolNames,
    /// Tools of `Tools.tsx`; all of them where the key is absent, none for `external = []`.
    pub external: ToolNames,
    /// `[[tools.dynamic]]`, in the order of the file.
    pub dynamic: Vec<HttpTool>,
}

impl Default for Tools {
    /// What a definition without `[tools]` has.
    fn default() -> Self {
        Self {
            builtin: ToolNames::default(),
            external: ToolNames::All,
            dynamic: Vec::new(),
        }
    }
}

/// All tools, or those named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolNames {
    /// `["*"]`.
    All,
    /// In the order of the file.
    Only(Vec<String>),
}

impl Default for ToolNames {
    /// None.
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

impl ToolNames {
    /// Whether the tool called `name` is one of them.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|it| it == name),
        }
    }

    /// The names listed; none for [`All`](Self::All).
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::All => &[],
            Self::Only(names) => names,
        }
    }
}

/// A tool that is requests to one place: the model gives path, method, headers and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpTool {
    /// 1 to 64 letters, digits, `_` and `-`.
    pub name: String,
    /// What it is for, told to the model.
    pub description: Option<String>,
    /// What every path is put after.
    pub base_url: ConfigTemplate,
    /// Sent with each request, in the order of the file.
    pub headers: Vec<(String, ConfigTemplate)>,
}

impl Tools {
    pub(super) fn read(mut section: Section<'_>, warnings: &mut Vec<Fault>) -> Result<Self, Fault> {
        let tools = Self {
            builtin: section
                .strings("builtin")?
                .map(read_names)
                .transpose()?
                .unwrap_or_default(),
            external: section
                .strings("external")?
                .map(read_names)
                .transpose()?
                .unwrap_or(ToolNames::All),
            dynamic: read_dynamic(section.sections("dynamic")?, warnings)?,
        };
        section.finish(warnings);
        Ok(tools)
    }
}

fn read_names(items: Vec<At<&str>>) -> Result<ToolNames, Fault> {
    let mut names: Vec<String> = Vec::with_capacity(items.len());
    let mut all = false;
    for item in items {
        if item.value == "*" {
            all = true;
            continue;
        }
        let name = read_tool_name(item)?;
        if names.contains(&name) {
            return Err(item.fault(format!("tool `{name}` is listed twice")));
        }
        names.push(name);
    }
    Ok(if all { ToolNames::All } else { ToolNames::Only(names) })
}

fn read_dynamic(sections: Vec<Section<'_>>, warnings: &mut Vec<Fault>) -> Result<Vec<HttpTool>, Fault> {
    let mut tools: Vec<HttpTool> = Vec::with_capacity(sections.len());
    for mut section in sections {
        let name = section.required("name")?;
        if tools.iter().any(|it| it.name == name.value) {
            return Err(name.fault(format!("tool {} is defined twice", quoted(name.value))));
        }
        let kind = section.required("type")?;
        if kind.value != "http" {
            return Err(kind.fault(format!(
                "unknown type {} of a dynamic tool; known is `http`",
                quoted(kind.value)
            )));
        }
        let description = section.text("description")?;
        let mut config = section
            .section("config")?
            .ok_or_else(|| Fault::at(section.offset(), "`tools.dynamic.config` is missing"))?;
        let base_url = read_url(&config.required("base_url")?)?;
        let headers = config
            .section("headers")?
            .map(read_headers)
            .transpose()?
            .unwrap_or_default();
        config.finish(warnings);
        section.finish(warnings);
        tools.push(HttpTool {
            name: read_tool_name(name)?,
            description,
            base_url,
            headers,
        });
    }
    Ok(tools)
}

/// What both model protocols accept as a tool's name.
fn read_tool_name(it: At<&str>) -> Result<String, Fault> {
    let fits = (1..=64).contains(&it.value.len())
        && it
            .value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if fits {
        Ok(it.value.to_owned())
    } else {
        Err(it.fault("a tool's name has 1 to 64 letters, digits, `_` and `-`"))
    }
}

/// A URL's beginning: checked here as far as it does not depend on a reference.
pub(super) fn read_url(it: &At<&str>) -> Result<ConfigTemplate, Fault> {
    let template = ConfigTemplate::parse(it.value).map_err(|error| it.fault(error.message))?;
    // A reference may be any part, so a sample stands for it; one that is the beginning brings the scheme along.
    let sample = template.sample_url();
    let fits = Url::parse(&sample).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if !fits {
        return Err(it.fault("a `base_url` begins with `https://` (or `http://` for this machine) and a host, and has no credentials in it"));
    }
    Ok(template)
}

/// Header names and templates of their values (RFC 9110, 5.1 and 5.5).
pub(super) fn read_headers(section: Section<'_>) -> Result<Vec<(String, ConfigTemplate)>, Fault> {
    let mut headers: Vec<(String, ConfigTemplate)> = Vec::new();
    for (name, value) in section.string_entries()? {
        let is_token = !name.value.is_empty()
            && name
                .value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        if !is_token {
            return Err(name.fault(format!("{} is no header name", quoted(name.value))));
        }
        if headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name.value)) {
            return Err(name.fault(format!("header {} is given twice", quoted(name.value))));
        }
        if value.value.chars().any(|c| c.is_control() && c != '\t') {
            return Err(value.fault("a header's value has no control characters"));
        }
        let template = ConfigTemplate::parse(value.value).map_err(|error| value.fault(error.message))?;
        headers.push((name.value.to_owned(), template));
    }
    Ok(headers)
}
