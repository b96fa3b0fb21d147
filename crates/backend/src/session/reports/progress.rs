//! `pg_stat_get_progress_info`: how far long commands have come.

use std::sync::atomic::Ordering;

use common::Oid;
use error::{Result, error};
use shared_memory::{PROGRESS_NUMBERS, ProgressCommand};
use types::Value;

use super::Viewer;

/// One row for each process that runs such a command; of others, ordinary roles see only that they do.
/// # Errors
/// 22023 for a command that does not exist.
pub(crate) fn progress(viewer: &Viewer<'_>, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
    let name = arguments.first().and_then(Value::as_str).unwrap_or_default();
    let command = match name.to_ascii_uppercase().as_str() {
        "VACUUM" => ProgressCommand::Vacuum,
        "ANALYZE" => ProgressCommand::Analyze,
        "CREATE INDEX" => ProgressCommand::CreateIndex,
        "COPY" => ProgressCommand::Copy,
        // Nobody runs these.
        "CLUSTER" | "BASEBACKUP" => return Ok(Vec::new()),
        _ => return Err(error!(INVALID_PARAMETER_VALUE, "invalid command name: \"{name}\"")),
    };
    let sees_all = viewer.has_role(commands::bootstrap::READ_ALL_STATS)?;
    let mut rows = Vec::new();
    for slot in viewer.state.slots.iter() {
        let Some((relation, numbers)) = viewer.state.progress.read(slot.index(), command) else { continue };
        let mut row =
            vec![Value::Int4(slot.process()), Value::Oid(Oid(slot.database.load(Ordering::Relaxed)))];
        if sees_all || slot.role.load(Ordering::Relaxed) == viewer.role.0 {
            row.push(Value::Oid(relation));
            row.extend(numbers.map(Value::Int8));
        } else {
            row.extend(std::iter::repeat_n(Value::Null, PROGRESS_NUMBERS + 1));
        }
        rows.push(row);
    }
    Ok(rows)
}
