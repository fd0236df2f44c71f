//! Where an exception comes from, in the file that a person wrote.

use std::collections::BTreeMap;

use rquickjs::Result;

use super::Table;
use crate::script::{Bundle, Places};

pub(super) fn add(table: &Table<'_>, bundle: &Bundle) -> Result<()> {
    let places: BTreeMap<String, Places> = bundle
        .modules
        .iter()
        .map(|(name, module)| (name.clone(), module.places.clone()))
        .collect();
    table.add("place", move |frame: String| in_file(&places, &frame).unwrap_or(frame))
}

/// `module:line:column` of a compiled module as `file:line:column`; nothing where the two are the same.
fn in_file(places: &BTreeMap<String, Places>, frame: &str) -> Option<String> {
    let (rest, column) = frame.rsplit_once(':')?;
    let (module, line) = rest.rsplit_once(':')?;
    let (line, column) = places.get(module)?.of(line.parse().ok()?, column.parse().ok()?)?;
    Some(format!("{module}:{line}:{column}"))
}
