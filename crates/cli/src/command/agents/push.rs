//! `distri agents push`: definitions kept with the account, for everybody who looks after its secrets.

use std::fs;

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::running::agent::{look_up, project, project_files, shown};
use crate::terminal;

/// Keeps agent definitions with the account: then its members see which secrets each needs, wherever they are.
///
/// The text is kept as it is; `Tools.tsx` stays here. The same text again changes nothing.
#[derive(Args, Debug)]
pub(crate) struct Push {
    /// Names or paths; without any, all agents of the project
    agents: Vec<String>,
}

impl Push {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut paths = Vec::new();
        if self.agents.is_empty() {
            paths = project_files()?;
        }
        for named in &self.agents {
            paths.push(match project().agent(named) {
                Ok(agent) => agent.definition_path,
                // It says what there is instead.
                Err(_) => look_up(named)?.definition_path,
            });
        }
        if paths.is_empty() {
            terminal::note("No agents found.");
            return Ok(Exit::Ok);
        }
        let context = Context::open()?;
        let caller = context.caller()?;
        for path in paths {
            let place = shown(&path);
            let text = fs::read_to_string(&path);
            let text = text.map_err(|it| Failure::new(Exit::Failed, format!("cannot read `{place}`: {it}")))?;
            let pushed = caller.put_agent(&text)?;
            for it in &pushed.warnings {
                terminal::warning(&format!("{place}:{}:{}: {}", it.line, it.column, it.message));
            }
            let what = if pushed.created { "pushed" } else { "is there" };
            terminal::note(&format!(
                "Agent '{}' {what}, revision {}.",
                pushed.info.name, pushed.info.revision
            ));
        }
        Ok(Exit::Ok)
    }
}
