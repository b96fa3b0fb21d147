//! Making a new index: an empty one, or one filled from sorted entries, level by level from the leaves up.

use access_api::{Access, IndexDescription};
use common::{BlockNumber, ForkNumber};
use error::{Error, Result};
use shared_memory::critical;
use storage_buffer::{ExclusivePage, Strategy};

use crate::entry::{Key, bound_of, child_item, leaf_item, lowest_item};
use crate::page::{Links, META_BLOCK, SPECIAL_SIZE, flags, initialize};
use crate::split::{log_images, set_root};

/// How full pages are made, in percent.
const LEAF_FILL: usize = 90;
const UPPER_FILL: usize = 70;
/// The most pages by which the file grows at once.
const MAX_GROWTH: u32 = 64;

/// Makes the meta page of an empty index, whose file exists and is empty.
/// # Errors
/// Those of writing.
pub fn create(access: Access<'_>, index: &IndexDescription) -> Result<()> {
    let mut meta = access.pool.extend(index.relation.file, ForkNumber::Main, 1, Strategy::Normal)?;
    critical::section(|| {
        let none = META_BLOCK;
        initialize(&mut meta, Links { left: none, right: none, level: 0, flags: flags::META });
        log_images(access, index, &mut [&mut meta])
    })
}

/// A page under construction at one level. It is logged when it is full and its right neighbour is known.
struct Level {
    page: ExclusivePage,
    /// Items, high key not among them.
    items: Vec<Vec<u8>>,
    size: usize,
    left: BlockNumber,
}

/// Fills an index from entries that come in order.
pub struct Builder<'a> {
    access: Access<'a>,
    index: &'a IndexDescription,
    levels: Vec<Level>,
    /// Pages that the file has and nobody uses yet.
    ahead: std::ops::Range<u32>,
}

impl<'a> Builder<'a> {
    /// The index is as [`create`] left it.
    pub fn new(access: Access<'a>, index: &'a IndexDescription) -> Builder<'a> {
        Builder { access, index, levels: Vec::new(), ahead: 0..0 }
    }

    /// Adds the next entry, which is greater than all before.
    /// # Errors
    /// 54000 for a key that is too long, those of writing, 57014.
    pub fn add(&mut self, key: &Key) -> Result<()> {
        let item = leaf_item(self.index, key)?;
        self.add_at(0, item)
    }

    /// The next page of the file, which doubles up to a limit when there is none: growing costs system calls.
    fn new_page(&mut self) -> Result<ExclusivePage> {
        let (pool, file) = (self.access.pool, self.index.relation.file);
        if let Some(block) = self.ahead.next() {
            let page = pool.read(file, ForkNumber::Main, BlockNumber(block), Strategy::Normal)?;
            return Ok(page.exclusive());
        }
        let wanted = self.ahead.end.clamp(1, MAX_GROWTH);
        let page = pool.extend(file, ForkNumber::Main, wanted, Strategy::Normal)?;
        self.ahead = page.block().0 + 1..pool.blocks(file, ForkNumber::Main)?;
        Ok(page)
    }

    fn add_at(&mut self, level: usize, item: Vec<u8>) -> Result<()> {
        system::interrupt::check()?;
        if level == self.levels.len() {
            let page = self.new_page()?;
            self.levels.push(Level { page, items: Vec::new(), size: 0, left: BlockNumber(0) });
        }
        let room = common::PAGE_SIZE - storage_page::HEADER_SIZE - SPECIAL_SIZE;
        let fill = if level == 0 { LEAF_FILL } else { UPPER_FILL };
        let size = item.len().next_multiple_of(8) + 4;
        let current = &self.levels[level];
        // The high key comes on top; on the leaves it repeats the last entry.
        let high_key = current.items.last().map_or(0, |last| last.len().next_multiple_of(8) + 4).max(size);
        let is_full = current.size + size > room * fill / 100 || current.size + size + high_key > room;
        if is_full && current.items.len() >= 2 {
            self.finish_page(level, &item)?;
            let item = if level == 0 { item } else { crate::entry::as_lowest(&item)? };
            return self.push(level, item);
        }
        self.push(level, item)
    }

    fn push(&mut self, level: usize, item: Vec<u8>) -> Result<()> {
        let current = &mut self.levels[level];
        current.size += item.len().next_multiple_of(8) + 4;
        current.items.push(item);
        Ok(())
    }

    /// Writes the level's page, starts the next one, and enters that in the parent. `next` is the first item of the new page.
    fn finish_page(&mut self, level: usize, next: &[u8]) -> Result<()> {
        let right = self.new_page()?;
        let right_block = right.block();
        let current = &mut self.levels[level];
        let high_key = match (level, current.items.last()) {
            (0, Some(last)) => last.clone(),
            _ => bound_of(next)?.to_vec(),
        };
        let left_block = current.page.block();
        let fresh = Level { page: right, items: Vec::new(), size: 0, left: left_block };
        let mut finished = std::mem::replace(current, fresh);
        write_page(self.access, self.index, &mut finished, level, right_block, Some(&high_key), 0)?;
        drop(finished);
        if level + 1 == self.levels.len() {
            self.add_at(level + 1, lowest_item(left_block))?;
        }
        self.add_at(level + 1, child_item(right_block, &high_key))
    }

    /// Writes what is left and makes the topmost page the root.
    /// # Errors
    /// Those of writing.
    pub fn finish(mut self) -> Result<()> {
        let count = self.levels.len();
        let Some(top) = count.checked_sub(1) else { return Ok(()) };
        let mut root = BlockNumber(0);
        for (number, level) in self.levels.iter_mut().enumerate() {
            let is_root = if number == top { flags::ROOT } else { 0 };
            root = level.page.block();
            write_page(self.access, self.index, level, number, BlockNumber(0), None, is_root)?;
        }
        self.levels.clear();
        if !self.ahead.is_empty() {
            // Nothing is logged of these pages; those that a crash leaves are empty, and vacuum finds them.
            self.access.pool.truncate(self.index.relation.file, ForkNumber::Main, self.ahead.start)?;
        }
        let mut meta = crate::descend::read(self.access, self.index, META_BLOCK)?.exclusive();
        critical::section(|| {
            set_root(&mut meta, root, top as u16);
            log_images(self.access, self.index, &mut [&mut meta])
        })
    }
}

fn write_page(
    access: Access<'_>,
    index: &IndexDescription,
    level: &mut Level,
    number: usize,
    right: BlockNumber,
    high_key: Option<&[u8]>,
    extra_flags: u16,
) -> Result<()> {
    let leaf = if number == 0 { flags::LEAF } else { 0 };
    let links = Links { left: level.left, right, level: number as u16, flags: leaf | extra_flags };
    let (page, items) = (&mut level.page, &level.items);
    critical::section(|| {
        initialize(page, links);
        for item in high_key.into_iter().chain(items.iter().map(Vec::as_slice)) {
            if page.page_mut().add_item(item).is_none() {
                return Err(Error::internal("index entries do not fit on a new page"));
            }
        }
        log_images(access, index, &mut [page])
    })
}
