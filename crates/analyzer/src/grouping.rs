//! GROUP BY: what it groups by, grouping sets, and the check that nothing ungrouped is read.

use common::AttributeNumber;
use error::{Result, error};
use nodes::Query;
use nodes::expression::{Expression, Variable};
use nodes::query::{GroupItem, RangeKind, Target};
use parser::ast::{self, GroupingElement};

use crate::sort::without_locations;
use crate::walk::walk_query;
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn group_by(
        &mut self,
        core: &ast::SelectCore,
        query: &mut Query,
        targets: &mut Vec<Target>,
    ) -> Result<()> {
        if core.group_by.is_empty() {
            return Ok(());
        }
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        let mut has_sets = false;
        for element in &core.group_by {
            has_sets |= !matches!(element, GroupingElement::Expression(_));
            let alternatives = self.grouping_element(element, query, targets)?;
            // Elements side by side multiply.
            sets = sets
                .iter()
                .flat_map(|set| {
                    alternatives.iter().map(move |more| {
                        let mut both = set.clone();
                        both.extend(more.iter().copied().filter(|item| !set.contains(item)));
                        both
                    })
                })
                .collect();
            if sets.len() > MAX_GROUPING_SETS {
                return Err(error!(
                    STATEMENT_TOO_COMPLEX,
                    "too many grouping sets present (maximum {MAX_GROUPING_SETS})"
                ));
            }
        }
        if !has_sets {
            return Ok(());
        }
        if core.is_group_distinct {
            let mut kept: Vec<Vec<usize>> = Vec::new();
            for set in sets {
                let sorted = |set: &[usize]| {
                    let mut set = set.to_vec();
                    set.sort_unstable();
                    set
                };
                if !kept.iter().any(|other| sorted(other) == sorted(&set)) {
                    kept.push(set);
                }
            }
            sets = kept;
        }
        query.grouping_sets = sets;
        Ok(())
    }

    /// The alternatives that an element offers, as positions in `group_by`.
    fn grouping_element(
        &mut self,
        element: &GroupingElement,
        query: &mut Query,
        targets: &mut Vec<Target>,
    ) -> Result<Vec<Vec<usize>>> {
        match element {
            GroupingElement::Expression(value) => Ok(vec![self.grouping_items(value, query, targets)?]),
            GroupingElement::Empty { .. } => Ok(vec![Vec::new()]),
            GroupingElement::Rollup { elements, .. } => {
                let items = self.grouping_lists(elements, query, targets)?;
                Ok((0..=items.len()).rev().map(|count| items[..count].concat()).collect())
            }
            GroupingElement::Cube { elements, location } => {
                let items = self.grouping_lists(elements, query, targets)?;
                if items.len() > MAX_CUBE {
                    let error = error!(TOO_MANY_COLUMNS, "CUBE is limited to 12 elements");
                    return self.fail(error, *location);
                }
                let count = items.len();
                let mut masks: Vec<usize> = (0..1 << count).collect();
                masks.sort_by_key(|mask: &usize| std::cmp::Reverse(mask.count_ones()));
                let chosen = |mask: &usize| {
                    let picked =
                        items.iter().enumerate().filter(|(at, _)| mask & (1 << (count - 1 - at)) != 0);
                    picked.flat_map(|(_, item)| item.clone()).collect()
                };
                Ok(masks.iter().map(chosen).collect())
            }
            GroupingElement::Sets { sets, .. } => {
                let mut all = Vec::new();
                for set in sets {
                    all.extend(self.grouping_element(set, query, targets)?);
                }
                Ok(all)
            }
        }
    }

    fn grouping_lists(
        &mut self,
        elements: &[ast::Expression],
        query: &mut Query,
        targets: &mut Vec<Target>,
    ) -> Result<Vec<Vec<usize>>> {
        elements.iter().map(|element| self.grouping_items(element, query, targets)).collect()
    }

    /// One expression, or several in parentheses.
    fn grouping_items(
        &mut self,
        value: &ast::Expression,
        query: &mut Query,
        targets: &mut Vec<Target>,
    ) -> Result<Vec<usize>> {
        if let ast::ExpressionKind::Row { fields, is_explicit: false } = &value.kind {
            let mut all = Vec::new();
            for field in fields {
                all.extend(self.grouping_items(field, query, targets)?);
            }
            return Ok(all);
        }
        let target = self.find_target(value, targets, Clause::GroupBy)?;
        if let Some(at) = query.group_by.iter().position(|item| item.target == target) {
            return Ok(vec![at]);
        }
        let found = targets[target].expression.data_type().oid;
        let equal = self.require_equality(found, crate::expression::start(value))?.equal;
        query.group_by.push(GroupItem { target, equal });
        Ok(vec![query.group_by.len() - 1])
    }

    /// Outside aggregates, a grouped query may read only what it groups by.
    pub fn check_grouping(&mut self, query: &Query) -> Result<()> {
        let is_grouped = self.level().has_aggregates
            || !query.group_by.is_empty()
            || !query.grouping_sets.is_empty()
            || query.having.is_some();
        for item in &query.group_by {
            let expression = &query.targets[item.target].expression;
            let mut problem = None;
            crate::walk::walk(expression, 0, &mut |part, depth| match part {
                Expression::Aggregate(call) if call.levels_up == depth => {
                    problem = problem.or(Some(("aggregate functions", call.location, true)));
                }
                Expression::Window(call) if depth == 0 => {
                    problem = problem.or(Some(("window functions", call.location, false)));
                }
                _ => {}
            });
            if let Some((what, location, aggregate)) = problem {
                let error = match aggregate {
                    true => error!(GROUPING_ERROR, "{what} are not allowed in GROUP BY"),
                    false => error!(WINDOWING_ERROR, "{what} are not allowed in GROUP BY"),
                };
                return self.fail(error, location);
            }
        }
        if !is_grouped {
            return Ok(());
        }
        let grouped: Vec<Expression> = query
            .group_by
            .iter()
            .map(|item| without_locations(&query.targets[item.target].expression))
            .collect();
        // Columns grouped by in every set let the primary key speak for its table.
        let common: Vec<&Expression> = grouped
            .iter()
            .enumerate()
            .filter(|(at, _)| query.grouping_sets.iter().all(|set| set.contains(at)))
            .map(|(_, expression)| expression)
            .collect();
        let check = |this: &mut Self, expression: &Expression| -> Result<()> {
            let mut found = None;
            ungrouped(expression, 0, &grouped, &mut |variable, depth| {
                if found.is_none() && !this.depends_on_key(variable, &common) {
                    found = Some((*variable, depth));
                }
            });
            match found {
                Some((variable, depth)) => this.ungrouped_column(&variable, depth),
                None => Ok(()),
            }
        };
        for target in &query.targets {
            check(self, &target.expression)?;
        }
        if let Some(having) = &query.having {
            check(self, having)?;
        }
        Ok(())
    }

    /// Grouping by all of a table's primary key settles its other columns.
    fn depends_on_key(&mut self, variable: &Variable, grouped: &[&Expression]) -> bool {
        let entry = self.level().range_table.get(variable.range);
        let Some(&RangeKind::Relation { relation, .. }) = entry.map(|entry| &entry.kind) else {
            return false;
        };
        let Ok(Some(relation)) = self.catalog.relation(relation) else { return false };
        let Some(key) = relation.indexes.iter().find(|index| index.is_primary && index.is_immediate) else {
            return false;
        };
        key.columns[..key.key_count].iter().all(|column| {
            grouped.iter().any(|expression| {
                matches!(expression, Expression::Variable(found)
                    if found.range == variable.range && found.levels_up == 0 && found.attribute == *column)
            })
        })
    }

    fn ungrouped_column(&mut self, variable: &Variable, depth: u32) -> Result<()> {
        let entry = &self.level().range_table[variable.range];
        let table = entry.name.clone();
        let column = match variable.attribute {
            AttributeNumber::WHOLE_ROW => "*".to_owned(),
            attribute if attribute.is_user() => {
                entry.columns.get(attribute.index()).map_or(String::new(), |column| column.name.to_string())
            }
            attribute => system_name(attribute).to_owned(),
        };
        let error = match depth {
            0 => error!(
                GROUPING_ERROR,
                "column \"{table}.{column}\" must appear in the GROUP BY clause or be used in an aggregate function"
            ),
            _ => {
                error!(GROUPING_ERROR, "subquery uses ungrouped column \"{table}.{column}\" from outer query")
            }
        };
        self.fail(error, variable.location)
    }
}

/// Calls `found` for each variable of the grouped query that is neither grouped nor inside one of its aggregates.
fn ungrouped(
    expression: &Expression,
    depth: u32,
    grouped: &[Expression],
    found: &mut dyn FnMut(&Variable, u32),
) {
    if depth == 0 && grouped.iter().any(|item| *item == without_locations(expression)) {
        return;
    }
    match expression {
        Expression::Variable(variable) if variable.levels_up == depth => {
            let is_grouped = grouped.iter().any(|item| {
                matches!(item, Expression::Variable(other)
                    if other.levels_up == 0 && other.range == variable.range && other.attribute == variable.attribute)
            });
            if !is_grouped {
                found(variable, depth);
            }
        }
        Expression::Aggregate(call) if call.levels_up == depth => {
            call.direct_arguments.iter().for_each(|argument| ungrouped(argument, depth, grouped, found));
        }
        // What belongs to a query further out is constant here.
        Expression::Aggregate(call) if call.levels_up > depth => {}
        _ => expression.for_each_child(&mut |child| ungrouped(child, depth, grouped, found)),
    }
    if let Expression::SubLink(link) = expression {
        walk_query(&link.query, depth + 1, &mut |part, inner| {
            if let Expression::Variable(variable) = part {
                if variable.levels_up == inner {
                    let is_grouped = grouped.iter().any(|item| {
                        matches!(item, Expression::Variable(other)
                            if other.levels_up == 0 && other.range == variable.range && other.attribute == variable.attribute)
                    });
                    if !is_grouped && !inside_outer_aggregate(&link.query, depth + 1, variable) {
                        found(variable, inner);
                    }
                }
            }
        });
    }
}

/// Whether the variable stands in an aggregate that belongs to the grouped query.
fn inside_outer_aggregate(query: &Query, depth: u32, variable: &Variable) -> bool {
    let mut inside = false;
    walk_query(query, depth, &mut |part, inner| {
        if let Expression::Aggregate(call) = part {
            if call.levels_up == inner {
                inside |= call
                    .arguments
                    .iter()
                    .any(|argument| argument.any(&mut |found| *found == Expression::Variable(*variable)));
            }
        }
    });
    inside
}

fn system_name(attribute: AttributeNumber) -> &'static str {
    match attribute {
        AttributeNumber::CTID => "ctid",
        AttributeNumber::XMIN => "xmin",
        AttributeNumber::CMIN => "cmin",
        AttributeNumber::XMAX => "xmax",
        AttributeNumber::CMAX => "cmax",
        _ => "tableoid",
    }
}

const MAX_GROUPING_SETS: usize = 4096;
const MAX_CUBE: usize = 12;
