//! Extensions: what other servers load from files is built in here, in the schema `pg_catalog`.
//!
//! CREATE EXTENSION makes the extension known, and puts its views into the schema that was asked for, where tools look for them. What it
//! is made of goes with it.

use catalog::CatalogView;
use catalog::tables::*;
use common::Oid;
use error::{Error, Result, error};
use parser::ast::{
    AlterExtensionStatement, CreateExtensionStatement, DefinitionElement, DefinitionValue, DropStatement,
    ObjectName, QualifiedName, RelationName, Statement,
};
use types::Value;

use crate::depend::{self, EXTENSION, NORMAL, Object};
use crate::drop::drop_objects;
use crate::environment::Environment;
use crate::name::relation_name;
use crate::new_relation::change_class;
use crate::view;

/// An extension that can be created.
pub struct BuiltIn {
    pub name: &'static str,
    pub version: &'static str,
    pub comment: &'static str,
    /// Its views, as statements that make them in the schema of the extension; those in `pg_catalog` have the same names.
    views: &'static [&'static str],
}

/// By name.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "amcheck",
        version: "1.5",
        comment: "functions for verifying relation integrity",
        views: &[],
    },
    BuiltIn {
        name: "pg_buffercache",
        version: "1.6",
        comment: "examine the shared buffer cache",
        views: &["CREATE VIEW pg_buffercache AS SELECT * FROM pg_catalog.pg_buffercache"],
    },
    BuiltIn {
        name: "pg_stat_statements",
        version: "1.12",
        comment: "track planning and execution statistics of all SQL statements executed",
        views: &[
            "CREATE VIEW pg_stat_statements AS SELECT * FROM pg_catalog.pg_stat_statements",
            "CREATE VIEW pg_stat_statements_info AS SELECT * FROM pg_catalog.pg_stat_statements_info",
        ],
    },
];

/// CREATE EXTENSION.
pub(crate) fn create(environment: &mut Environment<'_>, statement: &CreateExtensionStatement) -> Result<()> {
    let (catalog, name) = (environment.catalog, &statement.name);
    if find(environment, name)?.is_some() {
        if !statement.if_not_exists {
            return Err(error!(DUPLICATE_OBJECT, "extension \"{name}\" already exists"));
        }
        environment.notice(error!(DUPLICATE_OBJECT, "extension \"{name}\" already exists, skipping"));
        return Ok(());
    }
    let built_in = BUILT_IN.iter().find(|built_in| built_in.name == name).ok_or_else(|| {
        error!(FEATURE_NOT_SUPPORTED, "extension \"{name}\" is not available")
            .hint("The extension must first be installed on the system where PostgreSQL is running.")
    })?;
    if !environment.is_superuser {
        let text = format!("permission denied to create extension \"{name}\"");
        return Err(
            error!(INSUFFICIENT_PRIVILEGE, "{text}").hint("Must be superuser to create this extension.")
        );
    }
    if let Some(version) = option(&statement.options, "new_version").filter(|it| it != built_in.version) {
        let text = "has no installation script nor update path for version";
        return Err(error!(INVALID_PARAMETER_VALUE, "extension \"{name}\" {text} \"{version}\""));
    }
    let schema = match option(&statement.options, "schema") {
        Some(schema) => environment.schema_oid(&schema)?,
        None => environment.default_schema()?,
    };
    let oid = catalog.new_oid::<PgExtension>(PgExtension::BY_OID)?;
    catalog.insert(&PgExtension {
        oid,
        extname: name.as_str().into(),
        extowner: environment.user,
        extnamespace: schema,
        extrelocatable: false,
        extversion: built_in.version.into(),
        extconfig: None,
        extcondition: None,
    })?;
    let extension = Object::new(PgExtension::OID, oid);
    depend::depend_on_owner(catalog, extension, environment.user)?;
    depend::depend(catalog, extension, Object::new(PgNamespace::OID, schema), NORMAL)?;
    catalog.insert(&PgDescription {
        objoid: oid,
        classoid: PgExtension::OID,
        objsubid: 0,
        description: built_in.comment.into(),
    })?;
    catalog.next_command()?;
    for text in built_in.views {
        create_view(environment, extension, schema, text)?;
    }
    Ok(())
}

/// Makes a view of an extension, with the privileges of the one in `pg_catalog`.
fn create_view(
    environment: &mut Environment<'_>,
    extension: Object,
    schema: Oid,
    text: &'static str,
) -> Result<()> {
    let catalog = environment.catalog;
    if schema == catalog::PG_CATALOG {
        return Ok(());
    }
    let raw = parser::parse(text)?.pop().map(|raw| raw.statement);
    let Some(Statement::CreateView(mut statement)) = raw else { return Err(Error::internal("no view")) };
    statement.name.schema = Some(environment.schema_name(schema)?);
    let outer = std::mem::replace(&mut environment.source, text);
    let made = view::create(environment, &statement);
    environment.source = outer;
    made?;
    let name = &statement.name.name;
    let Some(made) = catalog.relation_by_name(schema, name)? else { return Ok(()) };
    if let Some(original) = catalog.relation_by_name(catalog::PG_CATALOG, name)?
        && let Some(row) = catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(original)])?
    {
        change_class(catalog, made, |view| view.relacl = row.relacl.clone())?;
    }
    depend::depend(catalog, Object::relation(made), extension, EXTENSION)?;
    catalog.next_command()
}

/// DROP EXTENSION.
pub(crate) fn drop(environment: &mut Environment<'_>, statement: &DropStatement) -> Result<()> {
    let mut targets = Vec::new();
    for object in &statement.objects {
        let ObjectName::Name(name) = object else { continue };
        let name = relation_name(name).name;
        match find(environment, &name)? {
            Some(row) => {
                check_owner(environment, &row)?;
                targets.push(Object::new(PgExtension::OID, row.oid));
            }
            None if statement.if_exists => {
                let text = format!("extension \"{name}\" does not exist, skipping");
                environment.notice(error!(SUCCESSFUL_COMPLETION, "{text}"));
            }
            None => return Err(missing(&name)),
        }
    }
    drop_objects(environment, &targets, statement.behavior)
}

/// ALTER EXTENSION ... UPDATE: there is one version of each.
pub(crate) fn alter(environment: &mut Environment<'_>, statement: &AlterExtensionStatement) -> Result<()> {
    let name = &statement.name;
    let row = find(environment, name)?.ok_or_else(|| missing(name))?;
    check_owner(environment, &row)?;
    let version = &row.extversion;
    let wanted = option(&statement.options, "new_version").unwrap_or_else(|| version.clone());
    if wanted != *version {
        let text = format!("has no update path from version \"{version}\" to version \"{wanted}\"");
        return Err(error!(INVALID_PARAMETER_VALUE, "extension \"{name}\" {text}"));
    }
    let text = format!("version \"{version}\" of extension \"{name}\" is already installed");
    environment.notice(error!(SUCCESSFUL_COMPLETION, "{text}"));
    Ok(())
}

/// The extension that COMMENT ON means.
pub(crate) fn owned(environment: &Environment<'_>, name: &QualifiedName) -> Result<Object> {
    let RelationName { name, .. } = relation_name(name);
    let row = find(environment, &name)?.ok_or_else(|| missing(&name))?;
    check_owner(environment, &row)?;
    Ok(Object::new(PgExtension::OID, row.oid))
}

fn find(environment: &Environment<'_>, name: &str) -> Result<Option<std::rc::Rc<PgExtension>>> {
    environment.catalog.row::<PgExtension>(PgExtension::BY_NAME, &[Value::text(name)])
}

fn missing(name: &str) -> Error {
    error!(UNDEFINED_OBJECT, "extension \"{name}\" does not exist")
}

fn check_owner(environment: &Environment<'_>, row: &PgExtension) -> Result<()> {
    if environment.has_role(row.extowner)? {
        return Ok(());
    }
    Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of extension {}", &*row.extname))
}

fn option(options: &[DefinitionElement], name: &str) -> Option<String> {
    let found = options.iter().find(|option| option.name == name)?;
    match found.value.as_ref()? {
        DefinitionValue::String(text) => Some(text.clone()),
        _ => None,
    }
}
