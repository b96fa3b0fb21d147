//! The system views: written in SQL, analyzed when a cluster is made.
//!
//! Columns and meaning are PostgreSQL 18's; what does not exist here is null, false or absent. The texts are in `catalog.rs`
//! (schema `pg_catalog`) and `information_schema.rs`.

mod catalog;
mod information_schema;

use ::catalog::field::AclItems;
use ::catalog::tables::{PgAttribute, PgClass, PgInitPrivs, PgRewrite, PgType};
use ::catalog::{Catalog, PG_CATALOG};
use analyzer::{AnalyzerSettings, Parameters, ValueText};
use common::Oid;
use error::{Error, Result};
use parser::ast::Statement;
use types::io::{BuiltInCatalog, Context};
use types::{FormatSettings, Value};

use crate::bootstrap::{INFORMATION_SCHEMA, attribute_row, class_row, initial_privileges, row_type};

/// Views have identifiers from here on, three each: the view, its row type, its rule.
const FIRST_OID: u32 = 12_000;

/// A view: its name, who besides its owner may do what (as the letters of an access control list), and its query.
type View = (&'static str, &'static str, &'static str);

/// Literals of built-in types.
struct BuiltInText(FormatSettings);

impl ValueText for BuiltInText {
    fn input(&self, data_type: Oid, modifier: i32, text: &str) -> Result<Value> {
        types::io::input(data_type, modifier, text, &Context { settings: &self.0, catalog: &BuiltInCatalog })
    }

    fn output(&self, data_type: Oid, value: &Value) -> Result<String> {
        types::io::output_text(data_type, value, &Context { settings: &self.0, catalog: &BuiltInCatalog })
    }
}

/// Makes the system views; the catalogs are filled.
/// # Errors
/// Those of analysis, which are defects here, and of writing.
pub(crate) fn create(catalog: &Catalog, superuser: &str) -> Result<()> {
    let schemas = [(PG_CATALOG, catalog::VIEWS), (INFORMATION_SCHEMA, information_schema::VIEWS)];
    let views = schemas.into_iter().flat_map(|(schema, views)| views.iter().map(move |view| (schema, view)));
    for (number, (schema, view)) in views.enumerate() {
        create_view(catalog, FIRST_OID + number as u32 * 3, schema, view, superuser).map_err(|error| {
            let message = format!("system view {}: {}", view.0, error.report().message);
            Error::internal(message)
        })?;
    }
    Ok(())
}

fn create_view(
    catalog: &Catalog,
    first: u32,
    schema: Oid,
    (name, letters, sql): &View,
    superuser: &str,
) -> Result<()> {
    let (view, view_type, rule) = (Oid(first), Oid(first + 1), Oid(first + 2));
    let text = BuiltInText(FormatSettings::default());
    let settings = AnalyzerSettings { text: &text, database: "template1", transform_null_equals: false };
    let statement = parser::parse(sql)?;
    let Some(Statement::Select(_)) = statement.first().map(|raw| &raw.statement) else {
        return Err(Error::internal("no query"));
    };
    let query = analyzer::analyze(&statement[0].statement, sql, catalog, &mut Parameters::none(), &settings)?;
    let columns: Vec<(String, nodes::DataType)> =
        query.output().map(|target| (target.name.to_string(), target.expression.data_type())).collect();
    let acl = AclItems(initial_privileges(superuser, "arwdDxtm", letters));
    catalog.insert(&PgClass {
        reltype: view_type,
        relnatts: columns.len() as i16,
        relhasrules: true,
        relfilenode: Oid::INVALID,
        relacl: Some(acl.clone()),
        ..class_row(view, name, schema, b'v')
    })?;
    catalog.insert(&PgInitPrivs {
        objoid: view,
        classoid: PgClass::OID,
        objsubid: 0,
        privtype: b'i',
        initprivs: acl,
    })?;
    for (at, (column, data_type)) in columns.iter().enumerate() {
        catalog.insert(&PgAttribute {
            atttypmod: data_type.modifier,
            ..attribute_row(view, column, at as i16 + 1, data_type.oid)
        })?;
    }
    catalog.insert(&PgType { typnamespace: schema, ..row_type(view_type, name, view) })?;
    catalog.insert(&PgRewrite {
        oid: rule,
        rulename: "_RETURN".into(),
        ev_class: view,
        ev_type: b'1',
        ev_enabled: b'O',
        is_instead: true,
        ev_qual: nodes::text::write_expressions(&Vec::new()).into(),
        ev_action: nodes::text::write_query(&query).into(),
    })?;
    catalog.next_command()
}
