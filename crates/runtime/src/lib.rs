//! Runs: whatever uses secrets on somebody's behalf, with its output redacted.
//!
//! | module | owns |
//! |---|---|
//! | [`script`] | `Tools.tsx` → plain modules: strip types, follow relative imports, infer schemas |
//! | [`tool_host`] | the confined child process with the JavaScript engine, and its parent side |
//! | [`run`] | the model loop, HTTP tools, sessions, events |
//! | [`exec`] | any command with secrets in its environment and redacted output |
//! | [`isolation`] | a place without a network for one command, whose only way out is a listener in it |
//! | [`lookout`] | what reads everything that leaves: hides values, raises alarms about placeholders |

pub mod exec;
pub mod isolation;
pub mod lookout;
pub mod run;
pub mod script;
pub mod tool_host;
