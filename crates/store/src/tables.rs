//! Every table as its rows of plain cells: what a backup is made of, whatever database it comes from or goes to.
//!
//! A row that is copied as cells stays sealed, wrapped and signed as it is. Whoever adds a table or a column adds it to
//! the list here; a test compares the list with the schema.

use std::sync::LazyLock;

/// What a cell holds. The schemas of all databases use these types and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// Text.
    Text,
    /// Bytes.
    Blob,
}

/// A table: its columns in order, and the statements that copy it.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: Vec<(&'static str, Kind)>,
    /// How many of the first columns are the key, by which rows are sorted.
    pub(crate) key: usize,
    /// The first rows.
    pub(crate) first: &'static str,
    /// The rows after a key.
    pub(crate) next: &'static str,
    /// One more row.
    pub(crate) insert: &'static str,
}

/// Every table, those that others refer to first: name, length of the key, columns with their kinds.
const TABLES: &[(&str, usize, &str)] = &[
    ("instance", 1, "only_row:i id:b created_at:i"),
    (
        "key_slots",
        1,
        "id:b provider:t parameters:t root_fingerprint:t instance_fingerprint:t wrapped:b created_at:i",
    ),
    ("accounts", 1, "id:b name:t created_at:i"),
    ("account_keys", 2, "account:b version:i wrapped:b uses:i created_at:i"),
    (
        "secrets",
        1,
        "id:b account:b environment:t key:t current_version:i latest_version:i note:t expires_at:i created_at:i updated_at:i deleted_at:i mac:b rotate_every_days:i staged_version:i",
    ),
    (
        "data_keys",
        1,
        "id:b secret:b account_key_version:i wrapped:b created_at:i",
    ),
    (
        "secret_versions",
        2,
        "secret:b version:i data_key:b policy:t sealed:b change:t origin:i created_at:i created_by:t staging:t",
    ),
    (
        "session_data",
        3,
        "account:b session:t name:t account_key_version:i sealed:b expires_at:i updated_at:i",
    ),
    (
        "observed_batches",
        3,
        "account:b run:b batch:i account_key_version:i sealed:b",
    ),
    (
        "unsigned_audit_records",
        1,
        "seq:i id:b account:b at:i action:t body:t leaf:b",
    ),
    (
        "audit_records",
        1,
        "seq:i id:b account:b at:i action:t body:t leaf:b mac:b",
    ),
    (
        "audit_head",
        1,
        "only_row:i size:i peaks:b checkpoint_number:i checkpoint_size:i checkpoint_at:i mac:b",
    ),
    ("audit_checkpoints", 1, "number:i size:i note:t at:i"),
    (
        "tokens",
        1,
        "id:b account:b name:t hash:b scopes:t limits:t role:t person:b created_at:i created_by:t expires_at:i revoked_at:i revision:i mac:b",
    ),
    ("token_uses", 1, "token:b used_at:i"),
    ("backups", 1, "id:b at:i path:t recipients:i records:i"),
    ("evidence_key", 1, "only_row:i wrapped:b"),
    ("instance_keys", 1, "version:i fingerprint:t created_at:i"),
    (
        "people",
        1,
        "id:b email:t name:t password:t created_at:i revision:i mac:b",
    ),
    (
        "members",
        1,
        "id:b account:b person:b role:t created_at:i created_by:t revision:i mac:b",
    ),
    (
        "invitations",
        1,
        "id:b account:b hash:b email:t role:t created_at:i created_by:t expires_at:i mac:b",
    ),
    ("setup", 1, "only_row:i nonce:b created_at:i"),
    (
        "web_sessions",
        1,
        "hash:b person:b account:b created_at:i seen_at:i password_at:i expires_at:i mac:b",
    ),
    ("log_in_attempts", 1, "subject:b began_at:i attempts:i"),
    (
        "agent_definitions",
        1,
        "id:b account:b name:t markdown:t created_at:i updated_at:i updated_by:t revision:i mac:b",
    ),
];

/// More columns than any table has, so that a description from outside stays small.
const MAX_COLUMNS: usize = 64;

/// Every table of the newest schema.
pub fn all() -> &'static [Table] {
    static ALL: LazyLock<Vec<Table>> = LazyLock::new(|| {
        let tables = TABLES.iter().map(|(name, key, columns)| {
            let described: Vec<String> = columns.split(' ').map(str::to_owned).collect();
            Table::described(name, *key, &described).expect("the list is well formed")
        });
        tables.collect()
    });
    &ALL
}

impl Table {
    /// A table as a backup describes it: `name:kind` for each column. `None` for what can be no table of any schema; whether
    /// there is such a table shows when a row is put into it.
    ///
    /// Its statements live as long as the process, so this is for as many tables as a schema has.
    #[must_use]
    pub fn described(name: &str, key: usize, columns: &[String]) -> Option<Self> {
        let is_name = |it: &str| {
            !it.is_empty() && it.len() < 64 && it.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        if !is_name(name) || !(1..=MAX_COLUMNS).contains(&columns.len()) || !(1..=columns.len()).contains(&key) {
            return None;
        }
        let mut kinds = Vec::with_capacity(columns.len());
        for column in columns {
            let (column, kind) = column.split_once(':').filter(|it| is_name(it.0))?;
            let kind = match kind {
                "i" => Kind::Integer,
                "t" => Kind::Text,
                "b" => Kind::Blob,
                _ => return None,
            };
            kinds.push((&*column.to_owned().leak(), kind));
        }
        // Quoted, because `key` and `at` are words of SQL to some.
        let quoted: Vec<String> = kinds.iter().map(|it| format!("\"{}\"", it.0)).collect();
        let (all, sorted) = (quoted.join(", "), quoted[..key].join(", "));
        let numbers = |from: usize, count: usize| {
            let numbers: Vec<String> = (from..from + count).map(|it| format!("?{it}")).collect();
            numbers.join(", ")
        };
        let after = numbers(1, key);
        Some(Self {
            name: name.to_owned().leak(),
            key,
            first: format!("select {all} from {name} order by {sorted} limit ?1").leak(),
            next: format!(
                "select {all} from {name} where ({sorted}) > ({after}) order by {sorted} limit ?{}",
                key + 1
            )
            .leak(),
            insert: format!("insert into {name} ({all}) values ({})", numbers(1, kinds.len())).leak(),
            columns: kinds,
        })
    }

    /// The columns as [`described`](Self::described) reads them.
    #[must_use]
    pub fn description(&self) -> Vec<String> {
        let word = |kind| match kind {
            Kind::Integer => 'i',
            Kind::Text => 't',
            Kind::Blob => 'b',
        };
        let columns = self.columns.iter();
        columns.map(|(name, kind)| format!("{name}:{}", word(*kind))).collect()
    }

    /// How many of the first columns are the key.
    #[must_use]
    pub fn key(&self) -> usize {
        self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_no_table_is_refused() {
        let columns = |it: &str| it.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(Table::described("secrets", 1, &columns("id:b key:t")).is_some());
        for (name, key, text) in [
            ("secrets; drop table secrets", 1, "id:b"),
            ("", 1, "id:b"),
            ("Secrets", 1, "id:b"),
            ("secrets", 0, "id:b"),
            ("secrets", 2, "id:b"),
            ("secrets", 1, "id"),
            ("secrets", 1, "id:x"),
            ("secrets", 1, "i\"d:b"),
            ("secrets", 1, ""),
        ] {
            assert!(Table::described(name, key, &columns(text)).is_none(), "{name} {text}");
        }
        let many: Vec<String> = (0..65).map(|_| "id:b".to_owned()).collect();
        assert!(Table::described("secrets", 1, &many).is_none());
    }

    #[test]
    fn descriptions_come_back() {
        for table in all() {
            let again = Table::described(table.name, table.key(), &table.description()).expect("a table");
            assert_eq!(again.columns, table.columns);
        }
    }
}
