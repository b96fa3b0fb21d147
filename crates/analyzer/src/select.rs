//! SELECT and VALUES.

use common::AttributeNumber;
use error::{Result, error};
use nodes::Query;
use nodes::expression::{DataType, Expression, Variable};
use nodes::query::{
    Command, FromItem, LockWait, Privileges, RangeColumn, RangeKind, RangeTableEntry, RowLock,
    RowLockStrength, Target,
};
use parser::ast;
use types::oid;

use crate::coerce::CastContext;
use crate::walk::contains;
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    /// Reads a query into the current level. `resolve`: literals of unknown type become text.
    pub fn select_query(&mut self, select: &ast::SelectStatement, resolve: bool) -> Result<Query> {
        let mut query = Query::new(Command::Select);
        if let Some(with) = &select.with {
            self.with_clause(with)?;
            query.recursive = with.is_recursive;
        }
        match &select.body {
            ast::SelectBody::Select(core) => self.select_core(select, core, &mut query, resolve)?,
            ast::SelectBody::Values(rows) => self.values_query(select, rows, &mut query)?,
            ast::SelectBody::SetOperation(_) => self.set_operation_query(select, &mut query)?,
        }
        self.limits(select, &mut query)?;
        self.row_locks(select, &mut query)?;
        self.finish(&mut query)?;
        Ok(query)
    }

    /// Moves what the level gathered into the query.
    pub fn finish(&mut self, query: &mut Query) -> Result<()> {
        let level = std::mem::take(self.level());
        query.range_table = level.range_table;
        query.common_tables = level.common_tables;
        query.has_aggregates |= level.has_aggregates;
        query.has_windows |= level.has_windows;
        query.has_sublinks |= level.has_sublinks;
        query.has_set_functions |= level.has_set_functions;
        Ok(())
    }

    fn select_core(
        &mut self,
        select: &ast::SelectStatement,
        core: &ast::SelectCore,
        query: &mut Query,
        resolve: bool,
    ) -> Result<()> {
        if core.into.is_some() {
            let error = error!(SYNTAX_ERROR, "SELECT ... INTO is not allowed here");
            return self.fail(error, select.location);
        }
        self.level().window_definitions = core.windows.clone();
        query.from = self.read_from(&core.from)?;
        let mut targets = self.target_list(&core.targets, Clause::SelectTarget)?;
        query.filter = match &core.filter {
            Some(filter) => Some(self.within(Clause::Where, |this| this.condition(filter, "WHERE"))?),
            None => None,
        };
        query.having = match &core.having {
            Some(having) => Some(self.within(Clause::Having, |this| this.condition(having, "HAVING"))?),
            None => None,
        };
        if resolve || !core.group_by.is_empty() || core.distinct != ast::Distinct::No {
            for target in &mut targets {
                let value = std::mem::replace(
                    &mut target.expression,
                    Expression::SetToDefault(DataType::new(oid::UNKNOWN)),
                );
                target.expression = self.resolve_unknown(value)?;
            }
        }
        query.order_by = self.order_by(&select.order_by, &mut targets)?;
        self.group_by(core, query, &mut targets)?;
        query.distinct = self.distinct(&core.distinct, &query.order_by, &mut targets)?;
        query.windows = self.windows(&mut targets)?;
        query.targets = targets;
        self.check_grouping(query)
    }

    fn limits(&mut self, select: &ast::SelectStatement, query: &mut Query) -> Result<()> {
        if let Some(offset) = &select.offset {
            query.offset = Some(self.limit_value(offset, Clause::Offset)?);
        }
        if let Some(limit) = &select.limit {
            query.limit_with_ties = limit.with_ties;
            if let Some(count) = &limit.count {
                query.limit = Some(self.limit_value(count, Clause::Limit)?);
            }
            if limit.with_ties && select.order_by.is_empty() {
                let error = error!(SYNTAX_ERROR, "WITH TIES cannot be specified without ORDER BY clause");
                return self.fail(error, limit.location);
            }
        }
        Ok(())
    }

    fn limit_value(&mut self, written: &ast::Expression, clause: Clause) -> Result<Expression> {
        let location = crate::expression::start(written);
        let value = self.within(clause, |this| this.expression(written))?;
        let found = value.data_type().oid;
        let place = clause.name();
        let target = DataType::new(oid::INT8);
        let Some(value) = self.coerce_to_target(value, target, CastContext::Assignment, location)? else {
            let found = self.type_text(found)?;
            let error =
                error!(DATATYPE_MISMATCH, "argument of {place} must be type bigint, not type {found}");
            return self.fail(error, location);
        };
        let has_column = contains(
            &value,
            &mut |part, depth| matches!(part, Expression::Variable(variable) if variable.levels_up == depth),
        );
        if has_column {
            let error = error!(INVALID_COLUMN_REFERENCE, "argument of {place} must not contain variables");
            return self.fail(error, crate::sort::leftmost(&value));
        }
        Ok(value)
    }

    fn values_query(
        &mut self,
        select: &ast::SelectStatement,
        rows: &[Vec<ast::Expression>],
        query: &mut Query,
    ) -> Result<()> {
        let rows = self.values_rows(rows)?;
        let range = self.add_values(rows)?;
        query.from.push(FromItem::Range(range));
        let columns = self.level().range_table[range].columns.clone();
        let item = self.item_for(range, None, true);
        self.level().namespace.push(item);
        for (at, column) in columns.iter().enumerate() {
            let expression = Expression::Variable(Variable {
                range,
                attribute: AttributeNumber::from_index(at),
                levels_up: 0,
                data_type: column.data_type,
                location: crate::NO_LOCATION,
            });
            query.targets.push(Target {
                expression,
                name: column.name.clone(),
                attribute: AttributeNumber::WHOLE_ROW,
                hidden: false,
                origin: None,
            });
        }
        let mut targets = std::mem::take(&mut query.targets);
        query.order_by = self.order_by(&select.order_by, &mut targets)?;
        query.targets = targets;
        if self.level().has_aggregates {
            return self.fail(
                error!(GROUPING_ERROR, "aggregate functions are not allowed in VALUES"),
                select.location,
            );
        }
        Ok(())
    }

    /// The rows of VALUES, each column of one type.
    fn values_rows(&mut self, rows: &[Vec<ast::Expression>]) -> Result<Vec<Vec<Expression>>> {
        let mut made: Vec<Vec<Expression>> = Vec::new();
        let mut places: Vec<Vec<u32>> = Vec::new();
        for row in rows {
            let values = self.within(Clause::Values, |this| this.expression_list(row))?;
            if made.first().is_some_and(|first| first.len() != values.len()) {
                let error = error!(SYNTAX_ERROR, "VALUES lists must all be the same length");
                return self.fail(error, row.first().map_or(crate::NO_LOCATION, crate::expression::start));
            }
            places.push(row.iter().map(crate::expression::start).collect());
            made.push(values);
        }
        let width = made.first().map_or(0, Vec::len);
        for column in 0..width {
            let values: Vec<Expression> = made.iter().map(|row| row[column].clone()).collect();
            let locations: Vec<u32> =
                places.iter().map(|row| row.get(column).copied().unwrap_or(crate::NO_LOCATION)).collect();
            let (values, _) = self.unify(values, "VALUES", &locations)?;
            for (row, value) in made.iter_mut().zip(values) {
                row[column] = value;
            }
        }
        Ok(made)
    }

    /// A range table entry over rows.
    pub fn add_values(&mut self, rows: Vec<Vec<Expression>>) -> Result<usize> {
        let width = rows.first().map_or(0, Vec::len);
        let mut columns = Vec::new();
        for at in 0..width {
            let values: Vec<Expression> = rows.iter().map(|row| row[at].clone()).collect();
            let common = values.first().map_or(oid::TEXT, |value| value.data_type().oid);
            let data_type = self.shared_type(common, &values)?;
            columns.push(RangeColumn { name: format!("column{}", at + 1).into(), data_type, dropped: false });
        }
        let lateral = rows.iter().flatten().any(|value| {
            contains(value, &mut |part, depth| {
                matches!(part, Expression::Variable(variable) if variable.levels_up == depth)
            })
        });
        let entry = RangeTableEntry {
            kind: RangeKind::Values { rows },
            name: "*VALUES*".into(),
            columns: columns.into(),
            lateral,
            required: Privileges::default(),
            check_as: common::Oid::INVALID,
        };
        let level = self.level();
        level.range_table.push(entry);
        Ok(level.range_table.len() - 1)
    }

    fn row_locks(&mut self, select: &ast::SelectStatement, query: &mut Query) -> Result<()> {
        for clause in &select.locking {
            let name = match clause.strength {
                ast::RowLockStrength::KeyShare => "FOR KEY SHARE",
                ast::RowLockStrength::Share => "FOR SHARE",
                ast::RowLockStrength::NoKeyUpdate => "FOR NO KEY UPDATE",
                ast::RowLockStrength::Update => "FOR UPDATE",
            };
            let problem = if query.set_operation.is_some() {
                Some("UNION/INTERSECT/EXCEPT")
            } else if query.distinct != nodes::query::Distinct::No {
                Some("DISTINCT clause")
            } else if !query.group_by.is_empty() || !query.grouping_sets.is_empty() {
                Some("GROUP BY clause")
            } else if query.having.is_some() {
                Some("HAVING clause")
            } else if self.level().has_aggregates {
                Some("aggregate functions")
            } else if self.level().has_windows {
                Some("window functions")
            } else if self.level().has_set_functions {
                Some("set-returning functions in the target list")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(error!(FEATURE_NOT_SUPPORTED, "{name} is not allowed with {problem}"));
            }
            let lock = |range| RowLock {
                range,
                strength: match clause.strength {
                    ast::RowLockStrength::KeyShare => RowLockStrength::KeyShare,
                    ast::RowLockStrength::Share => RowLockStrength::Share,
                    ast::RowLockStrength::NoKeyUpdate => RowLockStrength::NoKeyUpdate,
                    ast::RowLockStrength::Update => RowLockStrength::Update,
                },
                wait: match clause.wait {
                    ast::LockWaitPolicy::Block => LockWait::Block,
                    ast::LockWaitPolicy::SkipLocked => LockWait::SkipLocked,
                    ast::LockWaitPolicy::NoWait => LockWait::Error,
                },
            };
            let entries = &self.level().range_table;
            let mut chosen = Vec::new();
            if clause.tables.is_empty() {
                for (range, entry) in entries.iter().enumerate() {
                    if matches!(entry.kind, RangeKind::Relation { .. } | RangeKind::Subquery { .. }) {
                        chosen.push(range);
                    }
                }
            }
            for table in &clause.tables {
                if table.schema.is_some() {
                    let error = error!(SYNTAX_ERROR, "{name} must specify unqualified relation names");
                    return self.fail(error, table.location);
                }
                let entries = &self.level().range_table;
                let Some(range) = entries.iter().position(|entry| *entry.name == *table.name) else {
                    let error = error!(
                        UNDEFINED_TABLE,
                        "relation \"{}\" in {name} clause not found in FROM clause", table.name
                    );
                    return self.fail(error, table.location);
                };
                let refused = match &entries[range].kind {
                    RangeKind::Relation { .. } | RangeKind::Subquery { .. } => None,
                    RangeKind::Join { .. } => Some("a join"),
                    RangeKind::Function { .. } => Some("a function"),
                    RangeKind::Values { .. } => Some("VALUES"),
                    RangeKind::CommonTable { .. } => Some("a WITH query"),
                    RangeKind::Empty => Some("a join"),
                };
                if let Some(what) = refused {
                    let error = error!(FEATURE_NOT_SUPPORTED, "{name} cannot be applied to {what}");
                    return self.fail(error, table.location);
                }
                chosen.push(range);
            }
            for range in chosen {
                let entry = &mut self.level().range_table[range];
                if matches!(entry.kind, RangeKind::Relation { .. }) {
                    entry.required.update = true;
                }
                match query.row_locks.iter_mut().find(|found| found.range == range) {
                    Some(found) => found.strength = found.strength.max(lock(range).strength),
                    None => query.row_locks.push(lock(range)),
                }
            }
        }
        Ok(())
    }
}
