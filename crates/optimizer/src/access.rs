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
    /// How big it is.
    pub pages: f64,
    pub rows: f64,
    pub mark: usize,
    /// What is wanted of it.
    pub slots: &'a [Slot],
    /// No column is wanted, only that there is a row.
    pub is_counted_only: bool,
}

/// The cheapest plan that delivers the rows that satisfy all `conditions`, which name no other entry of the range table except
/// through parameters.
pub(crate) fn cheapest(global: &Global<'_>, table: &Table<'_>, conditions: &[Expression]) -> Result<Plan> {
    let wanted = wanted_rows(global, table, conditions);
    let by_address = by_address(table, conditions)?;
    let settings = global.settings;
    let mut total = table.pages * settings.seq_page_cost
        + table.rows * (settings.cpu_tuple_cost + conditions.len() as f64 * settings.cpu_operator_cost);
    if !settings.enable_seqscan {
        total += DISABLED;
    }
    let least = by_address.as_ref().map_or(total, |plan| plan.estimate.total_cost);
    let paths = IndexPath::all(global, table, conditions, wanted)?;
    let cheapest = paths.into_iter().filter(|path| path.estimate.total_cost < least);
    if let Some(path) = cheapest.reduce(IndexPath::cheaper) {
        return path.plan(table);
    }
    if let Some(plan) = by_address {
        return Ok(plan);
    }
    let filter = filter(table, conditions)?;
    let output = output(table);
    let estimate =
        Estimate { startup_cost: 0.0, total_cost: total, rows: wanted, width: cost::width(&output) };
    Ok(Plan { node: PlanNode::SequentialScan(scan(table, filter)), output, estimate })
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
    let wanted = wanted_rows(global, table, conditions);
    let mut best: Option<IndexPath<'_>> = None;
    for index in usable_indexes(table.relation) {
        let (keys, rest) = index_conditions(global, table, index, conditions)?;
        let Some(backward) = direction(global, table, index, &keys, order)? else { continue };
        if let Some(mut path) = IndexPath::new(global, table, index, (keys, rest), conditions, true, wanted) {
            path.backward = backward;
            best = Some(match best {
                Some(best) => best.cheaper(path),
                None => path,
            });
        }
    }
    best.map(|path| path.plan(table)).transpose()
}

/// Whether a scan of an index gives an order, and then whether it must go backward.
fn direction(
    global: &Global<'_>,
    table: &Table<'_>,
    index: &Index,
    keys: &[IndexKey],
    order: &[OrderKey],
) -> Result<Option<bool>> {
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

/// How many of a table's rows satisfy conditions.
fn wanted_rows<'a>(
    global: &Global<'_>,
    table: &Table<'_>,
    conditions: impl IntoIterator<Item = &'a Expression>,
) -> f64 {
    let relation_of = |range| (range == table.range).then_some(table.relation.oid);
    (table.rows * selectivity::all(global, conditions, &relation_of)).max(1.0)
}

/// Whether an index holds everything that is wanted of a row.
fn covers(table: &Table<'_>, index: &Index) -> bool {
    table.slots.iter().all(|slot| {
        (slot.attribute.is_user() && index.columns.contains(&slot.attribute))
            || (table.is_counted_only && slot.attribute == AttributeNumber::CTID)
    })
}

/// A way to read a table through an index.
struct IndexPath<'a> {
    index: &'a Index,
    keys: Vec<IndexKey>,
    /// The conditions that the keys stand for, and the others.
    indexed: Vec<&'a Expression>,
    rest: Vec<&'a Expression>,
    backward: bool,
    index_only: bool,
    estimate: Estimate,
}

impl<'a> IndexPath<'a> {
    /// The indexes that are of use without regard to order.
    fn all(
        global: &Global<'_>,
        table: &'a Table<'_>,
        conditions: &'a [Expression],
        wanted: f64,
    ) -> Result<Vec<IndexPath<'a>>> {
        let mut paths = Vec::new();
        for index in usable_indexes(table.relation) {
            let found = index_conditions(global, table, index, conditions)?;
            paths.extend(IndexPath::new(global, table, index, found, conditions, false, wanted));
        }
        Ok(paths)
    }

    /// A scan of an index, if it is of use: it has keys, or an order that is wanted, or makes the table superfluous. `wanted`
    /// rows of the table satisfy all conditions.
    fn new(
        global: &Global<'_>,
        table: &Table<'_>,
        index: &'a Index,
        (keys, rest): (Vec<IndexKey>, Vec<&'a Expression>),
        conditions: &'a [Expression],
        is_ordered: bool,
        wanted: f64,
    ) -> Option<IndexPath<'a>> {
        let settings = global.settings;
        let index_only = settings.enable_indexonlyscan && covers(table, index);
        if !(settings.enable_indexscan || settings.enable_bitmapscan || index_only) {
            return None;
        }
        if keys.is_empty() && !is_ordered && !index_only {
            return None;
        }
        let (pages, rows) = (table.pages, table.rows);
        let is_other = |condition: &Expression| rest.iter().any(|other| std::ptr::eq(*other, condition));
        let indexed: Vec<&Expression> = conditions.iter().filter(|condition| !is_other(condition)).collect();
        let unique = index.is_unique && keys.iter().filter(|key| is_equality(key)).count() == index.key_count;
        let fetched = if unique { 1.0 } else { wanted_rows(global, table, indexed.iter().copied()) };
        let wanted = if unique { 1.0 } else { wanted };

        let index_pages = match index.estimated_pages {
            pages if pages > 0 => f64::from(pages),
            _ => f64::from(global.catalog.pages(index.oid).unwrap_or(1).max(1)),
        };
        let leaves = (index_pages * fetched / rows.max(1.0)).ceil().max(1.0);
        // Rows that lie scattered cost a page each, though no page is read more than about once; rows in the index's order
        // lie side by side.
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
        let estimate = Estimate { startup_cost: descent, total_cost: total, rows: wanted, width: 0 };
        Some(IndexPath { index, keys, indexed, rest, backward: false, index_only, estimate })
    }

    /// The cheaper one; itself when they cost the same.
    fn cheaper(self, other: IndexPath<'a>) -> IndexPath<'a> {
        if other.estimate.total_cost < self.estimate.total_cost { other } else { self }
    }

    fn plan(self, table: &Table<'_>) -> Result<Plan> {
        let recheck =
            self.indexed.into_iter().map(|part| resolved(part, table.slots)).collect::<Result<_>>()?;
        let output = output(table);
        let estimate = Estimate { width: cost::width(&output), ..self.estimate };
        let node = PlanNode::IndexScan(IndexScan {
            scan: scan(table, filter(table, self.rest)?),
            index: self.index.oid,
            keys: self.keys,
            recheck,
            backward: self.backward,
            index_only: self.index_only,
            bitmap: false,
        });
        Ok(Plan { node, output, estimate })
    }
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

fn output(table: &Table<'_>) -> Vec<DataType> {
    table.slots.iter().map(|slot| slot.data_type).collect()
}

/// Conditions as the scan of a table asks them.
fn filter<'a>(
    table: &Table<'_>,
    conditions: impl IntoIterator<Item = &'a Expression>,
) -> Result<Option<Expression>> {
    let parts = conditions.into_iter().map(|part| resolved(part, table.slots));
    Ok(conjunction(parts.collect::<Result<_>>()?))
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
fn usable_indexes(relation: &Relation) -> impl Iterator<Item = &Index> {
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
fn by_address(table: &Table<'_>, conditions: &[Expression]) -> Result<Option<Plan>> {
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
        let filter = filter(table, conditions[..at].iter().chain(&conditions[at + 1..]))?;
        let output = output(table);
        let estimate =
            Estimate { startup_cost: 0.0, total_cost: 4.01, rows: 1.0, width: cost::width(&output) };
        let node = PlanNode::TidScan { scan: scan(table, filter), addresses: vec![value.clone()] };
        return Ok(Some(Plan { node, output, estimate }));
    }
    Ok(None)
}

/// `tideq`.
const TID_EQUAL: Oid = Oid(1292);

/// The conditions that an index can answer, as keys, and the others. Keys form a prefix of the index's columns.
fn index_conditions<'a>(
    global: &Global<'_>,
    table: &Table<'_>,
    index: &Index,
    conditions: &'a [Expression],
) -> Result<(Vec<IndexKey>, Vec<&'a Expression>)> {
    let mut keys = Vec::new();
    let mut rest: Vec<&Expression> = conditions.iter().collect();
    for column in 0..index.key_count {
        let mut has_equality = false;
        let mut left = Vec::new();
        for condition in rest {
            match index_test(global, table, index, column, condition)? {
                Some(test) if !has_equality => {
                    let key = IndexKey { column, test };
                    has_equality |= is_equality(&key) || matches!(key.test, IndexTest::AnyOf { .. });
                    keys.push(key);
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
