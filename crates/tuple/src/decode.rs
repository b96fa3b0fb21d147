//! From the bytes of a row version to rows of columns, only the wanted attributes.

use error::{Error, Result};
use types::Column;

use crate::attribute::{load_into, set_varlena, skip};
use crate::header::{HEADER_SIZE, TupleHeader, infomask};
use crate::layout::{RowLayout, stored_width};
use crate::varlena::{ExternalPointer, Varlena, decompress};

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
#[derive(Clone, Debug)]
pub struct Decoder {
    layout: RowLayout,
    /// For each attribute up to the last wanted one: the column that takes it.
    wanted: Vec<Option<usize>>,
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
        Decoder { layout, wanted: columns }
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
        let header = TupleHeader::new(bytes);
        let stored = header.attribute_count();
        let nulls = header.has(infomask::HAS_NULLS).then(|| &bytes[HEADER_SIZE..]);
        let mut rest =
            bytes.get(header.data_offset()..).ok_or_else(|| Error::corrupted("row is too short"))?;
        for (attribute, wanted) in self.wanted.iter().enumerate() {
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
