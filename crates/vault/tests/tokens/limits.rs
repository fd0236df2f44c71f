//! What is beyond a token's limits looks like what is not there, for every use case that there is.
//!
//! Each use case is tried twice with a limited token: on something hidden and on something that does not exist. The two
//! answers must be the same. A use case without its row here fails [`every_use_case_is_tried`].

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use distri_core::alarm::{Alarm, AlarmRule};
use distri_core::authz::{Limits, Role};
use distri_core::credential::PlainSession;
use distri_core::ids::{MemberId, PersonId, RunId, SlotId, TokenId};
use distri_core::policy::AgentScope;
use distri_core::{AgentName, Environment, SecretKey, Timestamp};
use distri_store::StoreError;
use distri_vault::audit::{ExportOptions, RecordRef, WhoCould};
use distri_vault::backup::CreateBackup;
use distri_vault::keys::Depth;
use distri_vault::observed::{ObservedAbout, ObservedBatch};
use distri_vault::once::KeptAnswer;
use distri_vault::people::{NewInvitation, Password};
use distri_vault::root_key::{RootKeyError, Surroundings, file};
use distri_vault::secrets::{
    CopySecrets, Edit, FindKeys, ImportEntry, ImportSecrets, ListSecrets, OnConflict, PageOf, ReleaseSecrets,
    Selection, SetSecret, UpdateSecret,
};
use distri_vault::{Caller, Home, Unfinished, Vault, VaultError};

use super::support::{Place, ada, by, environment, key, new_token, token, value};

/// What a use case is tried on.
struct Target {
    environment: Environment,
    key: SecretKey,
    agent: AgentName,
    run: RunId,
    /// A placeholder, or text that is none.
    text: String,
}

type Case = (&'static str, fn(&Caller<'_>, &Target) -> String);

/// Every use case. What its answer shows is its text.
const CASES: &[Case] = &[
    ("hold_form", |it, _| {
        let session = PlainSession::random().presented();
        shown(it.hold_form(&session, b"form").map(drop))
    }),
    ("held_form", |it, _| {
        let session = PlainSession::random().presented();
        shown(it.held_form(&session, "form").map(|it| it.is_some()))
    }),
    ("expires_at", |it, _| format!("{:?}", it.expires_at())),
    ("account", |it, _| it.account().to_string()),
    ("authority", |it, _| it.authority().actor().name.clone()),
    ("audit_key", |it, _| it.audit_key()),
    ("get", |it, on| shown(it.get(&on.key, &on.environment))),
    ("history", |it, on| shown(it.history(&on.key, &on.environment))),
    ("list", |it, on| {
        let all = ListSecrets::default();
        let there = ListSecrets {
            environment: Some(on.environment.clone()),
            deleted: true,
        };
        shown(it.list(&all)) + &shown(it.list(&there))
    }),
    ("list_page", |it, on| {
        let pages = [1, 2].map(|limit| PageOf {
            after: Some((on.key.clone(), on.environment.clone())).filter(|_| limit == 2),
            limit: Some(limit),
        });
        let all = ListSecrets {
            environment: None,
            deleted: true,
        };
        pages.map(|page| shown(it.list_page(&all, &page))).concat()
    }),
    ("list_deleted", |it, _| {
        let first = PageOf {
            after: None,
            limit: Some(1),
        };
        shown(it.list_deleted(&first))
    }),
    ("find_keys", |it, on| {
        let texts = ["", "key", "hidden", "elsewhere", on.key.as_str()];
        let found = texts.map(|text| {
            let wanted = FindKeys {
                text,
                after: None,
                limit: 1,
            };
            shown(it.find_keys(&wanted))
        });
        found.concat()
    }),
    ("tally", |it, _| shown(it.tally())),
    ("facts", |it, _| shown(it.facts(&|_| false))),
    ("reveal", |it, on| {
        let revealed = it.reveal(&on.key, &on.environment, None);
        shown(revealed.map(|it| String::from_utf8_lossy(it.value.expose_secret()).into_owned()))
    }),
    ("reveal_all", |it, on| {
        let only: BTreeSet<_> = [on.key.clone()].into();
        let texts = |only| {
            let revealed = it.reveal_all(&on.environment, only)?;
            let text =
                |it: distri_vault::secrets::Revealed| String::from_utf8_lossy(it.value.expose_secret()).into_owned();
            Ok::<_, VaultError>(revealed.into_iter().map(text).collect::<Vec<_>>())
        };
        shown(texts(None)) + &shown(texts(Some(&only)))
    }),
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
    ("purge", |it, on| shown(it.purge(&on.key, &on.environment))),
    ("purge_deleted", |it, _| shown(it.purge_deleted(Timestamp::UNIX_EPOCH))),
    ("stage", |it, on| {
        shown(it.stage(&on.key, &on.environment, &value("new")))
    }),
    ("update_and_stage", |it, on| {
        let update = UpdateSecret {
            note: Edit::Set(Some("new".to_owned())),
            ..UpdateSecret::default()
        };
        shown(it.update_and_stage(&on.key, &on.environment, &update, &value("new")))
    }),
    ("promote", |it, on| shown(it.promote(&on.key, &on.environment))),
    ("unstage", |it, on| shown(it.unstage(&on.key, &on.environment))),
    ("set", |it, on| {
        let mut set = SetSecret::new(on.key.clone(), on.environment.clone(), value("new"));
        let plain = shown(it.set(&set));
        set.expected_version = Some(7);
        plain + &shown(it.set(&set))
    }),
    ("begin_set", |it, on| {
        let set = SetSecret::new(on.key.clone(), on.environment.clone(), value("new"));
        shown(it.begin_set(set).and_then(Unfinished::finish))
    }),
    ("update", |it, on| {
        let update = UpdateSecret {
            note: Edit::Set(Some("mine".to_owned())),
            agents: Edit::Set(AgentScope::All),
            ..UpdateSecret::default()
        };
        shown(it.update(&on.key, &on.environment, &update))
    }),
    ("delete", |it, on| shown(it.delete(&on.key, &on.environment))),
    ("delete_at", |it, on| {
        let stale = it.delete_at(&on.key, &on.environment, Some(7));
        shown(stale) + &shown(it.delete_at(&on.key, &on.environment, Some(1)))
    }),
    ("rollback_at", |it, on| {
        let stale = it.rollback_at(&on.key, &on.environment, Some(1), Some(7));
        shown(stale) + &shown(it.rollback_at(&on.key, &on.environment, Some(1), Some(1)))
    }),
    ("undelete", |it, on| shown(it.undelete(&on.key, &on.environment))),
    ("rollback", |it, on| {
        shown(it.rollback(&on.key, &on.environment, Some(1)))
    }),
    ("import", |it, on| {
        let texts = [(OnConflict::Replace, false), (OnConflict::Fail, true)].map(|(on_conflict, dry_run)| {
            shown(it.import(ImportSecrets {
                environment: on.environment.clone(),
                entries: vec![ImportEntry {
                    key: on.key.clone(),
                    value: value("new"),
                    default_policy: Default::default(),
                }],
                on_conflict,
                dry_run,
            }))
        });
        texts.concat()
    }),
    ("copy", |it, on| {
        // One of its own for each try: else the second would find what the first has copied.
        let elsewhere = environment(&on.key.as_str().to_lowercase());
        let named = Some([on.key.clone()].into());
        let tries = [
            (on.environment.clone(), elsewhere.clone(), named.clone()),
            (on.environment.clone(), elsewhere.clone(), None),
            (environment("default"), on.environment.clone(), named),
        ];
        let texts = tries.map(|(from, to, only)| {
            shown(it.copy(&CopySecrets {
                from,
                to,
                only,
                on_conflict: OnConflict::Fail,
            }))
        });
        texts.concat()
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
    // About the account as a whole.
    ("audit_newest", |it, _| shown(it.audit_newest(9))),
    ("audit_page", |it, _| {
        shown(it.audit_page(None, 9, &|_| true).map(|it| it.records))
    }),
    ("audit_after", |it, _| shown(it.audit_after(0, 9))),
    ("alarms", |it, _| shown(it.alarms(None, 9))),
    ("who_did", |it, on| {
        shown(it.who_did(&on.key, None, Timestamp::MIN, Timestamp::MAX))
    }),
    ("who_could", |it, on| {
        let question = WhoCould {
            key: on.key.clone(),
            environment: None,
            from: Timestamp::MIN,
            to: Timestamp::MAX,
        };
        shown(it.who_could(&question))
    }),
    ("verify_audit", |it, _| shown(it.verify_audit())),
    ("prove_audit", |it, _| shown(it.prove_audit(RecordRef::Seq(1)))),
    ("export_audit", |it, _| {
        let mut lines = String::new();
        let exported = it.export_audit(ExportOptions::default(), |line| {
            lines.push_str(line);
            Ok::<_, Wrapped>(())
        });
        shown(exported.map_err(|it| it.0)) + &lines
    }),
    ("prune_audit", |it, _| shown(it.prune_audit(Timestamp::UNIX_EPOCH))),
    ("accept_rollback", |it, _| shown(it.accept_rollback())),
    ("create_backup", |it, _| {
        let to = std::env::temp_dir().join("never-made.age");
        let recipients = [distri_core::age::Identity::generate().recipient()];
        let request = CreateBackup {
            to: &to,
            recipients: &recipients,
        };
        it.create_backup(&request)
            .map_or_else(|error| error.to_string(), |_| "a backup".to_owned())
    }),
    ("change_root", |it, _| {
        shown(alone(|around| {
            it.change_root(around, |around| file::enrol_new(around, None))
        }))
    }),
    ("rotate_instance", |it, _| {
        shown(alone(|around| it.rotate_instance(around)))
    }),
    ("rotate_account", |it, _| shown(it.rotate_account())),
    ("reseal", |it, _| shown(it.reseal(Depth::Values, |_| {}))),
    ("key_status", |it, _| shown(alone(|around| it.key_status(around)))),
    ("key_status_without_places", |it, _| {
        shown(it.key_status_without_places())
    }),
    ("add_slot", |it, _| {
        shown(alone(|around| {
            it.add_slot(around, |around| file::enrol_new(around, None))
        }))
    }),
    ("verify_slots", |it, _| {
        shown(alone(|around| it.verify_slots(around, None)))
    }),
    ("retire_slot", |it, _| {
        shown(alone(|around| it.retire_slot(around, SlotId::from_bytes([0; 16]))))
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
    // Of its own requests, and nothing else.
    ("begin_once", |it, on| {
        let request: [&[u8]; 1] = [b"request"];
        shown(it.begin_once(on.key.as_str(), &request))
    }),
    ("end_once", |it, on| {
        let answer = KeptAnswer {
            status: 200,
            etag: None,
            body: None,
        };
        let request: [&[u8]; 1] = [b"request"];
        shown(it.end_once(on.key.as_str(), &request, &answer))
    }),
    ("forget_once", |it, on| shown(it.forget_once(on.key.as_str()))),
    ("accounts", |it, _| shown(it.accounts())),
    ("create_account", |it, _| {
        shown(it.create_account(&"other".parse().expect("a name")))
    }),
    ("delete_account", |it, _| {
        shown(it.delete_account(&"default".parse().expect("a name")))
    }),
    ("members", |it, _| shown(it.members())),
    ("invite", |it, _| {
        let new = NewInvitation {
            email: "eve@example.com".parse().expect("an address"),
            role: Role::Viewer,
        };
        shown(it.invite(&new).map(|it| it.1))
    }),
    ("invitations", |it, _| shown(it.invitations())),
    ("withdraw_invitation", |it, _| {
        shown(it.withdraw_invitation(MemberId::from_bytes([0; 16])))
    }),
    ("change_role", |it, _| {
        shown(it.change_role(PersonId::from_bytes([0; 16]), Role::Viewer))
    }),
    ("remove_member", |it, _| {
        shown(it.remove_member(PersonId::from_bytes([0; 16])))
    }),
    ("reset_password", |it, _| {
        let email = "eve@example.com".parse().expect("an address");
        shown(it.reset_password(&email, &Password::new("a good passphrase".to_owned())))
    }),
    ("tokens", |it, _| shown(it.tokens())),
    ("create_token", |it, _| {
        shown(
            it.create_token(&new_token("mine", "read", Limits::default()))
                .map(|it| it.1),
        )
    }),
    ("revoke_token", |it, _| {
        shown(it.revoke_token(TokenId::from_bytes([0; 16])))
    }),
];

/// Asks with nobody and nothing around.
fn alone<T>(ask: impl FnOnce(&mut Surroundings<'_>) -> T) -> T {
    let home = Home::below(Path::new("/nonexistent"));
    let mut nobody = || Err(RootKeyError::NoPassphrase("nobody".to_owned()));
    ask(&mut Surroundings::of(&home, &mut nobody))
}

/// What of an answer anybody gets to see.
fn shown<T: Debug, E: std::fmt::Display>(answer: Result<T, E>) -> String {
    match answer {
        Ok(value) => format!("{value:?}\n"),
        Err(error) => format!("refused: {error}\n"),
    }
}

struct Wrapped(VaultError);

impl From<VaultError> for Wrapped {
    fn from(error: VaultError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Wrapped {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

/// What only the hidden secrets have.
const MARKS: [&str; 4] = ["hidden-value", "hidden-note", "hidden.example", "HIDDEN_ELSEWHERE"];

const RUN: [u8; 16] = [5; 16];

/// Sets up what is seen and what is hidden, and answers with the text that a run got for the hidden secret.
fn fill(vault: &Vault, hidden: &(Environment, AgentScope)) -> String {
    let ada = ada(vault);
    let (there, agents) = hidden;
    ada.set(&SetSecret::new(
        key("SEEN_KEY"),
        environment("default"),
        value("seen-value"),
    ))
    .expect("sets");
    for name in ["HIDDEN_KEY", "HIDDEN_ELSEWHERE"] {
        let set = SetSecret {
            hosts: Edit::Set(vec!["hidden.example".parse().expect("a host")]),
            note: Edit::Set(Some("hidden-note".to_owned())),
            agents: Edit::Set(agents.clone()),
            ..SetSecret::new(key(name), there.clone(), value("hidden-value-of-some-length"))
        };
        ada.set(&set).expect("sets");
    }
    ada.delete(&key("HIDDEN_ELSEWHERE"), there).expect("deletes");
    let request = ReleaseSecrets {
        agent: Some("other".parse().expect("a name")),
        environment: there.clone(),
        selection: Selection::Only([key("HIDDEN_KEY")].into()),
    };
    let run = RunId::from_bytes(RUN);
    let release = ada.release(run, &request).expect("releases");
    let batch = ObservedBatch {
        about: ObservedAbout {
            at: Timestamp::UNIX_EPOCH,
            agent: request.agent,
            environment: there.clone(),
            secrets: vec![key("HIDDEN_KEY")],
        },
        requests: Vec::new(),
        left_out: 0,
    };
    ada.observe(run, 1, &batch).expect("keeps it");
    release.secrets[0]
        .placeholder
        .as_ref()
        .expect("it has hosts")
        .as_str()
        .to_owned()
}

#[test]
fn what_is_beyond_the_limits_looks_like_what_is_not_there() {
    let default = Environment::default;
    let kinds = [
        (
            "keys",
            "read,write,reveal,resolve",
            Limits {
                keys: Some([key("SEEN_KEY")].into()),
                ..Limits::default()
            },
            (default(), AgentScope::All),
        ),
        (
            "environments",
            "read,write,reveal,resolve",
            Limits {
                environments: Some([default()].into()),
                ..Limits::default()
            },
            (environment("prod"), AgentScope::All),
        ),
        (
            "agents",
            "read,resolve",
            Limits {
                agents: Some(["mailer".parse().expect("a name")].into()),
                ..Limits::default()
            },
            (default(), AgentScope::only(["other".parse().expect("a name")])),
        ),
    ];
    for (kind, scopes, limits, hidden) in kinds {
        let place = Place::new();
        let vault = place.open();
        let placeholder = fill(&vault, &hidden);
        let target = |key_text: &str, run: [u8; 16], text: &str| Target {
            environment: hidden.0.clone(),
            key: key(key_text),
            agent: "other".parse().expect("a name"),
            run: RunId::from_bytes(run),
            text: text.to_owned(),
        };
        let (plain, _) = token(&vault, "limited", scopes, limits.clone());
        for (name, case) in CASES {
            let before = state(&vault, &limits, &hidden.0);

            let caller = by(&vault, &plain).expect("known");
            let on_absent = case(&caller, &target("ABSENT_KEY", [6; 16], "nothing"));
            let on_hidden = case(&caller, &target("HIDDEN_KEY", RUN, &placeholder));
            let neutral = |text: &str| {
                let text = text.replace("ABSENT_KEY", "KEY").replace("HIDDEN_KEY", "KEY");
                text.replace(&RunId::from_bytes([6; 16]).to_string(), "RUN")
                    .replace(&RunId::from_bytes(RUN).to_string(), "RUN")
            };
            assert_eq!(neutral(&on_hidden), neutral(&on_absent), "{kind} {name}");
            for mark in MARKS {
                assert!(
                    !on_hidden.contains(mark) && !on_absent.contains(mark),
                    "{kind} {name}: {on_hidden}"
                );
            }
            assert_eq!(
                state(&vault, &limits, &hidden.0),
                before,
                "{kind} {name} changed something"
            );
        }
    }
}

/// What is known of everything beyond the limits.
fn state(vault: &Vault, limits: &Limits, environment: &Environment) -> String {
    let ada = ada(vault);
    let listed = ada.list(&ListSecrets {
        environment: None,
        deleted: true,
    });
    let mut listed = listed.expect("lists");
    listed.retain(|it| !limits.reach(&it.info.environment, &it.info.key, &it.info.policy.agents));
    format!("{listed:?} {:?}", ada.history(&key("HIDDEN_KEY"), environment))
}

#[test]
fn what_is_within_the_limits_is_there() {
    let place = Place::new();
    let vault = place.open();
    fill(&vault, &(Environment::default(), AgentScope::All));
    let limits = Limits {
        keys: Some([key("SEEN_KEY")].into()),
        agents: Some(["mailer".parse().expect("a name")].into()),
        environments: Some([Environment::default()].into()),
        addresses: None,
    };
    let (plain, _) = token(&vault, "runner", "read,resolve", limits);
    let caller = by(&vault, &plain).expect("known");
    let listed = caller.list(&ListSecrets::default()).expect("lists");
    assert_eq!(
        listed.iter().map(|it| it.info.key.as_str()).collect::<Vec<_>>(),
        ["SEEN_KEY"]
    );
    let release = |agent: Option<&str>| {
        let request = ReleaseSecrets {
            agent: agent.map(|it| it.parse().expect("a name")),
            environment: Environment::default(),
            selection: Selection::All {
                required: BTreeSet::new(),
            },
        };
        caller.release(RunId::from_bytes([1; 16]), &request)
    };
    assert_eq!(release(Some("mailer")).expect("releases").secrets.len(), 1);
    assert!(release(Some("other")).is_err());
    assert!(release(None).is_err(), "a command without an agent is not the agent");
}

#[test]
fn definitions_of_other_agents_are_not_there() {
    let place = Place::new();
    let vault = place.open();
    for name in ["mailer", "other"] {
        let definition = format!("---\nname = \"{name}\"\n---\n");
        ada(&vault).put_agent(&definition).expect("pushes");
    }
    let limits = Limits {
        agents: Some(["mailer".parse().expect("a name")].into()),
        ..Limits::default()
    };
    let (plain, _) = token(&vault, "runner", "read,resolve", limits);
    let caller = by(&vault, &plain).expect("known");
    let names: Vec<String> = caller
        .agents()
        .expect("lists")
        .into_iter()
        .map(|it| it.name.to_string())
        .collect();
    assert_eq!(names, ["mailer"]);
    for name in ["other", "nothing"] {
        let refused = caller.agent(&name.parse().expect("a name"));
        assert!(matches!(refused, Err(VaultError::NoAgent(_))), "{name}");
    }
}

/// Reads the sources: whatever is public on a `Caller` is a use case.
#[test]
fn every_use_case_is_tried() {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("reads") {
            let path = entry.expect("reads").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut is_of_caller = false;
            for line in std::fs::read_to_string(&path).expect("reads").lines() {
                if line.starts_with("impl") {
                    is_of_caller = line.starts_with("impl Caller");
                }
                let name = line.strip_prefix("    pub fn ").filter(|_| is_of_caller);
                found.extend(name.map(|it| it[..it.find(['(', '<']).expect("a signature")].to_owned()));
            }
        }
    }
    let tried: BTreeSet<String> = CASES.iter().map(|it| it.0.to_owned()).collect();
    assert_eq!(found, tried);
}
