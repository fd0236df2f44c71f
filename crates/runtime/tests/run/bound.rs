//! Runs that hold placeholders, and the alarms they raise.

use std::sync::{Arc, Mutex};

use distri_core::{
    Policy, Release, ReleasedSecret, SecretKey, SecretValue, SystemClock,
    alarm::{Alarm, AlarmRule, AlarmSink, NotRecorded, OnLeak, Watch},
    envelope::Keyring,
    ids::RunId,
    placeholder::{PlaceholderId, PlaceholderKey, Shape},
    policy::{Delivery, Given},
};
use distri_runtime::run::RunSetup;

/// Makes the placeholders of one installation, and remembers the alarms of its runs.
pub(crate) struct Instance {
    keys: Arc<PlaceholderKey>,
    alarms: Arc<Alarms>,
}

#[derive(Default)]
struct Alarms(Mutex<Vec<Alarm>>);

impl AlarmSink for Alarms {
    fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded> {
        self.0.lock().unwrap().push(alarm.clone());
        Ok(())
    }
}

impl Instance {
    pub(crate) fn new() -> Self {
        Self {
            keys: Keyring::create(&SystemClock).placeholders().clone(),
            alarms: Arc::default(),
        }
    }

    /// Release `number` of `(key, value, hosts)`: without hosts the value is given, with the host `-` a placeholder that
    /// goes nowhere.
    pub(crate) fn release(&self, number: u64, secrets: &[(&str, &str, &str)]) -> Arc<Release> {
        let secret = |(index, (key, value, hosts)): (usize, &(&str, &str, &str))| {
            let key: SecretKey = key.parse().unwrap();
            let local = *hosts == "-";
            let hosts = if local { "" } else { hosts };
            let policy = Policy {
                hosts: hosts.split_whitespace().map(|it| it.parse().unwrap()).collect(),
                delivery: if local { Delivery::Placeholder } else { Delivery::Auto },
                ..Policy::default()
            };
            let id = PlaceholderId::new(number, index).unwrap();
            let shape = Shape::of(&key, value.as_bytes());
            ReleasedSecret {
                version: 1,
                value: SecretValue::new(value.as_bytes().to_vec()).unwrap(),
                placeholder: (policy.given() == Given::Placeholder).then(|| self.keys.mint(id, &shape)),
                policy,
                key,
            }
        };
        Arc::new(Release {
            run: RunId::new(&SystemClock),
            secrets: secrets.iter().enumerate().map(secret).collect(),
            placeholders: Some(self.keys.clone()),
        })
    }

    /// Gives `setup` a release, and a watch that does this about alarms.
    pub(crate) fn give(&self, setup: &mut RunSetup, secrets: &[(&str, &str, &str)], on_leak: OnLeak) {
        setup.release = self.release(1, secrets);
        setup.watch = Arc::new(Watch::new(self.alarms.clone(), on_leak));
    }

    /// Rule, place, step and key of each alarm so far.
    pub(crate) fn alarms(&self) -> Vec<(AlarmRule, String, String, String)> {
        let short = |it: &Alarm| {
            let key = it.key.as_ref().map(ToString::to_string);
            let step = it.step.clone().unwrap_or_default();
            (it.rule, it.place.clone(), step, key.unwrap_or_default())
        };
        self.alarms.0.lock().unwrap().iter().map(short).collect()
    }
}

/// The placeholder of `key` in a release.
pub(crate) fn placeholder(release: &Release, key: &str) -> String {
    let placeholder = release.get(key).unwrap().placeholder.as_ref().unwrap();
    placeholder.as_str().to_owned()
}
