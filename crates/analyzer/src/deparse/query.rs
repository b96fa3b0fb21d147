//! Whole queries, laid out as PostgreSQL lays out views.

use common::Oid;
use error::{Error, Result};
use nodes::expression::{Display, Expression};
use nodes::query::*;

use super::{Place, PrintedLevel, Printer, RangeNames};

impl Printer<'_> {
    /// A query in parentheses, further in.
    pub fn subquery(&mut self, query: &Query, place: Place) -> Result<()> {
        self.put("(");
        self.indent += 8;
        let printed = self.query(query, None, place);
        self.indent -= 8;
        printed?;
        self.put(")");
        Ok(())
    }

    pub fn query(&mut self, query: &Query, columns: Option<&[String]>, place: Place) -> Result<()> {
        if query.command != Command::Select {
            return Err(Error::unsupported("only SELECT can be printed"));
        }
        let names = self.range_names(query);
        let prefix = self.style.prefix || place != Place::Top || query.range_table.len() > 1;
        self.levels.push(PrintedLevel {
            names,
            windows: query.windows.clone(),
            targets: query.targets.clone(),
            prefix,
            is_named: place != Place::Unnamed,
        });
        let printed = self.body(query, columns);
        self.levels.pop();
        printed
    }

    /// Names for the range table, different from those of the queries around.
    fn range_names(&self, query: &Query) -> Vec<RangeNames> {
        let mut names: Vec<RangeNames> = Vec::new();
        for entry in &query.range_table {
            let taken = |name: &str, names: &[RangeNames]| {
                let outer = self.levels.iter().flat_map(|level| &level.names);
                outer.chain(names).any(|other| other.name == name)
            };
            let mut name = entry.name.to_string();
            let mut number = 0;
            let is_named = !matches!(entry.kind, RangeKind::Join { .. } | RangeKind::Empty);
            while is_named && taken(&name, &names) {
                number += 1;
                name = format!("{}_{number}", entry.name);
            }
            let columns = entry.columns.iter().map(|column| column.name.to_string()).collect();
            names.push(RangeNames { name: if is_named { name } else { String::new() }, columns });
        }
        names
    }

    fn body(&mut self, query: &Query, columns: Option<&[String]>) -> Result<()> {
        if !query.common_tables.is_empty() {
            self.put(if query.recursive { " WITH RECURSIVE " } else { " WITH " });
            for (at, table) in query.common_tables.iter().enumerate() {
                if at > 0 {
                    self.put(", ");
                }
                self.identifier(&table.name);
                let renamed = table.query.output().zip(&table.columns);
                if renamed.into_iter().any(|(target, column)| target.name != column.name) {
                    let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
                    self.column_list(&names);
                }
                self.put(match table.materialized {
                    Some(true) => " AS MATERIALIZED (",
                    Some(false) => " AS NOT MATERIALIZED (",
                    None => " AS (",
                });
                self.indent += 8;
                self.line(0);
                let printed = self.query(&table.query, None, Place::Named);
                printed?;
                self.line(0);
                self.indent -= 8;
                self.put(")");
            }
            self.line(0);
        }
        match &query.set_operation {
            Some(tree) => {
                let names: Vec<String> = query.output().map(|target| target.name.to_string()).collect();
                let is_named = self.levels.last().is_some_and(|level| level.is_named);
                let place = if is_named { Place::Named } else { Place::Unnamed };
                self.set_operation(tree, query, columns.unwrap_or(&names), place)?;
            }
            None => self.select(query, columns)?,
        }
        self.tail(query)
    }

    fn select(&mut self, query: &Query, columns: Option<&[String]>) -> Result<()> {
        if let Some(rows) = plain_values(query) {
            self.put(" ");
            return self.values(rows);
        }
        self.put(" SELECT ");
        match &query.distinct {
            Distinct::No => {}
            Distinct::All(_) => self.put("DISTINCT "),
            Distinct::On(clauses) => {
                self.put("DISTINCT ON (");
                for (at, clause) in clauses.iter().enumerate() {
                    if at > 0 {
                        self.put(", ");
                    }
                    self.expression(&query.targets[clause.target].expression)?;
                }
                self.put(") ");
            }
        }
        for (at, target) in query.output().enumerate() {
            if at > 0 {
                self.put(",");
                self.line(4);
            }
            self.expression(&target.expression)?;
            let name = columns.and_then(|names| names.get(at)).map_or(&*target.name, String::as_str);
            if self.own_name(&target.expression).as_deref() != Some(name) {
                self.put(" AS ");
                self.identifier(name);
            }
        }
        self.from(query)?;
        if let Some(filter) = &query.filter {
            self.line(2);
            self.put("WHERE ");
            self.expression(filter)?;
        }
        self.group_by(query)?;
        if let Some(having) = &query.having {
            self.line(1);
            self.put("HAVING ");
            self.expression(having)?;
        }
        let named: Vec<&Window> = query.windows.iter().filter(|window| window.name.is_some()).collect();
        for (at, window) in named.iter().enumerate() {
            if at == 0 {
                self.line(2);
                self.put("WINDOW ");
            } else {
                self.put(", ");
            }
            self.identifier(window.name.as_deref().unwrap_or_default());
            self.put(" AS ");
            self.window(window)?;
        }
        Ok(())
    }

    /// The name that an output column has by itself.
    fn own_name(&self, expression: &Expression) -> Option<String> {
        let expression = without_implicit_casts(expression);
        let Expression::Variable(variable) = expression else {
            let is_named = self.levels.last().is_some_and(|level| level.is_named);
            return (!is_named).then(|| "?column?".into());
        };
        let at = self.levels.len().checked_sub(variable.levels_up as usize + 1)?;
        let names = self.levels[at].names.get(variable.range)?;
        match variable.attribute.is_user() {
            true => names.columns.get(variable.attribute.index()).cloned(),
            false => None,
        }
    }

    fn from(&mut self, query: &Query) -> Result<()> {
        for (at, item) in query.from.iter().enumerate() {
            if at > 0 {
                self.put(",");
                self.line(4);
            } else {
                self.line(3);
                self.put("FROM ");
            }
            self.table_item(item, query)?;
        }
        Ok(())
    }

    fn table_item(&mut self, item: &FromItem, query: &Query) -> Result<()> {
        let join = match item {
            FromItem::Range(range) => return self.range(*range, query),
            FromItem::Join(join) => join,
        };
        if !self.style.pretty {
            self.put("(");
        }
        self.table_item(&join.left, query)?;
        self.line(5);
        self.put(match (join.kind, &join.condition) {
            (JoinKind::Inner, None) => "CROSS JOIN ",
            (JoinKind::Left, _) => "LEFT JOIN ",
            (JoinKind::Right, _) => "RIGHT JOIN ",
            (JoinKind::Full, _) => "FULL JOIN ",
            _ => "JOIN ",
        });
        let is_nested = self.style.pretty && matches!(join.right, FromItem::Join(_));
        if is_nested {
            self.put("(");
        }
        self.table_item(&join.right, query)?;
        if is_nested {
            self.put(")");
        }
        match &join.condition {
            Some(condition) => {
                self.put(if self.style.pretty { " ON " } else { " ON (" });
                self.expression(condition)?;
                if !self.style.pretty {
                    self.put(")");
                }
            }
            None if join.kind != JoinKind::Inner => self.put(" ON TRUE"),
            None => {}
        }
        if !self.style.pretty {
            self.put(")");
        }
        Ok(())
    }

    fn range(&mut self, range: usize, query: &Query) -> Result<()> {
        let Some(entry) = query.range_table.get(range) else { return Ok(()) };
        let shown = self.levels.last().and_then(|level| level.names.get(range)).cloned();
        let Some(shown) = shown else { return Ok(()) };
        // A function is marked LATERAL by its nature; only a subquery needs the word.
        if entry.lateral && matches!(entry.kind, RangeKind::Subquery { .. }) {
            self.put("LATERAL ");
        }
        let mut own_columns: Option<Vec<String>> = None;
        let mut own_name = String::new();
        match &entry.kind {
            RangeKind::Relation { relation, only } => {
                if *only {
                    self.put("ONLY ");
                }
                if let Some(found) = self.catalog.relation(*relation)? {
                    own_name = found.name.to_string();
                    own_columns = Some(found.columns.iter().map(|column| column.name.to_string()).collect());
                    self.relation_name(found.namespace, &found.name, found.oid)?;
                }
            }
            RangeKind::Subquery { query, .. } => {
                own_columns = Some(query.output().map(|target| target.name.to_string()).collect());
                self.subquery(query, Place::Named)?;
            }
            RangeKind::Values { rows } => {
                self.put("( ");
                self.values(rows)?;
                self.put(")");
            }
            RangeKind::Function { functions, ordinality } => {
                let many = functions.len() > 1;
                if many {
                    self.put("ROWS FROM(");
                }
                for (at, function) in functions.iter().enumerate() {
                    if at > 0 {
                        self.put(", ");
                    }
                    self.expression(&function.expression)?;
                }
                if many {
                    self.put(")");
                }
                if *ordinality {
                    self.put(" WITH ORDINALITY");
                }
            }
            RangeKind::CommonTable { name, .. } => {
                own_name.clone_from(name);
                own_columns = Some(entry.columns.iter().map(|column| column.name.to_string()).collect());
                self.identifier(name);
            }
            RangeKind::Join { .. } | RangeKind::Empty => {}
        }
        if shown.name != own_name {
            self.put(" ");
            self.identifier(&shown.name);
        }
        if own_columns.as_ref() != Some(&shown.columns) {
            let names: Vec<&str> = shown.columns.iter().map(String::as_str).collect();
            self.column_list(&names);
        }
        Ok(())
    }

    fn relation_name(&mut self, namespace: Oid, name: &str, relation: Oid) -> Result<()> {
        if crate::resolve::find_in_path(name, self.catalog)? != Some(relation) {
            if let Some(schema) = self.catalog.namespace(namespace)? {
                self.identifier(&schema.nspname);
                self.put(".");
            }
        }
        self.identifier(name);
        Ok(())
    }

    fn column_list(&mut self, names: &[&str]) {
        self.put("(");
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            self.identifier(name);
        }
        self.put(")");
    }

    fn values(&mut self, rows: &[Vec<Expression>]) -> Result<()> {
        self.put("VALUES ");
        for (at, row) in rows.iter().enumerate() {
            self.put(if at > 0 { ", (" } else { "(" });
            for (at, value) in row.iter().enumerate() {
                if at > 0 {
                    self.put(",");
                }
                self.expression(value)?;
            }
            self.put(")");
        }
        Ok(())
    }

    fn group_by(&mut self, query: &Query) -> Result<()> {
        if query.group_by.is_empty() && query.grouping_sets.is_empty() {
            return Ok(());
        }
        self.line(2);
        self.put("GROUP BY ");
        let item = |at: usize| &query.targets[query.group_by[at].target].expression;
        if query.grouping_sets.is_empty() {
            for at in 0..query.group_by.len() {
                if at > 0 {
                    self.put(", ");
                }
                self.expression(item(at))?;
            }
            return Ok(());
        }
        self.put("GROUPING SETS (");
        for (at, set) in query.grouping_sets.iter().enumerate() {
            self.put(if at > 0 { ", (" } else { "(" });
            for (at, member) in set.iter().enumerate() {
                if at > 0 {
                    self.put(", ");
                }
                self.expression(item(*member))?;
            }
            self.put(")");
        }
        self.put(")");
        Ok(())
    }

    fn set_operation(
        &mut self,
        tree: &SetOperation,
        query: &Query,
        names: &[String],
        place: Place,
    ) -> Result<()> {
        match tree {
            SetOperation::Leaf(range) => match query.range_table.get(*range).map(|entry| &entry.kind) {
                Some(RangeKind::Subquery { query: leaf, .. }) => {
                    let needs = !leaf.order_by.is_empty()
                        || leaf.limit.is_some()
                        || leaf.offset.is_some()
                        || !leaf.common_tables.is_empty()
                        || !leaf.row_locks.is_empty();
                    if needs {
                        self.put("(");
                    }
                    self.query(leaf, Some(names), place)?;
                    if needs {
                        self.put(")");
                    }
                    Ok(())
                }
                _ => Err(Error::internal("a leaf of a set operation is no subquery")),
            },
            SetOperation::Node { kind, all, left, right, .. } => {
                self.set_operand(left, query, (*kind, *all), names, place)?;
                match self.out.ends_with(')') && is_enclosed(left, (*kind, *all)) {
                    true => self.put(" "),
                    false => self.line(0),
                }
                self.put(match kind {
                    SetOperationKind::Union => "UNION",
                    SetOperationKind::Intersect => "INTERSECT",
                    SetOperationKind::Except => "EXCEPT",
                });
                if *all {
                    self.put(" ALL");
                }
                self.line(0);
                self.set_operand_right(right, query, names)
            }
        }
    }

    /// A left operand of the same kind goes on without parentheses.
    fn set_operand(
        &mut self,
        tree: &SetOperation,
        query: &Query,
        parent: (SetOperationKind, bool),
        names: &[String],
        place: Place,
    ) -> Result<()> {
        match is_enclosed(tree, parent) {
            true => {
                self.put("(");
                self.indent += 8;
                self.line(0);
                let printed = self.set_operation(tree, query, names, place);
                self.indent -= 8;
                printed?;
                self.line(0);
                self.put(")");
                Ok(())
            }
            false => self.set_operation(tree, query, names, place),
        }
    }

    fn set_operand_right(&mut self, tree: &SetOperation, query: &Query, names: &[String]) -> Result<()> {
        if let SetOperation::Leaf(_) = tree {
            return self.set_operation(tree, query, names, Place::Unnamed);
        }
        self.put("(");
        self.set_operation(tree, query, names, Place::Unnamed)?;
        self.put(")");
        Ok(())
    }

    /// ORDER BY, LIMIT and what follows.
    fn tail(&mut self, query: &Query) -> Result<()> {
        for (at, clause) in query.order_by.iter().enumerate() {
            if at == 0 {
                self.line(2);
                self.put("ORDER BY ");
            } else {
                self.put(", ");
            }
            let target = &query.targets[clause.target];
            match &target.expression {
                // Over a set operation only positions can be named; a bare constant would be taken for one.
                _ if query.set_operation.is_some() => self.put(&(clause.target + 1).to_string()),
                Expression::Constant(constant) => {
                    let is_number = matches!(constant.value, types::Value::Int4(_));
                    match is_number {
                        true => self.put(&(clause.target + 1).to_string()),
                        false => self.expression(&target.expression)?,
                    }
                }
                Expression::Variable(_) => self.expression(&target.expression)?,
                // An operator would bind what follows; parentheses keep it together in any style.
                other => {
                    let is_operator = matches!(other, Expression::Function(call)
                        if matches!(call.display, Display::Operator(_)));
                    if self.style.pretty && is_operator {
                        self.put("(");
                        self.expression(other)?;
                        self.put(")");
                    } else {
                        self.expression(other)?;
                    }
                }
            }
            self.direction(clause);
        }
        if let Some(offset) = &query.offset {
            self.line(1);
            self.put("OFFSET ");
            self.bare_number(offset)?;
        }
        if let Some(limit) = &query.limit {
            self.line(1);
            self.put(if query.limit_with_ties { "FETCH FIRST " } else { "LIMIT " });
            self.bare_number(limit)?;
            if query.limit_with_ties {
                self.put(" ROWS WITH TIES");
            }
        }
        for lock in &query.row_locks {
            self.line(1);
            self.put(match lock.strength {
                RowLockStrength::KeyShare => "FOR KEY SHARE OF ",
                RowLockStrength::Share => "FOR SHARE OF ",
                RowLockStrength::NoKeyUpdate => "FOR NO KEY UPDATE OF ",
                RowLockStrength::Update => "FOR UPDATE OF ",
            });
            let names = self.levels.last().and_then(|level| level.names.get(lock.range)).cloned();
            self.identifier(&names.map_or(String::new(), |names| names.name));
            self.put(match lock.wait {
                LockWait::Block => "",
                LockWait::SkipLocked => " SKIP LOCKED",
                LockWait::Error => " NOWAIT",
            });
        }
        Ok(())
    }

    /// A LIMIT's number without the conversion to `bigint` around it.
    fn bare_number(&mut self, value: &Expression) -> Result<()> {
        match value {
            Expression::Constant(constant) => self.constant(constant, true),
            other => self.expression(other),
        }
    }
}

/// The rows of a query that is nothing but VALUES.
fn plain_values(query: &Query) -> Option<&[Vec<Expression>]> {
    match (query.from.as_slice(), query.range_table.as_slice()) {
        ([FromItem::Range(0)], [RangeTableEntry { kind: RangeKind::Values { rows }, name, .. }])
            if **name == *"*VALUES*" =>
        {
            Some(rows)
        }
        _ => None,
    }
}

/// A left operand of another kind than the operation above it stands in parentheses.
fn is_enclosed(tree: &SetOperation, parent: (SetOperationKind, bool)) -> bool {
    matches!(tree, SetOperation::Node { kind, all, .. } if (*kind, *all) != parent)
}

/// The value under casts that nobody wrote.
pub(super) fn without_implicit_casts(expression: &Expression) -> &Expression {
    match expression {
        Expression::Relabel { argument, display: Display::ImplicitCast, .. }
        | Expression::CoerceViaText { argument, display: Display::ImplicitCast, .. } => {
            without_implicit_casts(argument)
        }
        Expression::Function(call) if call.display == Display::ImplicitCast => {
            call.arguments.first().map_or(expression, without_implicit_casts)
        }
        other => other,
    }
}
