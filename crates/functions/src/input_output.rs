//! Input, output, receive and send functions of all types, over the forms that the crate `types` gives.
//!
//! One generic function for each direction; the table says which type each declaration is for.

use common::Oid;
use error::{Error, Result, error};
use expression::{BatchFunction, CallContext, FunctionDeclaration, Implementation};
use types::io;
use types::oid::*;
use types::{Column, Rows, oid, type_description};

/// Stands for the type that the call has: of arrays, rows and enums.
const ANY_TYPE: Oid = Oid::INVALID;

fn missing_argument() -> Error {
    Error::internal("too few arguments for a type's function")
}

/// The second and third argument of input functions: element type or type, and modifier.
fn modifier_of(arguments: &[&Column], row: usize) -> i32 {
    arguments.get(2).filter(|column| !column.is_null(row)).map_or(-1, |column| column.get::<i32>(row))
}

/// The type that a generic input function reads: named by its second argument, or the array over that.
fn input_type(context: &CallContext<'_>, arguments: &[&Column], row: usize) -> Oid {
    let named = arguments.get(1).map_or(Oid::INVALID, |column| column.get::<Oid>(row));
    match context.result_type {
        oid::ANYARRAY => oid::array_of(named),
        oid::RECORD | oid::ANYENUM | Oid::INVALID => named,
        actual => actual,
    }
}

/// `type(text)`: the input function.
fn input<const TYPE: u32>(
    context: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    out.resize(rows.length());
    let text = arguments.first().ok_or_else(missing_argument)?;
    rows.try_for_each(|row| {
        if text.is_null(row) {
            out.set_null(row);
            return Ok(());
        }
        let type_oid = if TYPE == 0 { input_type(context, arguments, row) } else { Oid(TYPE) };
        let value = io::input(type_oid, modifier_of(arguments, row), text.text(row), &context.io())?;
        out.set_value(row, &value);
        Ok(())
    })
}

/// The type whose form an output function writes.
fn output_type(context: &CallContext<'_>, declared: u32) -> Oid {
    if declared == 0 { context.argument_types.first().copied().unwrap_or(oid::TEXT) } else { Oid(declared) }
}

/// Pseudo-types have no values to show, but for these.
fn is_shown(type_oid: Oid) -> bool {
    matches!(type_oid, oid::CSTRING | oid::UNKNOWN | oid::VOID | oid::RECORD | oid::ANYARRAY)
        || type_description(type_oid).is_none_or(|found| !found.is_pseudo())
}

/// The output function: `cstring`.
fn output<const TYPE: u32>(
    context: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    out.resize(rows.length());
    let column = arguments.first().ok_or_else(missing_argument)?;
    let type_oid = output_type(context, TYPE);
    rows.try_for_each(|row| {
        if column.is_null(row) {
            out.set_null(row);
            return Ok(());
        }
        if !is_shown(type_oid) {
            let name = context.session.catalog().type_name(type_oid);
            return Err(error!(FEATURE_NOT_SUPPORTED, "cannot display a value of type {name}"));
        }
        if type_oid == oid::VOID {
            out.set_text(row, "");
            return Ok(());
        }
        out.set_bytes_with(row, |bytes| io::output_row(type_oid, column, row, &context.io(), bytes))
    })
}

/// The binary output function: `bytea`.
fn send<const TYPE: u32>(
    context: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    out.resize(rows.length());
    let column = arguments.first().ok_or_else(missing_argument)?;
    let type_oid = output_type(context, TYPE);
    rows.try_for_each(|row| {
        if column.is_null(row) {
            out.set_null(row);
            return Ok(());
        }
        if type_oid == oid::VOID {
            out.set_bytes(row, b"");
            return Ok(());
        }
        out.set_bytes_with(row, |bytes| io::send_row(type_oid, column, row, &context.io(), bytes))
    })
}

/// The binary input function. Its argument is `internal`: it exists for the catalog, SQL cannot call it, and the
/// protocol uses [`io::receive`] directly.
fn receive<const TYPE: u32>(
    context: &mut CallContext<'_>,
    _: &[&Column],
    _: Rows<'_>,
    _: &mut Column,
) -> Result<()> {
    let name = context.session.catalog().type_name(Oid(TYPE));
    Err(Error::unsupported(format!("cannot call the receive function of type {name} directly")))
}

macro_rules! type_functions {
    ($($oid:literal $name:literal ($($argument:ident),*) -> $result:ident, $($flag:ident)* = $kind:ident of $type:ident;)*) => {
        static FUNCTIONS: &[FunctionDeclaration] = &[$(
            FunctionDeclaration::new($oid, $name, &[$(oid::$argument),*], oid::$result,
                Implementation::Scalar($kind::<{ $type.0 }> as BatchFunction))
            $(.$flag())*
        ),*];
    };
}

#[rustfmt::skip]
type_functions! {
    1242 "boolin" (CSTRING) -> BOOL, strict immutable = input of BOOL;
    1243 "boolout" (BOOL) -> CSTRING, strict immutable = output of BOOL;
    2436 "boolrecv" (INTERNAL) -> BOOL, strict immutable = receive of BOOL;
    2437 "boolsend" (BOOL) -> BYTEA, strict immutable = send of BOOL;
    1244 "byteain" (CSTRING) -> BYTEA, strict immutable = input of BYTEA;
    31 "byteaout" (BYTEA) -> CSTRING, strict immutable = output of BYTEA;
    2412 "bytearecv" (INTERNAL) -> BYTEA, strict immutable = receive of BYTEA;
    2413 "byteasend" (BYTEA) -> BYTEA, strict immutable = send of BYTEA;
    1245 "charin" (CSTRING) -> CHAR, strict immutable = input of CHAR;
    33 "charout" (CHAR) -> CSTRING, strict immutable = output of CHAR;
    2434 "charrecv" (INTERNAL) -> CHAR, strict immutable = receive of CHAR;
    2435 "charsend" (CHAR) -> BYTEA, strict immutable = send of CHAR;
    34 "namein" (CSTRING) -> NAME, strict immutable = input of NAME;
    35 "nameout" (NAME) -> CSTRING, strict immutable = output of NAME;
    2422 "namerecv" (INTERNAL) -> NAME, strict stable = receive of NAME;
    2423 "namesend" (NAME) -> BYTEA, strict stable = send of NAME;
    460 "int8in" (CSTRING) -> INT8, strict immutable = input of INT8;
    461 "int8out" (INT8) -> CSTRING, strict immutable = output of INT8;
    2408 "int8recv" (INTERNAL) -> INT8, strict immutable = receive of INT8;
    2409 "int8send" (INT8) -> BYTEA, strict immutable = send of INT8;
    38 "int2in" (CSTRING) -> INT2, strict immutable = input of INT2;
    39 "int2out" (INT2) -> CSTRING, strict immutable = output of INT2;
    2404 "int2recv" (INTERNAL) -> INT2, strict immutable = receive of INT2;
    2405 "int2send" (INT2) -> BYTEA, strict immutable = send of INT2;
    40 "int2vectorin" (CSTRING) -> INT2VECTOR, strict immutable = input of INT2VECTOR;
    41 "int2vectorout" (INT2VECTOR) -> CSTRING, strict immutable = output of INT2VECTOR;
    2410 "int2vectorrecv" (INTERNAL) -> INT2VECTOR, strict immutable = receive of INT2VECTOR;
    2411 "int2vectorsend" (INT2VECTOR) -> BYTEA, strict immutable = send of INT2VECTOR;
    42 "int4in" (CSTRING) -> INT4, strict immutable = input of INT4;
    43 "int4out" (INT4) -> CSTRING, strict immutable = output of INT4;
    2406 "int4recv" (INTERNAL) -> INT4, strict immutable = receive of INT4;
    2407 "int4send" (INT4) -> BYTEA, strict immutable = send of INT4;
    44 "regprocin" (CSTRING) -> REGPROC, strict stable = input of REGPROC;
    45 "regprocout" (REGPROC) -> CSTRING, strict stable = output of REGPROC;
    2444 "regprocrecv" (INTERNAL) -> REGPROC, strict immutable = receive of REGPROC;
    2445 "regprocsend" (REGPROC) -> BYTEA, strict immutable = send of REGPROC;
    46 "textin" (CSTRING) -> TEXT, strict immutable = input of TEXT;
    47 "textout" (TEXT) -> CSTRING, strict immutable = output of TEXT;
    2414 "textrecv" (INTERNAL) -> TEXT, strict stable = receive of TEXT;
    2415 "textsend" (TEXT) -> BYTEA, strict stable = send of TEXT;
    1798 "oidin" (CSTRING) -> OID, strict immutable = input of OID;
    1799 "oidout" (OID) -> CSTRING, strict immutable = output of OID;
    2418 "oidrecv" (INTERNAL) -> OID, strict immutable = receive of OID;
    2419 "oidsend" (OID) -> BYTEA, strict immutable = send of OID;
    48 "tidin" (CSTRING) -> TID, strict immutable = input of TID;
    49 "tidout" (TID) -> CSTRING, strict immutable = output of TID;
    2438 "tidrecv" (INTERNAL) -> TID, strict immutable = receive of TID;
    2439 "tidsend" (TID) -> BYTEA, strict immutable = send of TID;
    50 "xidin" (CSTRING) -> XID, strict immutable = input of XID;
    51 "xidout" (XID) -> CSTRING, strict immutable = output of XID;
    2440 "xidrecv" (INTERNAL) -> XID, strict immutable = receive of XID;
    2441 "xidsend" (XID) -> BYTEA, strict immutable = send of XID;
    52 "cidin" (CSTRING) -> CID, strict immutable = input of CID;
    53 "cidout" (CID) -> CSTRING, strict immutable = output of CID;
    2442 "cidrecv" (INTERNAL) -> CID, strict immutable = receive of CID;
    2443 "cidsend" (CID) -> BYTEA, strict immutable = send of CID;
    54 "oidvectorin" (CSTRING) -> OIDVECTOR, strict immutable = input of OIDVECTOR;
    55 "oidvectorout" (OIDVECTOR) -> CSTRING, strict immutable = output of OIDVECTOR;
    2420 "oidvectorrecv" (INTERNAL) -> OIDVECTOR, strict immutable = receive of OIDVECTOR;
    2421 "oidvectorsend" (OIDVECTOR) -> BYTEA, strict immutable = send of OIDVECTOR;
    321 "json_in" (CSTRING) -> JSON, strict immutable = input of JSON;
    322 "json_out" (JSON) -> CSTRING, strict immutable = output of JSON;
    323 "json_recv" (INTERNAL) -> JSON, strict immutable = receive of JSON;
    324 "json_send" (JSON) -> BYTEA, strict immutable = send of JSON;
    195 "pg_node_tree_in" (CSTRING) -> PG_NODE_TREE, strict immutable = input of PG_NODE_TREE;
    196 "pg_node_tree_out" (PG_NODE_TREE) -> CSTRING, strict immutable = output of PG_NODE_TREE;
    197 "pg_node_tree_recv" (INTERNAL) -> PG_NODE_TREE, strict stable = receive of PG_NODE_TREE;
    198 "pg_node_tree_send" (PG_NODE_TREE) -> BYTEA, strict stable = send of PG_NODE_TREE;
    750 "array_in" (CSTRING, OID, INT4) -> ANYARRAY, strict stable = input of ANY_TYPE;
    751 "array_out" (ANYARRAY) -> CSTRING, strict stable = output of ANY_TYPE;
    2400 "array_recv" (INTERNAL, OID, INT4) -> ANYARRAY, strict stable = receive of ANY_TYPE;
    2401 "array_send" (ANYARRAY) -> BYTEA, strict stable = send of ANY_TYPE;
    267 "table_am_handler_in" (CSTRING) -> TABLE_AM_HANDLER, nullable immutable = input of TABLE_AM_HANDLER;
    268 "table_am_handler_out" (TABLE_AM_HANDLER) -> CSTRING, strict immutable = output of TABLE_AM_HANDLER;
    326 "index_am_handler_in" (CSTRING) -> INDEX_AM_HANDLER, nullable immutable = input of INDEX_AM_HANDLER;
    327 "index_am_handler_out" (INDEX_AM_HANDLER) -> CSTRING, strict immutable = output of INDEX_AM_HANDLER;
    200 "float4in" (CSTRING) -> FLOAT4, strict immutable = input of FLOAT4;
    201 "float4out" (FLOAT4) -> CSTRING, strict immutable = output of FLOAT4;
    2424 "float4recv" (INTERNAL) -> FLOAT4, strict immutable = receive of FLOAT4;
    2425 "float4send" (FLOAT4) -> BYTEA, strict immutable = send of FLOAT4;
    214 "float8in" (CSTRING) -> FLOAT8, strict immutable = input of FLOAT8;
    215 "float8out" (FLOAT8) -> CSTRING, strict immutable = output of FLOAT8;
    2426 "float8recv" (INTERNAL) -> FLOAT8, strict immutable = receive of FLOAT8;
    2427 "float8send" (FLOAT8) -> BYTEA, strict immutable = send of FLOAT8;
    109 "unknownin" (CSTRING) -> UNKNOWN, strict immutable = input of UNKNOWN;
    110 "unknownout" (UNKNOWN) -> CSTRING, strict immutable = output of UNKNOWN;
    2416 "unknownrecv" (INTERNAL) -> UNKNOWN, strict immutable = receive of UNKNOWN;
    2417 "unknownsend" (UNKNOWN) -> BYTEA, strict immutable = send of UNKNOWN;
    1031 "aclitemin" (CSTRING) -> ACLITEM, strict stable = input of ACLITEM;
    1032 "aclitemout" (ACLITEM) -> CSTRING, strict stable = output of ACLITEM;
    1044 "bpcharin" (CSTRING, OID, INT4) -> BPCHAR, strict immutable = input of BPCHAR;
    1045 "bpcharout" (BPCHAR) -> CSTRING, strict immutable = output of BPCHAR;
    2430 "bpcharrecv" (INTERNAL, OID, INT4) -> BPCHAR, strict stable = receive of BPCHAR;
    2431 "bpcharsend" (BPCHAR) -> BYTEA, strict stable = send of BPCHAR;
    1046 "varcharin" (CSTRING, OID, INT4) -> VARCHAR, strict immutable = input of VARCHAR;
    1047 "varcharout" (VARCHAR) -> CSTRING, strict immutable = output of VARCHAR;
    2432 "varcharrecv" (INTERNAL, OID, INT4) -> VARCHAR, strict stable = receive of VARCHAR;
    2433 "varcharsend" (VARCHAR) -> BYTEA, strict stable = send of VARCHAR;
    1084 "date_in" (CSTRING) -> DATE, strict stable = input of DATE;
    1085 "date_out" (DATE) -> CSTRING, strict stable = output of DATE;
    2468 "date_recv" (INTERNAL) -> DATE, strict immutable = receive of DATE;
    2469 "date_send" (DATE) -> BYTEA, strict immutable = send of DATE;
    1143 "time_in" (CSTRING, OID, INT4) -> TIME, strict stable = input of TIME;
    1144 "time_out" (TIME) -> CSTRING, strict immutable = output of TIME;
    2470 "time_recv" (INTERNAL, OID, INT4) -> TIME, strict immutable = receive of TIME;
    2471 "time_send" (TIME) -> BYTEA, strict immutable = send of TIME;
    1312 "timestamp_in" (CSTRING, OID, INT4) -> TIMESTAMP, strict stable = input of TIMESTAMP;
    1313 "timestamp_out" (TIMESTAMP) -> CSTRING, strict stable = output of TIMESTAMP;
    2474 "timestamp_recv" (INTERNAL, OID, INT4) -> TIMESTAMP, strict immutable = receive of TIMESTAMP;
    2475 "timestamp_send" (TIMESTAMP) -> BYTEA, strict immutable = send of TIMESTAMP;
    1150 "timestamptz_in" (CSTRING, OID, INT4) -> TIMESTAMPTZ, strict stable = input of TIMESTAMPTZ;
    1151 "timestamptz_out" (TIMESTAMPTZ) -> CSTRING, strict stable = output of TIMESTAMPTZ;
    2476 "timestamptz_recv" (INTERNAL, OID, INT4) -> TIMESTAMPTZ, strict immutable = receive of TIMESTAMPTZ;
    2477 "timestamptz_send" (TIMESTAMPTZ) -> BYTEA, strict immutable = send of TIMESTAMPTZ;
    1160 "interval_in" (CSTRING, OID, INT4) -> INTERVAL, strict stable = input of INTERVAL;
    1161 "interval_out" (INTERVAL) -> CSTRING, strict stable = output of INTERVAL;
    2478 "interval_recv" (INTERNAL, OID, INT4) -> INTERVAL, strict immutable = receive of INTERVAL;
    2479 "interval_send" (INTERVAL) -> BYTEA, strict immutable = send of INTERVAL;
    1701 "numeric_in" (CSTRING, OID, INT4) -> NUMERIC, strict immutable = input of NUMERIC;
    1702 "numeric_out" (NUMERIC) -> CSTRING, strict immutable = output of NUMERIC;
    2460 "numeric_recv" (INTERNAL, OID, INT4) -> NUMERIC, strict immutable = receive of NUMERIC;
    2461 "numeric_send" (NUMERIC) -> BYTEA, strict immutable = send of NUMERIC;
    2212 "regprocedurein" (CSTRING) -> REGPROCEDURE, strict stable = input of REGPROCEDURE;
    2213 "regprocedureout" (REGPROCEDURE) -> CSTRING, strict stable = output of REGPROCEDURE;
    2446 "regprocedurerecv" (INTERNAL) -> REGPROCEDURE, strict immutable = receive of REGPROCEDURE;
    2447 "regproceduresend" (REGPROCEDURE) -> BYTEA, strict immutable = send of REGPROCEDURE;
    2214 "regoperin" (CSTRING) -> REGOPER, strict stable = input of REGOPER;
    2215 "regoperout" (REGOPER) -> CSTRING, strict stable = output of REGOPER;
    2448 "regoperrecv" (INTERNAL) -> REGOPER, strict immutable = receive of REGOPER;
    2449 "regopersend" (REGOPER) -> BYTEA, strict immutable = send of REGOPER;
    2216 "regoperatorin" (CSTRING) -> REGOPERATOR, strict stable = input of REGOPERATOR;
    2217 "regoperatorout" (REGOPERATOR) -> CSTRING, strict stable = output of REGOPERATOR;
    2450 "regoperatorrecv" (INTERNAL) -> REGOPERATOR, strict immutable = receive of REGOPERATOR;
    2451 "regoperatorsend" (REGOPERATOR) -> BYTEA, strict immutable = send of REGOPERATOR;
    2218 "regclassin" (CSTRING) -> REGCLASS, strict stable = input of REGCLASS;
    2219 "regclassout" (REGCLASS) -> CSTRING, strict stable = output of REGCLASS;
    2452 "regclassrecv" (INTERNAL) -> REGCLASS, strict immutable = receive of REGCLASS;
    2453 "regclasssend" (REGCLASS) -> BYTEA, strict immutable = send of REGCLASS;
    2220 "regtypein" (CSTRING) -> REGTYPE, strict stable = input of REGTYPE;
    2221 "regtypeout" (REGTYPE) -> CSTRING, strict stable = output of REGTYPE;
    2454 "regtyperecv" (INTERNAL) -> REGTYPE, strict immutable = receive of REGTYPE;
    2455 "regtypesend" (REGTYPE) -> BYTEA, strict immutable = send of REGTYPE;
    2290 "record_in" (CSTRING, OID, INT4) -> RECORD, strict stable = input of ANY_TYPE;
    2291 "record_out" (RECORD) -> CSTRING, strict stable = output of ANY_TYPE;
    2402 "record_recv" (INTERNAL, OID, INT4) -> RECORD, strict stable = receive of ANY_TYPE;
    2403 "record_send" (RECORD) -> BYTEA, strict stable = send of ANY_TYPE;
    2292 "cstring_in" (CSTRING) -> CSTRING, strict immutable = input of CSTRING;
    2293 "cstring_out" (CSTRING) -> CSTRING, strict immutable = output of CSTRING;
    2500 "cstring_recv" (INTERNAL) -> CSTRING, strict stable = receive of CSTRING;
    2501 "cstring_send" (CSTRING) -> BYTEA, strict stable = send of CSTRING;
    2294 "any_in" (CSTRING) -> ANY, strict immutable = input of ANY;
    2295 "any_out" (ANY) -> CSTRING, strict immutable = output of ANY;
    2296 "anyarray_in" (CSTRING) -> ANYARRAY, strict immutable = input of ANYARRAY;
    2297 "anyarray_out" (ANYARRAY) -> CSTRING, strict stable = output of ANYARRAY;
    2502 "anyarray_recv" (INTERNAL) -> ANYARRAY, strict stable = receive of ANYARRAY;
    2503 "anyarray_send" (ANYARRAY) -> BYTEA, strict stable = send of ANYARRAY;
    2298 "void_in" (CSTRING) -> VOID, strict immutable = input of VOID;
    2299 "void_out" (VOID) -> CSTRING, strict immutable = output of VOID;
    3120 "void_recv" (INTERNAL) -> VOID, strict immutable = receive of VOID;
    3121 "void_send" (VOID) -> BYTEA, strict immutable = send of VOID;
    2300 "trigger_in" (CSTRING) -> TRIGGER, nullable immutable = input of TRIGGER;
    2301 "trigger_out" (TRIGGER) -> CSTRING, strict immutable = output of TRIGGER;
    2302 "language_handler_in" (CSTRING) -> LANGUAGE_HANDLER, nullable immutable = input of LANGUAGE_HANDLER;
    2303 "language_handler_out" (LANGUAGE_HANDLER) -> CSTRING, strict immutable = output of LANGUAGE_HANDLER;
    2304 "internal_in" (CSTRING) -> INTERNAL, nullable immutable = input of INTERNAL;
    2305 "internal_out" (INTERNAL) -> CSTRING, strict immutable = output of INTERNAL;
    2312 "anyelement_in" (CSTRING) -> ANYELEMENT, strict immutable = input of ANYELEMENT;
    2313 "anyelement_out" (ANYELEMENT) -> CSTRING, strict immutable = output of ANYELEMENT;
    2777 "anynonarray_in" (CSTRING) -> ANYNONARRAY, strict immutable = input of ANYNONARRAY;
    2778 "anynonarray_out" (ANYNONARRAY) -> CSTRING, strict immutable = output of ANYNONARRAY;
    2952 "uuid_in" (CSTRING) -> UUID, strict immutable = input of UUID;
    2953 "uuid_out" (UUID) -> CSTRING, strict immutable = output of UUID;
    2961 "uuid_recv" (INTERNAL) -> UUID, strict immutable = receive of UUID;
    2962 "uuid_send" (UUID) -> BYTEA, strict immutable = send of UUID;
    3229 "pg_lsn_in" (CSTRING) -> PG_LSN, strict immutable = input of PG_LSN;
    3230 "pg_lsn_out" (PG_LSN) -> CSTRING, strict immutable = output of PG_LSN;
    3238 "pg_lsn_recv" (INTERNAL) -> PG_LSN, strict immutable = receive of PG_LSN;
    3239 "pg_lsn_send" (PG_LSN) -> BYTEA, strict immutable = send of PG_LSN;
    3504 "anyenum_in" (CSTRING) -> ANYENUM, strict immutable = input of ANYENUM;
    3505 "anyenum_out" (ANYENUM) -> CSTRING, strict stable = output of ANYENUM;
    3594 "event_trigger_in" (CSTRING) -> EVENT_TRIGGER, nullable immutable = input of EVENT_TRIGGER;
    3595 "event_trigger_out" (EVENT_TRIGGER) -> CSTRING, strict immutable = output of EVENT_TRIGGER;
    4084 "regnamespacein" (CSTRING) -> REGNAMESPACE, strict stable = input of REGNAMESPACE;
    4085 "regnamespaceout" (REGNAMESPACE) -> CSTRING, strict stable = output of REGNAMESPACE;
    4087 "regnamespacerecv" (INTERNAL) -> REGNAMESPACE, strict immutable = receive of REGNAMESPACE;
    4088 "regnamespacesend" (REGNAMESPACE) -> BYTEA, strict immutable = send of REGNAMESPACE;
    4098 "regrolein" (CSTRING) -> REGROLE, strict stable = input of REGROLE;
    4092 "regroleout" (REGROLE) -> CSTRING, strict stable = output of REGROLE;
    4094 "regrolerecv" (INTERNAL) -> REGROLE, strict immutable = receive of REGROLE;
    4095 "regrolesend" (REGROLE) -> BYTEA, strict immutable = send of REGROLE;
    4193 "regcollationin" (CSTRING) -> REGCOLLATION, strict stable = input of REGCOLLATION;
    4194 "regcollationout" (REGCOLLATION) -> CSTRING, strict stable = output of REGCOLLATION;
    4196 "regcollationrecv" (INTERNAL) -> REGCOLLATION, strict immutable = receive of REGCOLLATION;
    4197 "regcollationsend" (REGCOLLATION) -> BYTEA, strict immutable = send of REGCOLLATION;
    5070 "xid8in" (CSTRING) -> XID8, strict immutable = input of XID8;
    5081 "xid8out" (XID8) -> CSTRING, strict immutable = output of XID8;
    5082 "xid8recv" (INTERNAL) -> XID8, strict immutable = receive of XID8;
    5083 "xid8send" (XID8) -> BYTEA, strict immutable = send of XID8;
    5086 "anycompatible_in" (CSTRING) -> ANYCOMPATIBLE, strict immutable = input of ANYCOMPATIBLE;
    5087 "anycompatible_out" (ANYCOMPATIBLE) -> CSTRING, strict immutable = output of ANYCOMPATIBLE;
    5088 "anycompatiblearray_in" (CSTRING) -> ANYCOMPATIBLEARRAY, strict immutable = input of ANYCOMPATIBLEARRAY;
    5089 "anycompatiblearray_out" (ANYCOMPATIBLEARRAY) -> CSTRING, strict stable = output of ANYCOMPATIBLEARRAY;
    5090 "anycompatiblearray_recv" (INTERNAL) -> ANYCOMPATIBLEARRAY, strict stable = receive of ANYCOMPATIBLEARRAY;
    5091 "anycompatiblearray_send" (ANYCOMPATIBLEARRAY) -> BYTEA, strict stable = send of ANYCOMPATIBLEARRAY;
    5092 "anycompatiblenonarray_in" (CSTRING) -> ANYCOMPATIBLENONARRAY, strict immutable = input of ANYCOMPATIBLENONARRAY;
    5093 "anycompatiblenonarray_out" (ANYCOMPATIBLENONARRAY) -> CSTRING, strict immutable = output of ANYCOMPATIBLENONARRAY;
}

pub static TABLES: &[&[FunctionDeclaration]] = &[FUNCTIONS];
