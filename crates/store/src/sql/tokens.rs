//! Tokens and when they were used.

use distri_core::Timestamp;
use distri_core::envelope::CredentialHash;
use distri_core::ids::{AccountId, PersonId, TokenId};

use super::columns::Columns;
use super::fitting::{all_fitting, fitting};
use super::params::params;
use super::query::{Row, Work};
use crate::StoreError;
use crate::rows::TokenRow;

const TABLE: &str = "tokens";

macro_rules! tokens {
    ($rest:literal) => {
        concat!(
            "select id, account, name, hash, scopes, limits, role, person, created_at, created_by, expires_at, revoked_at,
                    revision, mac, used_at
             from tokens left join token_uses on token = id ",
            $rest
        )
    };
}

pub(super) fn token_by_hash(work: &mut Work<'_>, hash: &CredentialHash) -> Result<Option<TokenRow>, StoreError> {
    let sql = tokens!("where hash = ?1");
    let found = work.first(sql, params![hash.as_bytes()], read)?;
    fitting(TABLE, found, |it| it.hash == *hash)
}

pub(super) fn token(work: &mut Work<'_>, account: AccountId, id: TokenId) -> Result<Option<TokenRow>, StoreError> {
    let sql = tokens!("where account = ?1 and id = ?2");
    let found = work.first(sql, params![account.as_bytes(), id.as_bytes()], read)?;
    fitting(TABLE, found, |it| it.account == account && it.id == id)
}

pub(super) fn tokens(work: &mut Work<'_>, account: AccountId) -> Result<Vec<TokenRow>, StoreError> {
    let sql = tokens!("where account = ?1 order by id");
    let found = work.all(sql, params![account.as_bytes()], read)?;
    all_fitting(TABLE, found, |it| it.account == account)
}

pub(super) fn put_token(work: &mut Work<'_>, row: &TokenRow) -> Result<(), StoreError> {
    let limits = serde_json::to_string(&row.limits).map_err(|_| StoreError::Damaged { table: TABLE })?;
    work.change(
        "insert into tokens (id, account, name, hash, scopes, limits, role, person, created_at, created_by, expires_at,
                             revoked_at, revision, mac)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         on conflict (id) do update set
           revoked_at = excluded.revoked_at, revision = excluded.revision, mac = excluded.mac",
        params![
            row.id.as_bytes(),
            row.account.as_bytes(),
            row.name.as_str(),
            row.hash.as_bytes(),
            row.scopes.to_string(),
            limits,
            row.role.as_str(),
            row.person.as_ref().map(|it| &it.as_bytes()[..]),
            row.created_at.as_millisecond(),
            row.created_by,
            row.expires_at.map(|it| it.as_millisecond()),
            row.revoked_at.map(|it| it.as_millisecond()),
            row.revision,
            row.mac
        ],
    )
}

pub(super) fn put_token_use(work: &mut Work<'_>, id: TokenId, used_at: Timestamp) -> Result<(), StoreError> {
    work.change(
        "insert into token_uses (token, used_at) values (?1, ?2)
         on conflict (token) do update set used_at = excluded.used_at where token_uses.used_at < excluded.used_at",
        params![id.as_bytes(), used_at.as_millisecond()],
    )
}

fn read(row: &Row<'_>) -> Result<TokenRow, StoreError> {
    let mut columns = Columns::of(row, TABLE);
    Ok(TokenRow {
        id: columns.id(TokenId::from_bytes)?,
        account: columns.id(AccountId::from_bytes)?,
        name: columns.parsed()?,
        hash: columns.bytes32().map(CredentialHash::from_bytes)?,
        scopes: columns.parsed()?,
        limits: columns.json()?,
        role: columns.parsed()?,
        person: columns.optional_id(PersonId::from_bytes)?,
        created_at: columns.time()?,
        created_by: columns.text()?,
        expires_at: columns.optional_time()?,
        revoked_at: columns.optional_time()?,
        revision: columns.number()?,
        mac: columns.blob()?,
        used_at: columns.optional_time()?,
    })
}
