//! What only a server has: connections, passwords, certificates, other servers.

mod connections;
mod lists;
mod migrations;
mod tls;
