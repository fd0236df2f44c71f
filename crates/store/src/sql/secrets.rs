//! Secrets, their data keys and versions.

use distri_core::envelope::{SealedValue, Wrapped};
use distri_core::ids::{AccountId, DataKeyId, SecretId};
use distri_core::policy::AgentScope;
use distri_core::{Environment, Policy, SecretKey};

use super::audit::{self, newest_change_sql};
use super::columns::Columns;
use super::fitting::{all_fitting, fitting};
use super::params::params;
use super::query::{Dialect, Row, Work};
use crate::rows::{AccountKeyRow, Change, DataKeyRow, OpenableRow, SecretRow, SecretView, VersionRow};
use crate::{Guarded, StoreError};

/// A pointer row and what lists need of its versions. `v` is the current version: a secret whose row of it was removed is
/// found all the same, so that it is not taken for one that never was.
macro_rules! view {
    ($more:literal, $rest:expr) => {
        view!($more, "", $rest)
    };
    ($more:literal, $hint:literal, $rest:expr) => {
        concat!(
            "select s.id, s.account, s.environment, s.key, s.current_version, s.latest_version, s.note, s.expires_at,
                    s.rotate_every_days, s.staged_version, s.created_at, s.updated_at, s.deleted_at, s.mac, v.policy,
                    coalesce((select max(version) from secret_versions where secret = s.id), 0),
                    coalesce((select created_at from secret_versions where secret = s.id and change <> 'policy'
                               and staging is distinct from 'staged' order by version desc limit 1), s.created_at)",
            $more,
            " from secrets s ",
            $hint,
            " left join secret_versions v on v.secret = s.id and v.version = s.current_version ",
            $rest
        )
    };
}

pub(super) use view;

/// The current version, its data key, the key that wraps that one, and the newest record of a change, after the columns of
/// a view: all that a use of it needs in one question. The id is written as records have it.
macro_rules! openable {
    (sqlite, $rest:literal) => {
        openable!(
            newest_change_sql!(
                sqlite,
                "seq",
                "lower(substr(hex(s.id), 1, 8) || '-' || substr(hex(s.id), 9, 4) || '-' || substr(hex(s.id), 13, 4)
                       || '-' || substr(hex(s.id), 17, 4) || '-' || substr(hex(s.id), 21))"
            ),
            $rest
        )
    };
    (postgres, $rest:literal) => {
        openable!(
            newest_change_sql!(postgres, "seq", "cast(cast(encode(s.id, 'hex') as uuid) as text)"),
            $rest
        )
    };
    ($newest:expr, $rest:literal) => {
        view!(
            ", v.secret, v.version, v.data_key, v.sealed, v.change, v.origin, v.staging, v.created_at, v.created_by,
             k.wrapped, k.account_key_version, k.created_at, w.wrapped, w.uses, w.created_at,
             r.seq, r.id, r.account, r.at, r.action, r.body, r.leaf, r.mac",
            concat!(
                "left join data_keys k on k.id = v.data_key
                 left join account_keys w on w.account = s.account and w.version = k.account_key_version
                 left join audit_records r on r.seq = (",
                $newest,
                ") ",
                $rest
            )
        )
    };
}

pub(super) fn secret(
    work: &mut Work<'_>,
    account: AccountId,
    environment: &Environment,
    key: &SecretKey,
) -> Result<Guarded<Option<SecretView>>, StoreError> {
    let sql = view!("", "where s.account = ?1 and s.environment = ?2 and s.key = ?3");
    let found = work.first(
        sql,
        params![account.as_bytes(), environment.as_str(), key.as_str()],
        |row| read_view(&mut Columns::of(row, "secrets")),
    )?;
    let found = fitting(SECRETS, found, |it| {
        is_there(it, account, environment) && it.secret.key == *key
    });
    found.map(Guarded::new)
}

pub(super) fn secret_by_id(work: &mut Work<'_>, id: SecretId) -> Result<Guarded<Option<SecretView>>, StoreError> {
    let found = work.first(view!("", "where s.id = ?1"), params![id.as_bytes()], |row| {
        read_view(&mut Columns::of(row, "secrets"))
    })?;
    fitting(SECRETS, found, |it| it.secret.id == id).map(Guarded::new)
}

pub(super) fn openable(
    work: &mut Work<'_>,
    account: AccountId,
    environment: &Environment,
    key: &SecretKey,
) -> Result<Guarded<Option<OpenableRow>>, StoreError> {
    let sql = match work.dialect() {
        Dialect::Sqlite => openable!(sqlite, "where s.account = ?1 and s.environment = ?2 and s.key = ?3"),
        Dialect::Postgres => openable!(postgres, "where s.account = ?1 and s.environment = ?2 and s.key = ?3"),
    };
    let found = work.first(
        sql,
        params![account.as_bytes(), environment.as_str(), key.as_str()],
        read_openable,
    )?;
    let found = fitting(SECRETS, found, |it| {
        is_in_use(it) && is_there(&it.view, account, environment) && it.view.secret.key == *key
    });
    found.map(Guarded::new)
}

pub(super) fn secrets(
    work: &mut Work<'_>,
    account: AccountId,
    environment: Option<&Environment>,
    deleted: bool,
) -> Result<Guarded<Vec<SecretView>>, StoreError> {
    let sql = view!(
        "",
        "where s.account = ?1 and (cast(?2 as text) is null or s.environment = ?2) and (?3 or s.deleted_at is null)
         order by s.key, s.environment"
    );
    let found = work.all(
        sql,
        params![account.as_bytes(), environment.map(Environment::as_str), deleted],
        |row| read_view(&mut Columns::of(row, "secrets")),
    )?;
    let fits = |it: &SecretView| is_there(it, account, environment.unwrap_or(&it.secret.environment));
    all_fitting(SECRETS, found, fits).map(Guarded::new)
}

pub(super) fn openables(
    work: &mut Work<'_>,
    account: AccountId,
    environment: &Environment,
) -> Result<Guarded<Vec<OpenableRow>>, StoreError> {
    let sql = match work.dialect() {
        Dialect::Sqlite => openable!(
            sqlite,
            "where s.account = ?1 and s.environment = ?2 and s.deleted_at is null order by s.key"
        ),
        Dialect::Postgres => openable!(
            postgres,
            "where s.account = ?1 and s.environment = ?2 and s.deleted_at is null order by s.key"
        ),
    };
    let found = work.all(sql, params![account.as_bytes(), environment.as_str()], read_openable)?;
    let fits = |it: &OpenableRow| is_in_use(it) && is_there(&it.view, account, environment);
    all_fitting(SECRETS, found, fits).map(Guarded::new)
}

pub(super) const SECRETS: &str = "secrets";
const VERSIONS: &str = "secret_versions";

fn is_there(view: &SecretView, account: AccountId, environment: &Environment) -> bool {
    view.secret.account == account && view.secret.environment == *environment
}

/// Whether the version is the one that the pointer row names.
fn is_in_use(row: &OpenableRow) -> bool {
    let (secret, version) = (&row.view.secret, &row.version);
    version.secret == secret.id && version.version == secret.current_version
}

pub(super) fn put_secret(work: &mut Work<'_>, row: &SecretRow) -> Result<(), StoreError> {
    macro_rules! put {
        ($more:literal) => {
            concat!(
                "insert into secrets (id, account, environment, key, current_version, latest_version, note, expires_at,
                                      created_at, updated_at, deleted_at, mac, rotate_every_days, staged_version)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                 on conflict (id) do update set
                   current_version = excluded.current_version, latest_version = excluded.latest_version,
                   note = excluded.note, expires_at = excluded.expires_at, updated_at = excluded.updated_at,
                   mac = excluded.mac, rotate_every_days = excluded.rotate_every_days,
                   staged_version = excluded.staged_version",
                $more
            )
        };
    }
    let id = row.id.as_bytes();
    let deleted_at = row.deleted_at.map(|it| it.as_millisecond());
    let dialect = work.dialect();
    let sql = match dialect {
        Dialect::Postgres => put!(", deleted_at = excluded.deleted_at"),
        Dialect::Sqlite => put!(""),
    };
    work.change(
        sql,
        params![
            id,
            row.account.as_bytes(),
            row.environment.as_str(),
            row.key.as_str(),
            row.current_version,
            row.latest_version,
            row.note,
            row.expires_at.map(|it| it.as_millisecond()),
            row.created_at.as_millisecond(),
            row.updated_at.as_millisecond(),
            deleted_at,
            row.mac,
            row.rotate_every_days,
            row.staged_version
        ],
    )?;
    if dialect == Dialect::Sqlite {
        // SQLite writes the indexes of both halves again for a time that is named, even where it is what it was: two pages
        // more for each change of a secret.
        let sql = "update secrets set deleted_at = ?2 where id = ?1 and deleted_at is distinct from ?2";
        work.change(sql, params![id, deleted_at])?;
    }
    Ok(())
}

pub(super) fn purge_secret(work: &mut Work<'_>, secret: SecretId) -> Result<usize, StoreError> {
    let versions = work.execute(
        "delete from secret_versions where secret = ?1",
        params![secret.as_bytes()],
    )?;
    work.execute("delete from data_keys where secret = ?1", params![secret.as_bytes()])?;
    work.execute("delete from secrets where id = ?1", params![secret.as_bytes()])?;
    Ok(versions)
}

pub(super) fn data_key(work: &mut Work<'_>, id: DataKeyId) -> Result<Option<DataKeyRow>, StoreError> {
    let sql = "select id, secret, account_key_version, wrapped, created_at from data_keys where id = ?1";
    let found = work.first(sql, params![id.as_bytes()], read_data_key)?;
    fitting("data_keys", found, |it| it.id == id)
}

pub(super) fn put_data_key(work: &mut Work<'_>, row: &DataKeyRow) -> Result<(), StoreError> {
    work.change(
        "insert into data_keys (id, secret, account_key_version, wrapped, created_at) values (?1, ?2, ?3, ?4, ?5)",
        params![
            row.id.as_bytes(),
            row.secret.as_bytes(),
            row.account_key_version,
            row.wrapped.as_bytes(),
            row.created_at.as_millisecond()
        ],
    )
}

pub(super) fn version(work: &mut Work<'_>, secret: SecretId, version: u32) -> Result<Option<VersionRow>, StoreError> {
    let sql = "select policy, secret, version, data_key, sealed, change, origin, staging, created_at, created_by
               from secret_versions where secret = ?1 and version = ?2";
    let found = work.first(sql, params![secret.as_bytes(), version], read_with_policy)?;
    fitting(VERSIONS, found, |it| it.secret == secret && it.version == version)
}

pub(super) fn versions(work: &mut Work<'_>, secret: SecretId) -> Result<Vec<VersionRow>, StoreError> {
    let sql = "select policy, secret, version, data_key, sealed, change, origin, staging, created_at, created_by
               from secret_versions where secret = ?1 order by version desc";
    let found = work.all(sql, params![secret.as_bytes()], read_with_policy)?;
    all_fitting(VERSIONS, found, |it| it.secret == secret)
}

pub(super) fn put_version(work: &mut Work<'_>, row: &VersionRow) -> Result<(), StoreError> {
    let (word, origin, staging) = match row.change {
        Change::Value => ("value", None, None),
        Change::Policy => ("policy", None, None),
        Change::Staged => ("value", None, Some("staged")),
        Change::Promoted => ("value", None, Some("promoted")),
        Change::Rollback { origin } => ("rollback", Some(origin), None),
    };
    let policy = serde_json::to_string(&row.policy).map_err(|_| StoreError::Damaged {
        table: "secret_versions",
    })?;
    work.change(
        "insert into secret_versions (secret, version, data_key, policy, sealed, change, origin, staging, created_at, created_by)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            row.secret.as_bytes(),
            row.version,
            row.data_key.as_bytes(),
            policy,
            row.sealed.as_bytes(),
            word,
            origin,
            staging,
            row.created_at.as_millisecond(),
            row.created_by
        ],
    )
}

pub(super) fn read_view(columns: &mut Columns<'_>) -> Result<SecretView, StoreError> {
    let secret = SecretRow {
        id: columns.id(SecretId::from_bytes)?,
        account: columns.id(AccountId::from_bytes)?,
        environment: columns.parsed()?,
        key: columns.parsed()?,
        current_version: columns.number()?,
        latest_version: columns.number()?,
        note: columns.optional_text()?,
        expires_at: columns.optional_time()?,
        rotate_every_days: columns.optional_number()?,
        staged_version: columns.optional_number()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
        deleted_at: columns.optional_time()?,
        mac: columns.blob()?,
    };
    let policy: Option<Policy> = columns.optional_json()?;
    Ok(SecretView {
        secret,
        has_current: policy.is_some(),
        policy: policy.unwrap_or_else(for_nobody),
        highest_stored: columns.number()?,
        value_changed_at: columns.time()?,
    })
}

/// What is said of the policy of a version that is not there: whoever is limited to agents does not reach it.
fn for_nobody() -> Policy {
    Policy {
        agents: AgentScope::only([]),
        ..Policy::default()
    }
}

/// What stands in the place of a version that is not there. It opens nothing, and the view says that it is gone.
fn gone(view: &SecretView) -> VersionRow {
    VersionRow {
        secret: view.secret.id,
        version: view.secret.current_version,
        data_key: DataKeyId::from_bytes([0; 16]),
        policy: view.policy.clone(),
        sealed: SealedValue::from_stored(Vec::new()),
        change: Change::Value,
        created_at: view.secret.created_at,
        created_by: String::new(),
    }
}

pub(super) fn read_data_key(row: &Row<'_>) -> Result<DataKeyRow, StoreError> {
    let mut columns = Columns::of(row, "data_keys");
    Ok(DataKeyRow {
        id: columns.id(DataKeyId::from_bytes)?,
        secret: columns.id(SecretId::from_bytes)?,
        account_key_version: columns.number()?,
        wrapped: Wrapped::from_stored(columns.blob()?),
        created_at: columns.time()?,
    })
}

fn read_with_policy(row: &Row<'_>) -> Result<VersionRow, StoreError> {
    let mut columns = Columns::of(row, "secret_versions");
    let policy = columns.json()?;
    read_version(&mut columns, policy)
}

fn read_version(columns: &mut Columns<'_>, policy: Policy) -> Result<VersionRow, StoreError> {
    Ok(VersionRow {
        secret: columns.id(SecretId::from_bytes)?,
        version: columns.number()?,
        data_key: columns.id(DataKeyId::from_bytes)?,
        policy,
        sealed: SealedValue::from_stored(columns.blob()?),
        change: {
            let word = columns.text()?;
            let origin = columns.optional_number()?;
            let staging = columns.optional_text()?;
            match (word.as_str(), origin, staging.as_deref()) {
                ("value", None, None) => Change::Value,
                ("policy", None, None) => Change::Policy,
                ("value", None, Some("staged")) => Change::Staged,
                ("value", None, Some("promoted")) => Change::Promoted,
                ("rollback", Some(origin), None) => Change::Rollback { origin },
                _ => return Err(columns.damaged()),
            }
        },
        created_at: columns.time()?,
        created_by: columns.text()?,
    })
}

fn read_openable(row: &Row<'_>) -> Result<OpenableRow, StoreError> {
    let mut columns = Columns::of(row, "secrets");
    let view = read_view(&mut columns)?;
    columns.table("secret_versions");
    let version = match view.has_current {
        true => read_version(&mut columns, view.policy.clone())?,
        false => {
            columns.skip(9);
            gone(&view)
        }
    };
    columns.table("data_keys");
    let data_key = match columns.optional_blob()? {
        None => {
            columns.skip(2);
            None
        }
        Some(wrapped) => Some(DataKeyRow {
            id: version.data_key,
            secret: version.secret,
            wrapped: Wrapped::from_stored(wrapped),
            account_key_version: columns.number()?,
            created_at: columns.time()?,
        }),
    };
    columns.table("account_keys");
    let account_key = match (columns.optional_blob()?, &data_key) {
        (Some(wrapped), Some(data_key)) => Some(AccountKeyRow {
            account: view.secret.account,
            version: data_key.account_key_version,
            wrapped: Wrapped::from_stored(wrapped),
            uses: columns.count()?,
            created_at: columns.time()?,
        }),
        _ => {
            columns.skip(2);
            None
        }
    };
    Ok(OpenableRow {
        view,
        version,
        data_key,
        account_key,
        newest_change: audit::read_joined(&mut columns)?,
    })
}
