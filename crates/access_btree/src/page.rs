//! How a B-tree page is laid out.
//!
//! ```text
//! page header | line pointers | ... free ... | items | special (16): left (4), right (4), level (2), flags (2), unused (4)
//! ```
//! Block 0 is the meta page: its special space holds the root in place of `left` and the root's level. On every page that has a
//! right neighbour, line pointer 1 is the *high key*: no entry of the page, and none of its children, is greater.

use common::{BlockNumber, OffsetNumber};
use error::{Error, Result};
use storage_buffer::ExclusivePage;
use storage_page::PageRef;

pub(crate) const SPECIAL_SIZE: usize = 16;
pub(crate) const META_BLOCK: BlockNumber = BlockNumber(0);

pub(crate) mod flags {
    pub const LEAF: u16 = 1;
    pub const ROOT: u16 = 2;
    /// The parent does not know the right neighbour yet.
    pub const INCOMPLETE_SPLIT: u16 = 4;
    pub const META: u16 = 8;
    /// Out of the tree; whoever comes by goes right.
    pub const DELETED: u16 = 16;
    /// Out of the tree and known to nobody.
    pub const FREE: u16 = 32;
    /// On the meta page: a vacuum goes through the file.
    pub const VACUUMING: u16 = 64;
}

/// The special space of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Links {
    /// The left neighbour, 0 for none; on the meta page the root.
    pub left: BlockNumber,
    /// The right neighbour, 0 for none.
    pub right: BlockNumber,
    /// 0 for leaves.
    pub level: u16,
    pub flags: u16,
}

impl Links {
    /// # Errors
    /// XX001 when the page is none of a B-tree.
    pub fn of(page: PageRef<'_>) -> Result<Links> {
        let special = page.special();
        if page.is_new() || special.len() != SPECIAL_SIZE {
            return Err(Error::corrupted("page of a B-tree index is damaged"));
        }
        let u32_at =
            |at: usize| u32::from_le_bytes([special[at], special[at + 1], special[at + 2], special[at + 3]]);
        let u16_at = |at: usize| u16::from_le_bytes([special[at], special[at + 1]]);
        Ok(Links {
            left: BlockNumber(u32_at(0)),
            right: BlockNumber(u32_at(4)),
            level: u16_at(8),
            flags: u16_at(10),
        })
    }

    pub fn store(&self, page: &mut ExclusivePage) {
        let mut edit = page.page_mut();
        let special = edit.special_mut();
        special[..4].copy_from_slice(&self.left.0.to_le_bytes());
        special[4..8].copy_from_slice(&self.right.0.to_le_bytes());
        special[8..10].copy_from_slice(&self.level.to_le_bytes());
        special[10..12].copy_from_slice(&self.flags.to_le_bytes());
    }

    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    pub fn is_leaf(&self) -> bool {
        self.has(flags::LEAF)
    }

    pub fn is_rightmost(&self) -> bool {
        self.right == META_BLOCK
    }

    /// The first line pointer that is an entry rather than the high key.
    pub fn first_entry(&self) -> OffsetNumber {
        OffsetNumber(if self.is_rightmost() { 1 } else { 2 })
    }
}

/// Makes a page an empty one of a B-tree.
pub(crate) fn initialize(page: &mut ExclusivePage, links: Links) {
    page.page_mut().initialize(SPECIAL_SIZE);
    links.store(page);
}

/// The bytes of a line pointer that must be there.
pub(crate) fn item(page: PageRef<'_>, offset: OffsetNumber) -> Result<&[u8]> {
    page.item(offset).ok_or_else(|| Error::corrupted(format!("index entry {} is missing", offset.0)))
}
