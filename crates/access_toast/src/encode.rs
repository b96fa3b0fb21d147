//! Making a row short enough: which values are compressed, and which leave it.

use access_api::Access;
use access_heap::MAX_ROW_SIZE;
use error::{Error, Result};
use tuple::{ExternalPointer, HEADER_SIZE, RowSource, Varlena, compress, put_external};

use crate::chunks::{ToastTable, store};

/// Rows longer than this are made shorter: four rows fit a page.
const TARGET: usize = 2032;
/// Values shorter than this are not worth compressing.
const LEAST_COMPRESSED: usize = 64;
/// Bytes that a pointer takes; shorter values stay.
const POINTER_SIZE: usize = 24;

/// What a column's `attstorage` allows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Policy {
    /// Fixed width, PLAIN, null, or already a pointer.
    Leave,
    Extended,
    External,
    Main,
}

/// A row on its way to become short.
struct Row<'a> {
    access: Access<'a>,
    toast: Option<&'a ToastTable>,
    attributes: Vec<Option<Vec<u8>>>,
    policies: Vec<Policy>,
    /// Compression was tried, or is not to be.
    tried: Vec<bool>,
    total: usize,
    stored: Vec<ExternalPointer>,
}

/// Replaces `out` by the bytes of a row version that fits a page, if that can be; gives the values that were moved out for it.
///
/// `storage` has the `attstorage` of each attribute, or is empty for EXTENDED throughout. `kept` are attributes that the
/// row's former version has outside and that have not changed.
/// # Errors
/// Those of writing to the TOAST table.
pub fn encode_row(
    access: Access<'_>,
    source: &(impl RowSource + ?Sized),
    storage: &[u8],
    toast: Option<&ToastTable>,
    kept: &[(usize, ExternalPointer)],
    out: &mut Vec<u8>,
) -> Result<Vec<ExternalPointer>> {
    if kept.is_empty() {
        tuple::encode(source, out);
        if out.len() <= TARGET {
            return Ok(Vec::new());
        }
    }
    let count = source.attribute_count();
    let mut attributes = Vec::with_capacity(count);
    let mut policies = Vec::with_capacity(count);
    for at in 0..count {
        if let Some((_, pointer)) = kept.iter().find(|(attribute, _)| *attribute == at) {
            let mut bytes = Vec::with_capacity(POINTER_SIZE);
            put_external(&mut bytes, *pointer);
            attributes.push(Some(bytes));
            policies.push(Policy::Leave);
            continue;
        }
        let mut bytes = Vec::new();
        if !source.is_null(at) {
            source.put(at, &mut bytes);
        }
        policies.push(match storage.get(at).copied().unwrap_or(b'x') {
            _ if source.is_null(at) || !source.has_length(at) => Policy::Leave,
            b'x' => Policy::Extended,
            b'e' => Policy::External,
            b'm' => Policy::Main,
            _ => Policy::Leave,
        });
        attributes.push((!source.is_null(at)).then_some(bytes));
    }
    let header = HEADER_SIZE + if attributes.contains(&None) { count.div_ceil(8) } else { 0 };
    let total = header + attributes.iter().flatten().map(Vec::len).sum::<usize>();
    let tried = vec![false; count];
    let mut row = Row { access, toast, attributes, policies, tried, total, stored: Vec::new() };
    row.shorten()?;
    let has_external = !kept.is_empty() || !row.stored.is_empty();
    tuple::assemble(&row.attributes, has_external, out);
    Ok(row.stored)
}

impl Row<'_> {
    fn shorten(&mut self) -> Result<()> {
        use Policy::{Extended, External, Main};
        // What alone is too long leaves at once, compressed if that is allowed.
        while self.total > TARGET
            && let Some(at) =
                self.longest(|row, at| !row.tried[at] && matches!(row.policies[at], Extended | External))
        {
            if self.policies[at] == Extended {
                self.compress(at)?;
            }
            self.tried[at] = true;
            if self.length(at) > TARGET {
                self.move_out(at)?;
            }
        }
        while self.total > TARGET
            && self.toast.is_some()
            && let Some(at) = self.longest(|row, at| matches!(row.policies[at], Extended | External))
        {
            self.move_out(at)?;
        }
        while self.total > TARGET
            && let Some(at) = self.longest(|row, at| !row.tried[at] && row.policies[at] == Main)
        {
            self.tried[at] = true;
            self.compress(at)?;
        }
        while self.total > MAX_ROW_SIZE
            && self.toast.is_some()
            && let Some(at) = self.longest(|row, at| row.policies[at] == Main)
        {
            self.move_out(at)?;
        }
        Ok(())
    }

    fn length(&self, at: usize) -> usize {
        self.attributes[at].as_ref().map_or(0, Vec::len)
    }

    /// The longest of the attributes that qualify and are longer than a pointer.
    fn longest(&self, qualifies: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        (0..self.attributes.len())
            .filter(|at| self.length(*at) > POINTER_SIZE && qualifies(self, *at))
            .max_by_key(|at| (self.length(*at), std::cmp::Reverse(*at)))
    }

    fn replace(&mut self, at: usize, bytes: Vec<u8>) {
        self.total = self.total - self.length(at) + bytes.len();
        self.attributes[at] = Some(bytes);
    }

    fn compress(&mut self, at: usize) -> Result<()> {
        let Some(bytes) = self.attributes[at].as_ref().filter(|bytes| bytes.len() >= LEAST_COMPRESSED) else {
            return Ok(());
        };
        if let (Varlena::Plain(raw), _) = Varlena::read(bytes)? {
            let mut compressed = Vec::new();
            if compress(&mut compressed, raw) {
                self.replace(at, compressed);
            }
        }
        Ok(())
    }

    fn move_out(&mut self, at: usize) -> Result<()> {
        let (Some(toast), Some(bytes)) = (self.toast, &self.attributes[at]) else { return Ok(()) };
        let pointer = match Varlena::read(bytes)?.0 {
            Varlena::Plain(raw) => store(self.access, toast, raw.len(), raw)?,
            Varlena::Compressed { raw_length, block } => store(self.access, toast, raw_length, block)?,
            Varlena::External(_) => return Err(Error::internal("a value was to be moved out twice")),
        };
        self.stored.push(pointer);
        let mut bytes = Vec::with_capacity(POINTER_SIZE);
        put_external(&mut bytes, pointer);
        self.replace(at, bytes);
        self.policies[at] = Policy::Leave;
        Ok(())
    }
}
