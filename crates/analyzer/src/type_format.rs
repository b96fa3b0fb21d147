//! Names of types as PostgreSQL prints them.

use catalog::CatalogView;
use common::Oid;
use error::Result;
use parser::ast::interval_field as field;
use parser::quote_identifier;
use types::oid;

/// The name of a type with its modifier (-1: none): `integer`, `numeric(10,2)`, `text[]`, `myschema.mytype`.
pub fn format_type(catalog: &dyn CatalogView, data_type: Oid, modifier: i32) -> Result<String> {
    if !data_type.is_valid() {
        return Ok("-".into());
    }
    let Some(row) = catalog.data_type(data_type)? else { return Ok("???".into()) };
    let is_array = row.typsubscript.0 == ARRAY_SUBSCRIPT && row.typelem.is_valid() && row.typlen == -1;
    if is_array && data_type != oid::INT2VECTOR && data_type != oid::OIDVECTOR {
        return Ok(format!("{}[]", format_type(catalog, row.typelem, modifier)?));
    }
    let precision = |open: &str, rest: &str| match modifier {
        0.. => format!("{open}({modifier}){rest}"),
        _ => format!("{open}{rest}"),
    };
    Ok(match data_type {
        oid::BOOL => "boolean".into(),
        oid::CHAR => "\"char\"".into(),
        oid::INT2 => "smallint".into(),
        oid::INT4 => "integer".into(),
        oid::INT8 => "bigint".into(),
        oid::FLOAT4 => "real".into(),
        oid::FLOAT8 => "double precision".into(),
        oid::NUMERIC if modifier >= 4 => {
            let (precision, scale) = numeric_modifier(modifier);
            format!("numeric({precision},{scale})")
        }
        oid::NUMERIC => "numeric".into(),
        oid::VARCHAR if modifier >= 4 => format!("character varying({})", modifier - 4),
        oid::VARCHAR => "character varying".into(),
        oid::BPCHAR if modifier >= 4 => format!("character({})", modifier - 4),
        oid::BPCHAR => if modifier == -1 { "character" } else { "bpchar" }.into(),
        oid::TIME => precision("time", " without time zone"),
        oid::TIMESTAMP => precision("timestamp", " without time zone"),
        oid::TIMESTAMPTZ => precision("timestamp", " with time zone"),
        TIMETZ => precision("time", " with time zone"),
        BIT => precision("bit", ""),
        VARBIT => precision("bit varying", ""),
        oid::INTERVAL => format!("interval{}", interval_modifier(modifier)),
        _ => {
            let name = quote_identifier(&row.typname).into_owned();
            if is_visible(catalog, data_type, &row.typname)? {
                name
            } else {
                let schema = catalog.namespace(row.typnamespace)?.map(|schema| schema.nspname.to_string());
                format!("{}.{name}", quote_identifier(schema.as_deref().unwrap_or("???")))
            }
        }
    })
}

/// Precision and scale of a numeric's modifier.
pub(crate) fn numeric_modifier(modifier: i32) -> (i32, i32) {
    let bits = modifier - 4;
    // The scale is signed, in eleven bits.
    ((bits >> 16) & 0xffff, ((bits & 0x7ff) ^ 1024) - 1024)
}

fn interval_modifier(modifier: i32) -> String {
    if modifier < 0 {
        return String::new();
    }
    let (mask, precision) = ((modifier >> 16) & 0x7fff, modifier & 0xffff);
    let fields = INTERVAL_FIELDS.iter().find(|(bits, _)| *bits == mask).map_or("", |(_, name)| *name);
    match precision {
        0xffff => fields.into(),
        _ => format!("{fields}({precision})"),
    }
}

const INTERVAL_FIELDS: &[(i32, &str)] = &[
    (field::YEAR, " year"),
    (field::MONTH, " month"),
    (field::DAY, " day"),
    (field::HOUR, " hour"),
    (field::MINUTE, " minute"),
    (field::SECOND, " second"),
    (field::YEAR | field::MONTH, " year to month"),
    (field::DAY | field::HOUR, " day to hour"),
    (field::DAY | field::HOUR | field::MINUTE, " day to minute"),
    (field::DAY | field::HOUR | field::MINUTE | field::SECOND, " day to second"),
    (field::HOUR | field::MINUTE, " hour to minute"),
    (field::HOUR | field::MINUTE | field::SECOND, " hour to second"),
    (field::MINUTE | field::SECOND, " minute to second"),
];

fn is_visible(catalog: &dyn CatalogView, data_type: Oid, name: &str) -> Result<bool> {
    for schema in catalog.search_path()?.iter() {
        if let Some(found) = catalog.type_by_name(*schema, name)? {
            return Ok(found.oid == data_type);
        }
    }
    Ok(false)
}

pub(crate) const ARRAY_SUBSCRIPT: Oid = Oid(6179);
pub(crate) const TIMETZ: Oid = Oid(1266);
pub(crate) const BIT: Oid = Oid(1560);
pub(crate) const VARBIT: Oid = Oid(1562);
