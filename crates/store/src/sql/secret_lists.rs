//! Lists of secrets: a part at a time, however many secrets the account has. Each statement goes through an index:
//! `secrets_by_key`, `secrets_deleted`, or that of an environment's keys.

use distri_core::ids::AccountId;
use distri_core::policy::AgentScope;
use distri_core::{Environment, Policy, SecretKey};

use super::columns::Columns;
use super::fitting::all_fitting;
use super::params::params;
use super::query::{Row, Work};
use super::secrets::{SECRETS, read_view, view};
use crate::lists::{Batch, NameRow, Part, Place, TallyRow, Which};
use crate::rows::SecretView;
use crate::{Guarded, StoreError};

/// From a place on, in all environments.
macro_rules! from_a_place {
    () => {
        "where s.account = ?1 and (s.key, s.environment) > (?2, ?3) and (?4 or s.deleted_at is null)
         order by s.key, s.environment limit ?5"
    };
}

pub(super) fn secrets_from(
    work: &mut Work<'_>,
    account: AccountId,
    part: Part<'_>,
) -> Result<Batch<SecretView>, StoreError> {
    let Part { which, from, limit } = part;
    let Place { key, environment } = from;
    let read = |row: &Row<'_>| read_view(&mut Columns::of(row, SECRETS));
    let is_all = matches!(which, Which::All(_));
    let found = match which {
        Which::Live(None) | Which::All(None) => work.all(
            view!("", from_a_place!()),
            params![account.as_bytes(), key, environment, is_all, limit],
            read,
        ),
        // The key by itself is what the index of an environment's keys is entered with.
        Which::Live(Some(only)) | Which::All(Some(only)) => work.all(
            view!(
                "",
                "where s.account = ?1 and s.environment = ?6 and s.key >= ?2 and (s.key, s.environment) > (?2, ?3)
                   and (?4 or s.deleted_at is null) order by s.key, s.environment limit ?5"
            ),
            params![account.as_bytes(), key, environment, is_all, limit, only.as_str()],
            read,
        ),
        Which::Deleted => work.all(
            view!(
                "",
                "where s.account = ?1 and (s.key, s.environment) > (?2, ?3) and s.deleted_at is not null
                 order by s.key, s.environment limit ?4"
            ),
            params![account.as_bytes(), key, environment, limit],
            read,
        ),
    }?;
    batch(account, part, found, |it| {
        (it.secret.account, &it.secret.key, &it.secret.environment)
    })
}

pub(super) fn secrets_called(
    work: &mut Work<'_>,
    account: AccountId,
    key: &SecretKey,
) -> Result<Guarded<Vec<SecretView>>, StoreError> {
    let sql = view!("", "where s.account = ?1 and s.key = ?2 order by s.environment");
    let found = work.all(sql, params![account.as_bytes(), key.as_str()], |row| {
        read_view(&mut Columns::of(row, SECRETS))
    })?;
    all_fitting(SECRETS, found, |it| {
        it.secret.account == account && it.secret.key == *key
    })
    .map(Guarded::new)
}

pub(super) fn names_from(
    work: &mut Work<'_>,
    account: AccountId,
    from: &Place,
    limit: u32,
    with_agents: bool,
) -> Result<Batch<NameRow>, StoreError> {
    let sql = match with_agents {
        true => concat!(
            "select s.account, s.environment, s.key, s.note, v.policy
             from secrets s join secret_versions v on v.secret = s.id and v.version = s.current_version ",
            from_a_place!()
        ),
        false => concat!(
            "select s.account, s.environment, s.key, s.note from secrets s ",
            from_a_place!()
        ),
    };
    let Place { key, environment } = from;
    let id = account.as_bytes();
    let found = work.all(sql, params![id, key, environment, false, limit], |row| {
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
    let part = Part {
        which: Which::Live(None),
        from,
        limit,
    };
    batch(account, part, found, |it| (it.account, &it.key, &it.environment))
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

/// Rows that answer what was asked, each after the one before: a database that repeats or mixes them is not believed.
fn batch<S>(
    account: AccountId,
    part: Part<'_>,
    found: Vec<S>,
    of: impl Fn(&S) -> (AccountId, &SecretKey, &Environment),
) -> Result<Batch<S>, StoreError> {
    let only = match part.which {
        Which::Live(only) | Which::All(only) => only,
        Which::Deleted => None,
    };
    let mut last = (part.from.key.as_str(), part.from.environment.as_str());
    for it in &found {
        let (theirs, key, environment) = of(it);
        let place = (key.as_str(), environment.as_str());
        if theirs != account || place <= last || only.is_some_and(|it| it != environment) {
            return Err(StoreError::Damaged { table: SECRETS });
        }
        last = place;
    }
    let is_full = u32::try_from(found.len()).is_ok_and(|it| it >= part.limit);
    let rest = is_full.then(|| Place {
        key: last.0.to_owned(),
        environment: last.1.to_owned(),
    });
    Ok(Batch {
        found: Guarded::new(found),
        rest,
    })
}
