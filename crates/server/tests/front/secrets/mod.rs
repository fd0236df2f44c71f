//! Stories of secrets.

mod conditions;
mod import;
mod life;
mod many;
mod odd_names;
mod rotation;
mod values;
