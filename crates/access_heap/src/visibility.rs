//! Which row versions a snapshot sees, which a command may change, and which nobody will see again.
//!
//! The rules are those of the manual's chapter on concurrency control. Outcomes that were found out are collected as hints,
//! to be written to the page in one go.

use access_api::Access;
use common::{OffsetNumber, TransactionId};
use error::Result;
use storage_buffer::SharedPage;
use storage_page::PageMut;
use transaction::{MemberStatus, Session, Snapshot, SnapshotKind};
use tuple::{LockStrength, infomask};

use crate::row::Row;

/// What was found out about the row versions of a page.
#[derive(Default)]
pub(crate) struct Findings {
    /// Infomask bits to be set.
    hints: Vec<(OffsetNumber, u16)>,
    /// Versions that the snapshot does not see.
    pub passed: usize,
}

impl Findings {
    fn note(&mut self, session: &Session, offset: OffsetNumber, bits: u16) {
        // A rolled-back transaction needs no durable record, a committed one does.
        let claims_commit = bits & (infomask::XMIN_COMMITTED | infomask::XMAX_COMMITTED) != 0;
        if !claims_commit || session.system().may_hint() {
            self.hints.push((offset, bits));
        }
    }

    /// Notes whether the row's updater committed; a set of lockers has no such bit.
    fn note_xmax(&mut self, session: &Session, row: &Row<'_>, offset: OffsetNumber, committed: bool) {
        if !row.has(infomask::XMAX_IS_SET) {
            let bits = if committed { infomask::XMAX_COMMITTED } else { infomask::XMAX_INVALID };
            self.note(session, offset, bits);
        }
    }

    /// Whether there are hints to write.
    pub fn has_hints(&self) -> bool {
        !self.hints.is_empty()
    }

    /// Writes the hints; whoever holds the page exclusively marks it dirty.
    pub fn write(&self, page: &mut PageMut<'_>) {
        for (offset, bits) in &self.hints {
            if let Some(bytes) = page.item_mut(*offset) {
                tuple::TupleHeader::new(bytes).change_infomask(0, *bits);
            }
        }
    }
}

/// Writes hints to the page if nobody else has it locked.
pub(crate) fn apply_hints(page: &mut SharedPage, findings: &Findings) -> Result<()> {
    if findings.has_hints() {
        page.hint(|edit| findings.write(edit))?;
    }
    Ok(())
}

/// Somebody who holds a row's xmax.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    pub xid: TransactionId,
    pub status: MemberStatus,
}

impl Holder {
    pub fn strength(&self) -> LockStrength {
        match self.status {
            MemberStatus::ForKeyShare => LockStrength::KeyShare,
            MemberStatus::ForShare => LockStrength::Share,
            MemberStatus::ForNoKeyUpdate | MemberStatus::NoKeyUpdate => LockStrength::NoKeyUpdate,
            MemberStatus::ForUpdate | MemberStatus::Update => LockStrength::Update,
        }
    }
}

/// Everybody whom a row's xmax names, whether they still run or not.
pub(crate) fn holders(session: &Session, row: &Row<'_>) -> Result<Vec<Holder>> {
    if row.has_no_xmax() || !row.xmax().is_valid() {
        return Ok(Vec::new());
    }
    if row.has(infomask::XMAX_IS_SET) {
        let members = session.system().lock_set(row.xmax())?;
        return Ok(members.iter().map(|member| Holder { xid: member.xid, status: member.status }).collect());
    }
    let status = if row.is_locked_only() {
        match row.header().lock_strength() {
            LockStrength::KeyShare => MemberStatus::ForKeyShare,
            LockStrength::Share => MemberStatus::ForShare,
            LockStrength::NoKeyUpdate => MemberStatus::ForNoKeyUpdate,
            LockStrength::Update => MemberStatus::ForUpdate,
        }
    } else if row.has(infomask::KEYS_UPDATED) {
        MemberStatus::Update
    } else {
        MemberStatus::NoKeyUpdate
    };
    Ok(vec![Holder { xid: row.xmax(), status }])
}

/// The transaction that updated or deleted the row, if its xmax says that one did (whether it succeeded or not).
pub(crate) fn updater(session: &Session, row: &Row<'_>) -> Result<Option<TransactionId>> {
    if row.has_no_xmax() || row.is_locked_only() {
        return Ok(None);
    }
    if !row.has(infomask::XMAX_IS_SET) {
        return Ok(Some(row.xmax()));
    }
    let members = session.system().lock_set(row.xmax())?;
    Ok(members.iter().find(|member| member.status.is_update()).map(|member| member.xid))
}

/// Whether a snapshot sees a row version.
#[inline]
pub(crate) fn is_visible(
    access: Access<'_>,
    snapshot: &Snapshot,
    row: &Row<'_>,
    offset: OffsetNumber,
    findings: &mut Findings,
) -> Result<bool> {
    // Most rows are old, and nobody has touched them.
    const KNOWN: u16 = infomask::XMIN_COMMITTED | infomask::XMAX_INVALID;
    if row.has(KNOWN) && (row.is_frozen() || row.xmin() < snapshot.xmin) {
        return Ok(true);
    }
    let visible = judge(access, snapshot, row, offset, findings)?;
    findings.passed += usize::from(!visible);
    Ok(visible)
}

fn judge(
    access: Access<'_>,
    snapshot: &Snapshot,
    row: &Row<'_>,
    offset: OffsetNumber,
    findings: &mut Findings,
) -> Result<bool> {
    match snapshot.kind {
        SnapshotKind::Mvcc => is_visible_mvcc(access.session, snapshot, row, offset, findings),
        SnapshotKind::Any => Ok(true),
        SnapshotKind::Latest | SnapshotKind::Dirty => {
            let presence = presence(access, row, offset, findings)?;
            Ok(match presence {
                Presence::Present => true,
                Presence::Absent => false,
                Presence::Arriving(_) | Presence::Leaving(_) => {
                    snapshot.kind == SnapshotKind::Dirty || matches!(presence, Presence::Leaving(_))
                }
            })
        }
    }
}

fn is_visible_mvcc(
    session: &Session,
    snapshot: &Snapshot,
    row: &Row<'_>,
    offset: OffsetNumber,
    findings: &mut Findings,
) -> Result<bool> {
    let mask = row.mask();
    if !row.is_frozen() {
        let xmin = row.xmin();
        if mask & infomask::XMIN_INVALID != 0 {
            return Ok(false);
        }
        if mask & infomask::XMIN_COMMITTED != 0 {
            if session.system().is_running_in(xmin, snapshot)? {
                return Ok(false);
            }
        } else if session.is_own(xmin) {
            if row.cmin() >= snapshot.command {
                return Ok(false);
            }
        } else {
            if session.system().is_running_in(xmin, snapshot)? {
                return Ok(false);
            }
            if !session.system().has_committed(xmin)? {
                findings.note(session, offset, infomask::XMIN_INVALID);
                return Ok(false);
            }
            findings.note(session, offset, infomask::XMIN_COMMITTED);
        }
    }
    let Some(xmax) = updater(session, row)? else { return Ok(true) };
    if session.is_own(xmax) {
        return Ok(row.cmax() >= snapshot.command);
    }
    if session.system().is_running_in(xmax, snapshot)? {
        return Ok(true);
    }
    if mask & infomask::XMAX_COMMITTED != 0 {
        return Ok(false);
    }
    let deleted = session.system().has_committed(xmax)?;
    findings.note_xmax(session, row, offset, deleted);
    Ok(!deleted)
}

/// Whether a row version is there now, as unique checks must know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    Present,
    Absent,
    /// Being inserted by this transaction of somebody else.
    Arriving(TransactionId),
    /// Being deleted by this transaction of somebody else.
    Leaving(TransactionId),
}

pub(crate) fn presence(
    access: Access<'_>,
    row: &Row<'_>,
    offset: OffsetNumber,
    findings: &mut Findings,
) -> Result<Presence> {
    let session = access.session;
    let mask = row.mask();
    if mask & infomask::XMIN_COMMITTED == 0 {
        let xmin = row.xmin();
        if mask & infomask::XMIN_INVALID != 0 {
            return Ok(Presence::Absent);
        }
        if !session.is_own(xmin) {
            if session.system().is_running(xmin)? {
                return Ok(Presence::Arriving(xmin));
            }
            if !session.system().has_committed(xmin)? {
                findings.note(session, offset, infomask::XMIN_INVALID);
                return Ok(Presence::Absent);
            }
            findings.note(session, offset, infomask::XMIN_COMMITTED);
        }
    }
    let Some(xmax) = updater(session, row)? else { return Ok(Presence::Present) };
    if session.is_own(xmax) {
        return Ok(Presence::Absent);
    }
    if mask & infomask::XMAX_COMMITTED != 0 {
        return Ok(Presence::Absent);
    }
    if session.system().is_running(xmax)? {
        return Ok(Presence::Leaving(xmax));
    }
    Ok(if session.system().has_committed(xmax)? { Presence::Absent } else { Presence::Present })
}

/// Whether a command may change or lock a row version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Changeable {
    Yes,
    Invisible,
    SelfModified,
    Updated,
    Deleted,
    /// Running transactions hold its xmax, the own one perhaps among them.
    Held,
}

pub(crate) fn changeable(
    session: &Session,
    row: &Row<'_>,
    own_address: common::TupleId,
) -> Result<Changeable> {
    let system = session.system();
    let mask = row.mask();
    let command = session.command(false);
    if mask & infomask::XMIN_COMMITTED == 0 {
        let xmin = row.xmin();
        if mask & infomask::XMIN_INVALID != 0 {
            return Ok(Changeable::Invisible);
        }
        if session.is_own(xmin) {
            if row.cmin() >= command {
                return Ok(Changeable::Invisible);
            }
        } else if system.is_running(xmin)? || !system.has_committed(xmin)? {
            return Ok(Changeable::Invisible);
        }
    }
    if row.has_no_xmax() {
        return Ok(Changeable::Yes);
    }
    let ended_by_update = || {
        if row.header().ctid() == own_address { Changeable::Deleted } else { Changeable::Updated }
    };
    if let Some(updater) = updater(session, row)? {
        if session.is_own(updater) {
            return Ok(if row.cmax() >= command { Changeable::SelfModified } else { Changeable::Invisible });
        }
        if mask & infomask::XMAX_COMMITTED != 0 {
            return Ok(ended_by_update());
        }
        if system.is_running(updater)? {
            return Ok(Changeable::Held);
        }
        if system.has_committed(updater)? {
            return Ok(ended_by_update());
        }
    }
    for holder in holders(session, row)? {
        if session.is_own(holder.xid) || system.is_running(holder.xid)? {
            return Ok(Changeable::Held);
        }
    }
    Ok(Changeable::Yes)
}

/// What vacuum may do with a row version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// Nobody will see it again.
    Dead,
    /// Deleted, but some snapshot may still see it; the deleter.
    RecentlyDead(TransactionId),
    Live,
    /// Its inserter or deleter is running.
    InProgress,
}

/// `oldest`: transactions before it are finished for every snapshot.
pub(crate) fn fate(
    session: &Session,
    row: &Row<'_>,
    offset: OffsetNumber,
    oldest: TransactionId,
    findings: &mut Findings,
) -> Result<Fate> {
    let system = session.system();
    let mask = row.mask();
    if mask & infomask::XMIN_COMMITTED == 0 {
        let xmin = row.xmin();
        if mask & infomask::XMIN_INVALID != 0 {
            return Ok(Fate::Dead);
        }
        if session.is_own(xmin) || system.is_running(xmin)? {
            return Ok(Fate::InProgress);
        }
        if !system.has_committed(xmin)? {
            findings.note(session, offset, infomask::XMIN_INVALID);
            return Ok(Fate::Dead);
        }
        findings.note(session, offset, infomask::XMIN_COMMITTED);
    }
    let Some(xmax) = updater(session, row)? else { return Ok(Fate::Live) };
    if mask & infomask::XMAX_COMMITTED == 0 {
        if session.is_own(xmax) || system.is_running(xmax)? {
            return Ok(Fate::InProgress);
        }
        let deleted = system.has_committed(xmax)?;
        findings.note_xmax(session, row, offset, deleted);
        if !deleted {
            return Ok(Fate::Live);
        }
    }
    Ok(if xmax < oldest { Fate::Dead } else { Fate::RecentlyDead(xmax) })
}
