//! The write-ahead log of an installation that only short commands use stays short: each of them reads all of it.

use distri_core::clock::Timestamp;
use distri_core::ids::AccountId;
use distri_core::{AccountName, SystemClock};
use distri_store::rows::AccountRow;
use distri_store::{SqliteStore, StoreError};

/// Each round opens and closes the store, as a command does.
#[test]
fn short_commands_leave_a_short_log_and_all_that_they_wrote() {
    const ROUNDS: usize = 200;
    const LONGEST: u64 = 160 * 4096;
    let directory = tempfile::tempdir().expect("a directory");
    let (path, log) = (
        directory.path().join("distri.db"),
        directory.path().join("distri.db-wal"),
    );
    let name = |round: usize| -> AccountName { format!("a{round}").parse().expect("a name") };
    let (mut longest, mut folds, mut before) = (0, 0, 0);
    for round in 0..ROUNDS {
        let store = SqliteStore::open(&path).expect("opens");
        let row = AccountRow {
            id: AccountId::new(&SystemClock),
            name: name(round),
            created_at: Timestamp::UNIX_EPOCH,
        };
        store.write(|work| work.create_account(&row)).expect("writes");
        drop(store);
        let length = std::fs::metadata(&log).expect("a log").len();
        longest = longest.max(length);
        folds += usize::from(length < before);
        before = length;
    }
    assert!(longest <= LONGEST, "{longest} bytes");
    assert!(folds > 1, "the log was never folded");
    let store = SqliteStore::open(&path).expect("opens");
    let all = store.read(|work| {
        let found = (0..ROUNDS).map(|round| Ok(work.account(&name(round))?.is_some()));
        found.collect::<Result<Vec<bool>, StoreError>>()
    });
    assert!(all.expect("reads").into_iter().all(|it| it));
}
