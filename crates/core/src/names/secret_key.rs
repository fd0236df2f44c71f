//! A secret's key: its name, which is also the environment variable it is delivered as.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text_name;

/// The grammar `[A-Z_][A-Z0-9_]{0,127}`, less the names that steer a process.
///
/// There is one form: what does not fit is refused with a suggestion, never changed silently, so that
/// two spellings can never be two secrets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretKey(String);

text_name!(SecretKey, SecretKeyError);

impl FromStr for SecretKey {
    type Err = SecretKeyError;

    fn from_str(text: &str) -> Result<Self, SecretKeyError> {
        if text.is_empty() {
            return Err(SecretKeyError::Empty);
        }
        if !follows_grammar(text) {
            return Err(SecretKeyError::Grammar {
                suggestion: suggest(text),
            });
        }
        if let Some(reason) = steers_a_process(text) {
            return Err(SecretKeyError::Reserved {
                key: text.to_owned(),
                reason,
            });
        }
        Ok(Self(text.to_owned()))
    }
}

/// Why text cannot be a secret's key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// No character at all.
    #[error("a key has 1 to 128 characters")]
    Empty,
    /// Outside the grammar. The text itself is not repeated: it may be a value typed in the wrong place.
    #[error("a key has 1 to 128 characters of `A-Z`, `0-9` and `_`, and does not begin with a digit{}",
        .suggestion.as_ref().map(|it| format!("; did you mean `{it}`")).unwrap_or_default())]
    Grammar {
        /// The nearest key that fits, where one is near.
        suggestion: Option<String>,
    },
    /// A variable that changes how processes start or find their code.
    #[error("`{key}` cannot be a secret: {reason}")]
    Reserved {
        /// The refused key.
        key: String,
        /// What the variable does.
        reason: &'static str,
    },
}

fn follows_grammar(text: &str) -> bool {
    text.len() <= 128
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// The key a person probably meant: upper case, `-`, `.`, and spaces as `_`. Nothing is suggested for
/// text that is long or strange, because that may be a value.
fn suggest(text: &str) -> Option<String> {
    if text.len() > 64 || !text.trim().split(['_', '-', '.', ' ']).all(is_word_of_a_name) {
        return None;
    }
    let mut key = String::new();
    for (index, c) in text.trim().chars().enumerate() {
        match c {
            'a'..='z' | 'A'..='Z' | '_' => key.push(c.to_ascii_uppercase()),
            '0'..='9' => {
                if index == 0 {
                    key.push('_');
                }
                key.push(c);
            }
            '-' | ' ' | '.' => key.push('_'),
            _ => return None,
        }
    }
    let is_a_word = key.bytes().any(|b| b.is_ascii_alphabetic());
    (is_a_word && follows_grammar(&key) && steers_a_process(&key).is_none()).then_some(key)
}

/// `stripe`, `Api`, `V2`, `1PASSWORD`: not what random characters look like.
fn is_word_of_a_name(word: &str) -> bool {
    let digits = |it: &str| it.len() <= 4 && it.bytes().all(|b| b.is_ascii_digit());
    let letters = word.trim_matches(|c: char| c.is_ascii_digit());
    let (before, after) = match word.find(letters) {
        Some(start) => (&word[..start], &word[start + letters.len()..]),
        None => (word, ""),
    };
    let one_case = |it: &str| it.bytes().all(|b| b.is_ascii_lowercase()) || it.bytes().all(|b| b.is_ascii_uppercase());
    let capitalised = letters.starts_with(|c: char| c.is_ascii_uppercase()) && one_case(&letters[1..]);
    letters.len() <= 16 && digits(before) && digits(after) && (one_case(letters) || capitalised)
}

/// Variables that make another program load code, change its look-ups or trust, or that distri reads itself.
/// A secret delivered under such a name would be a way to run code in every agent.
fn steers_a_process(key: &str) -> Option<&'static str> {
    const LOADER: &str = "it makes the dynamic loader run other code";
    const LOOKUP: &str = "it changes where programs are found or how a shell starts";
    const CODE: &str = "it makes an interpreter load other code";
    const TRUST: &str = "it redirects or weakens a program's connections";
    const OURS: &str = "names that begin with `DISTRI_` configure distri itself";

    /// Exact names and what they steer.
    const NAMES: &[(&str, &str)] = &[
        ("PATH", LOOKUP),
        ("HOME", LOOKUP),
        ("SHELL", LOOKUP),
        ("USER", LOOKUP),
        ("LOGNAME", LOOKUP),
        ("PWD", LOOKUP),
        ("OLDPWD", LOOKUP),
        ("TERM", LOOKUP),
        ("IFS", LOOKUP),
        ("CDPATH", LOOKUP),
        ("ENV", LOOKUP),
        ("BASH_ENV", LOOKUP),
        ("SHELLOPTS", LOOKUP),
        ("BASHOPTS", LOOKUP),
        ("PS4", LOOKUP),
        ("PROMPT_COMMAND", LOOKUP),
        ("ZDOTDIR", LOOKUP),
        ("TMPDIR", LOOKUP),
        ("EDITOR", LOOKUP),
        ("VISUAL", LOOKUP),
        ("PAGER", LOOKUP),
        ("LESSOPEN", LOOKUP),
        ("LESSCLOSE", LOOKUP),
        ("BROWSER", LOOKUP),
        ("_", LOOKUP),
        ("GCONV_PATH", LOADER),
        ("LOCPATH", LOADER),
        ("NLSPATH", LOADER),
        ("GLIBC_TUNABLES", LOADER),
        ("NODE_OPTIONS", CODE),
        ("NODE_PATH", CODE),
        ("NODE_EXTRA_CA_CERTS", TRUST),
        ("NODE_TLS_REJECT_UNAUTHORIZED", TRUST),
        ("NODE_USE_ENV_PROXY", TRUST),
        ("BUN_OPTIONS", CODE),
        ("DENO_CERT", TRUST),
        ("DENO_DIR", CODE),
        ("PYTHONPATH", CODE),
        ("PYTHONHOME", CODE),
        ("PYTHONSTARTUP", CODE),
        ("PYTHONINSPECT", CODE),
        ("PYTHONWARNINGS", CODE),
        ("PERL5LIB", CODE),
        ("PERL5OPT", CODE),
        ("PERL5DB", CODE),
        ("PERLLIB", CODE),
        ("RUBYLIB", CODE),
        ("RUBYOPT", CODE),
        ("GEM_HOME", CODE),
        ("GEM_PATH", CODE),
        ("JAVA_TOOL_OPTIONS", CODE),
        ("_JAVA_OPTIONS", CODE),
        ("JDK_JAVA_OPTIONS", CODE),
        ("CLASSPATH", CODE),
        ("DOTNET_STARTUP_HOOKS", CODE),
        ("LUA_PATH", CODE),
        ("LUA_CPATH", CODE),
        ("LUA_INIT", CODE),
        ("PHPRC", CODE),
        ("PHP_INI_SCAN_DIR", CODE),
        ("R_PROFILE", CODE),
        ("TCLLIBPATH", CODE),
        ("RUSTC_WRAPPER", CODE),
        ("GIT_SSH", CODE),
        ("GIT_SSH_COMMAND", CODE),
        ("GIT_ASKPASS", CODE),
        ("GIT_EXTERNAL_DIFF", CODE),
        ("GIT_EDITOR", CODE),
        ("GIT_EXEC_PATH", CODE),
        ("GIT_PAGER", CODE),
        ("GIT_PROXY_COMMAND", CODE),
        ("GIT_SSL_NO_VERIFY", TRUST),
        ("GIT_SSL_CAINFO", TRUST),
        ("SSH_ASKPASS", CODE),
        ("SUDO_ASKPASS", CODE),
        ("HTTP_PROXY", TRUST),
        ("HTTPS_PROXY", TRUST),
        ("ALL_PROXY", TRUST),
        ("NO_PROXY", TRUST),
        ("FTP_PROXY", TRUST),
        ("SSL_CERT_FILE", TRUST),
        ("SSL_CERT_DIR", TRUST),
        ("SSLKEYLOGFILE", TRUST),
        ("CURL_CA_BUNDLE", TRUST),
        ("CURL_HOME", TRUST),
        ("REQUESTS_CA_BUNDLE", TRUST),
        ("AWS_CA_BUNDLE", TRUST),
        ("OPENSSL_CONF", TRUST),
        ("OPENSSL_ENGINES", CODE),
        ("OPENSSL_MODULES", CODE),
        ("RES_OPTIONS", TRUST),
        ("HOSTALIASES", TRUST),
        ("LOCALDOMAIN", TRUST),
        ("RESOLV_HOST_CONF", TRUST),
    ];
    /// Families of names and what they steer.
    const PREFIXES: &[(&str, &str)] = &[
        ("DISTRI_", OURS),
        ("LD_", LOADER),
        ("DYLD_", LOADER),
        ("MALLOC_", LOADER),
        ("BASH_FUNC_", LOOKUP),
        ("NPM_CONFIG_", CODE),
        ("PIP_", CODE),
        ("GIT_CONFIG", CODE),
        ("CORECLR_", CODE),
        ("COR_", CODE),
    ];

    NAMES
        .iter()
        .find(|(name, _)| *name == key)
        .or_else(|| PREFIXES.iter().find(|(prefix, _)| key.starts_with(prefix)))
        .map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_keys_fit() {
        for key in ["STRIPE_API_KEY", "_X", "A", "DATABASE_URL", &"K".repeat(128)] {
            assert_eq!(key.parse::<SecretKey>().as_ref().map(SecretKey::as_str), Ok(key));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_suggestion_where_one_is_near() {
        let cases = [
            ("stripe_api_key", Some("STRIPE_API_KEY")),
            ("Stripe-Api.Key", Some("STRIPE_API_KEY")),
            (" STRIPE ", Some("STRIPE")),
            ("1PASSWORD", Some("_1PASSWORD")),
            ("a/b", None),
            ("..", None),
            ("%2e", None),
            ("КEY", None),
            ("A\nB", None),
            ("A=B", None),
            ("path", None),
            ("oauth2_token_v1", Some("OAUTH2_TOKEN_V1")),
            ("2024", None),
            // Values in the place of a key: a suggestion would say them aloud.
            ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", None),
            ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", None),
            ("xoxb-1234567890-AbCdEfGhIj", None),
            ("SG.qWx1-canary_9Zt4kLm2", None),
            ("correcthorsebatterystaple", None),
            (&"K".repeat(129), None),
        ];
        for (text, suggestion) in cases {
            let suggestion = suggestion.map(str::to_owned);
            assert_eq!(
                text.parse::<SecretKey>(),
                Err(SecretKeyError::Grammar { suggestion }),
                "{text:?}"
            );
        }
        assert_eq!("".parse::<SecretKey>(), Err(SecretKeyError::Empty));
    }

    #[test]
    fn names_that_steer_a_process_are_refused_with_the_reason() {
        for key in [
            "PATH",
            "LD_PRELOAD",
            "NODE_OPTIONS",
            "BASH_ENV",
            "PYTHONPATH",
            "DISTRI_HOME",
            "HTTPS_PROXY",
            "GIT_CONFIG_COUNT",
        ] {
            assert!(
                matches!(key.parse::<SecretKey>(), Err(SecretKeyError::Reserved { .. })),
                "{key}"
            );
        }
    }
}
