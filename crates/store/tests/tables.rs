//! Every table comes and goes as rows of plain cells, and a database is replaced whole or not at all.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;

use distri_core::ids::AccountId;
use distri_core::{AccountName, SystemClock, Timestamp};
use distri_store::rows::AccountRow;
use distri_store::tables::{self, Cell};
use distri_store::{SqliteStore, StoreError, UnitOfWork};

/// The tables of the schema and their columns, as the database itself describes them.
fn schema(path: &Path) -> Vec<(String, Vec<String>)> {
    let database = rusqlite::Connection::open(path).unwrap();
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
    let mut statement = database.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let described = names.map(|name| {
        let name = name.unwrap();
        let mut columns = database
            .prepare("select name || ':' || case type when 'INTEGER' then 'i' when 'TEXT' then 't' else 'b' end from pragma_table_info(?1)")
            .unwrap();
        let columns = columns.query_map([&name], |row| row.get(0)).unwrap();
        let columns = columns.map(Result::unwrap).collect();
        (name, columns)
    });
    described.collect()
}

fn add_account(work: &mut dyn UnitOfWork, name: &str) -> Result<(), StoreError> {
    work.create_account(&AccountRow {
        id: AccountId::new(&SystemClock),
        name: name.parse().unwrap(),
        created_at: Timestamp::UNIX_EPOCH,
    })
}

fn has_account(work: &mut dyn UnitOfWork, name: &str) -> bool {
    let name: AccountName = name.parse().unwrap();
    work.account(&name).unwrap().is_some()
}

#[test]
fn the_list_of_tables_is_the_schema() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("distri.db");
    drop(SqliteStore::open(&path).unwrap());
    let mut listed: Vec<(String, Vec<String>)> = tables::all()
        .iter()
        .map(|it| (it.name.to_owned(), it.description()))
        .collect();
    listed.sort();
    assert_eq!(listed, schema(&path));
}

#[test]
fn rows_come_in_pages_and_go_into_another_database() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("distri.db")).unwrap();
    store
        .write(|work| (0..25).try_for_each(|it| add_account(work, &format!("account-{it}"))))
        .unwrap();
    let other = SqliteStore::scratch(SqliteStore::schema()).unwrap();
    let table = tables::all().iter().find(|it| it.name == "accounts").unwrap();
    let mut after: Option<Vec<Cell>> = None;
    let mut pages = 0;
    loop {
        let page = store
            .read_beside(|work| work.table_rows(table, after.as_deref(), 10))
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        pages += 1;
        other
            .write(|work| page.iter().try_for_each(|row| work.put_table_row(table, row)))
            .unwrap();
    }
    assert_eq!(pages, 3);
    let found = other.read(|work| Ok::<_, StoreError>((0..25).all(|it| has_account(work, &format!("account-{it}")))));
    assert!(found.unwrap());
}

#[test]
fn a_database_is_replaced_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("distri.db");
    let store = SqliteStore::open(&path).unwrap();
    store.write(|work| add_account(work, "old")).unwrap();
    let beside = SqliteStore::open(&path).unwrap();
    assert!(
        beside
            .read(|work| Ok::<_, StoreError>(has_account(work, "old")))
            .unwrap()
    );

    for step in ["load", "finish"] {
        let failed = store.rebuild(
            SqliteStore::schema(),
            |work| {
                assert!(!has_account(work, "old"));
                add_account(work, "new")?;
                if step == "load" {
                    Err(StoreError::Conflict)
                } else {
                    Ok(())
                }
            },
            |_| Err::<(), _>(StoreError::Conflict),
        );
        assert!(matches!(failed, Err(StoreError::Conflict)), "{step}");
        assert!(
            store
                .read(|work| Ok::<_, StoreError>(has_account(work, "old")))
                .unwrap()
        );
    }

    let load = |work: &mut dyn UnitOfWork| add_account(work, "new");
    store
        .rebuild(SqliteStore::schema(), load, |work| add_account(work, "newer"))
        .unwrap();
    for reader in [&store, &beside] {
        let found = reader.read(|work| {
            Ok::<_, StoreError>([
                has_account(work, "old"),
                has_account(work, "new"),
                has_account(work, "newer"),
            ])
        });
        assert_eq!(found.unwrap(), [false, true, true]);
    }
}

#[test]
fn an_older_schema_is_brought_up_to_date_and_a_newer_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("distri.db")).unwrap();
    let load = |work: &mut dyn UnitOfWork| add_account(work, "old");
    store.rebuild(1, load, |work| work.backups().map(drop)).unwrap();
    let newer = SqliteStore::schema() + 1;
    let refused = store.rebuild(newer, |_| Ok::<_, StoreError>(()), |_| Ok(()));
    assert!(matches!(refused, Err(StoreError::TooNew { .. })));
    assert!(
        store
            .read(|work| Ok::<_, StoreError>(has_account(work, "old")))
            .unwrap()
    );
}

#[test]
fn a_reference_to_nothing_is_no_database() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("distri.db")).unwrap();
    let table = tables::all().iter().find(|it| it.name == "account_keys").unwrap();
    let blob = || Cell::Blob(vec![7; 16]);
    let row = [blob(), Cell::Integer(1), blob(), Cell::Integer(0), Cell::Integer(0)];
    let load = |work: &mut dyn UnitOfWork| work.put_table_row(table, &row);
    let refused = store.rebuild(SqliteStore::schema(), load, |_| Ok::<_, StoreError>(()));
    assert!(matches!(refused, Err(StoreError::Damaged { table: "account_keys" })));
}
