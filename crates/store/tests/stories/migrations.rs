//! What a migration does to rows that are there.

use std::path::Path;

use distri_store::{Location, Store, StoreError};

use crate::support::Place;

/// A database as it was before the migration of this name, with `rows`; bytes are written `bytes(what, length)`.
fn before(place: &Place, name: &str, rows: &str) {
    let kind = if crate::ON_A_SERVER { "postgres" } else { "sqlite" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(kind);
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut files: Vec<_> = files.map(|it| it.path()).collect();
    files.sort();
    let all = files.len();
    let of_before = files.iter().take_while(|it| !it.to_string_lossy().ends_with(name));
    let migrations: Vec<_> = of_before
        .map(|it| std::fs::read_to_string(it).expect("a file"))
        .collect();
    assert!(migrations.len() < all, "there is no {name}");
    let (schema, migrations) = (migrations.len(), migrations.concat());
    if crate::ON_A_SERVER {
        run(
            place,
            &format!(
                "create table distri_schema (version bigint primary key check (version >= 1)); {migrations};
                 insert into distri_schema select * from generate_series(1, {schema})"
            ),
        );
    } else {
        run(
            place,
            &format!("pragma journal_mode = wal; {migrations} pragma user_version = {schema}"),
        );
    }
    run(place, rows);
}

fn run(place: &Place, sql: &str) {
    match place.location() {
        Location::File(file) => {
            let database = rusqlite::Connection::open(file).expect("opens");
            database.execute_batch(sql).expect("runs");
        }
        Location::Server(_) => drop(place.database().sql(sql).expect("runs")),
    }
}

/// Bytes that are all the same, in the words of the database.
fn bytes(byte: u8, length: usize) -> String {
    let hex = format!("{byte:02x}").repeat(length);
    match crate::ON_A_SERVER {
        true => format!(r"'\x{hex}'::bytea"),
        false => format!("x'{hex}'"),
    }
}

#[test]
fn whoever_stayed_behind_as_a_member_of_nothing_goes_with_their_session_and_members_stay() {
    let (account, mac) = (bytes(1, 16), bytes(9, 32));
    let mut rows = format!("insert into accounts (id, name, created_at) values ({account}, 'default', 0);");
    for (byte, name) in [(2, "member"), (3, "gone")] {
        let (person, hash) = (bytes(byte, 16), bytes(byte, 32));
        rows += &format!(
            "insert into people (id, email, name, password, created_at, revision, mac)
             values ({person}, '{name}@example.com', '{name}', '', 0, 1, {mac});
             insert into web_sessions (hash, person, account, created_at, seen_at, password_at, expires_at, mac)
             values ({hash}, {person}, {account}, 0, 0, 0, 1, {mac});"
        );
    }
    rows += &format!(
        "insert into members (id, account, person, role, created_at, created_by, revision, mac)
         values ({}, {account}, {}, 'owner', 0, 'root', 1, {mac});",
        bytes(4, 16),
        bytes(2, 16)
    );
    let place = Place::new();
    before(&place, "_people_of_nothing.sql", &rows);
    let store = Store::open(&place.location()).expect("brings it up to date");
    let left = store.read(|work| {
        let mut left = Vec::new();
        for name in ["member", "gone"] {
            let email = format!("{name}@example.com").parse().expect("an address");
            if let Some(person) = work.person_by_email(&email)? {
                left.push((
                    name,
                    work.memberships(person.id)?.len(),
                    work.web_sessions(person.id)?.len(),
                ));
            }
        }
        Ok::<_, StoreError>(left)
    });
    assert_eq!(left.expect("reads"), [("member", 1, 1)]);
    // Their session is gone too: its place is free.
    run(
        &place,
        &format!(
            "insert into web_sessions (hash, person, account, created_at, seen_at, password_at, expires_at, mac)
                  select {}, person, account, 0, 0, 0, 1, mac from web_sessions",
            bytes(3, 32)
        ),
    );
}
