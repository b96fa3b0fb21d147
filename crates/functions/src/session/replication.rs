//! Tables about archiving and replication, which views of the same names read. There are no senders, receivers, slots, subscriptions or
//! prepared transactions, so that most of them are empty.

use error::Result;
use expression::context::Report;
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, RowSource};
use types::Value;
use types::oid::*;

use crate::sets::{Ready, Table};

fn nothing(_: &mut CallContext<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Ready::boxed(Vec::new()))
}

fn archiver(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Table::boxed(context.session.report(Report::Archiver, values)?))
}

expression::builtins! {
    pub static FUNCTIONS:
    // Conflicts with recovery happen on standbys only.
    3065 "pg_stat_get_db_conflict_tablespace" (database: oid_) -> int8, strict stable parallel_restricted {
        let _ = database;
        Ok(0)
    }
    3066 "pg_stat_get_db_conflict_lock" (database: oid_) -> int8, strict stable parallel_restricted {
        let _ = database;
        Ok(0)
    }
    3067 "pg_stat_get_db_conflict_snapshot" (database: oid_) -> int8, strict stable parallel_restricted {
        let _ = database;
        Ok(0)
    }
    3068 "pg_stat_get_db_conflict_bufferpin" (database: oid_) -> int8, strict stable parallel_restricted {
        let _ = database;
        Ok(0)
    }
    3069 "pg_stat_get_db_conflict_startup_deadlock" (database: oid_) -> int8, strict stable parallel_restricted {
        let _ = database;
        Ok(0)
    }
    3070 "pg_stat_get_db_conflict_all" (database: oid_) -> int8, strict stable parallel_restricted {
        let _ = database;
        Ok(0)
    }
    6309 "pg_stat_get_db_conflict_logicalslot" (database: oid_) -> int8, strict stable parallel_restricted {
        let _ = database;
        Ok(0)
    }
}

/// The functions that return sets.
pub static SETS: &[FunctionDeclaration] = crate::sets::declare! {
    3781 "pg_get_replication_slots" () -> record, nullable stable rows(10.0)
        columns(&[
            ("slot_name", NAME),
            ("plugin", NAME),
            ("slot_type", TEXT),
            ("datoid", OID),
            ("temporary", BOOL),
            ("active", BOOL),
            ("active_pid", INT4),
            ("xmin", XID),
            ("catalog_xmin", XID),
            ("restart_lsn", PG_LSN),
            ("confirmed_flush_lsn", PG_LSN),
            ("wal_status", TEXT),
            ("safe_wal_size", INT8),
            ("two_phase", BOOL),
            ("two_phase_at", PG_LSN),
            ("inactive_since", TIMESTAMPTZ),
            ("conflicting", BOOL),
            ("invalidation_reason", TEXT),
            ("failover", BOOL),
            ("synced", BOOL)
        ]) = nothing;
    1065 "pg_prepared_xact" () -> record, strict volatile rows(1000.0)
        columns(&[
            ("transaction", XID),
            ("gid", TEXT),
            ("prepared", TIMESTAMPTZ),
            ("ownerid", OID),
            ("dbid", OID)
        ]) = nothing;
    6014 "pg_show_replication_origin_status" () -> record, nullable volatile parallel_restricted rows(100.0)
        columns(&[
            ("local_id", OID),
            ("external_id", TEXT),
            ("remote_lsn", PG_LSN),
            ("local_lsn", PG_LSN)
        ]) = nothing;
    3195 "pg_stat_get_archiver" () -> record, nullable stable parallel_restricted rows(1.0)
        columns(&[
            ("archived_count", INT8),
            ("last_archived_wal", TEXT),
            ("last_archived_time", TIMESTAMPTZ),
            ("failed_count", INT8),
            ("last_failed_wal", TEXT),
            ("last_failed_time", TIMESTAMPTZ),
            ("stats_reset", TIMESTAMPTZ)
        ]) = archiver;
    6248 "pg_stat_get_recovery_prefetch" () -> record, strict volatile rows(1.0)
        columns(&[
            ("stats_reset", TIMESTAMPTZ),
            ("prefetch", INT8),
            ("hit", INT8),
            ("skip_init", INT8),
            ("skip_new", INT8),
            ("skip_fpw", INT8),
            ("skip_rep", INT8),
            ("wal_distance", INT4),
            ("block_distance", INT4),
            ("io_depth", INT4)
        ]) = nothing;
    6169 "pg_stat_get_replication_slot" (slot: text) -> record, strict stable parallel_restricted rows(1.0) argument_names(&["slot_name"])
        columns(&[
            ("slot_name", TEXT),
            ("spill_txns", INT8),
            ("spill_count", INT8),
            ("spill_bytes", INT8),
            ("stream_txns", INT8),
            ("stream_count", INT8),
            ("stream_bytes", INT8),
            ("total_txns", INT8),
            ("total_bytes", INT8),
            ("stats_reset", TIMESTAMPTZ)
        ]) = nothing;
    6118 "pg_stat_get_subscription" (subscription: oid_) -> record, nullable stable parallel_restricted rows(10.0) argument_names(&["subid"])
        columns(&[
            ("subid", OID),
            ("relid", OID),
            ("pid", INT4),
            ("leader_pid", INT4),
            ("received_lsn", PG_LSN),
            ("last_msg_send_time", TIMESTAMPTZ),
            ("last_msg_receipt_time", TIMESTAMPTZ),
            ("latest_end_lsn", PG_LSN),
            ("latest_end_time", TIMESTAMPTZ),
            ("worker_type", TEXT)
        ]) = nothing;
    6231 "pg_stat_get_subscription_stats" (subscription: oid_) -> record, strict stable parallel_restricted rows(1.0) argument_names(&["subid"])
        columns(&[
            ("subid", OID),
            ("apply_error_count", INT8),
            ("sync_error_count", INT8),
            ("confl_insert_exists", INT8),
            ("confl_update_origin_differs", INT8),
            ("confl_update_exists", INT8),
            ("confl_update_missing", INT8),
            ("confl_delete_origin_differs", INT8),
            ("confl_delete_missing", INT8),
            ("confl_multiple_unique_conflicts", INT8),
            ("stats_reset", TIMESTAMPTZ)
        ]) = nothing;
    3317 "pg_stat_get_wal_receiver" () -> record, nullable stable parallel_restricted rows(1.0)
        columns(&[
            ("pid", INT4),
            ("status", TEXT),
            ("receive_start_lsn", PG_LSN),
            ("receive_start_tli", INT4),
            ("written_lsn", PG_LSN),
            ("flushed_lsn", PG_LSN),
            ("received_tli", INT4),
            ("last_msg_send_time", TIMESTAMPTZ),
            ("last_msg_receipt_time", TIMESTAMPTZ),
            ("latest_end_lsn", PG_LSN),
            ("latest_end_time", TIMESTAMPTZ),
            ("slot_name", TEXT),
            ("sender_host", TEXT),
            ("sender_port", INT4),
            ("conninfo", TEXT)
        ]) = nothing;
    3099 "pg_stat_get_wal_senders" () -> record, nullable stable parallel_restricted rows(10.0)
        columns(&[
            ("pid", INT4),
            ("state", TEXT),
            ("sent_lsn", PG_LSN),
            ("write_lsn", PG_LSN),
            ("flush_lsn", PG_LSN),
            ("replay_lsn", PG_LSN),
            ("write_lag", INTERVAL),
            ("flush_lag", INTERVAL),
            ("replay_lag", INTERVAL),
            ("sync_priority", INT4),
            ("sync_state", TEXT),
            ("reply_time", TIMESTAMPTZ)
        ]) = nothing;
};
