//! Variables that mean a whole row become rows of the columns, everywhere in a statement, before it is planned.

use std::rc::Rc;

use common::AttributeNumber;
use error::Result;
use nodes::Expression;
use nodes::expression::Variable;
use nodes::query::{Query, RangeColumn, RangeKind};

use crate::walk;

/// The columns of each entry of a range table.
type Tables = Vec<Rc<[RangeColumn]>>;

/// Expands a query and all queries within it. `outer` has the tables of the queries around it, the outermost first.
pub(crate) fn expand(query: &mut Query, outer: &mut Vec<Tables>) -> Result<()> {
    outer.push(query.range_table.iter().map(|entry| entry.columns.clone()).collect());
    let mut result = Ok(());
    walk::each_expression_mut(query, &mut |expression| {
        if result.is_ok() {
            result = expand_in(expression, outer);
        }
    });
    result?;
    for entry in &mut query.range_table {
        if let RangeKind::Subquery { query, .. } = &mut entry.kind {
            expand(query, outer)?;
        }
    }
    for table in &mut query.common_tables {
        expand(&mut table.query, outer)?;
    }
    outer.pop();
    Ok(())
}

fn expand_in(expression: &mut Expression, outer: &mut Vec<Tables>) -> Result<()> {
    walk::replace(expression, &mut |part| match part {
        Expression::Variable(variable) if variable.attribute == AttributeNumber::WHOLE_ROW => {
            let of_level = outer.len().checked_sub(1 + variable.levels_up as usize).map(|at| &outer[at]);
            let Some(columns) = of_level.and_then(|tables| tables.get(variable.range)) else {
                return Ok(false);
            };
            let field = |(at, column): (usize, &RangeColumn)| {
                Expression::Variable(Variable {
                    attribute: AttributeNumber::from_index(at),
                    data_type: column.data_type,
                    location: u32::MAX,
                    ..*variable
                })
            };
            let live = columns.iter().enumerate().filter(|(_, column)| !column.dropped);
            let fields = live.map(field).collect();
            *part = Expression::Row { fields, data_type: variable.data_type };
            Ok(true)
        }
        Expression::SubLink(link) => {
            expand(&mut link.query, outer)?;
            Ok(false)
        }
        _ => Ok(false),
    })
}
