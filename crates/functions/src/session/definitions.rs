//! What the catalog knows: names, visibility, definitions, comments.

use common::Oid;
use error::{Result, sqlstate};
use expression::CallContext;
use expression::context::ObjectKind;
use expression::sql::*;
use types::oid;

/// A definition with the default layout.
fn definition(
    context: &mut CallContext<'_>,
    kind: ObjectKind,
    object: Oid,
    detail: i32,
    pretty: bool,
) -> Result<Option<String>> {
    context.session.definition(kind, object, detail, pretty)
}

/// The object that a name means, or `None` where it means nothing.
fn lookup(context: &mut CallContext<'_>, reg_type: Oid, name: &str) -> Result<Option<Oid>> {
    let missing = [
        sqlstate::UNDEFINED_TABLE,
        sqlstate::UNDEFINED_OBJECT,
        sqlstate::UNDEFINED_FUNCTION,
        sqlstate::UNDEFINED_SCHEMA,
        sqlstate::AMBIGUOUS_FUNCTION,
    ];
    match context.session.catalog().object_of_name(reg_type, name) {
        Ok(object) => Ok(Some(object)),
        Err(error) if missing.contains(&error.sqlstate()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The relation that a name means.
fn relation(context: &mut CallContext<'_>, name: &str) -> Result<Oid> {
    context.session.catalog().object_of_name(oid::REGCLASS, name)
}

/// How far `pg_get_viewdef` wraps when it is asked to be pretty.
const WRAP_ALL: i32 = 0;

expression::builtins! {
    pub static FUNCTIONS:
    1642 "pg_get_userbyid" (role: oid_) using context -> name, strict stable {
        Ok(match context.session.role_name(role)? {
            Some(name) => name,
            None => format!("unknown (OID={role})"),
        })
    }
    1081 "format_type" (type_oid: oid_, modifier: int4) using context -> text, nullable stable {
        match type_oid {
            None => Ok(None),
            Some(type_oid) if !type_oid.is_valid() => Ok(Some("-".to_owned())),
            Some(type_oid) => {
                let found = context.session.format_type(type_oid, modifier)?;
                Ok(Some(found.unwrap_or_else(|| "???".to_owned())))
            }
        }
    }
    2079 "pg_table_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::Relation, object)
    }
    2080 "pg_type_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::Type, object)
    }
    2081 "pg_function_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::Function, object)
    }
    2082 "pg_operator_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::Operator, object)
    }
    2083 "pg_opclass_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::OperatorClass, object)
    }
    3829 "pg_opfamily_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::OperatorFamily, object)
    }
    3815 "pg_collation_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::Collation, object)
    }
    2093 "pg_conversion_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::Conversion, object)
    }
    3403 "pg_statistics_obj_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::StatisticsObject, object)
    }
    3758 "pg_ts_config_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::TextSearchConfiguration, object)
    }
    3757 "pg_ts_dict_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::TextSearchDictionary, object)
    }
    3756 "pg_ts_parser_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::TextSearchParser, object)
    }
    3768 "pg_ts_template_is_visible" (object: oid_) using context -> bool_, strict stable cost(10.0) {
        context.session.is_visible(ObjectKind::TextSearchTemplate, object)
    }
    3495 "to_regclass" (object: text) using context -> regclass, strict stable { lookup(context, oid::REGCLASS, object) }
    3493 "to_regtype" (object: text) using context -> regtype, strict stable { lookup(context, oid::REGTYPE, object) }
    3494 "to_regproc" (object: text) using context -> regproc, strict stable { lookup(context, oid::REGPROC, object) }
    3479 "to_regprocedure" (object: text) using context -> regprocedure, strict stable { lookup(context, oid::REGPROCEDURE, object) }
    3492 "to_regoper" (object: text) using context -> regoper, strict stable { lookup(context, oid::REGOPER, object) }
    3476 "to_regoperator" (object: text) using context -> regoperator, strict stable { lookup(context, oid::REGOPERATOR, object) }
    4086 "to_regnamespace" (object: text) using context -> regnamespace, strict stable { lookup(context, oid::REGNAMESPACE, object) }
    4093 "to_regrole" (object: text) using context -> regrole, strict stable { lookup(context, oid::REGROLE, object) }
    4195 "to_regcollation" (object: text) using context -> regcollation, strict stable { lookup(context, oid::REGCOLLATION, object) }
    1079 "regclass" (object: text) using context -> regclass, strict stable { relation(context, object) }
    1716 "pg_get_expr" (expression: pg_node_tree, relation: oid_) using context -> text, strict stable {
        context.session.expression_text(expression, relation, false)
    }
    2509 "pg_get_expr" (expression: pg_node_tree, relation: oid_, pretty: bool_) using context -> text,
        strict stable {
        context.session.expression_text(expression, relation, pretty)
    }
    1643 "pg_get_indexdef" (index: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::Index, index, 0, false)
    }
    2507 "pg_get_indexdef" (index: oid_, column: int4, pretty: bool_) using context -> text, strict stable {
        definition(context, ObjectKind::Index, index, column, pretty)
    }
    1387 "pg_get_constraintdef" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::Constraint, object, 0, false)
    }
    2508 "pg_get_constraintdef" (object: oid_, pretty: bool_) using context -> text, strict stable {
        definition(context, ObjectKind::Constraint, object, 0, pretty)
    }
    1662 "pg_get_triggerdef" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::Trigger, object, 0, false)
    }
    2730 "pg_get_triggerdef" (object: oid_, pretty: bool_) using context -> text, strict stable {
        definition(context, ObjectKind::Trigger, object, 0, pretty)
    }
    1573 "pg_get_ruledef" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::Rule, object, 0, false)
    }
    2504 "pg_get_ruledef" (object: oid_, pretty: bool_) using context -> text, strict stable {
        definition(context, ObjectKind::Rule, object, 0, pretty)
    }
    2098 "pg_get_functiondef" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::Function, object, 0, false)
    }
    2162 "pg_get_function_arguments" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::Function, object, 1, false)
    }
    2232 "pg_get_function_identity_arguments" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::Function, object, 2, false)
    }
    2165 "pg_get_function_result" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::Function, object, 3, false)
    }
    3352 "pg_get_partkeydef" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::PartitionKey, object, 0, false)
    }
    3415 "pg_get_statisticsobjdef" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::StatisticsObject, object, 0, false)
    }
    6174 "pg_get_statisticsobjdef_columns" (object: oid_) using context -> text, strict stable {
        definition(context, ObjectKind::StatisticsObject, object, 1, false)
    }
    1641 "pg_get_viewdef" (view: oid_) using context -> text, strict stable parallel_restricted {
        definition(context, ObjectKind::View, view, WRAP_ALL, false)
    }
    2506 "pg_get_viewdef" (view: oid_, pretty: bool_) using context -> text, strict stable parallel_restricted {
        definition(context, ObjectKind::View, view, WRAP_ALL, pretty)
    }
    3159 "pg_get_viewdef" (view: oid_, wrap_column: int4) using context -> text,
        strict stable parallel_restricted {
        definition(context, ObjectKind::View, view, wrap_column, true)
    }
    1640 "pg_get_viewdef" (view: text) using context -> text, strict stable parallel_restricted {
        let view = relation(context, view)?;
        definition(context, ObjectKind::View, view, WRAP_ALL, false)
    }
    2505 "pg_get_viewdef" (view: text, pretty: bool_) using context -> text, strict stable parallel_restricted {
        let view = relation(context, view)?;
        definition(context, ObjectKind::View, view, WRAP_ALL, pretty)
    }
    6121 "pg_relation_is_publishable" (relation: regclass) using context -> bool_, strict stable {
        context.session.is_publishable(relation)
    }
    1348 "obj_description" (object: oid_) using context -> text, strict stable { context.session.description(object, "", 0) }
    1215 "obj_description" (object: oid_, catalog: name) using context -> text, strict stable {
        context.session.description(object, catalog, 0)
    }
    1993 "shobj_description" (object: oid_, catalog: name) using context -> text, strict stable {
        context.session.description(object, catalog, 0)
    }
    1216 "col_description" (relation: oid_, column: int4) using context -> text, strict stable {
        context.session.description(relation, "pg_class", column)
    }
}
