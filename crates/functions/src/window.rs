//! Declarations of the window functions, which the window operator runs by their identifiers.

use expression::{FunctionDeclaration, Implementation};
use types::oid::*;

macro_rules! windows {
    ($($oid:literal $name:literal ($($argument:ident),*) -> $result:ident $symbol:literal $($flag:ident)* : $description:literal;)*) => {
        pub static FUNCTIONS: &[FunctionDeclaration] = &[$(
            FunctionDeclaration::new($oid, $name, &[$($argument),*], $result, Implementation::Window)
                .symbol($symbol).immutable()$(.$flag())*.description(&[$description])
        ),*];
    };
}

#[rustfmt::skip]
windows! {
    3100 "row_number" () -> INT8 "window_row_number": "row number within partition";
    3101 "rank" () -> INT8 "window_rank": "integer rank with gaps";
    3102 "dense_rank" () -> INT8 "window_dense_rank": "integer rank without gaps";
    3103 "percent_rank" () -> FLOAT8 "window_percent_rank": "fractional rank within partition";
    3104 "cume_dist" () -> FLOAT8 "window_cume_dist": "fractional row number within partition";
    3105 "ntile" (INT4) -> INT4 "window_ntile" strict: "split rows into N groups";
    3106 "lag" (ANYELEMENT) -> ANYELEMENT "window_lag" strict: "fetch the preceding row value";
    3107 "lag" (ANYELEMENT, INT4) -> ANYELEMENT "window_lag_with_offset" strict: "fetch the Nth preceding row value";
    3108 "lag" (ANYCOMPATIBLE, INT4, ANYCOMPATIBLE) -> ANYCOMPATIBLE "window_lag_with_offset_and_default" strict: "fetch the Nth preceding row value with default";
    3109 "lead" (ANYELEMENT) -> ANYELEMENT "window_lead" strict: "fetch the following row value";
    3110 "lead" (ANYELEMENT, INT4) -> ANYELEMENT "window_lead_with_offset" strict: "fetch the Nth following row value";
    3111 "lead" (ANYCOMPATIBLE, INT4, ANYCOMPATIBLE) -> ANYCOMPATIBLE "window_lead_with_offset_and_default" strict: "fetch the Nth following row value with default";
    3112 "first_value" (ANYELEMENT) -> ANYELEMENT "window_first_value" strict: "fetch the first row value";
    3113 "last_value" (ANYELEMENT) -> ANYELEMENT "window_last_value" strict: "fetch the last row value";
    3114 "nth_value" (ANYELEMENT, INT4) -> ANYELEMENT "window_nth_value" strict: "fetch the Nth row value";
}
