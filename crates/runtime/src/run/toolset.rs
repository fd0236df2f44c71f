//! An agent's tools: handlers of its tools file and HTTP tools, under names that are unique.

use std::sync::Arc;

use distri_core::{agent::ToolNames, alarm::Step};
use distri_egress::Egress;
use serde_json::{Map, Value, json};

use super::{
    error::{RunError, failed},
    event::EventSink,
    frozen::stop_if_frozen,
    http_tool::{self, HttpCaller},
    model::ToolSpec,
    ready::Ready,
    request::{RunSetup, ToolKind, ToolSummary},
    services::{Console, RunServices},
    signing::Signing,
    variables::Environment,
};
use crate::{
    lookout::{Lookout, Place},
    script::bundle,
    tool_host::{HostServices, HostSpec, ToolHost},
};

/// The tools of one run.
pub(super) struct Toolset {
    tools: Vec<Tool>,
    host: Option<ToolHost>,
    console: Console,
    egress: Egress,
    lookout: Arc<Lookout>,
    /// Calls so far.
    calls: usize,
}

struct Tool {
    summary: ToolSummary,
    /// Where an HTTP tool leads; its variables are put in when the set is opened for calls.
    http: Option<HttpCaller>,
}

/// What is to be done with the tools.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// Any of them may be called.
    All,
    /// Only this one will be called.
    One(&'a str),
    /// None will be called.
    List,
}

impl Toolset {
    /// Compiles and loads the tools file, and puts variables into the HTTP tools that may be called.
    pub(super) async fn open(
        setup: &RunSetup,
        purpose: Purpose<'_>,
        ready: &Ready,
        sink: &mut EventSink<'_>,
    ) -> Result<Self, RunError> {
        let Ready {
            variables,
            lookout,
            egress,
            model_keys,
        } = ready;
        let _step = lookout.watch().enter("loading the tools");
        let redactor = lookout.redactor().clone();
        let env = variables.environment(model_keys)?;
        let signing = Signing::new(setup.release.clone(), env.placeholders.clone());
        let (services, mut console) = RunServices::new(egress.clone(), redactor, setup.session.clone(), signing);
        let definition = &setup.project.definition;
        let builtins = definition.tools.builtin.names();
        if !builtins.is_empty() {
            let names = builtins
                .iter()
                .map(|it| format!("`{it}`"))
                .collect::<Vec<_>>()
                .join(", ");
            sink.warn(format!("there are no built-in tools yet: {names} left out"));
        }

        let host = start(setup, env, services, &mut console, lookout, sink).await?;
        let mut tools = Vec::new();
        if let Some(host) = &host {
            select(&definition.tools.external, host, &mut tools)?;
        }
        for http in &definition.tools.dynamic {
            let wanted = match purpose {
                Purpose::All => true,
                Purpose::One(name) => http.name == name,
                Purpose::List => false,
            };
            tools.push(Tool {
                summary: ToolSummary {
                    name: http.name.clone(),
                    description: http.description.clone().unwrap_or_default(),
                    kind: ToolKind::Http,
                    parameters: http_tool::parameters(),
                    is_final: false,
                },
                http: wanted.then(|| HttpCaller::resolve(http, variables)).transpose()?,
            });
        }
        for (index, tool) in tools.iter_mut().enumerate() {
            let ToolSummary {
                name,
                description,
                parameters,
                ..
            } = &mut tool.summary;
            lookout.look(name.as_bytes(), Place::ToolDescription);
            if let Some(found) = lookout.redactor().find(name.as_bytes()) {
                return Err(RunError::SecretInToolName {
                    key: found.label.to_owned(),
                });
            }
            *description = lookout.text(std::mem::take(description), Place::ToolDescription);
            *parameters = lookout.json(parameters.take(), Place::ToolDescription);
            tracing::debug!(tool = %name, index, "tool");
        }
        let mut names: Vec<_> = tools.iter().map(|it| it.summary.name.as_str()).collect();
        names.sort_unstable();
        if let Some([name, _]) = names.array_windows().find(|[one, other]| one == other) {
            return Err(RunError::DuplicateTool((*name).to_owned()));
        }
        Ok(Self {
            tools,
            host,
            console,
            egress: egress.clone(),
            lookout: lookout.clone(),
            calls: 0,
        })
    }

    /// The tools, redacted, in the order the model sees them.
    pub(super) fn summaries(&self) -> impl Iterator<Item = &ToolSummary> {
        self.tools.iter().map(|it| &it.summary)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.summaries().map(|it| it.name.clone()).collect()
    }

    pub(super) fn specs(&self) -> Vec<ToolSpec> {
        let spec = |it: &ToolSummary| ToolSpec {
            name: it.name.clone(),
            description: it.description.clone(),
            parameters: it.parameters.clone(),
        };
        self.summaries().map(spec).collect()
    }

    /// Whether the tool's result ends the run.
    pub(super) fn is_final(&self, name: &str) -> bool {
        self.summaries().any(|it| it.name == name && it.is_final)
    }

    /// The step of the next call, in which the run is until the guard is dropped. A model may ask for a tool that does
    /// not exist, and its words are not for records.
    pub(super) fn enter(&mut self, name: &str) -> Step {
        self.calls += 1;
        let known = self.summaries().find(|it| it.name == name);
        let name = known.map_or("unknown tool", |it| it.name.as_str());
        self.lookout.watch().enter(format!("{name} {}", self.calls))
    }

    /// Calls a tool. Output and error are redacted; of a run that is frozen meanwhile there are none.
    pub(super) async fn call(&mut self, name: &str, input: Value, sink: &mut EventSink<'_>) -> Result<Value, String> {
        let watch = self.lookout.watch().clone();
        stop_if_frozen(&watch).await;
        let result = self.called(name, input, sink).await;
        stop_if_frozen(&watch).await;
        result
    }

    async fn called(&mut self, name: &str, input: Value, sink: &mut EventSink<'_>) -> Result<Value, String> {
        let Some(tool) = self.tools.iter().find(|it| it.summary.name == name) else {
            return Err(format!(
                "there is no tool `{name}`; there are {}",
                self.names().join(", ")
            ));
        };
        match (&tool.summary.kind, &tool.http, &mut self.host) {
            (ToolKind::Script, _, Some(host)) => {
                let called = self.console.during(sink, host.call(name, input)).await;
                called
                    .map(|it| self.lookout.json(it, Place::ToolResult))
                    .map_err(|it| failed(&self.lookout, &it))
            }
            (ToolKind::Http, Some(http), _) => {
                let replied = http.call(input, &self.egress, self.lookout.redactor()).await;
                replied.map(|it| self.lookout.json(it, Place::Reply))
            }
            _ => Err(format!("the tool `{name}` was not opened for calls")),
        }
    }
}

async fn start(
    setup: &RunSetup,
    Environment {
        env,
        empty,
        placeholders,
    }: Environment,
    services: Arc<RunServices>,
    console: &mut Console,
    lookout: &Lookout,
    sink: &mut EventSink<'_>,
) -> Result<Option<ToolHost>, RunError> {
    let project = &setup.project;
    let external = &project.definition.tools.external;
    let file = match (&project.tools_file, external) {
        (_, ToolNames::Only(names)) if names.is_empty() => return Ok(None),
        (None, ToolNames::All) => return Ok(None),
        (None, ToolNames::Only(_)) => {
            let definition = project.definition_path.clone();
            return Err(RunError::NoToolsFile { definition });
        }
        (Some(file), _) => file.clone(),
    };
    for name in empty {
        sink.warn(format!(
            "the variable `{name}` of the context is empty, so it is not set"
        ));
    }
    let root = project.root.clone();
    let bundled = tokio::task::spawn_blocking(move || bundle(&file, &root)).await;
    let bundle = bundled.map_err(|_| RunError::ToolHost("the compiler failed".to_owned()))??;
    let spec = HostSpec {
        bundle,
        env,
        placeholders: placeholders.iter().map(|(_, text)| text.clone()).collect(),
        attributes: Value::Object(project.definition.attributes.clone()),
        params: Value::Object(setup.params.clone()),
        session_id: Some(setup.session.id.clone()),
        limits: setup.host.limits.clone(),
        minimum: setup.host.minimum,
        command: setup.host.command.clone(),
    };
    let services: Arc<dyn HostServices> = services;
    let host = console.during(sink, ToolHost::start(spec, services)).await;
    host.map(Some).map_err(|it| RunError::host(lookout, &it))
}

/// The handlers that the definition names, in its order; all of them in their own.
fn select(wanted: &ToolNames, host: &ToolHost, tools: &mut Vec<Tool>) -> Result<(), RunError> {
    let infos = host.tools();
    let known = || infos.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    let chosen = match wanted {
        ToolNames::All => infos.iter().collect::<Vec<_>>(),
        ToolNames::Only(names) => names
            .iter()
            .map(|name| {
                let info = infos.iter().find(|it| it.name == *name);
                info.ok_or_else(|| RunError::UnknownTool {
                    name: name.clone(),
                    known: known(),
                })
            })
            .collect::<Result<_, _>>()?,
    };
    tools.extend(chosen.into_iter().map(|info| Tool {
        summary: ToolSummary {
            name: info.name.clone(),
            description: info.description.clone(),
            kind: ToolKind::Script,
            parameters: object_schema(info.parameters.clone()),
            is_final: info.is_final,
        },
        http: None,
    }));
    Ok(())
}

/// Models take schemas of type object only.
fn object_schema(schema: Option<Value>) -> Value {
    match schema {
        Some(Value::Object(mut members)) => {
            if !members.contains_key("type") {
                let mut typed = Map::new();
                typed.insert("type".to_owned(), Value::from("object"));
                typed.append(&mut members);
                members = typed;
            }
            Value::Object(members)
        }
        _ => json!({"type": "object"}),
    }
}
