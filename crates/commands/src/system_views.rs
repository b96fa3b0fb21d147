//! The system views: written in SQL, analyzed when a cluster is made.
//!
//! Columns and meaning are PostgreSQL 18's; what does not exist here is null, false or absent.

use analyzer::{AnalyzerSettings, Parameters, ValueText};
use catalog::tables::{PgClass, PgRewrite};
use catalog::{Catalog, PG_CATALOG};
use common::Oid;
use error::{Error, Result};
use parser::ast::Statement;
use types::io::{BuiltInCatalog, Context};
use types::{FormatSettings, Value};

use crate::bootstrap::{attribute_row, class_row, row_type};

/// Views have identifiers from here on, three each: the view, its row type, its rule.
const FIRST_OID: u32 = 12_000;

const VIEWS: &[(&str, &str)] = &[
    (
        "pg_roles",
        "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, \
         rolconnlimit, '********'::text AS rolpassword, rolvaliduntil, rolbypassrls, \
         NULL::text[] AS rolconfig, oid FROM pg_authid",
    ),
    (
        "pg_user",
        "SELECT rolname AS usename, oid AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper, \
         rolreplication AS userepl, rolbypassrls AS usebypassrls, '********'::text AS passwd, \
         rolvaliduntil AS valuntil, NULL::text[] AS useconfig FROM pg_authid WHERE rolcanlogin",
    ),
    (
        "pg_tables",
        "SELECT n.nspname AS schemaname, c.relname AS tablename, pg_get_userbyid(c.relowner) AS tableowner, \
         t.spcname AS tablespace, c.relhasindex AS hasindexes, c.relhasrules AS hasrules, \
         c.relhastriggers AS hastriggers, c.relrowsecurity AS rowsecurity \
         FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE c.relkind IN ('r', 'p')",
    ),
    (
        "pg_views",
        "SELECT n.nspname AS schemaname, c.relname AS viewname, pg_get_userbyid(c.relowner) AS viewowner, \
         pg_get_viewdef(c.oid) AS definition \
         FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v'",
    ),
    (
        "pg_indexes",
        "SELECT n.nspname AS schemaname, c.relname AS tablename, i.relname AS indexname, \
         t.spcname AS tablespace, pg_get_indexdef(i.oid) AS indexdef \
         FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_tablespace t ON t.oid = i.reltablespace \
         WHERE c.relkind IN ('r', 'm', 'p') AND i.relkind IN ('i', 'I')",
    ),
];

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
pub(crate) fn create(catalog: &Catalog) -> Result<()> {
    let text = BuiltInText(FormatSettings::default());
    let settings = AnalyzerSettings { text: &text, database: "template1", transform_null_equals: false };
    for (number, (name, sql)) in VIEWS.iter().enumerate() {
        let oid = |part: u32| Oid(FIRST_OID + number as u32 * 3 + part);
        let statement = parser::parse(sql)?;
        let Some(Statement::Select(_)) = statement.first().map(|raw| &raw.statement) else {
            return Err(Error::internal(format!("system view {name} is no query")));
        };
        let query =
            analyzer::analyze(&statement[0].statement, sql, catalog, &mut Parameters::none(), &settings)?;
        let columns: Vec<(String, nodes::DataType)> =
            query.output().map(|target| (target.name.clone(), target.expression.data_type())).collect();
        catalog.insert(&PgClass {
            reltype: oid(1),
            relnatts: columns.len() as i16,
            relhasrules: true,
            relfilenode: Oid::INVALID,
            relacl: Some(catalog::field::AclItems(vec!["=r/postgres".into()])),
            ..class_row(oid(0), name, PG_CATALOG, b'v')
        })?;
        for (at, (column, data_type)) in columns.iter().enumerate() {
            catalog.insert(&catalog::tables::PgAttribute {
                atttypmod: data_type.modifier,
                ..attribute_row(oid(0), column, at as i16 + 1, data_type.oid)
            })?;
        }
        catalog.insert(&row_type(oid(1), name, oid(0)))?;
        catalog.insert(&PgRewrite {
            oid: oid(2),
            rulename: "_RETURN".into(),
            ev_class: oid(0),
            ev_type: b'1',
            ev_enabled: b'O',
            is_instead: true,
            ev_qual: nodes::text::write_expressions(&Vec::new()).into(),
            ev_action: nodes::text::write_query(&query).into(),
        })?;
        catalog.next_command()?;
    }
    Ok(())
}
