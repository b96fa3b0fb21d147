//! What the columns of a plan node's output are, in terms of the query's range table.

use common::AttributeNumber;
use error::{Error, Result};
use nodes::Expression;
use nodes::expression::{DataType, Variable};
use nodes::plan::Plan;
use smallvec::SmallVec;

use crate::walk;

/// A column of a range table entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Slot {
    pub range: usize,
    pub attribute: AttributeNumber,
    pub data_type: DataType,
}

impl Slot {
    pub fn of(variable: &Variable) -> Slot {
        Slot { range: variable.range, attribute: variable.attribute, data_type: variable.data_type }
    }

    pub fn variable(&self) -> Variable {
        Variable {
            range: self.range,
            attribute: self.attribute,
            levels_up: 0,
            data_type: self.data_type,
            location: u32::MAX,
        }
    }

    pub fn is(&self, variable: &Variable) -> bool {
        self.range == variable.range && self.attribute == variable.attribute
    }
}

/// A plan of part of the FROM clause, with the meaning of its columns.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub plan: Plan,
    pub slots: Vec<Slot>,
    /// The range table entries that it covers.
    pub ranges: Vec<usize>,
    /// Execution parameters that it takes from entries to its left.
    pub lateral: Vec<(usize, Variable)>,
}

impl Part {
    pub fn covers(&self, range: usize) -> bool {
        self.ranges.contains(&range)
    }

    pub fn rows(&self) -> f64 {
        self.plan.estimate.rows
    }
}

/// Replaces the variables of this query level by columns of `slots`.
/// # Errors
/// XX000 for a variable that is not among them.
pub(crate) fn resolve(expression: &mut Expression, slots: &[Slot]) -> Result<()> {
    walk::replace(expression, &mut |part| {
        let Expression::Variable(variable) = part else { return Ok(false) };
        let index = slots.iter().position(|slot| slot.is(variable)).ok_or_else(|| {
            Error::internal(format!(
                "variable {}.{} is not available here",
                variable.range, variable.attribute.0
            ))
        })?;
        *part = Expression::column(index, variable.data_type);
        Ok(true)
    })
}

/// A copy with its variables replaced.
pub(crate) fn resolved(expression: &Expression, slots: &[Slot]) -> Result<Expression> {
    let mut copy = expression.clone();
    resolve(&mut copy, slots)?;
    Ok(copy)
}

/// The range table entries that an expression needs, each once.
pub(crate) fn ranges_of(expression: &Expression) -> SmallVec<[usize; 4]> {
    let mut ranges = SmallVec::new();
    walk::each_variable(expression, 0, &mut |variable| {
        if !ranges.contains(&variable.range) {
            ranges.push(variable.range);
        }
    });
    ranges
}
