//! `pg_lock_status`: who holds and who waits for which lock.

use common::Oid;
use storage_lock::{LockInformation, LockKind, LockTag};
use types::Value;

use super::{Viewer, moment};

/// All locks, and for each transaction the one on itself.
pub(crate) fn locks(viewer: &Viewer<'_>) -> Vec<Vec<Value>> {
    let mut rows: Vec<Vec<Value>> =
        viewer.state.locks.report().iter().map(|lock| row(viewer, lock)).collect();
    for slot in viewer.state.slots.iter() {
        let view = viewer.state.activity.record(slot.index()).read();
        if view.transaction_start_us != 0 {
            let tag = LockTag::virtual_transaction(slot.index() as u32, view.virtual_number);
            rows.push(row(
                viewer,
                &LockInformation {
                    tag,
                    slot: slot.index() as u32,
                    process: slot.process(),
                    mode: storage_lock::LockMode::Exclusive,
                    is_granted: true,
                    is_fast_path: true,
                    waiting_since_us: None,
                },
            ));
        }
    }
    rows
}

fn row(viewer: &Viewer<'_>, lock: &LockInformation) -> Vec<Value> {
    let fields = lock.tag.fields();
    let number = |at: usize| Value::Oid(Oid(fields[at]));
    let small = |at: usize| Value::Int2(fields[at] as i16);
    let mut names = vec![Value::Null; 9];
    let [database, relation, page, tuple, virtual_id, transaction, class, object, part] = &mut names[..]
    else {
        return Vec::new();
    };
    match lock.tag.kind() {
        LockKind::Relation | LockKind::Extend => (*database, *relation) = (number(0), number(1)),
        LockKind::Page => {
            (*database, *relation) = (number(0), number(1));
            *page = Value::Int4(fields[2] as i32);
        }
        LockKind::Tuple => {
            (*database, *relation) = (number(0), number(1));
            *page = Value::Int4(fields[2] as i32);
            *tuple = small(3);
        }
        LockKind::Transaction => *transaction = number(0),
        LockKind::VirtualTransaction => {
            let count = u64::from(fields[2]) << 32 | u64::from(fields[1]);
            *virtual_id = Value::text(&format!("{}/{count}", fields[0]));
        }
        LockKind::SpeculativeToken => {
            *transaction = number(0);
            *object = number(2);
        }
        LockKind::Object | LockKind::Advisory => {
            (*database, *class, *object) = (number(0), number(1), number(2));
            *part = small(3);
        }
    }
    let owner = viewer.state.activity.record(lock.slot as usize).read();
    let mut row = vec![Value::text(lock.tag.kind().name())];
    row.extend(names);
    row.extend([
        Value::text(&format!("{}/{}", lock.slot, owner.virtual_number)),
        Value::Int4(lock.process),
        Value::text(lock.mode.name()),
        Value::Bool(lock.is_granted),
        Value::Bool(lock.is_fast_path),
        moment(lock.waiting_since_us.unwrap_or(0)),
    ]);
    row
}
