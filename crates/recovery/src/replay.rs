//! Starting the log: after a clean shutdown at once, after a crash by replay.

use common::{Lsn, PAGE_SIZE, TransactionId};
use error::{Error, Result, Severity, error};
use storage_buffer::Strategy;
use storage_page::{PageBytes, PageMut};
use storage_wal::{CheckpointData, ClusterState, ControlFile, Reader, Record, log_kind};
use system::interrupt;

use crate::checkpoint::write_state;
use crate::log_manager::next_oid;
use crate::manager::{RedoContext, ResourceManager, ResourceManagers};

/// What recovery found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recovered {
    /// Where the log goes on.
    pub end: Lsn,
    /// The last checkpoint's numbers, moved on by what was replayed.
    pub data: CheckpointData,
    /// False after a clean shutdown: nothing was replayed and no checkpoint is wanted.
    pub was_unclean: bool,
    pub records_replayed: u64,
}

/// Whether the control file tells of a clean shutdown.
pub fn startup_is_clean(control: &ControlFile) -> bool {
    control.state == ClusterState::ShutDown
}

/// Brings the data up to the end of the log and opens the log for records behind it.
///
/// After an unclean shutdown the caller asks for a checkpoint (Rule 6). `notice` receives the lines for the server log.
/// # Errors
/// PANICs: no valid checkpoint, a record that cannot be replayed, pages that nothing explains.
pub fn recover(
    context: &RedoContext,
    managers: &ResourceManagers,
    control: &mut ControlFile,
    notice: &mut dyn FnMut(String),
) -> Result<Recovered> {
    let panic = |error: Error| error.with_severity(Severity::Panic);
    let timeline = control.checkpoint_data.timeline;
    let (data, kind, checkpoint_end) = read_checkpoint(context, control)?;
    let is_last =
        || -> Result<bool> { Ok(Reader::new(context.files, timeline, checkpoint_end).next()?.is_none()) };
    if startup_is_clean(control) && kind == log_kind::CHECKPOINT_SHUTDOWN && is_last()? {
        context.wal.start(timeline, checkpoint_end, data.redo)?;
        return Ok(Recovered { end: checkpoint_end, data, was_unclean: false, records_replayed: 0 });
    }
    notice("database system was not properly shut down; automatic recovery in progress".to_string());
    write_state(control, ClusterState::InCrashRecovery, context.pool)?;
    // Rule 7.
    context.wal.sync_segments(timeline, data.redo)?;
    let recovered = replay(context, managers, timeline, data, notice).map_err(panic)?;
    if recovered.end < checkpoint_end {
        return Err(panic(error!(DATA_CORRUPTED, "WAL ends before the last checkpoint's record")));
    }
    context.wal.start(timeline, recovered.end, data.redo)?;
    for manager in managers.iter() {
        manager.finish(context).map_err(panic)?;
    }
    Ok(recovered)
}

/// The record that the control file names: its data, kind and end.
fn read_checkpoint(context: &RedoContext, control: &ControlFile) -> Result<(CheckpointData, u8, Lsn)> {
    let missing = || -> Error {
        error!(DATA_CORRUPTED, "could not locate a valid checkpoint record at {}", control.checkpoint)
            .with_severity(Severity::Panic)
    };
    let mut reader = Reader::new(context.files, control.checkpoint_data.timeline, control.checkpoint);
    let record = reader.next()?.ok_or_else(missing)?;
    let is_checkpoint = record.manager() == log_kind::MANAGER && record.kind() <= log_kind::CHECKPOINT_ONLINE;
    let data = CheckpointData::from_bytes(record.data()).filter(|_| is_checkpoint).ok_or_else(missing)?;
    Ok((data, record.kind(), record.end()))
}

fn replay(
    context: &RedoContext,
    managers: &ResourceManagers,
    timeline: u32,
    mut data: CheckpointData,
    notice: &mut dyn FnMut(String),
) -> Result<Recovered> {
    for manager in managers.iter() {
        manager.prepare(context)?;
    }
    context.wal.set_replayed_position(timeline, data.redo);
    let mut reader = Reader::new(context.files, timeline, data.redo);
    let mut records_replayed = 0;
    let mut last = Lsn::INVALID;
    let mut checked_page = [0; PAGE_SIZE];
    while let Some(record) = reader.next()? {
        interrupt::check()?;
        if records_replayed == 0 {
            notice(format!("redo starts at {}", record.start()));
        }
        let manager = managers.get(record.manager()).ok_or_else(|| {
            Error::corrupted(format!(
                "record at {} has unknown manager {}",
                record.start(),
                record.manager().0
            ))
        })?;
        follow_numbers(&mut data, record);
        let in_context = |error: Error| {
            error.context(format_args!(
                "WAL redo at {} for {}/{}",
                record.start(),
                manager.name(),
                manager.describe(record)
            ))
        };
        manager.redo(context, record).map_err(in_context)?;
        if context.wal.settings().always_log_images {
            check_pages(context, manager, record, &mut checked_page).map_err(in_context)?;
        }
        records_replayed += 1;
        last = record.start();
    }
    notice(reader.end_reason().to_string());
    match records_replayed {
        0 => notice("redo is not required".to_string()),
        _ => notice(format!("redo done at {last}")),
    }
    // Rule 2.
    let missing = context.pool.missing_pages();
    if let Some(tag) = missing.first() {
        let path = storage_file::relation_path(tag.file, tag.fork);
        return Err(error!(DATA_CORRUPTED, "WAL contains references to invalid pages")
            .detail(format!("Page {} of relation {path} does not exist.", tag.block)));
    }
    Ok(Recovered { end: reader.position(), data, was_unclean: true, records_replayed })
}

/// Numbers given out after the checkpoint must not be given out again.
fn follow_numbers(data: &mut CheckpointData, record: &Record) {
    if record.xid() >= data.next_xid {
        data.next_xid = TransactionId(record.xid().0 + 1);
    }
    if record.manager() == log_kind::MANAGER {
        match record.kind() {
            log_kind::NEXT_OID => {
                if let Some(oid) = next_oid(record) {
                    data.next_oid = oid;
                }
            }
            log_kind::CHECKPOINT_SHUTDOWN | log_kind::CHECKPOINT_ONLINE => {
                if let Some(at) = CheckpointData::from_bytes(record.data()) {
                    data.next_xid = data.next_xid.max(at.next_xid);
                    data.next_oid = data.next_oid.max(at.next_oid);
                    data.next_multixact = data.next_multixact.max(at.next_multixact);
                    data.next_multixact_member = data.next_multixact_member.max(at.next_multixact_member);
                }
            }
            _ => {}
        }
    }
}

/// Rule 5: compares what redo made with the image that came along.
fn check_pages(
    context: &RedoContext,
    manager: &dyn ResourceManager,
    record: &Record,
    expected: &mut PageBytes,
) -> Result<()> {
    for block in record.blocks().iter().filter(|block| block.has_image && !block.apply_image) {
        let pool = context.pool;
        if !pool.exists(block.file, block.fork)? || block.block.0 >= pool.blocks(block.file, block.fork)? {
            continue;
        }
        let pin = pool.read(block.file, block.fork, block.block, Strategy::Normal)?;
        let mut actual = *pin.share().bytes();
        record.restore_image(block.reference, expected)?;
        // A page that has later changes already (Rule 1) cannot be compared.
        if PageMut::new(&mut actual).view().lsn() > record.end() {
            continue;
        }
        for page in [&mut actual, &mut *expected] {
            // LSN and checksum lie at the page's start.
            page[..12].fill(0);
            let hole = PageMut::new(page).view().hole();
            page[hole].fill(0);
            manager.mask(&mut PageMut::new(page), block);
        }
        if let Some(at) = (0..PAGE_SIZE).find(|at| actual[*at] != expected[*at]) {
            return Err(Error::corrupted(format!(
                "inconsistent page found, rel {}/{}/{}, forknum {}, blkno {}",
                block.file.tablespace,
                block.file.database,
                block.file.relation,
                block.fork as u8,
                block.block
            ))
            .detail(format!("The first difference is at byte {at}.")));
        }
    }
    Ok(())
}
