//! FOR UPDATE and its kin.

use std::rc::Rc;

use access_api::{LockWait, RowOutcome};
use catalog::Relation;
use common::TupleId;
use error::{Result, error};
use nodes::plan::{Plan, PlannedRowLock, RowMark};
use nodes::query::{self, RowLockStrength};
use transaction::Isolation;
use tuple::LockStrength;
use types::{Batch, Selection};

use crate::operators::scan::open;
use crate::operators::{Input, Operator};
use crate::recheck::{Recheck, overwrite};
use crate::runtime::Runtime;

/// Locks the rows that its input's rows come from. A row whose newest version is another one is put together again.
pub(crate) struct LockRows {
    input: Input,
    locks: Vec<Lock>,
    recheck: Recheck,
}

struct Lock {
    relation: Rc<Relation>,
    address: usize,
    strength: LockStrength,
    wait: LockWait,
}

enum Locked {
    AsItWas,
    /// In its newest version.
    Newer(TupleId),
    Gone,
}

impl LockRows {
    pub fn new(
        runtime: &Runtime<'_>,
        input: Input,
        plan: &Rc<Plan>,
        planned: &[PlannedRowLock],
        marks: &[RowMark],
    ) -> Result<LockRows> {
        let mut locks = Vec::new();
        for lock in planned {
            locks.push(Lock {
                relation: open(runtime, lock.relation)?,
                address: lock.address,
                strength: match lock.lock.strength {
                    RowLockStrength::KeyShare => LockStrength::KeyShare,
                    RowLockStrength::Share => LockStrength::Share,
                    RowLockStrength::NoKeyUpdate => LockStrength::NoKeyUpdate,
                    RowLockStrength::Update => LockStrength::Update,
                },
                wait: match lock.lock.wait {
                    query::LockWait::Block => LockWait::Block,
                    query::LockWait::SkipLocked => LockWait::Skip,
                    query::LockWait::Error => LockWait::Error,
                },
            });
        }
        Ok(LockRows { input, locks, recheck: Recheck::new(plan, marks) })
    }
}

pub(crate) fn serialization_failure() -> error::Error {
    error!(T_R_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update")
}

impl Lock {
    /// Locks a row in its newest version.
    /// # Errors
    /// 40001 in repeatable read if that is not `address`; 55P03 for NOWAIT; those of waiting.
    fn lock(&self, runtime: &Runtime<'_>, address: TupleId) -> Result<Locked> {
        let access = runtime.access();
        let mut at = address;
        loop {
            system::interrupt::check()?;
            return match access_heap::lock_row(access, &self.relation.storage, at, self.strength, self.wait)?
            {
                RowOutcome::Done(()) if at == address => Ok(Locked::AsItWas),
                RowOutcome::Done(()) => Ok(Locked::Newer(at)),
                RowOutcome::WouldBlock if self.wait == LockWait::Error => Err(error!(
                    LOCK_NOT_AVAILABLE,
                    "could not obtain lock on row in relation \"{}\"", self.relation.name
                )),
                RowOutcome::Updated(_) | RowOutcome::Deleted(_)
                    if access.session.isolation() == Isolation::RepeatableRead =>
                {
                    Err(serialization_failure())
                }
                RowOutcome::Updated(conflict) => {
                    at = conflict.newer;
                    continue;
                }
                RowOutcome::SelfModified(_)
                | RowOutcome::Deleted(_)
                | RowOutcome::Invisible
                | RowOutcome::WouldBlock => Ok(Locked::Gone),
            };
        }
    }
}

impl Operator for LockRows {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.input.next(runtime)? {
            return Ok(false);
        }
        let batch = self.input.batch();
        let rows: Vec<usize> = batch.selected().iter().collect();
        let mut kept = Selection::default();
        'rows: for row in rows {
            let mut versions = None;
            for lock in &self.locks {
                let column = &batch.columns[lock.address];
                if column.is_null(row) {
                    // The row of the null side of an outer join.
                    continue;
                }
                match lock.lock(runtime, column.get(row))? {
                    Locked::AsItWas => {}
                    Locked::Newer(newest) => {
                        let versions =
                            versions.get_or_insert_with(|| self.recheck.versions(&batch.columns, row));
                        self.recheck.replace(versions, lock.address, newest);
                    }
                    Locked::Gone => continue 'rows,
                }
            }
            if let Some(versions) = versions {
                match self.recheck.run(runtime, versions)? {
                    Some(new) => overwrite(batch, row, &new),
                    None => continue,
                }
            }
            kept.push(row as u16);
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

    fn settle(&mut self) -> Option<usize> {
        self.input.settle()
    }
}
