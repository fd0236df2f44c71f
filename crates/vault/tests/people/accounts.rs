//! Several accounts in one installation: nothing of one is there in another.

use distri_core::AccountName;
use distri_core::audit::ActionKind;
use distri_core::authz::{Actor, Denied, Limits, Role};
use distri_vault::VaultError;
use distri_vault::secrets::ListSecrets;
use distri_vault::tokens::NewToken;

use super::support::{Place, WORDS, by, join, local, log_in, owner, peer, reveal, set};

fn name(text: &str) -> AccountName {
    text.parse().expect("a name")
}

#[test]
fn an_account_has_its_own_key_secrets_members_and_log() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let (ada, _) = by(&vault, &session);
    set(&ada, "A_KEY", "of default").expect("sets");
    place.pass(1);
    ada.create_account(&name("acme")).expect("makes it");
    assert!(matches!(
        ada.create_account(&name("acme")),
        Err(VaultError::AccountExists(_))
    ));

    vault.switch_account(&session, &name("acme")).expect("is a member");
    let (there, view) = by(&vault, &session);
    assert_eq!((view.account.as_str(), view.role), ("acme", Role::Owner));
    assert_eq!(
        view.accounts.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        ["default", "acme"]
    );
    assert!(there.list(&ListSecrets::default()).expect("lists").is_empty());
    set(&there, "A_KEY", "of acme").expect("sets");
    assert_eq!(reveal(&there, "A_KEY").expect("fresh"), b"of acme");
    assert_eq!(reveal(&local(&vault), "A_KEY").expect("reveals"), b"of default");
    let first = there.audit_newest(100).expect("reads").remove(0).1;
    assert_eq!(
        (first.action, first.about.expect("about it").name.as_str()),
        (ActionKind::AccountCreate, "acme")
    );

    // A row moved from one to the other opens in neither.
    place
        .database()
        .execute_batch("update secrets set account = (select id from accounts where name = 'default'), key = 'MOVED' where account = (select id from accounts where name = 'acme')")
        .expect("edits");
    assert!(matches!(
        reveal(&local(&vault), "MOVED"),
        Err(VaultError::Integrity { .. })
    ));
}

#[test]
fn an_account_of_others_is_not_there() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let (ada, _) = by(&vault, &session);
    ada.create_account(&name("acme")).expect("makes it");
    let bob = join(&vault, &ada, "bob", Role::Owner);
    for other in ["acme", "nothing"] {
        let refused = vault
            .switch_account(&bob.session.presented(), &name(other))
            .expect_err("refused");
        assert_eq!(refused.to_string(), format!("there is no account `{other}`"));
    }
    let (bob_caller, _) = by(&vault, &bob.session.presented());
    assert_eq!(bob_caller.accounts().expect("lists").len(), 1);
    assert_eq!(ada.accounts().expect("lists").len(), 2);
    assert_eq!(local(&vault).accounts().expect("lists").len(), 2);
}

#[test]
fn a_token_is_for_its_account_whatever_is_asked_with_it() {
    let place = Place::new();
    let vault = place.open();
    let root = local(&vault);
    root.create_account(&name("acme")).expect("makes it");
    let acme = vault.caller(Actor::local("root"), &name("acme")).expect("is there");
    set(&root, "A_KEY", "of default").expect("sets");
    let new = NewToken {
        name: "ci".parse().expect("a name"),
        scopes: "read,write,reveal,resolve,admin".parse().expect("scopes"),
        limits: Limits::default(),
        expires_at: None,
    };
    let (token, view) = acme.create_token(&new).expect("makes it");
    let caller = vault.authenticate_token(&token.presented(), peer()).expect("known");
    assert!(matches!(reveal(&caller, "A_KEY"), Err(VaultError::NotFound { .. })));
    assert_eq!(caller.accounts().expect("lists").len(), 1);
    // Of the other account's token nothing is known here.
    assert!(root.tokens().expect("lists").is_empty());
    assert!(matches!(
        root.revoke_token(view.id.parse().expect("an id")),
        Err(VaultError::NoToken)
    ));
}

#[test]
fn the_installation_is_not_a_tenants() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let (ada, _) = by(&vault, &session);
    assert!(
        ada.prune_audit(distri_core::Timestamp::UNIX_EPOCH).is_ok(),
        "of the first account"
    );
    ada.create_account(&name("acme")).expect("makes it");
    vault.switch_account(&session, &name("acme")).expect("is a member");
    let (there, _) = by(&vault, &session);
    for refused in [
        there.prune_audit(distri_core::Timestamp::UNIX_EPOCH).map(drop),
        there.create_account(&name("other")).map(drop),
        there.accept_rollback().map(drop),
    ] {
        assert!(matches!(refused, Err(VaultError::Denied(Denied::Elsewhere { .. }))));
    }
    // Names in the table of accounts make nobody an owner of the installation.
    place
        .database()
        .execute_batch(
            "update accounts set name = 'x' where name = 'default'; update accounts set name = 'default' where name = 'acme'",
        )
        .expect("edits");
    let again = place.open();
    for refused in [
        again.authenticate_session(&session).map(drop),
        log_in(&again, "ada", WORDS, peer()).map(drop),
    ] {
        assert!(matches!(refused, Err(VaultError::Tampered { what: "account", .. })));
    }
}
