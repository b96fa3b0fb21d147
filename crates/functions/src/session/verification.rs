//! Verification of tables and indexes, as the contributed module `amcheck` offers it.

use common::Oid;
use error::Result;
use expression::context::HeapProblem;
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, Implementation, RowSource};
use types::{Column, Value, oid};

expression::builtins! {
    pub static FUNCTIONS:
    /// Verifies the structure of a B-tree index.
    9940 "bt_index_check" (index: regclass) using context -> void, strict volatile parallel_restricted {
        context.session.verify_index(index, false)
    }
    /// Verifies a B-tree index, and that every row of the table has its entry.
    9941 "bt_index_check" (index: regclass, heapallindexed: bool_) using context -> void,
        strict volatile parallel_restricted {
        context.session.verify_index(index, heapallindexed)
    }
}

/// What is wrong with a table, row by row.
struct Problems(std::vec::IntoIter<HeapProblem>);

impl RowSource for Problems {
    fn next(&mut self, _: &mut CallContext<'_>, columns: &mut [Column], limit: usize) -> Result<usize> {
        let mut count = 0;
        let number = |value: Option<i32>| value.map_or(Value::Null, Value::Int4);
        for problem in self.0.by_ref().take(limit) {
            let values = [
                Value::Int8(problem.block),
                number(problem.offset),
                number(problem.attribute),
                Value::text(&problem.text),
            ];
            columns.iter_mut().zip(&values).for_each(|(column, value)| column.push_value(value));
            count += 1;
        }
        Ok(count)
    }
}

fn verify_heap(context: &mut CallContext<'_>, arguments: &[Value]) -> Result<Box<dyn RowSource>> {
    let relation = arguments.first().and_then(Value::as_oid).unwrap_or(Oid::INVALID);
    Ok(Box::new(Problems(context.session.verify_heap(relation)?.into_iter())))
}

pub static SETS: &[FunctionDeclaration] = &[FunctionDeclaration::new(
    9942,
    "verify_heapam",
    &[oid::REGCLASS],
    oid::RECORD,
    Implementation::Set(verify_heap),
)
.strict()
.volatile()
.parallel_restricted()
.rows(1000.0)
.argument_names(&["relation"])
.columns(&[("blkno", oid::INT8), ("offnum", oid::INT4), ("attnum", oid::INT4), ("msg", oid::TEXT)])
.description(&["Looks for corruption in a table."])];
