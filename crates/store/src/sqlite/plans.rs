//! How this database answers the questions for lists: through an index in the order of the list, and never by sorting or
//! by reading a table as a whole.

use distri_core::ids::AccountId;
use distri_core::{Environment, SecretKey};
use rusqlite::{Connection, params_from_iter};

use super::transaction::Transaction;
use super::{migrate, open};
use crate::lists::{Half, NamesPart, Part, Place};
use crate::rows::AuditHeadRow;
use crate::sql::params::Param;
use crate::sql::query::{self, Dialect, Kept, Next, Work};
use crate::{StoreError, UnitOfWork};

/// Writes down the plan of each question instead of asking it.
struct Explained<'c> {
    connection: &'c Connection,
    inner: Transaction<'c>,
    plans: Vec<(&'static str, String)>,
}

impl query::Transaction for Explained<'_> {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn ask(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        _each: &mut dyn FnMut(&query::Row<'_>) -> Result<Next, StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(&format!("explain query plan {sql}"))?;
        let steps = statement.query_map(params_from_iter(params), |row| row.get::<_, String>(3))?;
        let steps: Vec<String> = steps.collect::<Result<_, _>>()?;
        self.plans.push((sql, steps.join("\n")));
        Ok(())
    }

    fn execute(&mut self, sql: &'static str, _params: &[Param<'_>]) -> Result<usize, StoreError> {
        panic!("a list changes nothing: {sql}")
    }

    fn head(&self) -> Option<AuditHeadRow> {
        None
    }

    fn keep_head(&mut self, _head: &AuditHeadRow) -> Kept {
        Kept::No
    }
}

#[test]
fn every_list_of_secrets_is_read_through_an_index_in_its_order() {
    let mut connection = open::scratch().expect("opens");
    migrate::migrate(&mut connection).expect("makes the tables");
    let mut explained = Explained {
        connection: &connection,
        inner: Transaction::alone(&connection),
        plans: Vec::new(),
    };
    let account = AccountId::from_bytes([7; 16]);
    let environment = Environment::default();
    let key: SecretKey = "CRM_TOKEN".parse().expect("a key");
    let from = Place::after(&key, &environment);
    let mut work = Work::new(&mut explained);
    for environment in [None, Some(&environment)] {
        for half in [Half::Live, Half::Deleted] {
            let part = Part {
                half,
                environment,
                from: &from,
                limit: 100,
            };
            work.secrets_from(account, part).map(drop).expect("explains");
        }
        for with_agents in [true, false] {
            let part = NamesPart {
                environment,
                from: &from,
                limit: 100,
                with_agents,
            };
            work.names_from(account, part).map(drop).expect("explains");
        }
    }
    for half in [Half::Live, Half::Deleted] {
        work.secrets_called(account, &key, half).map(drop).expect("explains");
    }
    work.tally(account, 100).map(drop).expect("explains");

    assert_eq!(explained.plans.len(), 13);
    for (sql, plan) in explained.plans {
        let entered = plan.lines().find(|it| it.contains(" s ")).unwrap_or_default();
        let half = if sql.contains("is not null") { "deleted" } else { "live" };
        let entry = match sql {
            it if it.contains("count(*)") => "by_key (account=?",
            it if it.contains("s.environment = ?5") => "by_environment (account=? AND environment=? AND key>",
            it if it.contains("select s.environment") => "by_environment (account=? AND environment>?",
            it if it.contains("s.key = ?2") => "by_key (account=? AND key=?",
            _ => "by_key (account=? AND (key,environment)>(?,?)",
        };
        assert!(entered.contains(&format!("secrets_{half}_{entry}")), "{sql}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
    }
}
