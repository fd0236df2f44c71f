//! Decisions: each has a number of its own, says it in its title, and whoever refers to one names its file.

use std::collections::BTreeMap;
use std::path::Path;

use super::sources;

/// Two decisions with one number, a title with another number, a reference that leads nowhere.
pub(super) fn faults(root: &Path) -> Vec<String> {
    let place = root.join("docs/adr");
    let Ok(entries) = std::fs::read_dir(&place) else {
        return vec!["docs/adr is gone".to_owned()];
    };
    let mut faults = Vec::new();
    let mut by_number: BTreeMap<String, String> = BTreeMap::new();
    let mut names: Vec<String> = entries
        .flatten()
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .filter(|it| it != "README.md")
        .collect();
    names.sort();
    for name in names {
        let number: String = name.chars().take_while(char::is_ascii_digit).collect();
        let text = std::fs::read_to_string(place.join(&name)).unwrap_or_default();
        if !text.starts_with(&format!("# {number}: ")) {
            faults.push(format!("{name} does not begin with `# {number}: `"));
        }
        if let Some(other) = by_number.insert(number, name.clone()) {
            faults.push(format!("{name} has the number of {other}"));
        }
    }
    for (path, text) in sources::texts(root) {
        for rest in text.split("docs/adr/").skip(1) {
            let named: String = rest
                .chars()
                .take_while(|it| it.is_ascii_alphanumeric() || "-.".contains(*it))
                .collect();
            let named = named.trim_end_matches('.');
            if named.starts_with(|it: char| it.is_ascii_digit()) && !place.join(named).exists() {
                faults.push(format!("{path} names docs/adr/{named}, and there is no such file"));
            }
        }
    }
    faults
}
