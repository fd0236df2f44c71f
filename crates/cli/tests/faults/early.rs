//! Databases of earlier versions, made of a present one: the schema of that time, and of each row what it had then.

use std::process::Stdio;

use xtask::postgres::Database;

use crate::state::look;
use crate::steps::Step;
use crate::support::{Home, finish};
use crate::world::{World, copy_files};

/// The schemas of before, as far as they are tried.
const MIGRATIONS: [&str; 10] = [
    include_str!("../../../store/migrations/sqlite/0001_vault.sql"),
    include_str!("../../../store/migrations/sqlite/0002_observed_requests.sql"),
    include_str!("../../../store/migrations/sqlite/0003_verifiable_audit.sql"),
    include_str!("../../../store/migrations/sqlite/0004_changes_by_secret.sql"),
    include_str!("../../../store/migrations/sqlite/0005_tokens.sql"),
    include_str!("../../../store/migrations/sqlite/0006_backups.sql"),
    include_str!("../../../store/migrations/sqlite/0007_rotation.sql"),
    include_str!("../../../store/migrations/sqlite/0008_staging.sql"),
    include_str!("../../../store/migrations/sqlite/0009_people.sql"),
    include_str!("../../../store/migrations/sqlite/0010_agents.sql"),
];
/// Before the log was signed, before tokens, and the last one.
const TRIED: [usize; 3] = [2, 4, 10];
/// The same on a server.
const MIGRATIONS_ON_A_SERVER: [&str; 10] = [
    include_str!("../../../store/migrations/postgres/0001_vault.sql"),
    include_str!("../../../store/migrations/postgres/0002_observed_requests.sql"),
    include_str!("../../../store/migrations/postgres/0003_verifiable_audit.sql"),
    include_str!("../../../store/migrations/postgres/0004_changes_by_secret.sql"),
    include_str!("../../../store/migrations/postgres/0005_tokens.sql"),
    include_str!("../../../store/migrations/postgres/0006_backups.sql"),
    include_str!("../../../store/migrations/postgres/0007_rotation.sql"),
    include_str!("../../../store/migrations/postgres/0008_staging.sql"),
    include_str!("../../../store/migrations/postgres/0009_people.sql"),
    include_str!("../../../store/migrations/postgres/0010_agents.sql"),
];
/// The first one that there was on a server, and the last one.
const TRIED_ON_A_SERVER: [usize; 2] = [7, 10];

/// A home of each of these versions.
pub(crate) struct Early(Vec<World>);

impl Early {
    pub(crate) fn new() -> Self {
        let worlds = TRIED.map(|schema| {
            let mut world = World::new();
            world.fill(40);
            set_back(&world.home, schema);
            world
        });
        Self(worlds.into())
    }

    pub(crate) fn on_a_server() -> Self {
        let worlds = TRIED_ON_A_SERVER.map(|schema| {
            let world = World::on_a_server();
            set_back_on_a_server(world.database().unwrap(), schema);
            world
        });
        Self(worlds.into())
    }

    /// How many there are.
    pub(crate) fn versions(&self) -> usize {
        self.0.len()
    }

    /// A copy of one of them, for a command that brings it up to date.
    pub(crate) fn world(&self, round: usize) -> World {
        let old = &self.0[round % self.0.len()];
        let mut world = match old.database() {
            Some(database) => World::on(database.twin().unwrap()),
            None => World::new(),
        };
        for place in ["config", "data", "state"] {
            let from = old.home.path().join(place);
            if from.exists() {
                copy_files(&from, &world.home.path().join(place));
            }
        }
        world.known = old.known.clone();
        world
    }
}

/// Whatever opens it first brings it up to date.
pub(crate) static STEP: Step = Step {
    name: "bring a database of before up to date",
    args: |_, _| ["secrets", "list"].map(str::to_owned).into(),
    ..Step::BLANK
};

fn set_back(home: &Home, schema: usize) {
    home.tamper("pragma wal_checkpoint(truncate)");
    let present = home.database().with_extension("present");
    std::fs::rename(home.database(), &present).unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", home.database().display()));
    }
    let database = rusqlite::Connection::open(home.database()).unwrap();
    for migration in &MIGRATIONS[..schema] {
        database.execute_batch(migration).unwrap();
    }
    database
        .execute_batch(&format!(
            "pragma journal_mode = wal; pragma user_version = {schema}; pragma foreign_keys = off;
             attach '{}' as present;",
            present.display()
        ))
        .unwrap();
    for (table, columns) in common_columns(&database) {
        database
            .execute_batch(&format!(
                "insert or replace into {table} ({columns}) select {columns} from present.{table}"
            ))
            .unwrap();
    }
    drop(database);
    std::fs::remove_file(present).unwrap();
    if schema < 3 {
        // Nothing of the log was outside then.
        std::fs::remove_dir_all(home.path().join("state")).unwrap();
    }
}

/// The tables of a database that the present one has too, with the columns of both, those first that others refer to.
fn common_columns(database: &rusqlite::Connection) -> Vec<(String, String)> {
    let listed = distri_store::tables::all().iter().filter_map(|table| {
        let sql = "select group_concat('\"' || name || '\"') from pragma_table_info(?1)";
        let columns: Option<String> = database.query_row(sql, [table.name], |row| row.get(0)).unwrap();
        Some((table.name.to_owned(), columns?))
    });
    listed.filter(|it| it.0 != "unsigned_audit_records").collect()
}

fn set_back_on_a_server(database: &Database, schema: usize) {
    let migrations = MIGRATIONS_ON_A_SERVER[..schema].concat();
    let versions = (1..=schema).map(|it| format!("({it})")).collect::<Vec<_>>().join(", ");
    database
        .sql(&format!(
            "alter schema public rename to present; create schema public; set client_min_messages = error;
             create table distri_schema (version bigint primary key); {migrations};
             insert into distri_schema (version) values {versions}"
        ))
        .unwrap();
    for table in distri_store::tables::all() {
        let columns = format!(
            "select string_agg(format('%I', column_name), ', ') from information_schema.columns
             where table_schema = 'public' and table_name = '{0}'",
            table.name
        );
        let columns = database.sql(&columns).unwrap();
        // In the order of their keys: the log's records are appended only.
        let (name, columns) = (table.name, columns.trim());
        if !columns.is_empty() {
            let copy = format!("insert into {name} ({columns}) select {columns} from present.{name} order by 1");
            database.sql(&copy).unwrap();
        }
    }
    database.sql("drop schema present cascade").unwrap();
}

#[test]
fn a_database_of_each_earlier_version_is_brought_up_to_date_by_the_first_command() {
    for early in [Early::new(), Early::on_a_server()] {
        for index in 0..early.versions() {
            let world = early.world(index);
            let mut command = world.command(&["secrets", "list"]);
            finish(command.stdin(Stdio::null()).output().unwrap()).ok();
            assert_eq!(look(&world.vault_home(), None, &world.known).state, world.known);
        }
    }
}
