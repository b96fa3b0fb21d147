//! Tables about the session and the server, which system views and tools read: settings, locks, activity, sequences, files.

use common::Oid;
use error::Result;
use expression::context::{ObjectKind, Report};
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, RowSource};
use types::datetime::TimeZone;
use types::datetime::abbreviations::ABBREVIATIONS;
use types::oid::*;
use types::{Array, Column, Interval, PhysicalType, Value};

use crate::sets::{Ready, Table};

const UNIX_EPOCH_SECONDS: i64 = 946_684_800;

macro_rules! reports {
    ($($function:ident = $report:ident;)*) => {$(
        fn $function(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
            Ok(Table::boxed(context.session.report(Report::$report, values)?))
        }
    )*};
}

reports! {
    settings = Settings;
    file_settings = FileSettings;
    hba_file_rules = HbaFileRules;
    ident_file_mappings = IdentFileMappings;
    locks = Locks;
    activity = Activity;
    prepared_statements = PreparedStatements;
    cursors = Cursors;
    shared_memory = SharedMemory;
    available_extensions = AvailableExtensions;
    available_extension_versions = AvailableExtensionVersions;
    buffers = Buffers;
    buffer_summary = BufferSummary;
    buffer_usage = BufferUsage;
    sequence_parameters = SequenceParameters;
    sequence_data = SequenceData;
}

/// What is never there: partitions.
fn nothing(_: &mut CallContext<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Ready::boxed(Vec::new()))
}

/// `name=value` as two columns; a value may be missing.
fn options(_: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let Some(Value::Array(array)) = values.first() else { return Ok(Table::boxed(Vec::new())) };
    let row = |item: Value| {
        let text = item.as_str().unwrap_or_default();
        match text.split_once('=') {
            Some((name, value)) => vec![Value::text(name), Value::text(value)],
            None => vec![Value::text(text), Value::Null],
        }
    };
    Ok(Table::boxed(array.values().map(row).collect()))
}

fn offset(seconds: i32) -> Value {
    Value::Interval(Interval::new(0, 0, i64::from(seconds) * 1_000_000))
}

/// The abbreviations of time zones that are always known.
fn abbreviations(_: &mut CallContext<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    let row = |(name, seconds, is_daylight): &(&str, i32, bool)| {
        vec![Value::text(name), offset(*seconds), Value::Bool(*is_daylight)]
    };
    Ok(Table::boxed(ABBREVIATIONS.iter().map(row).collect()))
}

/// All time zones, with what holds in them now.
fn time_zones(context: &mut CallContext<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    let now = context.settings.now.div_euclid(1_000_000) + UNIX_EPOCH_SECONDS;
    let row = |name: &'static str| {
        let zone = TimeZone::named(name)?;
        let found = zone.offset_at(now);
        Some(vec![
            Value::text(name),
            Value::text(found.abbreviation),
            offset(found.seconds_east),
            Value::Bool(found.is_daylight),
        ])
    };
    Ok(Table::boxed(TimeZone::names().filter_map(row).collect()))
}

fn numbers(list: &[i32]) -> Array {
    let mut column = Column::new(PhysicalType::Int4);
    list.iter().for_each(|number| column.push(*number));
    Array::new(INT4, column)
}

/// The path of a tablespace outside of the data directory; the two built-in ones are inside.
fn location(tablespace: Oid) -> Option<&'static str> {
    matches!(tablespace, Oid(0 | 1663 | 1664)).then_some("")
}

expression::builtins! {
    pub static FUNCTIONS:
    3034 "pg_relation_filepath" (relation: regclass) using context -> text, strict stable {
        context.session.relation_file_path(relation)
    }
    2999 "pg_relation_filenode" (relation: regclass) using context -> oid_, strict stable {
        context.session.relation_file_number(relation)
    }
    3778 "pg_tablespace_location" (tablespace: oid_) -> text, strict stable { Ok(location(tablespace)) }
    2322 "pg_tablespace_size" (tablespace: oid_) using context -> int8, strict volatile {
        context.session.tablespace_size(tablespace)
    }
    2323 "pg_tablespace_size" (tablespace: name) using context -> int8, strict volatile {
        let tablespace = context.session.object_of_name(ObjectKind::Tablespace, tablespace)?;
        context.session.tablespace_size(tablespace)
    }
    2561 "pg_blocking_pids" (process_id: int4) using context -> int4_array, strict volatile {
        Ok(numbers(&context.session.blocking_processes(process_id)))
    }
    3376 "pg_safe_snapshot_blocking_pids" (process_id: int4) -> int4_array, strict volatile {
        let _ = process_id;
        Ok(numbers(&[]))
    }
    2560 "pg_postmaster_start_time" () using context -> timestamptz, strict stable { Ok(context.session.server_times().0) }
    2034 "pg_conf_load_time" () using context -> timestamptz, strict stable parallel_restricted {
        Ok(context.session.server_times().1)
    }
    2855 "pg_is_other_temp_schema" (schema: oid_) -> bool_, strict stable {
        let _ = schema;
        Ok(false)
    }
    4032 "pg_sequence_last_value" (sequence: regclass) using context -> int8, strict volatile parallel_unsafe {
        let rows = context.session.report(Report::SequenceData, &[Value::Oid(sequence)])?;
        Ok(match rows.first().map(Vec::as_slice) {
            Some([Value::Int8(value), Value::Bool(true)]) => Some(*value),
            _ => None,
        })
    }
}

/// The functions that return sets.
pub static SETS: &[FunctionDeclaration] = crate::sets::declare! {
    3425 "pg_partition_ancestors" (partition: regclass) -> regclass, strict volatile rows(10.0)
        argument_names(&["partitionid"]) columns(&[("relid", REGCLASS)]) = nothing;
    2289 "pg_options_to_table" (options: text_array) -> record, strict stable rows(3.0)
        argument_names(&["options_array"])
        columns(&[("option_name", TEXT), ("option_value", TEXT)]) = options;
    3082 "pg_available_extensions" () -> record, strict stable rows(100.0)
        columns(&[("name", NAME), ("default_version", TEXT), ("comment", TEXT)]) = available_extensions;
    3083 "pg_available_extension_versions" () -> record, strict stable rows(100.0)
        columns(&[
            ("name", NAME),
            ("version", TEXT),
            ("superuser", BOOL),
            ("trusted", BOOL),
            ("relocatable", BOOL),
            ("schema", NAME),
            ("requires", NAME_ARRAY),
            ("comment", TEXT)
        ]) = available_extension_versions;
    2856 "pg_timezone_names" () -> record, strict stable rows(1000.0)
        columns(&[("name", TEXT), ("abbrev", TEXT), ("utc_offset", INTERVAL), ("is_dst", BOOL)]) = time_zones;
    2599 "pg_timezone_abbrevs_abbrevs" () -> record, strict stable rows(1000.0)
        columns(&[("abbrev", TEXT), ("utc_offset", INTERVAL), ("is_dst", BOOL)]) = abbreviations;
    3078 "pg_sequence_parameters" (sequence: oid_) -> record, strict stable rows(1.0)
        argument_names(&["sequence_oid"])
        columns(&[
            ("start_value", INT8),
            ("minimum_value", INT8),
            ("maximum_value", INT8),
            ("increment", INT8),
            ("cycle_option", BOOL),
            ("cache_size", INT8),
            ("data_type", OID)
        ]) = sequence_parameters;
    6427 "pg_get_sequence_data" (sequence: regclass) -> record, strict volatile parallel_unsafe rows(1.0)
        argument_names(&["sequence_oid"])
        columns(&[("last_value", INT8), ("is_called", BOOL)]) = sequence_data;
    2084 "pg_show_all_settings" () -> record, strict stable rows(1000.0)
        columns(&[
            ("name", TEXT),
            ("setting", TEXT),
            ("unit", TEXT),
            ("category", TEXT),
            ("short_desc", TEXT),
            ("extra_desc", TEXT),
            ("context", TEXT),
            ("vartype", TEXT),
            ("source", TEXT),
            ("min_val", TEXT),
            ("max_val", TEXT),
            ("enumvals", TEXT_ARRAY),
            ("boot_val", TEXT),
            ("reset_val", TEXT),
            ("sourcefile", TEXT),
            ("sourceline", INT4),
            ("pending_restart", BOOL)
        ]) = settings;
    3329 "pg_show_all_file_settings" () -> record, strict volatile rows(1000.0)
        columns(&[
            ("sourcefile", TEXT),
            ("sourceline", INT4),
            ("seqno", INT4),
            ("name", TEXT),
            ("setting", TEXT),
            ("applied", BOOL),
            ("error", TEXT)
        ]) = file_settings;
    3401 "pg_hba_file_rules" () -> record, strict volatile rows(1000.0)
        columns(&[
            ("rule_number", INT4),
            ("file_name", TEXT),
            ("line_number", INT4),
            ("type", TEXT),
            ("database", TEXT_ARRAY),
            ("user_name", TEXT_ARRAY),
            ("address", TEXT),
            ("netmask", TEXT),
            ("auth_method", TEXT),
            ("options", TEXT_ARRAY),
            ("error", TEXT)
        ]) = hba_file_rules;
    6250 "pg_ident_file_mappings" () -> record, strict volatile rows(1000.0)
        columns(&[
            ("map_number", INT4),
            ("file_name", TEXT),
            ("line_number", INT4),
            ("map_name", TEXT),
            ("sys_name", TEXT),
            ("pg_username", TEXT),
            ("error", TEXT)
        ]) = ident_file_mappings;
    1371 "pg_lock_status" () -> record, strict volatile rows(1000.0)
        columns(&[
            ("locktype", TEXT),
            ("database", OID),
            ("relation", OID),
            ("page", INT4),
            ("tuple", INT2),
            ("virtualxid", TEXT),
            ("transactionid", XID),
            ("classid", OID),
            ("objid", OID),
            ("objsubid", INT2),
            ("virtualtransaction", TEXT),
            ("pid", INT4),
            ("mode", TEXT),
            ("granted", BOOL),
            ("fastpath", BOOL),
            ("waitstart", TIMESTAMPTZ)
        ]) = locks;
    2022 "pg_stat_get_activity" (process: int4) -> record, nullable stable parallel_restricted rows(100.0)
        argument_names(&["pid"])
        columns(&[
            ("datid", OID),
            ("pid", INT4),
            ("usesysid", OID),
            ("application_name", TEXT),
            ("state", TEXT),
            ("query", TEXT),
            ("wait_event_type", TEXT),
            ("wait_event", TEXT),
            ("xact_start", TIMESTAMPTZ),
            ("query_start", TIMESTAMPTZ),
            ("backend_start", TIMESTAMPTZ),
            ("state_change", TIMESTAMPTZ),
            ("client_addr", TEXT),
            ("client_hostname", TEXT),
            ("client_port", INT4),
            ("backend_xid", XID),
            ("backend_xmin", XID),
            ("backend_type", TEXT),
            ("ssl", BOOL),
            ("sslversion", TEXT),
            ("sslcipher", TEXT),
            ("sslbits", INT4),
            ("ssl_client_dn", TEXT),
            ("ssl_client_serial", NUMERIC),
            ("ssl_issuer_dn", TEXT),
            ("gss_auth", BOOL),
            ("gss_princ", TEXT),
            ("gss_enc", BOOL),
            ("gss_delegation", BOOL),
            ("leader_pid", INT4),
            ("query_id", INT8)
        ]) = activity;
    2510 "pg_prepared_statement" () -> record, strict stable parallel_restricted rows(1000.0)
        columns(&[
            ("name", TEXT),
            ("statement", TEXT),
            ("prepare_time", TIMESTAMPTZ),
            ("parameter_types", REGTYPE_ARRAY),
            ("result_types", REGTYPE_ARRAY),
            ("from_sql", BOOL),
            ("generic_plans", INT8),
            ("custom_plans", INT8)
        ]) = prepared_statements;
    2511 "pg_cursor" () -> record, strict stable parallel_restricted rows(1000.0)
        columns(&[
            ("name", TEXT),
            ("statement", TEXT),
            ("is_holdable", BOOL),
            ("is_binary", BOOL),
            ("is_scrollable", BOOL),
            ("creation_time", TIMESTAMPTZ)
        ]) = cursors;
    // Of an extension elsewhere, where they have no fixed identifiers.
    9993 "pg_buffercache_pages" () -> record, strict volatile rows(1000.0)
        columns(&[
            ("bufferid", INT4),
            ("relfilenode", OID),
            ("reltablespace", OID),
            ("reldatabase", OID),
            ("relforknumber", INT2),
            ("relblocknumber", INT8),
            ("isdirty", BOOL),
            ("usagecount", INT2),
            ("pinning_backends", INT4)
        ]) = buffers;
    9994 "pg_buffercache_summary" () -> record, strict volatile rows(1.0)
        columns(&[
            ("buffers_used", INT4),
            ("buffers_unused", INT4),
            ("buffers_dirty", INT4),
            ("buffers_pinned", INT4),
            ("usagecount_avg", FLOAT8)
        ]) = buffer_summary;
    9995 "pg_buffercache_usage_counts" () -> record, strict volatile rows(6.0)
        columns(&[("usage_count", INT4), ("buffers", INT4), ("dirty", INT4), ("pinned", INT4)]) = buffer_usage;
    5052 "pg_get_shmem_allocations" () -> record, strict volatile rows(50.0)
        columns(&[("name", TEXT), ("off", INT8), ("size", INT8), ("allocated_size", INT8)]) = shared_memory;
};
