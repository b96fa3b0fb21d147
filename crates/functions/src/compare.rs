//! Comparison functions of all types: `<`, `<=`, `=`, `>=`, `>`, `<>` and the three-way ones of the btree classes.
//!
//! Text is ordered by its bytes. Dates compare with timestamps as their midnight, local to the session where the
//! other side is a moment.

use expression::sql::*;
use types::compare::{compare_arrays, compare_f64, compare_records, without_trailing_blanks};

use crate::datetime::compare::{Date, Moment, Timestamp, compare_local, compare_moments};
use crate::rows::*;

/// Declares the comparisons of one pair of types from its order and its equality.
macro_rules! comparisons {
    (static $table:ident ($a:ident: $left:ident, $b:ident: $right:ident) $(using $context:ident)?, $($flag:ident)*:
        order $order:expr; equal $equal:expr; $($kind:ident $oid:literal $name:literal;)*) => {
        comparisons!(@start $table $a $left $b $right [$($context)?] [$($flag)*] ($order) ($equal) $($kind $oid $name;)*);
    };
    (@start $table:ident $a:ident $left:ident $b:ident $right:ident $context:tt $flags:tt $order:tt $equal:tt
        $($kind:ident $oid:literal $name:literal;)*) => {
        static $table: &[expression::FunctionDeclaration] = &[$(
            comparisons!(@$kind $oid $name $a $left $b $right $context $flags $order $equal)
        ),*];
    };
    (@lt $($rest:tt)*) => { comparisons!(@declare bool_ is_lt $($rest)*) };
    (@le $($rest:tt)*) => { comparisons!(@declare bool_ is_le $($rest)*) };
    (@ge $($rest:tt)*) => { comparisons!(@declare bool_ is_ge $($rest)*) };
    (@gt $($rest:tt)*) => { comparisons!(@declare bool_ is_gt $($rest)*) };
    (@eq $oid:literal $name:literal $a:ident $left:ident $b:ident $right:ident [$($context:ident)?] [$($flag:ident)*]
        ($($order:tt)*) ($equal:expr)) => {{
        expression::builtins! { static ONE: $oid $name ($a: $left, $b: $right) $(using $context)? -> bool_,
            strict $($flag)* { Ok($equal) } }
        ONE[0]
    }};
    (@ne $oid:literal $name:literal $a:ident $left:ident $b:ident $right:ident [$($context:ident)?] [$($flag:ident)*]
        ($($order:tt)*) ($equal:expr)) => {{
        expression::builtins! { static ONE: $oid $name ($a: $left, $b: $right) $(using $context)? -> bool_,
            strict $($flag)* { Ok(!($equal)) } }
        ONE[0]
    }};
    (@cmp $oid:literal $name:literal $a:ident $left:ident $b:ident $right:ident [$($context:ident)?] [$($flag:ident)*]
        ($order:expr) ($($equal:tt)*)) => {{
        expression::builtins! { static ONE: $oid $name ($a: $left, $b: $right) $(using $context)? -> int4,
            strict $($flag)* { Ok($order as i32) } }
        ONE[0]
    }};
    (@declare $result:ident $test:ident $oid:literal $name:literal $a:ident $left:ident $b:ident $right:ident
        [$($context:ident)?] [$($flag:ident)*] ($order:expr) ($($equal:tt)*)) => {{
        expression::builtins! { static ONE: $oid $name ($a: $left, $b: $right) $(using $context)? -> $result,
            strict $($flag)* { Ok($order.$test()) } }
        ONE[0]
    }};
}

comparisons! {
    static ANYARRAY (a: anyarray, b: anyarray), immutable:
    order compare_arrays(a, b);
    equal compare_arrays(a, b).is_eq();
    lt 391 "array_lt"; le 393 "array_le"; eq 744 "array_eq"; ge 396 "array_ge"; gt 392 "array_gt"; ne 390 "array_ne"; cmp 382 "btarraycmp";
}

comparisons! {
    static BOOL (a: bool_, b: bool_), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 56 "boollt"; le 1691 "boolle"; eq 60 "booleq"; ge 1692 "boolge"; gt 57 "boolgt"; ne 84 "boolne"; cmp 1693 "btboolcmp";
}

comparisons! {
    static BPCHAR (a: bpchar_row, b: bpchar_row), immutable leakproof:
    order without_trailing_blanks(a.bytes()).cmp(without_trailing_blanks(b.bytes()));
    equal without_trailing_blanks(a.bytes()) == without_trailing_blanks(b.bytes());
    lt 1049 "bpcharlt"; le 1050 "bpcharle"; eq 1048 "bpchareq"; ge 1052 "bpcharge"; gt 1051 "bpchargt"; ne 1053 "bpcharne"; cmp 1078 "bpcharcmp";
}

comparisons! {
    static BYTEA (a: bytea_row, b: bytea_row), immutable leakproof:
    order a.compare(b);
    equal a.equals(b);
    lt 1949 "bytealt"; le 1950 "byteale"; eq 1948 "byteaeq"; ge 1952 "byteage"; gt 1951 "byteagt"; ne 1953 "byteane"; cmp 1954 "byteacmp";
}

comparisons! {
    static CHAR (a: char_, b: char_), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 1246 "charlt"; le 72 "charle"; eq 61 "chareq"; ge 74 "charge"; gt 73 "chargt"; ne 70 "charne"; cmp 358 "btcharcmp";
}

comparisons! {
    static DATE (a: date, b: date), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 1087 "date_lt"; le 1088 "date_le"; eq 1086 "date_eq"; ge 1090 "date_ge"; gt 1089 "date_gt"; ne 1091 "date_ne"; cmp 1092 "date_cmp";
}

comparisons! {
    static DATE_TIMESTAMP (a: date, b: timestamp), immutable:
    order compare_local(Date(a), Timestamp(b));
    equal compare_local(Date(a), Timestamp(b)).is_eq();
    lt 2338 "date_lt_timestamp"; le 2339 "date_le_timestamp"; eq 2340 "date_eq_timestamp"; ge 2342 "date_ge_timestamp"; gt 2341 "date_gt_timestamp"; ne 2343 "date_ne_timestamp"; cmp 2344 "date_cmp_timestamp";
}

comparisons! {
    static DATE_TIMESTAMPTZ (a: date, b: timestamptz) using context, stable:
    order compare_moments(Date(a), Moment(b), context);
    equal compare_moments(Date(a), Moment(b), context).is_eq();
    lt 2351 "date_lt_timestamptz"; le 2352 "date_le_timestamptz"; eq 2353 "date_eq_timestamptz"; ge 2355 "date_ge_timestamptz"; gt 2354 "date_gt_timestamptz"; ne 2356 "date_ne_timestamptz"; cmp 2357 "date_cmp_timestamptz";
}

comparisons! {
    static TIMESTAMP_DATE (a: timestamp, b: date), immutable:
    order compare_local(Timestamp(a), Date(b));
    equal compare_local(Timestamp(a), Date(b)).is_eq();
    lt 2364 "timestamp_lt_date"; le 2365 "timestamp_le_date"; eq 2366 "timestamp_eq_date"; ge 2368 "timestamp_ge_date"; gt 2367 "timestamp_gt_date"; ne 2369 "timestamp_ne_date"; cmp 2370 "timestamp_cmp_date";
}

comparisons! {
    static TIMESTAMP (a: timestamp, b: timestamp), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 2054 "timestamp_lt"; le 2055 "timestamp_le"; eq 2052 "timestamp_eq"; ge 2056 "timestamp_ge"; gt 2057 "timestamp_gt"; ne 2053 "timestamp_ne"; cmp 2045 "timestamp_cmp";
}

comparisons! {
    static TIMESTAMP_TIMESTAMPTZ (a: timestamp, b: timestamptz) using context, stable:
    order compare_moments(Timestamp(a), Moment(b), context);
    equal compare_moments(Timestamp(a), Moment(b), context).is_eq();
    lt 2520 "timestamp_lt_timestamptz"; le 2521 "timestamp_le_timestamptz"; eq 2522 "timestamp_eq_timestamptz"; ge 2524 "timestamp_ge_timestamptz"; gt 2523 "timestamp_gt_timestamptz"; ne 2525 "timestamp_ne_timestamptz"; cmp 2526 "timestamp_cmp_timestamptz";
}

comparisons! {
    static TIMESTAMPTZ_DATE (a: timestamptz, b: date) using context, stable:
    order compare_moments(Moment(a), Date(b), context);
    equal compare_moments(Moment(a), Date(b), context).is_eq();
    lt 2377 "timestamptz_lt_date"; le 2378 "timestamptz_le_date"; eq 2379 "timestamptz_eq_date"; ge 2381 "timestamptz_ge_date"; gt 2380 "timestamptz_gt_date"; ne 2382 "timestamptz_ne_date"; cmp 2383 "timestamptz_cmp_date";
}

comparisons! {
    static TIMESTAMPTZ_TIMESTAMP (a: timestamptz, b: timestamp) using context, stable:
    order compare_moments(Moment(a), Timestamp(b), context);
    equal compare_moments(Moment(a), Timestamp(b), context).is_eq();
    lt 2527 "timestamptz_lt_timestamp"; le 2528 "timestamptz_le_timestamp"; eq 2529 "timestamptz_eq_timestamp"; ge 2531 "timestamptz_ge_timestamp"; gt 2530 "timestamptz_gt_timestamp"; ne 2532 "timestamptz_ne_timestamp"; cmp 2533 "timestamptz_cmp_timestamp";
}

comparisons! {
    static TIMESTAMPTZ (a: timestamptz, b: timestamptz), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 1154 "timestamptz_lt"; le 1155 "timestamptz_le"; eq 1152 "timestamptz_eq"; ge 1156 "timestamptz_ge"; gt 1157 "timestamptz_gt"; ne 1153 "timestamptz_ne"; cmp 1314 "timestamptz_cmp";
}

comparisons! {
    static FLOAT4 (a: float4, b: float4), immutable leakproof:
    order compare_f64(a.into(), b.into());
    equal a == b || (a.is_nan() && b.is_nan());
    lt 289 "float4lt"; le 290 "float4le"; eq 287 "float4eq"; ge 292 "float4ge"; gt 291 "float4gt"; ne 288 "float4ne"; cmp 354 "btfloat4cmp";
}

comparisons! {
    static FLOAT4_FLOAT8 (a: float4, b: float8), immutable leakproof:
    order compare_f64(a.into(), b);
    equal compare_f64(a.into(), b).is_eq();
    lt 301 "float48lt"; le 302 "float48le"; eq 299 "float48eq"; ge 304 "float48ge"; gt 303 "float48gt"; ne 300 "float48ne"; cmp 2194 "btfloat48cmp";
}

comparisons! {
    static FLOAT8_FLOAT4 (a: float8, b: float4), immutable leakproof:
    order compare_f64(a, b.into());
    equal compare_f64(a, b.into()).is_eq();
    lt 307 "float84lt"; le 308 "float84le"; eq 305 "float84eq"; ge 310 "float84ge"; gt 309 "float84gt"; ne 306 "float84ne"; cmp 2195 "btfloat84cmp";
}

comparisons! {
    static FLOAT8 (a: float8, b: float8), immutable leakproof:
    order compare_f64(a, b);
    equal a == b || (a.is_nan() && b.is_nan());
    lt 295 "float8lt"; le 296 "float8le"; eq 293 "float8eq"; ge 298 "float8ge"; gt 297 "float8gt"; ne 294 "float8ne"; cmp 355 "btfloat8cmp";
}

comparisons! {
    static INT8 (a: int8, b: int8), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 469 "int8lt"; le 471 "int8le"; eq 467 "int8eq"; ge 472 "int8ge"; gt 470 "int8gt"; ne 468 "int8ne"; cmp 842 "btint8cmp";
}

comparisons! {
    static INT8_INT2 (a: int8, b: int2), immutable leakproof:
    order a.cmp(&i64::from(b));
    equal a == i64::from(b);
    lt 1858 "int82lt"; le 1860 "int82le"; eq 1856 "int82eq"; ge 1861 "int82ge"; gt 1859 "int82gt"; ne 1857 "int82ne"; cmp 2193 "btint82cmp";
}

comparisons! {
    static INT8_INT4 (a: int8, b: int4), immutable leakproof:
    order a.cmp(&i64::from(b));
    equal a == i64::from(b);
    lt 476 "int84lt"; le 478 "int84le"; eq 474 "int84eq"; ge 479 "int84ge"; gt 477 "int84gt"; ne 475 "int84ne"; cmp 2189 "btint84cmp";
}

comparisons! {
    static INT2_INT8 (a: int2, b: int8), immutable leakproof:
    order i64::from(a).cmp(&b);
    equal i64::from(a) == b;
    lt 1852 "int28lt"; le 1854 "int28le"; eq 1850 "int28eq"; ge 1855 "int28ge"; gt 1853 "int28gt"; ne 1851 "int28ne"; cmp 2192 "btint28cmp";
}

comparisons! {
    static INT2 (a: int2, b: int2), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 64 "int2lt"; le 148 "int2le"; eq 63 "int2eq"; ge 151 "int2ge"; gt 146 "int2gt"; ne 145 "int2ne"; cmp 350 "btint2cmp";
}

comparisons! {
    static INT2_INT4 (a: int2, b: int4), immutable leakproof:
    order i32::from(a).cmp(&b);
    equal i32::from(a) == b;
    lt 160 "int24lt"; le 166 "int24le"; eq 158 "int24eq"; ge 168 "int24ge"; gt 162 "int24gt"; ne 164 "int24ne"; cmp 2190 "btint24cmp";
}

comparisons! {
    static INT4_INT8 (a: int4, b: int8), immutable leakproof:
    order i64::from(a).cmp(&b);
    equal i64::from(a) == b;
    lt 854 "int48lt"; le 856 "int48le"; eq 852 "int48eq"; ge 857 "int48ge"; gt 855 "int48gt"; ne 853 "int48ne"; cmp 2188 "btint48cmp";
}

comparisons! {
    static INT4_INT2 (a: int4, b: int2), immutable leakproof:
    order a.cmp(&i32::from(b));
    equal a == i32::from(b);
    lt 161 "int42lt"; le 167 "int42le"; eq 159 "int42eq"; ge 169 "int42ge"; gt 163 "int42gt"; ne 165 "int42ne"; cmp 2191 "btint42cmp";
}

comparisons! {
    static INT4 (a: int4, b: int4), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 66 "int4lt"; le 149 "int4le"; eq 65 "int4eq"; ge 150 "int4ge"; gt 147 "int4gt"; ne 144 "int4ne"; cmp 351 "btint4cmp";
}

comparisons! {
    static INTERVAL (a: interval, b: interval), immutable leakproof:
    order a.compare(&b);
    equal a.compare(&b).is_eq();
    lt 1164 "interval_lt"; le 1165 "interval_le"; eq 1162 "interval_eq"; ge 1166 "interval_ge"; gt 1167 "interval_gt"; ne 1163 "interval_ne"; cmp 1315 "interval_cmp";
}

comparisons! {
    static NUMERIC (a: numeric, b: numeric), immutable:
    order a.cmp(b);
    equal a == b;
    lt 1722 "numeric_lt"; le 1723 "numeric_le"; eq 1718 "numeric_eq"; ge 1721 "numeric_ge"; gt 1720 "numeric_gt"; ne 1719 "numeric_ne"; cmp 1769 "numeric_cmp";
}

comparisons! {
    static OID (a: oid_, b: oid_), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 716 "oidlt"; le 717 "oidle"; eq 184 "oideq"; ge 1639 "oidge"; gt 1638 "oidgt"; ne 185 "oidne"; cmp 356 "btoidcmp";
}

comparisons! {
    static OIDVECTOR (a: oidvector, b: oidvector), immutable leakproof:
    order compare_arrays(a, b);
    equal compare_arrays(a, b).is_eq();
    lt 677 "oidvectorlt"; le 678 "oidvectorle"; eq 679 "oidvectoreq"; ge 680 "oidvectorge"; gt 681 "oidvectorgt"; ne 619 "oidvectorne"; cmp 404 "btoidvectorcmp";
}

comparisons! {
    static NAME (a: name_row, b: name_row), immutable leakproof:
    order a.compare(b);
    equal a.equals(b);
    lt 655 "namelt"; le 656 "namele"; eq 62 "nameeq"; ge 658 "namege"; gt 657 "namegt"; ne 659 "namene"; cmp 359 "btnamecmp";
}

comparisons! {
    static NAME_TEXT (a: name_row, b: text_row), immutable leakproof:
    order a.compare(b);
    equal a.equals(b);
    lt 241 "namelttext"; le 242 "nameletext"; eq 240 "nameeqtext"; ge 243 "namegetext"; gt 244 "namegttext"; ne 245 "namenetext"; cmp 246 "btnametextcmp";
}

comparisons! {
    static TEXT_NAME (a: text_row, b: name_row), immutable leakproof:
    order a.compare(b);
    equal a.equals(b);
    lt 248 "textltname"; le 249 "textlename"; eq 247 "texteqname"; ge 250 "textgename"; gt 251 "textgtname"; ne 252 "textnename"; cmp 253 "bttextnamecmp";
}

comparisons! {
    static TEXT (a: text_row, b: text_row), immutable leakproof:
    order a.compare(b);
    equal a.equals(b);
    lt 740 "text_lt"; le 741 "text_le"; eq 67 "texteq"; ge 743 "text_ge"; gt 742 "text_gt"; ne 157 "textne"; cmp 360 "bttextcmp";
}

comparisons! {
    static TIME (a: time, b: time), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 1102 "time_lt"; le 1103 "time_le"; eq 1145 "time_eq"; ge 1105 "time_ge"; gt 1104 "time_gt"; ne 1106 "time_ne"; cmp 1107 "time_cmp";
}

comparisons! {
    static TEXT_PATTERN (a: text_row, b: text_row), immutable leakproof:
    order a.compare(b);
    equal a.equals(b);
    lt 2160 "text_pattern_lt"; le 2161 "text_pattern_le"; ge 2163 "text_pattern_ge"; gt 2164 "text_pattern_gt"; cmp 2166 "bttext_pattern_cmp";
}

comparisons! {
    static BPCHAR_PATTERN (a: bpchar_row, b: bpchar_row), immutable leakproof:
    order without_trailing_blanks(a.bytes()).cmp(without_trailing_blanks(b.bytes()));
    equal without_trailing_blanks(a.bytes()).cmp(without_trailing_blanks(b.bytes())).is_eq();
    lt 2174 "bpchar_pattern_lt"; le 2175 "bpchar_pattern_le"; ge 2177 "bpchar_pattern_ge"; gt 2178 "bpchar_pattern_gt"; cmp 2180 "btbpchar_pattern_cmp";
}

comparisons! {
    static TID (a: tid, b: tid), immutable leakproof:
    order (a.block.0, a.offset.0).cmp(&(b.block.0, b.offset.0));
    equal a == b;
    lt 2791 "tidlt"; le 2793 "tidle"; eq 1292 "tideq"; ge 2792 "tidge"; gt 2790 "tidgt"; ne 1265 "tidne"; cmp 2794 "bttidcmp";
}

comparisons! {
    static UUID (a: uuid, b: uuid), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    lt 2954 "uuid_lt"; le 2955 "uuid_le"; eq 2956 "uuid_eq"; ge 2957 "uuid_ge"; gt 2958 "uuid_gt"; ne 2959 "uuid_ne"; cmp 2960 "uuid_cmp";
}

comparisons! {
    static RECORD (a: record, b: record), immutable:
    order compare_records(a, b);
    equal compare_records(a, b).is_eq();
    lt 2983 "record_lt"; le 2985 "record_le"; eq 2981 "record_eq"; ge 2986 "record_ge"; gt 2984 "record_gt"; ne 2982 "record_ne"; cmp 2987 "btrecordcmp";
}

comparisons! {
    static PG_LSN (a: pg_lsn, b: pg_lsn), immutable leakproof:
    order (a as u64).cmp(&(b as u64));
    equal a == b;
    lt 3231 "pg_lsn_lt"; le 3232 "pg_lsn_le"; eq 3233 "pg_lsn_eq"; ge 3234 "pg_lsn_ge"; gt 3235 "pg_lsn_gt"; ne 3236 "pg_lsn_ne"; cmp 3251 "pg_lsn_cmp";
}

comparisons! {
    static XID8 (a: xid8, b: xid8), immutable leakproof:
    order (a as u64).cmp(&(b as u64));
    equal a == b;
    lt 5034 "xid8lt"; le 5036 "xid8le"; eq 5084 "xid8eq"; ge 5037 "xid8ge"; gt 5035 "xid8gt"; ne 5085 "xid8ne"; cmp 5096 "xid8cmp";
}

comparisons! {
    static XID (a: xid, b: xid), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    eq 68 "xideq"; ne 3308 "xidneq";
}

comparisons! {
    static XID_INT4 (a: xid, b: int4), immutable leakproof:
    order a.0.cmp(&(b as u32));
    equal a.0 == b as u32;
    eq 1319 "xideqint4"; ne 3309 "xidneqint4";
}

comparisons! {
    static CID (a: cid, b: cid), immutable leakproof:
    order a.cmp(&b);
    equal a == b;
    eq 69 "cideq";
}

/// All comparison functions.
pub static TABLES: &[&[expression::FunctionDeclaration]] = &[
    ANYARRAY,
    BOOL,
    BPCHAR,
    BYTEA,
    CHAR,
    DATE,
    DATE_TIMESTAMP,
    DATE_TIMESTAMPTZ,
    TIMESTAMP_DATE,
    TIMESTAMP,
    TIMESTAMP_TIMESTAMPTZ,
    TIMESTAMPTZ_DATE,
    TIMESTAMPTZ_TIMESTAMP,
    TIMESTAMPTZ,
    FLOAT4,
    FLOAT4_FLOAT8,
    FLOAT8_FLOAT4,
    FLOAT8,
    INT8,
    INT8_INT2,
    INT8_INT4,
    INT2_INT8,
    INT2,
    INT2_INT4,
    INT4_INT8,
    INT4_INT2,
    INT4,
    INTERVAL,
    NUMERIC,
    OID,
    OIDVECTOR,
    NAME,
    NAME_TEXT,
    TEXT_NAME,
    TEXT,
    TIME,
    TEXT_PATTERN,
    BPCHAR_PATTERN,
    TID,
    UUID,
    RECORD,
    PG_LSN,
    XID8,
    XID,
    XID_INT4,
    CID,
];
