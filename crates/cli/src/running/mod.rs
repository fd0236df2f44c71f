//! What the verbs that use secrets share: finding the agent, releasing to it, telling what goes on.
//!
//! | module | owns |
//! |---|---|
//! | [`alarms`] | alarms of a run: into the audit log, then to the person |
//! | [`agent`] | a name or path on the command line → a parsed definition with its place |
//! | [`given`] | options that `run` and `tools call` have in common |
//! | [`broker`] | the proxy beside a command whose secrets have hosts |
//! | [`learning`] | `--learn`: recording what a run's requests carry, and where |
//! | [`network`] | `--resolve` and `--ca-file` |
//! | [`secrets`] | which secrets an agent or a command gets; what of them cannot be hidden |
//! | [`sessions`] | session data in the vault |
//! | [`interrupt`] | an async task that Ctrl-C ends cleanly |
//! | [`progress`] | a run's events: lines for people, or JSON |

pub(crate) mod agent;
pub(crate) mod alarms;
pub(crate) mod broker;
pub(crate) mod given;
pub(crate) mod interrupt;
pub(crate) mod learning;
pub(crate) mod network;
pub(crate) mod progress;
pub(crate) mod secrets;
pub(crate) mod sessions;
