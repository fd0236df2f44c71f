//! Tool names on the wire: both formats permit `[a-zA-Z0-9_-]{1,64}` only, and a tool's own name may
//! have dots and 128 characters.

use std::collections::BTreeMap;

use super::ToolSpec;

const LIMIT: usize = 64;

/// Our name ↔ the wire's name, both ways unique.
pub(super) struct WireNames(BTreeMap<String, String>);

impl WireNames {
    pub(super) fn new(tools: &[ToolSpec]) -> Self {
        // Names that fit go first, so that they stay as they are.
        let (fitting, others): (Vec<_>, Vec<_>) = tools.iter().partition(|it| fits(&it.name));
        let mut names = BTreeMap::new();
        for tool in fitting {
            names.insert(tool.name.clone(), tool.name.clone());
        }
        for tool in others {
            let mut wire: String = tool.name.chars().map(|it| if is_wire(it) { it } else { '_' }).collect();
            wire.truncate(LIMIT);
            let free = (1..)
                .map(|n| if n == 1 { wire.clone() } else { numbered(&wire, n) })
                .find(|it| !names.contains_key(it))
                .expect("some number is free: tools are finite");
            names.insert(free, tool.name.clone());
        }
        Self(names)
    }

    /// The wire's name of a tool; a name nobody has is made to fit.
    pub(super) fn wire(&self, name: &str) -> String {
        let known = self
            .0
            .iter()
            .find(|(_, own)| *own == name)
            .map(|(wire, _)| wire.clone());
        known.unwrap_or_else(|| {
            let wire: String = name
                .chars()
                .map(|it| if is_wire(it) { it } else { '_' })
                .take(LIMIT)
                .collect();
            if wire.is_empty() { "_".to_owned() } else { wire }
        })
    }

    /// The tool behind a name of the wire; unknown names come back as they are.
    pub(super) fn own(&self, wire: &str) -> String {
        self.0.get(wire).cloned().unwrap_or_else(|| wire.to_owned())
    }
}

fn numbered(wire: &str, n: u32) -> String {
    let suffix = format!("_{n}");
    format!("{}{suffix}", &wire[..wire.len().min(LIMIT - suffix.len())])
}

fn fits(name: &str) -> bool {
    (1..=LIMIT).contains(&name.len()) && name.chars().all(is_wire)
}

fn is_wire(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_name_fits_and_finds_its_way_back() {
        let long = "n".repeat(100);
        let own = [
            "mail.send",
            "mail_send",
            "mail-send",
            &long,
            &format!("{long}x"),
            "a.b",
            "a_b",
        ];
        let tools: Vec<_> = own
            .iter()
            .map(|it| ToolSpec {
                name: (*it).to_owned(),
                description: String::new(),
                parameters: Value::Null,
            })
            .collect();
        let names = WireNames::new(&tools);
        for name in own {
            let wire = names.wire(name);
            assert!(fits(&wire), "{wire}");
            assert_eq!(names.own(&wire), name);
        }
        assert_eq!(names.wire("mail_send"), "mail_send");
        assert_eq!(names.own("nobody"), "nobody");
        assert!(fits(&names.wire("ö/…")) && fits(&names.wire("")));
    }
}
