//! The xmax that a row version gets when somebody changes or locks it while others may hold locks on it.

use common::TransactionId;
use error::Result;
use transaction::{LockSetMember, MemberStatus, Session};
use tuple::{LockStrength, infomask};

use crate::row::Row;
use crate::visibility::{Holder, holders};

/// A new xmax and its infomask bits, out of [`infomask::XMAX_BITS`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewXmax {
    pub xid: TransactionId,
    pub bits: u16,
}

/// The status of a locker of this strength.
pub(crate) fn locker(strength: LockStrength) -> MemberStatus {
    match strength {
        LockStrength::KeyShare => MemberStatus::ForKeyShare,
        LockStrength::Share => MemberStatus::ForShare,
        LockStrength::NoKeyUpdate => MemberStatus::ForNoKeyUpdate,
        LockStrength::Update => MemberStatus::ForUpdate,
    }
}

/// Who of a row's holders still counts: running, or committed updates.
pub(crate) fn current_holders(session: &Session, row: &Row<'_>) -> Result<Vec<Holder>> {
    let mut current = Vec::new();
    for holder in holders(session, row)? {
        // An updater that was running a moment ago may have committed meanwhile. It must not be forgotten: its version is
        // the newest now.
        let counts = session.is_own(holder.xid)
            || session.system().is_running(holder.xid)?
            || holder.status.is_update() && session.system().has_committed(holder.xid)?;
        if counts {
            current.push(holder);
        }
    }
    Ok(current)
}

/// Adds the caller to whoever holds the row. The caller has waited for those that exclude it, and has a number.
pub(crate) fn add(
    session: &Session,
    row: &Row<'_>,
    xid: TransactionId,
    status: MemberStatus,
) -> Result<NewXmax> {
    let mut members: Vec<LockSetMember> = current_holders(session, row)?
        .iter()
        .map(|holder| LockSetMember { xid: holder.xid, status: holder.status })
        .collect();
    // One entry per transaction number: the strongest that it has.
    let strongest = members.iter().filter(|member| member.xid == xid).map(|member| member.status).max();
    members.retain(|member| member.xid != xid);
    let status = strongest.map_or(status, |held| held.max(status));
    if members.is_empty() {
        return Ok(single(xid, status));
    }
    members.push(LockSetMember { xid, status });
    let set = session.system().create_lock_set(&members)?;
    let mut bits = infomask::XMAX_IS_SET;
    if !members.iter().any(|member| member.status.is_update()) {
        bits |= infomask::XMAX_LOCK_ONLY;
    }
    if members.iter().any(|member| member.status == MemberStatus::Update) {
        bits |= infomask::KEYS_UPDATED;
    }
    Ok(NewXmax { xid: set, bits })
}

fn single(xid: TransactionId, status: MemberStatus) -> NewXmax {
    let lock = |strength: LockStrength| infomask::XMAX_LOCK_ONLY | (strength as u16) << infomask::LOCK_SHIFT;
    let bits = match status {
        MemberStatus::ForKeyShare => lock(LockStrength::KeyShare),
        MemberStatus::ForShare => lock(LockStrength::Share),
        MemberStatus::ForNoKeyUpdate => lock(LockStrength::NoKeyUpdate),
        MemberStatus::ForUpdate => lock(LockStrength::Update),
        MemberStatus::NoKeyUpdate => (LockStrength::NoKeyUpdate as u16) << infomask::LOCK_SHIFT,
        MemberStatus::Update => {
            infomask::KEYS_UPDATED | (LockStrength::Update as u16) << infomask::LOCK_SHIFT
        }
    };
    NewXmax { xid, bits }
}
