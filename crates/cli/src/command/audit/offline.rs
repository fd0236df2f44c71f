//! `audit verify` away from the installation: an export or a proof, and the public key.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

use data_encoding::BASE64;
use distri_core::audit::export::{ExportError, ExportVerifier};
use distri_core::audit::merkle::Hash;
use distri_core::audit::note::VerifierKey;
use distri_core::audit::{Checkpoint, RecordProof};
use distri_vault::audit::{ProvenRecord, checkpoints_in};
use serde_json::json;

use super::verify::counted;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// A longer line is no line of an export: a record has at most a few thousand subjects.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// Verifies an export.
pub(super) fn export(path: &Path, key: &VerifierKey, checkpoints: Option<&Path>, json: bool) -> Result<Exit, Failure> {
    let mut lines = Lines::open(path)?;
    let first = lines.next()?.unwrap_or_default();
    let mut verifier = ExportVerifier::begin(&first, key).map_err(wrong)?;
    if let Some(path) = checkpoints {
        for claim in claims(path, key)? {
            verifier.require(&claim).map_err(wrong)?;
        }
    }
    while let Some(line) = lines.next()? {
        verifier.line(&line).map_err(wrong)?;
    }
    let summary = verifier.finish().map_err(wrong)?;
    let checkpoint = &summary.checkpoint;
    if json {
        output::json(&json!({
            "size": checkpoint.size,
            "head": checkpoint.head,
            "records": summary.records,
            "leaves_only": summary.leaves_only,
            "checkpoints": summary.checkpoints,
            "proofs": summary.proofs,
        }))?;
    } else {
        let mut text = format!(
            "{} as signed by `{}`, under {}\nhead {}",
            counted(checkpoint.size, "audit record"),
            checkpoint.origin,
            counted(summary.checkpoints, "checkpoint"),
            checkpoint.head
        );
        if summary.leaves_only > 0 {
            text += &format!("\nleaves only: {}", summary.leaves_only);
        }
        output::line(&text)?;
    }
    Ok(Exit::Ok)
}

/// Verifies one record with its proof.
pub(super) fn proof(path: &Path, key: &VerifierKey, json: bool) -> Result<Exit, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let integrity = |message: String| Failure::new(Exit::Integrity, message);
    let proven: ProvenRecord =
        serde_json::from_str(&text).map_err(|_| integrity(format!("`{}` is no proven record", path.display())))?;
    let seq = proven.seq;
    let proof = RecordProof::parse(&proven.proof).map_err(|error| integrity(error.to_string()))?;
    let leaves = [
        proven.record.as_ref().map(|it| Some(it.leaf_hash())),
        proven
            .canonical
            .as_ref()
            .map(|it| BASE64.decode(it.as_bytes()).ok().map(|it| Hash::leaf(&it))),
        Some(seq.checked_sub(1).filter(|it| *it == proof.index).map(|_| proven.leaf)),
    ];
    if leaves.into_iter().flatten().any(|it| it != Some(proven.leaf)) {
        return Err(integrity(format!("record {seq} was changed")));
    }
    let checkpoint = proof
        .verify(proven.leaf, key)
        .map_err(|error| integrity(format!("record {seq} is not proven: {error}")))?;
    if json {
        output::json(&json!({
            "seq": seq,
            "size": checkpoint.size,
            "head": checkpoint.head,
            "record": proven.record,
        }))?;
    } else {
        output::line(&format!(
            "record {seq} is one of the {} that `{}` signed",
            checkpoint.size, checkpoint.origin
        ))?;
    }
    Ok(Exit::Ok)
}

/// The checkpoints of the key's log in a file. One that is not signed makes the file worthless as a witness.
fn claims(path: &Path, key: &VerifierKey) -> Result<Vec<Checkpoint>, Failure> {
    let notes = checkpoints_in(path, key.name()).map_err(|error| unreadable(path, &error))?;
    let opened = notes.iter().map(|note| {
        Checkpoint::open(note, key).map_err(|error| {
            Failure::new(
                Exit::Integrity,
                format!("a checkpoint in `{}` is not believed: {error}", path.display()),
            )
        })
    });
    opened.collect()
}

fn wrong(error: ExportError) -> Failure {
    let failure = Failure::new(Exit::Integrity, error.to_string());
    match error {
        ExportError::Between { .. } => failure
            .hint("an export made with `--proofs` tells which record it is; `distri audit verify` on the database too"),
        ExportError::Checkpoint { .. } => {
            failure.hint("is it the key of this installation? `distri audit key` prints it there")
        }
        _ => failure,
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let exit = if error.kind() == std::io::ErrorKind::NotFound {
        Exit::Missing
    } else {
        Exit::Failed
    };
    Failure::new(exit, format!("cannot read `{}`: {error}", path.display()))
}

/// The lines of a file, one at a time, none longer than a line may be.
struct Lines<'p> {
    reader: Box<dyn BufRead>,
    path: &'p Path,
}

impl<'p> Lines<'p> {
    fn open(path: &'p Path) -> Result<Self, Failure> {
        let reader: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(stdin().lock())
        } else {
            Box::new(BufReader::new(
                File::open(path).map_err(|error| unreadable(path, &error))?,
            ))
        };
        Ok(Self { reader, path })
    }

    fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| unreadable(self.path, &error))? == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        // What is no UTF-8 is no line of an export; the verifier says which record it should have been.
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }
}
