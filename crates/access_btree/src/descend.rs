//! From the root to a leaf.
//!
//! One page is locked at a time. A page that was split since its number was read is recognised by its high key: what is
//! searched for is then further right.

use std::cell::RefCell;
use std::cmp::Ordering;

use access_api::{Access, IndexDescription};
use common::{BlockNumber, ForkNumber, OffsetNumber, RelationFile};
use error::{Error, Result};
use storage_buffer::{ExclusivePage, Pin, SharedPage, Strategy};
use storage_page::PageRef;
use types::Value;

use crate::entry::{Tie, bound_of, child_of, compare};
use crate::page::{Links, META_BLOCK, flags, item};

/// What is searched for: the first columns of a key.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub values: &'a [Value],
    pub tie: Tie,
}

/// Pages passed on the way down, root first; a hint for finding parents.
pub(crate) type Path = Vec<BlockNumber>;

thread_local! {
    /// Roots seen last, as a shortcut past the meta page. A root that was split still leads everywhere.
    static ROOTS: RefCell<Vec<(RelationFile, BlockNumber)>> = const { RefCell::new(Vec::new()) };
}
const REMEMBERED_ROOTS: usize = 32;

pub(crate) fn read(access: Access<'_>, index: &IndexDescription, block: BlockNumber) -> Result<Pin> {
    access.pool.read(index.relation.file, ForkNumber::Main, block, Strategy::Normal)
}

/// The root's block, from the meta page; `None` while the tree is empty.
pub(crate) fn root(access: Access<'_>, index: &IndexDescription) -> Result<Option<BlockNumber>> {
    let page = read(access, index, META_BLOCK)?.share();
    let links = Links::of(page.page())?;
    if !links.has(flags::META) {
        return Err(Error::corrupted(format!("index \"{}\" is not a btree", index.name)));
    }
    Ok((links.left != META_BLOCK).then_some(links.left))
}

/// The root.
fn start(access: Access<'_>, index: &IndexDescription) -> Result<Option<Pin>> {
    let file = index.relation.file;
    let known =
        ROOTS.with_borrow(|roots| roots.iter().find(|(other, _)| *other == file).map(|(_, root)| *root));
    if let Some(block) = known
        && block.0 < access.pool.blocks(file, ForkNumber::Main)?
    {
        let pin = read(access, index, block)?;
        if Links::of(pin.share().page()).is_ok_and(|links| links.has(flags::ROOT)) {
            return Ok(Some(pin));
        }
    }
    let root = root(access, index)?;
    ROOTS.with_borrow_mut(|roots| {
        roots.retain(|(other, _)| *other != file);
        roots.truncate(REMEMBERED_ROOTS - 1);
        roots.extend(root.map(|root| (file, root)));
    });
    root.map(|block| read(access, index, block)).transpose()
}

/// Whether what is searched for lies right of the page.
pub(crate) fn is_beyond(
    index: &IndexDescription,
    search: Search<'_>,
    page: PageRef<'_>,
    links: &Links,
) -> Result<bool> {
    if links.is_rightmost() {
        return Ok(false);
    }
    if links.has(flags::DELETED) {
        return Ok(true);
    }
    let high_key = item(page, OffsetNumber::FIRST)?;
    Ok(compare(index, search.values, search.tie, high_key)? == Ordering::Greater)
}

/// The first line pointer whose entry is not smaller than what is searched for; one behind the last if there is none.
pub(crate) fn position(
    index: &IndexDescription,
    search: Search<'_>,
    page: PageRef<'_>,
    links: &Links,
) -> Result<OffsetNumber> {
    let (mut low, mut high) = (links.first_entry().0, page.item_count() + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let entry = item(page, OffsetNumber(middle))?;
        let entry = if links.is_leaf() { entry } else { bound_of(entry)? };
        if compare(index, search.values, search.tie, entry)? == Ordering::Greater {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(OffsetNumber(low))
}

/// The child to go to, on a page above the leaves: that of the last entry smaller than what is searched for.
fn child(
    index: &IndexDescription,
    search: Search<'_>,
    page: PageRef<'_>,
    links: &Links,
) -> Result<BlockNumber> {
    let behind = position(index, search, page, links)?;
    let at = OffsetNumber((behind.0 - 1).max(links.first_entry().0));
    child_of(item(page, at)?)
}

/// The leaf where what is searched for belongs, locked for reading. `None` when the tree is empty.
pub(crate) fn leaf(
    access: Access<'_>,
    index: &IndexDescription,
    search: Search<'_>,
) -> Result<Option<SharedPage>> {
    let Some(mut pin) = start(access, index)? else { return Ok(None) };
    loop {
        let page = pin.share();
        let links = Links::of(page.page())?;
        let next = if is_beyond(index, search, page.page(), &links)? {
            links.right
        } else if links.is_leaf() {
            return Ok(Some(page));
        } else {
            child(index, search, page.page(), &links)?
        };
        drop(page);
        pin = read(access, index, next)?;
    }
}

/// The page of `level` where what is searched for belongs, locked for writing, and the path to it. Splits that were not
/// finished are finished on the way by the caller, who sees their mark on the page that is returned.
pub(crate) fn page_for_writing(
    access: Access<'_>,
    index: &IndexDescription,
    search: Search<'_>,
    level: u16,
) -> Result<Option<(ExclusivePage, Path)>> {
    let Some(mut pin) = start(access, index)? else { return Ok(None) };
    let mut path = Path::new();
    loop {
        let page = pin.share();
        let links = Links::of(page.page())?;
        if links.level < level {
            // The remembered root is below: the tree has grown since.
            ROOTS.with_borrow_mut(|roots| roots.retain(|(file, _)| *file != index.relation.file));
            return Ok(None);
        }
        if links.level == level {
            drop(page);
            let page = move_right(access, index, search, pin.exclusive())?;
            return Ok(Some((page, path)));
        }
        let next = if is_beyond(index, search, page.page(), &links)? {
            links.right
        } else {
            path.push(pin.block());
            child(index, search, page.page(), &links)?
        };
        drop(page);
        pin = read(access, index, next)?;
    }
}

/// From a locked page to the one on its right, as often as needed.
pub(crate) fn move_right(
    access: Access<'_>,
    index: &IndexDescription,
    search: Search<'_>,
    mut page: ExclusivePage,
) -> Result<ExclusivePage> {
    loop {
        let links = Links::of(page.page())?;
        if links.has(flags::INCOMPLETE_SPLIT) {
            page = crate::split::finish(access, index, page)?;
        }
        let links = Links::of(page.page())?;
        if !is_beyond(index, search, page.page(), &links)? {
            return Ok(page);
        }
        let right = read(access, index, links.right)?;
        // Left before right: the order in which all lock neighbours.
        let next = right.exclusive();
        page = next;
    }
}

/// The leftmost or rightmost leaf. `None` when the tree is empty.
pub(crate) fn edge_leaf(
    access: Access<'_>,
    index: &IndexDescription,
    rightmost: bool,
) -> Result<Option<SharedPage>> {
    let Some(mut pin) = start(access, index)? else { return Ok(None) };
    loop {
        let page = pin.share();
        let links = Links::of(page.page())?;
        let next = if rightmost && !links.is_rightmost() {
            links.right
        } else if links.is_leaf() {
            return Ok(Some(page));
        } else {
            let at = if rightmost { OffsetNumber(page.page().item_count()) } else { links.first_entry() };
            child_of(item(page.page(), at)?)?
        };
        drop(page);
        pin = read(access, index, next)?;
    }
}
