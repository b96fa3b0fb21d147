//! Views: a reference to one becomes the subquery that it stands for.

use catalog::{CatalogView, RelationKind};
use common::Oid;
use error::{Error, Result, error};
use nodes::Query;
use nodes::expression::Expression;
use nodes::query::{RangeKind, RowLock};

use crate::walk::change_query;

/// Replaces every view in the query by its own query, down to tables.
///
/// The entry keeps the privileges that its reader needs on the view; what the view reads is checked as its owner, or, for
/// `security_invoker` views, as the reader.
/// # Errors
/// 42P17 for a view that reads itself.
pub fn rewrite(query: &mut Query, catalog: &dyn CatalogView) -> Result<()> {
    expand(query, catalog, &mut Vec::new())
}

fn expand(query: &mut Query, catalog: &dyn CatalogView, open: &mut Vec<Oid>) -> Result<()> {
    for at in 0..query.range_table.len() {
        let entry = &mut query.range_table[at];
        match &mut entry.kind {
            RangeKind::Relation { relation, .. } => {
                let Some(view) = catalog.relation(*relation)? else { continue };
                if view.kind != RelationKind::View || query.result_relation == Some(at) {
                    continue;
                }
                if open.contains(&view.oid) {
                    return Err(error!(
                        INVALID_OBJECT_DEFINITION,
                        "infinite recursion detected in rules for relation \"{}\"", view.name
                    ));
                }
                let Some(stored) = &view.view_query else {
                    return Err(Error::internal(format!("view \"{}\" has no query", view.name)));
                };
                let mut inner = nodes::text::read_query(stored)?;
                let checked = if is_invoker(&view.options) { entry.check_as } else { view.owner };
                check_as(&mut inner, checked);
                open.push(view.oid);
                let expanded = expand(&mut inner, catalog, open);
                open.pop();
                expanded?;
                let locks = query.row_locks.iter().filter(|lock| lock.range == at);
                for lock in locks.copied().collect::<Vec<RowLock>>() {
                    lock_tables(&mut inner, lock);
                }
                entry.kind = RangeKind::Subquery { query: Box::new(inner), view: Some(view.oid) };
            }
            RangeKind::Subquery { query, .. } => expand(query, catalog, open)?,
            _ => {}
        }
    }
    for table in &mut query.common_tables {
        expand(&mut table.query, catalog, open)?;
    }
    let mut result = Ok(());
    change_query(query, 0, &mut |part, depth| {
        if let (Expression::SubLink(link), 0, true) = (part, depth, result.is_ok()) {
            result = expand(&mut link.query, catalog, open);
        }
    });
    result
}

fn is_invoker(options: &[String]) -> bool {
    options.iter().any(|option| {
        option
            .strip_prefix("security_invoker=")
            .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "on" | "yes" | "1"))
    })
}

/// Sets whose privileges count for everything that the query reads.
fn check_as(query: &mut Query, role: Oid) {
    for entry in &mut query.range_table {
        match &mut entry.kind {
            RangeKind::Relation { .. } => entry.check_as = role,
            RangeKind::Subquery { query, .. } => check_as(query, role),
            _ => {}
        }
    }
    for table in &mut query.common_tables {
        check_as(&mut table.query, role);
    }
    change_query(query, 0, &mut |part, depth| {
        if let (Expression::SubLink(link), 0) = (part, depth) {
            check_as(&mut link.query, role);
        }
    });
}

/// Locking a view's rows locks those of its tables.
fn lock_tables(query: &mut Query, lock: RowLock) {
    for (range, entry) in query.range_table.iter_mut().enumerate() {
        match &mut entry.kind {
            RangeKind::Relation { .. } => {
                entry.required.update = true;
                query.row_locks.push(RowLock { range, ..lock });
            }
            RangeKind::Subquery { query, .. } => lock_tables(query, lock),
            _ => {}
        }
    }
}
