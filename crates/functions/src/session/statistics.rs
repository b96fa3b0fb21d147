//! Numbers for the statistics views: of relations, databases and the server.

use common::{Counter, Oid};
use error::Result;
use expression::context::Report;
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, RowSource};
use types::Value;
use types::oid::*;

use crate::sets::Table;

/// From microseconds since 1970 to a timestamp; 0 is "never".
fn moment(unix_us: i64) -> Option<i64> {
    (unix_us != 0).then(|| unix_us - 946_684_800_000_000)
}

fn milliseconds(us: i64) -> f64 {
    us as f64 / 1000.0
}

fn progress(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Table::boxed(context.session.report(Report::Progress, values)?))
}

fn io(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Table::boxed(context.session.report(Report::Io, values)?))
}

fn backend_io(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Table::boxed(context.session.report(Report::BackendIo, values)?))
}

/// Caches of their own, which nothing has here.
fn no_caches(_: &mut CallContext<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Table::boxed(Vec::new()))
}

/// The columns of `pg_stat_get_io`.
const IO_COLUMNS: &[(&str, Oid)] = &[
    ("backend_type", TEXT),
    ("object", TEXT),
    ("context", TEXT),
    ("reads", INT8),
    ("read_bytes", NUMERIC),
    ("read_time", FLOAT8),
    ("writes", INT8),
    ("write_bytes", NUMERIC),
    ("write_time", FLOAT8),
    ("writebacks", INT8),
    ("writeback_time", FLOAT8),
    ("extends", INT8),
    ("extend_bytes", NUMERIC),
    ("extend_time", FLOAT8),
    ("hits", INT8),
    ("evictions", INT8),
    ("reuses", INT8),
    ("fsyncs", INT8),
    ("fsync_time", FLOAT8),
    ("stats_reset", TIMESTAMPTZ),
];

fn statements(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Table::boxed(context.session.report(Report::Statements, values)?))
}

fn statements_information(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Table::boxed(context.session.report(Report::StatementsInformation, values)?))
}

fn wal(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Table::boxed(context.session.report(Report::WalStatistics, values)?))
}

expression::builtins! {
    pub static FUNCTIONS:
    1928 "pg_stat_get_numscans" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Scans, relation))
    }
    1929 "pg_stat_get_tuples_returned" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Returned, relation))
    }
    1930 "pg_stat_get_tuples_fetched" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Fetched, relation))
    }
    1931 "pg_stat_get_tuples_inserted" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Inserted, relation))
    }
    1932 "pg_stat_get_tuples_updated" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Updated, relation))
    }
    1933 "pg_stat_get_tuples_deleted" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Deleted, relation))
    }
    1972 "pg_stat_get_tuples_hot_updated" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::HotUpdated, relation))
    }
    6217 "pg_stat_get_tuples_newpage_updated" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::NewPageUpdated, relation))
    }
    2878 "pg_stat_get_live_tuples" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Live, relation))
    }
    2879 "pg_stat_get_dead_tuples" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Dead, relation))
    }
    3177 "pg_stat_get_mod_since_analyze" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::ChangedSinceAnalyze, relation))
    }
    5053 "pg_stat_get_ins_since_vacuum" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::InsertedSinceVacuum, relation))
    }
    3054 "pg_stat_get_vacuum_count" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Vacuums, relation))
    }
    3055 "pg_stat_get_autovacuum_count" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Autovacuums, relation))
    }
    3056 "pg_stat_get_analyze_count" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Analyzes, relation))
    }
    3057 "pg_stat_get_autoanalyze_count" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::Autoanalyzes, relation))
    }
    1935 "pg_stat_get_blocks_hit" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::PagesHit, relation))
    }
    1934 "pg_stat_get_blocks_fetched" (relation: oid_) using context -> int8, strict stable parallel_restricted {
        let read = context.session.counter(Counter::PagesRead, relation);
        Ok(read + context.session.counter(Counter::PagesHit, relation))
    }
    6310 "pg_stat_get_lastscan" (relation: oid_) using context -> timestamptz, strict stable parallel_restricted {
        Ok(moment(context.session.counter(Counter::LastScan, relation)))
    }
    2781 "pg_stat_get_last_vacuum_time" (relation: oid_) using context -> timestamptz, strict stable parallel_restricted {
        Ok(moment(context.session.counter(Counter::LastVacuum, relation)))
    }
    2782 "pg_stat_get_last_autovacuum_time" (relation: oid_) using context -> timestamptz, strict stable parallel_restricted {
        Ok(moment(context.session.counter(Counter::LastAutovacuum, relation)))
    }
    2783 "pg_stat_get_last_analyze_time" (relation: oid_) using context -> timestamptz, strict stable parallel_restricted {
        Ok(moment(context.session.counter(Counter::LastAnalyze, relation)))
    }
    2784 "pg_stat_get_last_autoanalyze_time" (relation: oid_) using context -> timestamptz, strict stable parallel_restricted {
        Ok(moment(context.session.counter(Counter::LastAutoanalyze, relation)))
    }
    6358 "pg_stat_get_total_vacuum_time" (relation: oid_) using context -> float8, strict stable parallel_restricted {
        Ok(milliseconds(context.session.counter(Counter::VacuumTime, relation)))
    }
    6359 "pg_stat_get_total_autovacuum_time" (relation: oid_) using context -> float8, strict stable parallel_restricted {
        Ok(milliseconds(context.session.counter(Counter::AutovacuumTime, relation)))
    }
    6360 "pg_stat_get_total_analyze_time" (relation: oid_) using context -> float8, strict stable parallel_restricted {
        Ok(milliseconds(context.session.counter(Counter::AnalyzeTime, relation)))
    }
    6361 "pg_stat_get_total_autoanalyze_time" (relation: oid_) using context -> float8, strict stable parallel_restricted {
        Ok(milliseconds(context.session.counter(Counter::AutoanalyzeTime, relation)))
    }
    1942 "pg_stat_get_db_xact_commit" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Commits, database))
    }
    1943 "pg_stat_get_db_xact_rollback" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Rollbacks, database))
    }
    1945 "pg_stat_get_db_blocks_hit" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::PagesHit, database))
    }
    3150 "pg_stat_get_db_temp_files" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::TemporaryFiles, database))
    }
    3151 "pg_stat_get_db_temp_bytes" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::TemporaryBytes, database))
    }
    2758 "pg_stat_get_db_tuples_returned" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Returned, database))
    }
    2759 "pg_stat_get_db_tuples_fetched" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Fetched, database))
    }
    2760 "pg_stat_get_db_tuples_inserted" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Inserted, database))
    }
    2761 "pg_stat_get_db_tuples_updated" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Updated, database))
    }
    2762 "pg_stat_get_db_tuples_deleted" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Deleted, database))
    }
    6188 "pg_stat_get_db_sessions" (database: oid_) using context -> int8, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Sessions, database))
    }
    1944 "pg_stat_get_db_blocks_fetched" (database: oid_) using context -> int8, strict stable parallel_restricted {
        let read = context.session.database_counter(Counter::PagesRead, database);
        Ok(read + context.session.database_counter(Counter::PagesHit, database))
    }
    1941 "pg_stat_get_db_numbackends" (database: oid_) using context -> int4, strict stable parallel_restricted {
        Ok(context.session.database_counter(Counter::Processes, database) as i32)
    }
    2844 "pg_stat_get_db_blk_read_time" (database: oid_) using context -> float8, strict stable parallel_restricted {
        Ok(milliseconds(context.session.database_counter(Counter::ReadTime, database)))
    }
    2845 "pg_stat_get_db_blk_write_time" (database: oid_) using context -> float8, strict stable parallel_restricted {
        Ok(milliseconds(context.session.database_counter(Counter::WriteTime, database)))
    }
    3074 "pg_stat_get_db_stat_reset_time" (database: oid_) using context -> timestamptz, strict stable parallel_restricted {
        Ok(moment(context.session.database_counter(Counter::Reset, database)))
    }
    2769 "pg_stat_get_checkpointer_num_timed" () using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::CheckpointsTimed, Oid::INVALID))
    }
    2770 "pg_stat_get_checkpointer_num_requested" () using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::CheckpointsRequested, Oid::INVALID))
    }
    6377 "pg_stat_get_checkpointer_num_performed" () using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::CheckpointsDone, Oid::INVALID))
    }
    2771 "pg_stat_get_checkpointer_buffers_written" () using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::CheckpointBuffers, Oid::INVALID))
    }
    3160 "pg_stat_get_checkpointer_write_time" () using context -> float8, strict stable parallel_restricted {
        Ok(milliseconds(context.session.counter(Counter::CheckpointWriteTime, Oid::INVALID)))
    }
    3161 "pg_stat_get_checkpointer_sync_time" () using context -> float8, strict stable parallel_restricted {
        Ok(milliseconds(context.session.counter(Counter::CheckpointSyncTime, Oid::INVALID)))
    }
    6314 "pg_stat_get_checkpointer_stat_reset_time" () using context -> timestamptz, strict stable parallel_restricted {
        Ok(moment(context.session.counter(Counter::CheckpointsReset, Oid::INVALID)))
    }
    2772 "pg_stat_get_bgwriter_buf_written_clean" () using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::PagesCleaned, Oid::INVALID))
    }
    2773 "pg_stat_get_bgwriter_maxwritten_clean" () using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::CleaningStopped, Oid::INVALID))
    }
    2859 "pg_stat_get_buf_alloc" () using context -> int8, strict stable parallel_restricted {
        Ok(context.session.counter(Counter::BuffersAllocated, Oid::INVALID))
    }
    3075 "pg_stat_get_bgwriter_stat_reset_time" () using context -> timestamptz, strict stable parallel_restricted {
        Ok(moment(context.session.counter(Counter::BackgroundWriterReset, Oid::INVALID)))
    }
    676 "pg_indexam_progress_phasename" (method: oid_, phase: int8) -> text, strict immutable {
        const BTREE: Oid = Oid(403);
        Ok(match phase {
            _ if method != BTREE => None,
            1 => Some("initializing"),
            2 => Some("scanning table"),
            3 => Some("sorting live tuples"),
            4 => Some("sorting dead tuples"),
            5 => Some("loading tuples in tree"),
            _ => None,
        })
    }
    3775 "pg_stat_reset_shared" (target: text) using context -> void,
        nullable volatile defaults(&["NULL"]) argument_names(&["target"]) {
        context.session.reset_shared_counters(target)
    }
    3776 "pg_stat_reset_single_table_counters" (relation: oid_) using context -> void, strict volatile {
        context.session.reset_relation_counters(relation)
    }
    6387 "pg_stat_reset_backend_stats" (process: int4) using context -> void, strict volatile {
        context.session.reset_backend_counters(process)
    }
    // Its default arguments are zeros, which stand for all.
    9991 "pg_stat_statements_reset" (role: oid_, database: oid_, query: int8, extremes: bool_) using context -> timestamptz,
        strict volatile defaults(&["0", "0", "0", "false"])
        argument_names(&["userid", "dbid", "queryid", "minmax_only"]) {
        context.session.reset_statements(role, database, query, extremes)
    }
    2274 "pg_stat_reset" () using context -> void, nullable volatile { context.session.reset_counters() }
}

/// The functions that return sets.
pub static SETS: &[FunctionDeclaration] = crate::sets::declare! {
    1136 "pg_stat_get_wal" () -> record, strict stable parallel_restricted rows(1.0)
        columns(&[
            ("wal_records", INT8),
            ("wal_fpi", INT8),
            ("wal_bytes", NUMERIC),
            ("wal_buffers_full", INT8),
            ("stats_reset", TIMESTAMPTZ)
        ]) = wal;
    3318 "pg_stat_get_progress_info" (command: text) -> record, strict stable parallel_restricted rows(100.0)
        argument_names(&["cmdtype"])
        columns(&[
            ("pid", INT4),
            ("datid", OID),
            ("relid", OID),
            ("param1", INT8),
            ("param2", INT8),
            ("param3", INT8),
            ("param4", INT8),
            ("param5", INT8),
            ("param6", INT8),
            ("param7", INT8),
            ("param8", INT8),
            ("param9", INT8),
            ("param10", INT8),
            ("param11", INT8),
            ("param12", INT8),
            ("param13", INT8),
            ("param14", INT8),
            ("param15", INT8),
            ("param16", INT8),
            ("param17", INT8),
            ("param18", INT8),
            ("param19", INT8),
            ("param20", INT8)
        ]) = progress;
    6214 "pg_stat_get_io" () -> record, strict volatile parallel_restricted rows(30.0)
        columns(IO_COLUMNS) = io;
    6386 "pg_stat_get_backend_io" (process: int4) -> record, strict volatile parallel_restricted rows(5.0)
        argument_names(&["backend_pid"]) columns(IO_COLUMNS) = backend_io;
    2306 "pg_stat_get_slru" () -> record, nullable stable parallel_restricted rows(100.0)
        columns(&[
            ("name", TEXT),
            ("blks_zeroed", INT8),
            ("blks_hit", INT8),
            ("blks_read", INT8),
            ("blks_written", INT8),
            ("blks_exists", INT8),
            ("flushes", INT8),
            ("truncates", INT8),
            ("stats_reset", TIMESTAMPTZ)
        ]) = no_caches;
    // Of an extension elsewhere, where they have no fixed identifiers.
    9990 "pg_stat_statements" (showtext: bool_) -> record, strict volatile rows(1000.0)
        argument_names(&["showtext"])
        columns(&[
            ("userid", OID),
            ("dbid", OID),
            ("toplevel", BOOL),
            ("queryid", INT8),
            ("query", TEXT),
            ("plans", INT8),
            ("total_plan_time", FLOAT8),
            ("min_plan_time", FLOAT8),
            ("max_plan_time", FLOAT8),
            ("mean_plan_time", FLOAT8),
            ("stddev_plan_time", FLOAT8),
            ("calls", INT8),
            ("total_exec_time", FLOAT8),
            ("min_exec_time", FLOAT8),
            ("max_exec_time", FLOAT8),
            ("mean_exec_time", FLOAT8),
            ("stddev_exec_time", FLOAT8),
            ("rows", INT8),
            ("shared_blks_hit", INT8),
            ("shared_blks_read", INT8),
            ("shared_blks_dirtied", INT8),
            ("shared_blks_written", INT8),
            ("local_blks_hit", INT8),
            ("local_blks_read", INT8),
            ("local_blks_dirtied", INT8),
            ("local_blks_written", INT8),
            ("temp_blks_read", INT8),
            ("temp_blks_written", INT8),
            ("shared_blk_read_time", FLOAT8),
            ("shared_blk_write_time", FLOAT8),
            ("local_blk_read_time", FLOAT8),
            ("local_blk_write_time", FLOAT8),
            ("temp_blk_read_time", FLOAT8),
            ("temp_blk_write_time", FLOAT8),
            ("wal_records", INT8),
            ("wal_fpi", INT8),
            ("wal_bytes", NUMERIC),
            ("wal_buffers_full", INT8),
            ("jit_functions", INT8),
            ("jit_generation_time", FLOAT8),
            ("jit_inlining_count", INT8),
            ("jit_inlining_time", FLOAT8),
            ("jit_optimization_count", INT8),
            ("jit_optimization_time", FLOAT8),
            ("jit_emission_count", INT8),
            ("jit_emission_time", FLOAT8),
            ("jit_deform_count", INT8),
            ("jit_deform_time", FLOAT8),
            ("parallel_workers_to_launch", INT8),
            ("parallel_workers_launched", INT8),
            ("stats_since", TIMESTAMPTZ),
            ("minmax_stats_since", TIMESTAMPTZ)
        ]) = statements;
    9992 "pg_stat_statements_info" () -> record, strict volatile rows(1.0)
        columns(&[("dealloc", INT8), ("stats_reset", TIMESTAMPTZ)]) = statements_information;
};
