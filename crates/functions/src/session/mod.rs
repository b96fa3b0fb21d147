//! Functions that ask or change the session and the server.

pub mod acl;
pub mod administration;
pub mod definitions;
pub mod environment;
pub mod input;
pub mod locks;
pub mod privileges;
pub mod replication;
pub mod reports;
pub mod sequences;
pub mod sizes;
pub mod statistics;
pub mod verification;
