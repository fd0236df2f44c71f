//! The auditor's question with a whole cast: whoever could is named with their time, acting or not, and nobody else.

use std::net::IpAddr;

use distri_core::authz::{Grants, Role};
use distri_core::policy::AgentScope;
use distri_core::{Environment, Timestamp};
use distri_vault::audit::{CouldUse, Source, WhoCould};
use distri_vault::people::{FirstOwner, Joining, NewInvitation, Password, SignedIn};
use distri_vault::secrets::{Edit, UpdateSecret};
use distri_vault::tokens::NewToken;
use distri_vault::{Caller, Vault};

use crate::support::{Place, ada, key, set};

/// How the user of the machine is called.
pub(crate) const LOCAL: &str = "whoever holds the root key";
const START: i64 = 1_800_000_000;

pub(crate) fn password() -> Password {
    Password::new("correct horse battery".to_owned())
}

/// Somebody comes by the setup link.
pub(crate) fn owner(vault: &Vault, name: &str) -> SignedIn {
    let link = vault.setup_link().unwrap().unwrap();
    let owner = FirstOwner {
        email: format!("{name}@example.com").parse().unwrap(),
        name: name.parse().unwrap(),
        password: password(),
    };
    vault.set_up(&link.presented(), &owner).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn token(caller: &Caller<'_>, name: &str, scopes: &str, limits: &[&str], expires_at: Option<Timestamp>) -> String {
    let words: Vec<String> = limits.iter().map(|&it| it.to_owned()).collect();
    let new = NewToken {
        name: name.parse().unwrap(),
        scopes: scopes.parse().unwrap(),
        limits: Grants::from_words(&words).unwrap().limits,
        expires_at,
    };
    caller.create_token(&new).unwrap().1.id
}

fn invite(vault: &Vault, name: &str, role: Role) -> distri_core::credential::PlainInvitation {
    let new = NewInvitation {
        email: format!("{name}@example.com").parse().unwrap(),
        role,
    };
    ada(vault).invite(&new).unwrap().0
}

fn join(vault: &Vault, name: &str, role: Role) -> SignedIn {
    let joining = Joining {
        name: Some(name.parse().unwrap()),
        password: password(),
    };
    let peer: IpAddr = "192.0.2.7".parse().unwrap();
    let link = invite(vault, name, role);
    vault.accept_invitation(&link.presented(), &joining, peer).unwrap()
}

fn agents(vault: &Vault, agents: AgentScope) {
    let change = UpdateSecret {
        agents: Edit::Set(agents),
        ..UpdateSecret::default()
    };
    ada(vault).update(&key("A"), &Environment::default(), &change).unwrap();
}

/// Everything at 0 but what is said: the policy narrowed at 150, the secret deleted from 400 to 450; the question is from
/// 100 to 600.
fn place_with_a_cast() -> (Place, Vault) {
    let place = Place::new();
    let vault = place.open();
    let local = ada(&vault);
    set(&vault, "A", "one");
    set(&vault, "OTHER", "x");
    token(&local, "ci", "read,resolve", &[], None);
    let leaver = token(&local, "leaver", "reveal,resolve", &[], None);
    let cut = token(&local, "cut", "resolve", &[], None);
    token(&local, "brief", "resolve", &[], Some(at(300)));
    token(&local, "other-key", "resolve", &["keys OTHER"], None);
    token(&local, "other-place", "resolve", &["environments prod"], None);
    token(&local, "mailer", "resolve", &["agents mailer"], None);
    token(&local, "payer", "resolve", &["agents mailer,payment_agent"], None);
    token(&local, "office", "reveal", &["addresses 10.0.0.0/8"], None);
    token(&local, "writer", "read,write,admin", &[], None);
    owner(&vault, "ada");
    join(&vault, "vic", Role::Viewer);
    let pam = join(&vault, "pam", Role::Admin);
    let rem = join(&vault, "rem", Role::Admin);
    invite(&vault, "nia", Role::Admin);
    let by = |it: &SignedIn| vault.authenticate_session(&it.session.presented()).unwrap().0;
    token(&by(&pam), "pam's first", "reveal,resolve", &[], None);
    ada(&vault).change_role(pam.view.person, Role::Member).unwrap();
    token(&by(&pam), "pam's", "resolve", &[], None);
    token(&by(&rem), "rem's", "reveal", &[], None);
    place.wait(50);
    ada(&vault).revoke_token(leaver.parse().unwrap()).unwrap();
    place.wait(100);
    agents(&vault, AgentScope::only(["payment_agent".parse().unwrap()]));
    place.wait(50);
    ada(&vault).change_role(pam.view.person, Role::Admin).unwrap();
    place.wait(50);
    ada(&vault).revoke_token(cut.parse().unwrap()).unwrap();
    place.wait(100);
    ada(&vault).remove_member(rem.view.person).unwrap();
    place.wait(50);
    ada(&vault).delete(&key("A"), &Environment::default()).unwrap();
    place.wait(50);
    ada(&vault).undelete(&key("A"), &Environment::default()).unwrap();
    place.wait(200);
    (place, vault)
}

fn ask(vault: &Vault) -> CouldUse {
    let question = WhoCould {
        key: key("A"),
        environment: Some(Environment::default()),
        from: at(100),
        to: at(600),
    };
    ada(vault).who_could(&question).unwrap()
}

/// The lines about one of them: from, to, as what, whether it could be revealed, and to which agents released.
fn lines(answer: &CouldUse, name: &str) -> Vec<String> {
    let second = |it: Timestamp| it.as_second() - START;
    let about = answer.people.iter().filter(|it| it.name == name);
    let lines = about.map(|it| {
        let role = it.role.map_or("unknown", Role::as_str);
        let scopes = it.scopes.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
        let reveal = if it.may_reveal { ", reveal" } else { "" };
        let agents = it
            .agents
            .as_ref()
            .map(|it| format!(", release {it}"))
            .unwrap_or_default();
        assert_eq!(it.may_release, it.agents.is_some());
        format!("{}-{} {role}{scopes}{reveal}{agents}", second(it.from), second(it.to))
    });
    lines.collect()
}

#[test]
fn whoever_could_is_named_with_their_time_whether_they_acted_or_not() {
    let (_place, vault) = place_with_a_cast();
    let answer = ask(&vault);
    let owner = [
        "100-150 owner, reveal, release *",
        "150-400 owner, reveal, release payment_agent",
        "450-600 owner, reveal, release payment_agent",
    ];
    assert_eq!(lines(&answer, LOCAL), owner);
    assert_eq!(lines(&answer, "ada@example.com"), owner);
    assert_eq!(
        lines(&answer, "pam@example.com"),
        [
            "100-150 member, release *",
            "150-200 member, release payment_agent",
            "200-400 admin, reveal, release payment_agent",
            "450-600 admin, reveal, release payment_agent",
        ]
    );
    assert_eq!(
        lines(&answer, "pam's first"),
        [
            "100-150 member reveal,resolve, release *",
            "150-200 member reveal,resolve, release payment_agent",
            "200-400 admin reveal,resolve, reveal, release payment_agent",
            "450-600 admin reveal,resolve, reveal, release payment_agent",
        ]
    );
    assert_eq!(
        lines(&answer, "pam's"),
        [
            "100-150 member resolve, release *",
            "150-400 member resolve, release payment_agent",
            "450-600 member resolve, release payment_agent",
        ]
    );
    assert_eq!(
        lines(&answer, "rem@example.com"),
        [
            "100-150 admin, reveal, release *",
            "150-350 admin, reveal, release payment_agent"
        ]
    );
    assert_eq!(lines(&answer, "rem's"), ["100-350 admin reveal, reveal"]);
    assert_eq!(
        lines(&answer, "ci"),
        [
            "100-150 owner read,resolve, release *",
            "150-400 owner read,resolve, release payment_agent",
            "450-600 owner read,resolve, release payment_agent",
        ]
    );
    assert_eq!(
        lines(&answer, "cut"),
        [
            "100-150 owner resolve, release *",
            "150-250 owner resolve, release payment_agent"
        ]
    );
    assert_eq!(
        lines(&answer, "brief"),
        [
            "100-150 owner resolve, release *",
            "150-300 owner resolve, release payment_agent"
        ]
    );
    assert_eq!(lines(&answer, "mailer"), ["100-150 owner resolve, release mailer"]);
    assert_eq!(
        lines(&answer, "payer"),
        [
            "100-150 owner resolve, release mailer,payment_agent",
            "150-400 owner resolve, release payment_agent",
            "450-600 owner resolve, release payment_agent",
        ]
    );
    assert_eq!(
        lines(&answer, "office"),
        ["100-400 owner reveal, reveal", "450-600 owner reveal, reveal"]
    );
    let office = answer.people.iter().find(|it| it.name == "office").unwrap();
    assert_eq!(office.addresses.as_ref().unwrap().len(), 1);
    for name in [
        "leaver",
        "other-key",
        "other-place",
        "writer",
        "vic@example.com",
        "nia@example.com",
    ] {
        assert_eq!(lines(&answer, name), [""; 0], "{name}");
    }
    assert!(answer.people.iter().all(|it| it.source == Source::Log));
    assert_eq!(answer.people.len(), 33);
}

#[test]
fn past_its_expiry_it_is_read_by_people_and_given_to_no_run() {
    let (_place, vault) = place_with_a_cast();
    let change = UpdateSecret {
        expires_at: Edit::Set(Some(at(700))),
        ..UpdateSecret::default()
    };
    ada(&vault).update(&key("A"), &Environment::default(), &change).unwrap();
    let question = WhoCould {
        key: key("A"),
        environment: None,
        from: at(650),
        to: at(800),
    };
    let answer = ada(&vault).who_could(&question).unwrap();
    assert_eq!(
        lines(&answer, LOCAL),
        ["650-700 owner, reveal, release payment_agent", "700-800 owner, reveal"]
    );
    assert_eq!(
        lines(&answer, "ci"),
        ["650-700 owner read,resolve, release payment_agent"]
    );
    assert_eq!(answer.spans.last().unwrap().to, at(700));
}

#[test]
fn what_was_pruned_of_tokens_and_members_is_filled_from_what_is_stored_and_said() {
    let (_place, vault) = place_with_a_cast();
    ada(&vault).prune_audit(at(220)).unwrap();
    let answer = ask(&vault);
    assert_eq!(answer.kept.unwrap().at, at(250));
    let source = |name: &str| {
        let lines = answer.people.iter().filter(|it| it.name == name);
        lines.map(|it| it.source).collect::<Vec<_>>()
    };
    assert_eq!(
        lines(&answer, "ci"),
        [
            "100-150 owner read,resolve, release *",
            "150-400 owner read,resolve, release payment_agent",
            "450-600 owner read,resolve, release payment_agent",
        ]
    );
    assert_eq!(source("ci"), [Source::Database; 3]);
    assert_eq!(
        lines(&answer, "cut"),
        [
            "100-150 owner resolve, release *",
            "150-250 owner resolve, release payment_agent"
        ]
    );
    // Promoted before the first record that is left: the role until then is not known, and the greatest is assumed.
    assert_eq!(
        lines(&answer, "pam@example.com"),
        [
            "100-150 unknown, reveal, release *",
            "150-250 unknown, reveal, release payment_agent",
            "250-400 admin, reveal, release payment_agent",
            "450-600 admin, reveal, release payment_agent",
        ]
    );
    assert_eq!(
        source("pam@example.com"),
        [Source::Presumed, Source::Presumed, Source::Database, Source::Database]
    );
    // Removed since: only that is left of the membership.
    assert_eq!(
        lines(&answer, "rem@example.com"),
        [
            "100-150 unknown, reveal, release *",
            "150-350 unknown, reveal, release payment_agent"
        ]
    );
    assert_eq!(lines(&answer, "rem's"), ["100-350 admin reveal, reveal"]);
    assert_eq!(source("rem's"), [Source::Presumed]);
    for name in ["leaver", "other-key", "writer", "vic@example.com", "nia@example.com"] {
        assert_eq!(lines(&answer, name), [""; 0], "{name}");
    }
}

#[test]
fn rows_that_are_damaged_are_named_and_hide_nobody() {
    let (place, vault) = place_with_a_cast();
    ada(&vault).prune_audit(at(220)).unwrap();
    place.edit("update tokens set scopes = 'read' where name = 'ci'");
    place.edit("update members set role = 'viewer' where role = 'admin'");
    place.edit(
        r#"update secret_versions set policy = replace(policy, '"all"', '{"only":["mailer"]}') where version = 1"#,
    );
    let answer = ask(&vault);
    let named = |text: &str| answer.damaged.iter().any(|it| it.contains(text));
    assert!(named("token `ci`") && named("`A`"), "{:?}", answer.damaged);
    assert_eq!(answer.damaged.len(), 3, "{:?}", answer.damaged);
    let ci: Vec<_> = answer.people.iter().filter(|it| it.name == "ci").collect();
    assert!(ci.iter().all(|it| it.source == Source::Presumed && it.may_reveal));
    assert_eq!((ci[0].from, ci[0].agents.as_ref()), (at(100), Some(&AgentScope::All)));
    let pam = answer.people.iter().find(|it| it.name == "pam@example.com").unwrap();
    assert_eq!(
        (pam.from, pam.source, pam.may_reveal),
        (at(100), Source::Presumed, true)
    );
    assert_eq!(
        lines(&answer, "ada@example.com").last().unwrap(),
        "450-600 owner, reveal, release payment_agent"
    );

    place.edit("update secrets set note = 'trust me' where key = 'A'");
    let answer = ask(&vault);
    let local = lines(&answer, LOCAL);
    assert_eq!(
        local,
        [
            "100-400 owner, reveal, release *",
            "450-600 owner, reveal, release payment_agent"
        ]
    );
    assert!(answer.damaged.iter().any(|it| it.contains("`A` in environment")));
}

#[test]
fn an_answer_without_bound_is_refused() {
    let (_place, vault) = place_with_a_cast();
    let question = WhoCould {
        key: key("A"),
        environment: None,
        from: at(100),
        to: at(600),
    };
    let all = ask(&vault).people.len();
    assert_eq!(ada(&vault).who_could_within(&question, all).unwrap().people.len(), all);
    let error = ada(&vault).who_could_within(&question, all - 1).unwrap_err();
    let said = format!(
        "the answer would have more than {} lines; narrow the time, or name an environment",
        all - 1
    );
    assert_eq!(error.to_string(), said);
}
