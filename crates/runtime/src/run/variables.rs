//! The variables of a run: `--context` first, then the release; and what is made from them.

use std::sync::Arc;

use distri_core::{
    Release, ReleasedSecret, SecretValue,
    agent::{ConfigTemplate, Rendered},
    alarm::Watch,
};

use super::{
    context::Context,
    error::RunError,
    event::{SecretDelivery, SecretUse},
    model::ModelKey,
};
use crate::lookout::Lookout;

/// Every name a run can look up.
pub(super) struct Variables {
    release: Arc<Release>,
    context: Context,
}

/// What a tool host is given as `process.env`.
pub(super) struct Environment {
    pub(super) env: Vec<(String, SecretValue)>,
    /// Plain variables without a value, which cannot be delivered.
    pub(super) empty: Vec<String>,
    /// The placeholders in it, each with its secret's place in the release.
    pub(super) placeholders: Vec<(usize, String)>,
}

impl Variables {
    pub(super) fn new(release: Arc<Release>, context: Context) -> Self {
        Self { release, context }
    }

    /// What the run is given under `name`, from the first source that has it: of a released secret with hosts its
    /// placeholder, into whose place the way out puts the value.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        let Context { envs, secrets } = &self.context;
        secrets
            .get(name)
            .map(SecretValue::expose_secret)
            .or_else(|| envs.get(name).map(String::as_bytes))
            .or_else(|| self.release.get(name).map(ReleasedSecret::given))
    }

    /// The released secret behind `name`, unless the context hides it.
    pub(super) fn released(&self, name: &str) -> Option<&ReleasedSecret> {
        let hidden = self.context.secrets.contains_key(name) || self.context.envs.contains_key(name);
        if hidden { None } else { self.release.get(name) }
    }

    /// Looks for everything that must not be shown: all that was released, also what the context hides, and the
    /// context's secrets.
    pub(super) fn lookout(&self, watch: Arc<Watch>) -> Lookout {
        let given = self.context.secrets.iter().map(|(name, value)| (name.as_str(), value));
        let lookout = Lookout::new(&self.release, given, watch);
        lookout.redactor().prepare_beside();
        lookout
    }

    /// The tools' whole `process.env`: everything but the model's keys.
    pub(super) fn environment(&self, model_keys: &[ModelKey]) -> Result<Environment, RunError> {
        let is_model_key = |name: &str| model_keys.iter().any(|it| it.key == name);
        let mut names: Vec<&str> = self.release.secrets.iter().map(|it| it.key.as_str()).collect();
        names.extend(self.context.envs.keys().map(String::as_str));
        names.extend(self.context.secrets.keys().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        names.retain(|it| !is_model_key(it));

        let mut env = Vec::with_capacity(names.len());
        let mut empty = Vec::new();
        for name in names {
            match self.get(name) {
                None | Some([]) => empty.push(name.to_owned()),
                Some(bytes) => {
                    let value =
                        SecretValue::new(bytes.to_vec()).map_err(|it| RunError::Setting(format!("`{name}`: {it}")))?;
                    env.push((name.to_owned(), value));
                }
            }
        }
        let secrets = self.release.secrets.iter().enumerate();
        let placeholders = secrets.filter_map(|(index, it)| {
            let name = it.key.as_str();
            let is_in = !is_model_key(name) && self.released(name).is_some();
            let placeholder = it.placeholder.as_ref().filter(|_| is_in)?;
            Some((index, placeholder.as_str().to_owned()))
        });
        let placeholders = placeholders.collect();
        Ok(Environment {
            env,
            empty,
            placeholders,
        })
    }

    /// Who got what, for the first event.
    pub(super) fn uses(&self, model_keys: &[ModelKey]) -> Vec<SecretUse> {
        let is_model_key = |name: &str| model_keys.iter().any(|it| it.key == name);
        let released = self.release.secrets.iter().map(|it| {
            let delivery = match (&it.placeholder, it.policy.is_unbound()) {
                (Some(_), _) => SecretDelivery::Placeholder,
                (None, true) => SecretDelivery::UnboundValue,
                (None, false) => SecretDelivery::Value,
            };
            (it.key.as_str(), delivery)
        });
        let given = self
            .context
            .secrets
            .keys()
            .map(|it| (it.as_str(), SecretDelivery::UnboundValue));
        let mut uses: Vec<_> = released
            .chain(given)
            .map(|(key, delivery)| SecretUse {
                key: key.to_owned(),
                delivery: if is_model_key(key) {
                    SecretDelivery::Model
                } else {
                    delivery
                },
            })
            .collect();
        uses.sort_by(|a, b| a.key.cmp(&b.key));
        uses.dedup_by(|later, first| later.key == first.key);
        uses
    }

    /// `template` with its values put in; `place` says in errors what it is.
    pub(super) fn fill(&self, template: &ConfigTemplate, place: &str) -> Result<Rendered, RunError> {
        template
            .render(|name| self.get(name))
            .map_err(|it| RunError::template(it, place))
    }

    /// The same for a URL: no value can change where it leads.
    pub(super) fn fill_url(&self, template: &ConfigTemplate, place: &str) -> Result<Rendered, RunError> {
        if let Some(name) = template.leading_name()
            && self.released(name).is_some_and(|it| it.placeholder.is_some())
        {
            return Err(RunError::Setting(format!(
                "{place} begins with the secret `{name}`, of which a run holds only a placeholder; \
                 a secret that says where requests go is given with `--delivery value`"
            )));
        }
        template
            .render_url(|name| self.get(name))
            .map_err(|it| RunError::template(it, place))
    }
}
