//! The page checksum: CRC-32C of the page's address and of everything but the checksum itself.

use common::{BlockNumber, ForkNumber, RelationFile};

use crate::PageBytes;
use crate::header::{CHECKSUM, UPPER, u16_at, u32_at};

/// Where a page belongs, so that a page at a wrong place never verifies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageAddress {
    pub file: RelationFile,
    pub fork: ForkNumber,
    pub block: BlockNumber,
}

pub fn compute_checksum(page: &PageBytes, address: PageAddress) -> u32 {
    // Tablespace and database are left out: making a database from a template copies files as they are.
    let mut seed = [0; 9];
    seed[..4].copy_from_slice(&address.file.relation.0.to_le_bytes());
    seed[4] = address.fork as u8;
    seed[5..].copy_from_slice(&address.block.0.to_le_bytes());
    let sum = crc32c::crc32c(&seed);
    let sum = crc32c::crc32c_append(sum, &page[..CHECKSUM]);
    crc32c::crc32c_append(sum, &page[CHECKSUM + 4..])
}

/// The checksum that the page came with.
pub fn stored_checksum(page: &PageBytes) -> u32 {
    u32_at(page, CHECKSUM)
}

/// Stores the checksum; a new page (all zeros) stays as it is.
pub fn set_checksum(page: &mut PageBytes, address: PageAddress) {
    if u16_at(page, UPPER) != 0 {
        let sum = compute_checksum(page, address);
        page[CHECKSUM..CHECKSUM + 4].copy_from_slice(&sum.to_le_bytes());
    }
}

/// Whether the page is what was written there: the checksum fits, or the page is all zeros.
pub fn verify_checksum(page: &PageBytes, address: PageAddress) -> bool {
    if u16_at(page, UPPER) == 0 {
        return page.iter().all(|byte| *byte == 0);
    }
    stored_checksum(page) == compute_checksum(page, address)
}
