//! `pg_stat_statements`: what was counted of statements.

use background::statement_statistics::{Counted, StatementView, TimesView};
use error::Result;
use types::{Numeric, Value};

use super::{Viewer, moment};

/// One row for each statement; those of others, ordinary roles see in outline only.
pub(crate) fn statement_counts(viewer: &Viewer<'_>, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
    let sees_all = viewer.has_role(commands::bootstrap::READ_ALL_STATS)?;
    let with_texts = matches!(arguments.first(), Some(Value::Bool(true)));
    let views = viewer.state.statements.read(with_texts);
    Ok(views.iter().map(|view| row(view, with_texts, sees_all || view.key.user == viewer.role)).collect())
}

fn row(view: &StatementView, with_text: bool, sees_it: bool) -> Vec<Value> {
    let count = |number: u64| Value::Int8(number as i64);
    let counted = |what: Counted| count(view.counted(what));
    let none = || Value::Int8(0);
    let no_time = || Value::Float8(0.0);
    let time = |what: Counted| Value::Float8(view.counted(what) as f64 / 1e6);
    let times = |times: &TimesView| {
        [times.total, times.least, times.most, times.mean, times.deviation].map(Value::Float8)
    };
    let mut row = vec![Value::Oid(view.key.user), Value::Oid(view.key.database), Value::Bool(true)];
    row.push(if sees_it { Value::Int8(view.key.query_id) } else { Value::Null });
    row.push(match (sees_it, with_text) {
        (false, _) => Value::text("<insufficient privilege>"),
        (true, false) => Value::Null,
        (true, true) => Value::text(&view.text),
    });
    row.push(count(view.plans.count));
    row.extend(times(&view.plans));
    row.push(count(view.runs.count));
    row.extend(times(&view.runs));
    row.extend([Counted::Rows, Counted::Hit, Counted::Read, Counted::Dirtied, Counted::Written].map(counted));
    // Pages of temporary tables.
    row.extend([none(), none(), none(), none()]);
    row.extend([Counted::TempRead, Counted::TempWritten].map(counted));
    row.extend([Counted::ReadTime, Counted::WriteTime].map(time));
    row.extend([no_time(), no_time(), no_time(), no_time()]);
    row.extend([Counted::LogRecords, Counted::LogImages].map(counted));
    row.push(Value::Numeric(Numeric::from(view.counted(Counted::LogBytes) as i64)));
    row.push(none());
    // There is no compilation to machine code.
    for _ in 0..5 {
        row.extend([none(), no_time()]);
    }
    row.extend([none(), none()]);
    row.extend([moment(view.since_us), moment(view.extremes_since_us)]);
    row
}

/// `pg_stat_statements_info`: how often entries gave way, and when all were reset.
pub(crate) fn statement_count_information(viewer: &Viewer<'_>) -> Vec<Vec<Value>> {
    let (given_way, reset_us) = viewer.state.statements.information();
    vec![vec![Value::Int8(given_way as i64), moment(reset_us)]]
}
