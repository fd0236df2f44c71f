//! `distri logout`: a saved token is forgotten.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::chosen::variable;
use crate::remote::flags::Flags;
use crate::remote::profiles::Profiles;
use crate::terminal;

/// Forget a saved token
///
/// The token stays good until it is revoked: `distri tokens revoke NAME` before this.
#[derive(Args, Debug)]
pub(crate) struct Logout {
    /// The profile; the active one without it. Also before `logout`
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

impl Logout {
    /// Forgets it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let profiles = Profiles::here()?;
        let name = match self.profile.or(Flags::kept().profile) {
            Some(name) => name,
            None => match variable("DISTRI_PROFILE")? {
                Some(name) => name,
                None => profiles.active_or_default()?,
            },
        };
        if !profiles.forget(&name)? {
            return Err(Failure::new(Exit::Missing, format!("there is no profile `{name}`"))
                .hint("`distri profiles` lists those there are"));
        }
        terminal::note(&format!("Logged out of profile `{name}`."));
        Ok(Exit::Ok)
    }
}
