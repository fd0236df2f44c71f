//! A tool tries to send it to somebody else.

use crate::failure::Failure;

use super::super::checks::nothing_sent_away;
use super::super::endpoint::COLLECTOR;
use super::{LEAKY, Stage, words};

pub(super) async fn tell(stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.screen.heading("Try to send it to somebody else")?;
    stage.screen.tell(&format!(
        "The same agent posts to {COLLECTOR}, first a harmless `hello`, then the key in three forms."
    ))?;
    let mut command = words(&["tools", "call", "leaky/leaky_agent.md", "send_it_away"]);
    command.extend(stage.endpoint.options(COLLECTOR));
    stage.runs.push(LEAKY);
    stage.run(&command).await?;
    let verdict = nothing_sent_away(&stage.endpoint.received(), &stage.traces);
    stage.screen.check("nobody else got the key", &verdict)
}
