//! The only way out with a secret: canonical request, checked dialling, HTTP.
//!
//! A request travels through the modules in this order, and each step takes only what the one before has made:
//!
//! | module | owns |
//! |---|---|
//! | [`request`] | one canonical [`Request`], parsed once; policy decides on it and the upstream bytes are made from it |
//! | `plain_body` | a request's body without its `content-encoding`, to be looked into |
//! | `broker` | the decision, and values in the place of placeholders: nothing leaves towards a place outside a secret's own hosts; makes `Cleared` |
//! | [`observe`] | what an [`Observer`] is told of each request that is sent |
//! | [`resolve`] | names to addresses, once, with the operator's [`ResolveOverride`]s |
//! | [`address`] | the special-purpose addresses that are never dialled |
//! | `tls` | certificate verification, which cannot be turned off |
//! | `dial` | a connection to an address that was checked, TLS and HTTP handshakes |
//! | `pool` | connections of one run, never shared with another |
//! | [`client`] | [`Egress`]: the steps in a row |
//! | [`response`], `decode` | what came back: head, decoded body, limits |
//! | `scrub`, `scrub_head`, `scrub_body` | no value that the run holds as a placeholder is in what came back |
//! | `websocket` | WebSockets, by the same rules |
//! | [`tunnel`] | connections whose bytes are not looked into |
//! | [`operator`] | requests of the operator's own, to key providers: beside all of the above but the verified dialling |
//! | [`proxy`] | the same way out for processes that know nothing of it: a proxy that ends TLS |
//!
//! Errors name a host and a port, never a path, a query, a header or a value.

pub mod address;
mod broker;
pub mod client;
mod decode;
mod dial;
mod error;
mod limits;
pub mod observe;
pub mod operator;
mod plain_body;
mod pool;
pub mod proxy;
pub mod request;
pub mod resolve;
pub mod response;
mod scrub;
mod scrub_body;
mod scrub_head;
mod tls;
pub mod tunnel;
mod websocket;

pub use client::{Egress, EgressConfig};
pub use error::{EgressError, TlsFault};
pub use limits::EgressLimits;
pub use observe::Observer;
pub use proxy::{Proxy, ProxyConfig};
pub use request::{Request, RequestError};
pub use resolve::{ResolveOverride, ResolveOverrideError};
pub use response::Response;
pub use tunnel::Place;
