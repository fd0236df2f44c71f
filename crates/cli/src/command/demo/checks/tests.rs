//! Every check with evidence that holds, and with each kind of evidence that must not pass.

use std::path::PathBuf;

use distri_core::authz::Actor;
use distri_core::ids::RunId;
use zeroize::Zeroizing;

use super::*;

struct Evidence {
    keys: Keys,
    traces: Traces,
}

fn evidence() -> Evidence {
    let keys = Keys::make().ok().expect("keys");
    Evidence {
        traces: Traces::of(keys.all().map(|it| &it.value)),
        keys,
    }
}

impl Evidence {
    fn key(&self) -> String {
        String::from_utf8(self.keys.sendgrid.value.expose_secret().to_vec()).expect("text")
    }
}

fn said(code: i32, stdout: &str, stderr: &str) -> Said {
    Said {
        code: Some(code),
        stdout: stdout.as_bytes().to_vec(),
        stderr: stderr.as_bytes().to_vec(),
    }
}

fn request(host: &str, line: &str, authorization: &str, body: &str) -> Received {
    Received {
        host: host.to_owned(),
        line: line.to_owned(),
        authorization: Zeroizing::new(authorization.as_bytes().to_vec()),
        whole: Zeroizing::new(format!("{line}\nauthorization: {authorization}\n\n{body}").into_bytes()),
    }
}

fn record(action: ActionKind, key: &str, agent: Option<&str>, run: u8) -> (u64, Record) {
    // An id is an id in JSON, and what is not said is what a record without it has.
    let id = RunId::from_bytes([run; 16]);
    let record = serde_json::json!({
        "id": id,
        "at": "2026-01-01T00:00:00Z",
        "account": id,
        "actor": Actor::local("ada"),
        "action": action,
        "subjects": [{ "secret": id, "key": key, "version": 1 }],
        "agent": agent,
        "run": agent.map(|_| id),
        "outcome": Outcome::Done,
    });
    let record = serde_json::from_value(record).expect("a record");
    (u64::from(run), record)
}

#[track_caller]
fn fails(verdict: &Verdict, with: &str) {
    match verdict {
        Ok(seen) => panic!("passes: {seen}"),
        Err(instead) => assert!(instead.contains(with), "{instead}"),
    }
}

#[test]
fn a_list_has_every_key_and_nothing_else() {
    let it = evidence();
    let names = "SENDGRID_API_KEY\nSTRIPE_API_KEY\nSTRIPE_WEBHOOK_SECRET\n";
    assert_eq!(lists_keys_only(&said(0, names, ""), &it.keys), Ok(String::new()));
    fails(
        &lists_keys_only(&said(0, "SENDGRID_API_KEY\n", ""), &it.keys),
        "it says",
    );
    fails(
        &lists_keys_only(&said(0, &format!("{names}{}\n", it.key()), ""), &it.keys),
        "it says",
    );
}

#[test]
fn only_the_real_key_at_the_real_host_is_an_arrival() {
    let it = evidence();
    let (line, bearer) = ("POST /v3/mail/send", format!("Bearer {}", it.key()));
    let arrived = |received: &[Received]| real_key_arrived(received, &it.keys.sendgrid, line);
    assert!(arrived(&[request(MAIL, line, &bearer, "{}")]).is_ok());
    fails(&arrived(&[]), "exactly one");
    fails(&arrived(&[request(COLLECTOR, line, &bearer, "{}")]), "exactly one");
    fails(&arrived(&[request(MAIL, "GET /", &bearer, "{}")]), "exactly one");
    let twice = || request(MAIL, line, &bearer, "{}");
    fails(&arrived(&[twice(), twice()]), "exactly one");
    for other in [
        "Bearer [redacted:SENDGRID_API_KEY]",
        &bearer[..bearer.len() - 1],
        &it.key(),
        "",
    ] {
        fails(&arrived(&[request(MAIL, line, other, "{}")]), "something else");
    }
}

#[test]
fn only_the_record_of_this_release_counts() {
    let it = evidence();
    let recorded = |records: &[(u64, Record)]| recorded_meanwhile(records, &it.keys.sendgrid, "payment_agent");
    let release = |key, agent| record(ActionKind::Release, key, Some(agent), 5);
    assert!(recorded(&[release("SENDGRID_API_KEY", "payment_agent")]).is_ok());
    let mut denied = release("SENDGRID_API_KEY", "payment_agent");
    denied.1.outcome = Outcome::Denied("agent".to_owned());
    for other in [
        record(ActionKind::Set, "SENDGRID_API_KEY", None, 2),
        release("SENDGRID_API_KEY", "leaky_agent"),
        release("STRIPE_API_KEY", "payment_agent"),
        denied,
    ] {
        fails(&recorded(&[other]), "none of them");
    }
    fails(&recorded(&[]), "0 records");
}

#[test]
fn an_attempt_counts_only_if_it_took_place_and_shows_nothing() {
    let it = evidence();
    let printed = |text: &str| {
        said(
            0,
            &format!(r#"{{"text":"{text}","base64":"y","hex":"z"}}"#),
            "log x y z",
        )
    };
    let thrown = |text: &str| said(1, "", &format!("error: {text}"));
    let echoed = |text: &str| said(0, &format!("\"you sent Bearer {text}\""), "");
    let echo = || vec![request(MAIL, "GET /echo", &format!("Bearer {}", it.key()), "")];
    let check = |printed: &Said, thrown: &Said, echoed: &Said, received: &[Received]| {
        let attempts = Attempts {
            printed,
            thrown,
            echoed,
        };
        nothing_printed(&attempts, received, &it.keys.sendgrid, &it.traces)
    };
    let (x, key) = ("[redacted:SENDGRID_API_KEY]", it.key());
    assert!(check(&printed(x), &thrown(x), &echoed(x), &echo()).is_ok());

    let base64 = data_encoding::BASE64.encode(key.as_bytes());
    let hex = data_encoding::HEXUPPER.encode(key.as_bytes());
    for form in [&key, &base64, &hex] {
        fails(
            &check(&printed(form), &thrown(x), &echoed(x), &echo()),
            "`print_it` has",
        );
        fails(
            &check(&printed(x), &thrown(form), &echoed(x), &echo()),
            "`throw_it` has",
        );
        fails(&check(&printed(x), &thrown(x), &echoed(form), &echo()), "`echo_it` has");
    }
    let logged = said(0, r#"{"text":"x","base64":"y","hex":"z"}"#, &key);
    fails(&check(&logged, &thrown(x), &echoed(x), &echo()), "`print_it` has");

    fails(
        &check(&printed(""), &thrown(x), &echoed(x), &echo()),
        "`print_it` did not",
    );
    fails(
        &check(&said(1, "", "error"), &thrown(x), &echoed(x), &echo()),
        "`print_it` did not",
    );
    fails(
        &check(&printed(x), &said(0, "1", "x"), &echoed(x), &echo()),
        "`throw_it` did not",
    );
    fails(
        &check(&printed(x), &thrown(x), &echoed(x), &[]),
        "`echo_it` shows nothing",
    );
    fails(
        &check(&printed(x), &thrown(x), &said(1, "", "error"), &echo()),
        "did not get the reply",
    );
}

#[test]
fn what_reaches_another_host_is_searched_and_must_be_able_to_reach_it() {
    let it = evidence();
    let hello = || request(COLLECTOR, "POST /", "", "hello");
    assert!(nothing_sent_away(&[hello()], &it.traces).is_ok());
    fails(
        &nothing_sent_away(&[request(MAIL, "POST /", "", "hello")], &it.traces),
        "shows nothing",
    );
    let hex = data_encoding::HEXLOWER.encode(it.key().as_bytes());
    for leak in [
        request(COLLECTOR, "POST /", "", &hex),
        request(COLLECTOR, "POST /", &it.key(), ""),
        request(COLLECTOR, &format!("GET /?k={}", it.key()), "", ""),
    ] {
        fails(&nothing_sent_away(&[hello(), leak], &it.traces), "the key");
    }
}

#[test]
fn a_search_counts_only_if_it_can_find() {
    let it = evidence();
    let known = || [request(MAIL, "POST /", &it.key(), "")];
    let check = |then: &Searched, now: &Searched, known: &[Received]| no_file_has_it(then, now, &it.traces, known);
    let clean = || Searched {
        files: 3,
        hits: Vec::new(),
    };
    let seen = "3 files then, 3 now; in what the mail service got, the search finds it";
    assert_eq!(check(&clean(), &clean(), &known()).as_deref(), Ok(seen));
    let dirty = || Searched {
        hits: vec![PathBuf::from("/tmp/x/leak")],
        ..clean()
    };
    fails(&check(&dirty(), &clean(), &known()), "`/tmp/x/leak` has it");
    fails(&check(&clean(), &dirty(), &known()), "`/tmp/x/leak` has it");
    fails(&check(&clean(), &clean(), &[]), "shows nothing");
    fails(&check(&Searched::default(), &clean(), &known()), "no file");
    fails(&check(&clean(), &Searched::default(), &known()), "no file");
}

#[test]
fn every_key_and_every_run_has_its_record() {
    let it = evidence();
    let release = |agent, run| record(ActionKind::Release, "SENDGRID_API_KEY", Some(agent), run);
    let log = || {
        let sets = it.keys.all().map(|it| record(ActionKind::Set, it.name, None, 1));
        let releases = [
            release("payment_agent", 5),
            release("leaky_agent", 6),
            release("leaky_agent", 7),
        ];
        sets.chain(releases).collect::<Vec<_>>()
    };
    let check =
        |records: &[(u64, Record)]| all_recorded(records, &it.keys, &["payment_agent", "leaky_agent", "leaky_agent"]);
    assert_eq!(check(&log()).as_deref(), Ok("3 keys set, 3 runs that got them"));
    for missing in 0..log().len() {
        let mut records = log();
        records.remove(missing);
        assert!(check(&records).is_err(), "{missing}");
    }
    // Two records of one run are not two runs.
    let mut records = log();
    records[5] = release("leaky_agent", 6);
    fails(
        &check(&records),
        "leaky_agent ran 2 times, and there are releases to 1 run",
    );
}

#[test]
fn a_value_in_any_output_is_found() {
    let it = evidence();
    assert!(nothing_said(b"names only", 2, &it.traces).is_ok());
    for key in it.keys.all() {
        let heard = [b"x ", key.value.expose_secret()].concat();
        fails(&nothing_said(&heard, 2, &it.traces), "one of them");
    }
}
