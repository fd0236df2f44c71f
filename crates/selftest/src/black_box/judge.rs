//! What a client's bytes came to.

use crate::client::Heard;
use crate::corpus::Expect;
use crate::leak::Leaks;
use crate::upstream::{Received, find};

/// What a client's bytes came to.
pub(super) struct Got<'r> {
    received: &'r [Received],
    /// The form of the value that arrived, for each request.
    values: Vec<Option<&'static str>>,
    literal: bool,
    came_back: Option<&'static str>,
    /// The rule of the built-in proxy's last refusal.
    pub(super) rule: Option<String>,
}

impl<'r> Got<'r> {
    pub(super) fn of(received: &'r [Received], heard: &Heard, leaks: &Leaks, placeholder: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&heard.bytes);
        let mut rules = text.lines().filter_map(|it| it.strip_prefix("x-distri-rule: "));
        Self {
            values: received.iter().map(|it| leaks.find(&it.bytes)).collect(),
            literal: received.iter().any(|it| find(&it.bytes, placeholder).is_some()),
            received,
            came_back: leaks.find(&heard.bytes),
            rule: rules.next_back().map(str::to_owned),
        }
    }

    pub(super) fn is(&self, expect: Expect, arrives: Option<&[u8]>) -> bool {
        let value = self.values.iter().flatten().next().is_some();
        let one = self.received.len() == 1;
        let there = arrives.is_none_or(|it| self.received.iter().any(|request| find(&request.bytes, it).is_some()));
        let right = match expect {
            Expect::Placed => one && value && there && !self.literal,
            Expect::Passed => one && !value && there,
            Expect::Refused => self.received.is_empty(),
            Expect::NoValue => !value,
        };
        right && self.came_back.is_none()
    }

    pub(super) fn told(&self, expect: Expect, arrives: Option<&[u8]>) -> String {
        if let Some(form) = self.came_back {
            return format!("the value comes back ({form})");
        }
        if let Some((at, form)) = self.values.iter().enumerate().find_map(|(at, it)| Some((at, (*it)?))) {
            let door = self.received[at].door;
            return match (self.is(expect, arrives), self.literal) {
                (true, _) => "placed".to_owned(),
                (_, true) => "the value and a placeholder arrive".to_owned(),
                _ if self.received.len() > 1 => format!("{} requests arrive, with the value", self.received.len()),
                _ => format!("the value arrives ({form}, {door:?})"),
            };
        }
        let rule = self.rule.as_ref().map_or_else(String::new, |it| format!(" ({it})"));
        match (self.received.len(), self.literal) {
            (0, _) => format!("nothing arrives{rule}"),
            (1, true) => "the placeholder arrives as it is".to_owned(),
            (1, false) => "passed on without a value".to_owned(),
            (count, _) => format!("{count} requests arrive"),
        }
    }
}
