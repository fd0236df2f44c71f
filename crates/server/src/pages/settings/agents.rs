//! `/settings/agents`: what each agent needs, and where it is missing.

use std::collections::BTreeMap;

use distri_core::authz::Write;
use distri_core::{AgentName, Environment, SecretKey, Timestamp};
use distri_vault::agents::AgentInfo;
use distri_vault::secrets::SecretInfo;
use maud::{Markup, html};

use crate::error::ApiError;
use crate::need::Need;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{Tone, badge, empty};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "agents_page",
    path: "/settings/agents",
    run: Run::Member(show),
    ..Route::BLANK
};

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let agents = visit.caller.agents()?;
    let supply = Supply {
        secrets: secrets(visit, &agents)?,
        now: visit.input.clock.now(),
        may_add: visit.may::<Write>(),
    };
    let main = html! {
        div.head {
            div {
                h1 { "Agents" }
                p { "What each agent requires, what else it may use, and where that is missing." }
            }
        }
        @if agents.is_empty() {
            (empty("No agents yet", html! { "One is here once its definition was sent to " code { "POST /v1/agents" } "." }))
        }
        @for agent in &agents { (supply.card(agent)) }
    };
    Ok(visit.page("Agents", &main))
}

type Secrets = BTreeMap<Environment, BTreeMap<SecretKey, SecretInfo>>;

/// The secrets that agents name, in each environment that has secrets, and in the default one.
fn secrets(visit: &Visit<'_>, agents: &[AgentInfo]) -> Result<Secrets, ApiError> {
    let environments = visit.caller.tally()?.environments;
    let environments = environments.into_iter().chain([Environment::default()]);
    let mut secrets: Secrets = environments.map(|it| (it, BTreeMap::new())).collect();
    let named = agents.iter().flat_map(|it| it.required.iter().chain(&it.optional));
    for it in visit.caller.list_called(named, None)? {
        let environment = secrets.entry(it.info.environment.clone()).or_default();
        environment.insert(it.info.key.clone(), it.info);
    }
    Ok(secrets)
}

/// Where agents find their secrets.
struct Supply {
    secrets: Secrets,
    now: Timestamp,
    may_add: bool,
}

impl Supply {
    fn card(&self, agent: &AgentInfo) -> Markup {
        let needs: Vec<(&SecretKey, bool)> = agent
            .required
            .iter()
            .map(|it| (it, true))
            .chain(agent.optional.iter().map(|it| (it, false)))
            .collect();
        let starts = self.starts(agent);
        html! {
            section.card {
                h2 { code { (agent.name) } }
                @if let Some(damage) = &agent.damage { p { (badge(Tone::Bad, "damaged")) " " (damage) } }
                @if let Some(description) = &agent.description { p { (description) } }
                @if needs.is_empty() {
                    p { "It names no secrets." }
                } @else {
                    p {
                        @if starts.is_empty() { (badge(Tone::Warning, "does not start")) " In no environment are all required secrets there." }
                        @else { (badge(Tone::Good, "starts")) " in " (starts.join(", ")) }
                    }
                    (self.table(&agent.name, &needs))
                }
                p.quiet.small { "Revision " (agent.revision) ", pushed by " (agent.updated_by) " on " (when(agent.updated_at)) }
            }
        }
    }

    /// The environments in which every required secret can be given.
    fn starts(&self, agent: &AgentInfo) -> Vec<&str> {
        let starts = |secrets: &BTreeMap<SecretKey, SecretInfo>| {
            let needs = agent.required.iter();
            needs
                .into_iter()
                .all(|it| Need::of(&agent.name, secrets.get(it), self.now) == Need::Set)
        };
        let with = self
            .secrets
            .iter()
            .filter(|(_, secrets)| agent.damage.is_none() && starts(secrets));
        with.map(|(environment, _)| environment.as_str()).collect()
    }

    fn table(&self, agent: &AgentName, needs: &[(&SecretKey, bool)]) -> Markup {
        html! {
            table.cards {
                caption.only-heard { "The secrets of " (agent) " in each environment" }
                thead {
                    tr {
                        th scope="col" { "Key" }
                        th scope="col" { "Need" }
                        @for environment in self.secrets.keys() { th scope="col" { (environment) } }
                    }
                }
                tbody {
                    @for (key, required) in needs {
                        tr {
                            th scope="row" { code { (key) } }
                            td data-label="Need" { @if *required { "required" } @else { span.quiet { "optional" } } }
                            @for (environment, secrets) in &self.secrets {
                                td data-label=(environment) {
                                    (self.cell(environment, key, *required, Need::of(agent, secrets.get(*key), self.now)))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn cell(&self, environment: &Environment, key: &SecretKey, required: bool, need: Need) -> Markup {
        let lack = if required { Tone::Warning } else { Tone::Plain };
        html! {
            @match need {
                Need::Set => (badge(Tone::Good, "set")),
                Need::Expired => (badge(lack, "expired")),
                Need::NotForThisAgent => (badge(lack, "not for this agent")),
                Need::Missing => {
                    (badge(lack, "missing"))
                    @if self.may_add {
                        " " a href={ "/settings/secrets/new?key=" (key) "&environment=" (environment) }
                            aria-label={ "Add " (key) " in " (environment) } { "Add" }
                    }
                }
            }
        }
    }
}
