//! A backup goes from one kind of database to the other, and into one that servers are using.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use distri_core::SystemClock;
use distri_core::age::Identity;
use distri_core::authz::Actor;
use distri_store::StoreError;
use distri_vault::backup::{BackupError, CreateBackup, RestoreBackup, Restored, restore_backup};
use distri_vault::{Home, Vault, VaultError};

use crate::proxy::{Break, Proxy};
use crate::support::{Place, ada, nobody, open, reveal, set, share_root_key, versions};

struct Kept {
    directory: tempfile::TempDir,
    identity: Identity,
}

impl Kept {
    fn of(vault: &Vault) -> Self {
        let kept = Self {
            directory: tempfile::tempdir().unwrap(),
            identity: Identity::generate(),
        };
        let request = CreateBackup {
            to: &kept.directory.path().join("backup.age"),
            recipients: &[kept.identity.recipient()],
        };
        ada(vault).create_backup(&request).unwrap();
        kept
    }

    fn restore(&self, home: &Home, replace: bool) -> Result<Restored, BackupError> {
        let request = RestoreBackup {
            file: &self.directory.path().join("backup.age"),
            identities: std::slice::from_ref(&self.identity),
            replace,
            accept_rollback: replace,
            trust: &[],
        };
        restore_backup(home, Arc::new(SystemClock), &Actor::local("ada"), &request, &mut nobody)
    }
}

fn is_sound(vault: &Vault) {
    assert_eq!(ada(vault).verify_audit().unwrap().findings, []);
}

#[test]
fn a_backup_goes_from_each_kind_of_database_to_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let embedded = |name: &str| Home::below(&directory.path().join(name));
    let first = open(&embedded("first")).unwrap();
    set(&first, "A", "one").unwrap();
    set(&first, "A", "two").unwrap();
    let kept = Kept::of(&first);

    let place = Place::new();
    share_root_key(&embedded("first"), &place.home(0));
    kept.restore(&place.home(0), false).unwrap();
    let on_the_server = place.open(0);
    assert_eq!(reveal(&on_the_server, "A").unwrap(), b"two");
    assert_eq!(set(&on_the_server, "A", "three").unwrap(), 3);
    is_sound(&on_the_server);
    assert!(matches!(
        kept.restore(&place.home(0), false),
        Err(BackupError::Occupied(_))
    ));

    let kept = Kept::of(&on_the_server);
    share_root_key(&embedded("first"), &embedded("second"));
    kept.restore(&embedded("second"), false).unwrap();
    let second = open(&embedded("second")).unwrap();
    assert_eq!(reveal(&second, "A").unwrap(), b"three");
    assert_eq!(versions(&second, "A"), [1, 2, 3]);
    is_sound(&second);
    assert!(Path::new(&embedded("second").database()).exists());
}

#[test]
fn a_database_that_servers_use_is_replaced_whole() {
    let place = Place::new();
    let (one, other) = (place.open(0), place.open(1));
    set(&one, "A", "kept").unwrap();
    let kept = Kept::of(&one);
    set(&other, "A", "replaced").unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                // What was there before, or nothing: the log is then behind what this server saw.
                if let Ok(value) = reveal(&other, "A") {
                    assert_eq!(value, b"replaced");
                }
            }
        });
        assert!(kept.restore(&place.home(2), true).is_err(), "it has no root key");
        place.share_root_key(2);
        kept.restore(&place.home(2), true).unwrap();
        is_over.store(true, Ordering::SeqCst);
        reader.join().unwrap();
    });
    let fresh = place.open(3);
    assert_eq!(reveal(&fresh, "A").unwrap(), b"kept");
    is_sound(&fresh);
    assert!(fs::metadata(place.home(2).root_key()).is_ok());
}

#[test]
fn a_restoration_whose_answer_is_lost_is_found_and_one_that_never_came_has_changed_nothing() {
    let place = Place::new();
    let vault = place.open(0);
    set(&vault, "A", "kept").unwrap();
    let kept = Kept::of(&vault);
    set(&vault, "A", "replaced").unwrap();
    drop(vault);
    let (proxy, through) = Proxy::before(&place.database);
    proxy.break_next(Break::Before);
    let refused = kept.restore(&place.home_at(0, &through), true).err().unwrap();
    assert!(proxy.has_broken());
    assert!(
        matches!(
            refused,
            BackupError::Vault(VaultError::Store(StoreError::Unreachable { .. }))
        ),
        "{refused:?}"
    );
    assert_eq!(reveal(&place.open(0), "A").unwrap(), b"replaced");

    proxy.break_next(Break::After);
    kept.restore(&place.home_at(0, &through), true).unwrap();
    assert!(proxy.has_broken());
    let vault = place.open(0);
    assert_eq!(reveal(&vault, "A").unwrap(), b"kept");
    is_sound(&vault);
}
