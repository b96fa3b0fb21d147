//! VACUUM of one table: removes dead row versions and their index entries, and gives the empty end of the file back.
//!
//! First pass: each page that is not all-visible is pruned, and line pointers that are dead are collected. Then the caller
//! removes index entries that point to them. Second pass: the line pointers become unused.

use access_api::{Access, StoredRelation};
use common::{BlockNumber, ForkNumber, OffsetNumber, TransactionId, TupleId};
use error::Result;
use storage_buffer::{BufferRing, ExclusivePage, RingKind, Strategy};
use storage_lock::{LockMode, Outcome, Scope, Wait};
use storage_page::PageFlags;

use crate::free_space;
use crate::log::Pruned;
use crate::prune::{log_pruned, prune, visible_database};
use crate::row::Row;
use crate::visibility::{Fate, Findings, fate};

/// Empty pages at the end that make cutting the file worth its lock.
const LEAST_TAIL: u32 = 16;

/// Neighbouring all-visible pages that make skipping them worth it.
const LEAST_SKIP: u32 = 32;

/// Addresses of dead rows, in ascending order.
#[derive(Default)]
pub struct DeadRows(Vec<TupleId>);

impl DeadRows {
    pub fn contains(&self, address: TupleId) -> bool {
        self.0.binary_search(&address).is_ok()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Clone, Copy, Debug)]
pub struct VacuumOptions {
    /// Look at all-visible pages too.
    pub all_pages: bool,
    /// Give the empty end of the file back.
    pub truncate: bool,
    /// Dead addresses that are collected before the indexes are cleaned; `maintenance_work_mem` by [`TupleId::SIZE`] bytes each.
    pub max_dead: usize,
}

/// What a vacuum found and did.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct VacuumReport {
    pub pages: u32,
    pub scanned_pages: u32,
    pub removed_pages: u32,
    pub removed_rows: u64,
    pub live_rows: u64,
    /// Dead, but some snapshot may still see them.
    pub recently_dead_rows: u64,
    pub index_passes: u32,
    pub all_visible_pages: u32,
}

/// What vacuum needs of the layers above.
pub trait VacuumHooks {
    fn has_indexes(&self) -> bool;

    /// Removes all index entries that point to these rows.
    fn clean_indexes(&mut self, dead: &DeadRows) -> Result<()>;

    /// A page was looked at: the place to wait so that others get on with their work.
    fn pause(&mut self) -> Result<()>;

    /// Cuts the table and its maps to this length, logged.
    fn truncate(&mut self, blocks: u32) -> Result<()>;
}

/// The numbers of `pg_stat_progress_vacuum`.
mod progress {
    use common::TupleId;
    use shared_memory::ProgressNumber;

    pub const PHASE: ProgressNumber = ProgressNumber(1);
    pub const SCANNING_HEAP: u64 = 1;
    pub const VACUUMING_INDEXES: u64 = 2;
    pub const VACUUMING_HEAP: u64 = 3;
    pub const TRUNCATING_HEAP: u64 = 5;
    pub const FINAL_CLEANUP: u64 = 6;
    pub const PAGES: ProgressNumber = ProgressNumber(2);
    pub const SCANNED_PAGES: ProgressNumber = ProgressNumber(3);
    pub const VACUUMED_PAGES: ProgressNumber = ProgressNumber(4);
    pub const INDEX_PASSES: ProgressNumber = ProgressNumber(5);
    pub const MOST_DEAD_BYTES: ProgressNumber = ProgressNumber(6);
    const DEAD_BYTES: ProgressNumber = ProgressNumber(7);
    const DEAD_ROWS: ProgressNumber = ProgressNumber(8);

    pub fn show_dead(dead: &super::DeadRows) {
        DEAD_BYTES.set((dead.len() * TupleId::SIZE) as u64);
        DEAD_ROWS.set(dead.len() as u64);
    }
}

/// Vacuums a table. The caller holds SHARE UPDATE EXCLUSIVE.
/// # Errors
/// Those of reading and writing, of the hooks, and 57014.
pub fn vacuum(
    access: Access<'_>,
    relation: &StoredRelation,
    options: VacuumOptions,
    hooks: &mut dyn VacuumHooks,
) -> Result<VacuumReport> {
    let oldest = access.session.system().oldest_visible(visible_database(relation));
    let ring = BufferRing::new(access.pool, RingKind::Vacuum);
    let mut vacuum =
        Vacuum { access, relation, oldest, ring, dead: DeadRows::default(), report: VacuumReport::default() };
    let blocks = access.pool.blocks(relation.file, ForkNumber::Main)?;
    vacuum.report.pages = blocks;
    let mut was_skipped = false;
    progress::PHASE.set(progress::SCANNING_HEAP);
    progress::PAGES.set(blocks.into());
    progress::MOST_DEAD_BYTES.set((options.max_dead * TupleId::SIZE) as u64);
    for block in (0..blocks).map(BlockNumber) {
        system::interrupt::check()?;
        progress::SCANNED_PAGES.set(block.0.into());
        progress::show_dead(&vacuum.dead);
        was_skipped = !options.all_pages && vacuum.can_skip(block, blocks, was_skipped)?;
        if was_skipped {
            vacuum.report.all_visible_pages += 1;
            continue;
        }
        vacuum.first_pass(block, hooks.has_indexes())?;
        hooks.pause()?;
        if vacuum.dead.len() >= options.max_dead {
            vacuum.finish_round(hooks)?;
        }
    }
    progress::SCANNED_PAGES.set(blocks.into());
    if !vacuum.dead.is_empty() {
        vacuum.finish_round(hooks)?;
    }
    free_space::publish(access.pool, relation)?;
    if options.truncate
        && blocks - vacuum.end_of_use(blocks, blocks.saturating_sub(LEAST_TAIL))? >= LEAST_TAIL
    {
        progress::PHASE.set(progress::TRUNCATING_HEAP);
        vacuum.truncate(blocks, hooks)?;
    }
    progress::PHASE.set(progress::FINAL_CLEANUP);
    Ok(vacuum.report)
}

struct Vacuum<'a> {
    access: Access<'a>,
    relation: &'a StoredRelation,
    oldest: TransactionId,
    ring: BufferRing,
    dead: DeadRows,
    report: VacuumReport,
}

impl Vacuum<'_> {
    /// All-visible pages are skipped where many are together. The first page is looked at in any case: its rows stand for those of
    /// others when nobody has counted them yet.
    fn can_skip(&self, block: BlockNumber, blocks: u32, goes_on: bool) -> Result<bool> {
        let is_visible =
            |block: u32| free_space::is_all_visible(self.access.pool, self.relation, BlockNumber(block));
        if block.0 == 0 || !is_visible(block.0)? {
            return Ok(false);
        }
        if goes_on {
            return Ok(true);
        }
        let end = block.0 + LEAST_SKIP;
        for next in block.0 + 1..end {
            if next >= blocks || !is_visible(next)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Prunes a page and collects its dead line pointers.
    fn first_pass(&mut self, block: BlockNumber, has_indexes: bool) -> Result<()> {
        let pin =
            self.access.pool.read(self.relation.file, ForkNumber::Main, block, Strategy::Ring(&self.ring))?;
        self.report.scanned_pages += 1;
        let mut page = pin.cleanup()?;
        if page.page().is_new() {
            free_space::record(self.access.pool, self.relation, block, crate::MAX_ROW_SIZE)?;
            return Ok(());
        }
        self.report.removed_rows += prune(self.access, self.relation, &mut page, self.oldest)? as u64;
        if !has_indexes {
            // Nothing points to dead line pointers: they can go at once.
            let dead: Vec<OffsetNumber> =
                page.page().offsets().filter(|offset| page.page().line(*offset).is_dead()).collect();
            if !dead.is_empty() {
                let pruned = Pruned { unused: dead, ..Pruned::default() };
                let hint = page.page().prune_xid_offset();
                log_pruned(self.access, self.relation, &mut page, &pruned, hint)?;
            }
        }
        let (has_dead, all_visible) = self.count(&page)?;
        let room = page.page().free_space();
        if all_visible && !has_dead {
            self.mark_visible(page)?;
        } else {
            drop(page);
        }
        free_space::record(self.access.pool, self.relation, block, room)
    }

    /// Whether dead line pointers are on the page, and whether everybody sees all of it.
    fn count(&mut self, page: &ExclusivePage) -> Result<(bool, bool)> {
        let view = page.page();
        let (mut has_dead, mut all_visible) = (false, true);
        // Pruning came before, and wrote what there was to find.
        let mut findings = Findings::default();
        for offset in view.offsets() {
            let line = view.line(offset);
            if line.is_dead() {
                self.dead.0.push(TupleId::new(page.block(), offset));
                has_dead = true;
            }
            let Some(row) = Row::at(view, offset)? else { continue };
            match fate(self.access.session, &row, offset, self.oldest, &mut findings)? {
                Fate::Live => {
                    self.report.live_rows += 1;
                    // Locks do not matter: an all-visible page may hold locked rows.
                    all_visible &= row.is_frozen() || row.xmin() < self.oldest;
                }
                Fate::RecentlyDead(_) => {
                    self.report.recently_dead_rows += 1;
                    all_visible = false;
                }
                Fate::InProgress | Fate::Dead => {
                    self.report.live_rows += 1;
                    all_visible = false;
                }
            }
        }
        Ok((has_dead, all_visible))
    }

    fn mark_visible(&mut self, mut page: ExclusivePage) -> Result<()> {
        if !page.page().has(PageFlags::ALL_VISIBLE)
            || !free_space::is_all_visible(self.access.pool, self.relation, page.block())?
        {
            free_space::set_visible(self.access, self.relation, &mut page)?;
        }
        self.report.all_visible_pages += 1;
        Ok(())
    }

    /// Has the indexes cleaned and makes the dead line pointers unused.
    fn finish_round(&mut self, hooks: &mut dyn VacuumHooks) -> Result<()> {
        progress::PHASE.set(progress::VACUUMING_INDEXES);
        progress::show_dead(&self.dead);
        hooks.clean_indexes(&self.dead)?;
        self.report.index_passes += 1;
        progress::INDEX_PASSES.set(self.report.index_passes.into());
        progress::PHASE.set(progress::VACUUMING_HEAP);
        let dead = std::mem::take(&mut self.dead.0);
        for same_page in dead.chunk_by(|a, b| a.block == b.block) {
            system::interrupt::check()?;
            hooks.pause()?;
            let block = same_page[0].block;
            progress::VACUUMED_PAGES.add(1);
            let pin = self.access.pool.read(
                self.relation.file,
                ForkNumber::Main,
                block,
                Strategy::Ring(&self.ring),
            )?;
            let mut page = pin.cleanup()?;
            let unused = same_page.iter().map(|address| address.offset).collect();
            let pruned = Pruned { unused, ..Pruned::default() };
            let hint = page.page().prune_xid_offset();
            log_pruned(self.access, self.relation, &mut page, &pruned, hint)?;
            let (has_dead, all_visible) = Vacuum {
                ring: BufferRing::new(self.access.pool, RingKind::Vacuum),
                dead: DeadRows::default(),
                report: VacuumReport::default(),
                ..*self
            }
            .count(&page)?;
            let room = page.page().free_space();
            if all_visible && !has_dead {
                self.mark_visible(page)?;
            } else {
                drop(page);
            }
            free_space::record(self.access.pool, self.relation, block, room)?;
        }
        progress::PHASE.set(progress::SCANNING_HEAP);
        Ok(())
    }

    /// The number of pages up to the last before `end` that has anything on it, or `least` if none from there on has.
    fn end_of_use(&self, mut end: u32, least: u32) -> Result<u32> {
        let strategy = Strategy::Ring(&self.ring);
        while end > least {
            system::interrupt::check()?;
            let block = BlockNumber(end - 1);
            let pin = self.access.pool.read(self.relation.file, ForkNumber::Main, block, strategy)?;
            let page = pin.share();
            let view = page.page();
            if !view.is_new() && view.offsets().any(|offset| !view.line(offset).is_unused()) {
                break;
            }
            end -= 1;
        }
        Ok(end)
    }

    /// Cuts empty pages off the end, if nobody uses the table just now.
    fn truncate(&mut self, blocks: u32, hooks: &mut dyn VacuumHooks) -> Result<()> {
        let session = self.access.session;
        let tag = self.relation.lock_tag();
        let scope = Scope::Transaction { level: session.level() };
        if session.locks().acquire(tag, LockMode::AccessExclusive, scope, Wait::No)? == Outcome::NotAvailable
        {
            return Ok(());
        }
        let pool = self.access.pool;
        let mut end = pool.blocks(self.relation.file, ForkNumber::Main)?;
        if end == blocks {
            end = self.end_of_use(end, 0)?;
            if end < blocks {
                hooks.truncate(end)?;
                self.report.removed_pages = blocks - end;
            }
        }
        session.locks().release(tag, LockMode::AccessExclusive, false);
        Ok(())
    }
}
