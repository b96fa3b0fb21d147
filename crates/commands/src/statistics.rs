//! ANALYZE: what a sample of a table's rows says about its columns, for the optimizer.

use std::cmp::Ordering;

use access_heap::{ColumnReader, HeapScan};
use catalog::field::{AnyArray, Float4Array};
use catalog::tables::*;
use catalog::{CatalogView, Relation, RelationColumn, TableChanges};
use common::{AttributeNumber, BlockNumber, Counter, ForkNumber, Oid};
use error::Result;
use shared_memory::{Progress, ProgressCommand, ProgressNumber};
use types::{Array, Batch, Column, Value, oid};

use crate::constraint::column_of;
use crate::environment::Environment;
use crate::vacuum::set_sizes;

/// Most common values and histogram bounds that are kept, unless the column says otherwise.
const DEFAULT_TARGET: usize = 100;
/// Sampled rows for each of them.
const ROWS_PER_TARGET: usize = 300;
/// Values longer than this are counted but not kept.
const LONGEST_VALUE: usize = 1024;
/// The width that a value outside of its row counts with.
const POINTER_WIDTH: usize = 18;

const MOST_COMMON_VALUES: i16 = 1;
const HISTOGRAM: i16 = 2;
const CORRELATION: i16 = 3;

/// Pages that the kernel is told to read before the first of them is looked at.
const READ_AHEAD: u32 = 32;

/// The numbers of `pg_stat_progress_analyze`, and phases.
const PHASE: ProgressNumber = ProgressNumber(1);
const SAMPLING: u64 = 1;
const COMPUTING: u64 = 3;
const FINALIZING: u64 = 5;
const SAMPLE_PAGES: ProgressNumber = ProgressNumber(2);
const SCANNED_PAGES: ProgressNumber = ProgressNumber(3);

/// Analyzes a table, or some columns of it.
pub(crate) fn analyze(
    environment: &mut Environment<'_>,
    relation: &Relation,
    columns: &[String],
) -> Result<()> {
    let catalog = environment.catalog;
    let mut wanted: Vec<&RelationColumn> = Vec::new();
    for name in columns {
        wanted.push(column_of(relation, name)?);
    }
    if columns.is_empty() {
        wanted = relation.live_columns().collect();
    }
    // Arrays of any type, as only `pg_statistic` has them, cannot be compared.
    wanted.retain(|column| column.data_type != oid::ANYARRAY);
    let database = relation.storage.database();
    let _progress = Progress::start(ProgressCommand::Analyze, relation.oid);
    PHASE.set(SAMPLING);
    let before = catalog.shared_changes().map(|changes| changes.of(database, relation.oid));
    let numbers: Vec<AttributeNumber> = wanted.iter().map(|column| column.number).collect();
    let target = environment.integer_setting("default_statistics_target")?.unwrap_or(DEFAULT_TARGET);
    let sample = Sample { target, ..sample(environment, relation, &numbers, target * ROWS_PER_TARGET)? };
    PHASE.set(COMPUTING);
    for (at, column) in wanted.iter().enumerate() {
        system::interrupt::check()?;
        let row = describe(environment, relation, column, at, &sample)?;
        let keys = [Value::Oid(relation.oid), Value::Int2(column.number.0), Value::Bool(false)];
        let old = catalog.find::<PgStatistic>(PgStatistic::BY_RELID_ATT_INH, &keys)?.into_iter().next();
        match (old, row) {
            (Some((address, _)), Some(row)) => catalog.update(address, &row)?,
            (None, Some(row)) => catalog.insert(&row)?,
            (_, None) => {}
        }
    }
    PHASE.set(FINALIZING);
    let pages = catalog.pool().blocks(relation.storage.file, ForkNumber::Main)?;
    if columns.is_empty() {
        set_sizes(environment, relation.oid, pages, sample.total as f32, None)?;
        for index in &relation.indexes {
            let pages = catalog.pool().blocks(index.storage.file, ForkNumber::Main)?;
            set_sizes(environment, index.oid, pages, sample.total as f32, None)?;
        }
        catalog.invalidate_relation(relation.oid);
        if let (Some(changes), Some(before)) = (catalog.shared_changes(), before) {
            changes.subtract(database, relation.oid, TableChanges { dead: 0, inserted: 0, ..before });
            changes.set(database, relation.oid, Counter::Live, sample.total as u64);
        }
    }
    catalog.next_command()
}

/// Some rows of a table, in the order in which they are stored.
struct Sample {
    columns: Vec<Column>,
    /// By column: values outside of their rows, which are null here.
    external: Vec<usize>,
    rows: usize,
    /// The table's rows, as far as the sample tells.
    total: f64,
    /// How many most common values and histogram parts are wanted.
    target: usize,
}

/// Reads pages that are evenly spread over the table, and of each as many rows as are due.
fn sample(
    environment: &Environment<'_>,
    relation: &Relation,
    numbers: &[AttributeNumber],
    target: usize,
) -> Result<Sample> {
    let catalog = environment.catalog;
    let access = catalog.access();
    let pages = catalog.pool().blocks(relation.storage.file, ForkNumber::Main)?;
    let mut reader = ColumnReader::new(relation.oid, relation.layout(), numbers);
    let mut batch = Batch::new(reader.types().iter().copied());
    let mut columns: Vec<Column> = reader.types().iter().map(|physical| Column::new(*physical)).collect();
    let mut external_count = vec![0; columns.len()];
    let mut rows = 0;
    let mut seen = 0u64;
    let mut seen_pages = 0u32;
    // All pages of a small table; of a big one, as many as rows are wanted.
    let wanted_pages = pages.min(target as u32);
    SAMPLE_PAGES.set(wanted_pages.into());
    let block_of =
        |number: u32| BlockNumber((u64::from(number) * u64::from(pages) / u64::from(wanted_pages)) as u32);
    let scan = HeapScan::new(access, relation.storage, catalog.session().latest_snapshot())?;
    for number in 0..wanted_pages {
        system::interrupt::check()?;
        if number.is_multiple_of(READ_AHEAD) {
            let soon: Vec<BlockNumber> =
                (number..wanted_pages.min(number + READ_AHEAD)).map(block_of).collect();
            catalog.pool().prefetch(relation.storage.file, ForkNumber::Main, &soon)?;
        }
        // So many rows should have been taken by now.
        let due = ((number as usize + 1) * target).div_ceil(wanted_pages as usize);
        let most = due.saturating_sub(rows);
        seen += scan.sample_page(access, block_of(number), most, &mut reader, &mut batch)? as u64;
        seen_pages += 1;
        SCANNED_PAGES.set(seen_pages.into());
        // Values outside of their rows are too long to be kept: they are only counted.
        for external in reader.pending.drain(..) {
            batch.columns[external.column].set_null(external.row);
            external_count[external.column] += 1;
        }
        for row in 0..batch.rows {
            columns.iter_mut().zip(&batch.columns).for_each(|(to, from)| to.push_row(from, row));
        }
        rows += batch.rows;
    }
    let total = match seen_pages {
        0 => 0.0,
        _ => (seen as f64 * f64::from(pages) / f64::from(seen_pages)).round(),
    };
    Ok(Sample { columns, external: external_count, rows, total, target: DEFAULT_TARGET })
}

/// A value that occurs in the sample, and how often.
struct Distinct {
    row: usize,
    count: usize,
}

fn describe(
    environment: &Environment<'_>,
    relation: &Relation,
    column: &RelationColumn,
    at: usize,
    sample: &Sample,
) -> Result<Option<PgStatistic>> {
    let (values, external) = (&sample.columns[at], sample.external[at]);
    if sample.rows == 0 {
        return Ok(None);
    }
    let physical = values.physical_type();
    let width_of = |row: usize| match column.length {
        length if length > 0 => length as usize,
        _ => match values.value(row) {
            Value::Text(text) => text.as_str().len() + 1,
            Value::Bytes(bytes) => bytes.len() + 1,
            other => other.memory(),
        },
    };
    let present: Vec<usize> = (0..sample.rows).filter(|row| !values.is_null(*row)).collect();
    let not_null = present.len() + external;
    let width = present.iter().map(|row| width_of(*row)).sum::<usize>() + external * POINTER_WIDTH;
    let mut row = PgStatistic {
        stanullfrac: (sample.rows - not_null) as f32 / sample.rows as f32,
        stawidth: (width / not_null.max(1)) as i32,
        ..empty(relation.oid, column.number.0)
    };
    let (equal, less) = operators(environment, column.data_type)?;
    if present.is_empty() || !less.is_valid() {
        return Ok(Some(row));
    }
    let compare = |a: usize, b: usize| types::compare::compare_rows(column.data_type, values, a, values, b);
    let mut sorted: Vec<usize> =
        present.iter().copied().filter(|row| width_of(*row) <= LONGEST_VALUE).collect();
    sorted.sort_by(|a, b| compare(*a, *b).then(a.cmp(b)));
    let distinct = count_distinct(&sorted, &compare);
    row.stadistinct = distinct_estimate(&distinct, sorted.len(), sample);
    let mut slots: Vec<Slot> = Vec::new();
    let common = most_common(&distinct, sorted.len(), row.stadistinct, sample.target);
    let array = |rows: &[usize]| {
        let kept: Vec<Value> = rows.iter().map(|row| values.value(*row)).collect();
        AnyArray(Box::new(Array::new(column.data_type, Column::from_values(physical, &kept))))
    };
    if !common.is_empty() {
        let share = |at: &usize| distinct[*at].count as f32 / sample.rows as f32;
        let rows: Vec<usize> = common.iter().map(|at| distinct[*at].row).collect();
        slots.push(Slot {
            kind: MOST_COMMON_VALUES,
            operator: equal,
            numbers: Some(common.iter().map(share).collect()),
            values: Some(array(&rows)),
        });
    }
    let mut is_common = vec![false; distinct.len()];
    common.iter().for_each(|at| is_common[*at] = true);
    let rest: Vec<usize> = (0..distinct.len()).filter(|at| !is_common[*at]).collect();
    if rest.len() >= 2 {
        let bounds = histogram(&distinct, &rest, sample.target);
        slots.push(Slot { kind: HISTOGRAM, operator: less, numbers: None, values: Some(array(&bounds)) });
    }
    if sorted.len() > 1 {
        let correlation = correlation(&sorted, sample.rows);
        slots.push(Slot {
            kind: CORRELATION,
            operator: less,
            numbers: Some(vec![correlation]),
            values: None,
        });
    }
    store(&mut row, slots, column.collation);
    Ok(Some(row))
}

/// The equality and order of a type, by its B-tree operator class.
fn operators(environment: &Environment<'_>, data_type: Oid) -> Result<(Oid, Oid)> {
    let catalog = environment.catalog;
    let searched = if data_type == oid::VARCHAR { oid::TEXT } else { data_type };
    let Some(class) = catalog.default_operator_class(Oid(403), searched)? else {
        return Ok((Oid::INVALID, Oid::INVALID));
    };
    let members = catalog.family_operators(class.opcfamily)?;
    let find = |strategy: i16| {
        let same = |row: &&std::rc::Rc<PgAmop>| {
            row.amopstrategy == strategy
                && row.amoplefttype == class.opcintype
                && row.amoprighttype == class.opcintype
        };
        members.iter().find(same).map_or(Oid::INVALID, |row| row.amopopr)
    };
    Ok((find(3), find(1)))
}

fn count_distinct(sorted: &[usize], compare: &impl Fn(usize, usize) -> Ordering) -> Vec<Distinct> {
    let mut distinct: Vec<Distinct> = Vec::new();
    for row in sorted {
        match distinct.last_mut() {
            Some(last) if compare(last.row, *row).is_eq() => last.count += 1,
            _ => distinct.push(Distinct { row: *row, count: 1 }),
        }
    }
    distinct
}

/// The number of different values in the table: absolute, or negative as a share of its rows.
///
/// The estimator is that of Haas and Stokes: `n d / (n - f1 + f1 n / N)`.
fn distinct_estimate(distinct: &[Distinct], values: usize, sample: &Sample) -> f32 {
    let found = distinct.len() as f64;
    let singles = distinct.iter().filter(|value| value.count == 1).count() as f64;
    let estimate = if singles == found {
        // Every value but once: the column is taken to be unique.
        return -(values as f32 / sample.rows as f32);
    } else if singles == 0.0 {
        found
    } else {
        let n = values as f64;
        let total = (sample.total * n / sample.rows as f64).max(n);
        (n * found / (n - singles + singles * n / total)).clamp(found, total).round()
    };
    if estimate > 0.1 * sample.total { -(estimate / sample.total) as f32 } else { estimate as f32 }
}

/// Positions of the values that are worth a place of their own, most frequent first.
fn most_common(distinct: &[Distinct], values: usize, estimate: f32, target: usize) -> Vec<usize> {
    let mut candidates: Vec<usize> = (0..distinct.len()).filter(|at| distinct[*at].count > 1).collect();
    candidates.sort_by_key(|at| std::cmp::Reverse(distinct[*at].count));
    // All of them when they are all there are.
    if candidates.len() == distinct.len() && distinct.len() <= target && estimate > 0.0 {
        return candidates;
    }
    candidates.truncate(target);
    // Others only when clearly more frequent than the average value.
    let average = values as f64 / distinct.len() as f64;
    candidates.retain(|at| distinct[*at].count as f64 > average * 1.25);
    candidates
}

/// Rows whose values divide those that are not most common into parts of equal size.
fn histogram(distinct: &[Distinct], rest: &[usize], target: usize) -> Vec<usize> {
    let total: usize = rest.iter().map(|at| distinct[*at].count).sum();
    let bounds = (target + 1).min(rest.len());
    let mut rows = Vec::with_capacity(bounds);
    let (mut at, mut before) = (0, 0);
    for number in 0..bounds {
        let position = number * (total - 1) / (bounds - 1);
        while before + distinct[rest[at]].count <= position {
            before += distinct[rest[at]].count;
            at += 1;
        }
        rows.push(distinct[rest[at]].row);
    }
    rows
}

/// How well the order of the values agrees with the order in which they are stored: -1 to 1.
fn correlation(sorted: &[usize], rows: usize) -> f32 {
    let n = sorted.len() as f64;
    // Places among the values alone, since nulls are in no order.
    let mut place = vec![0usize; rows];
    let mut stored = sorted.to_vec();
    stored.sort_unstable();
    stored.iter().enumerate().for_each(|(at, row)| place[*row] = at);
    let products: f64 = sorted.iter().enumerate().map(|(at, row)| at as f64 * place[*row] as f64).sum();
    let sum = n * (n - 1.0) / 2.0;
    let squares = n * (n - 1.0) * (2.0 * n - 1.0) / 6.0;
    ((n * products - sum * sum) / (n * squares - sum * sum)) as f32
}

/// One kind of statistics about a column.
struct Slot {
    kind: i16,
    operator: Oid,
    numbers: Option<Vec<f32>>,
    values: Option<AnyArray>,
}

fn store(row: &mut PgStatistic, slots: Vec<Slot>, collation: Oid) {
    for (number, slot) in slots.into_iter().enumerate() {
        let numbers = slot.numbers.map(Float4Array);
        let places = match number {
            0 => (
                &mut row.stakind1,
                &mut row.staop1,
                &mut row.stacoll1,
                &mut row.stanumbers1,
                &mut row.stavalues1,
            ),
            1 => (
                &mut row.stakind2,
                &mut row.staop2,
                &mut row.stacoll2,
                &mut row.stanumbers2,
                &mut row.stavalues2,
            ),
            _ => (
                &mut row.stakind3,
                &mut row.staop3,
                &mut row.stacoll3,
                &mut row.stanumbers3,
                &mut row.stavalues3,
            ),
        };
        *places.0 = slot.kind;
        *places.1 = slot.operator;
        *places.2 = collation;
        *places.3 = numbers;
        *places.4 = slot.values;
    }
}

fn empty(relation: Oid, column: i16) -> PgStatistic {
    PgStatistic {
        starelid: relation,
        staattnum: column,
        stainherit: false,
        stanullfrac: 0.0,
        stawidth: 0,
        stadistinct: 0.0,
        stakind1: 0,
        stakind2: 0,
        stakind3: 0,
        stakind4: 0,
        stakind5: 0,
        staop1: Oid::INVALID,
        staop2: Oid::INVALID,
        staop3: Oid::INVALID,
        staop4: Oid::INVALID,
        staop5: Oid::INVALID,
        stacoll1: Oid::INVALID,
        stacoll2: Oid::INVALID,
        stacoll3: Oid::INVALID,
        stacoll4: Oid::INVALID,
        stacoll5: Oid::INVALID,
        stanumbers1: None,
        stanumbers2: None,
        stanumbers3: None,
        stanumbers4: None,
        stanumbers5: None,
        stavalues1: None,
        stavalues2: None,
        stavalues3: None,
        stavalues4: None,
        stavalues5: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlation_tells_ascending_from_descending() {
        let ascending: Vec<usize> = (0..100).collect();
        let descending: Vec<usize> = (0..100).rev().collect();
        assert!((correlation(&ascending, 100) - 1.0).abs() < 1e-6);
        assert!((correlation(&descending, 100) + 1.0).abs() < 1e-6);
    }

    #[test]
    fn histogram_goes_from_the_least_to_the_greatest() {
        let distinct: Vec<Distinct> = (0..1000).map(|row| Distinct { row, count: 1 }).collect();
        let rest: Vec<usize> = (0..1000).collect();
        let bounds = histogram(&distinct, &rest, DEFAULT_TARGET);
        assert_eq!((bounds.len(), bounds[0], bounds[100]), (101, 0, 999));
        assert!(bounds.is_sorted());
    }

    #[test]
    fn unique_values_are_a_share_of_the_rows() {
        let sample = Sample {
            columns: Vec::new(),
            external: Vec::new(),
            rows: 4,
            total: 100.0,
            target: DEFAULT_TARGET,
        };
        let unique: Vec<Distinct> = (0..4).map(|row| Distinct { row, count: 1 }).collect();
        assert_eq!(distinct_estimate(&unique, 4, &sample), -1.0);
        let pair: Vec<Distinct> = (0..2).map(|row| Distinct { row, count: 2 }).collect();
        assert_eq!(distinct_estimate(&pair, 4, &sample), 2.0);
    }
}
