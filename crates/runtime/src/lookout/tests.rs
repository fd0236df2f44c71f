//! A run with a placeholder, another run with its own, and texts that have one of them.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Mutex;

use data_encoding::{BASE64, HEXUPPER};
use distri_core::alarm::{AlarmSink, NotRecorded, OnLeak};
use distri_core::envelope::Keyring;
use distri_core::ids::RunId;
use distri_core::placeholder::{PlaceholderKey, Shape};
use distri_core::{Policy, ReleasedSecret, SystemClock};
use serde_json::json;

use super::*;

const VALUE: &str = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";

#[derive(Default)]
struct Alarms(Mutex<Vec<Alarm>>);

impl AlarmSink for Alarms {
    fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded> {
        self.0.lock().unwrap().push(alarm.clone());
        Ok(())
    }
}

impl Alarms {
    fn take(&self) -> Vec<(AlarmRule, String, Option<String>)> {
        let all = std::mem::take(&mut *self.0.lock().unwrap());
        let short = |it: Alarm| (it.rule, it.place, it.key.map(|it| it.to_string()));
        all.into_iter().map(short).collect()
    }
}

fn release(keys: &Arc<PlaceholderKey>, number: u64) -> Release {
    let key: SecretKey = "STRIPE_API_KEY".parse().unwrap();
    let id = PlaceholderId::new(number, 0).unwrap();
    Release {
        run: RunId::new(&SystemClock),
        secrets: vec![ReleasedSecret {
            version: 1,
            value: SecretValue::new(VALUE.into()).unwrap(),
            placeholder: Some(keys.mint(id, &Shape::of(&key, VALUE.as_bytes()))),
            policy: Policy::default(),
            key,
        }],
        placeholders: Some(keys.clone()),
    }
}

/// A lookout, its alarms, its placeholder, and that of another run.
fn world() -> (Arc<Lookout>, Arc<Alarms>, String, String) {
    let keys = Keyring::create(&SystemClock).placeholders().clone();
    let (ours, theirs) = (release(&keys, 1), release(&keys, 2));
    let alarms = Arc::<Alarms>::default();
    let watch = Arc::new(Watch::new(alarms.clone(), OnLeak::Warn));
    let text = |it: &Release| it.secrets[0].placeholder.as_ref().unwrap().as_str().to_owned();
    let lookout = Lookout::new(&ours, [], watch);
    (Arc::new(lookout), alarms, text(&ours), text(&theirs))
}

#[test]
fn a_value_is_hidden_and_a_placeholder_raises_an_alarm_besides() {
    let (lookout, alarms, ours, _) = world();
    let hidden = "x [redacted:STRIPE_API_KEY] y";
    assert_eq!(lookout.text(format!("x {VALUE} y"), Place::Console), hidden);
    assert!(alarms.take().is_empty());
    for (place, rule) in [
        (Place::Console, AlarmRule::Output),
        (Place::ToolInput, AlarmRule::ModelMessage),
        (Place::Log, AlarmRule::Log),
    ] {
        for text in [
            format!("x {ours} y"),
            format!("x {} y", BASE64.encode(ours.as_bytes())),
            format!("x {} y", HEXUPPER.encode(ours.as_bytes())),
        ] {
            let step = lookout.watch().enter(&text);
            assert_eq!(lookout.text(text, place), hidden);
            let expected = (rule, place.as_str().to_owned(), Some("STRIPE_API_KEY".to_owned()));
            assert_eq!(alarms.take(), [expected]);
            drop(step);
        }
    }
}

#[test]
fn a_placeholder_of_another_run_is_an_alarm_everywhere() {
    let (lookout, alarms, _, theirs) = world();
    for place in [Place::ToolResult, Place::Reply, Place::Prompt] {
        for text in [theirs.clone(), BASE64.encode(format!("user:{theirs}").as_bytes())] {
            let step = lookout.watch().enter(&text);
            assert_eq!(lookout.text(text.clone(), place), text, "it is nobody's secret");
            assert_eq!(alarms.take(), [(AlarmRule::OtherRun, place.as_str().to_owned(), None)]);
            drop(step);
        }
    }
}

#[test]
fn what_an_upstream_repeats_is_hidden_and_no_alarm() {
    let (lookout, alarms, ours, _) = world();
    let reply = json!({ "echo": [ours] });
    assert_eq!(
        lookout.json(reply, Place::Reply),
        json!({ "echo": ["[redacted:STRIPE_API_KEY]"] })
    );
    assert!(alarms.take().is_empty());
}

#[test]
fn keys_and_depths_of_json_are_looked_into() {
    let (lookout, alarms, ours, theirs) = world();
    for value in [
        json!([{ "a": [null, ours] }]),
        json!({ &ours: 1 }),
        json!({ "a": { &theirs: 1 } }),
    ] {
        let step = lookout.watch().enter(value.to_string());
        let shown = lookout.json(value, Place::ToolResult).to_string();
        assert!(!shown.contains(&ours), "{shown}");
        assert_eq!(alarms.take().len(), 1);
        drop(step);
    }
}

#[test]
fn a_stream_is_looked_at_over_its_seams() {
    for encode in [|it: &str| it.to_owned(), |it: &str| BASE64.encode(it.as_bytes())] {
        for cut in 1..30 {
            let (lookout, alarms, ours, theirs) = world();
            let text = format!("{} {}", encode(&ours), encode(&theirs));
            let mut stream = lookout.stream(Place::StandardOutput);
            let mut shown = Vec::new();
            for chunk in text.as_bytes().chunks(cut) {
                stream.push(chunk, &mut shown);
            }
            stream.finish(&mut shown);
            assert!(shown.starts_with(b"[redacted:STRIPE_API_KEY] "));
            let rules: Vec<_> = alarms.take().into_iter().map(|it| it.0).collect();
            assert_eq!(rules, [AlarmRule::Output, AlarmRule::OtherRun], "{cut}");
        }
    }
}

/// As a run has it whose secrets come from a server: the key stays there.
#[test]
fn without_the_key_a_runs_own_placeholders_raise_alarms() {
    let keys = Keyring::create(&SystemClock).placeholders().clone();
    let (mut ours, theirs) = (release(&keys, 1), release(&keys, 2));
    ours.placeholders = None;
    let alarms = Arc::<Alarms>::default();
    let lookout = Lookout::new(&ours, [], Arc::new(Watch::new(alarms.clone(), OnLeak::Warn)));
    let text = |it: &Release| it.secrets[0].placeholder.as_ref().unwrap().as_str().to_owned();
    for form in [
        text(&ours),
        BASE64.encode(text(&ours).as_bytes()),
        text(&ours)[..40].to_owned(),
    ] {
        let _step = lookout.watch().enter(&form);
        let _ = lookout.text(format!("x {form} y"), Place::Console);
        let raised: Vec<AlarmRule> = alarms.take().into_iter().map(|it| it.0).collect();
        assert_eq!(raised, [AlarmRule::Output], "{form}");
    }
    let _ = lookout.text(text(&theirs), Place::Console);
    assert!(alarms.take().is_empty(), "whose it is only the server can say");
}
