//! Every field of a record is in its leaf, and none is taken that no record has.

use super::*;

fn sample() -> Record {
    Record {
        id: RecordId::from_bytes([1; 16]),
        at: Timestamp::from_millisecond(1_700_000_000_000).expect("in range"),
        account: AccountId::from_bytes([2; 16]),
        actor: Actor::local("ada"),
        action: ActionKind::Release,
        environment: Some(Environment::default()),
        subjects: vec![Subject {
            secret: SecretId::from_bytes([3; 16]),
            key: "STRIPE_API_KEY".parse().expect("a key"),
            version: 2,
            hosts: vec!["api.stripe.com".to_owned()],
            agents: AgentScope::All,
            expires_at: None,
        }],
        agent: Some("payment_agent".parse().expect("a name")),
        run: Some(RunId::from_bytes([4; 16])),
        alarm: Some(AlarmFacts {
            rule: AlarmRule::WrongHost,
            place: "header authorization".to_owned(),
            destination: Some("evil.example".to_owned()),
            step: Some("send_email 1".to_owned()),
            origin: Some(RunId::from_bytes([5; 16])),
        }),
        about: None,
        log: None,
        given_up: None,
        keys: None,
        outcome: Outcome::Done,
    }
}

fn given_up() -> GivenUp {
    GivenUp {
        tip: Some(Hash::leaf(b"tip")),
        checkpoint: Some(Hash::leaf(b"note")),
    }
}

fn about() -> About {
    About {
        id: EntityId::from_bytes([6; 16]),
        revision: 1,
        name: "ci".to_owned(),
        grants: vec!["scopes read".to_owned()],
    }
}

#[test]
fn json_keeps_the_canonical_form() {
    let record = sample();
    let json = serde_json::to_string(&record).expect("serialises");
    let back: Record = serde_json::from_str(&json).expect("parses");
    assert_eq!(back, record);
    assert_eq!(back.leaf_hash(), record.leaf_hash());
}

#[test]
fn every_field_changes_the_leaf() {
    let base = sample();
    type Change = (&'static str, fn(&mut Record));
    fn alarm(record: &mut Record) -> &mut AlarmFacts {
        record.alarm.as_mut().expect("the sample has one")
    }
    let changes: [Change; 34] = [
        ("id", |it| it.id = RecordId::from_bytes([9; 16])),
        ("at", |it| it.at = Timestamp::from_millisecond(1).expect("in range")),
        ("account", |it| it.account = AccountId::from_bytes([9; 16])),
        ("actor", |it| it.actor.name = "eve".to_owned()),
        ("actor id", |it| it.actor.id = Some(EntityId::from_bytes([9; 16]))),
        ("action", |it| it.action = ActionKind::Reveal),
        ("environment", |it| it.environment = None),
        ("subjects", |it| it.subjects.clear()),
        ("version", |it| it.subjects[0].version = 3),
        ("hosts", |it| it.subjects[0].hosts.clear()),
        ("agents", |it| it.subjects[0].agents = AgentScope::only([])),
        ("expiry", |it| it.subjects[0].expires_at = Some(Timestamp::UNIX_EPOCH)),
        ("agent", |it| it.agent = None),
        ("run", |it| it.run = None),
        ("alarm", |it| it.alarm = None),
        ("rule", |it| alarm(it).rule = AlarmRule::Output),
        ("place", |it| alarm(it).place.clear()),
        ("destination", |it| alarm(it).destination = None),
        ("step", |it| alarm(it).step = None),
        ("origin", |it| alarm(it).origin = None),
        ("outcome", |it| it.outcome = Outcome::Denied("agent".to_owned())),
        ("pruned", |it| it.log = Some(LogChange::Pruned { through: 1 })),
        ("rolled back", |it| {
            it.log = Some(LogChange::RolledBack { found: 1, delivered: 2 });
        }),
        ("given up", |it| it.given_up = Some(given_up())),
        ("given-up tip", |it| {
            it.given_up = Some(GivenUp {
                tip: None,
                ..given_up()
            })
        }),
        ("given-up checkpoint", |it| {
            it.given_up = Some(GivenUp {
                checkpoint: None,
                ..given_up()
            })
        }),
        ("about", |it| it.about = Some(about())),
        ("about id", |it| {
            it.about = Some(About {
                id: EntityId::from_bytes([9; 16]),
                ..about()
            })
        }),
        ("revision", |it| it.about = Some(About { revision: 2, ..about() })),
        ("name", |it| {
            it.about = Some(About {
                name: "other".to_owned(),
                ..about()
            })
        }),
        ("grants", |it| {
            it.about = Some(About {
                grants: Vec::new(),
                ..about()
            })
        }),
        ("keys", |it| {
            it.keys = Some(KeyChange::AccountRotated { version: 2 });
        }),
        ("backed up", |it| {
            it.log = Some(LogChange::BackedUp { size: 1, recipients: 2 });
        }),
        ("restored", |it| it.log = Some(LogChange::Restored { size: 1 })),
    ];
    let mut leaves = vec![base.leaf_hash()];
    for (field, change) in changes {
        let mut other = sample();
        change(&mut other);
        assert!(!leaves.contains(&other.leaf_hash()), "{field}");
        leaves.push(other.leaf_hash());
    }
}

#[test]
fn a_field_that_no_record_has_is_refused() {
    let mut json = serde_json::to_value(sample()).expect("serialises");
    json["extra"] = "evil".into();
    assert!(serde_json::from_value::<Record>(json).is_err());
    let mut json = serde_json::to_value(sample()).expect("serialises");
    json["subjects"][0]["value"] = "evil".into();
    assert!(serde_json::from_value::<Record>(json).is_err());
    let mut json = serde_json::to_value(sample()).expect("serialises");
    json["actor"]["session"] = "evil".into();
    assert!(serde_json::from_value::<Record>(json).is_err());
}

#[test]
fn words_and_serde_agree() {
    for action in ActionKind::ALL {
        let json = serde_json::to_value(action).expect("serialises");
        assert_eq!(json, action.as_str());
    }
}
