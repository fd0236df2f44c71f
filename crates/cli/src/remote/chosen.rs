//! Which server is meant: flag before environment before profile.
//!
//! A token belongs to one server, and no two sources are mixed into a pair that nobody meant. Whoever can set an address must
//! not be able to have the saved token sent there, so an address that is not the profile's brings its own token, or none is
//! sent. `--profile` means its server and its token, whatever the environment says. `DISTRI_API_KEY` is for the server of
//! `DISTRI_BASE_URL`, or of `--base-url` where no such variable is set; without either it is for none, not for a profile's.
//! No file of the working directory is read: a `.env` that came with a project says nothing here.

use std::path::PathBuf;

use distri_core::SecretValue;

use super::base_url::BaseUrl;
use super::flags::Flags;
use super::profiles::{Profile, Profiles};
use crate::exit::Exit;
use crate::failure::Failure;

/// A server, and what it is told.
pub(crate) struct Server {
    pub(crate) base_url: BaseUrl,
    pub(crate) token: SecretValue,
    pub(crate) workspace: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Server {
    /// The server that this command line and its surroundings mean; none where the store of this machine is meant.
    pub(crate) fn chosen() -> Result<Option<Self>, Failure> {
        let flags = Flags::kept();
        if flags.local {
            return Ok(None);
        }
        let profiles = Profiles::find(|name| std::env::var_os(name));
        choose(flags, variable, |name| match &profiles {
            Some(profiles) => profiles.read(name),
            None => Ok(None),
        })
    }
}

/// A variable that is set to something.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text).filter(|it| !it.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Failure::new(Exit::Usage, format!("`{name}` is no text"))),
    }
}

fn choose(
    flags: Flags,
    variable: impl Fn(&str) -> Result<Option<String>, Failure>,
    read: impl FnOnce(Option<&str>) -> Result<Option<Profile>, Failure>,
) -> Result<Option<Server>, Failure> {
    // A profile that the command line names is the whole answer: the variables may be another server's.
    let around = match flags.profile {
        Some(_) => Around::default(),
        None => Around::read(&variable)?,
    };
    let named = match flags.profile {
        Some(name) => Some(name),
        None => variable("DISTRI_PROFILE")?,
    };
    let profile = read(named.as_deref())?;
    if let (Some(name), None) = (&named, &profile) {
        return Err(
            Failure::new(Exit::NotAuthenticated, format!("there is no profile `{name}`"))
                .hint(format!("`distri login --profile {name}` makes it")),
        );
    }
    let flagged = flags.base_url.as_deref().map(BaseUrl::parse).transpose()?;
    let (around, kept_back) = match &flagged {
        Some(url) if around.is_of_another(url) => (Around::default(), around.token.is_some()),
        _ => (around, false),
    };
    let told = match flagged {
        Some(url) => Some(url),
        None => around.base_url.as_deref().map(BaseUrl::parse).transpose()?,
    };
    if told.is_none() && around.token.is_some() {
        // Not a saved server's either: its own token was saved for it, and this one may be for anybody.
        return Err(Failure::new(
            Exit::Usage,
            "`DISTRI_API_KEY` is set, and nothing says which server it is for",
        )
        .hint("set `DISTRI_BASE_URL`; `--profile NAME` uses a saved server and its token, `--local` the store of this machine"));
    }
    let of_profile = profile.as_ref().and_then(|it| it.api_url.as_deref());
    let of_profile = of_profile.map(BaseUrl::parse).transpose()?;
    let Some(base_url) = told.or_else(|| of_profile.clone()) else {
        return match profile {
            Some(profile) => Err(
                Failure::new(Exit::Usage, format!("the profile `{}` names no server", profile.name))
                    .hint("`distri login --base-url URL` saves one; `--local` uses the store of this machine"),
            ),
            None => Ok(None),
        };
    };
    let is_profiles = of_profile.as_ref() == Some(&base_url);
    let saved = profile.filter(|_| is_profiles);
    let (saved_token, saved_workspace) = saved.map_or((None, None), |it| (it.api_key, it.workspace_id));
    // An account's id goes with the token that it was saved with.
    let saved_workspace = saved_workspace.filter(|_| around.token.is_none());
    let token = match around.token {
        Some(text) => Some(read_token(text)?),
        None => saved_token,
    };
    let token = token.ok_or_else(|| match kept_back {
        true => kept_from(&base_url),
        false => no_token(&base_url, of_profile.as_ref()),
    })?;
    Ok(Some(Server {
        base_url,
        token,
        workspace: around.workspace.or(saved_workspace),
        ca_file: flags.ca_file.or(variable("DISTRI_CA_FILE")?.map(PathBuf::from)),
    }))
}

/// What the environment says of its server: a token and an account that are for no other.
#[derive(Default)]
struct Around {
    base_url: Option<String>,
    token: Option<String>,
    workspace: Option<String>,
}

impl Around {
    fn read(variable: &impl Fn(&str) -> Result<Option<String>, Failure>) -> Result<Self, Failure> {
        Ok(Self {
            base_url: variable("DISTRI_BASE_URL")?,
            token: variable("DISTRI_API_KEY")?,
            workspace: variable("DISTRI_WORKSPACE_ID")?,
        })
    }

    /// Whether it names a server, and another one than this.
    fn is_of_another(&self, url: &BaseUrl) -> bool {
        let own = self.base_url.as_deref().map(BaseUrl::parse);
        own.is_some_and(|own| !own.is_ok_and(|own| own == *url))
    }
}

/// A token as it can stand in a header.
pub(crate) fn read_token(text: String) -> Result<SecretValue, Failure> {
    let refused = || Failure::new(Exit::NotAuthenticated, "the token has characters that no token has");
    if !text.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(refused());
    }
    SecretValue::new(text.into_bytes()).map_err(|_| refused())
}

fn kept_from(base_url: &BaseUrl) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("`DISTRI_API_KEY` is for the server of `DISTRI_BASE_URL` and is not sent to `{base_url}`"),
    )
    .hint(format!(
        "`distri login --profile NAME --base-url {base_url}` saves a token for it; `DISTRI_API_KEY` is one for it where `DISTRI_BASE_URL` names it or is not set"
    ))
}

fn no_token(base_url: &BaseUrl, of_profile: Option<&BaseUrl>) -> Failure {
    match of_profile {
        Some(other) if other != base_url => Failure::new(
            Exit::NotAuthenticated,
            format!("there is no token for `{base_url}`: the saved one is for `{other}` and goes nowhere else"),
        )
        .hint("give this server's own token in `DISTRI_API_KEY`, or log in with `distri login --profile NAME --base-url URL`"),
        _ => Failure::new(Exit::NotAuthenticated, format!("there is no token for `{base_url}`"))
            .hint(format!("`distri login --base-url {base_url}` saves one, `DISTRI_API_KEY` gives one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://distri.example.com";

    fn saved() -> Profile {
        Profile {
            name: "default".to_owned(),
            api_url: Some(format!("{HERE}/v1")),
            api_key: SecretValue::new(b"saved".to_vec()).ok(),
            workspace_id: Some("account".to_owned()),
        }
    }

    /// Address, token and workspace, or the exit code.
    type Outcome = Result<Option<(String, String, Option<String>)>, u8>;

    fn outcome(base_url: Option<&str>, variables: &[(&str, &str)], profile: Option<Profile>) -> Outcome {
        let flags = Flags {
            base_url: base_url.map(str::to_owned),
            ..Flags::default()
        };
        outcome_of(flags, variables, profile)
    }

    fn outcome_of(flags: Flags, variables: &[(&str, &str)], profile: Option<Profile>) -> Outcome {
        let variable = |name: &str| {
            let found = variables.iter().find(|it| it.0 == name);
            Ok(found.map(|it| it.1.to_owned()))
        };
        let chosen = choose(flags, variable, |_| Ok(profile)).map_err(|it| it.exit().code())?;
        Ok(chosen.map(|it| {
            let token = String::from_utf8_lossy(it.token.expose_secret()).into_owned();
            (it.base_url.to_string(), token, it.workspace)
        }))
    }

    #[test]
    fn flag_before_environment_before_profile() {
        let url = |it: &str| format!("https://{it}/v1");
        let account = Some("account".to_owned());
        assert_eq!(outcome(None, &[], None), Ok(None));
        assert_eq!(
            outcome(None, &[], Some(saved())),
            Ok(Some((url("distri.example.com"), "saved".to_owned(), account.clone())))
        );
        let env = [("DISTRI_BASE_URL", "https://b"), ("DISTRI_API_KEY", "given")];
        assert_eq!(
            outcome(None, &env, Some(saved())),
            Ok(Some((url("b"), "given".to_owned(), None)))
        );
        // Both were given for this command.
        assert_eq!(
            outcome(Some("https://c"), &env[1..], Some(saved())),
            Ok(Some((url("c"), "given".to_owned(), None)))
        );
        // The same server in other words keeps its token.
        assert_eq!(
            outcome(Some("https://distri.example.com:443/"), &[], Some(saved())),
            Ok(Some((url("distri.example.com"), "saved".to_owned(), account)))
        );
        assert_eq!(
            outcome(Some("https://b:443/v1/"), &env, Some(saved())),
            Ok(Some((url("b"), "given".to_owned(), None)))
        );
    }

    #[test]
    fn the_environments_token_goes_to_the_environments_server_only() {
        let env = [("DISTRI_BASE_URL", "https://b"), ("DISTRI_API_KEY", "given")];
        for profile in [None, Some(saved())] {
            assert_eq!(outcome(Some("https://c"), &env, profile), Err(Exit::Usage.code()));
        }
        let odd = [("DISTRI_BASE_URL", "b"), ("DISTRI_API_KEY", "given")];
        assert_eq!(outcome(Some("https://c"), &odd, None), Err(Exit::Usage.code()));
        // The server that the flag names has a token of its own.
        let own = Ok(Some((
            format!("{HERE}/v1"),
            "saved".to_owned(),
            Some("account".to_owned()),
        )));
        assert_eq!(outcome(Some(HERE), &env, Some(saved())), own);
        // A token without an address is not for a saved server either.
        assert_eq!(outcome(None, &env[1..], Some(saved())), Err(Exit::Usage.code()));
    }

    #[test]
    fn a_profile_that_is_named_is_the_whole_answer() {
        let env = [
            ("DISTRI_BASE_URL", "https://b"),
            ("DISTRI_API_KEY", "given"),
            ("DISTRI_WORKSPACE_ID", "another"),
            ("DISTRI_PROFILE", "another"),
        ];
        let named = |base_url: Option<&str>| Flags {
            profile: Some("default".to_owned()),
            base_url: base_url.map(str::to_owned),
            ..Flags::default()
        };
        let own = Ok(Some((
            format!("{HERE}/v1"),
            "saved".to_owned(),
            Some("account".to_owned()),
        )));
        for variables in [&env[..], &env[..1], &env[1..2], &[]] {
            assert_eq!(outcome_of(named(None), variables, Some(saved())), own);
            assert_eq!(outcome_of(named(Some(HERE)), variables, Some(saved())), own);
            let not_authenticated = Err(Exit::NotAuthenticated.code());
            assert_eq!(
                outcome_of(named(Some("https://b")), variables, Some(saved())),
                not_authenticated
            );
            assert_eq!(outcome_of(named(None), variables, None), not_authenticated);
            let no_server = Profile {
                api_url: None,
                ..saved()
            };
            assert_eq!(
                outcome_of(named(None), variables, Some(no_server)),
                Err(Exit::Usage.code())
            );
            let no_token = Profile {
                api_key: None,
                ..saved()
            };
            assert_eq!(outcome_of(named(None), variables, Some(no_token)), not_authenticated);
        }
    }

    #[test]
    fn a_saved_token_goes_to_its_own_server_only() {
        for elsewhere in [
            "https://evil.example",
            "https://distri.example.com.evil.example",
            "https://distri.example.com:8443",
            "https://distri.example.com/other",
            "http://127.0.0.1:7777",
        ] {
            let not_authenticated = Err(Exit::NotAuthenticated.code());
            assert_eq!(outcome(Some(elsewhere), &[], Some(saved())), not_authenticated);
            let env = [("DISTRI_BASE_URL", elsewhere)];
            assert_eq!(outcome(None, &env, Some(saved())), not_authenticated);
        }
    }

    #[test]
    fn a_token_without_a_server_is_a_mistake() {
        let env = [("DISTRI_API_KEY", "given")];
        assert_eq!(outcome(None, &env, None), Err(Exit::Usage.code()));
        assert_eq!(
            outcome(Some(HERE), &[("DISTRI_API_KEY", "with\nbreak")], None),
            Err(Exit::NotAuthenticated.code())
        );
    }
}
