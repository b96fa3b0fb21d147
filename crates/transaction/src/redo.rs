//! Replays the log records of transactions.

use common::TransactionId;
use error::{Error, Result};
use storage_buffer::{BufferPool, ExclusivePage, Redo};
use storage_wal::Record;

use crate::commit_log::{self, Outcome};
use crate::parents;
use crate::record::{CommitRecord, Reader, RecordKind};
use crate::shared::TransactionSystem;

/// Replays a record. Doing it twice does no harm.
/// # Errors
/// XX001 for a record that cannot be, and I/O errors.
pub fn redo(system: &TransactionSystem, pool: &'static BufferPool, record: &Record) -> Result<()> {
    match RecordKind::from_u8(record.kind())? {
        RecordKind::Commit => {
            let commit = CommitRecord::decode(record.data())?;
            redo_page(pool, record, 0, |page| {
                commit_log::prepare(page);
                let own = std::iter::once(record.xid()).chain(commit.subtransactions.iter().copied());
                let block = page.block();
                own.filter(|xid| commit_log::block_of(*xid) == block)
                    .for_each(|xid| commit_log::set(page, xid, Outcome::Committed));
                Ok(())
            })?;
            note_numbers(system, record.xid(), &commit.subtransactions);
            commit.dropped.iter().try_for_each(|file| pool.drop_relation(*file))
        }
        RecordKind::Rollback => {
            let rollback = CommitRecord::decode(record.data())?;
            note_numbers(system, record.xid(), &rollback.subtransactions);
            rollback.dropped.iter().try_for_each(|file| pool.drop_relation(*file))
        }
        RecordKind::Children => {
            let mut reader = Reader(record.data());
            let parent = reader.xid()?;
            let children = reader.xids()?;
            redo_page(pool, record, 0, |page| {
                commit_log::prepare(page);
                children.iter().for_each(|xid| commit_log::set(page, *xid, Outcome::AsParent));
                Ok(())
            })?;
            let mut reference = 1;
            while record.block(reference).is_some() {
                redo_page(pool, record, reference, |page| {
                    commit_log::prepare(page);
                    let block = page.block();
                    let here = children.iter().filter(|xid| parents::block_of(**xid) == block);
                    here.for_each(|xid| parents::set(page, *xid, parent));
                    Ok(())
                })?;
                reference += 1;
            }
            note_numbers(system, parent, &children);
            Ok(())
        }
        RecordKind::LockSet => {
            redo_page(pool, record, 0, |page| {
                commit_log::prepare_items(page);
                match page.page_mut().add_item(record.block_data(0)) {
                    Some(_) => Ok(()),
                    None => Err(Error::corrupted("set of row lockers does not fit in replay")),
                }
            })?;
            let number = Reader(record.block_data(0)).xid()?;
            note_numbers(system, number, &[]);
            Ok(())
        }
        RecordKind::NextOid => {
            let next = u32::from_le_bytes(Reader(record.data()).array()?);
            system.set_next(system.next_xid(), common::Oid(next));
            Ok(())
        }
    }
}

fn note_numbers(system: &TransactionSystem, top: TransactionId, others: &[TransactionId]) {
    let newest = others.iter().copied().fold(top, TransactionId::max);
    if newest >= system.next_xid() {
        system.set_next(newest.next(), system.next_oid_to_log());
    }
}

fn redo_page(
    pool: &'static BufferPool,
    record: &Record,
    reference: u8,
    change: impl FnOnce(&mut ExclusivePage) -> Result<()>,
) -> Result<()> {
    if let Redo::NeedsRedo(mut page) = pool.redo_block(record, reference)? {
        change(&mut page)?;
        page.set_lsn(record.end());
        page.mark_dirty();
    }
    Ok(())
}

/// One line about a record, for `waldump`.
pub fn describe(record: &Record) -> String {
    let data = record.data();
    match RecordKind::from_u8(record.kind()) {
        Ok(kind @ (RecordKind::Commit | RecordKind::Rollback)) => match CommitRecord::decode(data) {
            Ok(commit) => format!(
                "{} at {} us; {} subtransactions; {} files dropped",
                if kind == RecordKind::Commit { "COMMIT" } else { "ROLLBACK" },
                commit.timestamp_us,
                commit.subtransactions.len(),
                commit.dropped.len()
            ),
            Err(error) => error.message().into(),
        },
        Ok(RecordKind::Children) => match Reader(data).xid() {
            Ok(parent) => format!("CHILDREN of {parent}"),
            Err(error) => error.message().into(),
        },
        Ok(RecordKind::LockSet) => "LOCK_SET".into(),
        Ok(RecordKind::NextOid) => match Reader(data).array() {
            Ok(next) => format!("NEXT_OID {}", u32::from_le_bytes(next)),
            Err(error) => error.message().into(),
        },
        Err(error) => error.message().into(),
    }
}
