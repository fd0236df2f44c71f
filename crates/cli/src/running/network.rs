//! `--resolve` and `--ca-file`: private networks and tests, the operator's word and never the agent's.

use std::path::PathBuf;

use clap::Args;
use distri_egress::{EgressConfig, ResolveOverride};

use crate::terminal;

/// Options of the way out.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Network {
    /// Connect to ADDR:PORT whenever a request goes to HOST:PORT; repeatable
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT", help_heading = "Network")]
    pub(crate) resolve: Vec<ResolveOverride>,
    /// Trust the authorities in this PEM file beside Mozilla's; repeatable
    #[arg(long = "ca-file", value_name = "FILE", help_heading = "Network")]
    pub(crate) ca_files: Vec<PathBuf>,
}

impl Network {
    /// Says that the options do nothing, where they were given and nothing goes this way.
    pub(crate) fn warn_unused(&self) {
        if !self.resolve.is_empty() || !self.ca_files.is_empty() {
            terminal::warning(
                "`--resolve` and `--ca-file` have no effect: no secret of this command has hosts, so it connects by itself",
            );
        }
    }

    /// The configuration for a run.
    pub(crate) fn config(&self) -> EgressConfig {
        EgressConfig {
            resolve: self.resolve.clone(),
            ca_files: self.ca_files.clone(),
            ..EgressConfig::default()
        }
    }
}
