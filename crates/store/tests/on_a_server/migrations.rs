//! The schema comes up to date once, whoever starts.

use distri_store::{Store, StoreError};

use crate::support::Place;

#[test]
fn servers_that_start_at_once_make_the_schema_once() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| place.store().check().expect("answers"));
        }
    });
    let database = place.database();
    let versions = database.sql("select string_agg(version::text, ' ' order by version) from distri_schema");
    let versions = versions.expect("reads");
    let expected: Vec<String> = (1..=versions.split(' ').count()).map(|it| it.to_string()).collect();
    assert_eq!(versions.trim(), expected.join(" "));
}

#[test]
fn a_newer_schema_is_refused() {
    let place = Place::new();
    drop(place.store());
    place
        .database()
        .sql("insert into distri_schema (version) values (9999)")
        .expect("edits");
    let refused = Store::open(&place.location()).err().expect("refused");
    assert!(matches!(refused, StoreError::TooNew { found: 9999, .. }), "{refused}");
}

#[test]
fn the_list_of_tables_is_the_schema() {
    let place = Place::new();
    drop(place.store());
    let sql = "select table_name || ' ' || string_agg(column_name || ':' || case data_type when 'bigint' then 'i' when 'text' then 't' when 'bytea' then 'b' else data_type end, ' ' order by ordinal_position)
               from information_schema.columns where table_schema = current_schema() group by table_name order by table_name";
    let found = place.database().sql(sql).expect("reads");
    let ours = ["distri_schema version:i", "sequencer only_row:i"].map(str::to_owned);
    let listed = distri_store::tables::all()
        .iter()
        .map(|it| format!("{} {}", it.name, it.description().join(" ")));
    let mut listed: Vec<String> = listed.chain(ours).collect();
    listed.sort();
    assert_eq!(found.lines().collect::<Vec<_>>(), listed);
}
