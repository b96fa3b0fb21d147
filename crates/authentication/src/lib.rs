//! Who may connect, and how a client proves who it is.
//!
//! Knows no socket, no catalog and no shared memory: files come as text, roles from a [`RoleSource`], the client's answers through a
//! [`Conversation`]. Entry points: [`HbaTable`], [`IdentTable`], [`authenticate`], and [`scram`] for passwords. The rules are in the
//! README.
#![forbid(unsafe_code)]

mod address;
mod authenticate;
mod base64;
mod hba;
mod ident;
mod pattern;
mod role;
mod rules;
pub mod scram;
mod tokenizer;

pub use authenticate::{Authenticated, Conversation, Failure, Request, authenticate};
pub use hba::{ConnectionType, HbaEntry, HbaTable, Method};
pub use ident::IdentTable;
pub use role::{RoleEntry, RoleSource};
pub use rules::{FileLine, HbaRule, IdentMapping, hba_rules, ident_mappings};
