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
};
