//! Keys, environments, names and bindings: one text for each.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use distri_core::policy::Binding;
use distri_core::{AccountName, AgentName, Environment, SecretKey};

/// What is accepted is written as something that is accepted, and is the same.
pub fn names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<SecretKey>() {
        let has_form = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
        assert!(key.as_str().bytes().all(has_form) && key.as_str().len() <= 128);
    }
    round::<SecretKey>(text);
    round::<Environment>(text);
    round::<AgentName>(text);
    round::<AccountName>(text);
    round::<Binding>(text);
}

fn round<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        let again = read.to_string().parse::<T>();
        assert_eq!(again.ok().as_ref(), Some(&read));
    }
}
