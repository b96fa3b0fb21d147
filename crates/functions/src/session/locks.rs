//! Advisory locks.

use error::Result;
use expression::CallContext;
use expression::context::AdvisoryLock;
use expression::sql::*;

/// How a function of this family locks.
#[derive(Clone, Copy)]
struct Mode {
    is_shared: bool,
    in_transaction: bool,
}

const SESSION: Mode = Mode { is_shared: false, in_transaction: false };
const SESSION_SHARED: Mode = Mode { is_shared: true, in_transaction: false };
const TRANSACTION: Mode = Mode { is_shared: false, in_transaction: true };
const TRANSACTION_SHARED: Mode = Mode { is_shared: true, in_transaction: true };

/// The lock on one number.
fn single(key: i64, mode: Mode) -> AdvisoryLock {
    AdvisoryLock { key, is_pair: false, is_shared: mode.is_shared, in_transaction: mode.in_transaction }
}

/// The lock on two numbers, which are another space of keys.
fn pair(first: i32, second: i32, mode: Mode) -> AdvisoryLock {
    let key = i64::from(first) << 32 | i64::from(second as u32);
    AdvisoryLock { key, is_pair: true, is_shared: mode.is_shared, in_transaction: mode.in_transaction }
}

fn wait(context: &mut CallContext<'_>, lock: AdvisoryLock) -> Result<()> {
    context.session.advisory_lock(lock, true).map(|_| ())
}

expression::builtins! {
    pub static FUNCTIONS:
    2880 "pg_advisory_lock" (key: int8) using context -> void, strict volatile parallel_restricted { wait(context, single(key, SESSION)) }
    2886 "pg_advisory_lock" (first: int4, second: int4) using context -> void,
        strict volatile parallel_restricted {
        wait(context, pair(first, second, SESSION))
    }
    2882 "pg_try_advisory_lock" (key: int8) using context -> bool_, strict volatile parallel_restricted {
        context.session.advisory_lock(single(key, SESSION), false)
    }
    2888 "pg_try_advisory_lock" (first: int4, second: int4) using context -> bool_,
        strict volatile parallel_restricted {
        context.session.advisory_lock(pair(first, second, SESSION), false)
    }
    2881 "pg_advisory_lock_shared" (key: int8) using context -> void, strict volatile parallel_restricted { wait(context, single(key, SESSION_SHARED)) }
    2887 "pg_advisory_lock_shared" (first: int4, second: int4) using context -> void,
        strict volatile parallel_restricted {
        wait(context, pair(first, second, SESSION_SHARED))
    }
    2883 "pg_try_advisory_lock_shared" (key: int8) using context -> bool_, strict volatile parallel_restricted {
        context.session.advisory_lock(single(key, SESSION_SHARED), false)
    }
    2889 "pg_try_advisory_lock_shared" (first: int4, second: int4) using context -> bool_,
        strict volatile parallel_restricted {
        context.session.advisory_lock(pair(first, second, SESSION_SHARED), false)
    }
    3089 "pg_advisory_xact_lock" (key: int8) using context -> void, strict volatile parallel_restricted { wait(context, single(key, TRANSACTION)) }
    3093 "pg_advisory_xact_lock" (first: int4, second: int4) using context -> void,
        strict volatile parallel_restricted {
        wait(context, pair(first, second, TRANSACTION))
    }
    3091 "pg_try_advisory_xact_lock" (key: int8) using context -> bool_, strict volatile parallel_restricted {
        context.session.advisory_lock(single(key, TRANSACTION), false)
    }
    3095 "pg_try_advisory_xact_lock" (first: int4, second: int4) using context -> bool_,
        strict volatile parallel_restricted {
        context.session.advisory_lock(pair(first, second, TRANSACTION), false)
    }
    3090 "pg_advisory_xact_lock_shared" (key: int8) using context -> void, strict volatile parallel_restricted { wait(context, single(key, TRANSACTION_SHARED)) }
    3094 "pg_advisory_xact_lock_shared" (first: int4, second: int4) using context -> void,
        strict volatile parallel_restricted {
        wait(context, pair(first, second, TRANSACTION_SHARED))
    }
    3092 "pg_try_advisory_xact_lock_shared" (key: int8) using context -> bool_,
        strict volatile parallel_restricted {
        context.session.advisory_lock(single(key, TRANSACTION_SHARED), false)
    }
    3096 "pg_try_advisory_xact_lock_shared" (first: int4, second: int4) using context -> bool_,
        strict volatile parallel_restricted {
        context.session.advisory_lock(pair(first, second, TRANSACTION_SHARED), false)
    }
    2884 "pg_advisory_unlock" (key: int8) using context -> bool_, strict volatile parallel_restricted {
        context.session.advisory_unlock(single(key, SESSION))
    }
    2890 "pg_advisory_unlock" (first: int4, second: int4) using context -> bool_,
        strict volatile parallel_restricted {
        context.session.advisory_unlock(pair(first, second, SESSION))
    }
    2885 "pg_advisory_unlock_shared" (key: int8) using context -> bool_, strict volatile parallel_restricted {
        context.session.advisory_unlock(single(key, SESSION_SHARED))
    }
    2891 "pg_advisory_unlock_shared" (first: int4, second: int4) using context -> bool_,
        strict volatile parallel_restricted {
        context.session.advisory_unlock(pair(first, second, SESSION_SHARED))
    }
    2892 "pg_advisory_unlock_all" () using context -> void, strict volatile parallel_restricted { context.session.advisory_unlock_all() }
}
