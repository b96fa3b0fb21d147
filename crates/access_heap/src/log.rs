//! The heap's log records.
//!
//! ```text
//! Insert     place; block 0: the page, its data: rows
//! Delete     change; block 0: the page
//! Update     change of the old version, place of the new one; block 0: the page of the new version, its data: rows;
//!            block 1, if it is another page: that of the old version
//! Lock       change; block 0: the page
//! Prune      block 0: the page, its data: three lists (count (2), then offset numbers; redirections are pairs)
//! Image      block 0: the page, always as an image
//! Overwrite  block 0: the page, its data: one row whose place is taken
//! Kill       block 0: the page, its data: offset number (2)
//! Visible    data: 1 when the page's all-visible mark is set, 0 when it is cleared; block 0: the page, block 1: the map's page
//!
//! place    flags (1), base (8)
//! rows     per row: offset number (2), length (2), bytes
//! change   offset number (2), xmax as an offset (4), infomask (2), cmax (4), ctid (6)
//! ```

use common::{CommandId, OffsetNumber, TransactionId, TupleId};
use error::{Error, Result};
use storage_page::{PageMut, PageRef};
use storage_wal::ResourceManagerId;
use tuple::TupleHeader;

/// The heap's resource manager.
pub const MANAGER: ResourceManagerId = ResourceManagerId(3);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum RecordKind {
    Insert = 0,
    Delete = 1,
    Update = 2,
    Lock = 3,
    Prune = 4,
    Image = 5,
    Overwrite = 6,
    Kill = 7,
    Visible = 8,
}

impl RecordKind {
    const ALL: [RecordKind; 9] = [
        RecordKind::Insert,
        RecordKind::Delete,
        RecordKind::Update,
        RecordKind::Lock,
        RecordKind::Prune,
        RecordKind::Image,
        RecordKind::Overwrite,
        RecordKind::Kill,
        RecordKind::Visible,
    ];

    pub fn from_u8(kind: u8) -> Result<RecordKind> {
        let found = Self::ALL.get(usize::from(kind)).copied();
        found.ok_or_else(|| Error::corrupted(format!("unknown heap log record {kind}")))
    }
}

/// The page is new: redo makes it.
pub(crate) const INITIALIZE: u8 = 1;

/// Where new rows go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub flags: u8,
    /// The base of a page that is initialised.
    pub base: TransactionId,
}

impl Place {
    pub const SIZE: usize = 9;

    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[0] = self.flags;
        bytes[1..].copy_from_slice(&self.base.0.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Place> {
        let mut reader = Reader(bytes);
        let [flags] = reader.array()?;
        Ok(Place { flags, base: TransactionId(u64::from_le_bytes(reader.array()?)) })
    }
}

pub(crate) fn put_row(out: &mut Vec<u8>, offset: OffsetNumber, bytes: &[u8]) {
    out.extend_from_slice(&offset.0.to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u16).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// The rows of a record.
pub(crate) struct Rows<'a> {
    rest: &'a [u8],
}

impl<'a> Rows<'a> {
    pub fn new(bytes: &'a [u8]) -> Rows<'a> {
        Rows { rest: bytes }
    }

    pub fn next(&mut self) -> Result<Option<(OffsetNumber, &'a [u8])>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader(self.rest);
        let offset = OffsetNumber(u16::from_le_bytes(reader.array()?));
        let length = u16::from_le_bytes(reader.array()?);
        let row = reader.take(length.into())?;
        self.rest = reader.0;
        Ok(Some((offset, row)))
    }
}

/// What happens to the header of a row version that is deleted, updated or locked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    pub offset: OffsetNumber,
    pub xmax_offset: u32,
    pub infomask: u16,
    pub cmax: CommandId,
    pub ctid: TupleId,
}

impl Change {
    pub const SIZE: usize = 18;

    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[..2].copy_from_slice(&self.offset.0.to_le_bytes());
        bytes[2..6].copy_from_slice(&self.xmax_offset.to_le_bytes());
        bytes[6..8].copy_from_slice(&self.infomask.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.cmax.0.to_le_bytes());
        bytes[12..].copy_from_slice(&self.ctid.to_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Change> {
        let mut reader = Reader(bytes);
        Ok(Change {
            offset: OffsetNumber(u16::from_le_bytes(reader.array()?)),
            xmax_offset: u32::from_le_bytes(reader.array()?),
            infomask: u16::from_le_bytes(reader.array()?),
            cmax: CommandId(u32::from_le_bytes(reader.array()?)),
            ctid: TupleId::from_bytes(reader.array()?),
        })
    }

    /// Makes the change, now or in redo.
    pub fn apply(&self, page: &mut PageMut<'_>) -> Result<()> {
        let bytes = page
            .item_mut(self.offset)
            .filter(|bytes| bytes.len() >= tuple::HEADER_SIZE)
            .ok_or_else(|| Error::corrupted(format!("row {} to be changed is not there", self.offset.0)))?;
        let mut header = TupleHeader::new(bytes);
        header.set_xmax_offset(self.xmax_offset);
        header.set_infomask(self.infomask);
        header.set_cmax(self.cmax);
        header.set_ctid(self.ctid);
        Ok(())
    }
}

/// What pruning does to a page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Pruned {
    /// Line pointers that lead to another from now on.
    pub redirected: Vec<(OffsetNumber, OffsetNumber)>,
    /// Line pointers that index entries may still point to.
    pub dead: Vec<OffsetNumber>,
    pub unused: Vec<OffsetNumber>,
}

impl Pruned {
    pub fn is_empty(&self) -> bool {
        self.redirected.is_empty() && self.dead.is_empty() && self.unused.is_empty()
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let put = |out: &mut Vec<u8>, number: usize| out.extend_from_slice(&(number as u16).to_le_bytes());
        put(&mut out, self.redirected.len());
        for (from, to) in &self.redirected {
            put(&mut out, from.0.into());
            put(&mut out, to.0.into());
        }
        for list in [&self.dead, &self.unused] {
            put(&mut out, list.len());
            list.iter().for_each(|offset| put(&mut out, offset.0.into()));
        }
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<Pruned> {
        let mut reader = Reader(bytes);
        let mut pruned = Pruned::default();
        for _ in 0..reader.u16()? {
            pruned.redirected.push((OffsetNumber(reader.u16()?), OffsetNumber(reader.u16()?)));
        }
        for list in [&mut pruned.dead, &mut pruned.unused] {
            for _ in 0..reader.u16()? {
                list.push(OffsetNumber(reader.u16()?));
            }
        }
        Ok(pruned)
    }

    /// Before redo: the page has all these line pointers.
    pub fn check(&self, page: PageRef<'_>) -> Result<()> {
        let (from, to) = self.redirected.iter().copied().unzip::<_, _, Vec<_>, Vec<_>>();
        let count = page.item_count();
        let mut all = [&from, &to, &self.dead, &self.unused].into_iter().flatten();
        if all.any(|offset| !offset.is_valid() || offset.0 > count) {
            return Err(Error::corrupted("line pointers to be pruned are not there"));
        }
        Ok(())
    }

    /// Makes the changes, now or in redo, and closes the gaps.
    pub fn apply(&self, page: &mut PageMut<'_>) {
        self.redirected.iter().for_each(|(from, to)| page.set_redirect(*from, *to));
        self.dead.iter().for_each(|offset| page.set_dead(*offset));
        self.unused.iter().for_each(|offset| page.set_unused(*offset));
        page.compact();
        page.truncate_lines();
        page.clear_flag(storage_page::PageFlags::IS_FULL);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(count).ok_or_else(|| Error::corrupted("heap log record is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }
}
