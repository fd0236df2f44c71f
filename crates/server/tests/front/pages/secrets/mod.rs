//! `/settings/secrets` and the pages below it.

mod flows;
mod hostile;
mod masked;
mod reveal;
mod rights;
mod versions;
