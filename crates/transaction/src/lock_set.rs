//! Sets of transactions that hold a lock on the same row.
//!
//! A set has a number of its own from the same sequence as transactions, so it fits where a row version names its xmax. Sets
//! are added to the end of one file; as numbers ascend, a set is found by bisection over the pages. A set never changes:
//! another locker makes a new one.
//!
//! ```text
//! item of a page: number (8), then per member: transaction (8), status (1)
//! ```

use common::{BlockNumber, ForkNumber, Oid, RelationFile, TransactionId};
use error::{Error, Result};
use shared_memory::critical;
use storage_buffer::{LogFlags, Strategy};
use storage_page::PageRef;

use crate::commit_log::prepare_items;
use crate::record::{MANAGER, RecordKind};
use crate::shared::TransactionSystem;

pub(crate) const FILE: RelationFile =
    RelationFile { tablespace: Oid(1664), database: Oid::INVALID, relation: Oid(3) };

/// What a member does to the row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum MemberStatus {
    ForKeyShare = 0,
    ForShare = 1,
    ForNoKeyUpdate = 2,
    ForUpdate = 3,
    /// Updated it, without touching a key.
    NoKeyUpdate = 4,
    /// Deleted it, or updated a key.
    Update = 5,
}

impl MemberStatus {
    fn from_u8(status: u8) -> Option<MemberStatus> {
        Some(match status {
            0 => MemberStatus::ForKeyShare,
            1 => MemberStatus::ForShare,
            2 => MemberStatus::ForNoKeyUpdate,
            3 => MemberStatus::ForUpdate,
            4 => MemberStatus::NoKeyUpdate,
            5 => MemberStatus::Update,
            _ => return None,
        })
    }

    /// The member changed the row rather than locking it.
    pub fn is_update(self) -> bool {
        self >= MemberStatus::NoKeyUpdate
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockSetMember {
    pub xid: TransactionId,
    pub status: MemberStatus,
}

const NUMBER: usize = 8;
const MEMBER: usize = 9;

impl TransactionSystem {
    /// Stores a set and gives its number. Logged, as a member may be an update that must survive.
    pub fn create_lock_set(&self, members: &[LockSetMember]) -> Result<TransactionId> {
        let (number, _guard) = self.assign_lock_set();
        let mut item = number.0.to_le_bytes().to_vec();
        for member in members {
            item.extend_from_slice(&member.xid.0.to_le_bytes());
            item.push(member.status as u8);
        }
        let blocks = self.pool.blocks(FILE, ForkNumber::Main)?;
        let last = match blocks.checked_sub(1) {
            Some(last) => {
                let page =
                    self.pool.read(FILE, ForkNumber::Main, BlockNumber(last), Strategy::Normal)?.exclusive();
                (page.page().is_new() || page.page().free_space() >= item.len()).then_some(page)
            }
            None => None,
        };
        let mut page = match last {
            Some(page) => page,
            None => self.pool.extend(FILE, ForkNumber::Main, 1, Strategy::Normal)?,
        };
        critical::section(|| {
            prepare_items(&mut page);
            if page.page_mut().add_item(&item).is_none() {
                return Err(Error::internal("set of row lockers does not fit on a page"));
            }
            let mut record = self.pool.record(MANAGER, RecordKind::LockSet as u8, true);
            record.page(0, &mut page, LogFlags::STANDARD);
            record.block_data(0, &item);
            // Under the set's own number, so that recovery does not give it out again.
            record.insert(number)
        })?;
        Ok(number)
    }

    /// The members of a set.
    /// # Errors
    /// XX001 when there is no such set.
    pub fn lock_set(&self, number: TransactionId) -> Result<Vec<LockSetMember>> {
        let _guard = self.lock_sets();
        let (mut low, mut high) = (0, self.pool.blocks(FILE, ForkNumber::Main)?);
        // The last page whose first set is not beyond the wanted one.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let page = self.pool.read(FILE, ForkNumber::Main, BlockNumber(middle), Strategy::Normal)?.share();
            let first = page.page().offsets().next().and_then(|offset| set_number(page.page(), offset));
            if first.is_some_and(|first| first <= number) {
                low = middle;
            } else {
                high = middle;
            }
        }
        if low < high {
            let page = self.pool.read(FILE, ForkNumber::Main, BlockNumber(low), Strategy::Normal)?.share();
            let page = page.page();
            let found = page.offsets().find(|offset| set_number(page, *offset) == Some(number));
            if let Some(item) = found.and_then(|offset| page.item(offset)) {
                return item[NUMBER..]
                    .chunks_exact(MEMBER)
                    .map(member)
                    .collect::<Option<_>>()
                    .ok_or_else(damaged);
            }
        }
        Err(Error::corrupted(format!("set of row lockers {number} does not exist")))
    }
}

fn member(bytes: &[u8]) -> Option<LockSetMember> {
    let (xid, status) = bytes.split_first_chunk::<8>()?;
    Some(LockSetMember {
        xid: TransactionId(u64::from_le_bytes(*xid)),
        status: MemberStatus::from_u8(*status.first()?)?,
    })
}

fn set_number(page: PageRef<'_>, offset: common::OffsetNumber) -> Option<TransactionId> {
    let number = page.item(offset)?.first_chunk::<8>()?;
    Some(TransactionId(u64::from_le_bytes(*number)))
}

fn damaged() -> Error {
    Error::corrupted("set of row lockers is damaged")
}
