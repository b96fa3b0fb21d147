//! JOIN: conditions, merged columns, what its sides can see of each other.

use std::rc::Rc;

use error::{Result, error};
use nodes::DataType;
use nodes::expression::Expression;
use nodes::query::{FromItem, Join, JoinKind, RangeColumn, RangeKind};
use parser::ast::{self, JoinCondition};
use types::oid;

use crate::level::{NamespaceColumn, NamespaceColumns, NamespaceItem};
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn join(&mut self, join: &ast::JoinExpression) -> Result<(FromItem, Vec<NamespaceItem>)> {
        let kind = match join.kind {
            ast::JoinKind::Inner | ast::JoinKind::Cross => JoinKind::Inner,
            ast::JoinKind::Left => JoinKind::Left,
            ast::JoinKind::Right => JoinKind::Right,
            ast::JoinKind::Full => JoinKind::Full,
        };
        let (left, mut left_names) = self.table_item(&join.left)?;
        let outer = self.level().namespace.len();
        let allowed = matches!(kind, JoinKind::Inner | JoinKind::Left);
        self.level().namespace.extend(left_names.iter().cloned().map(|mut name| {
            (name.lateral_only, name.lateral_allowed) = (true, allowed);
            name
        }));
        let right = self.table_item(&join.right);
        self.level().namespace.truncate(outer);
        let (right, mut right_names) = right?;

        let saved = std::mem::replace(&mut self.level().namespace, left_names.clone());
        let conflict = self.check_names(&right_names);
        self.level().namespace = saved;
        conflict?;

        let left_columns = visible_columns(&left_names);
        let right_columns = visible_columns(&right_names);
        let (using, using_alias) = match &join.condition {
            JoinCondition::Using { columns, alias } => {
                (columns.iter().map(|name| name.as_str().into()).collect(), alias.as_ref())
            }
            JoinCondition::Natural => {
                let shared = left_columns
                    .iter()
                    .map(|column| column.name.clone())
                    .filter(|name| right_columns.iter().any(|column| column.name == *name));
                (shared.collect(), None)
            }
            JoinCondition::None | JoinCondition::On(_) => (Vec::new(), None),
        };
        let (mut columns, mut condition) =
            self.merge_columns(&using, &left_columns, &right_columns, kind, join.location)?;
        let merged = columns.len();
        let rest = left_columns.into_iter().chain(right_columns);
        columns.extend(rest.filter(|column| !using.contains(&column.name)));
        if let JoinCondition::On(written) = &join.condition {
            let names = left_names.iter().chain(&right_names).cloned().collect();
            let saved = std::mem::replace(&mut self.level().namespace, names);
            let made = self.within(Clause::JoinOn, |this| this.condition(written, "JOIN/ON"));
            self.level().namespace = saved;
            condition = Some(made?);
        }
        let range_columns = columns
            .iter()
            .map(|column| RangeColumn {
                name: column.name.clone(),
                data_type: column.data_type(),
                dropped: false,
            })
            .collect::<Vec<_>>();
        let expressions = columns.iter().map(|column| column.expression.clone()).collect();
        let alias = join.alias.as_ref();
        let range = self.add_entry(
            RangeKind::Join { columns: expressions },
            "unnamed_join".into(),
            range_columns,
            alias,
            false,
        )?;
        let entry = &self.level().range_table[range];
        let renamed = entry.columns.iter().map(|column| column.name.clone());
        for (column, name) in columns.iter_mut().zip(renamed) {
            column.name = name;
        }
        let mut names = Vec::new();
        if let Some(using_alias) = using_alias {
            let mut item = join_item(range, &using_alias.name, columns[..merged].to_vec());
            item.are_columns_visible = false;
            item.is_table_visible = true;
            names.push(item);
        }
        let mut item = join_item(range, alias.map_or("unnamed_join", |alias| &alias.name), columns);
        item.is_table_visible = alias.is_some();
        names.push(item);
        if alias.is_none() {
            for name in left_names.iter_mut().chain(&mut right_names) {
                name.are_columns_visible = false;
            }
            names.extend(left_names);
            names.extend(right_names);
        }
        let join = Join { kind, left, right, condition, range };
        Ok((FromItem::Join(Box::new(join)), names))
    }

    /// The columns that USING merges, and the condition that equates them.
    fn merge_columns(
        &mut self,
        using: &[Rc<str>],
        left: &[NamespaceColumn],
        right: &[NamespaceColumn],
        kind: JoinKind,
        location: u32,
    ) -> Result<(Vec<NamespaceColumn>, Option<Expression>)> {
        let mut columns: Vec<NamespaceColumn> = Vec::new();
        let mut conditions = Vec::new();
        for name in using {
            if columns.iter().any(|column| column.name == *name) {
                return Err(error!(
                    DUPLICATE_COLUMN,
                    "column name \"{name}\" appears more than once in USING clause"
                ));
            }
            let one = self.using_column(name, left, "left")?;
            let other = self.using_column(name, right, "right")?;
            self.mark_selected(&one);
            self.mark_selected(&other);
            let equal = crate::expression::equals(location);
            let condition = self.operator_call(&equal, Some(one.clone()), other.clone())?;
            conditions.push(self.coerce_to_boolean(condition, "JOIN/USING", location)?);
            let types = [one.data_type().oid, other.data_type().oid];
            let common = self.common_type(&types, Some("JOIN/USING"), |_| crate::NO_LOCATION)?;
            let common = common.unwrap_or(oid::TEXT);
            let one = self.coerce_to_common(one, common, "JOIN/USING", crate::NO_LOCATION)?;
            let other = self.coerce_to_common(other, common, "JOIN/USING", crate::NO_LOCATION)?;
            // Each kind of join has a side whose value is never made up.
            let expression = match kind {
                JoinKind::Full => {
                    let data_type: DataType = self.shared_type(common, &[one.clone(), other.clone()])?;
                    Expression::Coalesce { arguments: vec![one, other], data_type }
                }
                JoinKind::Right => other,
                _ if matches!(one, Expression::Variable(_)) || !matches!(other, Expression::Variable(_)) => {
                    one
                }
                JoinKind::Inner => other,
                _ => one,
            };
            columns.push(NamespaceColumn { name: name.clone(), expression });
        }
        let condition = match conditions.len() {
            0 => None,
            1 => conditions.pop(),
            _ => Some(Expression::And(conditions)),
        };
        Ok((columns, condition))
    }

    fn using_column(&self, name: &str, columns: &[NamespaceColumn], side: &str) -> Result<Expression> {
        let mut hits = columns.iter().filter(|column| *column.name == *name);
        match (hits.next(), hits.next()) {
            (Some(hit), None) => Ok(hit.expression.clone()),
            (Some(_), Some(_)) => Err(error!(
                AMBIGUOUS_COLUMN,
                "common column name \"{name}\" appears more than once in {side} table"
            )),
            (None, _) => Err(error!(
                UNDEFINED_COLUMN,
                "column \"{name}\" specified in USING clause does not exist in {side} table"
            )),
        }
    }
}

fn visible_columns(names: &[NamespaceItem]) -> Vec<NamespaceColumn> {
    let visible = names.iter().filter(|item| item.are_columns_visible);
    visible.flat_map(NamespaceItem::live_columns).collect()
}

fn join_item(range: usize, name: &str, columns: Vec<NamespaceColumn>) -> NamespaceItem {
    NamespaceItem {
        range,
        name: name.into(),
        relation: None,
        columns: NamespaceColumns::Expressions(columns.into()),
        is_table_visible: true,
        are_columns_visible: true,
        lateral_only: false,
        lateral_allowed: true,
        row_type: oid::RECORD,
        is_join: true,
        is_scalar: false,
    }
}
