//! Who depends on whom: rows of `pg_depend` and `pg_shdepend`.

use catalog::Catalog;
use catalog::tables::*;
use common::{AttributeNumber, Oid};
use error::Result;
use nodes::Query;
use nodes::expression::Expression;
use nodes::query::{FromItem, RangeKind};
use types::Value;

/// An object by its catalog, number, and, for a column, the column's number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Object {
    pub class: Oid,
    pub oid: Oid,
    pub part: i32,
}

impl Object {
    pub fn new(class: Oid, oid: Oid) -> Object {
        Object { class, oid, part: 0 }
    }

    pub fn relation(oid: Oid) -> Object {
        Object::new(PgClass::OID, oid)
    }

    pub fn column(relation: Oid, column: i16) -> Object {
        Object { class: PgClass::OID, oid: relation, part: i32::from(column) }
    }

    /// Whether this is the other, or a part of it.
    pub fn is_within(self, other: Object) -> bool {
        self.class == other.class && self.oid == other.oid && (other.part == 0 || self.part == other.part)
    }

    /// Built-in objects never go, so that nothing needs to depend on them. The schema `public` can.
    fn is_pinned(self) -> bool {
        self.oid < Oid::FIRST_NORMAL && self.oid != catalog::PUBLIC
    }
}

/// An ordinary dependency: dropping the other needs CASCADE.
pub(crate) const NORMAL: u8 = b'n';
/// Goes with the other.
pub(crate) const AUTOMATIC: u8 = b'a';
/// Is a part of the other.
pub(crate) const INTERNAL: u8 = b'i';
/// Is a part of an extension.
pub(crate) const EXTENSION: u8 = b'e';

/// Notes that one object depends on another.
pub(crate) fn depend(catalog: &Catalog, object: Object, on: Object, kind: u8) -> Result<()> {
    if on.is_pinned() {
        return Ok(());
    }
    catalog.insert(&PgDepend {
        classid: object.class,
        objid: object.oid,
        objsubid: object.part,
        refclassid: on.class,
        refobjid: on.oid,
        refobjsubid: on.part,
        deptype: kind,
    })
}

/// Notes the owner of an object.
pub(crate) fn depend_on_owner(catalog: &Catalog, object: Object, owner: Oid) -> Result<()> {
    if owner < Oid::FIRST_NORMAL {
        return Ok(());
    }
    catalog.insert(&PgShdepend {
        dbid: if is_shared(object.class) { Oid::INVALID } else { catalog.database() },
        classid: object.class,
        objid: object.oid,
        objsubid: object.part,
        refclassid: PgAuthid::OID,
        refobjid: owner,
        deptype: b'o',
    })
}

fn is_shared(class: Oid) -> bool {
    class == PgDatabase::OID || class == PgTablespace::OID
}

/// Forgets the owner, and with `all` everybody who has privileges too.
pub(crate) fn forget_owner(catalog: &Catalog, object: Object) -> Result<()> {
    let database = if is_shared(object.class) { Oid::INVALID } else { catalog.database() };
    let keys = [Value::Oid(database), Value::Oid(object.class), Value::Oid(object.oid)];
    for (address, row) in catalog.find::<PgShdepend>(PgShdepend::BY_DEPENDER, &keys)? {
        if object.part == 0 || row.objsubid == object.part {
            catalog.delete(address, &row)?;
        }
    }
    Ok(())
}

/// Forgets what an object depends on; with `on_class`, only dependencies on objects of that catalog.
pub(crate) fn forget(catalog: &Catalog, object: Object, on_class: Option<Oid>) -> Result<()> {
    let keys = [Value::Oid(object.class), Value::Oid(object.oid)];
    for (address, row) in catalog.find::<PgDepend>(PgDepend::BY_DEPENDER, &keys)? {
        let concerned = object.part == 0 || row.objsubid == object.part;
        if concerned && on_class.is_none_or(|class| row.refclassid == class) {
            catalog.delete(address, &row)?;
        }
    }
    Ok(())
}

/// What depends on an object, with the kind of the dependency.
pub(crate) fn dependents(catalog: &Catalog, object: Object) -> Result<Vec<(Object, u8)>> {
    let keys = [Value::Oid(object.class), Value::Oid(object.oid)];
    let rows = catalog.find::<PgDepend>(PgDepend::BY_REFERENCE, &keys)?;
    let concerned = rows.into_iter().filter(|(_, row)| object.part == 0 || row.refobjsubid == object.part);
    let mut found: Vec<(Object, u8)> = Vec::new();
    for (_, row) in concerned {
        let dependent = Object { class: row.classid, oid: row.objid, part: row.objsubid };
        if !found.contains(&(dependent, row.deptype)) {
            found.push((dependent, row.deptype));
        }
    }
    // In the order in which they were made.
    found.sort_by_key(|(object, _)| (object.oid, object.part));
    Ok(found)
}

/// What an object depends on, with the kind of the dependency.
pub(crate) fn references(catalog: &Catalog, object: Object) -> Result<Vec<(Object, u8)>> {
    let keys = [Value::Oid(object.class), Value::Oid(object.oid)];
    let rows = catalog.find::<PgDepend>(PgDepend::BY_DEPENDER, &keys)?;
    let concerned = rows.into_iter().filter(|(_, row)| object.part == 0 || row.objsubid == object.part);
    Ok(concerned
        .map(|(_, row)| {
            (Object { class: row.refclassid, oid: row.refobjid, part: row.refobjsubid }, row.deptype)
        })
        .collect())
}

/// The columns of its relation that a stored expression reads, in ascending order.
pub(crate) fn columns_of(expression: &Expression) -> Vec<i16> {
    let mut columns = Vec::new();
    collect_columns(expression, &mut columns);
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn collect_columns(expression: &Expression, columns: &mut Vec<i16>) {
    if let Expression::Variable(variable) = expression
        && variable.attribute.is_user()
    {
        columns.push(variable.attribute.0);
    }
    expression.for_each_child(&mut |child| collect_columns(child, columns));
}

/// Objects that an expression names: sequences as constants and of identity columns, functions, types.
pub(crate) fn depend_on_expression(catalog: &Catalog, object: Object, expression: &Expression) -> Result<()> {
    let mut found = Vec::new();
    objects_of_expression(expression, &mut Vec::new(), &mut found);
    depend_on_all(catalog, object, found)
}

/// Everything that a stored query reads.
pub(crate) fn depend_on_query(catalog: &Catalog, object: Object, query: &Query) -> Result<()> {
    let mut found = Vec::new();
    objects_of_query(query, &mut Vec::new(), &mut found);
    depend_on_all(catalog, object, found)
}

fn depend_on_all(catalog: &Catalog, object: Object, found: Vec<Object>) -> Result<()> {
    let mut seen: Vec<Object> = Vec::new();
    for on in &found {
        // A column says more than its table.
        let is_covered = on.part == 0 && found.iter().any(|other| other.part != 0 && other.oid == on.oid);
        if !seen.contains(on) && !is_covered && *on != object {
            seen.push(*on);
            depend(catalog, object, *on, NORMAL)?;
        }
    }
    Ok(())
}

fn objects_of_expression(
    expression: &Expression,
    levels: &mut Vec<Vec<Option<Oid>>>,
    found: &mut Vec<Object>,
) {
    match expression {
        Expression::Variable(variable) => {
            let level = levels.len().checked_sub(1 + variable.levels_up as usize);
            let relation = level.and_then(|level| levels[level].get(variable.range).copied().flatten());
            if let Some(relation) = relation {
                let part =
                    if variable.attribute == AttributeNumber::WHOLE_ROW { 0 } else { variable.attribute.0 };
                found.push(Object::column(relation, part.max(0)));
            }
        }
        Expression::Constant(constant) if constant.data_type.oid == types::oid::REGCLASS => {
            if let Value::Oid(relation) = constant.value {
                found.push(Object::relation(relation));
            }
        }
        Expression::Function(call) => found.push(Object::new(PgProc::OID, call.function)),
        Expression::NextValue { sequence, .. } => found.push(Object::relation(*sequence)),
        Expression::SubLink(link) => objects_of_query(&link.query, levels, found),
        _ => {}
    }
    expression.for_each_child(&mut |child| objects_of_expression(child, levels, found));
}

fn objects_of_query(query: &Query, levels: &mut Vec<Vec<Option<Oid>>>, found: &mut Vec<Object>) {
    let relations = query.range_table.iter().map(|entry| match &entry.kind {
        RangeKind::Relation { relation, .. } => Some(*relation),
        RangeKind::Subquery { view, .. } => *view,
        _ => None,
    });
    levels.push(relations.collect());
    for entry in &query.range_table {
        match &entry.kind {
            RangeKind::Relation { relation, .. } => found.push(Object::relation(*relation)),
            RangeKind::Subquery { query, view: None } => objects_of_query(query, levels, found),
            RangeKind::Function { functions, .. } => {
                functions
                    .iter()
                    .for_each(|function| objects_of_expression(&function.expression, levels, found));
            }
            RangeKind::Values { rows } => {
                rows.iter().flatten().for_each(|value| objects_of_expression(value, levels, found));
            }
            RangeKind::Join { columns } => {
                columns.iter().for_each(|value| objects_of_expression(value, levels, found));
            }
            _ => {}
        }
    }
    for table in &query.common_tables {
        objects_of_query(&table.query, levels, found);
    }
    let targets = query.targets.iter().map(|target| &target.expression);
    let others = query.filter.iter().chain(&query.having).chain(&query.limit).chain(&query.offset);
    targets.chain(others).for_each(|value| objects_of_expression(value, levels, found));
    query.from.iter().for_each(|item| objects_of_from(item, levels, found));
    levels.pop();
}

fn objects_of_from(item: &FromItem, levels: &mut Vec<Vec<Option<Oid>>>, found: &mut Vec<Object>) {
    if let FromItem::Join(join) = item {
        objects_of_from(&join.left, levels, found);
        objects_of_from(&join.right, levels, found);
        join.condition.iter().for_each(|value| objects_of_expression(value, levels, found));
    }
}
