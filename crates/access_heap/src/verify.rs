//! Verification: whether the pages of a table are what the other files of this crate rely on.

use std::collections::HashSet;

use access_api::{Access, StoredRelation};
use common::{BlockNumber, ForkNumber, OffsetNumber, TransactionId, TupleId};
use error::Result;
use storage_buffer::Strategy;
use storage_page::{PageFlags, PageRef};
use tuple::{Decoder, HEADER_SIZE, RowLayout, infomask};
use types::Column;

use crate::free_space;
use crate::row::Row;
use crate::scan::chain_roots;
use crate::visibility::{Findings, Presence, presence};

/// Something that is wrong with a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    pub block: BlockNumber,
    /// `None` for the page as a whole.
    pub offset: Option<OffsetNumber>,
    pub text: String,
}

/// Looks at every page and row; others may write meanwhile.
/// # Errors
/// Those of reading, and 57014.
pub fn verify(access: Access<'_>, relation: &StoredRelation, layout: &RowLayout) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let wanted: Vec<usize> =
        (0..layout.attributes.len()).filter(|at| !layout.attributes[*at].dropped).collect();
    let decoder = Decoder::new(layout.clone(), &wanted);
    let mut columns: Vec<Column> =
        wanted.iter().map(|at| Column::new(layout.attributes[*at].physical)).collect();
    columns.iter_mut().for_each(|column| column.resize(1));
    let mut check =
        Check { access, decoder, columns, layout, problems: &mut problems, block: BlockNumber(0) };
    for block in 0..access.pool.blocks(relation.file, ForkNumber::Main)? {
        system::interrupt::check()?;
        check.block = BlockNumber(block);
        let pin = access.pool.read(relation.file, ForkNumber::Main, check.block, Strategy::Normal)?;
        let page = pin.share();
        if page.page().is_new() {
            continue;
        }
        let marked = page.page().has(PageFlags::ALL_VISIBLE);
        check.page(page.page(), marked)?;
        // The map is read while the page is locked, as it changes under that lock.
        if !marked && free_space::is_all_visible(access.pool, relation, check.block)? {
            check.problem(None, "page is not marked all-visible, but its bit of the visibility map is set");
        }
    }
    Ok(problems)
}

/// Whether an index may lead to this address: there is a line pointer in use, and no heap-only row at it.
/// # Errors
/// Those of reading.
pub fn is_index_target(access: Access<'_>, relation: &StoredRelation, address: TupleId) -> Result<bool> {
    if address.block.0 >= access.pool.blocks(relation.file, ForkNumber::Main)? {
        return Ok(false);
    }
    let page = access.pool.read(relation.file, ForkNumber::Main, address.block, Strategy::Normal)?.share();
    let view = page.page();
    if view.is_new() || address.offset.0 == 0 || address.offset.0 > view.item_count() {
        return Ok(false);
    }
    if view.line(address.offset).is_unused() {
        return Ok(false);
    }
    Ok(Row::at(view, address.offset)?.is_none_or(|row| !row.is_heap_only()))
}

struct Check<'a> {
    access: Access<'a>,
    decoder: Decoder,
    columns: Vec<Column>,
    layout: &'a RowLayout,
    problems: &'a mut Vec<Problem>,
    block: BlockNumber,
}

impl Check<'_> {
    fn problem(&mut self, offset: Option<OffsetNumber>, text: impl Into<String>) {
        self.problems.push(Problem { block: self.block, offset, text: text.into() });
    }

    fn page(&mut self, view: PageRef<'_>, all_visible: bool) -> Result<()> {
        let mut rows = Vec::new();
        for offset in view.offsets() {
            let line = view.line(offset);
            if let Some(target) = line.redirect_target() {
                let is_right = target.0 >= 1
                    && target.0 <= view.item_count()
                    && Row::at(view, target).is_ok_and(|row| row.is_some_and(|row| row.is_heap_only()));
                if !is_right {
                    let text = format!(
                        "line pointer redirection to item at offset {} that is no heap-only row",
                        target.0
                    );
                    self.problem(Some(offset), text);
                }
            }
            if !line.is_normal() {
                continue;
            }
            match view.bytes_of(line) {
                Some(bytes) if bytes.len() >= HEADER_SIZE => rows.push(offset),
                Some(bytes) => {
                    let text = format!(
                        "line pointer length {} is less than the minimum tuple header size {HEADER_SIZE}",
                        bytes.len()
                    );
                    self.problem(Some(offset), text);
                }
                None => self.problem(Some(offset), "line pointer leads outside of the page's rows"),
            }
        }
        let whole = rows.len() == view.offsets().filter(|offset| view.line(*offset).is_normal()).count();
        for offset in &rows {
            self.row(view, *offset, all_visible)?;
        }
        if whole {
            self.chains(view)?;
        }
        Ok(())
    }

    fn row(&mut self, view: PageRef<'_>, offset: OffsetNumber, all_visible: bool) -> Result<()> {
        let Some(row) = Row::at(view, offset)? else { return Ok(()) };
        let header = row.header();
        let next = self.access.session.system().next_xid();
        let mut numbers = Vec::new();
        if !row.is_frozen() && !row.has(infomask::XMIN_INVALID) {
            numbers.push(("xmin", row.xmin()));
        }
        if !row.has_no_xmax() {
            numbers.push(("xmax", row.xmax()));
        }
        let mut is_sound = true;
        for (name, number) in numbers {
            if number >= next || number < TransactionId::FIRST_NORMAL && number != TransactionId::INVALID {
                self.problem(
                    Some(offset),
                    format!("{name} {} equals or exceeds next valid transaction ID {}", number.0, next.0),
                );
                is_sound = false;
            }
        }
        if header.attribute_count() > self.layout.attributes.len() {
            let text = format!(
                "number of attributes {} exceeds maximum {} expected for table",
                header.attribute_count(),
                self.layout.attributes.len()
            );
            self.problem(Some(offset), text);
            return Ok(());
        }
        let mut pending = Vec::new();
        if let Err(error) = self.decoder.decode(row.bytes, &mut self.columns, 0, &mut pending) {
            self.problem(Some(offset), format!("row cannot be read: {}", error.message()));
        }
        if all_visible
            && is_sound
            && presence(self.access, &row, offset, &mut Findings::default())? != Presence::Present
        {
            self.problem(Some(offset), "row is not visible to everybody, but its page is marked all-visible");
        }
        Ok(())
    }

    /// Every heap-only row that somebody may see is reached from a line pointer that an index may know.
    fn chains(&mut self, view: PageRef<'_>) -> Result<()> {
        let roots = chain_roots(view)?;
        let mut seen = HashSet::new();
        for offset in view.offsets() {
            let Some(row) = Row::at(view, offset)? else { continue };
            let is_root = roots.get(offset.index()) == Some(&offset);
            if !row.is_heap_only() || !is_root || !seen.insert(offset) {
                continue;
            }
            let state = presence(self.access, &row, offset, &mut Findings::default())?;
            if state != Presence::Absent {
                self.problem(Some(offset), "heap-only row is not part of a HOT chain");
            }
        }
        Ok(())
    }
}
