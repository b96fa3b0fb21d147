//! Replays the log records of transactions.

use common::RelationFile;
use error::{Error, Result};
use storage_buffer::{BufferPool, ExclusivePage, Redo};
use storage_wal::Record;

use crate::commit_log::{self, Outcome};
use crate::parents;
use crate::record::{CommitRecord, MANAGER, Reader, RecordKind};

/// The files that go with the end of a transaction, if the record is one.
/// # Errors
/// XX001 for a record that cannot be.
pub fn removed_files(record: &Record) -> Result<Option<Vec<RelationFile>>> {
    let is_end = record.manager() == MANAGER
        && matches!(RecordKind::from_u8(record.kind())?, RecordKind::Commit | RecordKind::Rollback);
    is_end.then(|| CommitRecord::decode(record.data()).map(|end| end.dropped)).transpose()
}

/// Replays a record. Doing it twice does no harm.
/// # Errors
/// XX001 for a record that cannot be, and I/O errors.
pub fn redo(pool: &'static BufferPool, record: &Record) -> Result<()> {
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
            drop_files(pool, &commit.dropped)
        }
        RecordKind::Rollback => drop_files(pool, &CommitRecord::decode(record.data())?.dropped),
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
            Ok(())
        }
        RecordKind::LockSet => redo_page(pool, record, 0, |page| {
            commit_log::prepare_items(page);
            match page.page_mut().add_item(record.block_data(0)) {
                Some(_) => Ok(()),
                None => Err(Error::corrupted("set of row lockers does not fit in replay")),
            }
        }),
    }
}

fn drop_files(pool: &'static BufferPool, files: &[RelationFile]) -> Result<()> {
    files.iter().try_for_each(|file| {
        pool.explain_missing_pages(|tag| tag.file == *file);
        pool.drop_relation(*file)
    })
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
        Err(error) => error.message().into(),
    }
}
