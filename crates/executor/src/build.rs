//! From plan nodes to operators.

use error::{Error, Result};
use nodes::plan::{Plan, PlanNode};

use crate::evaluate::Evaluator;
use crate::instrument::Watched;
use crate::operators::aggregate::Aggregation;
use crate::operators::function::FunctionScan;
use crate::operators::hash_join::HashJoin;
use crate::operators::join::NestedLoop;
use crate::operators::lock::LockRows;
use crate::operators::modify::ModifyTable;
use crate::operators::scan::{IndexScan, SequentialScan, TidScan};
use crate::operators::set::{CommonTableScan, Materialize, RecursiveUnion, WorkTableScan};
use crate::operators::set_operation::SetOperation;
use crate::operators::simple::{Append, Filter, Limit, Project, ProjectSet, ResultRow, Unique, ValuesScan};
use crate::operators::sort::Sort;
use crate::operators::window::{Definition, Window};
use crate::operators::{Input, Operator};
use crate::rows::{batch_for, physical_types};
use crate::runtime::Runtime;

fn boxed(operator: impl Operator + 'static) -> Result<Input> {
    Ok(Box::new(operator))
}

fn optional(runtime: &Runtime<'_>, expression: &Option<nodes::Expression>) -> Result<Option<Evaluator>> {
    expression.as_ref().map(|expression| Evaluator::new(runtime, expression)).transpose()
}

fn all(runtime: &Runtime<'_>, expressions: &[nodes::Expression]) -> Result<Vec<Evaluator>> {
    expressions.iter().map(|expression| Evaluator::new(runtime, expression)).collect()
}

/// The operators for a plan, watched if somebody wants to know what they do.
/// # Errors
/// 0A000 for nodes that cannot be run.
pub(crate) fn operator(runtime: &mut Runtime<'_>, plan: &Plan) -> Result<Input> {
    let operator = unwatched(runtime, plan)?;
    match &runtime.instruments {
        // What is asked again is not counted.
        Some(instruments) if runtime.only_versions.is_empty() => {
            boxed(Watched::new(operator, instruments.node(plan)))
        }
        _ => Ok(operator),
    }
}

fn unwatched(runtime: &mut Runtime<'_>, plan: &Plan) -> Result<Input> {
    let batch = batch_for(runtime, &plan.output);
    match &plan.node {
        PlanNode::Result { expressions, condition } => {
            boxed(ResultRow::new(all(runtime, expressions)?, optional(runtime, condition)?, batch))
        }
        PlanNode::Project { input, expressions } => {
            let input = operator(runtime, input)?;
            boxed(Project::new(input, all(runtime, expressions)?, batch))
        }
        PlanNode::ProjectSet { input, expressions } => {
            let input = operator(runtime, input)?;
            boxed(ProjectSet::new(runtime, input, expressions, batch)?)
        }
        PlanNode::Filter { input, condition, .. } => {
            let input = operator(runtime, input)?;
            boxed(Filter::new(input, Evaluator::new(runtime, condition)?))
        }
        PlanNode::SequentialScan(scan) => boxed(SequentialScan::new(runtime, scan)?),
        PlanNode::IndexScan(scan) => boxed(IndexScan::new(runtime, scan)?),
        PlanNode::TidScan { scan, addresses } => {
            let addresses = all(runtime, addresses)?;
            boxed(TidScan::new(runtime, scan, addresses)?)
        }
        PlanNode::ValuesScan { rows, .. } => {
            let rows = rows.iter().map(|row| all(runtime, row)).collect::<Result<_>>()?;
            boxed(ValuesScan::new(rows, batch))
        }
        PlanNode::FunctionScan { functions, column_counts, ordinality, .. } => {
            boxed(FunctionScan::new(runtime, functions, column_counts, *ordinality, &plan.output)?)
        }
        PlanNode::CommonTableScan { subplan, .. } => boxed(CommonTableScan::new(*subplan, batch)),
        PlanNode::WorkTableScan { union, .. } => boxed(WorkTableScan::new(*union, batch)),
        PlanNode::RecursiveUnion { id, start, step, distinct } => {
            let start = operator(runtime, start)?;
            let step = operator(runtime, step)?;
            let types = plan.output.iter().map(|data_type| data_type.oid).collect();
            boxed(RecursiveUnion::new(*id, start, step, *distinct, types, batch))
        }
        PlanNode::NestedLoop { kind, left, right, parameters, condition } => {
            let inputs = (operator(runtime, left)?, operator(runtime, right)?);
            let mut prepared = Vec::new();
            for (index, outer) in parameters {
                prepared.push((*index, Evaluator::new(runtime, outer)?));
            }
            let joined = [&left.output[..], &right.output].concat();
            let joined = batch_for(runtime, &joined);
            boxed(NestedLoop::new(
                *kind,
                inputs,
                left.output.len(),
                prepared,
                optional(runtime, condition)?,
                joined,
            ))
        }
        PlanNode::HashJoin(join) => {
            let inputs = (operator(runtime, &join.left)?, operator(runtime, &join.right)?);
            let joined = [&join.left.output[..], &join.right.output].concat();
            let joined = batch_for(runtime, &joined);
            let right_types = physical_types(runtime, &join.right.output);
            boxed(HashJoin::new(runtime, join, inputs, joined, &right_types)?)
        }
        PlanNode::Sort { input, keys, bound } => {
            let types = physical_types(runtime, &input.output);
            let output = input.output.clone();
            let input = operator(runtime, input)?;
            let bound = all(runtime, bound)?;
            boxed(Sort::new(runtime, input, keys, &output, &types, bound, batch))
        }
        PlanNode::Aggregate(aggregate) => {
            let input = operator(runtime, &aggregate.input)?;
            boxed(Aggregation::new(runtime, aggregate, input, batch)?)
        }
        PlanNode::WindowAggregate { input, partition_by, order_by, frame, functions, .. } => {
            let types = physical_types(runtime, &input.output);
            let output = input.output.clone();
            let input = operator(runtime, input)?;
            let definition = Definition { partition_by, order_by, frame, functions };
            boxed(Window::new(runtime, input, definition, &output, &types, batch)?)
        }
        PlanNode::Unique { input, columns } => {
            let types = columns.iter().map(|column| input.output[*column].oid).collect();
            let store = physical_types(runtime, &input.output);
            let input = operator(runtime, input)?;
            boxed(Unique::new(input, columns.clone(), types, &store))
        }
        PlanNode::Limit { input, limit, offset, ties } => {
            let types = physical_types(runtime, &input.output);
            let output = input.output.clone();
            let input = operator(runtime, input)?;
            let (limit, offset) = (optional(runtime, limit)?, optional(runtime, offset)?);
            boxed(Limit::new(input, limit, offset, ties, &output, &types))
        }
        PlanNode::Append { inputs } => {
            let inputs = inputs.iter().map(|input| operator(runtime, input)).collect::<Result<_>>()?;
            boxed(Append::new(inputs))
        }
        PlanNode::SetOperation { kind, all, left, right } => {
            let inputs = (operator(runtime, left)?, operator(runtime, right)?);
            let types = plan.output.iter().map(|data_type| data_type.oid).collect();
            boxed(SetOperation::new(*kind, *all, inputs, types, batch))
        }
        PlanNode::Materialize { input } => {
            let input = operator(runtime, input)?;
            boxed(Materialize::new(runtime, input, batch))
        }
        PlanNode::LockRows { input: plan, locks, marks } => {
            let input = operator(runtime, plan)?;
            boxed(LockRows::new(runtime, input, plan, locks, marks)?)
        }
        PlanNode::ModifyTable(modify) => {
            let input = operator(runtime, &modify.input)?;
            boxed(ModifyTable::new(runtime, modify, input, batch)?)
        }
        PlanNode::MergeJoin(_) | PlanNode::Memoize { .. } => {
            Err(Error::unsupported("this kind of plan cannot be run yet"))
        }
    }
}
