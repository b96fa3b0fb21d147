//! A client's process from the accepted socket to the session: connection, start-up, authentication, interrupts.
//!
//! The session itself is [`session::main`]; the binary hands it in with the registry of functions ([`Hooks`]). The rules are in
//! the README.
#![forbid(unsafe_code)]

mod client_socket;
pub mod connection;
pub mod interrupts;
pub mod session;
pub mod startup;
mod startup_packet;
pub mod timeouts;
pub mod tls;
mod tls_choice;
mod watch;

pub use connection::{Connection, InputMessage, Peer, Socket};
pub use startup::{Acceptance, Hooks, ServerContext, SessionMain, SessionStart};
