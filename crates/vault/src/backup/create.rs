//! Making a backup: written beside its place, flushed, recorded, and only then put there under its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use distri_core::age::{Recipient, Writer};
use distri_core::audit::{ActionKind, LogChange};
use distri_core::authz::Oversee;
use distri_core::digest::Digesting;
use distri_core::ids::BackupId;
use distri_store::boundary::{Boundary, pass};
use distri_store::rows::BackupRow;
use distri_store::{Flush, SqliteStore, UnitOfWork, tables};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::Serialize;

use super::BackupError;
use super::format::{CellText, End, EndLine, FORMAT, Line, Manifest, NeededKey, RowLine, TableLine, authenticated};
use crate::audit::log::Sign;
use crate::{Caller, VaultError};

/// Rows that are in memory at a time.
const PAGE: u32 = 200;

/// Where a backup goes and who can open it.
#[derive(Clone, Copy, Debug)]
pub struct CreateBackup<'a> {
    /// The file, which must not be there yet.
    pub to: &'a Path,
    /// Each of them can open it.
    pub recipients: &'a [Recipient],
}

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct BackupMade {
    /// What it says of itself.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// How many rows are in it.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

impl Caller<'_> {
    /// Writes a backup of all accounts. The database stays in use meanwhile; what is in the backup is one moment of it.
    ///
    /// # Errors
    /// [`BackupError`]: then there is no file, or one beside the name that a crash left and nothing reads.
    pub fn create_backup(&self, request: &CreateBackup<'_>) -> Result<BackupMade, BackupError> {
        let _allowed = self.authorize::<Oversee>()?;
        let CreateBackup { to, recipients } = *request;
        if recipients.is_empty() {
            return Err(BackupError::NoRecipients);
        }
        if to.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        // So that a checkpoint in the backup covers all that was recorded before it.
        self.vault.checkpoint()?;
        let beside = Beside::create(to)?;
        let made = self.write_backup(&beside, recipients)?;
        pass(Boundary::BackupWritten);
        self.record_backup(to, recipients, &made)?;
        pass(Boundary::BackupRecorded);
        beside.put_in_place(to)?;
        Ok(made)
    }

    fn write_backup(&self, beside: &Beside, recipients: &[Recipient]) -> Result<BackupMade, BackupError> {
        let failed = |error: io::Error| beside.failed(&error);
        let file = BufWriter::new(beside.file.try_clone().map_err(failed)?);
        let writer = Writer::new(file, recipients).map_err(failed)?;
        let mut out = Lines {
            writer: BufWriter::new(writer),
            digesting: Digesting::default(),
            beside,
        };
        let (manifest, rows) = self.vault.store.read_beside(|work| {
            let manifest = self.manifest(work)?;
            out.write(&manifest)?;
            let mut rows = Vec::new();
            for (index, table) in tables::all().iter().enumerate() {
                rows.push(copy(work, index, table, &mut out)?);
            }
            Ok::<_, BackupError>((manifest, rows))
        })?;
        let digest = out.digesting.so_far();
        let keyring = &self.vault.keyring;
        let mac = keyring.mac_backup(&authenticated(manifest.id, manifest.instance, &digest));
        let total = rows.iter().sum();
        out.write(&Line::End(EndLine {
            end: End {
                rows,
                sha256: digest.to_string(),
                mac: data_encoding::HEXLOWER.encode(mac.as_bytes()),
            },
        }))?;
        let writer = out.writer.into_inner().map_err(|it| failed(it.into_error()))?;
        writer.finish().and_then(|mut it| it.flush()).map_err(failed)?;
        beside.file.sync_all().map_err(failed)?;
        Ok(BackupMade {
            manifest,
            rows: total,
            bytes: beside.file.metadata().map_err(failed)?.len(),
        })
    }

    fn manifest(&self, work: &mut dyn UnitOfWork) -> Result<Manifest, VaultError> {
        let vault = self.vault;
        let state = vault.log().head(work)?;
        let mark = state.checkpoint;
        let newest = mark.map(|it| work.checkpoint_over(it.size)).transpose()?.flatten();
        let slots = work.slots()?;
        Ok(Manifest {
            format: FORMAT.to_owned(),
            id: BackupId::new(vault.clock.as_ref()),
            made_at: self.now(),
            schema: SqliteStore::schema(),
            instance: vault.keyring.instance(),
            instance_key: vault.instance_ring(work)?.fingerprint().to_string(),
            root_keys: slots
                .into_iter()
                .map(|it| NeededKey {
                    provider: it.provider,
                    root_key: it.root_fingerprint,
                })
                .collect(),
            audit_size: state.frontier.size(),
            audit_head: state.frontier.head().to_string(),
            checkpoint: newest.map(|it| it.note),
            audit_key: vault.audit_key(),
            tables: tables::all()
                .iter()
                .map(|it| TableLine {
                    name: it.name.to_owned(),
                    key: it.key(),
                    columns: it.description(),
                })
                .collect(),
        })
    }

    /// A backup without its record would be a copy that nobody knows of when something in it is purged.
    fn record_backup(&self, to: &Path, recipients: &[Recipient], made: &BackupMade) -> Result<(), BackupError> {
        let place = std::path::absolute(to).unwrap_or_else(|_| to.to_owned());
        let row = BackupRow {
            id: made.manifest.id,
            at: made.manifest.made_at,
            path: place.to_string_lossy().into_owned(),
            recipients: u32::try_from(recipients.len()).unwrap_or(u32::MAX),
            records: made.manifest.audit_size,
        };
        self.vault.commit(Flush::Each, Sign::WhenDue, |work| {
            work.put_backup(&row)?;
            let mut record = self.record(ActionKind::BackupCreate);
            record.log = Some(LogChange::BackedUp {
                size: row.records,
                recipients: row.recipients.into(),
            });
            Ok(((), vec![record]))
        })?;
        Ok(())
    }
}

/// Every row of a table; how many there were.
fn copy<W: Write>(
    work: &mut dyn UnitOfWork,
    index: usize,
    table: &'static tables::Table,
    out: &mut Lines<'_, W>,
) -> Result<u64, BackupError> {
    let mut count = 0;
    let mut after = None;
    loop {
        let page = work.table_rows(table, after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(last.clone());
        for row in page {
            count += 1;
            out.write(&Line::Row(RowLine {
                table: index,
                cells: row.into_iter().map(CellText).collect(),
            }))?;
        }
    }
}

/// Lines of JSON on their way into the file.
struct Lines<'b, W: Write> {
    writer: BufWriter<Writer<W>>,
    digesting: Digesting,
    beside: &'b Beside,
}

impl<W: Write> Lines<'_, W> {
    fn write(&mut self, line: &impl Serialize) -> Result<(), BackupError> {
        let failed = |error: io::Error| self.beside.failed(&error);
        let mut bytes = serde_json::to_vec(line).map_err(|it| failed(it.into()))?;
        bytes.push(b'\n');
        self.digesting.update(&bytes);
        self.writer.write_all(&bytes).map_err(failed)
    }
}

/// A file beside the one that it will be, gone when this is dropped before that.
struct Beside {
    file: File,
    path: PathBuf,
    is_placed: std::cell::Cell<bool>,
}

impl Beside {
    fn create(to: &Path) -> Result<Self, BackupError> {
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let path = PathBuf::from(name);
        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path);
        match opened {
            Ok(file) => Ok(Self {
                file,
                path,
                is_placed: false.into(),
            }),
            Err(error) => Err(BackupError::File {
                reason: error.to_string(),
                path: to.to_owned(),
            }),
        }
    }

    fn failed(&self, error: &io::Error) -> BackupError {
        BackupError::File {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }

    fn put_in_place(&self, to: &Path) -> Result<(), BackupError> {
        let renamed = match renameat_with(CWD, &self.path, CWD, to, RenameFlags::NOREPLACE) {
            // A file system that cannot promise it; that nothing is there was looked at before.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => fs::rename(&self.path, to),
            other => other.map_err(io::Error::from),
        };
        renamed.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(to.to_owned()),
            _ => self.failed(&error),
        })?;
        self.is_placed.set(true);
        pass(Boundary::BackupPlaced);
        let directory = to.parent().filter(|it| !it.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        let flushed = File::open(directory).and_then(|it| it.sync_all());
        flushed.map_err(|error| self.failed(&error))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.is_placed.get() {
            // What stays is encrypted, and its name says that it is not whole.
            let _ = fs::remove_file(&self.path);
        }
    }
}
