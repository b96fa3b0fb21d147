//! Declarations are consistent and rows convert both ways.

use crate::declaration::CatalogRow;
use crate::field::Name;
use crate::tables::*;

#[test]
fn index_columns_exist_and_identifiers_differ() {
    let mut seen = std::collections::HashSet::new();
    for catalog in CATALOGS {
        assert!(seen.insert(catalog.oid), "{}", catalog.name);
        for index in catalog.indexes {
            assert!(seen.insert(index.oid), "{}", index.name);
            assert!(index.columns.iter().all(|column| catalog.position(column) < catalog.columns.len()));
        }
    }
}

#[test]
fn rows_convert_both_ways() {
    let row = PgNamespace {
        oid: common::Oid(11),
        nspname: Name::from("pg_catalog"),
        nspowner: common::Oid(10),
        nspacl: None,
    };
    assert_eq!(PgNamespace::from_values(&row.to_values()).unwrap(), row);
    let mut values = row.to_values();
    values[1] = types::Value::Null;
    assert_eq!(PgNamespace::from_values(&values).unwrap_err().sqlstate().as_str(), "XX001");
    assert_eq!(PgClass::DECLARATION.indexes[PgClass::BY_RELNAME_NSP].oid, common::Oid(2663));
}
