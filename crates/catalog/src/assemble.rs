//! Puts a relation together from the catalogs that describe it. System catalogs are made from their declarations, so that
//! reading the catalogs does not need the catalogs.

use std::rc::Rc;

use access_api::StoredRelation;
use common::{AttributeNumber, Oid, RelationFile};
use error::{Error, Result};
use types::{Value, oid};

use crate::catalog::{Catalog, PG_CATALOG};
use crate::declaration::{CatalogDeclaration, IndexKind};
use crate::relation::{CheckConstraint, Index, Relation, RelationColumn, RelationKind};
use crate::store::{catalog_storage, physical};
use crate::tables::*;
use crate::view::CatalogView;

const BOOTSTRAP_ROLE: Oid = Oid(10);
const HEAP_METHOD: Oid = Oid(2);
const BTREE_METHOD: Oid = Oid(403);

pub(crate) fn relation(catalog: &Catalog, relation: Oid) -> Result<Option<Relation>> {
    if let Some(declared) = CATALOGS.iter().find(|declared| declared.oid == relation) {
        return Ok(Some(declared_relation(declared, catalog.database())));
    }
    let Some(class) = catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(relation)])? else {
        return Ok(None);
    };
    let kind = RelationKind::from_letter(class.relkind)
        .ok_or_else(|| Error::corrupted(format!("relation {relation} is of no known kind")))?;
    let columns = columns(catalog, &class)?;
    let mut indexes = Vec::new();
    if class.relhasindex {
        for row in catalog.rows::<PgIndex>(PgIndex::BY_INDRELID, &[Value::Oid(relation)])?.iter() {
            indexes.push(Rc::new(index(catalog, row)?));
        }
        indexes.sort_by_key(|index: &Rc<Index>| (!index.is_primary, index.oid));
    }
    let mut checks = Vec::new();
    if class.relchecks > 0 {
        let rows = catalog
            .rows::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &[Value::Oid(relation)])?;
        for row in rows.iter().filter(|row| row.contype == b'c') {
            if let Some(condition) = &row.conbin {
                checks.push(CheckConstraint {
                    name: row.conname.0.as_str().into(),
                    condition: condition.0.as_str().into(),
                    is_enforced: row.conenforced,
                });
            }
        }
    }
    let view_query = match kind {
        RelationKind::View | RelationKind::MaterializedView => {
            let rules = catalog.rows::<PgRewrite>(PgRewrite::BY_REL_RULENAME, &[Value::Oid(relation)])?;
            rules.iter().find(|rule| rule.ev_type == b'1').map(|rule| rule.ev_action.0.as_str().into())
        }
        _ => None,
    };
    Ok(Some(Relation {
        oid: relation,
        name: class.relname.0.as_str().into(),
        namespace: class.relnamespace,
        owner: class.relowner,
        kind,
        persistence: class.relpersistence,
        row_type: class.reltype,
        access_method: class.relam,
        storage: storage(catalog, &class),
        toast: class.reltoastrelid,
        range_columns: Relation::range_columns(&columns),
        columns,
        indexes,
        checks,
        view_query,
        acl: class.relacl.as_ref().map(|acl| acl.0.clone()),
        options: class.reloptions.clone().unwrap_or_default(),
        estimated_pages: class.relpages,
        estimated_rows: class.reltuples,
        all_visible_pages: class.relallvisible,
    }))
}

fn storage(catalog: &Catalog, class: &PgClass) -> StoredRelation {
    if class.relisshared {
        return catalog_storage(true, class.oid, catalog.database());
    }
    let tablespace = if class.reltablespace.is_valid() { class.reltablespace } else { Oid(1663) };
    let file = RelationFile { tablespace, database: catalog.database(), relation: class.relfilenode };
    StoredRelation { oid: class.oid, file, is_logged: class.relpersistence == b'p' }
}

fn columns(catalog: &Catalog, class: &PgClass) -> Result<Vec<RelationColumn>> {
    let rows = catalog.rows::<PgAttribute>(PgAttribute::BY_RELID_ATTNUM, &[Value::Oid(class.oid)])?;
    let mut columns: Vec<RelationColumn> = Vec::with_capacity(class.relnatts as usize);
    for row in rows.iter().filter(|row| row.attnum > 0) {
        let data_type = if row.attisdropped { None } else { catalog.data_type(row.atttypid)? };
        columns.push(RelationColumn {
            name: row.attname.0.as_str().into(),
            number: AttributeNumber(row.attnum),
            data_type: row.atttypid,
            modifier: row.atttypmod,
            collation: row.attcollation,
            physical: match &data_type {
                Some(data_type) => physical_of(data_type),
                // The form of a dropped column's stored values, by what is left of its type.
                None => physical_of_dropped(row),
            },
            length: row.attlen,
            storage: row.attstorage,
            not_null: row.attnotnull,
            dropped: row.attisdropped,
            default: None,
            identity: row.attidentity,
            generated: row.attgenerated,
            missing: row.attmissingval.as_ref().map_or(Value::Null, |value| value.0.get(&[1])),
        });
    }
    columns.sort_by_key(|column| column.number);
    if rows.iter().any(|row| row.atthasdef) {
        for row in catalog.rows::<PgAttrdef>(PgAttrdef::BY_ADRELID_ADNUM, &[Value::Oid(class.oid)])?.iter() {
            if let Some(column) = columns.iter_mut().find(|column| column.number.0 == row.adnum) {
                column.default = Some(row.adbin.0.as_str().into());
            }
        }
    }
    for column in columns.iter_mut().filter(|column| column.identity != 0 && !column.dropped) {
        column.default = identity_default(catalog, class.oid, column)?;
    }
    Ok(columns)
}

/// The next value of the sequence that is a part of an identity column.
fn identity_default(catalog: &Catalog, relation: Oid, column: &RelationColumn) -> Result<Option<Rc<str>>> {
    let keys = [Value::Oid(PgClass::OID), Value::Oid(relation), Value::Int4(i32::from(column.number.0))];
    let rows = catalog.rows::<PgDepend>(PgDepend::BY_REFERENCE, &keys)?;
    let sequence = rows.iter().find(|row| row.classid == PgClass::OID && row.deptype == b'i');
    let data_type = nodes::DataType { oid: column.data_type, modifier: -1, collation: Oid::INVALID };
    Ok(sequence.map(|row| {
        let next = nodes::Expression::NextValue { sequence: row.objid, data_type };
        nodes::text::write_expression(&next).into()
    }))
}

/// The in-memory form of a type: its own, or for types that users made the one their kind has.
pub(crate) fn physical_of(data_type: &PgType) -> types::PhysicalType {
    match oid::type_description(data_type.oid) {
        Some(known) => known.physical,
        None if data_type.typtype == b'c' => types::PhysicalType::Record,
        None if data_type.typtype == b'e' => types::PhysicalType::Oid,
        None if data_type.typelem.is_valid() => types::PhysicalType::Array,
        None => physical(data_type.typbasetype),
    }
}

fn physical_of_dropped(row: &PgAttribute) -> types::PhysicalType {
    use types::PhysicalType;
    match (row.attlen, row.attbyval) {
        (1, _) => PhysicalType::Char,
        (2, _) => PhysicalType::Int2,
        (4, _) => PhysicalType::Int4,
        (8, _) => PhysicalType::Int8,
        (6, _) => PhysicalType::Tid,
        (16, _) => PhysicalType::Uuid,
        _ => PhysicalType::Bytes,
    }
}

fn index(catalog: &Catalog, row: &PgIndex) -> Result<Index> {
    let class = catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(row.indexrelid)])?;
    let class = class.ok_or_else(|| Error::corrupted(format!("index {} has no relation", row.indexrelid)))?;
    let columns = columns(catalog, &class)?;
    let key_count = row.indnkeyatts as usize;
    let mut families = Vec::with_capacity(key_count);
    let mut input_types = Vec::with_capacity(key_count);
    for class in &row.indclass {
        let class = catalog
            .operator_class(*class)?
            .ok_or_else(|| Error::corrupted(format!("operator class {class} does not exist")))?;
        families.push(class.opcfamily);
        input_types.push(class.opcintype);
    }
    Ok(Index {
        oid: row.indexrelid,
        name: class.relname.0.as_str().into(),
        table: row.indrelid,
        storage: storage(catalog, &class),
        access_method: class.relam,
        columns: row.indkey.iter().map(|number| AttributeNumber(*number)).collect(),
        key_count,
        is_unique: row.indisunique,
        is_primary: row.indisprimary,
        nulls_not_distinct: row.indnullsnotdistinct,
        is_immediate: row.indimmediate,
        is_valid: row.indisvalid,
        is_ready: row.indisready,
        operator_classes: row.indclass.clone(),
        families,
        input_types,
        physical: columns.iter().map(|column| column.physical).collect(),
        collations: row.indcollation.clone(),
        options: row.indoption.clone(),
        expressions: row.indexprs.iter().flat_map(|stored| stored.0.lines().map(Rc::from)).collect(),
        predicate: row.indpred.as_ref().map(|stored| stored.0.as_str().into()),
        estimated_pages: class.relpages,
        estimated_rows: class.reltuples,
    })
}

fn declared_relation(declared: &CatalogDeclaration, database: Oid) -> Relation {
    let columns = declared.columns.iter().enumerate().map(|(at, column)| {
        let data_type = oid::type_description(column.data_type);
        RelationColumn {
            name: column.name.into(),
            number: AttributeNumber::from_index(at),
            data_type: column.data_type,
            modifier: -1,
            collation: data_type.map_or(Oid::INVALID, |found| found.collation),
            physical: physical(column.data_type),
            length: data_type.map_or(-1, |found| found.length),
            storage: data_type.map_or(b'x', |found| found.storage),
            not_null: !column.is_nullable,
            dropped: false,
            default: None,
            identity: 0,
            generated: 0,
            missing: Value::Null,
        }
    });
    let columns: Vec<RelationColumn> = columns.collect();
    let index = |index: &crate::declaration::IndexDeclaration| {
        let positions: Vec<usize> = index.columns.iter().map(|name| declared.position(name)).collect();
        let classes = positions.iter().map(|at| operator_class(columns[*at].data_type));
        let (operator_classes, families) = classes.unzip();
        Rc::new(Index {
            oid: index.oid,
            name: index.name.into(),
            table: declared.oid,
            storage: catalog_storage(declared.is_shared, index.oid, database),
            access_method: BTREE_METHOD,
            columns: positions.iter().map(|at| AttributeNumber::from_index(*at)).collect(),
            key_count: positions.len(),
            is_unique: index.kind != IndexKind::Plain,
            is_primary: index.kind == IndexKind::Primary,
            nulls_not_distinct: false,
            is_immediate: true,
            is_valid: true,
            is_ready: true,
            operator_classes,
            families,
            input_types: positions.iter().map(|at| columns[*at].data_type).collect(),
            physical: positions.iter().map(|at| columns[*at].physical).collect(),
            collations: positions.iter().map(|at| columns[*at].collation).collect(),
            options: vec![0; positions.len()],
            expressions: Vec::new(),
            predicate: None,
            estimated_pages: 4,
            estimated_rows: 500.0,
        })
    };
    Relation {
        oid: declared.oid,
        name: declared.name.into(),
        namespace: PG_CATALOG,
        owner: BOOTSTRAP_ROLE,
        kind: RelationKind::Table,
        persistence: b'p',
        row_type: declared.row_type,
        access_method: HEAP_METHOD,
        storage: catalog_storage(declared.is_shared, declared.oid, database),
        toast: declared.toast,
        range_columns: Relation::range_columns(&columns),
        indexes: declared.indexes.iter().map(index).collect(),
        columns,
        checks: Vec::new(),
        view_query: None,
        acl: (!PRIVATE.contains(&declared.oid)).then(|| vec!["=r/".into()]),
        options: Vec::new(),
        estimated_pages: 10,
        estimated_rows: 500.0,
        all_visible_pages: 0,
    }
}

/// The default B-tree operator class of a type that catalog indexes are made on, and its family.
pub fn operator_class(data_type: Oid) -> (Oid, Oid) {
    let pair = match data_type {
        oid::OID | oid::REGPROC => (1981, 1989),
        oid::NAME => (10028, 1994),
        oid::TEXT => (3126, 1994),
        oid::INT2 => (1979, 1976),
        oid::INT4 => (1978, 1976),
        oid::INT8 => (3124, 1976),
        oid::BOOL => (10003, 424),
        oid::CHAR => (10007, 429),
        oid::OIDVECTOR => (10032, 1991),
        _ => (0, 0),
    };
    (Oid(pair.0), Oid(pair.1))
}
