//! Whole rows of each table removed, made up and exchanged by hand: noticed, or `rows.txt` says why they are not.

use std::collections::BTreeMap;

use distri_store::tables::{self, Kind, Table};
use distri_vault::Home;

use crate::battery::{NOTICED, another, ask, compared, copy, full};
use crate::support::Place;

/// Columns in which no two rows are alike, beside the key.
const UNIQUE: [(&str, &[&str]); 10] = [
    ("accounts", &["name"]),
    ("secrets", &["key"]),
    ("data_keys", &["secret"]),
    ("tokens", &["hash", "name"]),
    ("people", &["email"]),
    ("members", &["person"]),
    ("invitations", &["hash"]),
    ("agent_definitions", &["name"]),
    ("audit_records", &["id"]),
    ("audit_checkpoints", &["size"]),
];

/// Of a longer table, the first and the last rows are removed, each by itself.
const EACH_END: usize = 3;

#[test]
fn a_row_that_was_removed_made_up_or_exchanged_is_noticed_or_means_nothing() {
    let place = Place::new();
    if !place.database.is_embedded() {
        // The rows are the same, and the checks are made above them.
        return;
    }
    let vault = place.open();
    let credentials = full(&place, &vault);
    drop(vault);
    let with = |sql: &str| {
        let copied = tempfile::tempdir().expect("a directory");
        copy(&place, copied.path());
        let home = Home::below(copied.path());
        let hands = place.database.hands(&home);
        hands
            .without_rules(&format!("pragma foreign_keys = off; {sql}"))
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        drop(hands);
        ask(&home, &place.clock, Some(&credentials))
    };
    let expected = with("");
    let wrong: Vec<_> = expected.iter().filter(|it| it.1.starts_with(NOTICED)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");

    let mut said = BTreeMap::new();
    for line in include_str!("rows.txt").lines().filter(|it| !it.starts_with('#')) {
        let mut words = line.splitn(4, ' ');
        let mut next = || words.next().unwrap_or_default();
        let (table, what, word, reason) = (next(), next(), next(), next());
        assert!(word == "noticed" || !reason.is_empty(), "{table} {what}: why?");
        assert_eq!(said.insert((table, what), word), None, "{table} {what} twice");
    }
    let count = |table: &Table| {
        let hands = place.database.hands(&place.home());
        let text = hands.text(&format!("select cast(count(*) as text) from {}", table.name));
        text.parse::<usize>().expect("a number")
    };
    let mut differences = Vec::new();
    for table in tables::all() {
        let rows = count(table);
        let removals: Vec<String> = (0..rows)
            .filter(|it| *it < EACH_END || *it + EACH_END >= rows)
            .map(|it| format!("delete from {} where {}", table.name, is_row(table, it)))
            .collect();
        let trials = [
            ("removed", removals),
            ("made-up", (rows > 0).then(|| made_up(table)).into_iter().collect()),
            ("exchanged", (rows > 1).then(|| exchanged(table)).into_iter().collect()),
        ];
        for (what, statements) in trials {
            let found = statements.iter().map(|sql| compared(&expected, &with(sql)));
            let found = found.min_by_key(|it| ["shown", "unseen", "noticed"].iter().position(|word| *word == it.0));
            let (found, answer) = found.unwrap_or(("none", "there are not as many rows".to_owned()));
            if said.remove(&(table.name, what)) != Some(found) {
                differences.push(format!("{} {what} {found} ({answer})", table.name));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "other than in the table:\n{}",
        differences.join("\n")
    );
    assert!(said.is_empty(), "there are no such tables: {:?}", said.keys());
}

fn key(table: &Table) -> Vec<(&'static str, Kind)> {
    table.columns[..table.key()].to_vec()
}

fn names(columns: &[(&'static str, Kind)]) -> String {
    let quoted: Vec<String> = columns.iter().map(|it| format!("\"{}\"", it.0)).collect();
    quoted.join(", ")
}

/// The row with this place in the order of the key.
fn is_row(table: &Table, place: usize) -> String {
    let key = names(&key(table));
    format!(
        "({key}) = (select {key} from {} order by {key} limit 1 offset {place})",
        table.name
    )
}

/// A copy of the last row with another key, and other names.
fn made_up(table: &Table) -> String {
    let unique = UNIQUE.iter().find(|it| it.0 == table.name).map_or(&[][..], |it| it.1);
    let last = key(table).last().map(|it| it.0);
    let cells: Vec<String> = table
        .columns
        .iter()
        .map(
            |(column, kind)| match Some(*column) == last || unique.contains(column) {
                true => another(column, *kind),
                false => format!("\"{column}\""),
            },
        )
        .collect();
    let (all, key) = (
        names(&table.columns),
        names(&key(table)).replace("\", \"", "\" desc, \""),
    );
    format!(
        "insert into {} ({all}) select {} from {} order by {key} desc limit 1",
        table.name,
        cells.join(", "),
        table.name
    )
}

/// The first two rows change places: each has the key of the other one.
fn exchanged(table: &Table) -> String {
    let (name, key) = (table.name, key(table));
    let columns = names(&key);
    let changed = |from: &str, to: &str| {
        format!(
            "update {name} set ({columns}) = (select {columns} from {to}) where ({columns}) = (select {columns} from {from});"
        )
    };
    let parked: Vec<String> = key
        .iter()
        .map(|(column, kind)| format!("{} as \"{column}\"", another(column, *kind)))
        .collect();
    format!(
        "create temp table a as select {columns} from {name} order by {columns} limit 1;
         create temp table b as select {columns} from {name} order by {columns} limit 1 offset 1;
         create temp table parked as select {} from {name} order by {columns} limit 1;
         {} {} {}",
        parked.join(", "),
        changed("a", "parked"),
        changed("b", "a"),
        changed("parked", "b"),
    )
}
