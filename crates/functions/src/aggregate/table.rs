//! The aggregates: their rows of `pg_proc` and `pg_aggregate`, and the accumulators that compute them.

use common::Oid;
use expression::{AggregateDeclaration, FunctionDeclaration, Implementation};
use types::oid::*;

use super::{collect, count, extreme, logical, statistics, sum};

macro_rules! aggregates {
    ($($oid:literal $name:literal ($($argument:ident),*) -> $result:ident, $($flag:ident $(($($value:expr),*))?)* = $new:path,
        kind $kind:literal, sort $sort:literal, state $state:literal, initial $initial:expr;)*) => {
        pub static FUNCTIONS: &[FunctionDeclaration] = &[$(
            FunctionDeclaration::new($oid, $name, &[$($argument),*], $result, Implementation::Aggregate)
                $(.$flag($($($value),*)?))*
        ),*];

        pub static AGGREGATES: &[AggregateDeclaration] = &[$(AggregateDeclaration {
            function: Oid($oid),
            new: $new,
            kind: $kind,
            sort_operator: Oid($sort),
            transition_type: Oid($state),
            initial_value: $initial,
        }),*];
    };
}

#[rustfmt::skip]
aggregates! {
    6291 "any_value" (ANYELEMENT) -> ANYELEMENT, immutable = extreme::any_value, kind b'n', sort 0, state 2283, initial None;
    2335 "array_agg" (ANYNONARRAY) -> ANYARRAY, immutable = collect::array_agg, kind b'n', sort 0, state 2281, initial None;
    4053 "array_agg" (ANYARRAY) -> ANYARRAY, immutable = collect::array_agg_array, kind b'n', sort 0, state 2281, initial None;
    2100 "avg" (INT8) -> NUMERIC, immutable = sum::avg_int8, kind b'n', sort 0, state 2281, initial None;
    2101 "avg" (INT4) -> NUMERIC, immutable = sum::avg_int4, kind b'n', sort 0, state 1016, initial Some("{0,0}");
    2102 "avg" (INT2) -> NUMERIC, immutable = sum::avg_int2, kind b'n', sort 0, state 1016, initial Some("{0,0}");
    2103 "avg" (NUMERIC) -> NUMERIC, immutable = sum::avg_numeric, kind b'n', sort 0, state 2281, initial None;
    2104 "avg" (FLOAT4) -> FLOAT8, immutable = sum::avg_float4, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2105 "avg" (FLOAT8) -> FLOAT8, immutable = sum::avg_float8, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2106 "avg" (INTERVAL) -> INTERVAL, immutable = sum::avg_interval, kind b'n', sort 0, state 2281, initial None;
    2236 "bit_and" (INT2) -> INT2, immutable = logical::bit_and_int2, kind b'n', sort 0, state 21, initial None;
    2238 "bit_and" (INT4) -> INT4, immutable = logical::bit_and_int4, kind b'n', sort 0, state 23, initial None;
    2240 "bit_and" (INT8) -> INT8, immutable = logical::bit_and_int8, kind b'n', sort 0, state 20, initial None;
    2237 "bit_or" (INT2) -> INT2, immutable = logical::bit_or_int2, kind b'n', sort 0, state 21, initial None;
    2239 "bit_or" (INT4) -> INT4, immutable = logical::bit_or_int4, kind b'n', sort 0, state 23, initial None;
    2241 "bit_or" (INT8) -> INT8, immutable = logical::bit_or_int8, kind b'n', sort 0, state 20, initial None;
    6164 "bit_xor" (INT2) -> INT2, immutable = logical::bit_xor_int2, kind b'n', sort 0, state 21, initial None;
    6165 "bit_xor" (INT4) -> INT4, immutable = logical::bit_xor_int4, kind b'n', sort 0, state 23, initial None;
    6166 "bit_xor" (INT8) -> INT8, immutable = logical::bit_xor_int8, kind b'n', sort 0, state 20, initial None;
    2517 "bool_and" (BOOL) -> BOOL, immutable = logical::bool_and, kind b'n', sort 58, state 16, initial None;
    2518 "bool_or" (BOOL) -> BOOL, immutable = logical::bool_or, kind b'n', sort 59, state 16, initial None;
    2829 "corr" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::corr, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2147 "count" (ANY) -> INT8, immutable = count::new, kind b'n', sort 0, state 20, initial Some("0");
    2803 "count" () -> INT8, immutable = count::new, kind b'n', sort 0, state 20, initial Some("0");
    2827 "covar_pop" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::covar_pop, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2828 "covar_samp" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::covar_samp, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2519 "every" (BOOL) -> BOOL, immutable = logical::bool_and, kind b'n', sort 58, state 16, initial None;
    2050 "max" (ANYARRAY) -> ANYARRAY, immutable = extreme::max, kind b'n', sort 1073, state 2277, initial None;
    2115 "max" (INT8) -> INT8, immutable = extreme::max, kind b'n', sort 413, state 20, initial None;
    2116 "max" (INT4) -> INT4, immutable = extreme::max, kind b'n', sort 521, state 23, initial None;
    2117 "max" (INT2) -> INT2, immutable = extreme::max, kind b'n', sort 520, state 21, initial None;
    2118 "max" (OID) -> OID, immutable = extreme::max, kind b'n', sort 610, state 26, initial None;
    2119 "max" (FLOAT4) -> FLOAT4, immutable = extreme::max, kind b'n', sort 623, state 700, initial None;
    2120 "max" (FLOAT8) -> FLOAT8, immutable = extreme::max, kind b'n', sort 674, state 701, initial None;
    2122 "max" (DATE) -> DATE, immutable = extreme::max, kind b'n', sort 1097, state 1082, initial None;
    2123 "max" (TIME) -> TIME, immutable = extreme::max, kind b'n', sort 1112, state 1083, initial None;
    2126 "max" (TIMESTAMP) -> TIMESTAMP, immutable = extreme::max, kind b'n', sort 2064, state 1114, initial None;
    2127 "max" (TIMESTAMPTZ) -> TIMESTAMPTZ, immutable = extreme::max, kind b'n', sort 1324, state 1184, initial None;
    2128 "max" (INTERVAL) -> INTERVAL, immutable = extreme::max, kind b'n', sort 1334, state 1186, initial None;
    2129 "max" (TEXT) -> TEXT, immutable = extreme::max, kind b'n', sort 666, state 25, initial None;
    2130 "max" (NUMERIC) -> NUMERIC, immutable = extreme::max, kind b'n', sort 1756, state 1700, initial None;
    2244 "max" (BPCHAR) -> BPCHAR, immutable = extreme::max, kind b'n', sort 1060, state 1042, initial None;
    2797 "max" (TID) -> TID, immutable = extreme::max, kind b'n', sort 2800, state 27, initial None;
    4189 "max" (PG_LSN) -> PG_LSN, immutable = extreme::max, kind b'n', sort 3225, state 3220, initial None;
    5099 "max" (XID8) -> XID8, immutable = extreme::max, kind b'n', sort 5074, state 5069, initial None;
    6373 "max" (RECORD) -> RECORD, immutable = extreme::max, kind b'n', sort 2991, state 2249, initial None;
    6395 "max" (BYTEA) -> BYTEA, immutable = extreme::max, kind b'n', sort 1959, state 17, initial None;
    2051 "min" (ANYARRAY) -> ANYARRAY, immutable = extreme::min, kind b'n', sort 1072, state 2277, initial None;
    2131 "min" (INT8) -> INT8, immutable = extreme::min, kind b'n', sort 412, state 20, initial None;
    2132 "min" (INT4) -> INT4, immutable = extreme::min, kind b'n', sort 97, state 23, initial None;
    2133 "min" (INT2) -> INT2, immutable = extreme::min, kind b'n', sort 95, state 21, initial None;
    2134 "min" (OID) -> OID, immutable = extreme::min, kind b'n', sort 609, state 26, initial None;
    2135 "min" (FLOAT4) -> FLOAT4, immutable = extreme::min, kind b'n', sort 622, state 700, initial None;
    2136 "min" (FLOAT8) -> FLOAT8, immutable = extreme::min, kind b'n', sort 672, state 701, initial None;
    2138 "min" (DATE) -> DATE, immutable = extreme::min, kind b'n', sort 1095, state 1082, initial None;
    2139 "min" (TIME) -> TIME, immutable = extreme::min, kind b'n', sort 1110, state 1083, initial None;
    2142 "min" (TIMESTAMP) -> TIMESTAMP, immutable = extreme::min, kind b'n', sort 2062, state 1114, initial None;
    2143 "min" (TIMESTAMPTZ) -> TIMESTAMPTZ, immutable = extreme::min, kind b'n', sort 1322, state 1184, initial None;
    2144 "min" (INTERVAL) -> INTERVAL, immutable = extreme::min, kind b'n', sort 1332, state 1186, initial None;
    2145 "min" (TEXT) -> TEXT, immutable = extreme::min, kind b'n', sort 664, state 25, initial None;
    2146 "min" (NUMERIC) -> NUMERIC, immutable = extreme::min, kind b'n', sort 1754, state 1700, initial None;
    2245 "min" (BPCHAR) -> BPCHAR, immutable = extreme::min, kind b'n', sort 1058, state 1042, initial None;
    2798 "min" (TID) -> TID, immutable = extreme::min, kind b'n', sort 2799, state 27, initial None;
    4190 "min" (PG_LSN) -> PG_LSN, immutable = extreme::min, kind b'n', sort 3224, state 3220, initial None;
    5100 "min" (XID8) -> XID8, immutable = extreme::min, kind b'n', sort 5073, state 5069, initial None;
    6374 "min" (RECORD) -> RECORD, immutable = extreme::min, kind b'n', sort 2990, state 2249, initial None;
    6396 "min" (BYTEA) -> BYTEA, immutable = extreme::min, kind b'n', sort 1957, state 17, initial None;
    2822 "regr_avgx" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::regr_avgx, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2823 "regr_avgy" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::regr_avgy, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2818 "regr_count" (FLOAT8, FLOAT8) -> INT8, immutable = statistics::regr_count, kind b'n', sort 0, state 20, initial Some("0");
    2826 "regr_intercept" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::regr_intercept, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2824 "regr_r2" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::regr_r2, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2825 "regr_slope" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::regr_slope, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2819 "regr_sxx" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::regr_sxx, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2821 "regr_sxy" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::regr_sxy, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2820 "regr_syy" (FLOAT8, FLOAT8) -> FLOAT8, immutable = statistics::regr_syy, kind b'n', sort 0, state 1022, initial Some("{0,0,0,0,0,0}");
    2154 "stddev" (INT8) -> NUMERIC, immutable = statistics::stddev_samp_int8, kind b'n', sort 0, state 2281, initial None;
    2155 "stddev" (INT4) -> NUMERIC, immutable = statistics::stddev_samp_int4, kind b'n', sort 0, state 2281, initial None;
    2156 "stddev" (INT2) -> NUMERIC, immutable = statistics::stddev_samp_int2, kind b'n', sort 0, state 2281, initial None;
    2157 "stddev" (FLOAT4) -> FLOAT8, immutable = statistics::stddev_samp_float4, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2158 "stddev" (FLOAT8) -> FLOAT8, immutable = statistics::stddev_samp_float8, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2159 "stddev" (NUMERIC) -> NUMERIC, immutable = statistics::stddev_samp_numeric, kind b'n', sort 0, state 2281, initial None;
    2724 "stddev_pop" (INT8) -> NUMERIC, immutable = statistics::stddev_pop_int8, kind b'n', sort 0, state 2281, initial None;
    2725 "stddev_pop" (INT4) -> NUMERIC, immutable = statistics::stddev_pop_int4, kind b'n', sort 0, state 2281, initial None;
    2726 "stddev_pop" (INT2) -> NUMERIC, immutable = statistics::stddev_pop_int2, kind b'n', sort 0, state 2281, initial None;
    2727 "stddev_pop" (FLOAT4) -> FLOAT8, immutable = statistics::stddev_pop_float4, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2728 "stddev_pop" (FLOAT8) -> FLOAT8, immutable = statistics::stddev_pop_float8, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2729 "stddev_pop" (NUMERIC) -> NUMERIC, immutable = statistics::stddev_pop_numeric, kind b'n', sort 0, state 2281, initial None;
    2712 "stddev_samp" (INT8) -> NUMERIC, immutable = statistics::stddev_samp_int8, kind b'n', sort 0, state 2281, initial None;
    2713 "stddev_samp" (INT4) -> NUMERIC, immutable = statistics::stddev_samp_int4, kind b'n', sort 0, state 2281, initial None;
    2714 "stddev_samp" (INT2) -> NUMERIC, immutable = statistics::stddev_samp_int2, kind b'n', sort 0, state 2281, initial None;
    2715 "stddev_samp" (FLOAT4) -> FLOAT8, immutable = statistics::stddev_samp_float4, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2716 "stddev_samp" (FLOAT8) -> FLOAT8, immutable = statistics::stddev_samp_float8, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2717 "stddev_samp" (NUMERIC) -> NUMERIC, immutable = statistics::stddev_samp_numeric, kind b'n', sort 0, state 2281, initial None;
    3538 "string_agg" (TEXT, TEXT) -> TEXT, immutable = collect::string_agg, kind b'n', sort 0, state 2281, initial None;
    3545 "string_agg" (BYTEA, BYTEA) -> BYTEA, immutable = collect::string_agg, kind b'n', sort 0, state 2281, initial None;
    2107 "sum" (INT8) -> NUMERIC, immutable = sum::sum_int8, kind b'n', sort 0, state 2281, initial None;
    2108 "sum" (INT4) -> INT8, immutable = sum::sum_int4, kind b'n', sort 0, state 20, initial None;
    2109 "sum" (INT2) -> INT8, immutable = sum::sum_int2, kind b'n', sort 0, state 20, initial None;
    2110 "sum" (FLOAT4) -> FLOAT4, immutable = sum::sum_float4, kind b'n', sort 0, state 700, initial None;
    2111 "sum" (FLOAT8) -> FLOAT8, immutable = sum::sum_float8, kind b'n', sort 0, state 701, initial None;
    2113 "sum" (INTERVAL) -> INTERVAL, immutable = sum::sum_interval, kind b'n', sort 0, state 2281, initial None;
    2114 "sum" (NUMERIC) -> NUMERIC, immutable = sum::sum_numeric, kind b'n', sort 0, state 2281, initial None;
    2718 "var_pop" (INT8) -> NUMERIC, immutable = statistics::var_pop_int8, kind b'n', sort 0, state 2281, initial None;
    2719 "var_pop" (INT4) -> NUMERIC, immutable = statistics::var_pop_int4, kind b'n', sort 0, state 2281, initial None;
    2720 "var_pop" (INT2) -> NUMERIC, immutable = statistics::var_pop_int2, kind b'n', sort 0, state 2281, initial None;
    2721 "var_pop" (FLOAT4) -> FLOAT8, immutable = statistics::var_pop_float4, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2722 "var_pop" (FLOAT8) -> FLOAT8, immutable = statistics::var_pop_float8, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2723 "var_pop" (NUMERIC) -> NUMERIC, immutable = statistics::var_pop_numeric, kind b'n', sort 0, state 2281, initial None;
    2641 "var_samp" (INT8) -> NUMERIC, immutable = statistics::var_samp_int8, kind b'n', sort 0, state 2281, initial None;
    2642 "var_samp" (INT4) -> NUMERIC, immutable = statistics::var_samp_int4, kind b'n', sort 0, state 2281, initial None;
    2643 "var_samp" (INT2) -> NUMERIC, immutable = statistics::var_samp_int2, kind b'n', sort 0, state 2281, initial None;
    2644 "var_samp" (FLOAT4) -> FLOAT8, immutable = statistics::var_samp_float4, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2645 "var_samp" (FLOAT8) -> FLOAT8, immutable = statistics::var_samp_float8, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2646 "var_samp" (NUMERIC) -> NUMERIC, immutable = statistics::var_samp_numeric, kind b'n', sort 0, state 2281, initial None;
    2148 "variance" (INT8) -> NUMERIC, immutable = statistics::var_samp_int8, kind b'n', sort 0, state 2281, initial None;
    2149 "variance" (INT4) -> NUMERIC, immutable = statistics::var_samp_int4, kind b'n', sort 0, state 2281, initial None;
    2150 "variance" (INT2) -> NUMERIC, immutable = statistics::var_samp_int2, kind b'n', sort 0, state 2281, initial None;
    2151 "variance" (FLOAT4) -> FLOAT8, immutable = statistics::var_samp_float4, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2152 "variance" (FLOAT8) -> FLOAT8, immutable = statistics::var_samp_float8, kind b'n', sort 0, state 1022, initial Some("{0,0,0}");
    2153 "variance" (NUMERIC) -> NUMERIC, immutable = statistics::var_samp_numeric, kind b'n', sort 0, state 2281, initial None;
}
