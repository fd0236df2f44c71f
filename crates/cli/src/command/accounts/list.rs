//! `accounts list`.

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// List accounts, oldest first: names, one a line
#[derive(Debug, Args)]
pub(crate) struct List {
    /// JSON on standard output: an array of {id, name, role, created_at}
    #[arg(long)]
    json: bool,
}

impl List {
    /// Lists them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let accounts = Context::open()?.caller()?.accounts()?;
        if self.json {
            output::json(&accounts)?;
        } else {
            let names: Vec<&str> = accounts.iter().map(|it| it.name.as_str()).collect();
            output::line(&names.join("\n"))?;
        }
        Ok(Exit::Ok)
    }
}
