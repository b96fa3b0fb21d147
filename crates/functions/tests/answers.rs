//! Functions are called row by row with arguments in text form and must give the recorded answers.

use common::{Lsn, Oid};
use error::{Error, Result};
use expression::context::{AdvisoryLock, ObjectKind, Report};
use expression::{CallContext, Registry, SessionAccess};
use types::io::{BuiltInCatalog, Context, TypeCatalog, input, output_text, physical_type};
use types::{FormatSettings, Value, oid};

/// A session without a server behind it.
struct NoSession;

fn unavailable() -> Error {
    Error::internal("there is no server here")
}

impl SessionAccess for NoSession {
    fn catalog(&self) -> &dyn TypeCatalog {
        &BuiltInCatalog
    }

    fn current_database(&self) -> Result<String> {
        Err(unavailable())
    }

    fn current_user(&self) -> Result<String> {
        Err(unavailable())
    }

    fn session_user(&self) -> Result<String> {
        Err(unavailable())
    }

    fn type_of_name(&mut self, _: &str) -> Result<(Oid, i32)> {
        Err(unavailable())
    }

    fn current_schemas(&mut self, _: bool) -> Result<Vec<String>> {
        Err(unavailable())
    }

    fn server_version(&self) -> String {
        String::new()
    }

    fn process_id(&self) -> i32 {
        1
    }

    fn setting(&mut self, _: &str, _: bool) -> Result<Option<String>> {
        Err(unavailable())
    }

    fn set_setting(&mut self, _: &str, _: Option<&str>, _: bool) -> Result<String> {
        Err(unavailable())
    }

    fn statement_timestamp(&self) -> i64 {
        0
    }

    fn clock_timestamp(&self) -> i64 {
        0
    }

    fn verify_index(&mut self, _: Oid, _: bool) -> Result<()> {
        Err(unavailable())
    }
    fn verify_heap(&mut self, _: Oid) -> Result<Vec<expression::context::HeapProblem>> {
        Err(unavailable())
    }
    fn next_value(&mut self, _: Oid) -> Result<i64> {
        Err(unavailable())
    }

    fn current_value(&mut self, _: Oid) -> Result<i64> {
        Err(unavailable())
    }

    fn last_value(&mut self) -> Result<i64> {
        Err(unavailable())
    }

    fn set_value(&mut self, _: Oid, _: i64, _: bool) -> Result<()> {
        Err(unavailable())
    }

    fn transaction_id(&mut self, _: bool) -> Result<Option<u64>> {
        Err(unavailable())
    }

    fn snapshot_text(&mut self) -> Result<String> {
        Err(unavailable())
    }

    fn advisory_lock(&mut self, _: AdvisoryLock, _: bool) -> Result<bool> {
        Err(unavailable())
    }

    fn advisory_unlock(&mut self, _: AdvisoryLock) -> Result<bool> {
        Err(unavailable())
    }

    fn advisory_unlock_all(&mut self) -> Result<()> {
        Err(unavailable())
    }

    fn relation_size(&mut self, _: Oid, _: &str) -> Result<Option<i64>> {
        Err(unavailable())
    }

    fn relation_total_size(&mut self, _: Oid, _: bool) -> Result<Option<i64>> {
        Err(unavailable())
    }

    fn database_size(&mut self, _: Oid) -> Result<Option<i64>> {
        Err(unavailable())
    }

    fn relation_file_number(&mut self, _: Oid) -> Result<Option<Oid>> {
        Err(unavailable())
    }

    fn relation_file_path(&mut self, _: Oid) -> Result<Option<String>> {
        Err(unavailable())
    }

    fn tablespace_size(&mut self, _: Oid) -> Result<Option<i64>> {
        Err(unavailable())
    }

    fn report(&mut self, _: Report, _: &[Value]) -> Result<Vec<Vec<Value>>> {
        Err(unavailable())
    }

    fn counter(&mut self, _: common::Counter, _: Oid) -> i64 {
        0
    }

    fn database_counter(&mut self, _: common::Counter, _: Oid) -> i64 {
        0
    }

    fn reset_statements(&mut self, _: Oid, _: Oid, _: i64, _: bool) -> Result<i64> {
        Ok(0)
    }

    fn reset_relation_counters(&mut self, _: Oid) -> Result<()> {
        Ok(())
    }

    fn reset_shared_counters(&mut self, _: Option<&str>) -> Result<()> {
        Ok(())
    }

    fn reset_backend_counters(&mut self, _: i32) -> Result<()> {
        Ok(())
    }

    fn reset_counters(&mut self) -> Result<()> {
        Ok(())
    }

    fn blocking_processes(&mut self, _: i32) -> Vec<i32> {
        Vec::new()
    }

    fn server_times(&self) -> (i64, i64) {
        (0, 0)
    }

    fn has_privilege(&mut self, _: ObjectKind, _: Oid, _: Oid, _: i16, _: &str) -> Result<Option<bool>> {
        Err(unavailable())
    }

    fn is_visible(&mut self, _: ObjectKind, _: Oid) -> Result<Option<bool>> {
        Err(unavailable())
    }

    fn object_of_name(&mut self, _: ObjectKind, _: &str) -> Result<Oid> {
        Err(unavailable())
    }

    fn column_of_name(&mut self, _: Oid, _: &str) -> Result<i16> {
        Err(unavailable())
    }

    fn definition(&mut self, _: ObjectKind, _: Oid, _: i32, _: bool) -> Result<Option<String>> {
        Err(unavailable())
    }

    fn expression_text(&mut self, _: &str, _: Oid, _: bool) -> Result<Option<String>> {
        Err(unavailable())
    }

    fn format_type(&mut self, _: Oid, _: Option<i32>) -> Result<Option<String>> {
        Err(unavailable())
    }

    fn description(&mut self, _: Oid, _: &str, _: i32) -> Result<Option<String>> {
        Err(unavailable())
    }

    fn serial_sequence(&mut self, _: Oid, _: &str) -> Result<Option<String>> {
        Err(unavailable())
    }

    fn is_publishable(&mut self, _: Oid) -> Result<Option<bool>> {
        Err(unavailable())
    }

    fn role_name(&mut self, _: Oid) -> Result<Option<String>> {
        Err(unavailable())
    }

    fn role_of_name(&mut self, _: &str) -> Result<Oid> {
        Err(unavailable())
    }

    fn cancel_backend(&mut self, _: i32) -> Result<bool> {
        Err(unavailable())
    }

    fn terminate_backend(&mut self, _: i32, _: i64) -> Result<bool> {
        Err(unavailable())
    }

    fn reload_configuration(&mut self) -> Result<bool> {
        Err(unavailable())
    }

    fn is_in_recovery(&mut self) -> Result<bool> {
        Err(unavailable())
    }

    fn current_log_position(&mut self) -> Result<Lsn> {
        Err(unavailable())
    }

    fn switch_log(&mut self) -> Result<Lsn> {
        Err(unavailable())
    }

    fn log_file_name(&self, position: Lsn) -> String {
        position.to_string()
    }

    fn sleep(&mut self, _: i64) -> Result<()> {
        Err(unavailable())
    }

    fn notify(&mut self, _: &str, _: &str) -> Result<()> {
        Err(unavailable())
    }

    fn check_for_interrupts(&mut self) -> Result<()> {
        Ok(())
    }

    fn random(&mut self) -> u64 {
        0
    }

    fn set_seed(&mut self, _: f64) {}

    fn random_bytes(&mut self, _: &mut [u8]) -> Result<()> {
        Err(unavailable())
    }
}

fn type_of(name: &str) -> Oid {
    let (name, is_array) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
    let found = oid::type_by_name(name).unwrap_or_else(|| panic!("type {name}"));
    if is_array { found.array } else { found.oid }
}

/// The result type of a call: that of the array or element for polymorphic results.
fn result_type(declared: Oid, arguments: &[Oid]) -> Oid {
    match declared {
        oid::ANYARRAY | oid::ANYCOMPATIBLEARRAY if oid::element_of(arguments[0]).is_valid() => arguments[0],
        oid::ANYARRAY | oid::ANYCOMPATIBLEARRAY => oid::array_of(arguments[0]),
        oid::ANYELEMENT => oid::element_of(arguments[0]),
        _ => declared,
    }
}

fn accepts(declared: Oid, actual: Oid) -> bool {
    declared == actual
        || declared == oid::ANYELEMENT
        || declared == oid::ANYARRAY && oid::element_of(actual).is_valid()
}

fn check(registry: &Registry, line: &str) -> Option<String> {
    let mut parts = line.splitn(4, '|');
    let (name, types, values) = (parts.next()?, parts.next()?, parts.next()?);
    let expected = parts.next()?;
    let types: Vec<Oid> = types.split(',').map(type_of).collect();
    let settings = FormatSettings::default();
    let io = Context { settings: &settings, catalog: &BuiltInCatalog };
    let function = registry.functions_named(name).find(|function| {
        function.arguments.len() == types.len()
            && function.arguments.iter().zip(&types).all(|(declared, actual)| accepts(*declared, *actual))
    });
    let Some(function) = function else { return Some(format!("{line}: no such function")) };
    let result = result_type(function.result, &types);
    let call = || -> Result<String> {
        let arguments: Result<Vec<Value>> =
            types.iter().zip(values.split(';')).map(|(of, text)| input(*of, -1, text, &io)).collect();
        let mut session = NoSession;
        let mut context = CallContext {
            settings: &settings,
            session: &mut session,
            argument_types: &types,
            result_type: result,
            collation: Oid::INVALID,
        };
        let physical = physical_type(result, &BuiltInCatalog).ok_or_else(unavailable)?;
        match function.call(&mut context, physical, &arguments?)? {
            Value::Null => Ok("NULL".to_owned()),
            value => output_text(result, &value, &io),
        }
    };
    let answer = call().unwrap_or_else(|error| format!("ERROR {}: {}", error.sqlstate(), error.message()));
    (answer != expected).then(|| format!("{line}\n    gave {answer}"))
}

#[test]
fn answers() {
    let registry = Registry::new(&functions::declarations());
    let lines = include_str!("answers.txt").lines().filter(|line| !line.starts_with('#'));
    let wrong: Vec<String> = lines.filter_map(|line| check(&registry, line)).collect();
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
}
