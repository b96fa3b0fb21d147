//! The log's own records: checkpoints, page images, object identifiers.

use common::{Lsn, Oid, TransactionId};
use error::{Error, Result};
use storage_wal::{CheckpointData, Record, ResourceManagerId, Wal, log_kind};

use crate::manager::{RedoContext, ResourceManager};

/// Manager number 0.
pub struct LogManager;

/// Notes in the log that object identifiers below `oid` may be given out.
pub fn log_next_oid(wal: &Wal, oid: Oid) -> Result<Lsn> {
    wal.log(log_kind::MANAGER, log_kind::NEXT_OID, TransactionId::INVALID, &oid.0.to_le_bytes())
}

pub(crate) fn next_oid(record: &Record) -> Option<Oid> {
    let bytes: [u8; 4] = record.data().try_into().ok()?;
    Some(Oid(u32::from_le_bytes(bytes)))
}

pub(crate) fn kind_name(kind: u8) -> &'static str {
    match kind {
        log_kind::CHECKPOINT_SHUTDOWN => "CHECKPOINT_SHUTDOWN",
        log_kind::CHECKPOINT_ONLINE => "CHECKPOINT_ONLINE",
        log_kind::NOOP => "NOOP",
        log_kind::NEXT_OID => "NEXTOID",
        log_kind::SWITCH => "SWITCH",
        log_kind::PAGE_IMAGE => "FPI",
        log_kind::PAGE_IMAGE_FOR_HINT => "FPI_FOR_HINT",
        log_kind::END_OF_RECOVERY => "END_OF_RECOVERY",
        _ => "UNKNOWN",
    }
}

impl ResourceManager for LogManager {
    fn id(&self) -> ResourceManagerId {
        log_kind::MANAGER
    }

    fn name(&self) -> &'static str {
        "XLOG"
    }

    fn redo(&self, context: &RedoContext, record: &Record) -> Result<()> {
        match record.kind() {
            log_kind::PAGE_IMAGE | log_kind::PAGE_IMAGE_FOR_HINT => {
                for block in record.blocks() {
                    context.pool.redo_block(record, block.reference)?;
                }
                Ok(())
            }
            // What they say of numbers is gathered by replay itself.
            kind if kind <= log_kind::END_OF_RECOVERY => Ok(()),
            kind => Err(Error::corrupted(format!("unknown kind {kind} of log record at {}", record.start()))),
        }
    }

    fn describe(&self, record: &Record) -> String {
        let name = kind_name(record.kind());
        match record.kind() {
            log_kind::CHECKPOINT_SHUTDOWN | log_kind::CHECKPOINT_ONLINE => {
                let Some(data) = CheckpointData::from_bytes(record.data()) else {
                    return format!("{name} damaged");
                };
                let mode = if record.kind() == log_kind::CHECKPOINT_SHUTDOWN { "shutdown" } else { "online" };
                format!(
                    "{name} redo {}; tli {}; prev tli {}; fpw {}; xid {}; oid {}; multi {}; offset {}; oldest xid {}; \
                     oldest running xid {}; {mode}",
                    data.redo,
                    data.timeline,
                    data.previous_timeline,
                    data.full_page_writes,
                    data.next_xid,
                    data.next_oid,
                    data.next_multixact,
                    data.next_multixact_member,
                    data.oldest_xid,
                    data.oldest_active_xid
                )
            }
            log_kind::NEXT_OID => format!("{name} {}", next_oid(record).unwrap_or_default()),
            _ => name.to_string(),
        }
    }
}
