//! Each rule with a case that breaks it and one that does not.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;

const NOW: &str = "2026-06-30T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A secret that no rule has anything against.
fn good() -> Facts {
    Facts {
        key: "SENDGRID_API_KEY".parse().unwrap(),
        environment: Environment::default(),
        created_at: at("2026-01-01T00:00:00Z"),
        value_changed_at: at("2026-06-01T00:00:00Z"),
        versions: 2,
        expires_at: None,
        rotate_every_days: None,
        policy: Policy {
            hosts: vec!["api.sendgrid.com".parse().unwrap()],
            ..Policy::default()
        },
        weak: false,
        note: None,
        same_value_as: vec![],
    }
}

fn agent(required: &[&str], optional: &[&str]) -> AgentNeeds {
    let keys = |keys: &[&str]| keys.iter().map(|it| it.parse().unwrap()).collect();
    AgentNeeds {
        agent: "mailer".parse().unwrap(),
        required: keys(required),
        optional: keys(optional),
    }
}

fn context() -> LintContext {
    LintContext {
        now: at(NOW),
        agents: vec![agent(&["SENDGRID_API_KEY"], &[])],
        environments: vec![Environment::default()],
    }
}

type Change = fn(&mut Facts, &mut LintContext);

/// Rule, what breaks it, a word of the message or hint.
const BROKEN: &[(&str, Change, &str)] = &[
    (
        "missing",
        |_, c| c.agents.push(agent(&["STRIPE_API_KEY"], &[])),
        "distri secrets set STRIPE_API_KEY`",
    ),
    (
        "missing",
        |_, c| c.environments.push("prod".parse().unwrap()),
        "distri secrets set SENDGRID_API_KEY --env prod`",
    ),
    ("expired", |f, _| f.expires_at = Some(at(NOW)), "expired on 2026-06-30"),
    (
        "expiring",
        |f, _| f.expires_at = Some(at("2026-07-14T11:59:59Z")),
        "expires on 2026-07-14",
    ),
    ("weak", |f, _| f.weak = true, "too short"),
    (
        "same-in-environments",
        |f, _| f.same_value_as = vec!["prod".parse().unwrap()],
        "`prod`",
    ),
    ("unbound", |f, _| f.policy.hosts.clear(), "--host api.sendgrid.com"),
    (
        "rotation-near",
        |f, _| f.rotate_every_days = Some(40),
        "to be replaced by 2026-07-11",
    ),
    (
        "stale",
        |f, _| f.rotate_every_days = Some(20),
        "the value is 29 days old",
    ),
    (
        "never-rotated",
        |f, _| {
            f.versions = 1;
            f.value_changed_at = f.created_at;
        },
        "180 days old",
    ),
    (
        "stale",
        |f, _| f.value_changed_at = at("2026-04-01T11:59:59Z"),
        "90 days old",
    ),
    (
        "vague-name",
        |f, c| {
            f.key = "KEY_1".parse().unwrap();
            f.note = Some("mail".into());
            c.agents = vec![agent(&["KEY_1"], &[])];
        },
        "SENDGRID_API_KEY",
    ),
    ("unused", |_, c| c.agents = vec![agent(&[], &[])], "no known agent"),
    (
        "undocumented",
        |f, c| {
            f.key = "MAIL_RELAY_KEY".parse().unwrap();
            c.agents = vec![agent(&["MAIL_RELAY_KEY"], &[])];
        },
        "--note",
    ),
];

/// What no rule minds.
const FINE: &[Change] = &[
    |_, _| {},
    |f, _| f.value_changed_at = at("2026-04-01T12:00:00Z"),
    |f, _| f.expires_at = Some(at("2026-07-14T12:00:00Z")),
    |f, _| f.same_value_as = vec![Environment::default()],
    |_, c| c.agents.clear(),
    |_, c| c.agents = vec![agent(&[], &["SENDGRID_API_KEY"])],
    |f, c| {
        f.key = "DATABASE_URL".parse().unwrap();
        f.policy.hosts.clear();
        c.agents.clear();
    },
    |f, _| f.value_changed_at = at("2027-01-01T00:00:00Z"),
];

#[test]
fn each_rule_finds_its_case_and_only_that() {
    for (rule, change, words) in BROKEN {
        let (mut facts, mut context) = (good(), context());
        change(&mut facts, &mut context);
        let findings = lint(&[facts], &context);
        assert_eq!(
            findings.iter().map(|it| it.rule).collect::<Vec<_>>(),
            [*rule],
            "{findings:?}"
        );
        let text = format!(
            "{} {}",
            findings[0].message,
            findings[0].hint.as_deref().unwrap_or_default()
        );
        assert!(text.contains(words), "{rule}: {text}");
        assert!(!findings[0].message.ends_with('.'));
    }
}

#[test]
fn every_rule_has_a_case_and_its_own_name() {
    let mut names = std::collections::BTreeSet::new();
    for rule in RULES {
        assert!(names.insert(rule.name), "{} stands twice", rule.name);
        assert!(
            BROKEN.iter().any(|(name, ..)| *name == rule.name),
            "{} has no case",
            rule.name
        );
        assert!(!rule.summary.is_empty());
    }
}

#[test]
fn good_secrets_have_no_findings() {
    for (index, change) in FINE.iter().enumerate() {
        let (mut facts, mut context) = (good(), context());
        change(&mut facts, &mut context);
        assert_eq!(lint(&[facts], &context), [], "case {index}");
    }
}

#[test]
fn an_unknown_unbound_key_is_only_a_note() {
    let mut facts = good();
    facts.key = "MAIL_RELAY_KEY".parse().unwrap();
    facts.note = Some("relay".into());
    facts.policy.hosts.clear();
    let findings = lint(
        &[facts],
        &LintContext {
            agents: vec![],
            ..context()
        },
    );
    assert_eq!(
        findings.iter().map(|it| (it.rule, it.severity)).collect::<Vec<_>>(),
        [("unbound", Severity::Note)]
    );
}

#[test]
fn findings_are_sorted_by_secret() {
    let mut first = good();
    first.weak = true;
    let mut second = first.clone();
    second.environment = "prod".parse().unwrap();
    let context = LintContext {
        agents: vec![agent(&["A_THING_KEY", "SENDGRID_API_KEY"], &[])],
        ..context()
    };
    let found: Vec<_> = lint(&[second, first], &context)
        .into_iter()
        .map(|it| (it.key.to_string(), it.environment.to_string(), it.rule))
        .collect();
    let row = |key: &str, environment: &str, rule| (key.to_owned(), environment.to_owned(), rule);
    assert_eq!(
        found,
        [
            row("A_THING_KEY", "default", "missing"),
            row("SENDGRID_API_KEY", "default", "weak"),
            row("SENDGRID_API_KEY", "prod", "weak")
        ]
    );
}
