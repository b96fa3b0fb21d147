//! UNION, INTERSECT, EXCEPT.

use std::rc::Rc;

use common::{AttributeNumber, Oid};
use error::{Result, error};
use nodes::Query;
use nodes::expression::{DataType, Expression, Variable};
use nodes::query::{Command, Distinct, FromItem, RangeKind, SetOperation, SetOperationKind, Target};
use parser::ast;
use types::oid;

use crate::coerce::CastContext;
use crate::from::output_columns;
use crate::level::{NamespaceColumn, NamespaceColumns, NamespaceItem};
use crate::walk::raise_query;
use crate::{Analyzer, NO_LOCATION};

/// A part of the tree with the types of its columns and where to point for each.
struct Part {
    tree: SetOperation,
    columns: Vec<(DataType, u32)>,
    /// The range table entries below.
    leaves: Vec<usize>,
}

impl Analyzer<'_> {
    pub fn set_operation_query(&mut self, select: &ast::SelectStatement, query: &mut Query) -> Result<()> {
        let part = self.set_operation_part(select, true)?;
        let types: Vec<DataType> = part.columns.iter().map(|(data_type, _)| *data_type).collect();
        self.convert_leaves(&part.leaves, &types)?;
        let first = part.leaves.first().copied().unwrap_or(0);
        let names: Vec<Rc<str>> =
            self.level().range_table[first].columns.iter().map(|column| column.name.clone()).collect();
        let mut targets: Vec<Target> = Vec::new();
        for (at, (name, data_type)) in names.into_iter().zip(types).enumerate() {
            let attribute = AttributeNumber::from_index(at);
            let location = NO_LOCATION;
            let variable = Variable { range: first, attribute, levels_up: 0, data_type, location };
            targets.push(Target {
                expression: Expression::Variable(variable),
                name,
                attribute: AttributeNumber::WHOLE_ROW,
                hidden: false,
                origin: None,
            });
        }
        query.set_operation = Some(part.tree);
        let visible = NamespaceItem {
            range: first,
            name: "*SELECT*".into(),
            relation: None,
            columns: NamespaceColumns::Expressions(
                targets
                    .iter()
                    .map(|target| NamespaceColumn {
                        name: target.name.clone(),
                        expression: target.expression.clone(),
                    })
                    .collect(),
            ),
            is_table_visible: false,
            are_columns_visible: true,
            lateral_only: false,
            lateral_allowed: true,
            row_type: oid::RECORD,
            is_join: true,
            is_scalar: false,
        };
        self.level().namespace.push(visible);
        let width = targets.len();
        query.order_by = self.order_by(&select.order_by, &mut targets)?;
        if let Some(extra) = query.order_by.iter().position(|clause| clause.target >= width) {
            let place =
                select.order_by.get(extra).map_or(NO_LOCATION, |item| crate::expression::start(&item.value));
            let error = error!(FEATURE_NOT_SUPPORTED, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
                .detail("Only result column names can be used, not expressions or functions.")
                .hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.");
            return self.fail(error, place);
        }
        query.targets = targets;
        Ok(())
    }

    fn set_operation_part(&mut self, select: &ast::SelectStatement, is_top: bool) -> Result<Part> {
        let has_own_clauses = !is_top
            && (select.with.is_some()
                || !select.order_by.is_empty()
                || select.limit.is_some()
                || select.offset.is_some()
                || !select.locking.is_empty());
        match &select.body {
            ast::SelectBody::SetOperation(operation) if !has_own_clauses => {
                self.set_operation_node(operation)
            }
            _ => self.set_operation_leaf(select),
        }
    }

    fn set_operation_leaf(&mut self, select: &ast::SelectStatement) -> Result<Part> {
        let query = self.nested(|this| this.select_query(select, false))?;
        let columns = query
            .output()
            .map(|target| (target.expression.data_type(), crate::sort::leftmost(&target.expression)))
            .collect();
        let number = self.level().range_table.len() + 1;
        let shown = output_columns(&query);
        let kind = RangeKind::Subquery { query: Box::new(query), view: None };
        let range = self.add_entry(kind, format!("*SELECT* {number}").into(), shown, None, false)?;
        Ok(Part { tree: SetOperation::Leaf(range), columns, leaves: vec![range] })
    }

    fn set_operation_node(&mut self, operation: &ast::SetOperation) -> Result<Part> {
        let (kind, name) = match operation.kind {
            ast::SetOperationKind::Union => (SetOperationKind::Union, "UNION"),
            ast::SetOperationKind::Intersect => (SetOperationKind::Intersect, "INTERSECT"),
            ast::SetOperationKind::Except => (SetOperationKind::Except, "EXCEPT"),
        };
        let left = self.set_operation_part(&operation.left, false)?;
        if self.is_recursive_body(&left) {
            // The recursive term sees the table as the first term made it.
            self.settle_recursion(&left)?;
        }
        let right = self.set_operation_part(&operation.right, false)?;
        if left.columns.len() != right.columns.len() {
            let error = error!(SYNTAX_ERROR, "each {name} query must have the same number of columns");
            let place = right.columns.first().map_or(NO_LOCATION, |(_, place)| *place);
            return self.fail(error, place);
        }
        let mut columns = Vec::new();
        let mut sort = Vec::new();
        for (at, ((one, place), (other, other_place))) in left.columns.iter().zip(&right.columns).enumerate()
        {
            let types = [one.oid, other.oid];
            let common = self.common_type(&types, Some(name), |_| *other_place)?.unwrap_or(oid::TEXT);
            let mut data_type = self.plain_type(common)?;
            if one.oid == common && other.oid == common && one.modifier == other.modifier {
                data_type.modifier = one.modifier;
            }
            if data_type.collation.is_valid() {
                data_type.collation = match (one.collation.is_valid(), other.collation.is_valid()) {
                    (true, true) if one.collation == other.collation => one.collation,
                    (true, false) => one.collation,
                    (false, true) => other.collation,
                    _ => data_type.collation,
                };
            }
            columns.push((data_type, *place));
            if !(kind == SetOperationKind::Union && operation.is_all) {
                sort.push(self.equality_clause(at, common, *place)?);
            }
        }
        let mut leaves = left.leaves;
        leaves.extend(right.leaves);
        let types = columns.iter().map(|(data_type, _)| *data_type).collect();
        let (left, right) = (Box::new(left.tree), Box::new(right.tree));
        let all = operation.is_all;
        Ok(Part {
            tree: SetOperation::Node { kind, all, left, right, columns: types, sort },
            columns,
            leaves,
        })
    }

    /// Whether this level reads the body of a WITH RECURSIVE query whose columns are not known yet.
    fn is_recursive_body(&self, left: &Part) -> bool {
        let [.., outer, inner] = self.levels.as_slice() else { return false };
        let is_first = left.leaves.len() == inner.range_table.len();
        is_first && outer.recursion.as_ref().is_some_and(|recursion| recursion.columns.is_none())
    }

    fn settle_recursion(&mut self, left: &Part) -> Result<()> {
        let leaves = &left.leaves;
        let mut types = Vec::new();
        for (data_type, _) in &left.columns {
            types.push(if data_type.oid == oid::UNKNOWN { self.plain_type(oid::TEXT)? } else { *data_type });
        }
        self.convert_leaves(leaves, &types)?;
        let first = leaves.first().copied().unwrap_or(0);
        let mut columns = self.level().range_table[first].columns.to_vec();
        for (column, data_type) in columns.iter_mut().zip(types) {
            column.data_type = data_type;
        }
        let outer = self.levels.len() - 2;
        if let Some(recursion) = &mut self.levels[outer].recursion {
            for (column, name) in columns.iter_mut().zip(&recursion.names) {
                column.name = name.as_str().into();
            }
            recursion.columns = Some(columns);
        }
        Ok(())
    }

    /// Makes the subqueries deliver columns of these types.
    fn convert_leaves(&mut self, leaves: &[usize], wanted: &[DataType]) -> Result<()> {
        for range in leaves {
            let entry = &mut self.level().range_table[*range];
            let RangeKind::Subquery { query, .. } = &mut entry.kind else { continue };
            let taken = std::mem::replace(query.as_mut(), Query::new(Command::Select));
            let converted = self.convert_output(taken, wanted)?;
            let entry = &mut self.level().range_table[*range];
            for (column, target) in Rc::make_mut(&mut entry.columns).iter_mut().zip(converted.output()) {
                column.data_type = target.expression.data_type();
            }
            if let RangeKind::Subquery { query, .. } = &mut entry.kind {
                **query = converted;
            }
        }
        Ok(())
    }

    /// Makes a query deliver columns of these types, by a query around it where its own clauses depend on the old ones.
    pub fn convert_output(&mut self, mut query: Query, wanted: &[DataType]) -> Result<Query> {
        let differs = |target: &Target, wanted: &DataType| target.expression.data_type().oid != wanted.oid;
        if !query.output().zip(wanted).any(|(target, wanted)| differs(target, wanted)) {
            return Ok(query);
        }
        let is_simple = query.command == Command::Select
            && query.set_operation.is_none()
            && query.distinct == Distinct::No
            && query.order_by.is_empty()
            && query.group_by.is_empty()
            && query.windows.is_empty();
        if is_simple {
            let mut wanted = wanted.iter();
            for at in 0..query.targets.len() {
                if query.targets[at].hidden {
                    continue;
                }
                let Some(wanted) = wanted.next() else { break };
                let value = query.targets[at].expression.clone();
                query.targets[at].expression = self.convert_column(value, *wanted)?;
            }
            return Ok(query);
        }
        let columns = output_columns(&query);
        raise_query(&mut query);
        let mut outer = Query::new(Command::Select);
        for (at, (column, wanted)) in columns.iter().zip(wanted).enumerate() {
            let variable = Variable {
                range: 0,
                attribute: AttributeNumber::from_index(at),
                levels_up: 0,
                data_type: column.data_type,
                location: NO_LOCATION,
            };
            outer.targets.push(Target {
                expression: self.convert_column(Expression::Variable(variable), *wanted)?,
                name: column.name.clone(),
                attribute: AttributeNumber::WHOLE_ROW,
                hidden: false,
                origin: None,
            });
        }
        outer.from.push(FromItem::Range(0));
        outer.range_table.push(nodes::query::RangeTableEntry {
            kind: RangeKind::Subquery { query: Box::new(query), view: None },
            name: "unnamed_subquery".into(),
            columns: columns.into(),
            lateral: false,
            required: nodes::query::Privileges::default(),
            check_as: Oid::INVALID,
        });
        Ok(outer)
    }

    fn convert_column(&mut self, value: Expression, wanted: DataType) -> Result<Expression> {
        let place = crate::sort::leftmost(&value);
        let found = value.data_type().oid;
        if found == wanted.oid {
            return Ok(value);
        }
        if !crate::coerce::can_coerce(found, wanted.oid, CastContext::Implicit, self.catalog)? {
            let (from, to) = (self.type_text(found)?, self.type_text(wanted.oid)?);
            let error = error!(CANNOT_COERCE, "UNION could not convert type {from} to {to}");
            return self.fail(error, place);
        }
        self.coerce(value, wanted.oid, -1, CastContext::Implicit, place)
    }
}
