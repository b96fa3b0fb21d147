//! Which heap pages hold only row versions that everybody may see, and which only frozen ones.

use common::{BlockNumber, ForkNumber, PAGE_SIZE, RelationFile};
use error::Result;
use storage_buffer::{BufferPool, Pin, Strategy};
use storage_page::{HEADER_SIZE, PageMut, PageRef};

use crate::tree_page::prepare;

const FORK: ForkNumber = ForkNumber::VisibilityMap;
const HEAP_PAGES_PER_BYTE: u32 = 4;
/// Heap pages that a map page speaks for.
const HEAP_PAGES_PER_PAGE: u32 = (PAGE_SIZE - HEADER_SIZE) as u32 * HEAP_PAGES_PER_BYTE;

/// The bits of a heap page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Visibility(pub u8);

impl Visibility {
    pub const NONE: Visibility = Visibility(0);
    pub const ALL_VISIBLE: Visibility = Visibility(1);
    /// Rule 5: includes "visible".
    pub const ALL_FROZEN: Visibility = Visibility(3);

    pub fn is_all_visible(self) -> bool {
        self.0 & 1 != 0
    }

    pub fn is_all_frozen(self) -> bool {
        self.0 & 2 != 0
    }
}

/// The visibility map of one relation.
#[derive(Clone, Copy)]
pub struct VisibilityMap {
    pool: &'static BufferPool,
    file: RelationFile,
}

impl VisibilityMap {
    pub fn new(pool: &'static BufferPool, file: RelationFile) -> VisibilityMap {
        VisibilityMap { pool, file }
    }

    /// The bits of a heap page; `pin` keeps the map page from call to call.
    pub fn get(&self, heap: BlockNumber, pin: &mut Option<Pin>) -> Result<Visibility> {
        let block = Self::map_block(heap);
        if pin.as_ref().is_none_or(|pin| pin.block() != block) {
            *pin = None;
            if !self.pool.exists(self.file, FORK)? || block.0 >= self.pool.blocks(self.file, FORK)? {
                return Ok(Visibility::NONE);
            }
            *pin = Some(self.pool.read_or_zero(self.file, FORK, block, Strategy::Normal)?);
        }
        Ok(pin.as_ref().map_or(Visibility::NONE, |pin| Self::bits(pin.share().page(), heap)))
    }

    /// Pins the map page of a heap page, growing the map if need be. Rule 3: before the heap page is locked.
    pub fn pin(&self, heap: BlockNumber) -> Result<Pin> {
        let block = Self::map_block(heap);
        if !self.pool.exists(self.file, FORK)? {
            self.pool.create(self.file, FORK)?;
        }
        loop {
            let blocks = self.pool.blocks(self.file, FORK)?;
            if block.0 < blocks {
                return self.pool.read_or_zero(self.file, FORK, block, Strategy::Normal);
            }
            self.pool.extend(self.file, FORK, block.0 + 1 - blocks, Strategy::Normal)?;
        }
    }

    /// The map page that speaks for a heap page.
    pub fn map_block(heap: BlockNumber) -> BlockNumber {
        BlockNumber(heap.0 / HEAP_PAGES_PER_PAGE)
    }

    /// The bits in a map page.
    pub fn bits(page: PageRef<'_>, heap: BlockNumber) -> Visibility {
        let (byte, shift) = Self::place(heap);
        Visibility(page.bytes()[byte] >> shift & 3)
    }

    /// Sets bits in a map page; also what redo does. The caller logs the page with the heap's record.
    pub fn set(page: &mut PageMut<'_>, heap: BlockNumber, bits: Visibility) {
        prepare(page);
        let (byte, shift) = Self::place(heap);
        page.bytes_mut()[byte] |= bits.0 << shift;
    }

    /// Clears both bits in a map page; also what redo does. The caller logs the page with the heap's record.
    pub fn clear(page: &mut PageMut<'_>, heap: BlockNumber) {
        prepare(page);
        let (byte, shift) = Self::place(heap);
        page.bytes_mut()[byte] &= !(3 << shift);
    }

    /// How many heap pages are all visible, and how many of them all frozen.
    pub fn count(&self) -> Result<(u32, u32)> {
        let (mut visible, mut frozen) = (0, 0);
        if self.pool.exists(self.file, FORK)? {
            for block in 0..self.pool.blocks(self.file, FORK)? {
                system::interrupt::check()?;
                let pin = self.pool.read_or_zero(self.file, FORK, BlockNumber(block), Strategy::Normal)?;
                let page = pin.share();
                for byte in &page.bytes()[HEADER_SIZE..] {
                    visible += (byte & 0x55).count_ones();
                    frozen += (byte & 0xAA).count_ones();
                }
            }
        }
        Ok((visible, frozen))
    }

    /// The heap was, or will be, cut to `heap_blocks`: forgets pages beyond. Logged by the record of the cut, whose redo calls this too.
    pub fn truncate(&self, heap_blocks: u32) -> Result<()> {
        if !self.pool.exists(self.file, FORK)? {
            return Ok(());
        }
        let first = BlockNumber(heap_blocks);
        let block = Self::map_block(first);
        if block.0 < self.pool.blocks(self.file, FORK)? {
            let mut page = self.pool.read_or_zero(self.file, FORK, block, Strategy::Normal)?.exclusive();
            let (byte, shift) = Self::place(first);
            let kept = page.page();
            if !kept.is_new()
                && (kept.bytes()[byte] >> shift != 0
                    || kept.bytes()[byte + 1..].iter().any(|byte| *byte != 0))
            {
                let clear = |page: &mut PageMut<'_>| {
                    page.bytes_mut()[byte] &= !(0xFF << shift);
                    page.bytes_mut()[byte + 1..].fill(0);
                };
                page.change_unlogged(clear);
            }
            drop(page);
            self.pool.truncate(self.file, FORK, block.0 + 1)?;
        }
        Ok(())
    }

    /// Byte within the page, and bit within the byte.
    fn place(heap: BlockNumber) -> (usize, u32) {
        let inside = heap.0 % HEAP_PAGES_PER_PAGE;
        (HEADER_SIZE + (inside / HEAP_PAGES_PER_BYTE) as usize, inside % HEAP_PAGES_PER_BYTE * 2)
    }
}
