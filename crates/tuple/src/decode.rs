//! From the bytes of a row version to rows of columns, only the wanted attributes.

use error::{Error, Result};
use types::Column;

use crate::attribute::{load_fixed, load_into, set_varlena, skip};
use crate::header::{HEADER_SIZE, TupleHeader, infomask};
use crate::layout::{RowLayout, stored_width};
use crate::varlena::{ExternalPointer, Varlena, decompress};

/// Rows that are read column by column at once.
pub const SEGMENT: usize = 64;

/// A value that must be fetched from a TOAST table once no page is locked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingExternal {
    /// Position among the columns.
    pub column: usize,
    pub row: usize,
    pub pointer: ExternalPointer,
}

impl PendingExternal {
    /// Puts the fetched bytes where they belong.
    /// # Errors
    /// XX001 when they are damaged.
    pub fn fill(&self, columns: &mut [Column], stored: &[u8]) -> Result<()> {
        let column = &mut columns[self.column];
        if self.pointer.is_compressed() {
            let raw = decompress(stored, self.pointer.raw_length as usize)?;
            set_varlena(column, self.row, &raw)
        } else {
            set_varlena(column, self.row, stored)
        }
    }
}

/// Reads rows of one layout into columns.
///
/// The attributes before the first that has a length of its own lie at the same places in all rows in which none of them is null.
/// They are read column by column.
#[derive(Clone, Debug)]
pub struct Decoder {
    layout: RowLayout,
    /// For each attribute up to the last wanted one: the column that takes it.
    wanted: Vec<Option<usize>>,
    /// Attributes in the fixed part of a row, and its bytes.
    fixed: usize,
    fixed_width: usize,
    /// Of the wanted ones among them: column and place.
    places: Vec<(usize, usize)>,
    /// Their bits in a row's null bitmap.
    fixed_bits: Vec<u8>,
}

impl Decoder {
    /// `wanted` are attribute positions in the order of the columns that will take them, each at most once.
    pub fn new(layout: RowLayout, wanted: &[usize]) -> Decoder {
        Decoder::into_columns(layout, wanted.iter().copied().enumerate())
    }

    /// `wanted` are columns and the attributes that go there, each at most once.
    pub fn into_columns(layout: RowLayout, wanted: impl IntoIterator<Item = (usize, usize)>) -> Decoder {
        let mut columns = Vec::with_capacity(layout.attributes.len());
        for (column, attribute) in wanted {
            if columns.len() <= attribute {
                columns.resize(attribute + 1, None);
            }
            columns[attribute] = Some(column);
        }
        let mut decoder = Decoder {
            layout,
            wanted: columns,
            fixed: 0,
            fixed_width: 0,
            places: Vec::new(),
            fixed_bits: Vec::new(),
        };
        decoder.find_places();
        decoder
    }

    fn find_places(&mut self) {
        for (attribute, column) in self.wanted.iter().enumerate() {
            let Some(width) = stored_width(self.layout.attributes[attribute].physical) else { break };
            if let Some(column) = column {
                self.places.push((*column, self.fixed_width));
            }
            self.fixed_bits.resize(attribute / 8 + 1, 0);
            self.fixed_bits[attribute / 8] |= 1 << (attribute % 8);
            self.fixed += 1;
            self.fixed_width += width;
        }
    }

    /// The fixed part of a row and what follows it, if the row has all of it.
    #[inline]
    fn fixed_part<'a>(&self, bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_SIZE>()?;
        let header = TupleHeader::new(header);
        let stored = header.attribute_count();
        if stored < self.fixed {
            return None;
        }
        if !header.has(infomask::HAS_NULLS) {
            return rest.split_at_checked(self.fixed_width);
        }
        let (nulls, rest) = rest.split_at_checked(stored.div_ceil(8))?;
        let is_there = nulls.iter().zip(&self.fixed_bits).all(|(nulls, bits)| nulls & bits == 0);
        if is_there { rest.split_at_checked(self.fixed_width) } else { None }
    }

    /// Reads row versions into the columns from row `first` on; as [`Decoder::decode`].
    /// # Errors
    /// XX001 for a damaged row.
    pub fn decode_rows<'a>(
        &self,
        rows: impl Iterator<Item = &'a [u8]>,
        columns: &mut [Column],
        first: usize,
        pending: &mut Vec<PendingExternal>,
    ) -> Result<()> {
        let mut parts: [&[u8]; SEGMENT] = [&[]; SEGMENT];
        let (mut count, mut start) = (0, first);
        for (row, bytes) in (first..).zip(rows) {
            let is_plain = match self.fixed_part(bytes) {
                Some((fixed, rest)) => {
                    parts[count] = fixed;
                    count += 1;
                    self.decode_from(self.fixed, bytes, rest, columns, row, pending)?;
                    true
                }
                None => {
                    self.decode_all(bytes, columns, row, pending)?;
                    false
                }
            };
            if !is_plain || count == SEGMENT {
                self.load_places(&parts[..count], columns, start);
                (count, start) = (0, row + 1);
            }
        }
        self.load_places(&parts[..count], columns, start);
        Ok(())
    }

    fn load_places(&self, parts: &[&[u8]], columns: &mut [Column], first: usize) {
        for (column, place) in &self.places {
            load_fixed(parts, *place, &mut columns[*column], first);
        }
    }

    /// Reads one row version into row `row` of the columns, which are long enough. Values outside of the row are
    /// added to `pending`.
    /// # Errors
    /// XX001 for a damaged row.
    pub fn decode(
        &self,
        bytes: &[u8],
        columns: &mut [Column],
        row: usize,
        pending: &mut Vec<PendingExternal>,
    ) -> Result<()> {
        if let Some((fixed, rest)) = self.fixed_part(bytes) {
            self.load_places(&[fixed], columns, row);
            return self.decode_from(self.fixed, bytes, rest, columns, row, pending);
        }
        self.decode_all(bytes, columns, row, pending)
    }

    /// Reads a row version without a whole fixed part.
    fn decode_all(
        &self,
        bytes: &[u8],
        columns: &mut [Column],
        row: usize,
        pending: &mut Vec<PendingExternal>,
    ) -> Result<()> {
        let values = TupleHeader::new(bytes).data_offset();
        let rest = bytes.get(values..).ok_or_else(|| Error::corrupted("row is too short"))?;
        self.decode_from(0, bytes, rest, columns, row, pending)
    }

    /// Reads the attributes from `first` on, which begin at `rest`.
    #[inline]
    fn decode_from(
        &self,
        first: usize,
        bytes: &[u8],
        mut rest: &[u8],
        columns: &mut [Column],
        row: usize,
        pending: &mut Vec<PendingExternal>,
    ) -> Result<()> {
        if first == self.wanted.len() {
            return Ok(());
        }
        let header = TupleHeader::new(bytes);
        let stored = header.attribute_count();
        let nulls = header.has(infomask::HAS_NULLS).then(|| &bytes[HEADER_SIZE..]);
        for (attribute, wanted) in self.wanted.iter().enumerate().skip(first) {
            let layout = &self.layout.attributes[attribute];
            if attribute >= stored {
                if let Some(column) = wanted {
                    columns[*column].set_value(row, &layout.missing);
                }
                continue;
            }
            let is_null = nulls.is_some_and(|bits| bits[attribute / 8] & 1 << (attribute % 8) != 0);
            match wanted {
                Some(column) if is_null => columns[*column].set_null(row),
                Some(column) => {
                    let (after, external) = load_into(rest, &mut columns[*column], row)?;
                    rest = after;
                    if let Some(pointer) = external {
                        pending.push(PendingExternal { column: *column, row, pointer });
                    }
                }
                None if is_null => {}
                None => rest = skip(rest, layout.physical)?,
            }
        }
        Ok(())
    }

    /// The external values of a row version by attribute; for deleting them with the row.
    /// # Errors
    /// XX001 for a damaged row.
    pub fn external_values(layout: &RowLayout, bytes: &[u8]) -> Result<Vec<(usize, ExternalPointer)>> {
        let header = TupleHeader::new(bytes);
        let mut found = Vec::new();
        if !header.has(infomask::HAS_EXTERNAL) {
            return Ok(found);
        }
        let nulls = header.has(infomask::HAS_NULLS).then(|| &bytes[HEADER_SIZE..]);
        let mut rest =
            bytes.get(header.data_offset()..).ok_or_else(|| Error::corrupted("row is too short"))?;
        for (at, attribute) in layout.attributes.iter().enumerate().take(header.attribute_count()) {
            if nulls.is_some_and(|bits| bits[at / 8] & 1 << (at % 8) != 0) {
                continue;
            }
            if stored_width(attribute.physical).is_none()
                && let (Varlena::External(pointer), _) = Varlena::read(rest)?
            {
                found.push((at, pointer));
            }
            rest = skip(rest, attribute.physical)?;
        }
        Ok(found)
    }
}
