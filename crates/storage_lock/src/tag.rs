//! What can be locked.

use std::fmt;

use common::{Oid, TransactionId, TupleId};
use shared_memory::WaitEvent;

/// The kind of a lockable thing: `pg_locks.locktype`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum LockKind {
    Relation = 1,
    Extend,
    Page,
    Tuple,
    Transaction,
    VirtualTransaction,
    SpeculativeToken,
    Object,
    Advisory,
}

impl LockKind {
    const ALL: [LockKind; 9] = [
        LockKind::Relation,
        LockKind::Extend,
        LockKind::Page,
        LockKind::Tuple,
        LockKind::Transaction,
        LockKind::VirtualTransaction,
        LockKind::SpeculativeToken,
        LockKind::Object,
        LockKind::Advisory,
    ];

    pub fn name(self) -> &'static str {
        match self {
            LockKind::Relation => "relation",
            LockKind::Extend => "extend",
            LockKind::Page => "page",
            LockKind::Tuple => "tuple",
            LockKind::Transaction => "transactionid",
            LockKind::VirtualTransaction => "virtualxid",
            LockKind::SpeculativeToken => "spectoken",
            LockKind::Object => "object",
            LockKind::Advisory => "advisory",
        }
    }

    pub(crate) fn wait_event(self) -> WaitEvent {
        match self {
            LockKind::Relation => WaitEvent::LockRelation,
            LockKind::Extend => WaitEvent::LockExtend,
            LockKind::Page => WaitEvent::LockPage,
            LockKind::Tuple => WaitEvent::LockTuple,
            LockKind::Transaction => WaitEvent::LockTransactionid,
            LockKind::VirtualTransaction => WaitEvent::LockVirtualxid,
            LockKind::SpeculativeToken => WaitEvent::LockSpectoken,
            LockKind::Object => WaitEvent::LockObject,
            LockKind::Advisory => WaitEvent::LockAdvisory,
        }
    }
}

shared_memory::plain_struct! {
    /// The name of a lock.
    #[derive(PartialEq, Eq, Hash, Debug)]
    pub struct LockTag {
        pub(crate) kind: u32,
        pub(crate) fields: [u32; 4],
    }
}

impl LockTag {
    fn new(kind: LockKind, fields: [u32; 4]) -> LockTag {
        LockTag { kind: kind as u32, fields }
    }

    /// `database` is 0 for relations shared by all databases.
    pub fn relation(database: Oid, relation: Oid) -> LockTag {
        Self::new(LockKind::Relation, [database.0, relation.0, 0, 0])
    }

    /// The right to make a relation longer.
    pub fn extend(database: Oid, relation: Oid) -> LockTag {
        Self::new(LockKind::Extend, [database.0, relation.0, 0, 0])
    }

    pub fn page(database: Oid, relation: Oid, block: common::BlockNumber) -> LockTag {
        Self::new(LockKind::Page, [database.0, relation.0, block.0, 0])
    }

    pub fn tuple(database: Oid, relation: Oid, tuple: TupleId) -> LockTag {
        Self::new(LockKind::Tuple, [database.0, relation.0, tuple.block.0, tuple.offset.0.into()])
    }

    /// Held exclusively by a transaction as long as it runs.
    pub fn transaction(xid: TransactionId) -> LockTag {
        Self::new(LockKind::Transaction, [xid.0 as u32, (xid.0 >> 32) as u32, 0, 0])
    }

    /// A process slot and the number of its transaction, which may have no transaction id.
    pub fn virtual_transaction(slot: u32, number: u64) -> LockTag {
        Self::new(LockKind::VirtualTransaction, [slot, number as u32, (number >> 32) as u32, 0])
    }

    pub fn speculative(xid: TransactionId, token: u32) -> LockTag {
        Self::new(LockKind::SpeculativeToken, [xid.0 as u32, (xid.0 >> 32) as u32, token, 0])
    }

    /// An object in a catalog: `class` is the catalog.
    pub fn object(database: Oid, class: Oid, object: Oid, part: u16) -> LockTag {
        Self::new(LockKind::Object, [database.0, class.0, object.0, part.into()])
    }

    /// An application's own key of 64 bits.
    pub fn advisory_one(database: Oid, key: i64) -> LockTag {
        Self::new(LockKind::Advisory, [database.0, (key >> 32) as u32, key as u32, 1])
    }

    /// An application's own key of two halves, which never equals one of 64 bits.
    pub fn advisory_two(database: Oid, first: i32, second: i32) -> LockTag {
        Self::new(LockKind::Advisory, [database.0, first as u32, second as u32, 2])
    }

    pub fn kind(&self) -> LockKind {
        LockKind::ALL.get((self.kind as usize).wrapping_sub(1)).copied().unwrap_or(LockKind::Object)
    }

    /// The identifying numbers, whose meaning depends on the kind.
    pub fn fields(&self) -> [u32; 4] {
        self.fields
    }

    pub fn transaction_id(&self) -> Option<TransactionId> {
        let [low, high, ..] = self.fields;
        (self.kind() == LockKind::Transaction)
            .then_some(TransactionId(u64::from(high) << 32 | u64::from(low)))
    }
}

/// As deadlock reports name it.
impl fmt::Display for LockTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.fields;
        match self.kind() {
            LockKind::Relation => write!(f, "relation {b} of database {a}"),
            LockKind::Extend => write!(f, "extension of relation {b} of database {a}"),
            LockKind::Page => write!(f, "page {c} of relation {b} of database {a}"),
            LockKind::Tuple => write!(f, "tuple ({c},{d}) of relation {b} of database {a}"),
            LockKind::Transaction => write!(f, "transaction {}", u64::from(b) << 32 | u64::from(a)),
            LockKind::VirtualTransaction => {
                write!(f, "virtual transaction {a}/{}", u64::from(c) << 32 | u64::from(b))
            }
            LockKind::SpeculativeToken => {
                write!(f, "speculative token {c} of transaction {}", u64::from(b) << 32 | u64::from(a))
            }
            LockKind::Object => write!(f, "object {c} of class {b} of database {a}"),
            LockKind::Advisory => write!(f, "advisory lock [{a},{b},{c},{d}]"),
        }
    }
}
