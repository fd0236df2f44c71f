//! Each line of a multi-line value: logs prefix, indent and cut by line, and then the whole value never stands there.

use super::{Encoding, Form};
use crate::weakness;

pub(super) struct Lines;

impl Encoding for Lines {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        if !secret.contains(&b'\n') && !secret.contains(&b'\r') {
            return Vec::new();
        }
        secret
            .split(|byte| matches!(byte, b'\n' | b'\r'))
            .map(<[u8]>::trim_ascii)
            // The armour of a PEM file and the braces of a JSON file are no secrets.
            .filter(|line| weakness(line).is_none())
            .map(|line| Form::new(line.to_vec()))
            .collect()
    }
}
