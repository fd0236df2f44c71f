//! Somebody edits the database: no token becomes more than it was, and whoever tries is noticed.

use distri_core::alarm::AlarmRule;
use distri_core::authz::Limits;
use distri_vault::tokens::TokenState;
use distri_vault::{Unauthenticated, VaultError};

use super::support::{Place, ada, by, environment, key, records, token};

#[test]
fn every_edit_of_a_token_is_refused_and_alarmed() {
    let edits = [
        (
            "scopes",
            "update tokens set scopes = 'read,write,reveal,resolve,admin' where name = 'ci'",
        ),
        (
            "keys",
            r#"update tokens set limits = replace(limits, '"keys":["STRIPE_API_KEY"],', '') where name = 'ci'"#,
        ),
        (
            "more keys",
            r#"update tokens set limits = replace(limits, '"STRIPE_API_KEY"', '"STRIPE_API_KEY","OTHER_KEY"') where name = 'ci'"#,
        ),
        (
            "environments",
            r#"update tokens set limits = replace(limits, ',"environments":["prod"]', '') where name = 'ci'"#,
        ),
        ("all limits", "update tokens set limits = '{}' where name = 'ci'"),
        (
            "role",
            "update tokens set role = 'owner' where name = 'ci'; update tokens set role = 'admin' where name = 'ci'",
        ),
        ("expiry", "update tokens set expires_at = null where name = 'ci'"),
        (
            "a later expiry",
            "update tokens set expires_at = expires_at + 1 where name = 'ci'",
        ),
        ("person", "update tokens set person = randomblob(16) where name = 'ci'"),
        ("name", "update tokens set name = 'backup' where name = 'ci'"),
        ("maker", "update tokens set created_by = 'eve' where name = 'ci'"),
        ("making", "update tokens set created_at = 1 where name = 'ci'"),
        ("revision", "update tokens set revision = 9 where name = 'ci'"),
        ("mac", "update tokens set mac = randomblob(32) where name = 'ci'"),
        // The hash of a token that eve holds, on the row of a stronger one.
        (
            "hash",
            "create table held as select hash from tokens where name = 'weak';
                  update tokens set hash = randomblob(32) where name = 'weak';
                  update tokens set hash = (select hash from held) where name = 'ci'",
        ),
        ("identity", "update tokens set id = randomblob(16) where name = 'ci'"),
    ];
    for (what, sql) in edits {
        let place = Place::new();
        let vault = place.open();
        let limits = Limits {
            keys: Some([key("STRIPE_API_KEY")].into()),
            environments: Some([environment("prod")].into()),
            ..Limits::default()
        };
        let new = distri_vault::tokens::NewToken {
            expires_at: Some(place.clock_in(60)),
            ..super::support::new_token("ci", "read", limits)
        };
        let (plain, _) = ada(&vault).create_token(&new).expect("makes it");
        let weak = token(&vault, "weak", "read", Limits::default()).0;
        let edit = place.database();
        edit.execute_batch(&format!("pragma foreign_keys = off; {sql}"))
            .expect(what);
        let presented = if what == "hash" { &weak } else { &plain };
        let answer = by(&vault, presented);
        assert!(
            matches!(answer, Err(VaultError::Tampered { what: "token", .. })),
            "{what}: {:?}",
            answer.err()
        );
        let alarms: Vec<_> = records(&vault).into_iter().filter_map(|it| it.alarm).collect();
        assert_eq!(alarms.len(), 1, "{what}");
        assert_eq!(alarms[0].rule, AlarmRule::Tampered);
        assert!(by(&vault, presented).is_err());
        assert_eq!(
            records(&vault).iter().filter(|it| it.alarm.is_some()).count(),
            1,
            "{what}: once an hour"
        );
        let tokens = ada(&vault).tokens().expect("lists");
        let damaged = tokens
            .iter()
            .filter(|it| it.state(place.clock_in(0)) == TokenState::Damaged);
        assert!(damaged.count() >= 1, "{what}");
    }
}

#[test]
fn a_token_from_before_its_revocation_cannot_be_put_back() {
    let place = Place::new();
    let vault = place.open();
    let (plain, view) = token(&vault, "ci", "read", Limits::default());
    let database = place.database();
    database
        .execute_batch("create table kept as select * from tokens")
        .expect("keeps it");
    ada(&vault)
        .revoke_token(view.id.parse().expect("an id"))
        .expect("revokes");
    assert!(matches!(
        by(&vault, &plain),
        Err(VaultError::Unauthenticated(Unauthenticated::Revoked))
    ));

    database
        .execute_batch("delete from token_uses; delete from tokens; insert into tokens select * from kept")
        .expect("puts it back");
    let answer = by(&vault, &plain).err().expect("refused");
    assert!(answer.to_string().contains("older than the audit log"), "{answer}");
    // Revoking it again is possible, and holds.
    ada(&vault)
        .revoke_token(view.id.parse().expect("an id"))
        .expect("revokes");
    assert!(matches!(
        by(&vault, &plain),
        Err(VaultError::Unauthenticated(Unauthenticated::Revoked))
    ));
}

#[test]
fn a_token_of_another_database_is_none_here() {
    let place = Place::new();
    let vault = place.open();
    token(&vault, "ci", "read", Limits::default());
    let elsewhere = Place::new();
    let other = elsewhere.open();
    let (foreign, _) = token(&other, "evil", "read,write,reveal,resolve,admin", Limits::default());
    let from = elsewhere.database();
    let [id, hash, mac] = ["id", "hash", "mac"].map(|it| from.hex(it, "tokens"));
    let columns = ["scopes", "limits", "role", "created_at", "created_by", "revision"];
    let [scopes, limits, role, created_at, created_by, revision] =
        columns.map(|it| from.text(&format!("select cast({it} as text) from tokens")));
    let sql = format!(
        "insert into tokens values (x'{id}', (select id from accounts), 'evil', x'{hash}', '{scopes}', '{limits}', '{role}',
           null, {created_at}, '{created_by}', null, null, {revision}, x'{mac}')"
    );
    place.database().execute_batch(&sql).expect("copies the row");
    assert!(matches!(
        by(&vault, &foreign),
        Err(VaultError::Unauthenticated(Unauthenticated::UnknownToken))
    ));
}
