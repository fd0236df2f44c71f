//! A tool tries to print it.

use crate::failure::Failure;

use super::super::checks::{Attempts, nothing_printed};
use super::super::endpoint::MAIL;
use super::{LEAKY, Said, Stage, words};

pub(super) async fn tell(stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.screen.heading("Try to print it")?;
    stage.screen.tell(
        "An agent that was talked into giving the key away: its tools log, return and throw what they have, as text, \
         base64 and hex, and have the mail service repeat it (leaky/Tools.tsx).",
    )?;
    let printed = attempt(stage, "print_it").await?;
    let thrown = attempt(stage, "throw_it").await?;
    let echoed = attempt(stage, "echo_it").await?;
    let attempts = Attempts {
        printed: &printed,
        thrown: &thrown,
        echoed: &echoed,
    };
    let verdict = nothing_printed(
        &attempts,
        &stage.endpoint.received(),
        &stage.keys.sendgrid,
        &stage.traces,
    );
    stage.screen.check("none of this shows the key", &verdict)
}

async fn attempt(stage: &mut Stage<'_>, tool: &str) -> Result<Said, Failure> {
    let mut command = words(&["tools", "call", "leaky/leaky_agent.md", tool]);
    if tool == "echo_it" {
        command.extend(stage.endpoint.options(MAIL));
    }
    stage.runs.push(LEAKY);
    stage.run(&command).await
}
