//! `pg_stat_get_activity`: what each process is doing.

use std::sync::atomic::Ordering;

use common::Oid;
use error::Result;
use shared_memory::{ActivityView, ClientPlace, ProcessKind, ProcessSlot};
use types::Value;

use super::{Viewer, moment, optional};

const COLUMNS: usize = 31;

/// One row for each process, or for the one that is asked for. What others do, ordinary roles see in outline only.
pub(crate) fn activity(viewer: &Viewer<'_>, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
    let sees_all = viewer.has_role(commands::bootstrap::READ_ALL_STATS)?;
    let wanted = match arguments.first() {
        Some(Value::Int4(process)) => Some(*process),
        _ => None,
    };
    let running = viewer.state.transactions().running();
    let mut rows = Vec::new();
    for slot in viewer.state.slots.iter() {
        if wanted.is_some_and(|process| process != slot.process()) {
            continue;
        }
        let role = Oid(slot.role.load(Ordering::Relaxed));
        let view = viewer.state.activity.record(slot.index()).read();
        let xids = running.iter().find(|(index, ..)| *index == slot.index());
        let (xid, xmin) = xids.map_or((0, 0), |(_, _, xid, xmin)| (xid.0, xmin.0));
        rows.push(row(slot, role, &view, (xid, xmin), sees_all || role == viewer.role));
    }
    Ok(rows)
}

fn row(
    slot: &ProcessSlot,
    role: Oid,
    view: &ActivityView,
    (xid, xmin): (u64, u64),
    sees_it: bool,
) -> Vec<Value> {
    let known = |oid: Oid| if oid.is_valid() { Value::Oid(oid) } else { Value::Null };
    // Transaction numbers are shown by their low half.
    let transaction = |number: u64| if number == 0 { Value::Null } else { Value::Oid(Oid(number as u32)) };
    let mut row = vec![Value::Null; COLUMNS];
    row[0] = known(Oid(slot.database.load(Ordering::Relaxed)));
    row[1] = Value::Int4(slot.process());
    row[2] = known(role);
    row[3] = Value::text(&view.application);
    row[28] = Value::Bool(false);
    if !sees_it {
        row[5] = Value::text("<insufficient privilege>");
        return row;
    }
    row[4] = optional(view.state.name());
    row[5] = Value::text(&view.text);
    if let Some((class, name)) = slot.wait_event().names() {
        (row[6], row[7]) = (Value::text(class), Value::text(name));
    }
    row[8] = moment(view.transaction_start_us);
    row[9] = moment(view.statement_start_us);
    row[10] = moment(slot.started_us.load(Ordering::Relaxed));
    row[11] = moment(if view.state.name().is_some() { view.state_change_us } else { 0 });
    match view.client {
        ClientPlace::None => {}
        ClientPlace::Local => row[14] = Value::Int4(-1),
        ClientPlace::Host { address, port } => {
            row[12] = Value::text(&address.to_canonical().to_string());
            row[14] = Value::Int4(port.into());
        }
    }
    (row[15], row[16]) = (transaction(xid), transaction(xmin));
    row[17] = Value::text(slot.kind().name());
    row[18] = Value::Bool(false);
    row[30] = if view.query_id == 0 { Value::Null } else { Value::Int8(view.query_id) };
    if slot.kind() == ProcessKind::Backend {
        (row[25], row[27]) = (Value::Bool(false), Value::Bool(false));
    }
    row
}
