//! Lists of secrets read what they list, however many secrets are deleted.

use std::time::{Duration, Instant};

use distri_core::ids::AccountId;
use distri_core::{Environment, Policy, SecretKey};
use distri_store::StoreError;
use distri_store::lists::{Half, NamesPart, Part, Place as Beginning};

use crate::support::Place;

const ACCOUNT: [u8; 16] = [7; 16];
/// How many are in the environment that is listed, and how many of each half are elsewhere or deleted.
const FEW: u32 = 10;
const MANY: u32 = 10_000;

/// What the server has read of the table so far: rows through an index other than that of the ids, and rows without any.
const READ: &str = "select (select sum(idx_tup_read) from pg_stat_user_indexes
                            where relname = 'secrets' and indexrelname like 'secrets\\_%' and indexrelname <> 'secrets_pkey')
                           || ' ' || (select seq_tup_read from pg_stat_user_tables where relname = 'secrets')
                           || ' ' || (select sum(idx_scan) from pg_stat_user_indexes where indexrelname like 'secrets_live%')";

#[test]
fn what_is_deleted_is_not_read_for_a_list_of_what_is_not() {
    let place = Place::new();
    drop(place.store());
    fill(&place);

    let store = place.store();
    let account = AccountId::from_bytes(ACCOUNT);
    let environment = Environment::default();
    let key: SecretKey = "K1".parse().expect("a key");
    store
        .read::<_, StoreError>(|work| {
            let from = &Beginning::beginning();
            for environment in [None, Some(&environment)] {
                for half in [Half::Live, Half::Deleted] {
                    let limit = 50;
                    let _found = work.secrets_from(
                        account,
                        Part {
                            half,
                            environment,
                            from,
                            limit,
                        },
                    )?;
                }
                for with_agents in [true, false] {
                    let limit = 50;
                    let _found = work.names_from(
                        account,
                        NamesPart {
                            environment,
                            from,
                            limit,
                            with_agents,
                        },
                    )?;
                }
            }
            let _found = work.secrets_called(account, &key, Half::Live)?;
            let _found = work.secrets_called(account, &key, Half::Deleted)?;
            let _found = work.tally(account, 50)?;
            Ok(())
        })
        .expect("lists");
    drop(store);

    let (through, without) = read_by_then(&place);
    assert_eq!(without, 0, "the table is read as a whole");
    // Seven lists of 50, three of a few, and a step or two for each of the rest.
    let listed = 7 * 50 + 3 * FEW;
    assert!(through <= u64::from(listed) + 20, "{through} rows were read");
}

/// A few secrets; many that are deleted, there and in an environment before it; and many in that one.
fn fill(place: &Place) {
    let policy = serde_json::to_string(&Policy::default()).expect("as JSON");
    let all = format!("from generate_series(1, {FEW} + 3 * {MANY}) it");
    let id = "decode(md5(it::text), 'hex')";
    let sql = format!(
        "insert into accounts (id, name, created_at) values (decode(repeat('07', 16), 'hex'), 'a', 1);
         insert into secrets (id, account, environment, key, current_version, latest_version, created_at, updated_at,
                              deleted_at, mac)
           select {id}, decode(repeat('07', 16), 'hex'), case when it <= {FEW} + {MANY} then 'default' else 'a' end,
                  case when it <= {FEW} + {MANY} then 'K' else 'A' end || it, 1, 1, 1, 1,
                  case when it > {FEW} and it <= {FEW} + 2 * {MANY} then 2 end, decode(repeat('00', 32), 'hex') {all};
         insert into data_keys (id, secret, account_key_version, wrapped, created_at) select {id}, {id}, 1, '', 1 {all};
         insert into secret_versions (secret, version, data_key, policy, sealed, change, created_at, created_by)
           select {id}, 1, {id}, '{policy}', '', 'value', 1, 'ada' {all};
         analyze"
    );
    place.database().sql(&sql).expect("fills it");
}

/// A connection says what it has read when it has ended, a moment later.
fn read_by_then(place: &Place) -> (u64, u64) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let read = place.database().sql(READ).expect("reads");
        let counted: Vec<u64> = read
            .split_whitespace()
            .map(|it| it.parse().expect("a number"))
            .collect();
        if counted[2] > 0 {
            return (counted[0], counted[1]);
        }
        assert!(Instant::now() < until, "the server does not say what was read: {read}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
