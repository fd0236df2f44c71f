//! `/settings/secrets` and the pages below it.

mod flows;
mod hostile;
mod import;
mod masked;
mod reveal;
mod rights;
mod versions;
