//! Roles: CREATE, ALTER, DROP, and membership.

use catalog::CatalogView;
use catalog::field::TimestampTz;
use catalog::tables::*;
use common::Oid;
use error::{Result, error};
use parser::ast::{
    AlterRoleStatement, CreateRoleStatement, DefinitionElement, DefinitionValue, DropRoleStatement,
    GrantRoleStatement, RoleKind, RoleName,
};
use types::{Value, oid};

use crate::environment::Environment;
use crate::new_relation::{option_boolean, option_text};

/// CREATE ROLE, USER, GROUP.
pub(crate) fn create(environment: &mut Environment<'_>, statement: &CreateRoleStatement) -> Result<()> {
    let catalog = environment.catalog;
    let name = &statement.name;
    if !may_manage(environment)? {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to create role")
            .detail("Only roles with the CREATEROLE attribute may create roles."));
    }
    if name.starts_with("pg_") {
        return Err(error!(RESERVED_NAME, "role name \"{name}\" is reserved")
            .detail("Role names starting with \"pg_\" are reserved."));
    }
    if matches!(name.as_str(), "public" | "none") {
        return Err(error!(RESERVED_NAME, "role name \"{name}\" is reserved"));
    }
    if !catalog.find::<PgAuthid>(PgAuthid::BY_ROLNAME, &[Value::text(name)])?.is_empty() {
        return Err(error!(DUPLICATE_OBJECT, "role \"{name}\" already exists"));
    }
    let role = catalog.new_oid::<PgAuthid>(PgAuthid::BY_OID)?;
    let mut row = PgAuthid {
        oid: role,
        rolname: name.as_str().into(),
        rolsuper: false,
        rolinherit: true,
        rolcreaterole: false,
        rolcreatedb: false,
        rolcanlogin: statement.kind == RoleKind::User,
        rolreplication: false,
        rolbypassrls: false,
        rolconnlimit: -1,
        rolpassword: None,
        rolvaliduntil: None,
    };
    attributes(environment, &mut row, &statement.options)?;
    catalog.insert(&row)?;
    catalog.next_command()?;
    for option in &statement.options {
        let Some(DefinitionValue::Roles(roles)) = &option.value else { continue };
        for other in roles {
            let other = environment.role_oid(other)?;
            match option.name.as_str() {
                "addroleto" => add_member(environment, other, role, false)?,
                "rolemembers" => add_member(environment, role, other, false)?,
                "adminmembers" => add_member(environment, role, other, true)?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// ALTER ROLE with attributes.
pub(crate) fn alter(environment: &mut Environment<'_>, statement: &AlterRoleStatement) -> Result<()> {
    let catalog = environment.catalog;
    let role = environment.role_oid(&statement.role)?;
    let only_password = statement.options.iter().all(|option| option.name == "password");
    if !(may_manage(environment)? || role == environment.user && only_password) {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to alter role"));
    }
    let found = catalog.find::<PgAuthid>(PgAuthid::BY_OID, &[Value::Oid(role)])?;
    let Some((address, mut row)) = found.into_iter().next() else {
        return Err(error!(UNDEFINED_OBJECT, "role with OID {role} does not exist"));
    };
    if row.rolsuper && !environment.is_superuser {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to alter role").detail(
            "Only roles with the SUPERUSER attribute may alter roles with the SUPERUSER attribute.",
        ));
    }
    attributes(environment, &mut row, &statement.options)?;
    catalog.update(address, &row)?;
    catalog.next_command()
}

/// Whether the role may make and change roles.
fn may_manage(environment: &Environment<'_>) -> Result<bool> {
    let own = environment.catalog.role(environment.user)?;
    Ok(environment.is_superuser || own.is_some_and(|row| row.rolcreaterole))
}

fn attributes(
    environment: &Environment<'_>,
    row: &mut PgAuthid,
    options: &[DefinitionElement],
) -> Result<()> {
    let mut seen: Vec<&str> = Vec::new();
    for option in options {
        let name = option.name.as_str();
        if seen.contains(&name) {
            return Err(error!(SYNTAX_ERROR, "conflicting or redundant options")
                .at(environment.position(option.location)));
        }
        seen.push(name);
        let needs_superuser = matches!(name, "superuser" | "isreplication" | "bypassrls");
        if needs_superuser && !environment.is_superuser {
            return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to alter role"));
        }
        match name {
            "superuser" => row.rolsuper = option_boolean(option)?,
            "inherit" => row.rolinherit = option_boolean(option)?,
            "createrole" => row.rolcreaterole = option_boolean(option)?,
            "createdb" => row.rolcreatedb = option_boolean(option)?,
            "canlogin" => row.rolcanlogin = option_boolean(option)?,
            "isreplication" => row.rolreplication = option_boolean(option)?,
            "bypassrls" => row.rolbypassrls = option_boolean(option)?,
            "connectionlimit" => {
                let limit = option_text(option).parse().unwrap_or(-2);
                if limit < -1 {
                    return Err(error!(
                        INVALID_PARAMETER_VALUE,
                        "invalid connection limit: {}",
                        option_text(option)
                    ));
                }
                row.rolconnlimit = limit;
            }
            "password" => {
                row.rolpassword = match &option.value {
                    None => None,
                    Some(_) => Some((environment.hash_password)(&option_text(option))?),
                };
            }
            "validUntil" => {
                let value = environment.text.input(oid::TIMESTAMPTZ, -1, &option_text(option))?;
                row.rolvaliduntil = value.as_i64().map(TimestampTz);
            }
            _ => {}
        }
    }
    Ok(())
}

/// DROP ROLE.
pub(crate) fn drop(environment: &mut Environment<'_>, statement: &DropRoleStatement) -> Result<()> {
    let catalog = environment.catalog;
    if !may_manage(environment)? {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to drop role"));
    }
    for role in &statement.roles {
        let oid = match environment.role_oid(role) {
            Ok(oid) => oid,
            Err(missing) if statement.if_exists => {
                let text = format!("{}, skipping", missing.message());
                environment.notice(error::Error::new(error::sqlstate::SUCCESSFUL_COMPLETION, text));
                continue;
            }
            Err(missing) => return Err(missing),
        };
        if oid == environment.user {
            return Err(error!(OBJECT_IN_USE, "current user cannot be dropped"));
        }
        let found = catalog.find::<PgAuthid>(PgAuthid::BY_OID, &[Value::Oid(oid)])?;
        let Some((address, row)) = found.into_iter().next() else { continue };
        if oid < Oid::FIRST_NORMAL {
            return Err(error!(
                DEPENDENT_OBJECTS_STILL_EXIST,
                "cannot drop role {} because it is required by the database system", &*row.rolname
            ));
        }
        let keys = [Value::Oid(PgAuthid::OID), Value::Oid(oid)];
        let owned = catalog.find::<PgShdepend>(PgShdepend::BY_REFERENCE, &keys)?;
        if !owned.is_empty() {
            let mut lines = Vec::new();
            for (_, dependency) in owned.iter().filter(|(_, row)| row.dbid == catalog.database()) {
                let object = crate::depend::Object::new(dependency.classid, dependency.objid);
                let what = crate::drop::describe(environment, object)?;
                let how = if dependency.deptype == b'o' { "owner of" } else { "privileges for" };
                lines.push(format!("{how} {what}"));
            }
            let elsewhere = owned.len() - lines.len();
            if elsewhere > 0 {
                lines.push(format!("{elsewhere} objects outside this database"));
            }
            return Err(error!(
                DEPENDENT_OBJECTS_STILL_EXIST,
                "role \"{}\" cannot be dropped because some objects depend on it", &*row.rolname
            )
            .detail(lines.join("\n")));
        }
        for index in [PgAuthMembers::BY_ROLE_MEMBER, PgAuthMembers::BY_MEMBER_ROLE] {
            for (address, row) in catalog.find::<PgAuthMembers>(index, &[Value::Oid(oid)])? {
                catalog.delete(address, &row)?;
            }
            catalog.next_command()?;
        }
        catalog.delete(address, &row)?;
        crate::stored_setting::forget(catalog, |setting| setting.setrole == row.oid)?;
        catalog.next_command()?;
    }
    Ok(())
}

fn add_member(environment: &Environment<'_>, role: Oid, member: Oid, admin: bool) -> Result<()> {
    let catalog = environment.catalog;
    let keys = [Value::Oid(role), Value::Oid(member)];
    if let Some((address, mut row)) =
        catalog.find::<PgAuthMembers>(PgAuthMembers::BY_ROLE_MEMBER, &keys)?.into_iter().next()
    {
        row.admin_option |= admin;
        catalog.update(address, &row)?;
        return catalog.next_command();
    }
    let inherits = catalog.role(member)?.is_none_or(|row| row.rolinherit);
    let oid = catalog.new_oid::<PgAuthMembers>(PgAuthMembers::BY_OID)?;
    catalog.insert(&PgAuthMembers {
        oid,
        roleid: role,
        member,
        grantor: environment.user,
        admin_option: admin,
        inherit_option: inherits,
        set_option: true,
    })?;
    catalog.next_command()
}

/// GRANT and REVOKE of membership.
pub(crate) fn grant(environment: &mut Environment<'_>, statement: &GrantRoleStatement) -> Result<()> {
    let catalog = environment.catalog;
    let wants_admin = match statement.options.iter().find(|option| option.name == "admin") {
        Some(option) => option_boolean(option)?,
        None => false,
    };
    let members: Vec<Oid> =
        statement.grantees.iter().map(|name: &RoleName| environment.role_oid(name)).collect::<Result<_>>()?;
    for privilege in &statement.roles {
        let name = privilege.name.as_deref().unwrap_or_default();
        let role = catalog.role_by_name(name)?;
        let role = role.ok_or_else(|| error!(UNDEFINED_OBJECT, "role \"{name}\" does not exist"))?;
        if !may_manage(environment)? {
            return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to grant role \"{name}\"").detail(
                format!("Only roles with the ADMIN option on role \"{name}\" may grant this role."),
            ));
        }
        for member in &members {
            if statement.is_grant {
                check_no_circle(environment, role.oid, *member)?;
                add_member(environment, role.oid, *member, wants_admin)?;
                continue;
            }
            let keys = [Value::Oid(role.oid), Value::Oid(*member)];
            for (address, mut row) in catalog.find::<PgAuthMembers>(PgAuthMembers::BY_ROLE_MEMBER, &keys)? {
                // ADMIN OPTION FOR takes only that.
                if statement.options.iter().any(|option| option.name == "admin") {
                    row.admin_option = false;
                    catalog.update(address, &row)?;
                } else {
                    catalog.delete(address, &row)?;
                }
            }
            catalog.next_command()?;
        }
    }
    Ok(())
}

/// # Errors
/// 0LP01 when the role is a member of the one that is to become its member.
fn check_no_circle(environment: &Environment<'_>, role: Oid, member: Oid) -> Result<()> {
    let mut reached = vec![role];
    let mut at = 0;
    while at < reached.len() {
        if reached[at] == member {
            let name = |oid| -> Result<String> {
                Ok(environment.catalog.role(oid)?.map(|row| row.rolname.0.clone()).unwrap_or_default())
            };
            return Err(error!(
                INVALID_GRANT_OPERATION,
                "role \"{}\" is a member of role \"{}\"",
                name(role)?,
                name(member)?
            ));
        }
        let keys = [Value::Oid(reached[at])];
        for row in environment.catalog.rows::<PgAuthMembers>(PgAuthMembers::BY_MEMBER_ROLE, &keys)?.iter() {
            if !reached.contains(&row.roleid) {
                reached.push(row.roleid);
            }
        }
        at += 1;
    }
    Ok(())
}

/// ALTER ROLE ... RENAME TO.
pub(crate) fn rename(environment: &Environment<'_>, name: &str, new: &str) -> Result<()> {
    let catalog = environment.catalog;
    if !environment.is_superuser {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to rename role"));
    }
    let found = catalog.find::<PgAuthid>(PgAuthid::BY_ROLNAME, &[Value::text(name)])?;
    let Some((address, mut row)) = found.into_iter().next() else {
        return Err(error!(UNDEFINED_OBJECT, "role \"{name}\" does not exist"));
    };
    if !catalog.find::<PgAuthid>(PgAuthid::BY_ROLNAME, &[Value::text(new)])?.is_empty() {
        return Err(error!(DUPLICATE_OBJECT, "role \"{new}\" already exists"));
    }
    row.rolname = new.into();
    catalog.update(address, &row)?;
    catalog.next_command()
}
