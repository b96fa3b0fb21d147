//! Names of relation files: which relation, and which of its forks.

use crate::Oid;

/// One of the files that a relation consists of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ForkNumber {
    Main = 0,
    FreeSpaceMap = 1,
    VisibilityMap = 2,
    Init = 3,
}

impl ForkNumber {
    pub const ALL: [ForkNumber; 4] =
        [ForkNumber::Main, ForkNumber::FreeSpaceMap, ForkNumber::VisibilityMap, ForkNumber::Init];

    /// The suffix of the file's name: `""`, `"_fsm"`, `"_vm"`, `"_init"`.
    pub fn suffix(self) -> &'static str {
        match self {
            ForkNumber::Main => "",
            ForkNumber::FreeSpaceMap => "_fsm",
            ForkNumber::VisibilityMap => "_vm",
            ForkNumber::Init => "_init",
        }
    }

    pub fn from_u8(number: u8) -> Option<ForkNumber> {
        Self::ALL.get(number as usize).copied()
    }
}

/// Which files hold a relation. Changes when the relation is rewritten (its `relfilenode`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RelationFile {
    /// 1663 is `base/`, 1664 is `global/`.
    pub tablespace: Oid,
    /// 0 for relations shared by all databases.
    pub database: Oid,
    pub relation: Oid,
}

impl RelationFile {
    /// Bytes of the stored form: three little-endian identifiers.
    pub const SIZE: usize = 12;

    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[..4].copy_from_slice(&self.tablespace.0.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.database.0.to_le_bytes());
        bytes[8..].copy_from_slice(&self.relation.0.to_le_bytes());
        bytes
    }

    pub fn from_bytes(bytes: [u8; Self::SIZE]) -> RelationFile {
        let field =
            |at: usize| Oid(u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]));
        RelationFile { tablespace: field(0), database: field(4), relation: field(8) }
    }
}
