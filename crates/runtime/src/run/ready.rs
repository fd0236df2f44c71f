//! What every use of an agent begins with: variables, redactor, the way out.

use distri_egress::Egress;
use distri_redact::Redactor;

use super::{
    error::RunError,
    model::{ModelKey, ModelSelection},
    request::RunSetup,
    variables::Variables,
};

/// Variables, redactor and way out of one run.
pub(super) struct Ready {
    pub(super) variables: Variables,
    /// Built once, from all that was released and given.
    pub(super) redactor: Redactor,
    pub(super) egress: Egress,
    /// The keys that no tool sees.
    pub(super) model_keys: Vec<ModelKey>,
}

impl Ready {
    /// Takes the context out of `setup`.
    pub(super) fn of(setup: &mut RunSetup) -> Result<Self, RunError> {
        let variables = Variables::new(setup.release.clone(), std::mem::take(&mut setup.context));
        let redactor = variables.redactor();
        let egress = Egress::new(setup.egress.clone(), setup.release.clone(), setup.watch.clone())?;
        // Also with another model for this run the definition's own key is for its model: a tool
        // must not see in a trial what it never sees otherwise.
        let definition = &setup.project.definition;
        let mut model_keys: Vec<ModelKey> = Vec::new();
        for instead in [None, setup.model.as_deref()] {
            for key in ModelSelection::of(definition, instead)
                .map(|it| it.keys())
                .unwrap_or_default()
            {
                if !model_keys.iter().any(|it| it.key == key.key) {
                    model_keys.push(key);
                }
            }
        }
        Ok(Self {
            variables,
            redactor,
            egress,
            model_keys,
        })
    }
}
