//! The disk is searched for it.

use crate::failure::Failure;

use super::super::checks::no_file_has_it;
use super::Stage;

pub(super) fn tell(stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.screen.heading("Search the disk for it")?;
    stage.screen.tell(
        "Every file of the demo, the database and the root key among them, while the agent ran and now again, for each \
         value as text, as base64 at the three alignments, as hex.",
    )?;
    let now = stage.search()?;
    let verdict = no_file_has_it(&stage.searched, &now, &stage.traces, &stage.endpoint.received());
    stage.screen.check("no file has it", &verdict)
}
