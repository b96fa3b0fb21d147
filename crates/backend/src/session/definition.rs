//! The SQL text that defines an object: what the `pg_get_*` functions print.

use analyzer::deparse;
use catalog::tables::{PgConstraint, PgIndex};
use catalog::{Catalog, CatalogView};
use common::Oid;
use error::Result;
use expression::context::ObjectKind;
use types::Value;

use super::function_definition::{Part, function_part};
use super::services::SessionText;

/// The definition of an object; `None` when there is none of this kind.
pub(crate) fn definition(
    catalog: &Catalog,
    text: &SessionText,
    kind: ObjectKind,
    object: Oid,
    detail: i32,
    pretty: bool,
) -> Result<Option<String>> {
    match kind {
        ObjectKind::View => {
            let Some(relation) = catalog.relation(object)? else { return Ok(None) };
            let Some(stored) = &relation.view_query else { return Ok(None) };
            let query = nodes::text::read_query(stored)?;
            let names: Vec<String> = relation.live_columns().map(|column| column.name.to_string()).collect();
            let printed = deparse::deparse_query(&query, pretty, Some(&names), catalog, text)?;
            Ok(Some(format!("{printed};")))
        }
        ObjectKind::Index => index(catalog, object, detail),
        ObjectKind::Constraint => constraint(catalog, text, object, pretty),
        ObjectKind::Function => match detail {
            1 => function_part(catalog, object, Part::Arguments),
            2 => function_part(catalog, object, Part::IdentityArguments),
            3 => function_part(catalog, object, Part::Result),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn quoted(name: &str) -> String {
    parser::quote_identifier(name).into_owned()
}

fn index(catalog: &Catalog, object: Oid, column: i32) -> Result<Option<String>> {
    let Some(row) = catalog.row::<PgIndex>(PgIndex::BY_INDEXRELID, &[Value::Oid(object)])? else {
        return Ok(None);
    };
    let Some(table) = catalog.relation(row.indrelid)? else { return Ok(None) };
    let Some(index) = table.indexes.iter().find(|index| index.oid == object) else { return Ok(None) };
    let name_of = |at: usize| table.columns.get(index.columns[at].index()).map(|column| quoted(&column.name));
    if column > 0 {
        return Ok((column as usize <= index.columns.len()).then(|| name_of(column as usize - 1)).flatten());
    }
    let mut keys = Vec::new();
    for at in 0..index.key_count {
        let mut key = name_of(at).unwrap_or_default();
        let option = index.options.get(at).copied().unwrap_or(0);
        match (option & 1 != 0, option & 2 != 0) {
            (false, false) => {}
            (false, true) => key.push_str(" NULLS FIRST"),
            (true, true) => key.push_str(" DESC"),
            (true, false) => key.push_str(" DESC NULLS LAST"),
        }
        keys.push(key);
    }
    let namespace = catalog.namespace(table.namespace)?;
    let schema = namespace.map(|row| quoted(&row.nspname)).unwrap_or_default();
    let unique = if index.is_unique { "UNIQUE " } else { "" };
    let mut definition = format!(
        "CREATE {unique}INDEX {} ON {schema}.{} USING btree ({})",
        quoted(&index.name),
        quoted(&table.name),
        keys.join(", ")
    );
    if index.columns.len() > index.key_count {
        let included: Vec<String> = (index.key_count..index.columns.len()).filter_map(name_of).collect();
        definition.push_str(&format!(" INCLUDE ({})", included.join(", ")));
    }
    if index.nulls_not_distinct {
        definition.push_str(" NULLS NOT DISTINCT");
    }
    Ok(Some(definition))
}

fn constraint(catalog: &Catalog, text: &SessionText, object: Oid, pretty: bool) -> Result<Option<String>> {
    let Some(row) = catalog.row::<PgConstraint>(PgConstraint::BY_OID, &[Value::Oid(object)])? else {
        return Ok(None);
    };
    let Some(table) = catalog.relation(row.conrelid)? else { return Ok(None) };
    let names = |numbers: &[i16]| -> String {
        let columns = numbers.iter().filter_map(|number| table.columns.get(*number as usize - 1));
        columns.map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
    };
    let columns = row.conkey.as_ref().map(|key| names(&key.0)).unwrap_or_default();
    let mut definition = match row.contype {
        b'p' | b'u' => {
            let index = table.indexes.iter().find(|index| index.oid == row.conindid);
            let distinct =
                if index.is_some_and(|index| index.nulls_not_distinct) { "NULLS NOT DISTINCT " } else { "" };
            let word = if row.contype == b'p' { "PRIMARY KEY" } else { "UNIQUE" };
            let mut definition = format!("{word} {distinct}({columns})");
            if let Some(index) = index
                && index.columns.len() > index.key_count
            {
                let included: Vec<i16> =
                    index.columns[index.key_count..].iter().map(|number| number.0).collect();
                definition.push_str(&format!(" INCLUDE ({})", names(&included)));
            }
            definition
        }
        b'c' => {
            let Some(stored) = &row.conbin else { return Ok(None) };
            let expression = nodes::text::read_expression(stored)?;
            let printed = deparse::deparse_over_relation(&expression, &table, pretty, catalog, text)?;
            if pretty || printed.starts_with('(') {
                format!("CHECK ({printed})")
            } else {
                format!("CHECK (({printed}))")
            }
        }
        b'n' => format!("NOT NULL {columns}"),
        _ => return Ok(None),
    };
    if row.connoinherit && matches!(row.contype, b'c' | b'n') {
        definition.push_str(" NO INHERIT");
    }
    if !row.convalidated {
        definition.push_str(" NOT VALID");
    }
    Ok(Some(definition))
}
