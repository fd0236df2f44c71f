//! An alarm and what it does to its run. What is placed, sent and refused is in the corpus of `distri-selftest`.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::sync::{Arc, Mutex};

use distri_core::alarm::{Alarm, AlarmRule, AlarmSink, NotRecorded, OnLeak, Watch};
use distri_egress::{Egress, EgressConfig, Request};
use support::{get, held, placeholder};

#[derive(Default)]
struct Alarms(Mutex<Vec<Alarm>>);

impl AlarmSink for Alarms {
    fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded> {
        self.0.lock().unwrap().push(alarm.clone());
        Ok(())
    }
}

#[tokio::test]
async fn an_alarm_freezes_the_run_where_the_operator_says_so() {
    let release = Arc::new(held(&[("API_KEY", b"sk_live_0123456789abcdef", &["bound.example"])]));
    let alarms = Arc::<Alarms>::default();
    let watch = Arc::new(Watch::new(alarms.clone(), OnLeak::Freeze));
    let egress = Egress::new(EgressConfig::default(), release.clone(), watch).unwrap();
    let cookie = vec![("cookie".to_owned(), format!("a={}", placeholder(&release, "API_KEY")))];
    let misplaced = Request::parse("GET", "https://bound.example/", cookie, vec![]).unwrap();
    assert_eq!(egress.send(misplaced).await.unwrap_err().rule(), "wrong-place");
    assert_eq!(alarms.0.lock().unwrap()[0].rule, AlarmRule::WrongPlace);
    let second = egress.send(get("https://anywhere.example/")).await.unwrap_err();
    assert_eq!((second.rule(), second.is_refusal()), ("run-frozen", true));
}
