//! `distri login`: a server and its token, kept for the commands that follow.

use std::io::{IsTerminal, Read};

use clap::Args;
use distri_core::credential::PresentedToken;
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Client;
use crate::remote::base_url::BaseUrl;
use crate::remote::chosen::{Server, read_token, variable};
use crate::remote::flags::Flags;
use crate::remote::profiles::{Profiles, Section, checked_name};
use crate::{hidden, terminal};

/// Save a server and its token; from then on the verbs work on that server
///
/// Asks for the token on a terminal, hidden, and reads standard input when that is piped. The server is asked whose token it
/// is before anything is written. It is kept in `~/.distri/credentials`, for its owner alone, and is sent to this server and to
/// no other. The account's owners and admins make tokens with `distri tokens create`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Login {
    /// The server, such as `https://distri.example.com/v1`; also before `login`
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The name to keep it under; also before `login`
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  distri login --base-url https://distri.example.com
  pass show distri | distri login --profile work --base-url https://distri.example.com
  distri --profile work secrets list
  distri --local secrets list                  # the store of this machine all the same";

/// A token has fewer characters.
const MOST: u64 = 4_096;

impl Login {
    /// Logs in.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let flags = Flags::kept();
        let profiles = Profiles::here()?;
        let told_name = self.profile.or(flags.profile.clone());
        let is_by_flag = told_name.is_some();
        let name = match told_name {
            Some(name) => name,
            None => match variable("DISTRI_PROFILE")? {
                Some(name) => name,
                None => profiles.active_or_default()?,
            },
        };
        checked_name(&name)?;
        let saved = || Ok::<_, Failure>(profiles.read(Some(&name))?.and_then(|it| it.api_url));
        // A profile that the command line names has its server, whatever the environment says.
        let base_url = match self.base_url.or(flags.base_url) {
            Some(url) => Some(url),
            None if is_by_flag => saved()?.or(variable("DISTRI_BASE_URL")?),
            None => match variable("DISTRI_BASE_URL")? {
                Some(url) => Some(url),
                None => saved()?,
            },
        };
        let base_url = BaseUrl::parse(&base_url.ok_or_else(no_server)?)?;
        let ca_file = flags.ca_file.or(variable("DISTRI_CA_FILE")?.map(Into::into));
        let text = token(&base_url)?;
        // Its checksum tells a mistyped one, or what is none of a distri server's, before it is sent anywhere.
        if let Err(error) = text.parse::<PresentedToken>() {
            return Err(Failure::new(Exit::NotAuthenticated, error.to_string()));
        }
        let client = Client::new(Server {
            base_url: base_url.clone(),
            token: read_token(text.to_string())?,
            workspace: None,
            ca_file,
        });
        let who = client.whoami()?;
        profiles.save(
            &name,
            &Section {
                api_key: &text,
                workspace_id: &who.account,
                api_url: &base_url.to_string(),
            },
        )?;
        terminal::note(&format!("Logged in to {base_url} as {}, profile `{name}`.", who.name));
        terminal::note(&format!(
            "  role {}; scopes {}",
            who.role,
            who.scopes.map_or_else(|| "all".to_owned(), |it| it.join(", "))
        ));
        Ok(Exit::Ok)
    }
}

fn no_server() -> Failure {
    Failure::new(Exit::Usage, "nothing says which server to log in to")
        .hint("name it, as in `distri login --base-url https://distri.example.com`")
}

fn token(base_url: &BaseUrl) -> Result<Zeroizing<String>, Failure> {
    let unreadable = |error: std::io::Error| Failure::new(Exit::Failed, "cannot read the token").cause(error);
    let text = if std::io::stdin().is_terminal() {
        hidden::ask_text(&format!("Token for {base_url} (hidden): ")).map_err(unreadable)?
    } else {
        let mut text = Zeroizing::new(String::with_capacity(MOST as usize));
        let read = std::io::stdin().lock().take(MOST).read_to_string(&mut text);
        read.map_err(unreadable)?;
        text
    };
    Ok(Zeroizing::new(text.trim().to_owned()))
}
