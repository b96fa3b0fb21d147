//! What plan nodes are called, and how relations are named in their titles.

use std::collections::HashMap;

use nodes::plan::{AggregateStrategy, Plan, PlanNode};
use nodes::query::{JoinKind, SetOperationKind};

/// The inputs of a node, in the order in which they are shown.
pub(super) fn inputs(plan: &Plan) -> Vec<&Plan> {
    match &plan.node {
        PlanNode::Result { .. }
        | PlanNode::SequentialScan(_)
        | PlanNode::IndexScan(_)
        | PlanNode::TidScan { .. }
        | PlanNode::ValuesScan { .. }
        | PlanNode::FunctionScan { .. }
        | PlanNode::CommonTableScan { .. }
        | PlanNode::WorkTableScan { .. } => Vec::new(),
        PlanNode::Project { input, .. }
        | PlanNode::ProjectSet { input, .. }
        | PlanNode::Filter { input, .. }
        | PlanNode::Sort { input, .. }
        | PlanNode::WindowAggregate { input, .. }
        | PlanNode::Unique { input, .. }
        | PlanNode::Limit { input, .. }
        | PlanNode::Materialize { input }
        | PlanNode::Memoize { input, .. } => vec![input],
        PlanNode::LockRows { input, .. } => vec![input],
        PlanNode::Aggregate(aggregate) => vec![&aggregate.input],
        PlanNode::ModifyTable(modify) => vec![&modify.input],
        PlanNode::RecursiveUnion { start, step, .. } => vec![start, step],
        PlanNode::NestedLoop { left, right, .. } | PlanNode::SetOperation { left, right, .. } => {
            vec![left, right]
        }
        PlanNode::HashJoin(join) => vec![&join.left, &join.right],
        PlanNode::MergeJoin(join) => vec![&join.left, &join.right],
        PlanNode::Append { inputs } => inputs.iter().collect(),
    }
}

/// The alias of a node that reads something by a name.
fn alias(plan: &Plan) -> Option<&str> {
    match &plan.node {
        PlanNode::SequentialScan(scan) | PlanNode::TidScan { scan, .. } => Some(&scan.alias),
        PlanNode::IndexScan(scan) => Some(&scan.scan.alias),
        PlanNode::ValuesScan { entry, .. }
        | PlanNode::FunctionScan { entry, .. }
        | PlanNode::CommonTableScan { entry, .. }
        | PlanNode::WorkTableScan { entry, .. } => Some(&entry.alias),
        _ => None,
    }
}

/// Names for all that a statement reads, each different, by the node's place.
#[derive(Default)]
pub(super) struct Aliases {
    by_node: HashMap<usize, String>,
    taken: Vec<String>,
}

impl Aliases {
    /// A statement's target has its name first.
    pub fn reserve(&mut self, name: &str) {
        self.taken.push(name.to_string());
    }

    /// Names everything under a plan; `reserved` is the alias of a target that is read there.
    pub fn add(&mut self, plan: &Plan, reserved: Option<&str>) {
        if let Some(alias) = alias(plan) {
            let is_target = reserved == Some(alias);
            let mut name = alias.to_string();
            let mut number = 0;
            while self.taken.contains(&name) && !is_target {
                number += 1;
                name = format!("{alias}_{number}");
            }
            self.taken.push(name.clone());
            self.by_node.insert(std::ptr::from_ref(plan) as usize, name);
        }
        inputs(plan).into_iter().for_each(|input| self.add(input, reserved));
    }

    pub fn of(&self, plan: &Plan) -> String {
        self.by_node.get(&(std::ptr::from_ref(plan) as usize)).cloned().unwrap_or_default()
    }

    pub fn count(&self) -> usize {
        self.by_node.len()
    }
}

/// `x` or `x y`: a name, followed by its alias when that differs.
pub(super) fn named(name: &str, alias: &str) -> String {
    let quoted = parser::quote_identifier(alias);
    if name == alias || name == quoted { quoted.into_owned() } else { format!("{name} {quoted}") }
}

pub(super) fn join_word(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "",
        JoinKind::Left => "Left",
        JoinKind::Right => "Right",
        JoinKind::Full => "Full",
        JoinKind::Semi => "Semi",
        JoinKind::Anti => "Anti",
    }
}

pub(super) fn aggregate_words(strategy: AggregateStrategy, is_mixed: bool) -> (&'static str, &'static str) {
    match strategy {
        _ if is_mixed => ("MixedAggregate", "Mixed"),
        AggregateStrategy::Plain => ("Aggregate", "Plain"),
        AggregateStrategy::Sorted => ("GroupAggregate", "Sorted"),
        AggregateStrategy::Hashed => ("HashAggregate", "Hashed"),
    }
}

pub(super) fn set_words(kind: SetOperationKind, all: bool) -> &'static str {
    match (kind, all) {
        (SetOperationKind::Union, false) => "Union",
        (SetOperationKind::Union, true) => "Union All",
        (SetOperationKind::Intersect, false) => "Intersect",
        (SetOperationKind::Intersect, true) => "Intersect All",
        (SetOperationKind::Except, false) => "Except",
        (SetOperationKind::Except, true) => "Except All",
    }
}
