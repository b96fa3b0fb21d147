//! A query's identifier: a number for what a query means, whatever its constants are and however it is written.
//!
//! Two queries have the same number when they differ in white space, case, constants, the number of constants in a list, or names of
//! output columns. Relations count by the name that the query gives them, so that a table that was made anew keeps its queries.
//! Entry point: [`fingerprint`]. It must see the query before views are put in.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use common::{FoldingHasher, Oid};

use crate::expression::{Constant, Expression, SubLinkKind, Subscript};
use crate::query::{
    Distinct, FrameBound, FromItem, OnConflict, Query, RangeKind, RangeTableEntry, SetOperation, SortClause,
    Target, Window,
};

/// Where a constant stands in the source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConstantPlace {
    /// A byte offset.
    pub location: u32,
    /// Of the first of a list of constants, of which the identifier knows nothing but their type: how many they are. Else 0.
    pub list_length: u32,
    /// Its type, before any conversion.
    pub data_type: Oid,
}

/// The identifier, never 0; with `places`, also where the constants are.
pub fn fingerprint(query: &Query, places: Option<&mut Vec<ConstantPlace>>) -> i64 {
    let mut walk = Walk { hash: FoldingHasher::default(), places };
    walk.query(query);
    match walk.hash.finish() as i64 {
        0 => 1,
        id => id,
    }
}

struct Walk<'a> {
    hash: FoldingHasher,
    places: Option<&'a mut Vec<ConstantPlace>>,
}

impl Walk<'_> {
    fn put(&mut self, value: impl Hash) {
        value.hash(&mut self.hash);
    }

    fn query(&mut self, query: &Query) {
        self.put(discriminant(&query.command));
        self.put(query.result_relation);
        for table in &query.common_tables {
            self.put((&table.name, table.materialized, table.recursive));
            self.query(&table.query);
        }
        self.put(query.range_table.len());
        query.range_table.iter().for_each(|entry| self.range(entry));
        query.from.iter().for_each(|item| self.from(item));
        self.optional(query.filter.as_ref());
        self.targets(&query.targets);
        self.targets(&query.returning);
        if let Some(conflict) = &query.on_conflict {
            self.conflict(conflict);
        }
        query.group_by.iter().for_each(|item| self.put((item.target, item.equal)));
        self.put(&query.grouping_sets);
        self.optional(query.having.as_ref());
        query.windows.iter().for_each(|window| self.window(window));
        self.put(discriminant(&query.distinct));
        if let Distinct::All(clauses) | Distinct::On(clauses) = &query.distinct {
            self.sort(clauses);
        }
        self.sort(&query.order_by);
        self.optional(query.limit.as_ref());
        self.put(query.limit_with_ties);
        self.optional(query.offset.as_ref());
        for lock in &query.row_locks {
            self.put((lock.range, discriminant(&lock.strength), discriminant(&lock.wait)));
        }
        if let Some(operation) = &query.set_operation {
            self.set_operation(operation);
        }
    }

    fn range(&mut self, entry: &RangeTableEntry) {
        self.put(discriminant(&entry.kind));
        self.put(entry.lateral);
        match &entry.kind {
            RangeKind::Relation { only, .. } => self.put((&entry.name, only)),
            RangeKind::Subquery { query, .. } => self.query(query),
            RangeKind::Function { functions, ordinality } => {
                self.put(ordinality);
                functions.iter().for_each(|function| self.expression(&function.expression));
            }
            RangeKind::Values { rows } => {
                self.put(rows.len());
                rows.iter().for_each(|row| self.expressions(row));
            }
            RangeKind::CommonTable { name, levels_up, .. } => self.put((name, levels_up)),
            // Its columns follow from what is joined.
            RangeKind::Join { .. } | RangeKind::Empty => {}
        }
    }

    fn from(&mut self, item: &FromItem) {
        match item {
            FromItem::Range(at) => self.put(at),
            FromItem::Join(join) => {
                self.put((join.kind, join.range));
                self.from(&join.left);
                self.from(&join.right);
                self.optional(join.condition.as_ref());
            }
        }
    }

    fn targets(&mut self, targets: &[Target]) {
        self.put(targets.len());
        for target in targets {
            self.put((target.attribute, target.hidden));
            self.expression(&target.expression);
        }
    }

    fn conflict(&mut self, conflict: &OnConflict) {
        self.put(&conflict.arbiters);
        if let Some(update) = &conflict.update {
            self.targets(&update.targets);
            self.optional(update.filter.as_ref());
        }
    }

    fn window(&mut self, window: &Window) {
        self.sort(&window.partition_by);
        self.sort(&window.order_by);
        let frame = &window.frame;
        self.put((discriminant(&frame.mode), discriminant(&frame.exclusion)));
        for bound in [&frame.start, &frame.end] {
            self.put(discriminant(bound));
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                self.expression(offset);
            }
        }
    }

    fn sort(&mut self, clauses: &[SortClause]) {
        self.put(clauses.len());
        for clause in clauses {
            self.put((clause.target, clause.operator, clause.descending, clause.nulls_first));
        }
    }

    fn set_operation(&mut self, operation: &SetOperation) {
        match operation {
            SetOperation::Leaf(at) => self.put(at),
            SetOperation::Node { kind, all, left, right, .. } => {
                self.put((discriminant(kind), all));
                self.set_operation(left);
                self.set_operation(right);
            }
        }
    }

    fn optional(&mut self, expression: Option<&Expression>) {
        self.put(expression.is_some());
        expression.into_iter().for_each(|expression| self.expression(expression));
    }

    fn expressions(&mut self, expressions: &[Expression]) {
        self.put(expressions.len());
        expressions.iter().for_each(|expression| self.expression(expression));
    }

    fn expression(&mut self, expression: &Expression) {
        self.put(discriminant(expression));
        match expression {
            Expression::Constant(constant) => {
                self.put(constant.data_type.oid);
                self.place(constant, 0);
                return;
            }
            Expression::Array { elements, element_type, .. } => {
                self.put(element_type);
                if elements.len() > 1 && elements.iter().all(is_constant) {
                    if self.places.is_some() {
                        if let Some(first) = elements.iter().find_map(written) {
                            self.place(first, elements.len() as u32);
                        }
                        elements.iter().filter_map(written).for_each(|constant| self.place(constant, 0));
                    }
                    return;
                }
                self.put(elements.len());
            }
            Expression::Variable(variable) => {
                self.put((variable.range, variable.attribute, variable.levels_up))
            }
            Expression::Column(column) => self.put(column.index),
            Expression::Parameter(parameter) => {
                self.put((parameter.kind, parameter.index, parameter.data_type.oid));
            }
            Expression::Function(call) => self.put((call.function, call.variadic, call.arguments.len())),
            Expression::Aggregate(call) => {
                self.put((call.function, call.star, call.distinct, call.levels_up, call.arguments.len()));
                self.sort(&call.order_by);
            }
            Expression::Window(call) => self.put((call.function, call.star, call.window)),
            Expression::And(items) | Expression::Or(items) => self.put(items.len()),
            Expression::Case(case) => self.put((case.operand.is_some(), case.branches.len())),
            Expression::Coalesce { arguments, .. } => self.put(arguments.len()),
            Expression::Extreme { greatest, arguments, .. } => self.put((greatest, arguments.len())),
            Expression::NullIf { equal, .. } => self.put(equal),
            Expression::IsNull { negated, .. } => self.put(negated),
            Expression::BooleanTest { test, .. } => self.put(test),
            Expression::IsDistinct { equal, negated, .. } => self.put((equal, negated)),
            Expression::ScalarArray(test) => self.put((test.operator, test.any)),
            Expression::Row { fields, data_type } => self.put((fields.len(), data_type.oid)),
            Expression::Subscript { subscripts, .. } => {
                for subscript in subscripts {
                    let bounds = match subscript {
                        Subscript::Index(_) => (true, true),
                        Subscript::Slice { lower, upper } => (lower.is_some(), upper.is_some()),
                    };
                    self.put((discriminant(subscript), bounds));
                }
            }
            Expression::Field { field, .. } => self.put(field),
            Expression::Relabel { data_type, .. }
            | Expression::CoerceViaText { data_type, .. }
            | Expression::ArrayCoerce { data_type, .. }
            | Expression::CaseOperand(data_type)
            | Expression::SetToDefault(data_type) => self.put(data_type.oid),
            Expression::SubLink(link) => {
                self.put(discriminant(&link.kind));
                if let SubLinkKind::Any(test) | SubLinkKind::All(test) = &link.kind {
                    self.put(&test.operators);
                }
                self.query(&link.query);
            }
            Expression::SessionValue { kind, .. } => self.put(kind),
            Expression::NextValue { sequence, .. } => self.put(sequence),
            Expression::NamedArgument { name, .. } => self.put(name),
            Expression::Not(_) | Expression::SubPlan(_) => {}
        }
        expression.for_each_child(&mut |child| self.expression(child));
    }

    fn place(&mut self, constant: &Constant, list_length: u32) {
        if constant.location != u32::MAX
            && let Some(places) = &mut self.places
        {
            let data_type = constant.data_type.oid;
            places.push(ConstantPlace { location: constant.location, list_length, data_type });
        }
    }
}

/// A constant, or one that is converted.
fn is_constant(expression: &Expression) -> bool {
    match expression {
        Expression::Constant(_) => true,
        Expression::Relabel { argument, .. } | Expression::CoerceViaText { argument, .. } => {
            is_constant(argument)
        }
        Expression::Function(call) => {
            use crate::expression::Display::{ExplicitCast, ImplicitCast};
            matches!(call.display, ImplicitCast | ExplicitCast) && call.arguments.iter().all(is_constant)
        }
        _ => false,
    }
}

/// The first constant in it that has a place.
fn written(expression: &Expression) -> Option<&Constant> {
    if let Expression::Constant(constant) = expression {
        return (constant.location != u32::MAX).then_some(constant);
    }
    let mut found = None;
    expression.for_each_child(&mut |child| found = found.or_else(|| written(child)));
    found
}
