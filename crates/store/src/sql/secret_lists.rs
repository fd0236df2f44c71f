//! Lists of secrets: a part at a time, however many secrets the account has, and however many are deleted. Each statement
//! goes through the index of its half, live or deleted, in its order: over all environments or within one.

use distri_core::ids::AccountId;
use distri_core::policy::AgentScope;
use distri_core::{Environment, Policy, SecretKey};

use super::columns::Columns;
use super::fitting::all_fitting;
use super::params::params;
use super::query::{Dialect, Row, Work};
use super::secrets::{SECRETS, read_view, view};
use crate::lists::{Batch, Half, NameRow, NamesPart, Part, Place, TallyRow};
use crate::rows::SecretView;
use crate::{Guarded, StoreError};

/// From a place on, in all environments or in one. A half is written out, for the planner to know which index has it.
macro_rules! from_a_place {
    (everywhere, $half:literal) => {
        concat!(
            "where s.account = ?1 and (s.key, s.environment) > (?2, ?3) and s.deleted_at is ",
            $half,
            " order by s.key, s.environment limit ?4"
        )
    };
    // The key by itself is what the index is entered with.
    (in_one, $half:literal) => {
        concat!(
            "where s.account = ?1 and s.environment = ?5 and s.key >= ?2 and (s.key, s.environment) > (?2, ?3)
               and s.deleted_at is ",
            $half,
            " order by s.key, s.environment limit ?4"
        )
    };
}

pub(super) fn secrets_from(
    work: &mut Work<'_>,
    account: AccountId,
    part: Part<'_>,
) -> Result<Batch<SecretView>, StoreError> {
    let Part {
        half,
        environment,
        from,
        limit,
    } = part;
    let sql = match (half, environment, work.dialect()) {
        (Half::Live, None, _) => view!("", from_a_place!(everywhere, "null")),
        (Half::Deleted, None, _) => view!("", from_a_place!(everywhere, "not null")),
        (Half::Live, Some(_), Dialect::Postgres) => view!("", from_a_place!(in_one, "null")),
        (Half::Deleted, Some(_), Dialect::Postgres) => view!("", from_a_place!(in_one, "not null")),
        // SQLite would take the index of both halves, which has the same columns, and read through the other half.
        (Half::Live, Some(_), Dialect::Sqlite) => view!(
            "",
            "indexed by secrets_live_by_environment",
            from_a_place!(in_one, "null")
        ),
        (Half::Deleted, Some(_), Dialect::Sqlite) => view!(
            "",
            "indexed by secrets_deleted_by_environment",
            from_a_place!(in_one, "not null")
        ),
    };
    let found = from_place(work, sql, account, (environment, from, limit), |row| {
        read_view(&mut Columns::of(row, SECRETS))
    })?;
    if found.iter().any(|it| !is_in(it, half)) {
        return Err(StoreError::Damaged { table: SECRETS });
    }
    batch(account, (environment, from, limit), found, |it| {
        (it.secret.account, &it.secret.key, &it.secret.environment)
    })
}

pub(super) fn secrets_called(
    work: &mut Work<'_>,
    account: AccountId,
    key: &SecretKey,
    half: Half,
) -> Result<Guarded<Vec<SecretView>>, StoreError> {
    let sql = match half {
        Half::Live => view!(
            "",
            "where s.account = ?1 and s.key = ?2 and s.deleted_at is null order by s.environment"
        ),
        Half::Deleted => view!(
            "",
            "where s.account = ?1 and s.key = ?2 and s.deleted_at is not null order by s.environment"
        ),
    };
    let found = work.all(sql, params![account.as_bytes(), key.as_str()], |row| {
        read_view(&mut Columns::of(row, SECRETS))
    })?;
    all_fitting(SECRETS, found, |it| {
        it.secret.account == account && it.secret.key == *key && is_in(it, half)
    })
    .map(Guarded::new)
}

pub(super) fn names_from(
    work: &mut Work<'_>,
    account: AccountId,
    part: NamesPart<'_>,
) -> Result<Batch<NameRow>, StoreError> {
    macro_rules! names {
        ($hint:literal, $rest:expr) => {
            concat!(
                "select s.account, s.environment, s.key, s.note from secrets s ",
                $hint,
                $rest
            )
        };
        (with_agents, $hint:literal, $rest:expr) => {
            concat!(
                "select s.account, s.environment, s.key, s.note, v.policy from secrets s ",
                $hint,
                " join secret_versions v on v.secret = s.id and v.version = s.current_version ",
                $rest
            )
        };
    }
    let NamesPart {
        environment,
        from,
        limit,
        with_agents,
    } = part;
    let sql = match (with_agents, environment, work.dialect()) {
        (true, None, _) => names!(with_agents, "", from_a_place!(everywhere, "null")),
        (false, None, _) => names!("", from_a_place!(everywhere, "null")),
        (true, Some(_), Dialect::Postgres) => names!(with_agents, "", from_a_place!(in_one, "null")),
        (false, Some(_), Dialect::Postgres) => names!("", from_a_place!(in_one, "null")),
        (true, Some(_), Dialect::Sqlite) => names!(
            with_agents,
            "indexed by secrets_live_by_environment ",
            from_a_place!(in_one, "null")
        ),
        (false, Some(_), Dialect::Sqlite) => {
            names!("indexed by secrets_live_by_environment ", from_a_place!(in_one, "null"))
        }
    };
    let found = from_place(work, sql, account, (environment, from, limit), |row| {
        let mut columns = Columns::of(row, SECRETS);
        Ok(NameRow {
            account: columns.id(AccountId::from_bytes)?,
            environment: columns.parsed()?,
            key: columns.parsed()?,
            note: columns.optional_text()?,
            agents: match with_agents {
                true => columns.json::<Policy>()?.agents,
                false => AgentScope::only([]),
            },
        })
    })?;
    batch(account, (environment, from, limit), found, |it| {
        (it.account, &it.key, &it.environment)
    })
}

/// In which environment, from where on, and how many.
type Where<'a> = (Option<&'a Environment>, &'a Place, u32);

fn from_place<T>(
    work: &mut Work<'_>,
    sql: &'static str,
    account: AccountId,
    (environment, from, limit): Where<'_>,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let Place {
        key,
        environment: after,
    } = from;
    let id = account.as_bytes();
    match environment {
        None => work.all(sql, params![id, key, after, limit], read),
        Some(only) => work.all(sql, params![id, key, after, limit, only.as_str()], read),
    }
}

pub(super) fn tally(work: &mut Work<'_>, account: AccountId, most: u32) -> Result<Guarded<TallyRow>, StoreError> {
    let environments = environments(work, account)?;
    let keys = "select count(*) from
                  (select distinct s.key from secrets s
                   where s.account = ?1 and s.deleted_at is null order by s.key limit ?2) it";
    let deleted = "select count(*) from
                     (select s.key from secrets s
                      where s.account = ?1 and s.deleted_at is not null order by s.key, s.environment limit ?2) it";
    let mut count = |sql| {
        let count = work.first(sql, params![account.as_bytes(), most], |row| {
            Columns::of(row, SECRETS).number()
        });
        count.map(Option::unwrap_or_default)
    };
    Ok(Guarded::new(TallyRow {
        account,
        environments,
        keys: count(keys)?,
        deleted: count(deleted)?,
    }))
}

/// One step for each environment, whatever is in it.
fn environments(work: &mut Work<'_>, account: AccountId) -> Result<Vec<Environment>, StoreError> {
    let sql = "select s.environment from secrets s
               where s.account = ?1 and s.environment > ?2 and s.deleted_at is null order by s.environment limit 1";
    let mut found: Vec<Environment> = Vec::new();
    loop {
        let last = found.last().map_or("", Environment::as_str);
        let next = work.first(sql, params![account.as_bytes(), last], |row| {
            Columns::of(row, SECRETS).parsed::<Environment>()
        })?;
        match next {
            None => return Ok(found),
            Some(next) if next.as_str() > last => found.push(next),
            Some(_) => return Err(StoreError::Damaged { table: SECRETS }),
        }
    }
}

fn is_in(view: &SecretView, half: Half) -> bool {
    view.secret.deleted_at.is_some() == (half == Half::Deleted)
}

/// Rows that answer what was asked, each after the one before: a database that repeats or mixes them is not believed.
fn batch<S>(
    account: AccountId,
    (only, from, limit): Where<'_>,
    found: Vec<S>,
    of: impl Fn(&S) -> (AccountId, &SecretKey, &Environment),
) -> Result<Batch<S>, StoreError> {
    let mut last = (from.key.as_str(), from.environment.as_str());
    for it in &found {
        let (theirs, key, environment) = of(it);
        let place = (key.as_str(), environment.as_str());
        if theirs != account || place <= last || only.is_some_and(|it| it != environment) {
            return Err(StoreError::Damaged { table: SECRETS });
        }
        last = place;
    }
    let is_full = u32::try_from(found.len()).is_ok_and(|it| it >= limit);
    let rest = is_full.then(|| Place {
        key: last.0.to_owned(),
        environment: last.1.to_owned(),
    });
    Ok(Batch {
        found: Guarded::new(found),
        rest,
    })
}
