//! Databases of earlier versions, made of a present one: the schema of that time, and of each row what it had then.

use std::path::Path;
use std::process::Stdio;

use xtask::postgres::Database;

use crate::state::look;
use crate::steps::Step;
use crate::support::{Home, finish};
use crate::world::{World, copy_files};

/// Before the log was signed, and before tokens; the last one of before comes to them.
const TRIED: [usize; 2] = [2, 4];
/// The first one that there was on a server; the same.
const TRIED_ON_A_SERVER: [usize; 1] = [7];

/// The migrations of a kind of database, in order.
fn migrations(kind: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../store/migrations")
        .join(kind);
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|it| it.unwrap().path()).collect();
    files.sort();
    files.iter().map(|it| std::fs::read_to_string(it).unwrap()).collect()
}

/// These schemas and the last one of before.
fn and_the_last(tried: &[usize], migrations: &[String]) -> Vec<usize> {
    let mut all = tried.to_vec();
    all.push(migrations.len() - 1);
    all
}

/// A home of each of these versions.
pub(crate) struct Early(Vec<World>);

impl Early {
    pub(crate) fn new() -> Self {
        let migrations = migrations("sqlite");
        let worlds = and_the_last(&TRIED, &migrations).into_iter().map(|schema| {
            let mut world = World::new();
            world.fill(40);
            set_back(&world.home, &migrations[..schema]);
            world
        });
        Self(worlds.collect())
    }

    pub(crate) fn on_a_server() -> Self {
        let migrations = migrations("postgres");
        let worlds = and_the_last(&TRIED_ON_A_SERVER, &migrations).into_iter().map(|schema| {
            let world = World::on_a_server();
            set_back_on_a_server(world.database().unwrap(), &migrations[..schema]);
            world
        });
        Self(worlds.collect())
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

fn set_back(home: &Home, migrations: &[String]) {
    let schema = migrations.len();
    home.tamper("pragma wal_checkpoint(truncate)");
    let present = home.database().with_extension("present");
    std::fs::rename(home.database(), &present).unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", home.database().display()));
    }
    let database = rusqlite::Connection::open(home.database()).unwrap();
    for migration in migrations {
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

fn set_back_on_a_server(database: &Database, migrations: &[String]) {
    let versions = (1..=migrations.len())
        .map(|it| format!("({it})"))
        .collect::<Vec<_>>()
        .join(", ");
    database
        .sql(&format!(
            "alter schema public rename to present; create schema public; set client_min_messages = error;
             create table distri_schema (version bigint primary key); {};
             insert into distri_schema (version) values {versions}",
            migrations.concat()
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
