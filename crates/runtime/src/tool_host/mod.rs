//! The tool host: an agent's handlers in a confined child process, and its parent side.
//!
//! The child is this same binary, started again with an empty environment and one end of a socket
//! pair as its only open file. It runs QuickJS behind namespaces, landlock and seccomp; everything
//! a handler may reach outside ([`HostServices`]) is a message to the parent. An endless loop, an
//! endless allocation or a crash in the engine's C code costs that one call: the parent kills the
//! child and the next call starts a fresh one.
//!
//! | file | owns |
//! |---|---|
//! | `spec.rs` | what a host is started with: modules, variables, limits, the least confinement |
//! | `services.rs` | what handlers may ask of the parent: fetch, session, console |
//! | `keyed.rs` | HMAC and digests: here, or in the parent where the key is a placeholder |
//! | `stand_in.rs` | how a placeholder is recognised in the bytes of a key |
//! | `error.rs` | why a host did not start, why a call failed |
//! | `host.rs` | [`ToolHost`]: start, call, replace a dead child |
//! | `exchange.rs` | the parent's side of one call: frames in, frames out |
//! | `requests.rs` | what handlers have asked for: requests in flight, bodies being pulled |
//! | `process.rs` | spawning, killing and reaping the child |
//! | `wire.rs` | the frames on the socket |
//! | `child/` | the other side: confinement, engine, event loop, natives |
//! | `js/` | the Web APIs, one file a family, evaluated when first used |
//!
//! To add a Web API: a file in `js/` whose last expression is a function that returns the globals,
//! one line in `child/families.rs`, natives it needs in `child/natives/`, and a file of cases in
//! `tests/tool_host/web/`.

mod child;
mod error;
mod exchange;
mod host;
mod keyed;
mod process;
mod requests;
mod services;
mod spec;
mod stand_in;
mod wire;

pub use child::child_main;
pub use error::{HostError, ToolError};
pub use host::{ToolHost, probe};
pub use keyed::{Computation, Computed, Hash, Operation};
pub use services::{
    ConsoleLevel, FetchReply, FetchRequest, FullBody, HostServices, RedirectMode, ReplyBody, SessionOp,
};
pub use spec::{Confinement, ConfinementLevel, HostCommand, HostLimits, HostSpec, LandlockLevel, ToolInfo};
pub(crate) use stand_in::{Found, StandIns};
