//! Subqueries in expressions: run once before the query when they stand alone, else as subplans with parameters.

use error::{Error, Result};
use nodes::Expression;
use nodes::expression::{Comparison, Parameter, ParameterKind, SubLink, SubLinkKind};
use nodes::plan::{InitialKind, InitialPlan, RowTest, SubPlan, SubPlanTest};

use crate::level::{Global, Level};
use crate::select;
use crate::walk;

/// Replaces the subqueries of an expression by plans.
pub(crate) fn plan_sublinks(
    global: &Global<'_>,
    level: &Level<'_>,
    expression: &mut Expression,
) -> Result<()> {
    walk::replace(expression, &mut |part| {
        let Expression::SubLink(link) = part else { return Ok(false) };
        *part = plan_one(global, level, link)?;
        Ok(true)
    })
}

fn plan_one(global: &Global<'_>, level: &Level<'_>, link: &SubLink) -> Result<Expression> {
    let query = link.query.clone();
    let (plan, requested) = level.collecting(|| select::plan_query(global, query, Some(level)))?;
    let depends_on_outer = !requested.is_empty() || reaches_further(link);
    let subplan = global.add_subplan(plan);
    let initial = match link.kind {
        SubLinkKind::Exists => Some(InitialKind::Exists),
        SubLinkKind::Scalar => Some(InitialKind::Scalar),
        SubLinkKind::Array => Some(InitialKind::Array),
        SubLinkKind::Any(_) | SubLinkKind::All(_) => None,
    };
    if let (Some(kind), false) = (initial, depends_on_outer) {
        let parameter = global.new_parameter();
        global.add_initial(InitialPlan { subplan, parameter, kind });
        return Ok(Expression::Parameter(Parameter {
            kind: ParameterKind::Execution,
            index: parameter,
            data_type: link.data_type,
        }));
    }
    let test = match &link.kind {
        SubLinkKind::Exists => SubPlanTest::Exists,
        SubLinkKind::Scalar => SubPlanTest::Scalar,
        SubLinkKind::Array => SubPlanTest::Array,
        SubLinkKind::Any(comparison) => SubPlanTest::Any(row_tests(global, level, comparison)?),
        SubLinkKind::All(comparison) => SubPlanTest::All(row_tests(global, level, comparison)?),
    };
    let parameters = requested
        .into_iter()
        .map(|(variable, parameter)| (parameter, Expression::Variable(variable)))
        .collect();
    let (is_fixed, data_type) = (!depends_on_outer, link.data_type);
    Ok(Expression::SubPlan(Box::new(SubPlan { plan: subplan, test, parameters, is_fixed, data_type })))
}

/// Whether the subquery uses variables of levels beyond the one that contains it: then it cannot run once for all either.
fn reaches_further(link: &SubLink) -> bool {
    let mut found = false;
    for depth in 2..16 {
        walk::each_variable_of_query(&link.query, depth, &mut |_| found = true);
    }
    found
}

fn row_tests(global: &Global<'_>, level: &Level<'_>, comparison: &Comparison) -> Result<Vec<RowTest>> {
    if comparison.row && comparison.operators.len() > 1 {
        let mut names = Vec::new();
        for (operator, _) in &comparison.operators {
            names.push(global.catalog.operator(*operator)?.map(|row| row.oprname.0.clone()));
        }
        if names.iter().any(|name| name.as_deref() != Some("=")) {
            return Err(Error::unsupported("row comparison with a subquery other than by equality"));
        }
    }
    comparison
        .left
        .iter()
        .zip(&comparison.operators)
        .map(|(left, (operator, function))| {
            let mut left = left.clone();
            plan_sublinks(global, level, &mut left)?;
            level.replace_outer(global, &mut left)?;
            let hashable = global.catalog.operator(*operator)?.is_some_and(|row| row.oprcanhash);
            let input_collation = left.data_type().collation;
            Ok(RowTest { left, operator: *operator, function: *function, hashable, input_collation })
        })
        .collect()
}
