//! Finding a heap page with room.

use common::{BlockNumber, ForkNumber, RelationFile};
use error::Result;
use storage_buffer::{BufferPool, ExclusivePage, Pin, Strategy};
use storage_page::PageMut;

use crate::tree_page::{self, LEAVES};

const FORK: ForkNumber = ForkNumber::FreeSpaceMap;
/// Free bytes per step of a leaf.
const UNIT: usize = 32;
const F: u32 = LEAVES as u32;

/// The free space map of one relation.
#[derive(Clone, Copy)]
pub struct FreeSpaceMap {
    pool: &'static BufferPool,
    file: RelationFile,
}

/// A map page: 0 is the lowest level, 2 the root's.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Node {
    level: u32,
    number: u32,
}

const ROOT: Node = Node { level: 2, number: 0 };

impl Node {
    fn block(self) -> BlockNumber {
        BlockNumber(match self.level {
            2 => 0,
            1 => 1 + self.number * (F + 1),
            _ => 1 + self.number / F * (F + 1) + 1 + self.number % F,
        })
    }

    fn of_heap(heap: BlockNumber) -> (Node, usize) {
        (Node { level: 0, number: heap.0 / F }, (heap.0 % F) as usize)
    }

    fn parent(self) -> Option<(Node, usize)> {
        let parent = Node { level: self.level + 1, number: self.number / F };
        (self.level < 2).then_some((parent, (self.number % F) as usize))
    }

    /// Below it, at this leaf.
    fn child(self, leaf: usize) -> Node {
        Node { level: self.level - 1, number: self.number * F + leaf as u32 }
    }
}

impl FreeSpaceMap {
    pub fn new(pool: &'static BufferPool, file: RelationFile) -> FreeSpaceMap {
        FreeSpaceMap { pool, file }
    }

    /// A heap page that should have `bytes` of room. Rule 1: look, and record what you find if it has not.
    ///
    /// The page may lie behind the heap's end after a crash: then record 0 for it.
    pub fn find(&self, bytes: usize) -> Result<Option<BlockNumber>> {
        let wanted = bytes.div_ceil(UNIT);
        if wanted > u8::MAX as usize {
            return Ok(None);
        }
        let wanted = wanted.max(1) as u8;
        let spread = std::process::id().wrapping_mul(0x9E37_79B9);
        // Each broken promise is corrected, so a few tries suffice unless others break more.
        for _ in 0..100 {
            let mut node = ROOT;
            loop {
                let Some(pin) = self.existing(node)? else {
                    if node != ROOT {
                        self.raise(node, 0)?;
                        break;
                    }
                    return Ok(None);
                };
                let page = pin.share();
                let found = tree_page::find(page.bytes(), wanted, spread);
                let promised = tree_page::maximum(page.bytes());
                drop(page);
                match found {
                    Some(leaf) if node.level == 0 => {
                        return Ok(Some(BlockNumber(node.number * F + leaf as u32)));
                    }
                    Some(leaf) => node = node.child(leaf),
                    None if promised >= wanted => {
                        self.change(&mut pin.exclusive(), tree_page::rebuild)?;
                        break;
                    }
                    None if node == ROOT => return Ok(None),
                    None => {
                        self.raise(node, promised)?;
                        break;
                    }
                }
            }
        }
        Ok(None)
    }

    /// Notes how much room a heap page has.
    pub fn record(&self, heap: BlockNumber, bytes: usize) -> Result<()> {
        let value = (bytes / UNIT).min(u8::MAX as usize) as u8;
        let (node, leaf) = Node::of_heap(heap);
        self.set(node, leaf, value)
    }

    /// Records what a page turned out to have, and finds another.
    pub fn record_and_find(
        &self,
        heap: BlockNumber,
        has: usize,
        wanted: usize,
    ) -> Result<Option<BlockNumber>> {
        self.record(heap, has)?;
        self.find(wanted)
    }

    /// The room noted for a heap page, rounded down.
    pub fn get(&self, heap: BlockNumber) -> Result<usize> {
        let (node, leaf) = Node::of_heap(heap);
        match self.existing(node)? {
            Some(pin) => Ok(tree_page::leaf(pin.share().bytes(), leaf) as usize * UNIT),
            None => Ok(0),
        }
    }

    /// The heap was cut to `heap_blocks`: forgets pages beyond.
    pub fn truncate(&self, heap_blocks: u32) -> Result<()> {
        let Some(blocks) = self.blocks()? else { return Ok(()) };
        let (node, leaf) = Node::of_heap(BlockNumber(heap_blocks));
        if node.block().0 < blocks
            && let Some(pin) = self.existing(node)?
        {
            let mut page = pin.exclusive();
            self.change(&mut page, |page| tree_page::clear_from(page, leaf))?;
            let left = tree_page::maximum(page.bytes());
            drop((page, pin));
            self.raise(node, left)?;
        }
        if node.block().0 + 1 < blocks {
            self.pool.truncate(self.file, FORK, node.block().0 + 1)?;
        }
        Ok(())
    }

    /// Makes the upper levels agree with the lower ones; after a vacuum.
    pub fn vacuum(&self, heap_blocks: u32) -> Result<()> {
        for number in 0..heap_blocks.div_ceil(F) {
            let node = Node { level: 0, number };
            let Some(pin) = self.existing(node)? else { continue };
            let mut page = pin.exclusive();
            self.change(&mut page, tree_page::rebuild)?;
            let maximum = tree_page::maximum(page.bytes());
            drop((page, pin));
            self.raise(node, maximum)?;
        }
        Ok(())
    }

    /// Tells the level above what a map page has at most.
    fn raise(&self, node: Node, maximum: u8) -> Result<()> {
        match node.parent() {
            Some((parent, leaf)) => self.set(parent, leaf, maximum),
            None => Ok(()),
        }
    }

    fn set(&self, node: Node, leaf: usize, value: u8) -> Result<()> {
        let pin = self.pin(node)?;
        if tree_page::leaf(pin.share().bytes(), leaf) == value {
            return Ok(());
        }
        let mut page = pin.exclusive();
        let before = tree_page::maximum(page.bytes());
        self.change(&mut page, |page| {
            tree_page::set(page, leaf, value);
        })?;
        let after = tree_page::maximum(page.bytes());
        drop((page, pin));
        if before == after { Ok(()) } else { self.raise(node, after) }
    }

    /// Rule 1: not logged; the page's LSN stays zero.
    fn change(&self, page: &mut ExclusivePage, change: impl FnOnce(&mut PageMut<'_>)) -> Result<()> {
        page.change_unlogged(change);
        Ok(())
    }

    fn blocks(&self) -> Result<Option<u32>> {
        if self.pool.exists(self.file, FORK)? {
            self.pool.blocks(self.file, FORK).map(Some)
        } else {
            Ok(None)
        }
    }

    fn existing(&self, node: Node) -> Result<Option<Pin>> {
        match self.blocks()? {
            Some(blocks) if node.block().0 < blocks => {
                self.pool.read_or_zero(self.file, FORK, node.block(), Strategy::Normal).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn pin(&self, node: Node) -> Result<Pin> {
        if self.blocks()?.is_none() {
            self.pool.create(self.file, FORK)?;
        }
        loop {
            if let Some(pin) = self.existing(node)? {
                return Ok(pin);
            }
            let missing = node.block().0 + 1 - self.pool.blocks(self.file, FORK)?.min(node.block().0);
            self.pool.extend(self.file, FORK, missing, Strategy::Normal)?;
        }
    }
}
