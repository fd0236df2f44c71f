//! The lines inside a backup. The format has a number; a file of a later one is refused.
//!
//! ```text
//! {"format":"distri-backup/1", …}        the manifest
//! {"t":2,"c":["…", 1, null, {"b":"…"}]}  a row of the table with this index in the manifest, in the order of its key
//! {"end":{"rows":[…],"sha256":"…","mac":"…"}}
//! ```

use data_encoding::BASE64;
use distri_core::Timestamp;
use distri_core::digest::Digest;
use distri_core::envelope::Canonical;
use distri_core::ids::{BackupId, InstanceId};
use distri_store::tables::Cell;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) const FORMAT: &str = "distri-backup/1";

/// What a backup says of itself, first of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format and its number.
    pub format: String,
    /// The backup.
    pub id: BackupId,
    /// When it was made.
    pub made_at: Timestamp,
    /// The schema of the database.
    pub schema: u32,
    /// The installation.
    pub instance: InstanceId,
    /// The fingerprint of its instance key.
    pub instance_key: String,
    /// The root keys of which one is needed to use what is inside.
    pub root_keys: Vec<NeededKey>,
    /// How many audit records are in it.
    pub audit_size: u64,
    /// The head of the tree over them.
    pub audit_head: String,
    /// The newest checkpoint of them, a signed note.
    pub checkpoint: Option<String>,
    /// The public key that checks it.
    pub audit_key: String,
    /// Every table.
    pub tables: Vec<TableLine>,
}

/// A root key that opens what is inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeededKey {
    /// The provider's word.
    pub provider: String,
    /// The key's fingerprint.
    pub root_key: String,
}

/// A table in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableLine {
    /// Its name.
    pub name: String,
    /// How many of the first columns are its key.
    pub key: usize,
    /// Its columns, `name:kind`.
    pub columns: Vec<String>,
}

/// Every line after the first.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Row(RowLine),
    End(EndLine),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowLine {
    #[serde(rename = "t")]
    pub(super) table: usize,
    #[serde(rename = "c")]
    pub(super) cells: Vec<CellText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    pub(super) end: End,
}

/// What must have been read by the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// How many rows of each table.
    pub(super) rows: Vec<u64>,
    /// SHA-256 of every byte before this line.
    pub(super) sha256: String,
    /// HMAC of that under the installation's key.
    pub(super) mac: String,
}

/// What the MAC at the end is over.
pub(super) fn authenticated(id: BackupId, instance: InstanceId, digest: &Digest) -> Canonical {
    let mut canonical = Canonical::new("backup");
    canonical
        .bytes(instance.as_bytes())
        .bytes(id.as_bytes())
        .bytes(digest.as_bytes());
    canonical
}

/// A cell as JSON: bytes are `{"b": base64}`, everything else is itself.
pub(super) struct CellText(pub(super) Cell);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum CellJson {
    Null(()),
    Integer(i64),
    Text(String),
    Blob { b: String },
}

impl Serialize for CellText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match &self.0 {
            Cell::Null => CellJson::Null(()),
            Cell::Integer(it) => CellJson::Integer(*it),
            Cell::Text(it) => return serializer.serialize_str(it),
            Cell::Blob(it) => CellJson::Blob { b: BASE64.encode(it) },
        };
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CellText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cell = match CellJson::deserialize(deserializer)? {
            CellJson::Null(()) => Cell::Null,
            CellJson::Integer(it) => Cell::Integer(it),
            CellJson::Text(it) => Cell::Text(it),
            CellJson::Blob { b } => {
                let bytes = BASE64.decode(b.as_bytes());
                Cell::Blob(bytes.map_err(|_| serde::de::Error::custom("no base64"))?)
            }
        };
        Ok(Self(cell))
    }
}
