//! The decision against its table, for every role, scope and kind of limit.

use std::collections::BTreeSet;

use super::action::ask_for_all;
use super::*;
use crate::ids::AccountId;

/// A row of `table.txt`.
struct Rule {
    action: &'static str,
    roles: Vec<Role>,
    scope: Scope,
    about: About,
    fresh: bool,
}

fn table() -> Vec<Rule> {
    let lines = include_str!("table.txt").lines().filter(|it| !it.starts_with('#'));
    let rule = |line: &'static str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let permits = Role::ALL.into_iter().zip(&words[1..5]).filter(|it| *it.1 == "yes");
        Rule {
            action: words[0],
            roles: permits.map(|it| it.0).collect(),
            scope: words[5].parse().expect("a scope"),
            about: match words[6] {
                "secrets" => About::Secrets,
                "account" => About::Account,
                "installation" => About::Installation,
                other => panic!("{other}"),
            },
            fresh: words.get(7) == Some(&"password"),
        }
    };
    lines.map(rule).collect()
}

fn actor(kind: ActorKind, role: Role) -> Actor {
    Actor {
        kind,
        role,
        ..Actor::local("t")
    }
}

fn answers(authority: &Authority) -> Vec<Result<(), Denied>> {
    ask_for_all(authority, AccountId::from_bytes([0; 16]))
}

#[test]
fn every_action_is_in_the_table_and_agrees_with_it() {
    let (table, actions) = (table(), all_actions());
    assert_eq!(table.len(), actions.len());
    for (rule, facts) in table.iter().zip(&actions) {
        assert_eq!(rule.action, facts.word);
        assert_eq!(rule.roles, facts.roles, "{}", rule.action);
        assert_eq!(
            (rule.scope, rule.about, rule.fresh),
            (facts.scope, facts.about, facts.fresh),
            "{}",
            rule.action
        );
    }
}

#[test]
fn the_user_of_this_machine_may_what_the_role_permits() {
    for role in Role::ALL {
        let answers = answers(&Authority::of(actor(ActorKind::Local, role)));
        for (rule, answer) in table().iter().zip(answers) {
            assert_eq!(answer.is_ok(), rule.roles.contains(&role), "{role} {}", rule.action);
        }
    }
}

#[test]
fn a_person_may_what_the_role_permits_and_some_of_it_only_with_a_fresh_password() {
    for role in Role::ALL {
        for is_fresh in [false, true] {
            let answers = answers(&Authority::of_member(actor(ActorKind::Member, role), is_fresh));
            for (rule, answer) in table().iter().zip(answers) {
                let expected =
                    rule.roles.contains(&role) && (is_fresh || !rule.fresh) && rule.about != About::Installation;
                assert_eq!(answer.is_ok(), expected, "{role} {is_fresh} {}", rule.action);
            }
        }
    }
}

/// Every role with every set of scopes and every kind of limit, in the first account and in another: 4 × 31 × 5 × 2
/// authorities, each asked for every action.
#[test]
fn a_token_may_what_role_scopes_and_limits_permit_together() {
    let limits: [(&str, bool, Limits); 5] = [
        ("none", false, Limits::default()),
        (
            "keys",
            true,
            Limits {
                keys: Some(BTreeSet::new()),
                ..Limits::default()
            },
        ),
        (
            "agents",
            true,
            Limits {
                agents: Some(BTreeSet::new()),
                ..Limits::default()
            },
        ),
        (
            "environments",
            true,
            Limits {
                environments: Some(BTreeSet::new()),
                ..Limits::default()
            },
        ),
        (
            "addresses",
            false,
            Limits {
                addresses: Some(BTreeSet::new()),
                ..Limits::default()
            },
        ),
    ];
    for role in Role::ALL {
        for bits in 1_u8..32 {
            let chosen = Scope::ALL
                .into_iter()
                .enumerate()
                .filter(|(index, _)| bits >> index & 1 == 1);
            let scopes: BTreeSet<Scope> = chosen.map(|it| it.1).collect();
            let scopes = Scopes::try_from(scopes).expect("one at least");
            for (name, is_partial, limits) in &limits {
                for is_first in [false, true] {
                    let actor = actor(ActorKind::Token, role);
                    let authority =
                        Authority::of_token(actor, scopes.clone(), limits.clone()).in_first_account(is_first);
                    for (rule, answer) in table().iter().zip(answers(&authority)) {
                        let expected = rule.roles.contains(&role)
                            && scopes.has(rule.scope)
                            && !(*is_partial && rule.about != About::Secrets)
                            && (is_first || rule.about != About::Installation);
                        assert_eq!(
                            answer.is_ok(),
                            expected,
                            "{role} {scopes} {name} {is_first} {}",
                            rule.action
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn limits_reach_what_they_name_and_nothing_else() {
    let names = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    fn set<T: std::str::FromStr + Ord>(names: &[String]) -> Option<BTreeSet<T>>
    where
        T::Err: std::fmt::Debug,
    {
        Some(names.iter().map(|it| it.parse().expect("a name")).collect())
    }
    let limits = Limits {
        keys: set(&names("A_KEY,B_KEY")),
        agents: set(&names("mailer")),
        environments: set(&names("prod")),
        addresses: None,
    };
    let reach = |environment: &str, key: &str, agents: &str| {
        limits.reach(
            &environment.parse().expect("an environment"),
            &key.parse().expect("a key"),
            &agents.parse().expect("agents"),
        )
    };
    assert!(reach("prod", "A_KEY", "*"));
    assert!(reach("prod", "B_KEY", "mailer,other"));
    assert!(!reach("prod", "C_KEY", "*"));
    assert!(!reach("default", "A_KEY", "*"));
    assert!(!reach("prod", "A_KEY", "other"));
    assert!(!reach("prod", "A_KEY", "none"));
    assert!(limits.reach_agent(Some(&"mailer".parse().expect("a name"))));
    assert!(!limits.reach_agent(None));
}

#[test]
fn what_a_mac_covers_tells_absent_from_empty_and_each_part_from_the_others() {
    let bytes = |limits: &Limits| {
        let mut canonical = crate::envelope::Canonical::new("t");
        limits.authenticate(&mut canonical);
        canonical.as_ref().to_vec()
    };
    let none = Limits::default();
    let all = [
        bytes(&none),
        bytes(&Limits {
            keys: Some(BTreeSet::new()),
            ..none.clone()
        }),
        bytes(&Limits {
            agents: Some(BTreeSet::new()),
            ..none.clone()
        }),
        bytes(&Limits {
            environments: Some(BTreeSet::new()),
            ..none.clone()
        }),
        bytes(&Limits {
            environments: Some(["a".parse().expect("a name")].into()),
            ..none.clone()
        }),
        bytes(&Limits {
            agents: Some(["a".parse().expect("a name")].into()),
            ..none.clone()
        }),
        bytes(&Limits {
            addresses: Some(BTreeSet::new()),
            ..none
        }),
    ];
    for (index, one) in all.iter().enumerate() {
        assert!(!all[index + 1..].contains(one), "{index}");
    }
}
