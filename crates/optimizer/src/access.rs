//! How one table is read: sequentially, by address, or through an index.

use catalog::{Index, Relation};
use common::{AttributeNumber, Oid};
use error::Result;
use nodes::Expression;
use nodes::expression::{DataType, Display, FunctionCall, ScalarArray};
use nodes::plan::{Estimate, IndexKey, IndexScan, IndexTest, Plan, PlanNode, Scan, Strategy};
use nodes::query::RangeTableEntry;
use types::oid;

use crate::BTREE;
use crate::cost;
use crate::level::Global;
use crate::selectivity;
use crate::slots::{Slot, ranges_of, resolved};
use crate::walk::{conjunction, is_volatile};

/// A table to be read.
pub(crate) struct Table<'a> {
    pub range: usize,
    pub entry: &'a RangeTableEntry,
    pub relation: &'a Relation,
    pub mark: usize,
    /// What is wanted of it.
    pub slots: &'a [Slot],
    /// No column is wanted, only that there is a row.
    pub is_counted_only: bool,
}

/// The cheapest plan that delivers the rows that satisfy all `conditions`, which name no other entry of the range table except
/// through parameters.
pub(crate) fn cheapest(global: &Global<'_>, table: &Table<'_>, conditions: &[Expression]) -> Result<Plan> {
    let settings = global.settings;
    let (pages, rows) = size(global, table.relation);
    let wanted = (rows * share_of(global, table, conditions)).max(1.0);
    let output: Vec<DataType> = table.slots.iter().map(|slot| slot.data_type).collect();
    let width = cost::width(&output);

    let mut best = {
        let filter = conjunction(conditions.to_vec()).map(|all| resolved(&all, table.slots)).transpose()?;
        let mut total = pages * settings.seq_page_cost
            + rows * (settings.cpu_tuple_cost + conditions.len() as f64 * settings.cpu_operator_cost);
        if !settings.enable_seqscan {
            total += DISABLED;
        }
        let estimate = Estimate { startup_cost: 0.0, total_cost: total, rows: wanted, width };
        Plan { node: PlanNode::SequentialScan(scan(table, filter)), output: output.clone(), estimate }
    };
    if let Some(plan) = by_address(table, conditions, &output, width)? {
        best = plan;
    }
    for index in usable_indexes(table.relation) {
        if let Some(plan) = through_index(global, table, index, conditions, None)?
            && plan.estimate.total_cost < best.estimate.total_cost
        {
            best = plan;
        }
    }
    Ok(best)
}

/// A sort key that a table's column can satisfy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderKey {
    pub attribute: AttributeNumber,
    pub operator: Oid,
    /// `None` where no null can come.
    pub nulls_first: Option<bool>,
}

/// The cheapest plan that delivers the rows in an order, by an index that has it.
pub(crate) fn ordered(
    global: &Global<'_>,
    table: &Table<'_>,
    conditions: &[Expression],
    order: &[OrderKey],
) -> Result<Option<Plan>> {
    let mut best: Option<Plan> = None;
    for index in usable_indexes(table.relation) {
        let Some(backward) = direction(global, table, index, conditions, order)? else { continue };
        if let Some(plan) = through_index(global, table, index, conditions, Some(backward))?
            && best.as_ref().is_none_or(|best| plan.estimate.total_cost < best.estimate.total_cost)
        {
            best = Some(plan);
        }
    }
    Ok(best)
}

/// Whether a scan of an index gives an order, and then whether it must go backward.
fn direction(
    global: &Global<'_>,
    table: &Table<'_>,
    index: &Index,
    conditions: &[Expression],
    order: &[OrderKey],
) -> Result<Option<bool>> {
    let (keys, _) = index_conditions(global, table, index, conditions)?;
    if keys.iter().any(|key| matches!(key.test, IndexTest::AnyOf { .. })) {
        return Ok(None);
    }
    let is_fixed = |column: usize| keys.iter().any(|key| key.column == column && is_equality(key));
    let mut backward = None;
    let mut column = 0;
    for key in order {
        let at = (0..index.key_count).find(|at| index.columns[*at] == key.attribute);
        if at.is_some_and(is_fixed) {
            continue;
        }
        while column < index.key_count && index.columns[column] != key.attribute && is_fixed(column) {
            column += 1;
        }
        if column == index.key_count || index.columns[column] != key.attribute {
            return Ok(None);
        }
        let ascending = match strategy(global, key.operator, index.families[column])? {
            Some(Strategy::Less) => true,
            Some(Strategy::Greater) => false,
            _ => return Ok(None),
        };
        let options = index.options.get(column).copied().unwrap_or(0);
        let turned = ascending == (options & 1 != 0);
        let is_null_free =
            table.relation.columns.get(key.attribute.index()).is_some_and(|found| found.not_null);
        let nulls_fit =
            is_null_free || key.nulls_first.is_none_or(|first| first == ((options & 2 != 0) != turned));
        if !nulls_fit || backward.is_some_and(|backward| backward != turned) {
            return Ok(None);
        }
        backward = Some(turned);
        column += 1;
    }
    Ok(Some(backward.unwrap_or(false)))
}

/// The share of a table's rows that satisfy conditions.
pub(crate) fn share_of(global: &Global<'_>, table: &Table<'_>, conditions: &[Expression]) -> f64 {
    selectivity::all(global, conditions, &|range| (range == table.range).then_some(table.relation.oid))
}

/// Whether an index holds everything that is wanted of a row.
fn covers(table: &Table<'_>, index: &Index) -> bool {
    table.slots.iter().all(|slot| {
        (slot.attribute.is_user() && index.columns.contains(&slot.attribute))
            || (table.is_counted_only && slot.attribute == AttributeNumber::CTID)
    })
}

/// A scan of an index, if it is of use: it has keys, or an order that is wanted (`backward` or not), or makes the table
/// superfluous.
fn through_index(
    global: &Global<'_>,
    table: &Table<'_>,
    index: &Index,
    conditions: &[Expression],
    backward: Option<bool>,
) -> Result<Option<Plan>> {
    let settings = global.settings;
    let index_only = settings.enable_indexonlyscan && covers(table, index);
    if !(settings.enable_indexscan || settings.enable_bitmapscan || index_only) {
        return Ok(None);
    }
    let (keys, rest) = index_conditions(global, table, index, conditions)?;
    if keys.is_empty() && backward.is_none() && !index_only {
        return Ok(None);
    }
    let (pages, rows) = size(global, table.relation);
    let indexed: Vec<Expression> =
        conditions.iter().filter(|condition| !rest.contains(condition)).cloned().collect();
    let share = share_of(global, table, &indexed);
    let unique = index.is_unique && keys.iter().filter(|key| is_equality(key)).count() == index.key_count;
    let fetched = if unique { 1.0 } else { (rows * share).max(1.0) };
    let wanted = if unique { 1.0 } else { (rows * share_of(global, table, conditions)).max(1.0) };

    let index_pages = match index.estimated_pages {
        pages if pages > 0 => f64::from(pages),
        _ => f64::from(global.catalog.pages(index.oid).unwrap_or(1).max(1)),
    };
    let leaves = (index_pages * fetched / rows.max(1.0)).ceil().max(1.0);
    // Rows that lie scattered cost a page each, though no page is read more than about once; rows in the index's order lie
    // side by side.
    let visited = if index_only { 1.0 - all_visible_share(table.relation) } else { 1.0 };
    let scattered = (2.0 * pages * fetched / (2.0 * pages + fetched)).min(pages).ceil() * visited;
    let together = (pages * fetched / rows.max(1.0)).ceil() * visited;
    let most = scattered * settings.random_page_cost;
    let least = if together > 0.0 {
        settings.random_page_cost + (together - 1.0).max(0.0) * settings.seq_page_cost
    } else {
        0.0
    };
    let correlation = index
        .columns
        .first()
        .map_or(0.0, |column| selectivity::correlation(global.catalog, table.relation.oid, *column));
    let heap = most + correlation * correlation * (least.min(most) - most);
    let descent = (rows.max(2.0).log2().ceil() + 50.0) * settings.cpu_operator_cost;
    let per_row = settings.cpu_index_tuple_cost
        + settings.cpu_tuple_cost
        + (indexed.len() + rest.len()) as f64 * settings.cpu_operator_cost;
    let mut total = descent + leaves * settings.random_page_cost + heap + fetched * per_row;
    if !settings.enable_indexscan && !index_only {
        total += DISABLED;
    }
    let filter = conjunction(rest).map(|all| resolved(&all, table.slots)).transpose()?;
    let recheck = indexed.iter().map(|part| resolved(part, table.slots)).collect::<Result<_>>()?;
    let output: Vec<DataType> = table.slots.iter().map(|slot| slot.data_type).collect();
    let width = cost::width(&output);
    let node = PlanNode::IndexScan(IndexScan {
        scan: scan(table, filter),
        index: index.oid,
        keys,
        recheck,
        backward: backward.unwrap_or(false),
        index_only,
        bitmap: false,
    });
    let estimate = Estimate { startup_cost: descent, total_cost: total, rows: wanted, width };
    Ok(Some(Plan { node, output, estimate }))
}

/// The share of a table's pages that hold nothing but visible rows.
fn all_visible_share(relation: &Relation) -> f64 {
    if relation.estimated_pages <= 0 {
        return 0.0;
    }
    (f64::from(relation.all_visible_pages) / f64::from(relation.estimated_pages)).clamp(0.0, 1.0)
}

/// What is added to the cost of a node that a setting turned off.
const DISABLED: f64 = 1e10;

pub(crate) fn size(global: &Global<'_>, relation: &Relation) -> (f64, f64) {
    let pages = global.catalog.pages(relation.oid).unwrap_or(0);
    cost::table_size(pages, relation.estimated_pages, relation.estimated_rows)
}

fn scan(table: &Table<'_>, filter: Option<Expression>) -> Scan {
    Scan {
        relation: table.relation.oid,
        mark: table.mark,
        alias: table.entry.name.clone(),
        attributes: table.slots.iter().map(|slot| slot.attribute).collect(),
        filter,
    }
}

/// Indexes that a query may read.
pub(crate) fn usable_indexes(relation: &Relation) -> impl Iterator<Item = &Index> {
    let indexes = relation.indexes.iter().map(|index| &**index);
    indexes.filter(|index| {
        index.is_valid
            && index.access_method == BTREE
            && index.predicate.is_none()
            && index.expressions.is_empty()
    })
}

fn is_equality(key: &IndexKey) -> bool {
    matches!(&key.test, IndexTest::Compare { strategy: Strategy::Equal, .. } | IndexTest::IsNull)
}

/// `ctid = ...` needs no search at all.
fn by_address(
    table: &Table<'_>,
    conditions: &[Expression],
    output: &[DataType],
    width: u32,
) -> Result<Option<Plan>> {
    for (at, condition) in conditions.iter().enumerate() {
        let Expression::Function(call) = condition else { continue };
        let [left, right] = &call.arguments[..] else { continue };
        let is_ctid = |side: &Expression| matches!(side, Expression::Variable(variable) if variable.attribute == AttributeNumber::CTID);
        let is_equal = call.function == TID_EQUAL;
        let value = if is_ctid(left) {
            right
        } else if is_ctid(right) {
            left
        } else {
            continue;
        };
        if !is_equal || !ranges_of(value).is_empty() {
            continue;
        }
        let mut rest = conditions.to_vec();
        rest.remove(at);
        let filter = conjunction(rest).map(|all| resolved(&all, table.slots)).transpose()?;
        let estimate = Estimate { startup_cost: 0.0, total_cost: 4.01, rows: 1.0, width };
        let node = PlanNode::TidScan { scan: scan(table, filter), addresses: vec![value.clone()] };
        return Ok(Some(Plan { node, output: output.to_vec(), estimate }));
    }
    Ok(None)
}

/// `tideq`.
const TID_EQUAL: Oid = Oid(1292);

/// The conditions that an index can answer, as keys, and the others. Keys form a prefix of the index's columns.
pub(crate) fn index_conditions(
    global: &Global<'_>,
    table: &Table<'_>,
    index: &Index,
    conditions: &[Expression],
) -> Result<(Vec<IndexKey>, Vec<Expression>)> {
    let mut keys = Vec::new();
    let mut rest: Vec<Expression> = conditions.to_vec();
    for column in 0..index.key_count {
        let mut has_equality = false;
        let mut left = Vec::new();
        for condition in rest {
            match index_test(global, table, index, column, &condition)? {
                Some(test) if !has_equality => {
                    has_equality |= is_equality(&IndexKey { column, test: test.clone() })
                        || matches!(test, IndexTest::AnyOf { .. });
                    keys.push(IndexKey { column, test });
                }
                _ => left.push(condition),
            }
        }
        rest = left;
        if !has_equality {
            break;
        }
    }
    Ok((keys, rest))
}

/// What a condition asks of an index column, if it asks only that.
fn index_test(
    global: &Global<'_>,
    table: &Table<'_>,
    index: &Index,
    column: usize,
    condition: &Expression,
) -> Result<Option<IndexTest>> {
    let is_column = |side: &Expression| is_index_column(table, index, column, side);
    let is_fixed = |side: &Expression| ranges_of(side).is_empty() && !is_volatile(global.catalog, side);
    match condition {
        Expression::Function(FunctionCall { arguments, display: Display::Operator(operator), .. }) => {
            let [left, right] = &arguments[..] else { return Ok(None) };
            let (operator, value) = if is_column(left) && is_fixed(right) {
                (*operator, right)
            } else if is_column(right) && is_fixed(left) {
                match global.catalog.operator(*operator)? {
                    Some(row) if row.oprcom.is_valid() => (row.oprcom, left),
                    _ => return Ok(None),
                }
            } else {
                return Ok(None);
            };
            Ok(strategy(global, operator, index.families[column])?.map(|strategy| IndexTest::Compare {
                strategy,
                operator,
                value: value.clone(),
            }))
        }
        Expression::ScalarArray(test) => {
            let ScalarArray { operator, any: true, left, right, .. } = &**test else { return Ok(None) };
            if !is_column(left) || !is_fixed(right) {
                return Ok(None);
            }
            let is_equal = strategy(global, *operator, index.families[column])? == Some(Strategy::Equal);
            Ok(is_equal.then(|| IndexTest::AnyOf { operator: *operator, array: right.clone() }))
        }
        Expression::IsNull { argument, negated } if is_column(argument) => {
            Ok(Some(if *negated { IndexTest::IsNotNull } else { IndexTest::IsNull }))
        }
        _ => Ok(None),
    }
}

fn is_index_column(table: &Table<'_>, index: &Index, column: usize, side: &Expression) -> bool {
    match side {
        Expression::Variable(variable) => {
            variable.levels_up == 0
                && variable.range == table.range
                && variable.attribute == index.columns[column]
                && variable.attribute.is_user()
        }
        // varchar is compared as text; but an integer and an oid are kept differently.
        Expression::Relabel { argument, data_type, .. }
            if (argument.data_type().oid == oid::INT4) == (data_type.oid == oid::INT4) =>
        {
            is_index_column(table, index, column, argument)
        }
        _ => false,
    }
}

/// `integer_ops`, `float_ops` and `text_ops`.
const MIXED_FAMILIES: [Oid; 3] = [Oid(1976), Oid(1970), Oid(1994)];

/// What an operator is to a family of B-tree operators.
pub(crate) fn strategy(global: &Global<'_>, operator: Oid, family: Oid) -> Result<Option<Strategy>> {
    let members = global.catalog.operator_families(operator)?;
    // Values of different types are ordered in an index only where all of the family's types have one order.
    let one_order = |member: &catalog::tables::PgAmop| {
        member.amoplefttype == member.amoprighttype || MIXED_FAMILIES.contains(&family)
    };
    let member = members.iter().find(|member| member.amopfamily == family && one_order(member));
    Ok(member.and_then(|member| match member.amopstrategy {
        1 => Some(Strategy::Less),
        2 => Some(Strategy::LessEqual),
        3 => Some(Strategy::Equal),
        4 => Some(Strategy::GreaterEqual),
        5 => Some(Strategy::Greater),
        _ => None,
    }))
}
