//! The database of a test: the embedded one, or with `DISTRI_TEST_DATABASE=postgres` one on the tests' server; and hands
//! that reach into it as somebody does who may write there.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::path::{Path, PathBuf};

use distri_vault::Home;
use xtask::postgres::Database;

/// Where the rows of a test are.
pub(crate) enum TestDatabase {
    Embedded,
    Server(Box<Database>),
}

impl TestDatabase {
    pub(crate) fn new() -> Self {
        match std::env::var("DISTRI_TEST_DATABASE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Embedded,
            Ok("postgres") => Self::Server(Box::new(Database::create().expect("a database"))),
            Ok(other) => panic!("`DISTRI_TEST_DATABASE` is `sqlite` or `postgres`, not `{other}`"),
        }
    }

    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded)
    }

    /// Everything below `directory`, with the rows here.
    pub(crate) fn home(&self, directory: &Path) -> Home {
        let home = Home::below(directory);
        match self {
            Self::Embedded => home,
            Self::Server(database) => home.with_database(Some(database.url().parse().expect("a URL"))),
        }
    }

    pub(crate) fn hands(&self, home: &Home) -> Hands<'_> {
        match self {
            Self::Embedded => Hands::Embedded(rusqlite::Connection::open(home.database()).expect("opens")),
            Self::Server(database) => Hands::Server(database),
        }
    }

    /// A copy of the database, to put back later.
    pub(crate) fn keep(&self, home: &Home) -> Kept {
        match self {
            Self::Embedded => Kept::Files(files(home)),
            Self::Server(database) => Kept::Server(database.keep().expect("keeps it")),
        }
    }

    pub(crate) fn put_back(&self, home: &Home, kept: &Kept) {
        match (self, kept) {
            (Self::Server(database), Kept::Server(kept)) => database.put_back(*kept).expect("puts it back"),
            (Self::Embedded, Kept::Files(kept)) => {
                for (path, _) in files(home) {
                    std::fs::remove_file(path).expect("removes");
                }
                for (path, bytes) in kept {
                    std::fs::write(path, bytes).expect("writes");
                }
            }
            _ => panic!("it was kept elsewhere"),
        }
    }
}

/// The embedded database's files.
pub(crate) fn files(home: &Home) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = home.database().parent().expect("a directory").to_owned();
    let files = std::fs::read_dir(directory)
        .expect("reads")
        .map(|it| it.expect("reads").path());
    files
        .map(|it| (it.clone(), std::fs::read(it).expect("reads")))
        .collect()
}

/// A database that was kept.
pub(crate) enum Kept {
    Files(Vec<(PathBuf, Vec<u8>)>),
    Server(xtask::postgres::Kept),
}

/// Hands in the database. SQL for SQLite is put into the words of the server.
pub(crate) enum Hands<'d> {
    Embedded(rusqlite::Connection),
    Server(&'d Database),
}

impl Hands<'_> {
    pub(crate) fn execute_batch(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Embedded(connection) => connection.execute_batch(sql).map_err(|it| it.to_string()),
            Self::Server(database) => database.sql(&in_its_words(sql)).map(drop).map_err(|it| it.to_string()),
        }
    }

    /// One text.
    pub(crate) fn text(&self, sql: &str) -> String {
        match self {
            Self::Embedded(connection) => connection.query_row(sql, [], |row| row.get(0)).expect("a row"),
            Self::Server(database) => {
                let text = database.sql(&in_its_words(sql)).expect("a row");
                text.strip_suffix('\n').unwrap_or(&text).to_owned()
            }
        }
    }

    /// The bytes of a column of the only row.
    pub(crate) fn hex(&self, column: &str, table: &str) -> String {
        self.text(&match self {
            Self::Embedded(_) => format!("select hex({column}) from {table}"),
            Self::Server(_) => format!("select encode({column}, 'hex') from {table}"),
        })
    }

    /// How a question is answered: what `explain` says.
    pub(crate) fn plan(&self, sql: &str) -> String {
        match self {
            Self::Embedded(connection) => {
                let mut statement = connection
                    .prepare(&format!("explain query plan {sql}"))
                    .expect("explains");
                let lines = statement
                    .query_map([], |row| row.get::<_, String>(3))
                    .expect("explains");
                lines.map(|it| it.expect("a line")).collect()
            }
            // A short table is read as a whole, whatever there is beside it.
            Self::Server(database) => database
                .sql(&format!("set enable_seqscan = off; explain {sql}"))
                .expect("explains"),
        }
    }

    /// As [`execute_batch`](Self::execute_batch), stopped by no trigger and no rule.
    pub(crate) fn without_rules(&self, sql: &str) -> Result<(), String> {
        const TRIGGERS: [&str; 5] = [
            "audit_records_have_no_gaps",
            "audit_records_stay_as_written",
            "audit_records_stay",
            "audit_checkpoints_stay_as_written",
            "audit_checkpoints_stay",
        ];
        match self {
            Self::Embedded(connection) => {
                for trigger in TRIGGERS {
                    self.execute_batch(&format!("drop trigger if exists {trigger}"))?;
                }
                let ignored = connection.pragma_update(None, "ignore_check_constraints", true);
                ignored.map_err(|it| it.to_string())?;
                self.execute_batch(sql)
            }
            Self::Server(_) => {
                self.execute_batch(&format!("{DROP_CHECKS} set session_replication_role = replica; {sql}"))
            }
        }
    }
}

const DROP_CHECKS: &str = "do $$
declare it record;
begin
  for it in select conrelid::regclass as place, conname from pg_constraint
            where contype = 'c' and connamespace = current_schema()::regnamespace
  loop
    execute format('alter table %s drop constraint %I', it.place, it.conname);
  end loop;
end
$$;";

fn in_its_words(sql: &str) -> String {
    let mut words = sql
        .replace("pragma foreign_keys = off;", "set session_replication_role = replica;")
        .replace(" as blob)", " as bytea)")
        .replace("char(10)", "chr(10)");
    if let Some((before, rest)) = words.clone().split_once("insert or ignore into ") {
        words = format!("{before}insert into {rest} on conflict do nothing");
    }
    if let Some((before, rest)) = words.clone().split_once("insert or replace into ") {
        let (table, kept) = rest.split_once(" select * from ").expect("another table");
        words = format!("{before}delete from {table} where id in (select id from {kept}); insert into {rest}");
    }
    for (name, left, right) in [
        ("zeroblob(", "decode(repeat('00', ", "), 'hex')"),
        ("randomblob(", "decode(repeat('5a', ", "), 'hex')"),
        ("x'", "decode('", "', 'hex')"),
    ] {
        let end = if name.ends_with('\'') { '\'' } else { ')' };
        let mut from = 0;
        while let Some(at) = words[from..].find(name).map(|it| it + from) {
            // A letter before it makes another word of it.
            if words[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_' || it == '\'') {
                from = at + name.len();
                continue;
            }
            let begin = at + name.len();
            let close = words[begin..].find(end).expect("an end") + begin;
            let replaced = format!("{left}{}{right}", &words[begin..close]);
            from = at + replaced.len();
            words.replace_range(at..=close, &replaced);
        }
    }
    words
}
