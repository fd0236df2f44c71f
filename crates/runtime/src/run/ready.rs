//! What every use of an agent begins with: variables, lookout, the way out.

use std::sync::Arc;

use distri_egress::{Egress, EgressConfig, EgressError};

use super::{
    error::RunError,
    model::{ModelKey, ModelSelection},
    request::RunSetup,
    variables::Variables,
};
use crate::lookout::Lookout;

/// Variables, lookout and way out of one run.
pub(super) struct Ready {
    pub(super) variables: Variables,
    /// Built once, from all that was released and given.
    pub(super) lookout: Arc<Lookout>,
    pub(super) egress: Egress,
    /// The keys that no tool sees.
    pub(super) model_keys: Vec<ModelKey>,
}

impl Ready {
    /// Takes the context out of `setup`.
    pub(super) fn of(setup: &mut RunSetup) -> Result<Self, RunError> {
        let variables = Variables::new(setup.release.clone(), std::mem::take(&mut setup.context));
        let lookout = Arc::new(variables.lookout(setup.watch.clone()));
        let egress = egress(setup, setup.egress.clone())?;
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
            lookout,
            egress,
            model_keys,
        })
    }
}

/// A way out of the run, with this configuration.
pub(super) fn egress(setup: &RunSetup, config: EgressConfig) -> Result<Egress, EgressError> {
    Egress::new(config, setup.release.clone(), setup.watch.clone())
}
