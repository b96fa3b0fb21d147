//! `pg_stat_get_io` and `pg_stat_get_backend_io`: what processes read and write.

use shared_memory::{IoCounter, IoCounts, IoPlace, ProcessKind};
use types::{Numeric, Value};

use super::{Viewer, moment};

/// Processes that are shown, in their order.
const KINDS: [ProcessKind; 7] = [
    ProcessKind::Backend,
    ProcessKind::AutovacuumLauncher,
    ProcessKind::AutovacuumWorker,
    ProcessKind::BackgroundWriter,
    ProcessKind::Checkpointer,
    ProcessKind::Startup,
    ProcessKind::WalWriter,
];

/// One row for each kind of process, object and context.
pub(crate) fn io(viewer: &Viewer<'_>) -> Vec<Vec<Value>> {
    let io = &viewer.state.io;
    KINDS.into_iter().flat_map(|kind| rows(kind, &io.of_kind(kind), io.reset_us())).collect()
}

/// The same of one process; nothing for those that are not shown or not there.
pub(crate) fn backend_io(viewer: &Viewer<'_>, arguments: &[Value]) -> Vec<Vec<Value>> {
    let Some(Value::Int4(process)) = arguments.first() else { return Vec::new() };
    let Some(slot) = viewer.state.slots.find(*process) else { return Vec::new() };
    // Auxiliary processes are shown by kind only.
    if !matches!(slot.kind(), ProcessKind::Backend | ProcessKind::AutovacuumWorker) {
        return Vec::new();
    }
    let (counts, reset_us) = viewer.state.io.of_slot(slot.index());
    rows(slot.kind(), &counts, reset_us)
}

fn rows(kind: ProcessKind, counts: &IoCounts, reset_us: i64) -> Vec<Vec<Value>> {
    let places = IoPlace::ALL.iter().filter(|place| is_used(kind, **place));
    places.map(|place| row(kind, *place, &counts[*place as usize], reset_us)).collect()
}

fn is_used(kind: ProcessKind, place: IoPlace) -> bool {
    use IoPlace::*;
    match place {
        LogInit | LogNormal => true,
        RelationNormal => kind != ProcessKind::WalWriter,
        RelationBulkRead => reads_pages(kind),
        RelationBulkWrite => matches!(kind, ProcessKind::Backend | ProcessKind::Startup),
        RelationVacuum => reads_pages(kind) && kind != ProcessKind::AutovacuumLauncher,
    }
}

fn reads_pages(kind: ProcessKind) -> bool {
    matches!(
        kind,
        ProcessKind::Backend
            | ProcessKind::Startup
            | ProcessKind::AutovacuumLauncher
            | ProcessKind::AutovacuumWorker
    )
}

/// Whether processes of this kind ever count this.
fn is_counted(kind: ProcessKind, place: IoPlace, counter: IoCounter) -> bool {
    use IoPlace::*;
    match (place, counter) {
        (LogInit | LogNormal, IoCounter::Writes | IoCounter::Syncs) => true,
        (LogNormal, IoCounter::Reads) => kind == ProcessKind::Startup,
        (LogInit | LogNormal, _) => false,
        (_, IoCounter::Writes) => true,
        (_, IoCounter::Reads | IoCounter::Hits | IoCounter::Evictions) => reads_pages(kind),
        (_, IoCounter::Extends) => {
            reads_pages(kind) && place != RelationBulkRead && kind != ProcessKind::AutovacuumLauncher
        }
        (_, IoCounter::Reuses) => reads_pages(kind) && place != RelationNormal,
        (_, _) => place == RelationNormal,
    }
}

fn row(kind: ProcessKind, place: IoPlace, counts: &[u64], reset_us: i64) -> Vec<Value> {
    use IoPlace::*;
    let (object, context) = match place {
        RelationBulkRead => ("relation", "bulkread"),
        RelationBulkWrite => ("relation", "bulkwrite"),
        RelationNormal => ("relation", "normal"),
        RelationVacuum => ("relation", "vacuum"),
        LogInit => ("wal", "init"),
        LogNormal => ("wal", "normal"),
    };
    let of = |counter: IoCounter| counts[counter as usize];
    let shown = |counter: IoCounter, value: Value| match is_counted(kind, place, counter) {
        true => value,
        false => Value::Null,
    };
    let count = |counter: IoCounter| shown(counter, Value::Int8(of(counter) as i64));
    let time = |counter: IoCounter, time: IoCounter| shown(counter, Value::Float8(of(time) as f64 / 1e6));
    let bytes = |counter: IoCounter, bytes: IoCounter| {
        shown(counter, Value::Numeric(Numeric::from(of(bytes) as i64)))
    };
    let is_written_back = place == RelationNormal || is_counted(kind, place, IoCounter::Evictions);
    let (writebacks, writeback_time) = match is_written_back {
        true => (
            Value::Int8(of(IoCounter::Writebacks) as i64),
            Value::Float8(of(IoCounter::WritebackTime) as f64 / 1e6),
        ),
        false => (Value::Null, Value::Null),
    };
    vec![
        Value::text(kind.name()),
        Value::text(object),
        Value::text(context),
        count(IoCounter::Reads),
        bytes(IoCounter::Reads, IoCounter::ReadBytes),
        time(IoCounter::Reads, IoCounter::ReadTime),
        count(IoCounter::Writes),
        bytes(IoCounter::Writes, IoCounter::WriteBytes),
        time(IoCounter::Writes, IoCounter::WriteTime),
        writebacks,
        writeback_time,
        count(IoCounter::Extends),
        bytes(IoCounter::Extends, IoCounter::ExtendBytes),
        time(IoCounter::Extends, IoCounter::ExtendTime),
        count(IoCounter::Hits),
        count(IoCounter::Evictions),
        count(IoCounter::Reuses),
        count(IoCounter::Syncs),
        time(IoCounter::Syncs, IoCounter::SyncTime),
        moment(reset_us),
    ]
}
