//! Use cases of runs and agents: what is given to them, what they leave behind.

use std::collections::BTreeSet;

use distri_core::Timestamp;
use distri_core::alarm::{Alarm, AlarmRule};
use distri_core::ids::RunId;
use distri_vault::Unfinished;
use distri_vault::observed::{ObservedAbout, ObservedBatch};
use distri_vault::secrets::{ReleaseSecrets, Selection};

use super::{Case, shown};

pub(super) const CASES: &[Case] = &[
    ("release", |it, on| {
        let wanted: BTreeSet<_> = [on.key.clone()].into();
        let tries = [
            (None, Selection::Only(wanted.clone())),
            (Some(on.agent.clone()), Selection::Only(wanted)),
            (
                Some("mailer".parse().expect("a name")),
                Selection::All {
                    required: BTreeSet::new(),
                },
            ),
        ];
        let texts = tries.map(|(agent, selection)| {
            let request = ReleaseSecrets {
                agent,
                environment: on.environment.clone(),
                selection,
            };
            let released = it.release(RunId::from_bytes([8; 16]), &request);
            shown(released.map(|it| {
                let text = |it: &distri_core::ReleasedSecret| {
                    format!("{} {}", it.key, String::from_utf8_lossy(it.value.expose_secret()))
                };
                it.secrets.iter().map(text).collect::<Vec<_>>()
            }))
        });
        texts.concat()
    }),
    ("begin_release", |it, on| {
        let tries = [None, Some(on.agent.clone()), Some("mailer".parse().expect("a name"))];
        let texts = tries.map(|agent| {
            let wanted = [on.key.clone()].into();
            let begun = it.begin_release(RunId::from_bytes([8; 16]), agent, on.environment.clone(), wanted);
            shown(begun.and_then(Unfinished::finish).map(|it| {
                let text = |it: &distri_core::ReleasedSecret| {
                    format!("{} {}", it.key, String::from_utf8_lossy(it.value.expose_secret()))
                };
                it.secrets.iter().map(text).collect::<Vec<_>>()
            }))
        });
        texts.concat()
    }),
    ("release_staged", |it, on| {
        let request = ReleaseSecrets {
            agent: None,
            environment: on.environment.clone(),
            selection: Selection::Only([on.key.clone()].into()),
        };
        let released = it.release_staged(RunId::from_bytes([8; 16]), &request);
        shown(released.map(|it| it.secrets.len()))
    }),
    ("observe", |it, on| {
        let batch = ObservedBatch {
            about: ObservedAbout {
                at: Timestamp::UNIX_EPOCH,
                agent: Some(on.agent.clone()),
                environment: on.environment.clone(),
                secrets: vec![on.key.clone()],
            },
            requests: Vec::new(),
            left_out: 0,
        };
        shown(it.observe(on.run, 7, &batch))
    }),
    ("observed_runs", |it, _| shown(it.observed_runs(9))),
    ("observed_run", |it, on| shown(it.observed_run(on.run))),
    ("identify", |it, on| shown(it.identify(on.text.as_bytes()))),
    // An alarm is only ever written: a run that leaks must be able to say so.
    ("alarm", |it, on| {
        let alarm = Alarm {
            rule: AlarmRule::Output,
            place: "output".to_owned(),
            destination: None,
            step: None,
            found: None,
            key: None,
        };
        shown(it.alarm(on.run, Some(&on.agent), &alarm))
    }),
    // Session data is no secret's: whoever knows a conversation's name has it.
    ("session_get", |it, on| {
        shown(it.session_get(on.key.as_str(), "n").map(|it| it.is_some()))
    }),
    ("session_set", |it, on| {
        shown(it.session_set(on.key.as_str(), "n", b"x", None))
    }),
    ("session_all", |it, on| {
        shown(it.session_all(on.key.as_str()).map(|it| it.len()))
    }),
    ("session_end", |it, on| shown(it.session_end(on.key.as_str()))),
    ("session_delete", |it, on| {
        shown(it.session_delete(on.key.as_str(), "n"))
    }),
    ("agents", |it, _| shown(it.agents())),
    ("agent", |it, on| shown(it.agent(&on.agent))),
    ("put_agent", |it, on| {
        shown(
            it.put_agent(&format!("---\nname = \"{}\"\n---\n", on.agent))
                .map(|it| it.created),
        )
    }),
    ("remove_agent", |it, on| shown(it.remove_agent(&on.agent))),
];
