//! Asking a statement again about one row version that was changed while it was waited for.
//!
//! The scan of the changed table delivers only that version, whatever the snapshot says; all other tables are read as before.

use catalog::Relation;
use common::TupleId;
use error::Result;
use types::Column;

use crate::operators::Input;
use crate::rows::RowStore;
use crate::runtime::Runtime;

/// The input row for this version; `None` if the version does not qualify.
pub(crate) fn run(
    runtime: &mut Runtime<'_>,
    input: &mut Input,
    relation: &Relation,
    version: TupleId,
) -> Result<Option<RowStore>> {
    let plan = match &runtime.recheck_plan {
        Some(plan) => plan.clone(),
        None => return Ok(None),
    };
    let outer = runtime.only_version.replace((relation.oid, version));
    let result = (|| {
        let mut operator = crate::build::operator(runtime, &plan)?;
        let types: Vec<_> = input.batch().columns.iter().map(Column::physical_type).collect();
        let mut found = RowStore::new(&types);
        while found.rows == 0 && operator.next(runtime)? {
            found.append(operator.batch());
        }
        Ok((found.rows > 0).then_some(found))
    })();
    runtime.only_version = outer;
    result
}
