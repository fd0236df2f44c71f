//! Reading a backup line by line: little memory whatever the file says, and nothing of it is believed yet.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use distri_core::age::{Identity, Reader};
use distri_core::digest::{Digest, Digesting};
use distri_store::tables::{Cell, Table};
use distri_store::{SqliteStore, UnitOfWork};

use super::BackupError;
use super::format::{End, FORMAT, Line, Manifest};

/// The longest line: the record of a release of a hundred thousand secrets has 20 MiB.
const MAX_LINE: u64 = 64 << 20;
/// More tables than any schema has.
const MAX_TABLES: usize = 64;

/// A backup under way.
pub(super) struct Stream {
    lines: Lines,
    pub(super) manifest: Manifest,
    tables: &'static [Table],
}

/// What the end of a backup has said, which was true of what was read.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) digest: Digest,
    pub(super) end: End,
}

impl Stream {
    /// Opens the file with one of `identities` and reads what it is.
    pub(super) fn open(path: &Path, identities: &[Identity]) -> Result<Self, BackupError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => BackupError::NoFile(path.to_owned()),
            _ => BackupError::File {
                path: path.to_owned(),
                reason: error.to_string(),
            },
        })?;
        Self::of(Box::new(file), identities)
    }

    /// The same, of any source.
    pub(super) fn of(source: Box<dyn Read>, identities: &[Identity]) -> Result<Self, BackupError> {
        let reader = Reader::new(BufReader::new(source), identities)?;
        let mut lines = Lines {
            reader: BufReader::with_capacity(64 * 1024, reader),
            digesting: Digesting::default(),
            line: Vec::new(),
            number: 0,
        };
        lines.next()?;
        let manifest: Manifest = match serde_json::from_slice(&lines.line) {
            Ok(manifest) => manifest,
            Err(_) => return Err(lines.wrong("it is no manifest")),
        };
        if manifest.format != FORMAT {
            return Err(lines.wrong("it is of a format that this version does not know"));
        }
        let known = SqliteStore::schema();
        if manifest.schema > known {
            let found = manifest.schema;
            return Err(BackupError::TooNew { found, known });
        }
        if manifest.schema == 0 || manifest.tables.len() > MAX_TABLES {
            return Err(lines.wrong("it has no schema of distri"));
        }
        let tables = manifest.tables.iter();
        let tables: Option<Vec<Table>> = tables
            .map(|it| Table::described(&it.name, it.key, &it.columns))
            .collect();
        let Some(tables) = tables else {
            return Err(lines.wrong("it describes a table that cannot be one"));
        };
        Ok(Self {
            lines,
            manifest,
            tables: Vec::leak(tables),
        })
    }

    /// Puts every row into a database, and holds the end against them.
    pub(super) fn load(mut self, work: &mut dyn UnitOfWork) -> Result<Ending, BackupError> {
        let mut rows = vec![0; self.tables.len()];
        loop {
            let digest = self.lines.digesting.so_far();
            self.lines.next()?;
            let row = match serde_json::from_slice(&self.lines.line) {
                Ok(Line::Row(row)) => row,
                Ok(Line::End(it)) => {
                    let is_true = it.end.rows == rows && it.end.sha256 == digest.to_string();
                    if !is_true {
                        return Err(self.lines.wrong("what it says was read is not what was read"));
                    }
                    self.lines.expect_end()?;
                    return Ok(Ending { digest, end: it.end });
                }
                Err(_) => return Err(self.lines.wrong("it is neither a row nor the end")),
            };
            let Some(table) = self.tables.get(row.table) else {
                return Err(self.lines.wrong("it is of a table that the manifest does not have"));
            };
            let cells: Vec<Cell> = row.cells.into_iter().map(|it| it.0).collect();
            if cells.len() != table.columns.len() {
                return Err(self.lines.wrong("it has not as many cells as its table has columns"));
            }
            work.put_table_row(table, &cells).map_err(|error| match error {
                // The database is ours, and what cannot be put into it is at fault.
                distri_store::StoreError::Conflict | distri_store::StoreError::Database(_) => {
                    self.lines.wrong("it does not fit the schema")
                }
                other => other.into(),
            })?;
            rows[row.table] += 1;
        }
    }
}

struct Lines {
    reader: BufReader<Reader<BufReader<Box<dyn Read>>>>,
    digesting: Digesting,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    fn next(&mut self) -> Result<(), BackupError> {
        self.line.clear();
        self.number += 1;
        let mut limited = self.reader.by_ref().take(MAX_LINE);
        limited
            .read_until(b'\n', &mut self.line)
            .map_err(BackupError::reading)?;
        if !self.line.ends_with(b"\n") {
            return Err(self.wrong(match self.line.len() as u64 {
                MAX_LINE => "it is longer than any line of a backup",
                _ => "the backup ends here, and is not whole",
            }));
        }
        self.digesting.update(&self.line);
        Ok(())
    }

    fn expect_end(&mut self) -> Result<(), BackupError> {
        match self.reader.fill_buf().map_err(BackupError::reading)?.is_empty() {
            true => Ok(()),
            false => Err(self.wrong("something comes after the end")),
        }
    }

    fn wrong(&self, reason: &'static str) -> BackupError {
        BackupError::Content {
            line: self.number,
            reason,
        }
    }
}
