//! The search form above the records: what it asks for, in the address, so that a search can be kept as a link.

use distri_core::audit::ActionKind;
use maud::{Markup, html};
use serde::Deserialize;

use crate::audit_filter::{AuditFilter, action, from, until};
use crate::error::ApiError;
use crate::web::choice::select;
use crate::web::component::encoded;
use crate::web::{Faults, Field};

/// The fields as they were typed; an empty one asks for nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Search {
    action: String,
    key: String,
    environment: String,
    agent: String,
    actor: String,
    run: String,
    outcome: String,
    from: String,
    to: String,
    alarms: String,
    cursor: String,
}

impl Search {
    /// What is asked for.
    pub(crate) fn read(&self, faults: &mut Faults) -> AuditFilter {
        AuditFilter {
            alarms: !self.alarms.is_empty(),
            action: read("action", &self.action, |_, it| action(it), faults),
            key: parsed("key", &self.key, faults),
            environment: parsed("environment", &self.environment, faults),
            agent: parsed("agent", &self.agent, faults),
            actor: given(&self.actor).map(str::to_owned),
            run: parsed("run", &self.run, faults),
            ended: parsed("outcome", &self.outcome, faults),
            from: read("from", &self.from, from, faults),
            until: read("to", &self.to, until, faults),
        }
    }

    /// Where the page goes on.
    pub(crate) fn cursor(&self) -> Option<&str> {
        given(&self.cursor)
    }

    /// The address of the same search at another place of the log.
    pub(crate) fn at(&self, cursor: Option<&str>) -> String {
        let cursor = cursor.map(|it| format!("cursor={it}"));
        self.address("/settings/audit", cursor)
    }

    /// The address of the same search as a file.
    pub(crate) fn export(&self) -> String {
        self.address("/settings/audit/export", None)
    }

    fn address(&self, path: &str, more: Option<String>) -> String {
        let fields = self.fields().into_iter().filter_map(|(name, text)| {
            let text = given(text)?;
            Some(format!("{name}={}", encoded(text)))
        });
        let query: Vec<String> = fields.chain(more).collect();
        match query.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", query.join("&")),
        }
    }

    fn fields(&self) -> [(&'static str, &str); 10] {
        [
            ("action", &self.action),
            ("key", &self.key),
            ("environment", &self.environment),
            ("agent", &self.agent),
            ("actor", &self.actor),
            ("run", &self.run),
            ("outcome", &self.outcome),
            ("from", &self.from),
            ("to", &self.to),
            ("alarms", &self.alarms),
        ]
    }

    /// Whether anything is asked for.
    fn is_narrow(&self) -> bool {
        self.fields().iter().any(|it| given(it.1).is_some())
    }

    /// The form.
    pub(crate) fn form(&self, faults: &Faults) -> Markup {
        let field = |name, label, value, is_code, kind| Field {
            name,
            label,
            value,
            is_code,
            kind,
            is_optional: true,
            fault: faults.of(name),
            ..Field::default()
        };
        let actions = ActionKind::ALL.map(|it| (it.as_str(), it.as_str()));
        html! {
            (faults.summary_of("Nothing was searched"))
            details.more open[self.is_narrow()] {
                summary { "Search" }
                form.stack.broad method="get" action="/settings/audit" {
                    div.beside {
                        (select("action", "What", &[&[("", "anything")], &actions[..]].concat(), &self.action))
                        (field("key", "Key", &self.key, true, ""))
                        (field("environment", "Environment", &self.environment, true, ""))
                        (field("actor", "Who", &self.actor, false, ""))
                        (field("agent", "Agent", &self.agent, true, ""))
                        (field("run", "Run", &self.run, true, ""))
                        (select("outcome", "Outcome", &[("", "any"), ("done", "done"), ("denied", "denied")], &self.outcome))
                        (field("from", "From", &self.from, false, "date"))
                        (field("to", "To", &self.to, false, "date"))
                    }
                    label.choice {
                        input type="checkbox" name="alarms" value="true" checked[!self.alarms.is_empty()];
                        "Only alarms"
                    }
                    div.actions {
                        button.primary type="submit" { "Search" }
                        @if self.is_narrow() { a.button href="/settings/audit" { "Show everything" } }
                    }
                }
            }
        }
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|it| !it.is_empty())
}

fn parsed<T>(field: &'static str, text: &str, faults: &mut Faults) -> Option<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let parsed = given(text)?.parse();
    parsed
        .map_err(|error| faults.add(field, crate::web::form::sentence(&error)))
        .ok()
}

fn read<T>(
    field: &'static str,
    text: &str,
    read: fn(&str, &str) -> Result<T, ApiError>,
    faults: &mut Faults,
) -> Option<T> {
    let read = read(field, given(text)?);
    read.map_err(|error| faults.add(field, crate::web::form::sentence(&error.message)))
        .ok()
}
