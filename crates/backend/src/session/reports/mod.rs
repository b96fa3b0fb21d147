//! Tables about the session and the server, which system views read: each function gives the rows of one.
//!
//! Nothing here changes anything; what others do meanwhile may or may not be seen.

mod access_files;
mod activity;
mod buffers;
mod counters;
mod extensions;
mod io;
mod locks;
mod progress;
mod sequences;
mod settings;
mod sizes;
mod statement_counts;
mod statements;

use background::ServerState;
use catalog::Catalog;
use common::Oid;
use error::Result;
use types::Value;

pub(crate) use access_files::{hba_file_rules, ident_file_mappings};
pub(crate) use activity::activity;
pub(crate) use buffers::{buffer_summary, buffer_usage, buffers};
pub(crate) use counters::{archiver, counter, database_counter, wal_statistics};
pub(crate) use extensions::{available_extension_versions, available_extensions};
pub(crate) use io::{backend_io, io};
pub(crate) use locks::locks;
pub(crate) use progress::progress;
pub(crate) use sequences::{sequence_data, sequence_parameters};
pub(crate) use settings::{file_settings, settings};
pub(crate) use sizes::{shared_memory, tablespace_size};
pub(crate) use statement_counts::{statement_count_information, statement_counts};
pub(crate) use statements::{cursors, prepared_statements};

/// Who looks, and at what.
pub(crate) struct Viewer<'a> {
    pub state: &'static ServerState,
    pub catalog: &'a Catalog,
    pub role: Oid,
}

impl Viewer<'_> {
    /// Whether the viewer is a superuser or has the privileges of a role.
    fn has_role(&self, role: Oid) -> Result<bool> {
        commands::privilege::has_role(self.catalog, self.role, role)
    }
}

/// Text, or NULL.
fn optional(text: Option<impl AsRef<str>>) -> Value {
    text.map_or(Value::Null, |text| Value::text(text.as_ref()))
}

/// Microseconds from 1970 as a timestamp; 0 is NULL.
fn moment(unix_us: i64) -> Value {
    if unix_us == 0 { Value::Null } else { Value::Int8(super::services::to_2000(unix_us)) }
}
