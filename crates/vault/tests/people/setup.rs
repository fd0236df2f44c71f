//! The first owner comes by a link that is good once.

use distri_core::audit::ActionKind;
use distri_core::authz::Role;
use distri_core::credential::PlainSetup;
use distri_vault::people::FirstOwner;
use distri_vault::{Unauthenticated, VaultError};

use super::support::{Place, WORDS, by, email, owner, password, records};

fn somebody(name: &str) -> FirstOwner {
    FirstOwner {
        email: email(name),
        name: name.parse().expect("a name"),
        password: password(WORDS),
    }
}

#[test]
fn the_link_makes_the_owner_and_is_used_up_by_that() {
    let place = Place::new();
    let vault = place.open();
    let link = vault.setup_link().expect("asks").expect("no owner yet");
    // Another server of the same installation shows the same link.
    let other = place.open();
    let same = other.setup_link().expect("asks").expect("no owner yet");
    assert_eq!(link.expose_secret(), same.expose_secret());

    let signed_in = vault.set_up(&link.presented(), &somebody("ada")).expect("sets up");
    assert_eq!(
        (signed_in.view.role, signed_in.view.account.as_str()),
        (Role::Owner, "default")
    );
    assert!(signed_in.view.is_fresh);
    let (caller, _) = by(&other, &signed_in.session.presented());
    assert!(caller.members().is_ok());

    let again = other
        .set_up(&link.presented(), &somebody("eve"))
        .err()
        .expect("refused");
    assert!(matches!(again, VaultError::Unauthenticated(Unauthenticated::Setup)));
    assert!(vault.setup_link().expect("asks").is_none());
    let actions: Vec<_> = records(&vault).into_iter().map(|it| it.action).collect();
    assert_eq!(
        actions,
        [
            ActionKind::InstanceCreate,
            ActionKind::MemberAdd,
            ActionKind::SessionOpen
        ]
    );
}

#[test]
fn no_other_link_is_good() {
    let place = Place::new();
    let vault = place.open();
    let refused = |link: &PlainSetup| {
        let error = vault
            .set_up(&link.presented(), &somebody("eve"))
            .err()
            .expect("refused");
        assert!(
            matches!(error, VaultError::Unauthenticated(Unauthenticated::Setup)),
            "{error}"
        );
    };
    refused(&PlainSetup::random());
    let elsewhere = Place::new().open().setup_link().expect("asks").expect("no owner there");
    vault.setup_link().expect("asks");
    refused(&elsewhere);
    let link = vault.setup_link().expect("asks").expect("no owner yet");
    place.pass(24 * 3_600);
    refused(&link);
    let next = vault.setup_link().expect("asks").expect("no owner yet");
    assert_ne!(next.expose_secret(), link.expose_secret());
    refused(&link);
    // What is in the database is of no use for it.
    place
        .database()
        .execute_batch("update setup set nonce = randomblob(32)")
        .expect("edits");
    refused(&next);
}

#[test]
fn of_two_at_once_one_is_the_owner() {
    let place = Place::new();
    let link = place
        .open()
        .setup_link()
        .expect("asks")
        .expect("no owner yet")
        .presented();
    let came: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = ["ada", "eve"]
            .into_iter()
            .map(|name| {
                let vault = place.open();
                let link = &link;
                scope.spawn(move || usize::from(vault.set_up(link, &somebody(name)).is_ok()))
            })
            .collect();
        threads.into_iter().map(|it| it.join().expect("ends")).sum()
    });
    assert_eq!(came, 1);
}

#[test]
fn a_short_password_uses_nothing_up() {
    let place = Place::new();
    let vault = place.open();
    let link = vault.setup_link().expect("asks").expect("no owner yet");
    let short = FirstOwner {
        password: password("short"),
        ..somebody("ada")
    };
    assert!(matches!(
        vault.set_up(&link.presented(), &short),
        Err(VaultError::Password(_))
    ));
    owner(&vault);
}
