//! Aggregate calls: which query they belong to, and what they may contain.

use error::{Result, error};
use nodes::expression::{AggregateCall, Expression};
use nodes::query::SortClause;
use parser::ast;

use crate::function::ResolvedCall;
use crate::walk::walk;
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    /// `direct_count`: how many arguments of an ordered-set aggregate stand in its parentheses.
    pub fn aggregate_call(
        &mut self,
        call: &ast::FunctionCall,
        resolved: ResolvedCall,
        direct_count: usize,
        location: u32,
    ) -> Result<Expression> {
        let name = call.name.parts.join(".");
        let aggregate = self.catalog.aggregate(resolved.row.oid)?;
        let kind = aggregate.map_or(b'n', |row| row.aggkind);
        let input_collation = self.collation(&resolved.arguments)?;
        let mut arguments = resolved.arguments;
        let ResolvedCall { row, result, .. } = resolved;
        match (kind == b'n', call.is_within_group) {
            (false, false) => {
                let error =
                    error!(WRONG_OBJECT_TYPE, "WITHIN GROUP is required for ordered-set aggregate {name}");
                return self.fail(error, location);
            }
            (true, true) => {
                let error = error!(
                    WRONG_OBJECT_TYPE,
                    "{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP"
                );
                return self.fail(error, location);
            }
            _ => {}
        }
        if arguments.is_empty() && !call.is_star && !call.is_within_group {
            let error = error!(
                WRONG_OBJECT_TYPE,
                "{name}(*) must be used to call a parameterless aggregate function"
            );
            return self.fail(error, location);
        }
        let filter = match &call.filter {
            Some(filter) => Some(self.within(Clause::Filter, |this| this.condition(filter, "FILTER"))?),
            None => None,
        };
        let mut order_by = Vec::new();
        let mut direct_arguments = Vec::new();
        let argument_count;
        if call.is_within_group {
            let sorted = arguments.split_off(direct_count.min(arguments.len()));
            direct_arguments = arguments;
            argument_count = sorted.len();
            for (at, (value, item)) in sorted.iter().zip(&call.order_by).enumerate() {
                order_by.push(self.sort_clause(at, value.data_type().oid, item)?);
            }
            arguments = sorted;
        } else {
            argument_count = arguments.len();
            for item in &call.order_by {
                let value = self.expression(&item.value)?;
                let value = self.resolve_unknown(value)?;
                let at = match arguments.iter().position(|found| crate::sort::same(found, &value)) {
                    Some(at) => at,
                    None => {
                        arguments.push(value);
                        arguments.len() - 1
                    }
                };
                let found = arguments[at].data_type().oid;
                let clause = self.sort_clause(at, found, item)?;
                if !order_by.iter().any(|other: &SortClause| other.target == at) {
                    order_by.push(clause);
                }
            }
        }
        if call.is_distinct {
            if arguments.len() > argument_count {
                let error = error!(
                    INVALID_COLUMN_REFERENCE,
                    "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list"
                );
                return self.fail(error, crate::sort::leftmost(&arguments[argument_count]));
            }
            for argument in &arguments {
                self.require_equality(argument.data_type().oid, location)?;
            }
        }
        let levels_up = self.aggregate_level(&arguments, &direct_arguments, filter.as_ref())?;
        self.note_aggregate(levels_up, location)?;
        let data_type = self.result_type(result, input_collation)?;
        Ok(Expression::Aggregate(Box::new(AggregateCall {
            function: row.oid,
            star: call.is_star,
            direct_arguments,
            arguments,
            distinct: call.is_distinct,
            order_by,
            argument_count,
            filter,
            data_type,
            input_collation,
            levels_up,
            location,
        })))
    }

    /// An aggregate belongs to the innermost query whose columns it uses, or to its own when it uses none.
    fn aggregate_level(
        &self,
        arguments: &[Expression],
        direct: &[Expression],
        filter: Option<&Expression>,
    ) -> Result<u32> {
        let mut lowest: Option<u32> = None;
        let mut lowest_aggregate: Option<(u32, u32)> = None;
        let mut inner: Option<(bool, u32)> = None;
        for argument in arguments.iter().chain(filter) {
            walk(argument, 0, &mut |part, depth| match part {
                Expression::Variable(variable) if variable.levels_up >= depth => {
                    let level = variable.levels_up - depth;
                    lowest = Some(lowest.map_or(level, |found| found.min(level)));
                }
                Expression::Aggregate(call) if call.levels_up >= depth => {
                    let level = call.levels_up - depth;
                    if lowest_aggregate.is_none_or(|(found, _)| level < found) {
                        lowest_aggregate = Some((level, call.location));
                    }
                }
                Expression::Window(call) if depth == 0 => inner = inner.or(Some((true, call.location))),
                Expression::Function(call) if depth == 0 && call.returns_set => {
                    inner = inner.or(Some((false, call.location)));
                }
                _ => {}
            });
        }
        match inner {
            Some((true, place)) => {
                let error =
                    error!(GROUPING_ERROR, "aggregate function calls cannot contain window function calls");
                return self.fail(error, place);
            }
            Some((false, place)) => {
                let error = error!(
                    FEATURE_NOT_SUPPORTED,
                    "aggregate function calls cannot contain set-returning function calls"
                )
                .hint("You might be able to move the set-returning function into a LATERAL FROM item.");
                return self.fail(error, place);
            }
            None => {}
        }
        let level = match (lowest, lowest_aggregate.map(|(level, _)| level)) {
            (Some(variable), Some(aggregate)) => variable.min(aggregate),
            (Some(level), None) | (None, Some(level)) => level,
            (None, None) => 0,
        };
        let mut nested = lowest_aggregate.filter(|(found, _)| *found == level).map(|(_, place)| place);
        for value in direct {
            walk(value, 0, &mut |part, depth| match part {
                Expression::Aggregate(call) if call.levels_up == depth + level => {
                    nested = nested.or(Some(call.location));
                }
                _ => {}
            });
        }
        if let Some(place) = nested {
            let error = error!(GROUPING_ERROR, "aggregate function calls cannot be nested");
            return self.fail(error, place);
        }
        Ok(level)
    }

    fn note_aggregate(&mut self, levels_up: u32, location: u32) -> Result<()> {
        let at = self.levels.len().saturating_sub(levels_up as usize + 1);
        let Some(level) = self.levels.get_mut(at) else {
            return Err(error!(GROUPING_ERROR, "aggregate functions are not allowed here"));
        };
        let clause = level.clause;
        level.has_aggregates = true;
        match clause.aggregate_place() {
            Some(place) => {
                let error = error!(GROUPING_ERROR, "aggregate functions are not allowed in {place}");
                self.fail(error, location)
            }
            None => Ok(()),
        }
    }
}
