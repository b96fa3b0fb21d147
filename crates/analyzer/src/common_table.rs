//! WITH: its queries, and the references to them.

use error::{Error, Result, error};
use nodes::Query;
use nodes::query::{CommonTable, RangeColumn, RangeKind};
use parser::ast::{self, SelectBody, Statement};

use crate::from::output_columns;
use crate::level::{NamespaceItem, Recursion};
use crate::{Analyzer, NO_LOCATION};

impl Analyzer<'_> {
    pub fn with_clause(&mut self, with: &ast::WithClause) -> Result<()> {
        for (at, query) in with.queries.iter().enumerate() {
            if with.queries[..at].iter().any(|other| other.name == query.name) {
                let error =
                    error!(DUPLICATE_ALIAS, "WITH query name \"{}\" specified more than once", query.name);
                return self.fail(error, query.location);
            }
        }
        let mut later: Vec<String> = with.queries.iter().map(|query| query.name.clone()).collect();
        for query in &with.queries {
            if with.is_recursive {
                later.retain(|name| *name != query.name);
            }
            self.level().later_common_tables.clone_from(&later);
            let table = self.common_table(query, with.is_recursive)?;
            later.retain(|name| *name != query.name);
            self.level().common_tables.push(table);
        }
        self.level().later_common_tables.clear();
        Ok(())
    }

    fn common_table(&mut self, written: &ast::CommonTableExpression, recursive: bool) -> Result<CommonTable> {
        let location = written.location;
        let select = match written.statement.as_ref() {
            Statement::Select(select) => select,
            _ => {
                let error = Error::unsupported("data-modifying statements in WITH are not supported");
                return self.fail(error, location);
            }
        };
        if written.search.is_some() || written.cycle.is_some() {
            return self.fail(Error::unsupported("SEARCH and CYCLE are not supported"), location);
        }
        if recursive {
            let is_union = |operation: &ast::SetOperation| operation.kind == ast::SetOperationKind::Union;
            let has_form = matches!(&select.body, SelectBody::SetOperation(operation) if is_union(operation));
            self.level().recursion = Some(Recursion {
                name: written.name.clone(),
                location,
                names: written.columns.clone(),
                columns: None,
                has_form,
                reference_count: 0,
            });
        }
        let query = self.nested(|this| this.select_query(select, true));
        let recursion = self.level().recursion.take();
        let query = query?;
        let mut columns = output_columns(&query);
        if written.columns.len() > columns.len() {
            let error = error!(
                INVALID_COLUMN_REFERENCE,
                "WITH query \"{}\" has {} columns available but {} columns specified",
                written.name,
                columns.len(),
                written.columns.len()
            );
            return self.fail(error, location);
        }
        for (column, name) in columns.iter_mut().zip(&written.columns) {
            column.name = name.as_str().into();
        }
        let is_recursive = recursion.as_ref().is_some_and(|recursion| recursion.reference_count > 0);
        if let Some(first) = recursion.filter(|_| is_recursive).and_then(|recursion| recursion.columns) {
            self.check_recursive_types(&written.name, &query, &first, &columns)?;
        }
        Ok(CommonTable {
            name: written.name.clone(),
            query,
            columns,
            materialized: written.materialized,
            recursive: is_recursive,
            reference_count: 0,
        })
    }

    /// The recursive term may not widen what the first term delivers.
    fn check_recursive_types(
        &self,
        name: &str,
        query: &Query,
        first: &[RangeColumn],
        overall: &[RangeColumn],
    ) -> Result<()> {
        if !query.order_by.is_empty() {
            return Err(error!(FEATURE_NOT_SUPPORTED, "ORDER BY in a recursive query is not implemented"));
        }
        if query.limit.is_some() || query.offset.is_some() {
            let what = if query.limit.is_some() { "LIMIT" } else { "OFFSET" };
            return Err(error!(FEATURE_NOT_SUPPORTED, "{what} in a recursive query is not implemented"));
        }
        for (at, (one, other)) in first.iter().zip(overall).enumerate() {
            if one.data_type.oid != other.data_type.oid || one.data_type.modifier != other.data_type.modifier
            {
                let format = |column: &RangeColumn| {
                    crate::type_format::format_type(
                        self.catalog,
                        column.data_type.oid,
                        column.data_type.modifier,
                    )
                };
                let (before, after) = (format(one)?, format(other)?);
                let error = error!(
                    DATATYPE_MISMATCH,
                    "recursive query \"{name}\" column {} has type {before} in non-recursive term but type {after} overall",
                    at + 1
                )
                .hint("Cast the output of the non-recursive term to the correct type.");
                let place = match &query.set_operation {
                    Some(_) => query.range_table.first().map_or(NO_LOCATION, |entry| match &entry.kind {
                        RangeKind::Subquery { query, .. } => query
                            .output()
                            .nth(at)
                            .map_or(NO_LOCATION, |target| crate::sort::leftmost(&target.expression)),
                        _ => NO_LOCATION,
                    }),
                    None => NO_LOCATION,
                };
                return self.fail(error, place);
            }
        }
        Ok(())
    }

    /// The WITH query that an unqualified name in FROM means, if it means one.
    pub fn common_table_reference(
        &mut self,
        reference: &ast::RelationReference,
    ) -> Result<Option<NamespaceItem>> {
        let name = &reference.name.name;
        for levels_up in 0..self.levels.len() {
            let at = self.levels.len() - 1 - levels_up;
            let level = &mut self.levels[at];
            if let Some(table) = level.common_tables.iter_mut().find(|table| table.name == *name) {
                table.reference_count += 1;
                let columns = table.columns.clone();
                let item = self.add_common_table(reference, columns, levels_up as u32, false)?;
                return Ok(Some(item));
            }
            let Some(recursion) = level.recursion.as_mut().filter(|recursion| recursion.name == *name) else {
                continue;
            };
            let recursion_location = recursion.location;
            if !recursion.has_form {
                let error = error!(
                    INVALID_RECURSION,
                    "recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term"
                );
                return self.fail(error, recursion_location);
            }
            let Some(columns) = recursion.columns.clone() else {
                let error = error!(
                    INVALID_RECURSION,
                    "recursive reference to query \"{name}\" must not appear within its non-recursive term"
                );
                return self.fail(error, reference.name.location);
            };
            recursion.reference_count += 1;
            if recursion.reference_count > 1 {
                let error = error!(
                    INVALID_RECURSION,
                    "recursive reference to query \"{name}\" must not appear more than once"
                );
                return self.fail(error, reference.name.location);
            }
            let item = self.add_common_table(reference, columns, levels_up as u32, true)?;
            return Ok(Some(item));
        }
        Ok(None)
    }

    fn add_common_table(
        &mut self,
        reference: &ast::RelationReference,
        columns: Vec<RangeColumn>,
        levels_up: u32,
        recursive_reference: bool,
    ) -> Result<NamespaceItem> {
        let name = reference.name.name.clone();
        let kind = RangeKind::CommonTable { name: name.clone(), levels_up, recursive_reference };
        let range = self.add_entry(kind, name.into(), columns, reference.alias.as_ref(), false)?;
        Ok(self.item_for(range, None, true))
    }
}
