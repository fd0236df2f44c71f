//! What a form says of a secret beside its value: hosts, agents, delivery, note, expiry, rotation.

use std::str::FromStr;

use distri_core::AgentName;
use distri_core::Timestamp;
use distri_core::policy::{AgentScope, Binding, Delivery};
use distri_vault::secrets::{Edit, SecretInfo};
use maud::{Markup, html};

use crate::web::form::sentence;
use crate::web::{Faults, Field, Form};

/// Each delivery with its explanation.
const DELIVERIES: &[(Delivery, &str)] = &[
    (Delivery::Auto, "A placeholder where there are hosts, else the value"),
    (
        Delivery::Placeholder,
        "Always a placeholder: the value is put in on the way to its hosts",
    ),
    (Delivery::Value, "Always the value itself"),
];

/// The fields, as text.
#[derive(Default)]
pub(super) struct Texts {
    hosts: String,
    agents: String,
    delivery: String,
    body: bool,
    note: String,
    expires: String,
    rotate: String,
}

/// The fields, read.
pub(super) struct About {
    pub(super) hosts: Vec<Binding>,
    pub(super) agents: AgentScope,
    pub(super) delivery: Delivery,
    pub(super) body: bool,
    pub(super) note: Edit<Option<String>>,
    pub(super) expires_at: Edit<Option<Timestamp>>,
    pub(super) rotate_every_days: Edit<Option<u32>>,
}

impl Texts {
    /// Of a form.
    pub(super) fn of(form: &Form) -> Self {
        Self {
            hosts: form.raw("hosts").replace("\r\n", "\n"),
            agents: form.text("agents").to_owned(),
            delivery: form.text("delivery").to_owned(),
            body: form.has("body"),
            note: form.text("note").replace("\r\n", "\n"),
            expires: form.text("expires").to_owned(),
            rotate: form.text("rotate").to_owned(),
        }
    }

    /// The fields, or what is wrong with them. `present` is what the secret has now: an expiry keeps its time of the day
    /// where its day stays.
    pub(super) fn read(&self, present: Option<&SecretInfo>, faults: &mut Faults) -> Option<About> {
        let hosts = each(self.hosts.lines(), "hosts", faults);
        let agents = match self.agents.as_str() {
            "" | "*" => Some(AgentScope::All),
            "none" => Some(AgentScope::only([])),
            names => each::<AgentName>(names.split([',', ' ']), "agents", faults).map(AgentScope::only),
        };
        let delivery = match self.delivery.as_str() {
            "" => Some(Delivery::Auto),
            word => parsed(word, "delivery", faults),
        };
        let expires_at = expiry(&self.expires, present, faults);
        let rotate_every_days = days(&self.rotate, faults);
        Some(About {
            hosts: hosts?,
            agents: agents?,
            delivery: delivery?,
            body: self.body,
            note: Edit::Set(Some(self.note.clone()).filter(|it| !it.is_empty())),
            expires_at: Edit::Set(expires_at?),
            rotate_every_days: Edit::Set(rotate_every_days?),
        })
    }

    /// The fields of the policy.
    pub(super) fn policy_fields(&self, faults: &Faults) -> Markup {
        html! {
            (Field {
                name: "hosts", label: "Hosts", lines: Some(3), is_code: true, is_optional: true, value: &self.hosts,
                fault: faults.of("hosts"),
                hint: "One a line, such as api.stripe.com or GET,POST crm.example.com/api. Without any, the value may go anywhere.",
                ..Field::default()
            })
            (Field {
                name: "agents", label: "Agents", is_code: true, is_optional: true, value: &self.agents,
                fault: faults.of("agents"), hint: "Names with commas between. Empty for every agent, none for no agent.",
                ..Field::default()
            })
            fieldset {
                legend { "Delivery" }
                @if let Some(fault) = faults.of("delivery") { p.fault { (fault) } }
                div.choices {
                    @for (delivery, about) in DELIVERIES {
                        @let is_it = self.delivery == delivery.as_str() || (self.delivery.is_empty() && *delivery == Delivery::Auto);
                        label.choice { input type="radio" name="delivery" value=(delivery) checked[is_it]; span { (about) } }
                    }
                    label.choice { input type="checkbox" name="body" value="yes" checked[self.body]; span { "Also in the bodies of requests" } }
                }
            }
        }
    }

    /// The fields of what people want to know.
    pub(super) fn description_fields(&self, faults: &Faults) -> Markup {
        html! {
            (Field {
                name: "note", label: "Note", lines: Some(2), is_optional: true, value: &self.note, fault: faults.of("note"),
                hint: "What others should know of it. Everybody in the account can read it.", ..Field::default()
            })
            div.beside {
                (Field {
                    name: "expires", label: "Expires", kind: "date", is_optional: true, value: &self.expires,
                    fault: faults.of("expires"), hint: "From this day on (UTC) nobody is given it.", ..Field::default()
                })
                (Field {
                    name: "rotate", label: "Rotate every", kind: "number", is_optional: true, value: &self.rotate,
                    fault: faults.of("rotate"), hint: "After so many days you are reminded.", ..Field::default()
                })
            }
        }
    }
}

impl From<&SecretInfo> for Texts {
    fn from(info: &SecretInfo) -> Self {
        let policy = &info.policy;
        let hosts: Vec<String> = policy.hosts.iter().map(ToString::to_string).collect();
        Self {
            hosts: hosts.join("\n"),
            agents: match &policy.agents {
                AgentScope::All => String::new(),
                only => only.to_string().replace(',', ", "),
            },
            delivery: policy.delivery.to_string(),
            body: policy.body,
            note: info.note.clone().unwrap_or_default(),
            expires: info.expires_at.map(day_of).unwrap_or_default(),
            rotate: info.rotate_every_days.map(|it| it.to_string()).unwrap_or_default(),
        }
    }
}

/// The end of a day would surprise whoever reads it as its beginning: an expiry of this page is a midnight.
fn expiry(text: &str, present: Option<&SecretInfo>, faults: &mut Faults) -> Option<Option<Timestamp>> {
    if text.is_empty() {
        return Some(None);
    }
    let present = present.and_then(|it| it.expires_at);
    if let Some(present) = present.filter(|it| day_of(*it) == text) {
        return Some(Some(present));
    }
    match format!("{text}T00:00:00Z").parse() {
        Ok(at) => Some(Some(at)),
        Err(_) => {
            faults.add("expires", "A day is written as 2027-01-31");
            None
        }
    }
}

fn day_of(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn days(text: &str, faults: &mut Faults) -> Option<Option<u32>> {
    if text.is_empty() {
        return Some(None);
    }
    match text.parse() {
        Ok(days @ 1..=3_650) => Some(Some(days)),
        _ => {
            faults.add("rotate", "A number of days from 1 to 3650");
            None
        }
    }
}

/// Each of a list, or what is wrong with the first that is wrong.
fn each<'a, T: FromStr<Err: std::fmt::Display>>(
    texts: impl Iterator<Item = &'a str>,
    field: &'static str,
    faults: &mut Faults,
) -> Option<Vec<T>> {
    let texts = texts.map(str::trim).filter(|it| !it.is_empty());
    texts.map(|it| parsed(it, field, faults)).collect()
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str, field: &'static str, faults: &mut Faults) -> Option<T> {
    text.parse()
        .map_err(|error: T::Err| faults.add(field, sentence(&error)))
        .ok()
}
