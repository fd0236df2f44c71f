//! The options before the verb that say which store is meant.

use std::path::PathBuf;
use std::sync::OnceLock;

use clap::Args;

/// Where the secrets are.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Flags {
    /// Use the server at this address, such as `https://distri.example.com/v1` [env: DISTRI_BASE_URL]
    #[arg(long, value_name = "URL", help_heading = "Server", conflicts_with = "local")]
    pub(crate) base_url: Option<String>,
    /// Use the server and the token of this profile, as `distri login` saved them: the option, unlike
    /// the variable, goes before DISTRI_BASE_URL and DISTRI_API_KEY [env: DISTRI_PROFILE]
    #[arg(long, value_name = "NAME", help_heading = "Server", conflicts_with = "local")]
    pub(crate) profile: Option<String>,
    /// Trust the authorities in this PEM file for the server, beside Mozilla's [env: DISTRI_CA_FILE]
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Use the store of this machine, whatever server is configured
    #[arg(long, help_heading = "Server")]
    pub(crate) local: bool,
}

/// One command line has one answer, and each verb asks for it where it opens a store.
static FLAGS: OnceLock<Flags> = OnceLock::new();

impl Flags {
    /// Keeps what the command line says, once.
    pub(crate) fn keep(self) {
        let _ = FLAGS.set(self);
    }

    /// What the command line says.
    pub(crate) fn kept() -> Self {
        FLAGS.get().cloned().unwrap_or_default()
    }
}
