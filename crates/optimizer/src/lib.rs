//! The optimizer: from a query tree to a plan.
//!
//! Entry point: [`plan`]. Reads the catalog and settings, never data; what it leaves to the executor is only running.
#![forbid(unsafe_code)]

mod access;
mod cost;
mod extreme;
mod from;
mod group;
mod join;
mod level;
mod modify;
mod select;
mod selectivity;
mod semi;
mod set_operation;
mod slots;
mod sublink;
mod walk;
mod whole_row;
mod window;

use std::rc::Rc;

use catalog::CatalogView;
use common::Oid;
use error::Result;
use nodes::plan::{OutputColumn, PlannedRelation, PlannedStatement};
use nodes::query::{Command, Query, RangeKind};

use level::Global;

/// What the planner may do, from the settings of these names.
#[derive(Clone, Copy, Debug)]
pub struct PlannerSettings {
    pub enable_seqscan: bool,
    pub enable_indexscan: bool,
    pub enable_indexonlyscan: bool,
    pub enable_bitmapscan: bool,
    pub enable_hashjoin: bool,
    pub enable_nestloop: bool,
    pub enable_hashagg: bool,
    pub enable_sort: bool,
    pub seq_page_cost: f64,
    pub random_page_cost: f64,
    pub cpu_tuple_cost: f64,
    pub cpu_index_tuple_cost: f64,
    pub cpu_operator_cost: f64,
}

impl Default for PlannerSettings {
    fn default() -> PlannerSettings {
        PlannerSettings {
            enable_seqscan: true,
            enable_indexscan: true,
            enable_indexonlyscan: true,
            enable_bitmapscan: true,
            enable_hashjoin: true,
            enable_nestloop: true,
            enable_hashagg: true,
            enable_sort: true,
            seq_page_cost: 1.0,
            random_page_cost: 4.0,
            cpu_tuple_cost: 0.01,
            cpu_index_tuple_cost: 0.005,
            cpu_operator_cost: 0.0025,
        }
    }
}

/// Plans a statement.
/// # Errors
/// 0A000 for what cannot be planned yet, and those of reading the catalog.
pub fn plan(
    mut query: Query,
    catalog: &dyn CatalogView,
    settings: &PlannerSettings,
) -> Result<PlannedStatement> {
    let columns = query
        .output()
        .map(|target| OutputColumn {
            name: target.name.clone(),
            data_type: target.expression.data_type(),
            origin: target.origin,
        })
        .collect();
    whole_row::expand(&mut query, &mut Vec::new())?;
    let mut relations = Vec::new();
    collect_relations(&mut query, &mut relations);
    let (command, modifies_data) = (query.command, query.command != Command::Select);
    let global = Global::new(catalog, settings);
    let plan = select::plan_query(&global, query, None)?;
    Ok(PlannedStatement {
        plan,
        subplans: global.take_subplans().into_iter().map(Rc::new).collect(),
        initial: global.take_initial(),
        execution_parameters: global.parameter_count(),
        relations,
        columns,
        command,
        modifies_data,
        query_id: 0,
    })
}

/// The relations that a statement touches, in all its subqueries, with what it wants to do with them.
fn collect_relations(query: &mut Query, relations: &mut Vec<PlannedRelation>) {
    for (position, entry) in query.range_table.iter_mut().enumerate() {
        if let RangeKind::Relation { relation, .. } = &entry.kind {
            relations.push(PlannedRelation {
                relation: *relation,
                name: entry.name.clone(),
                required: std::mem::take(&mut entry.required),
                check_as: entry.check_as,
                row_lock: query.row_locks.iter().any(|lock| lock.range == position),
            });
        }
        if let RangeKind::Subquery { query, view } = &mut entry.kind {
            if let Some(view) = view {
                relations.push(PlannedRelation {
                    relation: *view,
                    name: entry.name.clone(),
                    required: std::mem::take(&mut entry.required),
                    check_as: entry.check_as,
                    row_lock: false,
                });
            }
            collect_relations(query, relations);
        }
    }
    query.common_tables.iter_mut().for_each(|table| collect_relations(&mut table.query, relations));
    walk::each_expression_mut(query, &mut |expression| {
        walk::each_sublink_mut(expression, &mut |sublink| collect_relations(sublink, relations));
    });
}

/// The access method of B-tree indexes.
pub(crate) const BTREE: Oid = Oid(403);
