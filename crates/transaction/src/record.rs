//! The log records of transactions.
//!
//! ```text
//! commit    timestamp (8), flags (1), subtransactions: count (4) and numbers (8 each),
//!           dropped files: count (4) and identifiers (12 each); block 0 is the commit log page
//! rollback  the same without a block; the files are those that the transaction had created
//! children  parent (8), count (4), numbers (8 each); block 0 is their commit log page, then their pages of parents
//! lock set  block 0 is the page that the set was added to, its data the set
//! ```

use common::{RelationFile, TransactionId};
use error::{Error, Result};
use storage_wal::ResourceManagerId;

/// This crate's resource manager.
pub const MANAGER: ResourceManagerId = ResourceManagerId(2);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum RecordKind {
    Commit = 0,
    Rollback = 1,
    Children = 2,
    LockSet = 3,
}

impl RecordKind {
    pub fn from_u8(kind: u8) -> Result<RecordKind> {
        Ok(match kind {
            0 => RecordKind::Commit,
            1 => RecordKind::Rollback,
            2 => RecordKind::Children,
            3 => RecordKind::LockSet,
            _ => return Err(Error::corrupted(format!("unknown transaction log record {kind}"))),
        })
    }
}

/// What a commit or rollback record says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CommitRecord {
    /// Microseconds since 1970.
    pub timestamp_us: i64,
    pub subtransactions: Vec<TransactionId>,
    /// Relations whose files go away.
    pub dropped: Vec<RelationFile>,
}

impl CommitRecord {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.timestamp_us.to_le_bytes());
        out.push(0);
        put_xids(out, &self.subtransactions);
        out.extend_from_slice(&(self.dropped.len() as u32).to_le_bytes());
        self.dropped.iter().for_each(|file| out.extend_from_slice(&file.to_bytes()));
    }

    /// # Errors
    /// XX001 for bytes that [`CommitRecord::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<CommitRecord> {
        let mut reader = Reader(bytes);
        let timestamp_us = i64::from_le_bytes(reader.array()?);
        let [_flags] = reader.array::<1>()?;
        let subtransactions = reader.xids()?;
        let count = u32::from_le_bytes(reader.array()?);
        let dropped = (0..count).map(|_| reader.array().map(RelationFile::from_bytes));
        Ok(CommitRecord { timestamp_us, subtransactions, dropped: dropped.collect::<Result<_>>()? })
    }
}

pub(crate) fn put_xids(out: &mut Vec<u8>, xids: &[TransactionId]) {
    out.extend_from_slice(&(xids.len() as u32).to_le_bytes());
    xids.iter().for_each(|xid| out.extend_from_slice(&xid.0.to_le_bytes()));
}

/// Reads numbers off the front of a record's data.
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or_else(|| Error::corrupted("transaction log record is too short"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub fn xid(&mut self) -> Result<TransactionId> {
        self.array().map(|bytes| TransactionId(u64::from_le_bytes(bytes)))
    }

    pub fn xids(&mut self) -> Result<Vec<TransactionId>> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count > self.0.len() / 8 {
            return Err(Error::corrupted("transaction log record is too short"));
        }
        (0..count).map(|_| self.xid()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::Oid;

    #[test]
    fn commit_records_come_back() {
        let file = RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(16384) };
        let record = CommitRecord {
            timestamp_us: -7,
            subtransactions: vec![TransactionId(9), TransactionId(1 << 40)],
            dropped: vec![file],
        };
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        assert_eq!(CommitRecord::decode(&bytes).unwrap(), record);
        for cut in 0..bytes.len() {
            assert!(CommitRecord::decode(&bytes[..cut]).is_err());
        }
    }
}
