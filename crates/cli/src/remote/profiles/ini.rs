//! The text of the two files: read, and changed without touching what is somebody else's.

use zeroize::Zeroizing;

/// What a profile's section is to say.
pub(crate) struct Section<'s> {
    pub(crate) api_key: &'s str,
    pub(crate) workspace_id: &'s str,
    pub(crate) api_url: &'s str,
}

/// An INI file, line by line.
pub(super) struct Ini<'t> {
    lines: Vec<&'t str>,
}

/// One section of it.
pub(super) struct Found<'i, 't> {
    lines: &'i [&'t str],
}

impl<'t> Ini<'t> {
    pub(super) fn parse(text: &'t str) -> Self {
        Self {
            lines: text.lines().collect(),
        }
    }

    /// The sections' names in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'t str> {
        self.lines.iter().filter_map(|it| heading(it))
    }

    pub(super) fn section(&self, name: &str) -> Option<Found<'_, 't>> {
        let (start, end) = self.place(name)?;
        Some(Found {
            lines: &self.lines[start + 1..end],
        })
    }

    /// The text with this profile in it.
    pub(super) fn with(&self, name: &str, section: &Section<'_>) -> Zeroizing<String> {
        let fields = [
            ("api_key", section.api_key),
            ("workspace_id", section.workspace_id),
            ("api_url", section.api_url),
        ];
        let ours = fields.iter().map(|(field, value)| format!("{field} = {value}"));
        let ours: Vec<Zeroizing<String>> = ours.map(Zeroizing::new).collect();
        let mut lines: Vec<&str> = Vec::new();
        let named = format!("[{name}]");
        match self.place(name) {
            Some((start, end)) => {
                lines.extend(&self.lines[..=start]);
                lines.extend(ours.iter().map(|it| it.as_str()));
                lines.extend(self.lines[start + 1..end].iter().filter(|it| !is_ours(it)));
                lines.extend(&self.lines[end..]);
            }
            None => {
                lines.extend(&self.lines);
                if lines.last().is_some_and(|it| !it.trim().is_empty()) {
                    lines.push("");
                }
                lines.push(&named);
                lines.extend(ours.iter().map(|it| it.as_str()));
            }
        }
        joined(&lines)
    }

    /// The text without what this profile says; a section that has something else stays.
    pub(super) fn without(&self, name: &str) -> Zeroizing<String> {
        let Some((start, end)) = self.place(name) else {
            return joined(&self.lines);
        };
        let others: Vec<&str> = self.lines[start + 1..end]
            .iter()
            .copied()
            .filter(|it| !is_ours(it))
            .collect();
        let mut lines = self.lines[..start].to_vec();
        if others.iter().any(|it| !it.trim().is_empty()) {
            lines.push(self.lines[start]);
            lines.extend(others);
        }
        lines.extend(&self.lines[end..]);
        joined(&lines)
    }

    /// The heading's line and the line behind the section's last.
    fn place(&self, name: &str) -> Option<(usize, usize)> {
        let start = self.lines.iter().position(|it| heading(it) == Some(name))?;
        let behind = self.lines[start + 1..].iter().position(|it| heading(it).is_some());
        Some((start, behind.map_or(self.lines.len(), |it| start + 1 + it)))
    }
}

impl<'t> Found<'_, 't> {
    /// What a field says; the last one counts. An empty one says nothing.
    pub(super) fn get(&self, field: &str) -> Option<&'t str> {
        let said = self.lines.iter().rev().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == field).then(|| unquoted(value.trim()))
        });
        said.filter(|it| !it.is_empty())
    }
}

/// Which profile the text of `config` makes the active one.
pub(super) fn active(text: &str) -> Option<String> {
    let said = text
        .lines()
        .take_while(|it| heading(it).is_none())
        .find(|it| is_active(it))?;
    let (_, value) = said.split_once('=')?;
    let value = unquoted(value.trim());
    (!value.is_empty()).then(|| value.to_owned())
}

/// The text of `config` with another active profile, or none. It stands before the first table, where TOML has it.
pub(super) fn set_active(text: &str, name: Option<&str>) -> Zeroizing<String> {
    let line = name.map(|it| format!("active_profile = \"{it}\""));
    let top = text.lines().take_while(|it| heading(it).is_none()).count();
    let lines: Vec<&str> = text.lines().collect();
    let mut changed: Vec<&str> = line.iter().map(String::as_str).collect();
    changed.extend(lines[..top].iter().filter(|it| !is_active(it)));
    changed.extend(&lines[top..]);
    joined(&changed)
}

fn is_active(line: &str) -> bool {
    line.split_once('=').is_some_and(|it| it.0.trim() == "active_profile")
}

fn heading(line: &str) -> Option<&str> {
    Some(line.trim().strip_prefix('[')?.strip_suffix(']')?.trim())
}

fn is_ours(line: &str) -> bool {
    let field = line.split_once('=').map(|it| it.0.trim());
    matches!(field, Some("api_key" | "workspace_id" | "api_url"))
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|it| it.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}

/// All of it at once: a text that grows leaves copies behind.
fn joined(lines: &[&str]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(lines.iter().map(|it| it.len() + 1).sum()));
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHERS: &str =
        "# mine\n[default]\napi_key = old\nregion = eu\n\n[work]\napi_key=\"w\"\napi_url = https://w/v1\n";

    fn section(key: &str) -> Section<'_> {
        Section {
            api_key: key,
            workspace_id: "id",
            api_url: "https://x/v1",
        }
    }

    #[test]
    fn a_profile_is_replaced_and_everything_else_stays() {
        let text = Ini::parse(OTHERS).with("default", &section("new"));
        assert_eq!(
            text.as_str(),
            "# mine\n[default]\napi_key = new\nworkspace_id = id\napi_url = https://x/v1\nregion = eu\n\n[work]\napi_key=\"w\"\napi_url = https://w/v1\n"
        );
        let text = Ini::parse("").with("home", &section("h"));
        assert_eq!(
            text.as_str(),
            "[home]\napi_key = h\nworkspace_id = id\napi_url = https://x/v1\n"
        );
    }

    #[test]
    fn a_profile_that_is_forgotten_leaves_what_is_not_ours() {
        let text = Ini::parse(OTHERS).without("default");
        assert!(
            text.starts_with("# mine\n[default]\nregion = eu\n") && !text.contains("old"),
            "{}",
            *text
        );
        let text = Ini::parse(OTHERS).without("work");
        assert_eq!(text.as_str(), "# mine\n[default]\napi_key = old\nregion = eu\n\n");
    }

    #[test]
    fn fields_are_read_with_and_without_quotes() {
        let ini = Ini::parse(OTHERS);
        let work = ini.section("work").expect("is there");
        assert_eq!((work.get("api_key"), work.get("workspace_id")), (Some("w"), None));
        assert_eq!(ini.names().collect::<Vec<_>>(), ["default", "work"]);
    }

    #[test]
    fn the_active_profile_stands_before_the_tables() {
        let text = "theme = \"dark\"\nactive_profile = \"a\"\n[ui]\nactive_profile = \"no\"\n";
        assert_eq!(active(text).as_deref(), Some("a"));
        let changed = set_active(text, Some("b"));
        assert_eq!(
            changed.as_str(),
            "active_profile = \"b\"\ntheme = \"dark\"\n[ui]\nactive_profile = \"no\"\n"
        );
        assert_eq!(active(&set_active(text, None)), None);
    }
}
