//! Pruning: removing row versions of one page that nobody will see again, and shortening HOT chains.
//!
//! Needs the page exclusively and as its only pin holder, since items move. Index entries point to the first line pointer of
//! a chain: it becomes a redirection while the chain lives, and dead afterwards, until vacuum has cleaned the indexes.

use access_api::{Access, StoredRelation};
use common::{OffsetNumber, PAGE_SIZE, TransactionId};
use error::Result;
use shared_memory::critical;
use storage_buffer::{ExclusivePage, LogFlags, Pin, SharedPage};
use storage_page::{PageFlags, PageRef};
use transaction::Session;
use tuple::infomask;

use crate::log::{MANAGER, Pruned, RecordKind};
use crate::row::{Row, full_xid, xid_offset};
use crate::visibility::{Fate, Findings, apply_hints, fate, updater};

/// Room that a page should have before a reader bothers to prune it.
const WANTED_ROOM: usize = PAGE_SIZE / 10;
/// Row versions that a reader must have passed by before it bothers: one that is removed on a full page is soon followed by the next.
const LEAST_PASSED: usize = 8;

/// Leaves a page that was read: notes on it what was found out, and prunes it if that is worth it and nobody else is there.
pub(crate) fn leave(
    access: Access<'_>,
    relation: &StoredRelation,
    pin: &Pin,
    mut page: SharedPage,
    findings: &Findings,
) -> Result<()> {
    apply_hints(&mut page, findings)?;
    if findings.passed < LEAST_PASSED || !is_worth_it(access.session, page.page()) {
        return Ok(());
    }
    drop(page);
    if let Some(mut page) = pin.try_cleanup() {
        let oldest = access.session.system().oldest_visible(visible_database(relation));
        prune(access, relation, &mut page, oldest)?;
    }
    Ok(())
}

/// Whether pruning is likely to help: something may be dead, and there is little room.
fn is_worth_it(session: &Session, page: PageRef<'_>) -> bool {
    let hint = page.prune_xid_offset();
    hint != 0
        && (page.has(PageFlags::IS_FULL) || page.free_space() < WANTED_ROOM)
        && full_xid(page.xid_base(), hint) < session.system().oldest_visible(Some(session.database()))
}

/// Prunes if this process has the only pin and something may be dead.
pub(crate) fn prune_if_possible(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
) -> Result<()> {
    if page.page().prune_xid_offset() == 0 || !page.is_sole_pin() {
        return Ok(());
    }
    let oldest = access.session.system().oldest_visible(visible_database(relation));
    prune(access, relation, page, oldest).map(|_| ())
}

/// Whose snapshots matter for a relation: those of its database, or everybody's.
pub(crate) fn visible_database(relation: &StoredRelation) -> Option<common::Oid> {
    Some(relation.database()).filter(|database| database.is_valid())
}

/// Prunes the page and gives the number of row versions that went. The caller has the only pin.
pub(crate) fn prune(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
    oldest: TransactionId,
) -> Result<usize> {
    let mut plan = Plan::new(page.page());
    plan.make(access.session, page.page(), oldest)?;
    let next_hint = plan.next_prunable.and_then(|xid| xid_offset(page.page().xid_base(), xid)).unwrap_or(0);
    if plan.findings.has_hints() {
        plan.findings.write(&mut page.page_mut());
    }
    if plan.pruned.is_empty() {
        if plan.findings.has_hints()
            || page.page().prune_xid_offset() != next_hint
            || page.page().has(PageFlags::IS_FULL)
        {
            page.page_mut().set_prune_xid_offset(next_hint);
            page.page_mut().clear_flag(PageFlags::IS_FULL);
            page.mark_dirty_hint()?;
        }
        return Ok(0);
    }
    log_pruned(access, relation, page, &plan.pruned, next_hint)?;
    Ok(plan.removed)
}

/// Applies and logs what was planned.
pub(crate) fn log_pruned(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
    pruned: &Pruned,
    next_hint: u32,
) -> Result<()> {
    critical::section(|| {
        pruned.apply(&mut page.page_mut());
        page.page_mut().set_prune_xid_offset(next_hint);
        let mut record = access.pool.record(MANAGER, RecordKind::Prune as u8, relation.is_logged);
        record.page(0, page, LogFlags::STANDARD);
        record.block_data(0, &pruned.encode());
        record.insert(TransactionId::INVALID).map(|_| ())
    })
}

struct Plan {
    pruned: Pruned,
    /// Row versions that chains led to, by line pointer.
    visited: Vec<bool>,
    /// Heap-only ones among them.
    reached: usize,
    /// The row versions of the chain that is looked at.
    members: Vec<OffsetNumber>,
    removed: usize,
    findings: Findings,
    /// The oldest transaction whose end will make more prunable.
    next_prunable: Option<TransactionId>,
}

impl Plan {
    fn new(page: PageRef<'_>) -> Plan {
        Plan {
            pruned: Pruned::default(),
            visited: vec![false; usize::from(page.item_count()) + 1],
            reached: 0,
            members: Vec::new(),
            removed: 0,
            findings: Findings::default(),
            next_prunable: None,
        }
    }

    fn make(&mut self, session: &Session, page: PageRef<'_>, oldest: TransactionId) -> Result<()> {
        let mut heap_only = 0;
        for offset in page.offsets() {
            let is_root = match Row::at(page, offset)? {
                Some(row) if row.is_heap_only() => {
                    heap_only += 1;
                    false
                }
                // One that nobody has touched is no chain.
                Some(row) => !row.has(infomask::XMIN_COMMITTED | infomask::XMAX_INVALID),
                None => page.line(offset).redirect_target().is_some(),
            };
            if is_root {
                self.chain(session, page, offset, oldest)?;
            }
        }
        if self.reached == heap_only {
            return Ok(());
        }
        // Heap-only versions that no chain leads to were left by transactions that were rolled back.
        for offset in page.offsets() {
            if !self.visited[usize::from(offset.0)]
                && let Some(row) = Row::at(page, offset)?
                && row.is_heap_only()
                && fate(session, &row, offset, oldest, &mut self.findings)? == Fate::Dead
            {
                self.pruned.unused.push(offset);
                self.removed += 1;
            }
        }
        Ok(())
    }

    fn chain(
        &mut self,
        session: &Session,
        page: PageRef<'_>,
        root: OffsetNumber,
        oldest: TransactionId,
    ) -> Result<()> {
        let redirect = page.line(root).redirect_target();
        let mut members = std::mem::take(&mut self.members);
        members.clear();
        let mut dead = 0;
        let mut offset = redirect.unwrap_or(root);
        let mut expected: Option<TransactionId> = None;
        while members.len() <= usize::from(page.item_count()) {
            let Some(row) = Row::at(page, offset)? else { break };
            if expected.is_some_and(|xmax| row.xmin() != xmax && !row.is_frozen()) {
                break;
            }
            let visited = &mut self.visited[usize::from(offset.0)];
            self.reached += usize::from(row.is_heap_only() && !*visited);
            *visited = true;
            members.push(offset);
            match fate(session, &row, offset, oldest, &mut self.findings)? {
                Fate::Dead => dead = members.len(),
                Fate::RecentlyDead(xmax) => self.note(xmax),
                Fate::InProgress => {
                    // Either end of the running transaction may leave something dead here.
                    self.note(updater(session, &row)?.unwrap_or(row.xmin()));
                    break;
                }
                Fate::Live => break,
            }
            if !row.has(infomask::HOT_UPDATED) || row.has_no_xmax() {
                break;
            }
            let Some(xmax) = updater(session, &row)? else { break };
            expected = Some(xmax);
            offset = row.header().ctid().offset;
        }
        self.removed += dead;
        if dead == members.len() {
            // The whole chain is dead (or the redirection leads nowhere).
            self.pruned.dead.push(root);
            self.pruned.unused.extend(members.iter().filter(|member| **member != root));
        } else if dead > 0 {
            self.pruned.redirected.push((root, members[dead]));
            self.pruned.unused.extend(members[..dead].iter().filter(|member| **member != root));
        }
        self.members = members;
        Ok(())
    }

    fn note(&mut self, xid: TransactionId) {
        if xid.is_normal() {
            self.next_prunable = Some(self.next_prunable.map_or(xid, |known| known.min(xid)));
        }
    }
}
