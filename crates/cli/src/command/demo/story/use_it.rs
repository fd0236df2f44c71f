//! The documentation's agent uses it, unmodified.

use crate::failure::Failure;

use super::super::checks::{real_key_arrived, recorded_meanwhile};
use super::super::endpoint::MAIL;
use super::super::screen::Shown;
use super::{PAYMENT, Stage, records, words};

const TASK: &str = r#"send_email {"to":"ann@example.com","subject":"Hi","body":"Paid"}"#;

pub(super) async fn tell(stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.screen.heading("Let an agent use it")?;
    stage.screen.tell(&format!(
        "agents/payment_agent.md and Tools.tsx are the documentation's, unmodified. The tool takes \
         process.env.SENDGRID_API_KEY and posts to {MAIL}, which a TLS server on this machine plays. The built-in \
         model `test` calls the tools that its task names."
    ))?;
    let mut command = words(&["run", PAYMENT, "--model=test", "--task", TASK]);
    command.extend(stage.endpoint.options(MAIL));
    stage.screen.command(&command, Shown::Plain)?;

    let mut held = stage.endpoint.hold_next();
    let run = stage.distri.start(&command)?.finish(None);
    tokio::pin!(run);
    // A run that fails before it sends anything ends first.
    let ended = tokio::select! {
        ended = &mut run => Some(ended?),
        () = held.arrived() => None,
    };
    stage.searched = stage.search()?;
    let log = stage.quietly(&words(&["audit", "list", "--json"])).await?;
    drop(held);
    let said = match ended {
        Some(said) => said,
        None => run.await?,
    };
    stage.heed(&said);
    stage.runs.push(PAYMENT);
    stage.screen.said(&said.text())?;

    let key = &stage.keys.sendgrid;
    let arrived = real_key_arrived(&stage.endpoint.received(), key, "POST /v3/mail/send");
    stage.screen.check("the mail service got the real key", &arrived)?;
    let recorded = recorded_meanwhile(&records(&log)?, key, PAYMENT);
    stage
        .screen
        .check("the release was on record before the mail service answered", &recorded)
}
