//! CREATE VIEW, and CREATE TABLE AS, which both make a relation out of a query.

use access_heap::BulkInsert;
use analyzer::Parameters;
use catalog::field::NodeTree;
use catalog::tables::*;
use catalog::{CatalogView, Relation, RelationKind};
use common::Oid;
use error::{Error, Result, error};
use executor::{Execution, TableWriter};
use nodes::Query;
use parser::ast::{
    CreateTableAsSource, CreateTableAsStatement, CreateViewStatement, Persistence, SelectStatement, Statement,
};
use storage_lock::LockMode;
use types::{Column, Value};

use crate::depend::{self, INTERNAL, Object};
use crate::environment::Environment;
use crate::new_relation::{
    self, NewColumn, NewRelation, already_exists, attribute, change_class, persistence, relation_options,
};

/// Analyzes the query and names its columns.
fn query_columns(
    environment: &Environment<'_>,
    select: &SelectStatement,
    names: &[String],
    what: &str,
) -> Result<(Query, Vec<NewColumn>)> {
    let settings = environment.analyzer_settings();
    let statement = Statement::Select(Box::new(select.clone()));
    let mut parameters = Parameters::none();
    let mut query =
        analyzer::analyze(&statement, environment.source, environment.catalog, &mut parameters, &settings)?;
    if names.len() > query.output().count() {
        return Err(error!(SYNTAX_ERROR, "{what}"));
    }
    let visible = query.targets.iter_mut().filter(|target| !target.hidden);
    visible.zip(names).for_each(|(target, name)| target.name = name.as_str().into());
    let mut columns: Vec<NewColumn> = Vec::new();
    for target in query.output() {
        if columns.iter().any(|column| *column.name == *target.name) {
            return Err(error!(DUPLICATE_COLUMN, "column \"{}\" specified more than once", target.name));
        }
        columns.push(NewColumn::new(&target.name, target.expression.data_type()));
    }
    Ok((query, columns))
}

/// CREATE VIEW.
pub(crate) fn create(environment: &mut Environment<'_>, statement: &CreateViewStatement) -> Result<()> {
    if statement.persistence == Persistence::Temporary {
        return Err(Error::unsupported("temporary views are not supported yet"));
    }
    let schema = environment.creation_schema(&statement.name)?;
    let name = &statement.name.name;
    let options = relation_options(&statement.options, RelationKind::View)?;
    let what = "CREATE VIEW specifies more column names than columns";
    let (query, columns) = query_columns(environment, &statement.query, &statement.columns, what)?;
    let catalog = environment.catalog;
    if let Some(existing) = catalog.relation_by_name(schema, name)? {
        if !statement.or_replace {
            return Err(already_exists(name));
        }
        environment.lock_relation(existing, LockMode::AccessExclusive)?;
        let old = environment.current(existing)?;
        environment.check_owner(&old)?;
        if old.kind != RelationKind::View {
            return Err(error!(WRONG_OBJECT_TYPE, "\"{name}\" is not a view"));
        }
        return replace(environment, &old, &query, &columns, options);
    }
    let new = NewRelation {
        name: name.clone(),
        schema,
        kind: RelationKind::View,
        persistence: b'p',
        columns,
        options,
        check_count: 0,
    };
    let view = new_relation::create(environment, &new)?;
    let rule = catalog.new_oid::<PgRewrite>(PgRewrite::BY_OID)?;
    catalog.insert(&PgRewrite {
        oid: rule,
        rulename: "_RETURN".into(),
        ev_class: view,
        ev_type: b'1',
        ev_enabled: b'O',
        is_instead: true,
        ev_qual: NodeTree(nodes::text::write_expressions(&Vec::new())),
        ev_action: NodeTree(nodes::text::write_query(&query)),
    })?;
    depend_rule(environment, rule, view, &query)?;
    catalog.next_command()
}

fn depend_rule(environment: &Environment<'_>, rule: Oid, view: Oid, query: &Query) -> Result<()> {
    let object = Object::new(PgRewrite::OID, rule);
    depend::depend(environment.catalog, object, Object::relation(view), INTERNAL)?;
    depend::depend_on_query(environment.catalog, object, query)
}

/// CREATE OR REPLACE VIEW: columns stay, new ones may follow.
fn replace(
    environment: &Environment<'_>,
    old: &Relation,
    query: &Query,
    columns: &[NewColumn],
    options: Option<Vec<String>>,
) -> Result<()> {
    let catalog = environment.catalog;
    if columns.len() < old.columns.len() {
        return Err(error!(INVALID_TABLE_DEFINITION, "cannot drop columns from view"));
    }
    for (before, now) in old.columns.iter().zip(columns) {
        if *before.name != *now.name {
            return Err(error!(
                INVALID_TABLE_DEFINITION,
                "cannot change name of view column \"{}\" to \"{}\"", before.name, now.name
            )
            .hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."));
        }
        if (before.data_type, before.modifier) != (now.data_type.oid, now.data_type.modifier) {
            let format = analyzer::type_format::format_type;
            return Err(error!(
                INVALID_TABLE_DEFINITION,
                "cannot change data type of view column \"{}\" from {} to {}",
                now.name,
                format(catalog, before.data_type, before.modifier)?,
                format(catalog, now.data_type.oid, now.data_type.modifier)?
            ));
        }
    }
    for (at, column) in columns.iter().enumerate().skip(old.columns.len()) {
        catalog.insert(&attribute(catalog, old.oid, column, at as i16 + 1)?)?;
    }
    change_class(catalog, old.oid, |row| {
        row.relnatts = columns.len() as i16;
        row.reloptions = options;
    })?;
    let rules = catalog.find::<PgRewrite>(PgRewrite::BY_REL_RULENAME, &[Value::Oid(old.oid)])?;
    for (address, mut rule) in rules {
        rule.ev_action = NodeTree(nodes::text::write_query(query));
        catalog.update(address, &rule)?;
        depend::forget(catalog, Object::new(PgRewrite::OID, rule.oid), None)?;
        depend_rule(environment, rule.oid, old.oid, query)?;
    }
    catalog.next_command()
}

/// CREATE TABLE AS: the number of rows, or nothing if the table was there already.
pub(crate) fn create_table_as(
    environment: &mut Environment<'_>,
    statement: &CreateTableAsStatement,
) -> Result<Option<u64>> {
    let target = &statement.target;
    if statement.is_materialized_view {
        return Err(Error::unsupported("materialized views are not supported yet"));
    }
    let persistence = persistence(target.persistence, "tables")?;
    let CreateTableAsSource::Select(select) = &statement.source else {
        return Err(Error::unsupported("CREATE TABLE AS EXECUTE is not supported yet"));
    };
    let schema = environment.creation_schema(&target.name)?;
    let name = &target.name.name;
    let catalog = environment.catalog;
    if catalog.relation_by_name(schema, name)?.is_some() {
        if !statement.if_not_exists {
            return Err(already_exists(name));
        }
        environment.notice(error!(DUPLICATE_TABLE, "relation \"{name}\" already exists, skipping"));
        return Ok(None);
    }
    let what = "too many column names were specified";
    let (query, columns) = query_columns(environment, select, &target.columns, what)?;
    let options = relation_options(&target.options, RelationKind::Table)?;
    let new = NewRelation {
        name: name.clone(),
        schema,
        kind: RelationKind::Table,
        persistence,
        columns,
        options,
        check_count: 0,
    };
    let table = new_relation::create(environment, &new)?;
    crate::toast::ensure(environment, table)?;
    let relation = environment.current(table)?;
    if !statement.with_data {
        return Ok(Some(0));
    }
    let planned = environment.plan_query(|| Ok(query.clone()))?;
    let count = environment.with_runtime(|runtime| {
        let mut execution = Execution::new(runtime, &planned)?;
        let mut writer = TableWriter::new(runtime, relation.clone())?;
        let mut bulk = BulkInsert::new(catalog.access());
        let mut count = 0;
        while execution.next(runtime)?.is_some() {
            let batch = execution.current();
            let rows: Vec<usize> = batch.selected().iter().collect();
            let columns: &[Column] = &batch.columns;
            let written = writer.insert_many(runtime, columns, rows.iter().copied(), &mut bulk);
            written.map_err(|(_, error)| error)?;
            count += rows.len() as u64;
        }
        Ok(count)
    })?;
    Ok(Some(count))
}
