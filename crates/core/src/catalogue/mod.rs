//! Well-known keys: what they are, where their values may go, what they look like and where to get them.
//!
//! The data is `catalogue.toml`; to add a key, add its entry there in alphabetical place, and the tests check the rest.
//! It is parsed at the first use and kept. Hosts are a secret's policy from the moment it is set, so `exec` and `run`
//! read them from the store and never come here.

mod shape;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::names::SecretKey;
use crate::policy::{Binding, Delivery, Policy};

pub use shape::{Alphabet, Shape};

/// The well-known keys and the providers of models.
#[derive(Debug)]
pub struct Catalogue {
    entries: BTreeMap<SecretKey, Entry>,
    providers: Vec<Provider>,
}

/// One well-known key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The key.
    pub key: SecretKey,
    /// What it gives, in a few words.
    pub description: String,
    /// Where its value may go.
    #[serde(default)]
    pub hosts: Vec<Binding>,
    /// Why there are no hosts, where there cannot be any.
    pub unbound: Option<String>,
    /// Whether it is only a key of cryptography on this machine, so that a run needs no more than a placeholder.
    #[serde(default)]
    pub local: bool,
    /// What its values look like.
    #[serde(default)]
    pub shape: Shape,
    /// The page where a value is made.
    pub obtain: Option<String>,
}

/// A provider of models and the keys it takes: the reply of `GET /v1/secrets/providers`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// `openai`, `anthropic`, …
    pub id: String,
    /// For people.
    pub label: String,
    /// Its keys.
    pub keys: Vec<ProviderKey>,
}

/// A key in a form for a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderKey {
    /// The key.
    pub key: SecretKey,
    /// The field's label.
    pub label: String,
    /// What the empty field shows.
    pub placeholder: String,
    /// Whether the provider cannot be used without it.
    pub required: bool,
    /// Whether it is masked; an endpoint's address is not.
    pub sensitive: bool,
}

impl Catalogue {
    /// The catalogue that distri brings along.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Catalogue> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let file: File = toml::from_str(include_str!("catalogue.toml")).expect("a test parses this file");
            Self {
                entries: file.entry.into_iter().map(|it| (it.key.clone(), it)).collect(),
                providers: file.provider,
            }
        })
    }

    /// What is known of `key`.
    #[must_use]
    pub fn get(&self, key: &SecretKey) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// All keys, sorted.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The providers of models, in the order of the file.
    #[must_use]
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The policy of a new secret called `key` unless its owner says otherwise; the default one for unknown keys.
    #[must_use]
    pub fn policy_for(&self, key: &SecretKey) -> Policy {
        let Some(entry) = self.get(key) else {
            return Policy::default();
        };
        Policy {
            hosts: entry.hosts.clone(),
            delivery: if entry.local {
                Delivery::Placeholder
            } else {
                Delivery::Auto
            },
            ..Policy::default()
        }
    }

    /// What is odd about `value` as the value of `key`: one sentence that never holds any part of the value.
    #[must_use]
    pub fn shape_warning(&self, key: &SecretKey, value: &[u8]) -> Option<String> {
        shape::warning(key, self.get(key).map(|it| &it.shape), value)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Vec<Provider>,
    entry: Vec<Entry>,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn file() -> File {
        toml::from_str(include_str!("catalogue.toml")).unwrap()
    }

    #[test]
    fn entries_are_sorted_unique_and_whole() {
        let entries = file().entry;
        assert!(entries.len() >= 50);
        for pair in entries.windows(2) {
            assert!(
                pair[0].key < pair[1].key,
                "{} stands before {}",
                pair[0].key,
                pair[1].key
            );
        }
        for entry in entries {
            let key = &entry.key;
            assert!(
                !entry.description.is_empty() && !entry.description.ends_with('.') && !entry.description.contains('|'),
                "{key}"
            );
            assert_ne!(
                entry.hosts.is_empty(),
                entry.unbound.is_none(),
                "{key} has hosts, or says why not"
            );
            if let Some(page) = &entry.obtain {
                let url = url::Url::parse(page).unwrap();
                assert_eq!(url.scheme(), "https", "{key}");
            }
            let shape = &entry.shape;
            assert!(
                shape.min_len.unwrap_or(0) <= shape.max_len.unwrap_or(usize::MAX),
                "{key}"
            );
        }
    }

    #[test]
    fn the_pages_keys_have_the_pages_words() {
        for (key, description) in [
            ("OPENAI_API_KEY", "OpenAI API access"),
            ("ANTHROPIC_API_KEY", "Anthropic Claude access"),
            ("STRIPE_API_KEY", "Payment processing"),
            ("SENDGRID_API_KEY", "Email delivery"),
            ("DATABASE_URL", "Database connection string"),
            ("SLACK_BOT_TOKEN", "Slack integration"),
        ] {
            assert_eq!(
                Catalogue::builtin().get(&key.parse().unwrap()).unwrap().description,
                description
            );
        }
    }

    #[test]
    fn hosts_are_those_of_the_design() {
        for (key, hosts) in [
            ("OPENAI_API_KEY", &["api.openai.com"][..]),
            ("SENDGRID_API_KEY", &["api.sendgrid.com"]),
            ("STRIPE_API_KEY", &["api.stripe.com"]),
            ("ANTHROPIC_API_KEY", &["api.anthropic.com"]),
            ("SLACK_BOT_TOKEN", &["slack.com", "*.slack.com"]),
            ("DATABASE_URL", &[]),
            ("NOBODY_KNOWS", &[]),
        ] {
            let found: Vec<_> = Catalogue::builtin()
                .policy_for(&key.parse().unwrap())
                .hosts
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found, hosts, "{key}");
        }
    }

    #[test]
    fn providers_name_catalogued_keys() {
        let providers = Catalogue::builtin().providers();
        let first: Vec<_> = providers
            .iter()
            .take(3)
            .map(|it| (it.id.as_str(), it.keys[0].key.as_str(), it.keys[0].placeholder.as_str()))
            .collect();
        assert_eq!(
            first,
            [
                ("openai", "OPENAI_API_KEY", "sk-..."),
                ("anthropic", "ANTHROPIC_API_KEY", "sk-ant-..."),
                ("gemini", "GEMINI_API_KEY", "AIza...")
            ]
        );
        for key in providers.iter().flat_map(|it| &it.keys) {
            assert!(Catalogue::builtin().get(&key.key).is_some(), "{}", key.key);
        }
    }
}
