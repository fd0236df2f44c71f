//! Brings the schema up to date: numbered files, each applied once, in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;
use crate::boundary::{Boundary, pass};

/// In order; the number of a file is its place here, from 1, and the same as that of its PostgreSQL twin. A landed file is never edited.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_vault.sql"),
    include_str!("../../migrations/sqlite/0002_observed_requests.sql"),
    include_str!("../../migrations/sqlite/0003_verifiable_audit.sql"),
    include_str!("../../migrations/sqlite/0004_changes_by_secret.sql"),
    include_str!("../../migrations/sqlite/0005_tokens.sql"),
    include_str!("../../migrations/sqlite/0006_backups.sql"),
    include_str!("../../migrations/sqlite/0007_rotation.sql"),
    include_str!("../../migrations/sqlite/0008_staging.sql"),
    include_str!("../../migrations/sqlite/0009_people.sql"),
    include_str!("../../migrations/sqlite/0010_agents.sql"),
    include_str!("../../migrations/sqlite/0011_deleted_accounts.sql"),
    include_str!("../../migrations/sqlite/0012_indexes_without_lists.sql"),
    include_str!("../../migrations/sqlite/0013_secrets_in_pages.sql"),
    include_str!("../../migrations/sqlite/0014_people_of_nothing.sql"),
    include_str!("../../migrations/sqlite/0015_lists_without_the_deleted.sql"),
];

pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    up_to(connection, newest())
}

/// The number of the newest schema.
pub(super) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("few migrations")
}

/// Brings it to `schema`, if it is older.
pub(super) fn up_to(connection: &mut Connection, schema: u32) -> Result<(), StoreError> {
    if found(connection)? == schema {
        return Ok(());
    }
    // Several processes may start at once: the first does it, the others find it done inside their transaction.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    apply(&transaction, schema)?;
    pass(Boundary::Migration);
    transaction.commit()?;
    pass(Boundary::Migrated);
    Ok(())
}

/// Inside a transaction: removes every table and makes those of `schema`, empty.
pub(super) fn start_again(transaction: &Connection, schema: u32) -> Result<(), StoreError> {
    let mut statement = transaction.prepare("select name from sqlite_schema where type = 'table'")?;
    let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names.iter().filter(|it| !it.starts_with("sqlite_")) {
        transaction.execute_batch(&format!("drop table \"{}\"", name.replace('"', "\"\"")))?;
    }
    transaction.pragma_update(None, "user_version", 0)?;
    apply(transaction, schema)
}

/// Inside a transaction: brings it from an older schema to the newest one.
pub(super) fn finish(transaction: &Connection) -> Result<(), StoreError> {
    apply(transaction, newest())
}

fn apply(transaction: &Connection, schema: u32) -> Result<(), StoreError> {
    let (found, known) = (found(transaction)?, newest());
    if found.max(schema) > known {
        return Err(StoreError::TooNew {
            found: found.max(schema),
            known,
        });
    }
    for migration in MIGRATIONS.iter().take(schema as usize).skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    if found < schema {
        transaction.pragma_update(None, "user_version", schema)?;
    }
    Ok(())
}

fn found(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.query_row("pragma user_version", [], |row| row.get(0))?)
}
