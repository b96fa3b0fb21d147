//! Scans: the entries that satisfy the scan keys, in index order or backwards, a page at a time.
//!
//! What is wanted of a page is copied while it is locked, so nothing is held between calls. That is safe because a reader's
//! snapshot cannot see a row that takes the place of one that vacuum removed in the meantime.

use std::cmp::Ordering;

use access_api::{Access, IndexDescription, ScanKey, ScanStrategy};
use common::{BlockNumber, OffsetNumber, RelationFile, TupleId};
use error::{Error, Result};
use storage_buffer::{Pin, SharedPage};
use storage_freespace::VisibilityMap;
use types::Value;

use crate::descend::{Search, edge_leaf, leaf, position, read};
use crate::entry::{Tie, ValueReader, address_of, values_of};
use crate::page::{Links, META_BLOCK, flags, item};

/// An entry that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub address: TupleId,
    /// The values that were asked for.
    pub values: Option<Vec<Value>>,
    /// [`BtreeScan::index_only`]: the row's page held nothing but visible rows while the entry was there.
    pub is_all_visible: bool,
}

/// A scan in one direction.
pub struct BtreeScan {
    keys: Vec<ScanKey>,
    backward: bool,
    values: Wanted,
    heap: Option<Heap>,
    state: State,
    found: Vec<Found>,
    next: usize,
}

/// The values that are wanted of an entry.
enum Wanted {
    None,
    All,
    Columns(Vec<usize>),
}

/// The table that the entries lead to, as far as its visibility map tells.
struct Heap {
    file: RelationFile,
    map_page: Option<Pin>,
}

#[derive(Clone, Copy)]
enum State {
    NotStarted,
    /// The neighbour to be read, and the page that we come from.
    At {
        next: BlockNumber,
        from: BlockNumber,
    },
    Finished,
}

/// What the keys say of an entry.
enum Answer {
    Matches,
    No,
    /// No, and none further on in the direction of the scan will.
    End,
}

impl BtreeScan {
    /// `keys` all have to hold. A key whose value is null never does.
    pub fn new(keys: Vec<ScanKey>, backward: bool, with_values: bool) -> BtreeScan {
        let never = keys.iter().any(|key| {
            key.value.is_null() && !matches!(key.strategy, ScanStrategy::IsNull | ScanStrategy::IsNotNull)
        });
        let state = if never { State::Finished } else { State::NotStarted };
        let values = if with_values { Wanted::All } else { Wanted::None };
        BtreeScan { keys, backward, values, heap: None, state, found: Vec::new(), next: 0 }
    }

    /// A scan that may do without the table: it gives these columns, and tells of which rows the table need not be asked.
    pub fn index_only(
        keys: Vec<ScanKey>,
        backward: bool,
        columns: Vec<usize>,
        table: RelationFile,
    ) -> BtreeScan {
        BtreeScan {
            values: Wanted::Columns(columns),
            heap: Some(Heap { file: table, map_page: None }),
            ..BtreeScan::new(keys, backward, false)
        }
    }

    /// The next entry.
    /// # Errors
    /// XX001 for damaged pages, those of reading, 57014.
    pub fn next(&mut self, access: Access<'_>, index: &IndexDescription) -> Result<Option<Found>> {
        loop {
            if let Some(found) = self.found.get_mut(self.next) {
                self.next += 1;
                return Ok(Some(Found { values: found.values.take(), ..*found }));
            }
            system::interrupt::check()?;
            self.found.clear();
            self.next = 0;
            match self.state {
                State::Finished => return Ok(None),
                State::NotStarted => self.start(access, index)?,
                State::At { next, from } => {
                    let page = if self.backward {
                        left_neighbour(access, index, next, from)?
                    } else {
                        Some(read(access, index, next)?.share())
                    };
                    match page {
                        Some(page) => self.read_page(access, index, &page, None)?,
                        None => self.state = State::Finished,
                    }
                }
            }
        }
    }

    fn start(&mut self, access: Access<'_>, index: &IndexDescription) -> Result<()> {
        let (values, tie) = self.boundary(index);
        let search = Search { values: &values, tie };
        let page = if values.is_empty() {
            edge_leaf(access, index, self.backward)?
        } else {
            leaf(access, index, search)?
        };
        match page {
            Some(page) if values.is_empty() => self.read_page(access, index, &page, None),
            Some(page) => {
                let at = position(index, search, page.page(), &Links::of(page.page())?)?;
                self.read_page(access, index, &page, Some(at))
            }
            None => {
                self.state = State::Finished;
                Ok(())
            }
        }
    }

    /// The values at which the scan starts: equalities on the first columns, and then perhaps an inequality.
    fn boundary(&self, index: &IndexDescription) -> (Vec<Value>, Tie) {
        let mut values = Vec::new();
        let inclusive = if self.backward { Tie::Behind } else { Tie::Before };
        for column in 0..index.key_count {
            let of_column = || self.keys.iter().filter(move |key| key.column == column);
            if let Some(equal) = of_column().find(|key| key.strategy == ScanStrategy::Equal) {
                values.push(equal.value.clone());
                continue;
            }
            if of_column().any(|key| key.strategy == ScanStrategy::IsNull) {
                values.push(Value::Null);
                continue;
            }
            // Ascending scans start at a lower bound, descending ones at an upper bound; a descending column turns that round.
            let wants_lower = self.backward == index.columns[column].descending;
            let bound = of_column().find(|key| match key.strategy {
                ScanStrategy::Greater | ScanStrategy::GreaterEqual => wants_lower,
                ScanStrategy::Less | ScanStrategy::LessEqual => !wants_lower,
                _ => false,
            });
            if let Some(bound) = bound {
                values.push(bound.value.clone());
                let strict = matches!(bound.strategy, ScanStrategy::Greater | ScanStrategy::Less);
                let tie = match (strict, inclusive) {
                    (false, tie) => tie,
                    (true, Tie::Before) => Tie::Behind,
                    (true, _) => Tie::Before,
                };
                return (values, tie);
            }
            break;
        }
        (values, inclusive)
    }

    /// Copies what matches on a page. `start` is the first entry not before the boundary.
    fn read_page(
        &mut self,
        access: Access<'_>,
        index: &IndexDescription,
        page: &SharedPage,
        start: Option<OffsetNumber>,
    ) -> Result<()> {
        let view = page.page();
        let links = Links::of(view)?;
        let neighbour = if self.backward { links.left } else { links.right };
        self.state = if neighbour == BlockNumber(0) {
            State::Finished
        } else {
            State::At { next: neighbour, from: page.block() }
        };
        let (first, last) = match (start, self.backward) {
            (None, _) => (links.first_entry().0, view.item_count()),
            (Some(at), false) => (at.0, view.item_count()),
            (Some(at), true) => (links.first_entry().0, at.0 - 1),
        };
        let mut at = if self.backward { last } else { first };
        while at >= first && at <= last {
            let entry = item(view, OffsetNumber(at))?;
            match self.judge(index, entry)? {
                Answer::Matches => {
                    let address = address_of(entry)?;
                    let values = match &self.values {
                        Wanted::None => None,
                        Wanted::All => Some(values_of(index, entry)?),
                        Wanted::Columns(columns) if columns.is_empty() => None,
                        Wanted::Columns(columns) => {
                            let all = values_of(index, entry)?;
                            Some(columns.iter().map(|column| all[*column].clone()).collect())
                        }
                    };
                    // Rule 9: asked while the entry is there and its page locked.
                    let is_all_visible = match &mut self.heap {
                        Some(heap) => VisibilityMap::new(access.pool, heap.file)
                            .get(address.block, &mut heap.map_page)?
                            .is_all_visible(),
                        None => false,
                    };
                    self.found.push(Found { address, values, is_all_visible });
                }
                Answer::No => {}
                Answer::End => {
                    self.state = State::Finished;
                    break;
                }
            }
            at = if self.backward { at - 1 } else { at + 1 };
        }
        Ok(())
    }

    fn judge(&self, index: &IndexDescription, entry: &[u8]) -> Result<Answer> {
        if self.keys.is_empty() {
            return Ok(Answer::Matches);
        }
        let last = self.keys.iter().map(|key| key.column).max().unwrap_or(0);
        let Some(mut reader) = ValueReader::new(entry, index.columns.len())? else { return Ok(Answer::No) };
        // All columns before are fixed by equalities, so a failure of this one ends the scan.
        let mut fixed = true;
        for column in 0..=last {
            let value = reader.next(&index.columns[column])?;
            let mut equality = false;
            for key in self.keys.iter().filter(|key| key.column == column) {
                equality |= matches!(key.strategy, ScanStrategy::Equal | ScanStrategy::IsNull);
                if !holds(key, &value) {
                    let beyond = fixed && self.is_beyond(index, key, &value);
                    return Ok(if beyond { Answer::End } else { Answer::No });
                }
            }
            fixed &= equality;
        }
        Ok(Answer::Matches)
    }

    /// Whether a value that fails a key lies behind all that satisfy it, in the direction of the scan.
    fn is_beyond(&self, index: &IndexDescription, key: &ScanKey, value: &Value) -> bool {
        let column = &index.columns[key.column];
        let ascending = self.backward == column.descending;
        if value.is_null() {
            // Nulls are at one end: the last one in scan order if they come last there.
            return key.strategy != ScanStrategy::IsNull && (column.nulls_first == self.backward);
        }
        if matches!(key.strategy, ScanStrategy::IsNull) {
            return column.nulls_first != self.backward;
        }
        if matches!(key.strategy, ScanStrategy::IsNotNull) {
            return false;
        }
        let above = (key.compare)(value, &key.value) != Ordering::Less;
        let below = (key.compare)(value, &key.value) != Ordering::Greater;
        match key.strategy {
            ScanStrategy::Less | ScanStrategy::LessEqual => ascending,
            ScanStrategy::Greater | ScanStrategy::GreaterEqual => !ascending,
            _ => {
                if ascending {
                    above
                } else {
                    below
                }
            }
        }
    }
}

fn holds(key: &ScanKey, value: &Value) -> bool {
    if value.is_null() {
        return key.strategy == ScanStrategy::IsNull;
    }
    let order = || (key.compare)(value, &key.value);
    match key.strategy {
        ScanStrategy::Less => order() == Ordering::Less,
        ScanStrategy::LessEqual => order() != Ordering::Greater,
        ScanStrategy::Equal => order() == Ordering::Equal,
        ScanStrategy::GreaterEqual => order() != Ordering::Less,
        ScanStrategy::Greater => order() == Ordering::Greater,
        ScanStrategy::IsNull => false,
        ScanStrategy::IsNotNull => true,
    }
}

/// Steps to the right after which it is asked whether the page that we come from is still there.
const MOST_STEPS: usize = 4;

/// The page whose right neighbour is `from`, which `guess` was when `from` was read; it may have been split since.
fn left_neighbour(
    access: Access<'_>,
    index: &IndexDescription,
    guess: BlockNumber,
    from: BlockNumber,
) -> Result<Option<SharedPage>> {
    let (mut block, mut from) = (guess, from);
    let mut steps = 0;
    loop {
        system::interrupt::check()?;
        let page = read(access, index, block)?.share();
        let links = Links::of(page.page())?;
        if links.has(flags::DELETED) {
            // Its range is its right neighbour's now, where we come from: go on with what was left of it.
            if links.left == META_BLOCK {
                return Ok(None);
            }
            block = links.left;
            continue;
        }
        if links.right == from {
            return Ok(Some(page));
        }
        steps += 1;
        if steps >= MOST_STEPS || links.is_rightmost() {
            steps = 0;
            let is_rightmost = links.is_rightmost();
            drop(page);
            // Perhaps the page that we come from has gone: then its right neighbour, which was read before, stands for it.
            let origin = Links::of(read(access, index, from)?.share().page())?;
            if origin.has(flags::DELETED) {
                if origin.left == META_BLOCK {
                    return Ok(None);
                }
                (block, from) = (origin.left, origin.right);
                continue;
            }
            if is_rightmost {
                return Err(Error::corrupted(format!(
                    "index \"{}\" has a page without left neighbour",
                    index.name
                )));
            }
        }
        block = links.right;
    }
}
