//! Writes the section "Required secrets" into an agent's README: the best practice "document required secrets" as a
//! function.
//!
//! Only what stands between the two marker comments is ours; the heading and every other byte are the author's.

use super::AgentDefinition;
use crate::catalogue::Catalogue;
use crate::names::SecretKey;

const BEGIN: &str = "<!-- distri: required secrets, written by `distri agents readme` -->";
const END: &str = "<!-- distri: end of required secrets -->";
const HEADING: &str = "## Required secrets";

/// `readme` with the table of the definition's secrets: between the markers where they are, else below the heading
/// `## Required secrets` where there is one, else at the end. Doing it twice changes nothing more.
#[must_use]
pub fn upsert_required_secrets(readme: &str, definition: &AgentDefinition, catalogue: &Catalogue) -> String {
    let eol = if readme.contains("\r\n") { "\r\n" } else { "\n" };
    let block = block(definition, catalogue).replace('\n', eol);
    let found = find(readme);
    if let Some((start, end)) = found.markers {
        return format!("{}{block}{}", &readme[..start], &readme[end..]);
    }
    if let Some(after) = found.heading_end {
        let (before, rest) = readme.split_at(after);
        let gap = if before.ends_with('\n') { "" } else { eol };
        let tail = if rest.trim().is_empty() {
            String::new()
        } else {
            eol.to_owned()
        };
        return format!("{before}{gap}{eol}{block}{eol}{tail}{rest}");
    }
    if readme.trim().is_empty() {
        let about = definition
            .description
            .as_deref()
            .map(|it| format!("{}\n\n", it.trim()))
            .unwrap_or_default();
        return format!("{readme}# {}\n\n{about}{HEADING}\n\n{block}\n", definition.name);
    }
    let gap = match readme {
        it if it.ends_with("\n\n") || it.ends_with("\r\n\r\n") => String::new(),
        it if it.ends_with('\n') => eol.to_owned(),
        _ => eol.repeat(2),
    };
    format!("{readme}{gap}{HEADING}{eol}{eol}{block}{eol}")
}

/// The markers and what is between them, without a line end.
fn block(definition: &AgentDefinition, catalogue: &Catalogue) -> String {
    let needs = &definition.secrets;
    if needs.required.is_empty() && needs.optional.is_empty() {
        return format!("{BEGIN}\n\nThis agent needs no secrets.\n\n{END}");
    }
    let mut text = format!("{BEGIN}\n\n| Key | Required | Description | Where to get it |\n|---|---|---|---|\n");
    let required = needs.required.iter().map(|key| (key, "yes"));
    for (key, required) in required.chain(needs.optional.iter().map(|key| (key, "no"))) {
        text.push_str(&row(key, required, catalogue));
    }
    text.push_str("\nSet each of them with `distri secrets set KEY`.\n\n");
    text.push_str(END);
    text
}

fn row(key: &SecretKey, required: &str, catalogue: &Catalogue) -> String {
    let entry = catalogue.get(key);
    let description = entry.map_or("", |it| it.description.as_str()).replace('|', "\\|");
    let obtain = entry
        .and_then(|it| it.obtain.as_deref())
        .map(|it| format!("<{it}>"))
        .unwrap_or_default();
    format!("| `{key}` | {required} | {description} | {obtain} |\n")
}

#[derive(Default)]
struct Found {
    /// From the begin marker to the end of the end marker.
    markers: Option<(usize, usize)>,
    /// After the heading's line.
    heading_end: Option<usize>,
}

/// Looks at whole lines outside code fences only, so that a README may show the markers themselves.
fn find(readme: &str) -> Found {
    let mut found = Found::default();
    let mut begin = None;
    let mut fence: Option<&str> = None;
    let mut start = 0;
    for line in readme.split_inclusive('\n') {
        let text = line.trim();
        let offset = start + (line.len() - line.trim_start().len());
        start += line.len();
        if let Some(open) = fence {
            if text.starts_with(open) {
                fence = None;
            }
        } else if let Some(open) = ["```", "~~~"].into_iter().find(|it| text.starts_with(it)) {
            fence = Some(open);
        } else if text == BEGIN {
            // The last begin before the end: what follows a begin without its end is the author's.
            begin = Some(offset);
        } else if text == END {
            if let (Some(begin), None) = (begin, found.markers) {
                found.markers = Some((begin, offset + END.len()));
            }
        } else if found.heading_end.is_none() && text.eq_ignore_ascii_case(HEADING) {
            found.heading_end = Some(start);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn definition(secrets: &str) -> AgentDefinition {
        AgentDefinition::parse(
            "a.md",
            &format!("---\nname = \"pay\"\ndescription = \"Process payments\"\n{secrets}\n---\n"),
        )
        .unwrap()
        .definition
    }

    fn upsert(readme: &str) -> String {
        let definition = definition("[secrets]\nrequired = [\"STRIPE_API_KEY\"]\noptional = [\"OUR_OWN\"]");
        upsert_required_secrets(readme, &definition, Catalogue::builtin())
    }

    #[test]
    fn an_empty_readme_gets_headings_and_the_table() {
        let text = upsert("");
        assert!(
            text.starts_with("# pay\n\nProcess payments\n\n## Required secrets\n\n<!-- "),
            "{text}"
        );
        assert!(
            text.contains("| `STRIPE_API_KEY` | yes | Payment processing | <https://dashboard.stripe.com/apikeys> |\n"),
            "{text}"
        );
        assert!(text.contains("| `OUR_OWN` | no |  |  |\n"), "{text}");
    }

    #[test]
    fn twice_is_once_and_the_rest_stays() {
        for readme in [
            "",
            "\n",
            "# Mine",
            "# Mine\n\ntext\n",
            "# Mine\r\n\r\ntext\r\n",
            "# Mine\n\n## Required secrets\n",
            "# Mine\n\n## Required secrets\n\nby hand\n\n## More\n",
            "# Mine\n\n## Required secrets",
            "```\n## Required secrets\n```\n",
        ] {
            let once = upsert(readme);
            assert_eq!(upsert(&once), once, "{readme:?}");
            let (before, rest) = once.split_once(BEGIN).unwrap();
            let (_, after) = rest.split_once(END).unwrap();
            let kept: String = format!("{before}{after}").split_whitespace().collect();
            for word in readme.split_whitespace() {
                assert!(kept.contains(word), "{word} of {readme:?} in {once:?}");
            }
            assert_eq!(once.contains("\r\n"), readme.contains("\r\n"));
        }
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let readme = format!("# Mine\n{BEGIN}\nstray\n  {BEGIN}\nold\n{END} \ntail\n{END}\n```\n{BEGIN}\n```");
        let text = upsert(&readme);
        assert!(
            text.starts_with(&format!("# Mine\n{BEGIN}\nstray\n  {BEGIN}\n\n| Key")),
            "{text}"
        );
        assert!(
            text.ends_with(&format!("{END} \ntail\n{END}\n```\n{BEGIN}\n```")),
            "{text}"
        );
        assert!(!text.contains("old"));
    }

    #[test]
    fn an_agent_without_secrets_says_so() {
        let text = upsert_required_secrets(&upsert("# Mine\n"), &definition(""), Catalogue::builtin());
        assert!(text.contains("This agent needs no secrets."));
        assert!(!text.contains("STRIPE"));
    }
}
