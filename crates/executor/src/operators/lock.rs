//! FOR UPDATE and its kin.

use std::rc::Rc;

use access_api::{LockWait, RowOutcome};
use catalog::Relation;
use error::{Result, error};
use nodes::plan::PlannedRowLock;
use nodes::query::{self, RowLockStrength};
use transaction::Isolation;
use tuple::LockStrength;
use types::{Batch, Selection};

use crate::operators::scan::open;
use crate::operators::{Input, Operator};
use crate::runtime::Runtime;

/// Locks the rows that its input's rows come from.
pub(crate) struct LockRows {
    input: Input,
    locks: Vec<(PlannedRowLock, Rc<Relation>)>,
}

impl LockRows {
    pub fn new(runtime: &Runtime<'_>, input: Input, locks: &[PlannedRowLock]) -> Result<LockRows> {
        let mut opened = Vec::new();
        for lock in locks {
            opened.push((lock.clone(), open(runtime, lock.relation)?));
        }
        Ok(LockRows { input, locks: opened })
    }
}

pub(crate) fn serialization_failure() -> error::Error {
    error!(T_R_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update")
}

impl Operator for LockRows {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.input.next(runtime)? {
            return Ok(false);
        }
        let batch = self.input.batch();
        let mut kept = Selection::default();
        let access = runtime.access();
        for row in batch.selected().iter() {
            let mut keep = true;
            for (planned, relation) in &self.locks {
                let column = &batch.columns[planned.address];
                if column.is_null(row) {
                    // The row of the null side of an outer join.
                    continue;
                }
                let strength = match planned.lock.strength {
                    RowLockStrength::KeyShare => LockStrength::KeyShare,
                    RowLockStrength::Share => LockStrength::Share,
                    RowLockStrength::NoKeyUpdate => LockStrength::NoKeyUpdate,
                    RowLockStrength::Update => LockStrength::Update,
                };
                let wait = match planned.lock.wait {
                    query::LockWait::Block => LockWait::Block,
                    query::LockWait::SkipLocked => LockWait::Skip,
                    query::LockWait::Error => LockWait::Error,
                };
                match access_heap::lock_row(access, &relation.storage, column.get(row), strength, wait)? {
                    RowOutcome::Done(()) | RowOutcome::SelfModified(_) => {}
                    RowOutcome::WouldBlock if wait == LockWait::Error => {
                        return Err(error!(
                            LOCK_NOT_AVAILABLE,
                            "could not obtain lock on row in relation \"{}\"", relation.name
                        ));
                    }
                    RowOutcome::Updated(_) | RowOutcome::Deleted(_)
                        if access.session.isolation() == Isolation::RepeatableRead =>
                    {
                        return Err(serialization_failure());
                    }
                    RowOutcome::Updated(_) => {
                        return Err(error::Error::unsupported(
                            "re-evaluation of a row that was changed while it was waited for is not supported here yet",
                        ));
                    }
                    RowOutcome::Deleted(_) | RowOutcome::Invisible | RowOutcome::WouldBlock => keep = false,
                }
            }
            if keep {
                kept.push(row as u16);
            }
        }
        batch.selection = Some(kept);
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        self.input.batch()
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.input.rewind(runtime)
    }
}
