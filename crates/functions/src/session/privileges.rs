//! `has_*_privilege` and `pg_has_role`.

use common::Oid;
use error::Result;
use expression::CallContext;
use expression::context::ObjectKind;
use expression::sql::*;
use types::oid;

/// A role: by its identifier, by its name (`public` is everybody), or the current one.
enum Role<'a> {
    Current,
    Named(&'a str),
    Known(Oid),
}

/// An object: by its identifier or its name.
enum Object<'a> {
    Named(&'a str),
    Known(Oid),
}

/// A column: by its number or its name.
enum ColumnOf<'a> {
    Numbered(i16),
    Named(&'a str),
}

fn role_of(context: &mut CallContext<'_>, role: Role<'_>) -> Result<Oid> {
    match role {
        Role::Known(role) => Ok(role),
        Role::Named("public") => Ok(Oid::INVALID),
        Role::Named(name) => context.session.role_of_name(name),
        Role::Current => {
            let name = context.session.current_user()?;
            context.session.role_of_name(&name)
        }
    }
}

fn object_of(context: &mut CallContext<'_>, kind: ObjectKind, object: Object<'_>) -> Result<Oid> {
    let name = match object {
        Object::Known(object) => return Ok(object),
        Object::Named(name) => name,
    };
    match kind {
        ObjectKind::Relation | ObjectKind::Sequence => {
            context.session.catalog().object_of_name(oid::REGCLASS, name)
        }
        ObjectKind::Function => context.session.catalog().object_of_name(oid::REGPROCEDURE, name),
        ObjectKind::Type => context.session.catalog().object_of_name(oid::REGTYPE, name),
        _ => context.session.object_of_name(kind, name),
    }
}

/// Whether the role has one of the privileges, which are separated by commas.
fn has(
    context: &mut CallContext<'_>,
    kind: ObjectKind,
    role: Role<'_>,
    object: Object<'_>,
    privileges: &str,
) -> Result<Option<bool>> {
    let role = role_of(context, role)?;
    let object = object_of(context, kind, object)?;
    has_known(context, kind, role, object, 0, privileges)
}

fn has_known(
    context: &mut CallContext<'_>,
    kind: ObjectKind,
    role: Oid,
    object: Oid,
    column: i16,
    privileges: &str,
) -> Result<Option<bool>> {
    let mut answer = Some(false);
    for privilege in privileges.split(',') {
        match context.session.has_privilege(kind, role, object, column, privilege.trim())? {
            None => return Ok(None),
            Some(true) => answer = Some(true),
            Some(false) => {}
        }
    }
    Ok(answer)
}

fn has_column(
    context: &mut CallContext<'_>,
    role: Role<'_>,
    relation: Object<'_>,
    column: ColumnOf<'_>,
    privileges: &str,
) -> Result<Option<bool>> {
    let role = role_of(context, role)?;
    let relation = object_of(context, ObjectKind::Relation, relation)?;
    let column = match column {
        ColumnOf::Numbered(number) => number,
        ColumnOf::Named(name) => context.session.column_of_name(relation, name)?,
    };
    has_known(context, ObjectKind::Column, role, relation, column, privileges)
}

expression::builtins! {
    pub static FUNCTIONS:
    1922 "has_table_privilege" (role: name, object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Relation, Role::Named(role), Object::Named(object), privilege)
    }
    1923 "has_table_privilege" (role: name, object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Relation, Role::Named(role), Object::Known(object), privilege)
    }
    1924 "has_table_privilege" (role: oid_, object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Relation, Role::Known(role), Object::Named(object), privilege)
    }
    1925 "has_table_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Relation, Role::Known(role), Object::Known(object), privilege)
    }
    1926 "has_table_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Relation, Role::Current, Object::Named(object), privilege)
    }
    1927 "has_table_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Relation, Role::Current, Object::Known(object), privilege)
    }
    2268 "has_schema_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Schema, Role::Named(role), Object::Named(object), privilege)
    }
    2269 "has_schema_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Schema, Role::Named(role), Object::Known(object), privilege)
    }
    2270 "has_schema_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Schema, Role::Known(role), Object::Named(object), privilege)
    }
    2271 "has_schema_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Schema, Role::Known(role), Object::Known(object), privilege)
    }
    2272 "has_schema_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Schema, Role::Current, Object::Named(object), privilege)
    }
    2273 "has_schema_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Schema, Role::Current, Object::Known(object), privilege)
    }
    2250 "has_database_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Database, Role::Named(role), Object::Named(object), privilege)
    }
    2251 "has_database_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Database, Role::Named(role), Object::Known(object), privilege)
    }
    2252 "has_database_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Database, Role::Known(role), Object::Named(object), privilege)
    }
    2253 "has_database_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Database, Role::Known(role), Object::Known(object), privilege)
    }
    2254 "has_database_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Database, Role::Current, Object::Named(object), privilege)
    }
    2255 "has_database_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Database, Role::Current, Object::Known(object), privilege)
    }
    2256 "has_function_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Function, Role::Named(role), Object::Named(object), privilege)
    }
    2257 "has_function_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Function, Role::Named(role), Object::Known(object), privilege)
    }
    2258 "has_function_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Function, Role::Known(role), Object::Named(object), privilege)
    }
    2259 "has_function_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Function, Role::Known(role), Object::Known(object), privilege)
    }
    2260 "has_function_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Function, Role::Current, Object::Named(object), privilege)
    }
    2261 "has_function_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Function, Role::Current, Object::Known(object), privilege)
    }
    3138 "has_type_privilege" (role: name, object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Type, Role::Named(role), Object::Named(object), privilege)
    }
    3139 "has_type_privilege" (role: name, object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Type, Role::Named(role), Object::Known(object), privilege)
    }
    3140 "has_type_privilege" (role: oid_, object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Type, Role::Known(role), Object::Named(object), privilege)
    }
    3141 "has_type_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Type, Role::Known(role), Object::Known(object), privilege)
    }
    3142 "has_type_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Type, Role::Current, Object::Named(object), privilege)
    }
    3143 "has_type_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Type, Role::Current, Object::Known(object), privilege)
    }
    2181 "has_sequence_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Sequence, Role::Named(role), Object::Named(object), privilege)
    }
    2182 "has_sequence_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Sequence, Role::Named(role), Object::Known(object), privilege)
    }
    2183 "has_sequence_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Sequence, Role::Known(role), Object::Named(object), privilege)
    }
    2184 "has_sequence_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Sequence, Role::Known(role), Object::Known(object), privilege)
    }
    2185 "has_sequence_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Sequence, Role::Current, Object::Named(object), privilege)
    }
    2186 "has_sequence_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Sequence, Role::Current, Object::Known(object), privilege)
    }
    2390 "has_tablespace_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Tablespace, Role::Named(role), Object::Named(object), privilege)
    }
    2391 "has_tablespace_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Tablespace, Role::Named(role), Object::Known(object), privilege)
    }
    2392 "has_tablespace_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Tablespace, Role::Known(role), Object::Named(object), privilege)
    }
    2393 "has_tablespace_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Tablespace, Role::Known(role), Object::Known(object), privilege)
    }
    2394 "has_tablespace_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Tablespace, Role::Current, Object::Named(object), privilege)
    }
    2395 "has_tablespace_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Tablespace, Role::Current, Object::Known(object), privilege)
    }
    2262 "has_language_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Language, Role::Named(role), Object::Named(object), privilege)
    }
    2263 "has_language_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Language, Role::Named(role), Object::Known(object), privilege)
    }
    2264 "has_language_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Language, Role::Known(role), Object::Named(object), privilege)
    }
    2265 "has_language_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Language, Role::Known(role), Object::Known(object), privilege)
    }
    2266 "has_language_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Language, Role::Current, Object::Named(object), privilege)
    }
    2267 "has_language_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Language, Role::Current, Object::Known(object), privilege)
    }
    3006 "has_server_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Server, Role::Named(role), Object::Named(object), privilege)
    }
    3007 "has_server_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Server, Role::Named(role), Object::Known(object), privilege)
    }
    3008 "has_server_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Server, Role::Known(role), Object::Named(object), privilege)
    }
    3009 "has_server_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::Server, Role::Known(role), Object::Known(object), privilege)
    }
    3010 "has_server_privilege" (object: text, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Server, Role::Current, Object::Named(object), privilege)
    }
    3011 "has_server_privilege" (object: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Server, Role::Current, Object::Known(object), privilege)
    }
    3000 "has_foreign_data_wrapper_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::ForeignDataWrapper, Role::Named(role), Object::Named(object), privilege)
    }
    3001 "has_foreign_data_wrapper_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::ForeignDataWrapper, Role::Named(role), Object::Known(object), privilege)
    }
    3002 "has_foreign_data_wrapper_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::ForeignDataWrapper, Role::Known(role), Object::Named(object), privilege)
    }
    3003 "has_foreign_data_wrapper_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::ForeignDataWrapper, Role::Known(role), Object::Known(object), privilege)
    }
    3004 "has_foreign_data_wrapper_privilege" (object: text, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::ForeignDataWrapper, Role::Current, Object::Named(object), privilege)
    }
    3005 "has_foreign_data_wrapper_privilege" (object: oid_, privilege: text) using context -> bool_,
        strict stable {
        has(context, ObjectKind::ForeignDataWrapper, Role::Current, Object::Known(object), privilege)
    }
    3012 "has_column_privilege" (role: name, object: text, column: text, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Named(role), Object::Named(object), ColumnOf::Named(column), privilege)
    }
    3013 "has_column_privilege" (role: name, object: text, column: int2, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Named(role), Object::Named(object), ColumnOf::Numbered(column), privilege)
    }
    3024 "has_any_column_privilege" (role: name, object: text, privilege: text) using context -> bool_,
        strict stable cost(10.0) {
        has_column(context, Role::Named(role), Object::Named(object), ColumnOf::Numbered(0), privilege)
    }
    3014 "has_column_privilege" (role: name, object: oid_, column: text, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Named(role), Object::Known(object), ColumnOf::Named(column), privilege)
    }
    3015 "has_column_privilege" (role: name, object: oid_, column: int2, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Named(role), Object::Known(object), ColumnOf::Numbered(column), privilege)
    }
    3025 "has_any_column_privilege" (role: name, object: oid_, privilege: text) using context -> bool_,
        strict stable cost(10.0) {
        has_column(context, Role::Named(role), Object::Known(object), ColumnOf::Numbered(0), privilege)
    }
    3016 "has_column_privilege" (role: oid_, object: text, column: text, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Known(role), Object::Named(object), ColumnOf::Named(column), privilege)
    }
    3017 "has_column_privilege" (role: oid_, object: text, column: int2, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Known(role), Object::Named(object), ColumnOf::Numbered(column), privilege)
    }
    3026 "has_any_column_privilege" (role: oid_, object: text, privilege: text) using context -> bool_,
        strict stable cost(10.0) {
        has_column(context, Role::Known(role), Object::Named(object), ColumnOf::Numbered(0), privilege)
    }
    3018 "has_column_privilege" (role: oid_, object: oid_, column: text, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Known(role), Object::Known(object), ColumnOf::Named(column), privilege)
    }
    3019 "has_column_privilege" (role: oid_, object: oid_, column: int2, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Known(role), Object::Known(object), ColumnOf::Numbered(column), privilege)
    }
    3027 "has_any_column_privilege" (role: oid_, object: oid_, privilege: text) using context -> bool_,
        strict stable cost(10.0) {
        has_column(context, Role::Known(role), Object::Known(object), ColumnOf::Numbered(0), privilege)
    }
    3020 "has_column_privilege" (object: text, column: text, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Current, Object::Named(object), ColumnOf::Named(column), privilege)
    }
    3021 "has_column_privilege" (object: text, column: int2, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Current, Object::Named(object), ColumnOf::Numbered(column), privilege)
    }
    3028 "has_any_column_privilege" (object: text, privilege: text) using context -> bool_,
        strict stable cost(10.0) {
        has_column(context, Role::Current, Object::Named(object), ColumnOf::Numbered(0), privilege)
    }
    3022 "has_column_privilege" (object: oid_, column: text, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Current, Object::Known(object), ColumnOf::Named(column), privilege)
    }
    3023 "has_column_privilege" (object: oid_, column: int2, privilege: text) using context -> bool_,
        strict stable {
        has_column(context, Role::Current, Object::Known(object), ColumnOf::Numbered(column), privilege)
    }
    3029 "has_any_column_privilege" (object: oid_, privilege: text) using context -> bool_,
        strict stable cost(10.0) {
        has_column(context, Role::Current, Object::Known(object), ColumnOf::Numbered(0), privilege)
    }
    2705 "pg_has_role" (role: name, member_of: name, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Role, Role::Named(role), Object::Named(member_of), privilege)
    }
    2706 "pg_has_role" (role: name, member_of: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Role, Role::Named(role), Object::Known(member_of), privilege)
    }
    2707 "pg_has_role" (role: oid_, member_of: name, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Role, Role::Known(role), Object::Named(member_of), privilege)
    }
    2708 "pg_has_role" (role: oid_, member_of: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Role, Role::Known(role), Object::Known(member_of), privilege)
    }
    2709 "pg_has_role" (member_of: name, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Role, Role::Current, Object::Named(member_of), privilege)
    }
    2710 "pg_has_role" (member_of: oid_, privilege: text) using context -> bool_, strict stable {
        has(context, ObjectKind::Role, Role::Current, Object::Known(member_of), privilege)
    }
}
