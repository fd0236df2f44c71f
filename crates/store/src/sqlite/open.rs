//! Opens the file and sets what SQLite keeps per connection.

use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::Access;

use super::BUSY_SECONDS;
use crate::StoreError;

/// At so many pages (32 MiB) a commit folds the log into the database. A page that is written again and again, as those of
/// indexes are, is folded once however often the log has it: with SQLite's own thousand pages a server that writes much
/// spent a tenth of its time on that. A thread beside the commits that folded earlier made them slower, by the same disk.
const LONG_LOG: u32 = 8_000;

/// Opens the database at `path`, and makes it when there is none.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    // SQLite gives its `-wal` and `-shm` files the mode of the database, so the mode is set before it sees the file. A file
    // that is there is not opened: closing it would take away the locks that this process has on it (POSIX), and another
    // program that looks at the database would think itself alone, fold the log and remove it under our connections.
    let made = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path);
    let usable = match made {
        Ok(_) => Ok(()),
        // SQLite would open a database that cannot be written for reading, without what its log has.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK).map_err(Into::into)
        }
        Err(error) => Err(error),
    };
    usable.map_err(|error| StoreError::Open {
        path: path.to_owned(),
        source: error.into(),
    })?;
    connect(path)
}

/// One more connection to a database that is there.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Open {
        path: path.to_owned(),
        source,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(|it| failed(it.into()))?;
    match configure(&mut connection) {
        Ok(()) => Ok(connection),
        Err(error @ (StoreError::Busy { .. } | StoreError::Unwritable { .. })) => Err(error),
        Err(error) => Err(failed(error.into())),
    }
}

/// A database without a name, gone when its connection closes (<https://sqlite.org/inmemorydb.html>, temporary databases).
pub(super) fn scratch() -> Result<Connection, StoreError> {
    let connection = Connection::open("")?;
    defend(&connection)?;
    connection.execute_batch("pragma synchronous = off; pragma foreign_keys = on;")?;
    Ok(connection)
}

fn configure(connection: &mut Connection) -> Result<(), StoreError> {
    connection.busy_handler(Some(wait_a_little))?;
    defend(connection)?;
    // The last process to close would else fold the log into the database: two flushes for every command.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Else a statement whose plan might depend on a bound value is prepared again for each one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let mode: String = connection.query_row("pragma journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        enter_wal(connection)?;
    }
    connection.execute_batch("pragma synchronous = full; pragma foreign_keys = on; pragma secure_delete = on;")?;
    connection.pragma_update(None, "wal_autocheckpoint", LONG_LOG)?;
    Ok(())
}

fn defend(connection: &Connection) -> Result<(), StoreError> {
    // Schema text from a tampered file must not call functions or write outside its tables.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    Ok(())
}

/// Folds a long log into the database, at the end of a process and unless another one is at it.
///
/// Whoever opens the database first reads all of its log (2 µs a page), and nothing tells it how much of that was folded
/// before: without this the log of an installation that only short commands use would grow for ever.
pub(super) fn fold_long_log(connection: &Connection) {
    const LONG: u64 = 128 * 4096;
    let Some(path) = connection.path() else { return };
    if std::fs::metadata(format!("{path}-wal")).is_ok_and(|it| it.len() > LONG) {
        // What is in the way, such as a reader of an older state, is in nobody's way.
        let _ = connection.busy_timeout(Duration::ZERO);
        let _ = connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()));
    }
}

/// Changing the journal mode does not wait on the busy handler when another process changes it too.
fn enter_wal(connection: &Connection) -> Result<(), StoreError> {
    const PATIENCE: Duration = Duration::from_millis(5);
    let attempts = BUSY_SECONDS * 1_000 / 5;
    for _ in 0..attempts {
        match connection.query_row("pragma journal_mode = wal", [], |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {}
            Err(error) => match StoreError::from(error) {
                StoreError::Busy { .. } => {}
                other => return Err(other),
            },
        }
        std::thread::sleep(PATIENCE);
    }
    Err(StoreError::Busy { seconds: BUSY_SECONDS })
}

/// Whether to ask again for a lock that another process holds, after a pause.
///
/// SQLite's own pauses grow to 100 ms, and whoever asks at the right moment wins: of sixteen processes that wrote at once,
/// one waited for 30 s in vain. Who asks every two milliseconds gets a turn: the longest wait fell to a third.
fn wait_a_little(asked: i32) -> bool {
    const PAUSE: Duration = Duration::from_millis(2);
    thread_local! {
        static SINCE: Cell<Instant> = Cell::new(Instant::now());
    }
    if asked == 0 {
        SINCE.set(Instant::now());
    }
    std::thread::sleep(PAUSE);
    SINCE.get().elapsed() < Duration::from_secs(BUSY_SECONDS)
}
