//! The files of an embedded database: what other programs do to them, and where they are.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use distri_core::clock::Timestamp;
use distri_core::ids::AccountId;
use distri_core::{AccountName, SystemClock};
use distri_store::rows::AccountRow;
use distri_store::{Flush, SqliteStore, StoreError};

/// Says to this very program that it is the other one, and which database it looks at.
const OTHER: &str = "DISTRI_TEST_OTHER_PROGRAM";

fn create(store: &SqliteStore, flush: Flush, name: &str) {
    let row = AccountRow {
        id: AccountId::new(&SystemClock),
        name: name.parse().expect("a name"),
        created_at: Timestamp::UNIX_EPOCH,
    };
    store
        .write_with(flush, |work| work.create_account(&row))
        .expect("writes");
}

fn has(store: &SqliteStore, name: &str) -> bool {
    let name: AccountName = name.parse().expect("a name");
    store
        .read(|work| Ok::<_, StoreError>(work.account(&name)?.is_some()))
        .expect("reads")
}

/// Any tool that looks at the database, as SQLite does by default: the last one to close it folds its log and removes it.
#[test]
fn the_other_program() {
    let Some(path) = std::env::var_os(OTHER) else { return };
    let database = rusqlite::Connection::open(Path::new(&path)).expect("opens");
    let count: u32 = database
        .query_row("select count(*) from accounts", [], |row| row.get(0))
        .expect("reads");
    assert!(count > 0);
}

#[test]
fn a_program_that_looks_at_the_database_takes_no_commit_away() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("distri.db");
    let store = SqliteStore::open(&path).expect("opens");
    create(&store, Flush::Each, "before");
    // More connections come and go in this process.
    store
        .write(|_| {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| assert!(has(&store, "before")));
                }
            });
            Ok::<_, StoreError>(())
        })
        .expect("writes");
    store
        .read_beside(|work| work.accounts().map(|it| assert!(!it.is_empty())))
        .expect("reads");
    drop(SqliteStore::open(&path).expect("opens"));

    let this = std::env::current_exe().expect("a path");
    let looked = Command::new(this)
        .args(["--exact", "the_other_program"])
        .env(OTHER, &path)
        .output()
        .expect("starts");
    assert!(looked.status.success(), "{}", String::from_utf8_lossy(&looked.stdout));

    create(&store, Flush::Each, "after");
    create(&store, Flush::Interval, "soon");
    assert!(directory.path().join("distri.db-wal").exists());
    // As after a kill: nothing is closed.
    std::mem::forget(store);
    let again = SqliteStore::open(&path).expect("opens");
    assert!(has(&again, "before") && has(&again, "after") && has(&again, "soon"));
}

#[test]
fn the_log_is_flushed_where_the_database_really_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let real = directory.path().join("elsewhere");
    std::fs::create_dir(&real).expect("makes it");
    drop(SqliteStore::open(&real.join("distri.db")).expect("opens"));
    let link = directory.path().join("distri.db");
    std::os::unix::fs::symlink(real.join("distri.db"), &link).expect("links");
    let store = SqliteStore::open(&link).expect("opens");
    // There is no log beside the link: one that were looked for there could not be opened.
    create(&store, Flush::Interval, "linked");
    store.flush().expect("flushes");
    assert!(!directory.path().join("distri.db-wal").exists());
    // Removed by somebody, it keeps nothing, and that is said.
    std::fs::remove_file(real.join("distri.db-wal")).expect("removes");
    assert!(matches!(store.flush(), Err(StoreError::Unwritable { .. })));
}

#[test]
fn a_database_under_a_name_that_is_no_text_is_flushed_and_read_beside_like_any_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let real = directory.path().join(OsStr::from_bytes(b"dist\xffri"));
    std::fs::create_dir(&real).expect("makes it");
    let store = SqliteStore::open(&real.join("distri.db")).expect("opens");
    create(&store, Flush::Interval, "there");
    let seen = store.read_beside(|work| Ok::<_, StoreError>(work.accounts()?.len()));
    assert_eq!(seen.expect("reads"), 1);
    store.flush().expect("flushes");
    std::fs::remove_file(real.join("distri.db-wal")).expect("removes");
    assert!(matches!(store.flush(), Err(StoreError::Unwritable { .. })));
}

#[test]
fn a_database_without_a_name_is_read_beside_on_its_one_connection() {
    let store = SqliteStore::scratch(SqliteStore::schema()).expect("opens");
    create(&store, Flush::Each, "there");
    let seen = store.read_beside(|work| Ok::<_, StoreError>(work.accounts()?.len()));
    assert_eq!(seen.expect("reads"), 1);
    store.flush().expect("there is nothing to flush");
}
