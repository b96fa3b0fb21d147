//! The FROM clause: a part for each entry of the range table, joined as written or in a better order.

use std::cell::OnceCell;
use std::rc::Rc;

use catalog::Relation;
use common::{AttributeNumber, Oid};
use error::{Error, Result, error};
use nodes::Expression;
use nodes::expression::{DataType, Variable};
use nodes::plan::{EntryNames, Estimate, Plan, PlanNode};
use nodes::query::{FromItem, Join, JoinKind, Query, RangeKind, RangeTableEntry};

use crate::access::{self, OrderKey, Table};
use crate::cost;
use crate::join;
use crate::level::{Global, KnownTable, Level};
use crate::select;
use crate::selectivity;
use crate::semi;
use crate::slots::{Part, Slot, ranges_of, resolved};
use crate::walk::{self, conjunction, conjuncts};

/// Plans one query level's FROM and WHERE.
pub(crate) struct FromPlanner<'a> {
    pub global: &'a Global<'a>,
    pub level: &'a Level<'a>,
    pub query: &'a Query,
    /// What is wanted of each range table entry.
    pub needed: Vec<Vec<Slot>>,
    prepared: OnceCell<Vec<Expression>>,
}

impl<'a> FromPlanner<'a> {
    /// The slots that the rest of the query needs of each entry.
    pub fn new(
        global: &'a Global<'a>,
        level: &'a Level<'a>,
        query: &'a Query,
        extra: &[Slot],
    ) -> FromPlanner<'a> {
        let mut needed: Vec<Vec<Slot>> = vec![Vec::new(); query.range_table.len()];
        let mut note = |slot: Slot| {
            let slots = &mut needed[slot.range];
            if !slots.iter().any(|known| known.attribute == slot.attribute) {
                slots.push(slot);
            }
        };
        walk::each_variable_of_query(query, 0, &mut |variable| note(Slot::of(&variable)));
        extra.iter().for_each(|slot| note(*slot));
        FromPlanner { global, level, query, needed, prepared: OnceCell::new() }
    }

    /// The joined rows that satisfy `conditions`. `None` when FROM is empty.
    pub fn plan(&self, items: &[FromItem], conditions: Vec<Expression>) -> Result<Option<Part>> {
        let mut parts = Vec::new();
        let mut pending = conditions;
        self.flatten(items, &mut parts, &mut pending)?;
        let mut planned = Vec::new();
        for item in parts {
            planned.push(match item {
                FromItem::Range(range) => {
                    let own = take_conditions(&mut pending, &[*range]);
                    self.entry(*range, own)?
                }
                FromItem::Join(join) => self.outer_join(join, &mut pending)?,
            });
        }
        if planned.is_empty() {
            return Ok(None);
        }
        let part = join::best_order(self, planned, &mut pending)?;
        let part = self.filtered(part, pending)?;
        Ok(Some(part))
    }

    /// Takes inner joins apart: their members and conditions are as good as a list with WHERE.
    fn flatten<'b>(
        &self,
        items: &'b [FromItem],
        parts: &mut Vec<&'b FromItem>,
        conditions: &mut Vec<Expression>,
    ) -> Result<()> {
        for item in items {
            match item {
                FromItem::Join(join) if join.kind == JoinKind::Inner => {
                    self.flatten(std::slice::from_ref(&join.left), parts, conditions)?;
                    self.flatten(std::slice::from_ref(&join.right), parts, conditions)?;
                    if let Some(condition) = &join.condition {
                        conjuncts(select::prepared(self, condition)?, conditions);
                    }
                }
                other => parts.push(other),
            }
        }
        Ok(())
    }

    fn outer_join(&self, join: &Join, pending: &mut Vec<Expression>) -> Result<Part> {
        let (left_ranges, right_ranges) = (ranges_in(&join.left), ranges_in(&join.right));
        let mut conditions = Vec::new();
        if let Some(condition) = &join.condition {
            conjuncts(select::prepared(self, condition)?, &mut conditions);
        }
        // What WHERE says of the side whose rows all stay can be asked before the join.
        let mut left_conditions = Vec::new();
        let mut right_conditions = Vec::new();
        match join.kind {
            JoinKind::Left => {
                left_conditions = take_conditions(pending, &left_ranges);
                right_conditions = take_conditions(&mut conditions, &right_ranges);
            }
            JoinKind::Right => {
                right_conditions = take_conditions(pending, &right_ranges);
                left_conditions = take_conditions(&mut conditions, &left_ranges);
            }
            _ => {}
        }
        let none = || Error::internal("a join without a side");
        let left = self.plan(std::slice::from_ref(&join.left), left_conditions)?.ok_or_else(none)?;
        let right = self.plan(std::slice::from_ref(&join.right), right_conditions)?.ok_or_else(none)?;
        join::join(self, join.kind, left, right, conditions)
    }

    /// Puts a filter on a part.
    pub fn filtered(&self, part: Part, conditions: Vec<Expression>) -> Result<Part> {
        let Some(all) = conjunction(conditions) else { return Ok(part) };
        let condition = resolved(&all, &part.slots)?;
        let rows =
            part.rows() * selectivity::selectivity(self.global, &all, &|range| self.relation_of(range));
        let one_time = ranges_of(&all).is_empty() && !walk::is_volatile(self.global.catalog, &all);
        let output = part.plan.output.clone();
        let per_row = self.global.settings.cpu_operator_cost;
        let below = part.plan.estimate;
        let node = PlanNode::Filter { input: Box::new(part.plan), condition, one_time };
        Ok(Part { plan: cost::over(below, node, output, rows, per_row), ..part })
    }

    /// What is wanted of an entry: at least its address, so that its rows can be counted.
    pub fn slots(&self, range: usize) -> Vec<Slot> {
        match &self.needed[range] {
            none if none.is_empty() => vec![address_slot(range)],
            needed => needed.clone(),
        }
    }

    pub fn table<'t>(&'t self, range: usize, relation: &'t Relation, slots: &'t [Slot]) -> Table<'t> {
        let (pages, rows) = access::size(self.global, relation);
        Table {
            range,
            entry: &self.query.range_table[range],
            relation,
            pages,
            rows,
            mark: self.level.mark(range),
            slots,
            is_counted_only: self.needed[range].is_empty(),
        }
    }

    /// The conjuncts of WHERE, prepared once.
    pub fn conditions(&self) -> Result<&[Expression]> {
        if let Some(known) = self.prepared.get() {
            return Ok(known);
        }
        let mut conditions = Vec::new();
        for condition in self.written() {
            if !self.is_joined(condition) {
                conjuncts(select::prepared(self, condition)?, &mut conditions);
            }
        }
        Ok(self.prepared.get_or_init(|| conditions))
    }

    /// The conjuncts of WHERE that may be joins; they are not among [`FromPlanner::conditions`].
    pub fn semi_joins(&self) -> Vec<&'a Expression> {
        self.written().into_iter().filter(|condition| self.is_joined(condition)).collect()
    }

    fn written(&self) -> Vec<&'a Expression> {
        let mut written = Vec::new();
        if let Some(filter) = &self.query.filter {
            walk::each_conjunct(filter, &mut |condition| written.push(condition));
        }
        written
    }

    fn is_joined(&self, condition: &Expression) -> bool {
        !self.query.from.is_empty() && semi::is_candidate(condition)
    }

    /// The rows of a FROM that is one table, in an order; `None` if no index has it.
    pub fn ordered(&self, order: &[OrderKey]) -> Result<Option<Part>> {
        let [FromItem::Range(range)] = self.query.from[..] else { return Ok(None) };
        let Some(relation) = self.relation(range)? else { return Ok(None) };
        if !self.semi_joins().is_empty() {
            return Ok(None);
        }
        let mut pending = self.conditions()?.to_vec();
        let own = take_conditions(&mut pending, &[range]);
        let slots = self.slots(range);
        let table = self.table(range, &relation, &slots);
        let Some(plan) = access::ordered(self.global, &table, &own, order)? else { return Ok(None) };
        let part = Part { plan, slots, ranges: vec![range], lateral: Vec::new() };
        self.filtered(part, pending).map(Some)
    }

    /// The tables that FROM brings together, with slots for their rows' addresses.
    pub fn addresses(query: &Query) -> Vec<Slot> {
        let ranges = query.from.iter().flat_map(ranges_in);
        let tables =
            ranges.filter(|range| matches!(query.range_table[*range].kind, RangeKind::Relation { .. }));
        tables.map(address_slot).collect()
    }

    pub fn relation_of(&self, range: usize) -> Option<Oid> {
        match &self.query.range_table.get(range)?.kind {
            RangeKind::Relation { relation, .. } => Some(*relation),
            _ => None,
        }
    }

    pub fn relation(&self, range: usize) -> Result<Option<Rc<Relation>>> {
        match self.relation_of(range) {
            Some(oid) => {
                let relation = self.global.catalog.relation(oid)?;
                let missing = || error!(UNDEFINED_TABLE, "could not open relation with OID {oid}");
                relation.map(Some).ok_or_else(missing)
            }
            None => Ok(None),
        }
    }

    /// One entry of the range table, filtered by conditions that name only it.
    pub fn entry(&self, range: usize, conditions: Vec<Expression>) -> Result<Part> {
        let entry = &self.query.range_table[range];
        if let Some(relation) = self.relation(range)? {
            let slots = self.slots(range);
            let table = self.table(range, &relation, &slots);
            let plan = access::cheapest(self.global, &table, &conditions)?;
            return Ok(Part { plan, slots, ranges: vec![range], lateral: Vec::new() });
        }
        let part = match &entry.kind {
            RangeKind::Subquery { query, .. } => {
                let (plan, requested) = self
                    .level
                    .collecting(|| select::plan_query(self.global, (**query).clone(), Some(self.level)))?;
                let lateral =
                    requested.into_iter().map(|(variable, parameter)| (parameter, variable)).collect();
                self.whole(range, plan, lateral)
            }
            RangeKind::Values { rows } => {
                let mut lateral = Vec::new();
                let mut prepared = rows.clone();
                for expression in prepared.iter_mut().flatten() {
                    *expression = select::prepared(self, expression)?;
                    self.parameterize(expression, &mut lateral)?;
                }
                let output: Vec<DataType> = entry.columns.iter().map(|column| column.data_type).collect();
                let estimate = Estimate {
                    startup_cost: 0.0,
                    total_cost: 0.01 * rows.len() as f64,
                    rows: rows.len() as f64,
                    width: cost::width(&output),
                };
                let node = PlanNode::ValuesScan { entry: names(entry, ""), rows: prepared };
                self.whole(range, Plan { node, output, estimate }, lateral)
            }
            RangeKind::Function { functions, ordinality } => {
                let mut lateral = Vec::new();
                let mut calls = Vec::new();
                for function in functions {
                    let mut expression = select::prepared(self, &function.expression)?;
                    self.parameterize(&mut expression, &mut lateral)?;
                    calls.push(expression);
                }
                let output: Vec<DataType> = entry.columns.iter().map(|column| column.data_type).collect();
                let rows = functions.iter().map(|function| estimated_rows(self.global, &function.expression));
                let rows = rows.fold(1.0, f64::max);
                let estimate = Estimate {
                    startup_cost: 0.0,
                    total_cost: rows * 0.01,
                    rows,
                    width: cost::width(&output),
                };
                let column_counts = functions.iter().map(|function| function.column_count).collect();
                let node = PlanNode::FunctionScan {
                    entry: names(entry, ""),
                    functions: calls,
                    column_counts,
                    ordinality: *ordinality,
                };
                self.whole(range, Plan { node, output, estimate }, lateral)
            }
            RangeKind::CommonTable { name, levels_up, .. } => {
                let known = self
                    .level
                    .known_table(name, *levels_up)
                    .ok_or_else(|| Error::internal(format!("WITH query \"{name}\" was not planned")))?;
                let output: Vec<DataType> = entry.columns.iter().map(|column| column.data_type).collect();
                let entry = names(entry, name);
                let (node, rows) = match known {
                    KnownTable::Subplan { plan, rows } => {
                        (PlanNode::CommonTableScan { entry, subplan: plan }, rows)
                    }
                    KnownTable::WorkTable { union, rows } => (PlanNode::WorkTableScan { entry, union }, rows),
                };
                let estimate = Estimate {
                    startup_cost: 0.0,
                    total_cost: rows * 0.01,
                    rows,
                    width: cost::width(&output),
                };
                self.whole(range, Plan { node, output, estimate }, Vec::new())
            }
            RangeKind::Empty | RangeKind::Join { .. } | RangeKind::Relation { .. } => {
                return Err(Error::internal("range table entry that cannot be read"));
            }
        };
        self.filtered(part, conditions)
    }

    /// A part whose columns are all columns of an entry.
    fn whole(&self, range: usize, plan: Plan, lateral: Vec<(usize, Variable)>) -> Part {
        let slots = plan.output.iter().enumerate().map(|(at, data_type)| Slot {
            range,
            attribute: AttributeNumber::from_index(at),
            data_type: *data_type,
        });
        Part { slots: slots.collect(), plan, ranges: vec![range], lateral }
    }

    /// Replaces variables of other entries of this level by parameters.
    fn parameterize(&self, expression: &mut Expression, lateral: &mut Vec<(usize, Variable)>) -> Result<()> {
        walk::replace(expression, &mut |part| {
            let Expression::Variable(variable) = part else { return Ok(false) };
            let (parameter, index) = self.level.parameter_for(self.global, *variable);
            lateral.push((index, *variable));
            *part = parameter;
            Ok(true)
        })
    }
}

/// The address of an entry's row.
pub(crate) fn address_slot(range: usize) -> Slot {
    Slot { range, attribute: AttributeNumber::CTID, data_type: DataType::new(types::oid::TID) }
}

fn names(entry: &RangeTableEntry, name: &str) -> EntryNames {
    let columns = entry.columns.iter().map(|column| column.name.clone()).collect();
    EntryNames { name: name.into(), alias: entry.name.clone(), columns }
}

fn estimated_rows(global: &Global<'_>, call: &Expression) -> f64 {
    match call {
        Expression::Function(call) if call.returns_set => {
            global.catalog.function(call.function).ok().flatten().map_or(1000.0, |row| f64::from(row.prorows))
        }
        _ => 1.0,
    }
}

/// The range table entries under an item of FROM.
pub(crate) fn ranges_in(item: &FromItem) -> Vec<usize> {
    match item {
        FromItem::Range(range) => vec![*range],
        FromItem::Join(join) => {
            let mut ranges = ranges_in(&join.left);
            ranges.extend(ranges_in(&join.right));
            ranges
        }
    }
}

/// Takes out the conditions that need no other entries than these, and at least one of them.
pub(crate) fn take_conditions(conditions: &mut Vec<Expression>, ranges: &[usize]) -> Vec<Expression> {
    let mut taken = Vec::new();
    let mut left = Vec::new();
    for condition in conditions.drain(..) {
        let needed = ranges_of(&condition);
        if !needed.is_empty() && needed.iter().all(|range| ranges.contains(range)) {
            taken.push(condition);
        } else {
            left.push(condition);
        }
    }
    *conditions = left;
    taken
}
