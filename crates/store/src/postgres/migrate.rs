//! Brings the schema up to date: numbered files, each applied once, all in one transaction.
//!
//! Several servers may start at once. They wait for each other on an advisory lock; on a database that knows none, the
//! second of them fails at a table or a number that is there already, and finds everything done when it looks again.

use std::time::Duration;

use super::cause::Cause;
use super::link::Link;
use crate::boundary::{Boundary, pass};
use crate::{DatabaseUrl, StoreError, tables};

/// In order; the number of a file is its place here, from 1, and the same as that of its SQLite twin. A landed file is
/// never edited.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_vault.sql"),
    include_str!("../../migrations/postgres/0002_observed_requests.sql"),
    include_str!("../../migrations/postgres/0003_verifiable_audit.sql"),
    include_str!("../../migrations/postgres/0004_changes_by_secret.sql"),
    include_str!("../../migrations/postgres/0005_tokens.sql"),
    include_str!("../../migrations/postgres/0006_backups.sql"),
    include_str!("../../migrations/postgres/0007_rotation.sql"),
    include_str!("../../migrations/postgres/0008_staging.sql"),
    include_str!("../../migrations/postgres/0009_people.sql"),
    include_str!("../../migrations/postgres/0010_agents.sql"),
    include_str!("../../migrations/postgres/0011_deleted_accounts.sql"),
    include_str!("../../migrations/postgres/0012_indexes_without_lists.sql"),
    include_str!("../../migrations/postgres/0013_secrets_in_pages.sql"),
    include_str!("../../migrations/postgres/0014_people_of_nothing.sql"),
    include_str!("../../migrations/postgres/0015_lists_without_the_deleted.sql"),
];

/// A number of our own among the locks of this database.
const LOCK: &str = "select pg_advisory_xact_lock(5928374650192837)";
/// An index over a long log takes its time.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(30 * 60);
const ATTEMPTS: u32 = 5;

pub(super) fn migrate(link: &mut Link, url: &DatabaseUrl) -> Result<(), StoreError> {
    let known = newest();
    let mut attempts = 0;
    loop {
        let found = schema(link).map_err(|it| it.at(url))?;
        if found == known {
            return Ok(());
        }
        if found > known {
            return Err(StoreError::TooNew { found, known });
        }
        let done = begin(link).and_then(|()| apply(link, known)).and_then(|()| {
            pass(Boundary::Migration);
            link.batch("commit")?;
            pass(Boundary::Migrated);
            Ok(())
        });
        if let Err(cause) = done {
            link.batch("rollback").map_err(|it| it.at(url))?;
            attempts += 1;
            if attempts == ATTEMPTS {
                return Err(cause.at(url));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Begins a transaction that removes every table and makes those of `schema`, empty. Other writers wait for its end.
pub(super) fn start_again(link: &mut Link, url: &DatabaseUrl, schema: u32) -> Result<(), StoreError> {
    let known = newest();
    if schema > known {
        return Err(StoreError::TooNew { found: schema, known });
    }
    let tables: Vec<&str> = tables::all().iter().map(|it| it.name).collect();
    let drop = format!(
        "select only_row from sequencer for update; drop table if exists {} cascade; delete from distri_schema",
        tables.join(", ")
    );
    begin(link)
        .and_then(|()| link.batch_within(&drop, MIGRATION_PATIENCE))
        .and_then(|_| apply(link, schema))
        .map_err(|it| it.at(url))
}

/// Inside that transaction: brings it from an older schema to the newest one.
pub(super) fn finish(link: &mut Link) -> Result<(), Cause> {
    apply(link, newest())
}

fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("few migrations")
}

fn begin(link: &mut Link) -> Result<(), Cause> {
    let begin = format!("begin; set local statement_timeout = 0; set local lock_timeout = '30s'; {LOCK}");
    link.batch_within(&begin, MIGRATION_PATIENCE)?;
    link.batch("create table if not exists distri_schema (version bigint primary key check (version >= 1))")?;
    Ok(())
}

fn apply(link: &mut Link, wanted: u32) -> Result<(), Cause> {
    let found = schema(link)?;
    let migrations = (1..).zip(MIGRATIONS).take(wanted as usize);
    for (version, migration) in migrations.skip(found as usize) {
        link.batch_within(migration, MIGRATION_PATIENCE)?;
        link.batch(&format!("insert into distri_schema (version) values ({version})"))?;
    }
    Ok(())
}

/// The newest migration that was applied. A schema that is not there yet is no failure, which would end a transaction.
fn schema(link: &mut Link) -> Result<u32, Cause> {
    let is_there = "select count(*) from information_schema.tables
                    where table_schema = current_schema() and table_name = 'distri_schema'";
    if number(&link.batch(is_there)?) == 0 {
        return Ok(0);
    }
    Ok(number(
        &link.batch("select coalesce(max(version), 0) from distri_schema")?,
    ))
}

fn number(cells: &[Option<String>]) -> u32 {
    let cell = cells.first().and_then(Option::as_deref);
    cell.and_then(|it| it.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::MIGRATIONS;

    #[test]
    fn every_migration_has_a_twin_and_is_listed() {
        let files = |folder: &str| -> BTreeSet<String> {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let files = std::fs::read_dir(path).expect("a folder").flatten();
            files.map(|it| it.file_name().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(files("postgres"), files("sqlite"));
        let listed = crate::sqlite::migrate::MIGRATIONS.len();
        assert_eq!(
            (MIGRATIONS.len(), listed),
            (files("postgres").len(), files("sqlite").len())
        );
        for (number, name) in (1..).zip(files("sqlite")) {
            assert!(
                name.starts_with(&format!("{number:04}_")),
                "{name} is not number {number}"
            );
        }
    }
}
