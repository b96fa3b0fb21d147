//! Settings that outlive the session: `ALTER ROLE ... SET`, `ALTER DATABASE ... SET`, `ALTER SYSTEM`; and their use when a session
//! begins.

use background::configuration;
use catalog::tables::{PgDatabase, PgDbRoleSetting};
use catalog::{Catalog, CatalogView};
use commands::{SettingChange, change_setting};
use common::Oid;
use config::{Context, Id, Settings, Source};
use error::{Error, Result, error};
use parser::ast::{AlterRoleSetStatement, RoleReference, SetKind, SetStatement};
use storage_lock::{LockMode, LockTag, Scope, Wait};
use types::Value;

use super::Session;

/// Gives a new session what is stored for its database and its role. A value that cannot be used any more is only logged.
/// # Errors
/// Those of reading.
pub(crate) fn apply(catalog: &Catalog, role: Oid, settings: &mut Settings) -> Result<()> {
    let database = catalog.database();
    let everybody = Oid::INVALID;
    for (database, role, source) in [
        (everybody, everybody, Source::Database),
        (database, everybody, Source::Database),
        (everybody, role, Source::User),
        (database, role, Source::DatabaseUser),
    ] {
        let keys = [Value::Oid(database), Value::Oid(role)];
        for (_, row) in catalog.find::<PgDbRoleSetting>(PgDbRoleSetting::BY_DATABASEID_ROL, &keys)? {
            for item in row.setconfig.iter().flatten() {
                let Some((name, value)) = item.split_once('=') else { continue };
                if let Err(error) = settings.set_from(name, value, source.clone()) {
                    background::log::report(error.with_severity(error::Severity::Warning).report());
                }
            }
        }
    }
    Ok(())
}

/// What a SET clause does to a stored setting.
enum Stored {
    Set(String, String),
    Forget(String),
    ForgetAll,
}

impl Session {
    /// Reads a SET clause and checks its value as SET would.
    fn stored(&self, set: &SetStatement) -> Result<Stored> {
        Ok(match &set.kind {
            SetKind::Value { name, values } => Stored::Set(name.clone(), self.set_text(name, values)?),
            SetKind::FromCurrent { name } => Stored::Set(name.clone(), self.settings.borrow().show(name)?),
            SetKind::ToDefault { name } | SetKind::Reset { name } => Stored::Forget(name.clone()),
            SetKind::ResetAll => Stored::ForgetAll,
            SetKind::Transaction(_)
            | SetKind::SessionCharacteristics(_)
            | SetKind::TransactionSnapshot(_) => {
                return Err(Error::unsupported("this form of SET cannot be stored yet"));
            }
        })
    }

    fn store(&self, database: Oid, role: Oid, set: &SetStatement) -> Result<()> {
        let change = self.stored(set)?;
        let mut trial = self.settings.borrow().clone();
        let change = match &change {
            Stored::Set(name, value) => {
                let value = self.assignment().checked_text(name, value)?.unwrap_or_else(|| value.clone());
                trial.set(name, Some(&value), config::Scope::Session, 1, self.is_superuser)?;
                let name = config::find(name).map_or(name.as_str(), |setting| setting.name);
                return change_setting(
                    &self.catalog,
                    database,
                    role,
                    &SettingChange::One(name, Some(&value)),
                );
            }
            Stored::Forget(name) => {
                trial.set(name, None, config::Scope::Session, 1, self.is_superuser)?;
                SettingChange::One(name, None)
            }
            Stored::ForgetAll => SettingChange::All,
        };
        change_setting(&self.catalog, database, role, &change)
    }

    /// ALTER ROLE ... SET.
    pub fn alter_role_set(&mut self, statement: &AlterRoleSetStatement) -> Result<String> {
        let role = match statement.role.as_ref().map(|role| &role.role) {
            None => Oid::INVALID,
            Some(RoleReference::Name(name)) => match self.catalog.role_by_name(name)? {
                Some(row) => row.oid,
                None => return Err(error!(UNDEFINED_OBJECT, "role \"{name}\" does not exist")),
            },
            Some(RoleReference::Public) => {
                return Err(error!(UNDEFINED_OBJECT, "role \"public\" does not exist"));
            }
            Some(_) => self.user,
        };
        let database = match &statement.database {
            Some(name) => self.services.find_database(name)?,
            None => Oid::INVALID,
        };
        if !self.is_superuser && role != self.user {
            let manages = self.catalog.role(self.user)?.is_some_and(|row| row.rolcreaterole);
            let target_is_superuser = self.catalog.role(role)?.is_none_or(|row| row.rolsuper);
            if !manages || target_is_superuser {
                return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to alter role"));
            }
        }
        self.store(database, role, &statement.set)?;
        Ok("ALTER ROLE".into())
    }

    /// ALTER DATABASE ... SET.
    pub fn alter_database_set(&mut self, name: &str, set: &SetStatement) -> Result<String> {
        let found = self.catalog.row::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(name)])?;
        let Some(row) = found else {
            return Err(error!(UNDEFINED_DATABASE, "database \"{name}\" does not exist"));
        };
        if !self.is_superuser && row.datdba != self.user {
            return Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of database {name}"));
        }
        self.store(row.oid, Oid::INVALID, set)?;
        Ok("ALTER DATABASE".into())
    }

    /// ALTER SYSTEM.
    pub fn alter_system(&mut self, set: &SetStatement) -> Result<String> {
        self.prevent_block("ALTER SYSTEM")?;
        if !self.settings.borrow().bool(Id::AllowAlterSystem) {
            return Err(error!(FEATURE_NOT_SUPPORTED, "ALTER SYSTEM is not allowed in this environment"));
        }
        let change = self.stored(set)?;
        let change = match &change {
            Stored::Set(name, value) => {
                let value = self.assignment().checked_text(name, value)?.unwrap_or_else(|| value.clone());
                self.check_for_file(name, Some(&value))?;
                (Some(name.clone()), Some(value))
            }
            Stored::Forget(name) => {
                self.check_for_file(name, None)?;
                (Some(name.clone()), None)
            }
            Stored::ForgetAll if !self.is_superuser => {
                return Err(error!(
                    INSUFFICIENT_PRIVILEGE,
                    "permission denied to perform ALTER SYSTEM RESET ALL"
                ));
            }
            Stored::ForgetAll => (None, None),
        };
        // One at a time: the file is read and written as a whole.
        let tag = LockTag::object(Oid::INVALID, PgDbRoleSetting::OID, Oid::INVALID, 0);
        let locks = self.transaction.locks();
        locks.acquire(tag, LockMode::Exclusive, Scope::Session, Wait::Block)?;
        let written = configuration::change_automatic(change.0.as_deref(), change.1.as_deref());
        locks.release(tag, LockMode::Exclusive, true);
        written?;
        Ok("ALTER SYSTEM".into())
    }

    /// Whether ALTER SYSTEM may write this.
    fn check_for_file(&self, name: &str, value: Option<&str>) -> Result<()> {
        let Some(setting) = config::find(name) else {
            return Err(error!(UNDEFINED_OBJECT, "unrecognized configuration parameter \"{name}\""));
        };
        if !self.is_superuser {
            return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to set parameter \"{name}\""));
        }
        let is_of_start = matches!(setting.id, Id::DataDirectory | Id::ConfigFile);
        if setting.context == Context::Internal || is_of_start {
            return Err(error!(
                CANT_CHANGE_RUNTIME_PARAM,
                "parameter \"{}\" cannot be changed", setting.name
            ));
        }
        let Some(value) = value else { return Ok(()) };
        config::value::parse(setting, value)?;
        if value.contains('\n') {
            return Err(error!(
                INVALID_PARAMETER_VALUE,
                "parameter value for ALTER SYSTEM must not contain a newline"
            ));
        }
        Ok(())
    }
}
