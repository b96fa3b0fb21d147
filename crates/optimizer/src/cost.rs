//! Estimates: how big tables and rows are, and what nodes cost.

use nodes::expression::DataType;
use nodes::plan::{Estimate, Plan, PlanNode};

/// Rows of a table that was never analyzed, per page.
const ROWS_PER_PAGE: f64 = 60.0;

const LEAST_PAGES: u32 = 10;

/// Bytes of a row with these columns.
pub(crate) fn width(output: &[DataType]) -> u32 {
    output
        .iter()
        .map(|data_type| match types::oid::type_description(data_type.oid).map(|found| found.length) {
            Some(length) if length > 0 => length as u32,
            _ => 32,
        })
        .sum()
}

/// Pages and rows of a table now.
pub(crate) fn table_size(pages: u32, estimated_pages: i32, estimated_rows: f32) -> (f64, f64) {
    // A table that was never counted may grow while plans for it are kept.
    let pages = f64::from(if estimated_rows < 0.0 { pages.max(LEAST_PAGES) } else { pages });
    let per_page = if estimated_rows >= 0.0 && estimated_pages > 0 {
        f64::from(estimated_rows) / f64::from(estimated_pages)
    } else {
        ROWS_PER_PAGE
    };
    (pages, (pages * per_page).max(1.0))
}

/// A plan node on top of an input, of which `below` is known, that costs `per_row` for each row of it and delivers `rows`.
pub(crate) fn over(below: Estimate, node: PlanNode, output: Vec<DataType>, rows: f64, per_row: f64) -> Plan {
    let estimate = Estimate {
        startup_cost: below.startup_cost,
        total_cost: below.total_cost + below.rows * per_row,
        rows: rows.max(1.0),
        width: width(&output),
    };
    Plan { node, output, estimate }
}

/// A node that must read all of its input first.
pub(crate) fn blocking(below: Estimate, node: PlanNode, output: Vec<DataType>, rows: f64, work: f64) -> Plan {
    let mut plan = over(below, node, output, rows, 0.0);
    plan.estimate.startup_cost = below.total_cost + work;
    plan.estimate.total_cost = plan.estimate.startup_cost + rows * 0.0025;
    plan
}
