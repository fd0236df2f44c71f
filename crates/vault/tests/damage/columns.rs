//! Each column of each table is changed by hand, in every row: noticed, or `columns.txt` says why it is not.

use std::collections::BTreeMap;

use distri_store::tables;
use distri_vault::Home;

use crate::battery::{NOTICED, another, ask, compared, copy, full};
use crate::support::Place;

#[test]
fn a_change_of_any_column_is_noticed_or_means_nothing() {
    let place = Place::new();
    if !place.database.is_embedded() {
        // The rows are the same, and the checks are made above them.
        return;
    }
    let vault = place.open();
    let credentials = full(&place, &vault);
    drop(vault);
    let untouched = tempfile::tempdir().expect("a directory");
    copy(&place, untouched.path());
    let expected = ask(&Home::below(untouched.path()), &place.clock, Some(&credentials));
    let wrong: Vec<_> = expected.iter().filter(|it| it.1.starts_with(NOTICED)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");

    let mut table = BTreeMap::new();
    for line in include_str!("columns.txt").lines().filter(|it| !it.starts_with('#')) {
        let (column, rest) = line.split_once(' ').expect("a column and its word");
        let (word, reason) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        assert!(word == "noticed" || !reason.is_empty(), "{column}: why?");
        assert_eq!(table.insert(column, word), None, "{column} twice");
    }
    let mut differences = Vec::new();
    for it in tables::all() {
        for (column, kind) in &it.columns {
            let name = format!("{}.{column}", it.name);
            let copied = tempfile::tempdir().expect("a directory");
            copy(&place, copied.path());
            let home = Home::below(copied.path());
            place
                .database
                .hands(&home)
                .without_rules(&format!(
                    "pragma foreign_keys = off; update {} set \"{column}\" = {};",
                    it.name,
                    another(column, *kind)
                ))
                .expect("changes");
            let answers = ask(&home, &place.clock, Some(&credentials));
            let (found, what) = compared(&expected, &answers);
            if table.remove(&*name) != Some(found) {
                differences.push(format!("{name} {found} ({what})"));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "other than in the table:\n{}",
        differences.join("\n")
    );
    assert!(table.is_empty(), "there are no such columns: {:?}", table.keys());
}
