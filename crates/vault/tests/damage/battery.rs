//! A home with something in every table, and all that can be asked of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use distri_core::authz::{Limits, Role};
use distri_core::clock::FixedClock;
use distri_core::credential::{PresentedInvitation, PresentedSession, PresentedToken};
use distri_core::ids::RunId;
use distri_core::{Clock, Environment, SecretKey};
use distri_store::tables::Kind;
use distri_vault::audit::AuditReport;
use distri_vault::observed::{ObservedAbout, ObservedBatch};
use distri_vault::people::NewInvitation;
use distri_vault::root_key::Surroundings;
use distri_vault::secrets::{Edit, ListSecrets, SetSecret, UpdateSecret};
use distri_vault::tokens::NewToken;
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};

use crate::support::{Place, by, email, join, local, owner, peer, reveal, set};

/// What opens the doors of the home.
pub(crate) struct Credentials {
    session: PresentedSession,
    token: PresentedToken,
    link: PresentedInvitation,
}

/// The secrets, with their values.
pub(crate) const SECRETS: [(&str, &str); 4] = [
    ("A_KEY", "the third value of it"),
    ("B_KEY", "another value"),
    ("C_KEY", "a value with hosts"),
    ("D_KEY", "one of two"),
];

/// How often a value of a version that is not in use is given where nothing is damaged.
pub(crate) const GIVEN: usize = OTHERS.len() + 2;

/// Versions that are not in use, with their values.
const OTHERS: [(&str, u32, &str); 4] = [
    ("A_KEY", 1, "the first"),
    ("A_KEY", 2, "the second"),
    ("B_KEY", 2, "a staged value"),
    ("D_KEY", 2, "the other"),
];

/// Fills a home, so that no table is empty but those that say why.
pub(crate) fn full(place: &Place, vault: &Vault) -> Credentials {
    let session = owner(vault).session.presented();
    let (ada, _) = by(vault, &session);
    for text in ["the first", "the second", SECRETS[0].1] {
        set(&ada, "A_KEY", text).expect("sets");
    }
    set(&ada, "B_KEY", SECRETS[1].1).expect("sets");
    let value = distri_core::SecretValue::new(SECRETS[2].1.as_bytes().to_vec()).expect("within limits");
    let request = SetSecret {
        hosts: Edit::Set(vec!["api.example.com".parse().expect("a binding")]),
        ..SetSecret::new(key("C_KEY"), Environment::default(), value)
    };
    ada.set(&request).expect("sets");
    let update = UpdateSecret {
        note: Edit::Set(Some("a note".to_owned())),
        expires_at: Edit::Set(Some("2100-01-01T00:00:00Z".parse().expect("a time"))),
        rotate_every_days: Edit::Set(Some(90)),
        ..UpdateSecret::default()
    };
    ada.update(&key("A_KEY"), &Environment::default(), &update)
        .expect("updates");
    let staged = distri_core::SecretValue::new(b"a staged value".to_vec()).expect("within limits");
    ada.stage(&key("B_KEY"), &Environment::default(), &staged)
        .expect("stages");
    set(&ada, "GONE", "a deleted value").expect("sets");
    ada.delete(&key("GONE"), &Environment::default()).expect("deletes");
    set(&ada, "D_KEY", SECRETS[3].1).expect("sets");
    set(&ada, "D_KEY", "the other").expect("sets");
    ada.rollback(&key("D_KEY"), &Environment::default(), None)
        .expect("rolls back");
    ada.session_set("s", "k", b"session data", None).expect("sets");
    ada.session_set("s", "other", b"more of it", None).expect("sets");
    for name in ["helper", "other"] {
        ada.put_agent(&format!("---\nname = \"{name}\"\ndescription = \"d\"\n---\nHelp.\n"))
            .expect("pushes");
    }
    let new = NewToken {
        name: "ci".parse().expect("a name"),
        scopes: "read".parse().expect("scopes"),
        limits: Limits::default(),
        expires_at: None,
    };
    let (token, _) = ada.create_token(&new).expect("makes it");
    let other = NewToken {
        name: "other".parse().expect("a name"),
        ..new
    };
    ada.create_token(&other).expect("makes it");
    vault.authenticate_token(&token.presented(), peer()).expect("known");
    join(vault, &ada, "bob", Role::Admin);
    let new = NewInvitation {
        email: email("eve"),
        role: Role::Viewer,
    };
    let link = ada.invite(&new).expect("invites").0.presented();
    let batch = ObservedBatch {
        about: ObservedAbout {
            at: place.clock.now(),
            agent: None,
            environment: Environment::default(),
            secrets: Vec::new(),
        },
        requests: Vec::new(),
        left_out: 1,
    };
    ada.observe(RunId::new(place.clock.as_ref()), 1, &batch)
        .expect("observes");
    let local_user = local(vault);
    local_user
        .create_account(&"team".parse().expect("a name"))
        .expect("makes it");
    local_user.rotate_account().expect("rotates");
    let home = place.home();
    let mut nobody = || panic!("nobody is asked");
    local_user
        .rotate_instance(&mut Surroundings::of(&home, &mut nobody))
        .expect("rotates");
    Credentials {
        session,
        token: token.presented(),
        link,
    }
}

fn key(text: &str) -> SecretKey {
    text.parse().expect("a key")
}

/// What everybody who asks is told, by what was asked. Whether anything is said to be wrong stands first.
pub(crate) type Answers = BTreeMap<&'static str, String>;

/// The word for what is noticed.
pub(crate) const NOTICED: &str = "noticed: ";

/// Opens a home and asks everything, or only what has to do with values. A value that is another one than was set ends the
/// test.
pub(crate) fn ask(home: &Home, clock: &Arc<FixedClock>, credentials: Option<&Credentials>) -> Answers {
    let mut answers = Answers::new();
    let mut add = |what, result: Result<String, VaultError>| {
        answers.insert(what, result.unwrap_or_else(|error| format!("{NOTICED}{error}")));
    };
    let nobody = &mut || panic!("nobody is asked");
    let vault = match Vault::open(home, clock.clone(), FirstUse::Refuse, nobody) {
        Ok(vault) => vault,
        Err(error) => {
            add("open", Err(error));
            return answers;
        }
    };
    let actor = distri_core::authz::Actor::local("root");
    let caller = match vault.caller(actor, &Default::default()) {
        Ok(caller) => caller,
        Err(error) => {
            add("caller", Err(error));
            return answers;
        }
    };
    for (name, value) in SECRETS {
        let revealed = reveal(&caller, name);
        if let Ok(found) = &revealed {
            assert_eq!(String::from_utf8_lossy(found), value, "a wrong value");
        }
        add(name, revealed.map(|_| "the value".to_owned()));
    }
    let everything = ListSecrets {
        deleted: true,
        ..ListSecrets::default()
    };
    add("list", caller.list(&everything).map(|it| shown(&it)));
    let Some(credentials) = credentials else {
        let others = ask_for_others(&caller);
        answers.insert("others", others.to_string());
        return answers;
    };
    for (name, what) in [
        ("A_KEY", "history of A"),
        ("B_KEY", "history of B"),
        ("D_KEY", "history of D"),
    ] {
        let history = caller.history(&key(name), &Environment::default());
        add(what, history.map(|it| shown(&it)));
    }
    add("facts", caller.facts(&|_| false).map(|it| shown(&it)));
    add("session data", caller.session_all("s").map(|it| it.len().to_string()));
    add("agents", caller.agents().map(|it| shown(&it)));
    add("tokens", caller.tokens().map(|it| shown(&it)));
    add("members", caller.members().map(|it| shown(&it)));
    add("invitations", caller.invitations().map(|it| shown(&it)));
    add("accounts", caller.accounts().map(|it| shown(&it)));
    add("observed", caller.observed_runs(10).map(|it| shown(&it)));
    let status = caller.key_status(&Surroundings::of(home, nobody));
    add(
        "keys",
        status.map(|it| shown(&it.instance_keys) + &shown(&it.account_keys)),
    );
    let token = vault.authenticate_token(&credentials.token, peer());
    add("token", token.map(|it| shown(it.authority())));
    let session = vault.authenticate_session(&credentials.session);
    add("session", session.map(|it| shown(&it.1)));
    add("link", vault.invitation(&credentials.link).map(|it| shown(&it)));
    let backups = caller.audit_newest(5).map(|it| it.len().to_string());
    add("records", backups);
    let findings = |it: AuditReport| match it.findings.first() {
        None => String::new(),
        Some(finding) => format!("{NOTICED}{}", finding.what),
    };
    add("log", caller.verify_audit().map(findings));
    let sound = vault.soundness(&distri_core::authz::Actor::local("root")).map(|it| {
        let first = [&it.secrets, &it.access, &it.agents]
            .into_iter()
            .find_map(|it| it.first.as_ref());
        first.map_or_else(String::new, |error| format!("{NOTICED}{error}"))
    });
    add("soundness", sound);
    answers
}

/// Reads the versions that are not in use, and then takes some of them back into use, which changes the home. A value that
/// is another one than was set ends the test. How often a value was given.
fn ask_for_others(caller: &Caller<'_>) -> usize {
    let mut given = 0;
    let text = |it: distri_vault::secrets::Revealed| String::from_utf8_lossy(it.value.expose_secret()).into_owned();
    for (name, version, value) in OTHERS {
        if let Ok(found) = caller.reveal(&key(name), &Environment::default(), Some(version)) {
            assert_eq!(text(found), value, "a wrong value of version {version} of {name}");
            given += 1;
        }
    }
    for (name, version, value) in [OTHERS[0], OTHERS[3]] {
        let taken = caller.rollback(&key(name), &Environment::default(), Some(version));
        let found = taken.and_then(|_| caller.reveal(&key(name), &Environment::default(), None));
        if let Ok(found) = found {
            assert_eq!(text(found), value, "a wrong value after a rollback of {name}");
            given += 1;
        }
    }
    given
}

/// As a person would see it. What is damaged says so in its own words.
fn shown(it: &impl std::fmt::Debug) -> String {
    let text = format!("{it:?}");
    match text.contains("damage: Some") {
        true => format!("{NOTICED}{text}"),
        false => text,
    }
}

/// Another content of a column, the same kind and length where that is possible.
pub(crate) fn another(column: &str, kind: Kind) -> String {
    match kind {
        Kind::Integer => format!("coalesce(\"{column}\", 0) + 1000"),
        Kind::Text => format!("coalesce(\"{column}\", '') || 'x'"),
        Kind::Blob => format!(
            "cast(case hex(substr(\"{column}\", 1, 1)) when '00' then x'01' else x'00' end || substr(\"{column}\", 2) as blob)"
        ),
    }
}

/// What came of a change: `noticed`, `shown` as if it were right, or `unseen`.
pub(crate) fn compared(expected: &Answers, answers: &Answers) -> (&'static str, String) {
    let changed = answers.iter().filter(|it| expected.get(it.0) != Some(it.1));
    let changed: Vec<_> = changed.collect();
    match changed.iter().find(|it| it.1.contains(NOTICED)) {
        Some((what, answer)) => ("noticed", format!("{what}: {answer}")),
        None if changed.is_empty() => ("unseen", String::new()),
        None => ("shown", changed[0].0.to_string()),
    }
}

pub(crate) fn copy(place: &Place, to: &Path) {
    let home = place.home();
    let database = home.database();
    let from = database.parent().and_then(Path::parent).expect("a home");
    for name in ["config", "data", "state"] {
        std::fs::create_dir_all(to.join(name)).expect("makes");
        for entry in std::fs::read_dir(from.join(name)).expect("reads") {
            let entry = entry.expect("reads");
            std::fs::copy(entry.path(), to.join(name).join(entry.file_name())).expect("copies");
        }
    }
}
