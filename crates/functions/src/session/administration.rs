//! Signals, sleeping, reloading, notifications, the log's position.

use common::Lsn;
use error::Result;
use expression::CallContext;
use expression::sql::*;
use types::Numeric;

/// Sleeps for so many seconds, up to what microseconds can count.
fn sleep(context: &mut CallContext<'_>, seconds: f64) -> Result<()> {
    let microseconds = (seconds * 1e6).ceil();
    context.session.sleep(if microseconds >= 1.0 { microseconds as i64 } else { 0 })
}

expression::builtins! {
    pub static FUNCTIONS:
    2626 "pg_sleep" (seconds: float8) using context -> void, strict volatile { sleep(context, seconds) }
    3935 "pg_sleep_for" (span: interval) using context -> void, strict volatile { sleep(context, span.span() as f64 / 1e6) }
    2171 "pg_cancel_backend" (process_id: int4) using context -> bool_, strict volatile { context.session.cancel_backend(process_id) }
    2096 "pg_terminate_backend" (process_id: int4, timeout_ms: int8) using context -> bool_,
        strict volatile defaults(&["0"]) argument_names(&["pid", "timeout"]) {
        context.session.terminate_backend(process_id, timeout_ms)
    }
    2621 "pg_reload_conf" () using context -> bool_, strict volatile { context.session.reload_configuration() }
    3810 "pg_is_in_recovery" () using context -> bool_, strict volatile { context.session.is_in_recovery() }
    2849 "pg_current_wal_lsn" () using context -> pg_lsn, strict volatile {
        let Lsn(position) = context.session.current_log_position()?;
        Ok(position as i64)
    }
    2848 "pg_switch_wal" () using context -> pg_lsn, strict volatile {
        let Lsn(position) = context.session.switch_log()?;
        Ok(position as i64)
    }
    2851 "pg_walfile_name" (lsn: pg_lsn) using context -> text, strict immutable argument_names(&["lsn"]) {
        Ok(context.session.log_file_name(Lsn(lsn as u64)))
    }
    3165 "pg_wal_lsn_diff" (a: pg_lsn, b: pg_lsn) -> numeric, strict immutable {
        Ok(Numeric::from_scaled_i128(i128::from(a as u64) - i128::from(b as u64), 0))
    }
    3237 "pg_lsn_mi" (a: pg_lsn, b: pg_lsn) -> numeric, strict immutable {
        Ok(Numeric::from_scaled_i128(i128::from(a as u64) - i128::from(b as u64), 0))
    }
    3036 "pg_notify" (channel: text, payload: text) using context -> void, nullable volatile parallel_restricted {
        context.session.notify(channel.unwrap_or(""), payload.unwrap_or(""))
    }
}
