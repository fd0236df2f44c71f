//! A key is stored.

use crate::failure::Failure;

use super::super::checks::lists_keys_only;
use super::super::distri::Distri;
use super::super::keys::DemoKey;
use super::super::screen::Shown;
use super::{Said, Stage, words};

pub(super) async fn tell(stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.screen.heading("Store a key")?;
    let [one, other] = &stage.keys.stripe;
    stage.screen.tell(&format!(
        "{}, the key of a mail service, was made at random just now; so were {} and {}, which the agent below \
         requires.",
        stage.keys.sendgrid.beginning(),
        one.name,
        other.name
    ))?;
    stage.screen.command(&set(&stage.keys.sendgrid), Shown::Fed)?;
    let said = store(&stage.distri, &stage.keys.sendgrid).await?;
    stage.screen.said(&said.text())?;
    stage.heed(&said);
    for index in 0..stage.keys.stripe.len() {
        let said = store(&stage.distri, &stage.keys.stripe[index]).await?;
        stage.heed(&said);
    }
    let listed = stage.run(&words(&["secrets", "list"])).await?;
    let verdict = lists_keys_only(&listed, &stage.keys);
    stage.screen.check("the list shows keys, and no value", &verdict)
}

async fn store(distri: &Distri, key: &DemoKey) -> Result<Said, Failure> {
    let command = set(key);
    let said = distri.start(&command)?.finish(Some(&key.value)).await?;
    said.ok(&command.join(" "))
}

fn set(key: &DemoKey) -> Vec<String> {
    words(&["secrets", "set", key.name])
}
