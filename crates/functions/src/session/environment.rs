//! Who and where the session is, its settings, its clock and its transaction.

use error::{Error, error};
use expression::CallContext;
use expression::sql::*;
use types::{Array, Column, PhysicalType, oid};

/// A setting that exists, as text; NULL for one that `missing_ok` lets be missing.
fn setting(context: &mut CallContext<'_>, name: &str, missing_ok: bool) -> error::Result<Option<String>> {
    context.session.setting(name, missing_ok)
}

fn names(names: &[String]) -> Array {
    let mut column = Column::new(PhysicalType::Text);
    for name in names {
        column.push_text(name);
    }
    Array::new(oid::NAME, column)
}

/// The encodings by their numbers. Only UTF8 is ever in use, the others are known by name.
const ENCODINGS: [&str; 42] = [
    "SQL_ASCII",
    "EUC_JP",
    "EUC_CN",
    "EUC_KR",
    "EUC_TW",
    "EUC_JIS_2004",
    "UTF8",
    "MULE_INTERNAL",
    "LATIN1",
    "LATIN2",
    "LATIN3",
    "LATIN4",
    "LATIN5",
    "LATIN6",
    "LATIN7",
    "LATIN8",
    "LATIN9",
    "LATIN10",
    "WIN1256",
    "WIN1258",
    "WIN866",
    "WIN874",
    "KOI8R",
    "WIN1251",
    "WIN1252",
    "ISO_8859_5",
    "ISO_8859_6",
    "ISO_8859_7",
    "ISO_8859_8",
    "WIN1250",
    "WIN1253",
    "WIN1254",
    "WIN1255",
    "WIN1257",
    "KOI8U",
    "SJIS",
    "BIG5",
    "GBK",
    "UHC",
    "GB18030",
    "JOHAB",
    "SHIFT_JIS_2004",
];

fn encoding_number(name: &str) -> i32 {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect::<String>()
    };
    let wanted = match plain(name).as_str() {
        "unicode" => "utf8".to_owned(),
        other => other.to_owned(),
    };
    ENCODINGS.iter().position(|known| plain(known) == wanted).map_or(-1, |at| at as i32)
}

expression::builtins! {
    pub static FUNCTIONS:
    1299 "now" () using context -> timestamptz, strict stable { Ok(context.settings.now) }
    2647 "transaction_timestamp" () using context -> timestamptz, strict stable { Ok(context.settings.now) }
    2648 "statement_timestamp" () using context -> timestamptz, strict stable { Ok(context.session.statement_timestamp()) }
    2649 "clock_timestamp" () using context -> timestamptz, strict volatile { Ok(context.session.clock_timestamp()) }
    2077 "current_setting" (setting_name: text) using context -> text, strict stable { setting(context, setting_name, false) }
    3294 "current_setting" (setting_name: text, missing_ok: bool_) using context -> text, strict stable {
        setting(context, setting_name, missing_ok)
    }
    2078 "set_config" (setting_name: text, new_value: text, is_local: bool_) using context -> text,
        nullable volatile parallel_unsafe {
        let Some(setting_name) = setting_name else {
            return Err(error!(NULL_VALUE_NOT_ALLOWED, "SET requires parameter name"));
        };
        context.session.set_setting(setting_name, new_value, is_local.unwrap_or(false))
    }
    89 "version" () using context -> text, strict stable { Ok(context.session.server_version()) }
    861 "current_database" () using context -> name, strict stable { context.session.current_database() }
    745 "current_user" () using context -> name, strict stable { context.session.current_user() }
    746 "session_user" () using context -> name, strict stable { context.session.session_user() }
    1402 "current_schema" () using context -> name, strict stable parallel_unsafe {
        Ok(context.session.current_schemas(false)?.into_iter().next())
    }
    1403 "current_schemas" (include_implicit: bool_) using context -> name_array, strict stable parallel_unsafe {
        Ok(names(&context.session.current_schemas(include_implicit)?))
    }
    2026 "pg_backend_pid" () using context -> int4, strict stable parallel_restricted { Ok(context.session.process_id()) }
    2943 "txid_current" () using context -> int8, strict stable parallel_unsafe {
        Ok(context.session.transaction_id(true)?.map(|number| number as i64))
    }
    3348 "txid_current_if_assigned" () using context -> int8, strict stable parallel_unsafe {
        Ok(context.session.transaction_id(false)?.map(|number| number as i64))
    }
    5059 "pg_current_xact_id" () using context -> xid8, strict stable parallel_unsafe {
        Ok(context.session.transaction_id(true)?.map(|number| number as i64))
    }
    5060 "pg_current_xact_id_if_assigned" () using context -> xid8, strict stable parallel_unsafe {
        Ok(context.session.transaction_id(false)?.map(|number| number as i64))
    }
    1597 "pg_encoding_to_char" (encoding: int4) -> name, strict stable {
        Ok(usize::try_from(encoding).ok().and_then(|at| ENCODINGS.get(at)).copied().unwrap_or(""))
    }
    1264 "pg_char_to_encoding" (encoding: name) -> int4, strict stable { Ok(encoding_number(encoding)) }
    1039 "getdatabaseencoding" () -> name, strict stable { Ok("UTF8") }
    810 "pg_client_encoding" () using context -> name, strict stable { setting(context, "client_encoding", false) }
    1619 "pg_typeof" (value: any) using context -> regtype, nullable stable {
        let _ = value;
        context.argument_types.first().copied().ok_or_else(|| Error::internal("pg_typeof without a type"))
    }
    1598 "random" () using context -> float8, strict volatile parallel_restricted {
        // 53 bits are what a double holds.
        Ok((context.session.random() >> 11) as f64 / (1u64 << 53) as f64)
    }
    1599 "setseed" (seed: float8) using context -> void, strict volatile parallel_restricted {
        if !(-1.0..=1.0).contains(&seed) {
            return Err(error!(INVALID_PARAMETER_VALUE, "setseed parameter {seed} is out of allowed range [-1,1]"));
        }
        context.session.set_seed(seed);
        Ok(())
    }
    6339 "random" (low: int4, high: int4) using context -> int4,
        strict volatile parallel_restricted argument_names(&["min", "max"]) {
        Ok(random_between(context, low.into(), high.into())? as i32)
    }
    6340 "random" (low: int8, high: int8) using context -> int8,
        strict volatile parallel_restricted argument_names(&["min", "max"]) { random_between(context, low, high) }
}

/// An integer from `low` to `high`, each as likely.
fn random_between(context: &mut CallContext<'_>, low: i64, high: i64) -> error::Result<i64> {
    if low > high {
        return Err(error!(INVALID_PARAMETER_VALUE, "lower bound must be less than or equal to upper bound"));
    }
    let count = (i128::from(high) - i128::from(low) + 1) as u128;
    let picked = (u128::from(context.session.random()) * count) >> 64;
    Ok((i128::from(low) + picked as i128) as i64)
}
