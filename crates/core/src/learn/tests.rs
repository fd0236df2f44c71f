//! Proposals by example, and the rule that holds for all of them.

use proptest::prelude::*;

use super::*;
use crate::names::{AgentName, SecretKey};
use crate::policy::{AgentScope, Delivery, Given, Policy, Scheme};

fn key() -> SecretKey {
    "CRM_TOKEN".parse().expect("a key")
}

fn at(line: &str, spots: &[Spot]) -> ObservedRequest {
    let (method, url) = line.split_once(' ').expect("a method");
    let (scheme, rest) = match url.strip_prefix("http://") {
        Some(rest) => (Scheme::Http, rest),
        None => (Scheme::Https, url),
    };
    let (authority, path) = rest.split_at(rest.find('/').expect("a path"));
    let (host, port) = match authority.rsplit_once(':').filter(|it| !it.1.contains(']')) {
        Some((host, port)) => (host, port.parse().expect("a port")),
        None => (authority, scheme.default_port()),
    };
    ObservedRequest {
        method: method.to_owned(),
        scheme,
        host: host.to_owned(),
        port,
        path: path.to_owned(),
        carried: spots
            .iter()
            .map(|spot| Carried {
                key: key(),
                spot: spot.clone(),
            })
            .collect(),
    }
}

fn bearer() -> Spot {
    Spot::Header("authorization".to_owned())
}

fn proposed(lines: &[&str]) -> Proposal {
    let requests: Vec<_> = lines.iter().map(|it| at(it, &[bearer()])).collect();
    propose(&key(), &Policy::default(), &requests.iter().collect::<Vec<_>>()).expect("a proposal")
}

fn hosts(proposal: &Proposal) -> Vec<String> {
    proposal.policy.hosts.iter().map(ToString::to_string).collect()
}

#[test]
fn bindings_are_as_narrow_as_what_was_seen_shows() {
    let cases: &[(&[&str], &[&str])] = &[
        // One path says nothing about which part of it changes.
        (&["POST api.crm.example/v3/mail/send"], &["POST api.crm.example"]),
        (
            &["POST api.crm.example/v3/mail/send", "POST api.crm.example/v3/mail/send"],
            &["POST api.crm.example"],
        ),
        (
            &["POST api.crm.example/v1/charges", "GET api.crm.example/v1/balance"],
            &["GET,POST api.crm.example/v1"],
        ),
        (
            &["GET api.crm.example/v1/charges", "GET api.crm.example/v1/charges/ch_1"],
            &["GET api.crm.example/v1/charges"],
        ),
        // The same thing twice is not the interface.
        (
            &["GET h.example/v1/charges/ch_1", "POST h.example/v1/charges/ch_1/refund"],
            &["GET,POST h.example/v1/charges"],
        ),
        (&["GET h.example/42/a", "GET h.example/42/b"], &["GET h.example"]),
        (
            &[
                "GET h.example/0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b/a",
                "GET h.example/0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b/b",
            ],
            &["GET h.example"],
        ),
        (
            &[
                "GET h.example/admin/api/2024-10/shop.json",
                "GET h.example/admin/api/2024-10/orders.json",
            ],
            &["GET h.example/admin/api/2024-10"],
        ),
        (
            &[
                "GET h.example/[redacted:CRM_TOKEN]/a",
                "GET h.example/[redacted:CRM_TOKEN]/b",
            ],
            &["GET h.example"],
        ),
        (
            &["GET h.example/v1/refunds-all", "GET h.example/v1/refunds"],
            &["GET h.example/v1"],
        ),
        (&["GET h.example/a%20b/c", "GET h.example/a%20b/d"], &["GET h.example"]),
        // Hosts are never joined into a wildcard.
        (
            &[
                "GET a.slack.com/api/x",
                "GET b.slack.com/api/y",
                "POST a.slack.com/api/z",
            ],
            &["GET b.slack.com", "GET,POST a.slack.com/api"],
        ),
        (
            &["GET h.example:8443/", "GET h.example/"],
            &["GET h.example", "GET h.example:8443"],
        ),
        (
            &["POST http://localhost:11434/api/chat"],
            &["POST http://localhost:11434"],
        ),
        (&["M-SEARCH h.example/"], &["h.example"]),
    ];
    for (lines, expected) in cases {
        let mut found = hosts(&proposed(lines));
        found.sort();
        assert_eq!(found, *expected, "{lines:?}");
    }
}

#[test]
fn a_proposal_says_what_it_leaves_open_and_what_it_cannot_name() {
    let proposal = proposed(&["POST a.example/v1/x", "GET [redacted:K].example/"]);
    let notes: Vec<_> = proposal.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes.len(), 2);
    assert!(notes[0].starts_with("a.example: one path was seen"), "{}", notes[0]);
    assert!(notes[1].starts_with("[redacted:K].example: no binding"), "{}", notes[1]);
    assert!(proposed(&["GET a.example/x", "GET a.example/y"]).notes.is_empty());
    let request = at("GET [redacted:K].example/", &[bearer()]);
    assert_eq!(propose(&key(), &Policy::default(), &[&request]), None);
    let request = at("GET a.example/", &[]);
    assert_eq!(propose(&key(), &Policy::default(), &[&request]), None);
}

#[test]
fn where_it_stood_decides_on_bodies_and_on_the_placeholder() {
    let path = Spot::Elsewhere("the path".to_owned());
    let cases = [
        (vec![bearer()], false, Given::Placeholder),
        (vec![Spot::Basic], false, Given::Placeholder),
        (vec![Spot::Query], false, Given::Placeholder),
        (vec![Spot::Body], true, Given::Placeholder),
        (vec![path], false, Given::Value),
        (vec![bearer(), Spot::Query], false, Given::Value),
    ];
    for (spots, body, given) in cases {
        let request = at("POST a.example/", &spots);
        let proposal = propose(&key(), &Policy::default(), &[&request]).expect("a proposal");
        assert_eq!(
            (proposal.policy.body, proposal.policy.given()),
            (body, given),
            "{spots:?}"
        );
        let says_why = proposal.notes.iter().any(|it| matches!(it, Note::NeedsValue { .. }));
        assert_eq!(says_why, given == Given::Value, "{spots:?}");
    }
}

#[test]
fn a_refusal_names_the_rule_of_the_broker() {
    let agent: AgentName = "sales".parse().expect("a name");
    let bound = Policy {
        hosts: vec!["POST a.example/v1".parse().expect("a binding")],
        agents: AgentScope::only([agent.clone()]),
        ..Policy::default()
    };
    let rule = |policy: &Policy, agent: Option<&AgentName>, request: &ObservedRequest| {
        refusal(policy, &key(), agent, request).map(|it| it.rule())
    };
    let good = at("POST a.example/v1/x", &[bearer()]);
    assert_eq!(rule(&bound, Some(&agent), &good), None);
    assert_eq!(rule(&bound, None, &good), Some("not-for-this-agent"));
    for line in [
        "GET a.example/v1/x",
        "POST a.example/v2",
        "POST b.example/v1",
        "POST a.example:444/v1",
    ] {
        assert_eq!(
            rule(&bound, Some(&agent), &at(line, &[bearer()])),
            Some("wrong-host"),
            "{line}"
        );
        assert_eq!(
            rule(&bound, Some(&agent), &at(line, &[])),
            None,
            "{line}: it carries nothing"
        );
    }
    let body = at("POST a.example/v1", &[Spot::Body]);
    assert_eq!(rule(&bound, Some(&agent), &body), Some("wrong-place"));
    let with_body = Policy {
        body: true,
        ..bound.clone()
    };
    assert_eq!(rule(&with_body, Some(&agent), &body), None);
    let twice = at("POST a.example/v1", &[bearer(), Spot::Basic]);
    assert_eq!(rule(&bound, Some(&agent), &twice), Some("too-often"));
    let by_value = Policy {
        delivery: Delivery::Value,
        ..bound
    };
    for request in [&body, &twice] {
        assert_eq!(rule(&by_value, Some(&agent), request), None);
    }
}

fn requests() -> impl Strategy<Value = ObservedRequest> {
    let segment = prop_oneof!["v[0-9]", "[a-z]{1,4}", "ch_[0-9]{2}", "[0-9]{1,3}", "a%2Fb"];
    let path = proptest::collection::vec(segment, 0..4);
    let spot = prop_oneof![
        Just(bearer()),
        Just(Spot::Basic),
        Just(Spot::Query),
        Just(Spot::Body),
        Just(Spot::Elsewhere("the path".to_owned()))
    ];
    let spots = proptest::collection::vec(spot, 0..3);
    let method = prop_oneof!["GET", "POST", "M-SEARCH"];
    (
        method,
        prop_oneof![Just("a.example"), Just("b.example:8443")],
        path,
        spots,
    )
        .prop_map(|(method, host, path, spots)| at(&format!("{method} {host}/{}", path.join("/")), &spots))
}

proptest! {
    #[test]
    fn a_proposal_permits_everything_it_was_made_from(seen in proptest::collection::vec(requests(), 1..8)) {
        let all: Vec<_> = seen.iter().collect();
        if let Some(proposal) = propose(&key(), &Policy::default(), &all) {
            for request in &seen {
                prop_assert_eq!(refusal(&proposal.policy, &key(), None, request), None, "{} {:?}", request, proposal);
            }
        } else {
            prop_assert!(seen.iter().all(|it| it.carried.is_empty()));
        }
    }
}
