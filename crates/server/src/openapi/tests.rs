//! The document is complete, refers to nothing that is not there, and is the one that was agreed on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

#[test]
fn every_route_is_described_once() {
    let mut names = BTreeSet::new();
    let mut places = BTreeSet::new();
    for route in documented() {
        assert!(names.insert(route.name), "{} is there twice", route.name);
        assert!(
            places.insert((route.verb.as_str(), route.path)),
            "{} is there twice",
            route.path
        );
        assert!(
            !route.summary.is_empty() && !route.about.is_empty() && !route.gives.is_empty(),
            "{}",
            route.name
        );
    }
}

#[test]
fn every_reference_has_its_schema() {
    let document = document();
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    for reference in &references {
        let name = reference.strip_prefix("#/components/schemas/").expect(reference);
        assert!(document["components"]["schemas"][name].is_object(), "{reference}");
    }
    for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(
            references.contains(&format!("#/components/schemas/{name}")),
            "nothing refers to {name}"
        );
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value.as_str() {
                    Some(reference) if name == "$ref" => {
                        references.insert(reference.to_owned());
                    }
                    _ => collect(value, references),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|it| collect(it, references)),
        _ => {}
    }
}

/// `UPDATE_OPENAPI=1 cargo test -p distri-server` writes the snapshot; its difference is what clients will notice.
#[test]
fn the_document_is_the_one_in_the_documentation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let now = serde_json::to_string_pretty(&document()).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &now).expect("writes");
    }
    let agreed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        now == agreed,
        "docs/openapi.json is another document: see `git diff` after UPDATE_OPENAPI=1"
    );
}
