//! Databases of earlier versions, made of a present one: the schema of that time, and of each row what it had then.

use std::process::Stdio;

use crate::state::{State, look};
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

/// A home of each of these versions, and what is in them.
pub(crate) struct Early {
    homes: Vec<Home>,
    state: State,
}

impl Early {
    pub(crate) fn new() -> Self {
        let mut state = State::default();
        let homes = TRIED.map(|schema| {
            let mut world = World::new();
            world.fill(40);
            state = world.known.clone();
            set_back(&world.home, schema);
            world.home
        });
        Self {
            homes: homes.into(),
            state,
        }
    }

    /// A copy of one of them, for a command that brings it up to date.
    pub(crate) fn world(&self, round: usize) -> World {
        let mut world = World::new();
        for place in ["config", "data", "state"] {
            let from = self.homes[round % self.homes.len()].path().join(place);
            if from.exists() {
                copy_files(&from, &world.home.path().join(place));
            }
        }
        world.known = self.state.clone();
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

#[test]
fn a_database_of_each_earlier_version_is_brought_up_to_date_by_the_first_command() {
    let early = Early::new();
    for index in 0..TRIED.len() {
        let world = early.world(index);
        let mut command = world.command(&["secrets", "list"]);
        finish(command.stdin(Stdio::null()).output().unwrap()).ok();
        assert_eq!(look(&world.vault_home(), None, &early.state).state, early.state);
    }
}
