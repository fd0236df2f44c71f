//! Brings the schema up to date: numbered files, each applied once, in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;

/// In order; the number of a file is its place here, from 1. A landed file is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_vault.sql"),
    include_str!("../../migrations/sqlite/0002_observed_requests.sql"),
    include_str!("../../migrations/sqlite/0003_verifiable_audit.sql"),
    include_str!("../../migrations/sqlite/0004_changes_by_secret.sql"),
    include_str!("../../migrations/sqlite/0005_tokens.sql"),
];

pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = u32::try_from(MIGRATIONS.len()).expect("few migrations");
    if schema(connection)? == known {
        return Ok(());
    }
    // Several processes may start at once: the first does it, the others find it done inside their transaction.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = schema(&transaction)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for migration in &MIGRATIONS[found as usize..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

fn schema(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.query_row("pragma user_version", [], |row| row.get(0))?)
}
