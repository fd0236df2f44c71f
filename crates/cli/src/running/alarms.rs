//! Alarms of a run: recorded first, then told.

use std::sync::Arc;

use distri_core::AgentName;
use distri_core::alarm::{Alarm, AlarmRule, AlarmSink, NotRecorded, OnLeak, Watch};
use distri_core::ids::RunId;
use distri_runtime::run::Event;

use super::progress::Telling;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// A watch over `run` whose alarms go into the audit log and to the person.
pub(crate) fn watch(
    context: &Arc<Context>,
    run: RunId,
    agent: Option<&AgentName>,
    on_leak: OnLeak,
    telling: Telling,
) -> Arc<Watch> {
    let sink = Alarms {
        context: context.clone(),
        run,
        agent: agent.cloned(),
        telling,
    };
    Arc::new(Watch::new(Arc::new(sink), on_leak))
}

/// How a frozen run ends.
pub(crate) fn frozen(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Forbidden, message).hint("`distri audit list --alarms` shows what was seen, and where")
}

struct Alarms {
    context: Arc<Context>,
    run: RunId,
    agent: Option<AgentName>,
    telling: Telling,
}

impl AlarmSink for Alarms {
    fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded> {
        let recorded = self
            .context
            .caller()
            .and_then(|it| it.alarm(self.run, self.agent.as_ref(), alarm));
        terminal::alarm(&sentence(alarm));
        if self.telling == Telling::Json {
            self.telling.tell(&Event::from(alarm));
        }
        recorded.map_err(|error| {
            terminal::error(&format!("the alarm is not in the audit log: {}", error.message()));
            NotRecorded
        })
    }
}

/// `output: placeholder of `SENDGRID_API_KEY` in console, step send_email 1`
fn sentence(alarm: &Alarm) -> String {
    let key = alarm.key.as_ref().map(|it| format!("`{it}`"));
    let what = match (alarm.rule, key) {
        (AlarmRule::ForeignCredential, Some(key)) => format!("a credential that is not {key}"),
        (AlarmRule::ForeignCredential, None) => "a credential that is not this run's".to_owned(),
        (AlarmRule::Tampered, Some(key)) => format!("{key} is not what was stored"),
        (AlarmRule::Tampered, None) => "not what was stored".to_owned(),
        (AlarmRule::OtherRun, _) => "placeholder of another run".to_owned(),
        (_, Some(key)) => format!("placeholder of {key}"),
        (_, None) => "placeholder".to_owned(),
    };
    let mut sentence = match &alarm.destination {
        Some(destination) => {
            let spot = alarm.place.strip_prefix("request: ").unwrap_or(&alarm.place);
            format!("{}: {what} in a request to {destination} ({spot})", alarm.rule)
        }
        None => format!("{}: {what} in {}", alarm.rule, alarm.place),
    };
    if let Some(step) = &alarm.step {
        sentence.push_str(&format!(", step {step}"));
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_one_clear_line() {
        let mut alarm = Alarm {
            rule: AlarmRule::Output,
            place: "console".to_owned(),
            destination: None,
            step: Some("send_email 1".to_owned()),
            found: None,
            key: "SENDGRID_API_KEY".parse().ok(),
        };
        assert_eq!(
            sentence(&alarm),
            "output: placeholder of `SENDGRID_API_KEY` in console, step send_email 1"
        );
        alarm.rule = AlarmRule::WrongHost;
        alarm.place = "request: header authorization".to_owned();
        alarm.destination = Some("evil.example".to_owned());
        assert_eq!(
            sentence(&alarm),
            "wrong-host: placeholder of `SENDGRID_API_KEY` in a request to evil.example (header authorization), step send_email 1"
        );
    }
}
