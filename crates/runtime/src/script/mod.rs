//! `Tools.tsx` → plain ES modules: strip types and JSX, follow relative imports, infer parameter schemas.
//!
//! Runs in the parent, before the tool host starts, and reads nothing outside the project's root. What comes out is the
//! whole program: the child opens no file, and every import it can make is in [`Module::imports`].
//!
//! | file | verb |
//! |---|---|
//! | `find` | find the tools file of a definition |
//! | `bundle` | follow imports from the entry, within the limits |
//! | `compile` | one file: parse, check, infer, transform, print |
//! | `check` | refuse what cannot be compiled here: decorators, `import = require`, nesting without end |
//! | `specifier` | relative, built in or package? |
//! | `stack` | a thread whose stack no source text can exhaust |
//! | `imports` | what a compiled module imports, and where it says so |
//! | `places` | line of a compiled module → line of its file |
//! | `resolve` | relative specifier → file inside the root |
//! | `schema` | tool name → JSON Schema of its handler's parameter (`schema/types`: of a TypeScript type) |
//! | `error` | what can go wrong, with path, line and column |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod bundle;
mod check;
mod compile;
mod error;
mod find;
mod imports;
mod places;
mod resolve;
mod schema;
mod specifier;
mod stack;
#[cfg(test)]
mod tests;

pub use self::bundle::bundle;
pub use self::error::{Position, ScriptError};
pub use self::find::find_tools_file;
pub use self::places::Places;

/// The specifier of the JSX runtime, which the tool host provides itself: it is in no [`Module::imports`].
pub const JSX_RUNTIME: &str = "distri/jsx-runtime";

/// Most bytes of one source file.
pub const FILE_LIMIT: u64 = 1024 * 1024;

/// Most bytes of all source files together.
pub const TOTAL_LIMIT: u64 = 8 * 1024 * 1024;

/// Most modules of one bundle.
pub const MODULE_LIMIT: usize = 256;

/// A whole program for the tool host: the entry and everything that it can import.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// The entry's name in `modules`.
    pub entry: String,
    /// Module name → module; a name is the file's path relative to the root, with `/`.
    pub modules: BTreeMap<String, Module>,
    /// Tool name → JSON Schema inferred from its handler, for tools that declare none.
    pub schemas: BTreeMap<String, serde_json::Value>,
}

/// One module of a [`Bundle`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Plain JavaScript, an ES module.
    pub source: String,
    /// Where its lines come from; nothing for a module that is no file.
    #[serde(default, skip_serializing_if = "Places::is_empty")]
    pub places: Places,
    /// Specifier as written → name in [`Bundle::modules`]; [`JSX_RUNTIME`] is the one import that is not listed.
    pub imports: BTreeMap<String, String>,
}
