//! The built-in types: their object identifiers and everything that `pg_type` says about them.
//!
//! One row a type. A type that is not here does not exist in this server.

use common::Oid;

use crate::physical_type::PhysicalType;

/// A built-in type: its `pg_type` row and its form in memory.
#[derive(Clone, Copy, Debug)]
pub struct TypeDescription {
    pub oid: Oid,
    pub name: &'static str,
    pub physical: PhysicalType,
    /// Bytes when fixed, -1 for variable length, -2 for a terminated string.
    pub length: i16,
    pub by_value: bool,
    /// `b` base, `p` pseudo.
    pub kind: u8,
    pub category: u8,
    pub is_preferred: bool,
    pub delimiter: u8,
    pub element: Oid,
    pub array: Oid,
    pub input: Oid,
    pub output: Oid,
    pub receive: Oid,
    pub send: Oid,
    pub modifier_in: Oid,
    pub modifier_out: Oid,
    pub align: u8,
    pub storage: u8,
    pub collation: Oid,
    pub subscript: Oid,
}

impl TypeDescription {
    pub fn is_pseudo(&self) -> bool {
        self.kind == b'p'
    }

    /// True for arrays in the strict sense, including int2vector and oidvector.
    pub fn is_array(&self) -> bool {
        matches!(self.physical, PhysicalType::Array) && self.element.is_valid()
    }
}

macro_rules! types {
    ($($name:ident = $oid:literal, $text:literal, $physical:ident, $length:literal, $by_value:literal,
        $kind:literal, $category:literal, $preferred:literal, $delimiter:literal, $element:literal, $array:literal,
        $input:literal, $output:literal, $receive:literal, $send:literal, $modifier_in:literal,
        $modifier_out:literal, $align:literal, $storage:literal, $collation:literal, $subscript:literal;)*) => {
        $(pub const $name: Oid = Oid($oid);)*

        /// All built-in types, ordered by object identifier.
        pub static TYPES: &[TypeDescription] = &[$(TypeDescription {
            oid: Oid($oid), name: $text, physical: PhysicalType::$physical, length: $length, by_value: $by_value,
            kind: $kind, category: $category, is_preferred: $preferred, delimiter: $delimiter,
            element: Oid($element), array: Oid($array), input: Oid($input), output: Oid($output),
            receive: Oid($receive), send: Oid($send), modifier_in: Oid($modifier_in),
            modifier_out: Oid($modifier_out), align: $align, storage: $storage, collation: Oid($collation),
            subscript: Oid($subscript),
        }),*];
    };
}

/// The built-in type with this identifier.
pub fn type_description(oid: Oid) -> Option<&'static TypeDescription> {
    TYPES.binary_search_by_key(&oid, |description| description.oid).ok().map(|at| &TYPES[at])
}

/// The built-in type with this internal name (`int4`, `_text`).
pub fn type_by_name(name: &str) -> Option<&'static TypeDescription> {
    TYPES.iter().find(|description| description.name == name)
}

/// The built-in array type over this element type; invalid when there is none.
pub fn array_of(element: Oid) -> Oid {
    type_description(element).map_or(Oid::INVALID, |description| description.array)
}

/// The element type of a built-in array type; invalid for other types.
pub fn element_of(array: Oid) -> Oid {
    type_description(array).filter(|found| found.is_array()).map_or(Oid::INVALID, |found| found.element)
}

#[rustfmt::skip]
types! {
    // oid, name, form, length, by value, kind, category, preferred, delimiter, element, array,
    // input, output, receive, send, modifier in, modifier out, align, storage, collation, subscript
    BOOL = 16, "bool", Bool, 1, true, b'b', b'B', true, b',', 0, 1000, 1242, 1243, 2436, 2437, 0, 0, b'c', b'p', 0, 0;
    BYTEA = 17, "bytea", Bytes, -1, false, b'b', b'U', false, b',', 0, 1001, 1244, 31, 2412, 2413, 0, 0, b'i', b'x', 0, 0;
    CHAR = 18, "char", Char, 1, true, b'b', b'Z', false, b',', 0, 1002, 1245, 33, 2434, 2435, 0, 0, b'c', b'p', 0, 0;
    NAME = 19, "name", Text, 64, false, b'b', b'S', false, b',', 18, 1003, 34, 35, 2422, 2423, 0, 0, b'c', b'p', 950, 6180;
    INT8 = 20, "int8", Int8, 8, true, b'b', b'N', false, b',', 0, 1016, 460, 461, 2408, 2409, 0, 0, b'd', b'p', 0, 0;
    INT2 = 21, "int2", Int2, 2, true, b'b', b'N', false, b',', 0, 1005, 38, 39, 2404, 2405, 0, 0, b's', b'p', 0, 0;
    INT2VECTOR = 22, "int2vector", Array, -1, false, b'b', b'A', false, b',', 21, 1006, 40, 41, 2410, 2411, 0, 0, b'i', b'p', 0, 6179;
    INT4 = 23, "int4", Int4, 4, true, b'b', b'N', false, b',', 0, 1007, 42, 43, 2406, 2407, 0, 0, b'i', b'p', 0, 0;
    REGPROC = 24, "regproc", Oid, 4, true, b'b', b'N', false, b',', 0, 1008, 44, 45, 2444, 2445, 0, 0, b'i', b'p', 0, 0;
    TEXT = 25, "text", Text, -1, false, b'b', b'S', true, b',', 0, 1009, 46, 47, 2414, 2415, 0, 0, b'i', b'x', 100, 0;
    OID = 26, "oid", Oid, 4, true, b'b', b'N', true, b',', 0, 1028, 1798, 1799, 2418, 2419, 0, 0, b'i', b'p', 0, 0;
    TID = 27, "tid", Tid, 6, false, b'b', b'U', false, b',', 0, 1010, 48, 49, 2438, 2439, 0, 0, b's', b'p', 0, 0;
    XID = 28, "xid", Oid, 4, true, b'b', b'U', false, b',', 0, 1011, 50, 51, 2440, 2441, 0, 0, b'i', b'p', 0, 0;
    CID = 29, "cid", Oid, 4, true, b'b', b'U', false, b',', 0, 1012, 52, 53, 2442, 2443, 0, 0, b'i', b'p', 0, 0;
    OIDVECTOR = 30, "oidvector", Array, -1, false, b'b', b'A', false, b',', 26, 1013, 54, 55, 2420, 2421, 0, 0, b'i', b'p', 0, 6179;
    JSON = 114, "json", Text, -1, false, b'b', b'U', false, b',', 0, 199, 321, 322, 323, 324, 0, 0, b'i', b'x', 0, 0;
    PG_NODE_TREE = 194, "pg_node_tree", Text, -1, false, b'b', b'Z', false, b',', 0, 0, 195, 196, 197, 198, 0, 0, b'i', b'x', 100, 0;
    JSON_ARRAY = 199, "_json", Array, -1, false, b'b', b'A', false, b',', 114, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    TABLE_AM_HANDLER = 269, "table_am_handler", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 267, 268, 0, 0, 0, 0, b'i', b'p', 0, 0;
    XID8_ARRAY = 271, "_xid8", Array, -1, false, b'b', b'A', false, b',', 5069, 0, 750, 751, 2400, 2401, 0, 0, b'd', b'x', 0, 6179;
    INDEX_AM_HANDLER = 325, "index_am_handler", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 326, 327, 0, 0, 0, 0, b'i', b'p', 0, 0;
    FLOAT4 = 700, "float4", Float4, 4, true, b'b', b'N', false, b',', 0, 1021, 200, 201, 2424, 2425, 0, 0, b'i', b'p', 0, 0;
    FLOAT8 = 701, "float8", Float8, 8, true, b'b', b'N', true, b',', 0, 1022, 214, 215, 2426, 2427, 0, 0, b'd', b'p', 0, 0;
    UNKNOWN = 705, "unknown", Text, -2, false, b'p', b'X', false, b',', 0, 0, 109, 110, 2416, 2417, 0, 0, b'c', b'p', 0, 0;
    BOOL_ARRAY = 1000, "_bool", Array, -1, false, b'b', b'A', false, b',', 16, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    BYTEA_ARRAY = 1001, "_bytea", Array, -1, false, b'b', b'A', false, b',', 17, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    CHAR_ARRAY = 1002, "_char", Array, -1, false, b'b', b'A', false, b',', 18, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    NAME_ARRAY = 1003, "_name", Array, -1, false, b'b', b'A', false, b',', 19, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 950, 6179;
    INT2_ARRAY = 1005, "_int2", Array, -1, false, b'b', b'A', false, b',', 21, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    INT2VECTOR_ARRAY = 1006, "_int2vector", Array, -1, false, b'b', b'A', false, b',', 22, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    INT4_ARRAY = 1007, "_int4", Array, -1, false, b'b', b'A', false, b',', 23, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    REGPROC_ARRAY = 1008, "_regproc", Array, -1, false, b'b', b'A', false, b',', 24, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    TEXT_ARRAY = 1009, "_text", Array, -1, false, b'b', b'A', false, b',', 25, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 100, 6179;
    TID_ARRAY = 1010, "_tid", Array, -1, false, b'b', b'A', false, b',', 27, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    XID_ARRAY = 1011, "_xid", Array, -1, false, b'b', b'A', false, b',', 28, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    CID_ARRAY = 1012, "_cid", Array, -1, false, b'b', b'A', false, b',', 29, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    OIDVECTOR_ARRAY = 1013, "_oidvector", Array, -1, false, b'b', b'A', false, b',', 30, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    BPCHAR_ARRAY = 1014, "_bpchar", Array, -1, false, b'b', b'A', false, b',', 1042, 0, 750, 751, 2400, 2401, 2913, 2914, b'i', b'x', 100, 6179;
    VARCHAR_ARRAY = 1015, "_varchar", Array, -1, false, b'b', b'A', false, b',', 1043, 0, 750, 751, 2400, 2401, 2915, 2916, b'i', b'x', 100, 6179;
    INT8_ARRAY = 1016, "_int8", Array, -1, false, b'b', b'A', false, b',', 20, 0, 750, 751, 2400, 2401, 0, 0, b'd', b'x', 0, 6179;
    FLOAT4_ARRAY = 1021, "_float4", Array, -1, false, b'b', b'A', false, b',', 700, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    FLOAT8_ARRAY = 1022, "_float8", Array, -1, false, b'b', b'A', false, b',', 701, 0, 750, 751, 2400, 2401, 0, 0, b'd', b'x', 0, 6179;
    OID_ARRAY = 1028, "_oid", Array, -1, false, b'b', b'A', false, b',', 26, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    ACLITEM = 1033, "aclitem", Text, 16, false, b'b', b'U', false, b',', 0, 1034, 1031, 1032, 0, 0, 0, 0, b'd', b'p', 0, 0;
    ACLITEM_ARRAY = 1034, "_aclitem", Array, -1, false, b'b', b'A', false, b',', 1033, 0, 750, 751, 2400, 2401, 0, 0, b'd', b'x', 0, 6179;
    BPCHAR = 1042, "bpchar", Text, -1, false, b'b', b'S', false, b',', 0, 1014, 1044, 1045, 2430, 2431, 2913, 2914, b'i', b'x', 100, 0;
    VARCHAR = 1043, "varchar", Text, -1, false, b'b', b'S', false, b',', 0, 1015, 1046, 1047, 2432, 2433, 2915, 2916, b'i', b'x', 100, 0;
    DATE = 1082, "date", Int4, 4, true, b'b', b'D', false, b',', 0, 1182, 1084, 1085, 2468, 2469, 0, 0, b'i', b'p', 0, 0;
    TIME = 1083, "time", Int8, 8, true, b'b', b'D', false, b',', 0, 1183, 1143, 1144, 2470, 2471, 2909, 2910, b'd', b'p', 0, 0;
    TIMESTAMP = 1114, "timestamp", Int8, 8, true, b'b', b'D', false, b',', 0, 1115, 1312, 1313, 2474, 2475, 2905, 2906, b'd', b'p', 0, 0;
    TIMESTAMP_ARRAY = 1115, "_timestamp", Array, -1, false, b'b', b'A', false, b',', 1114, 0, 750, 751, 2400, 2401, 2905, 2906, b'd', b'x', 0, 6179;
    DATE_ARRAY = 1182, "_date", Array, -1, false, b'b', b'A', false, b',', 1082, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    TIME_ARRAY = 1183, "_time", Array, -1, false, b'b', b'A', false, b',', 1083, 0, 750, 751, 2400, 2401, 2909, 2910, b'd', b'x', 0, 6179;
    TIMESTAMPTZ = 1184, "timestamptz", Int8, 8, true, b'b', b'D', true, b',', 0, 1185, 1150, 1151, 2476, 2477, 2907, 2908, b'd', b'p', 0, 0;
    TIMESTAMPTZ_ARRAY = 1185, "_timestamptz", Array, -1, false, b'b', b'A', false, b',', 1184, 0, 750, 751, 2400, 2401, 2907, 2908, b'd', b'x', 0, 6179;
    INTERVAL = 1186, "interval", Interval, 16, false, b'b', b'T', true, b',', 0, 1187, 1160, 1161, 2478, 2479, 2903, 2904, b'd', b'p', 0, 0;
    INTERVAL_ARRAY = 1187, "_interval", Array, -1, false, b'b', b'A', false, b',', 1186, 0, 750, 751, 2400, 2401, 2903, 2904, b'd', b'x', 0, 6179;
    NUMERIC_ARRAY = 1231, "_numeric", Array, -1, false, b'b', b'A', false, b',', 1700, 0, 750, 751, 2400, 2401, 2917, 2918, b'i', b'x', 0, 6179;
    CSTRING_ARRAY = 1263, "_cstring", Array, -1, false, b'b', b'A', false, b',', 2275, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    NUMERIC = 1700, "numeric", Numeric, -1, false, b'b', b'N', false, b',', 0, 1231, 1701, 1702, 2460, 2461, 2917, 2918, b'i', b'm', 0, 0;
    REFCURSOR = 1790, "refcursor", Text, -1, false, b'b', b'U', false, b',', 0, 2201, 46, 47, 2414, 2415, 0, 0, b'i', b'x', 0, 0;
    REFCURSOR_ARRAY = 2201, "_refcursor", Array, -1, false, b'b', b'A', false, b',', 1790, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    REGPROCEDURE = 2202, "regprocedure", Oid, 4, true, b'b', b'N', false, b',', 0, 2207, 2212, 2213, 2446, 2447, 0, 0, b'i', b'p', 0, 0;
    REGOPER = 2203, "regoper", Oid, 4, true, b'b', b'N', false, b',', 0, 2208, 2214, 2215, 2448, 2449, 0, 0, b'i', b'p', 0, 0;
    REGOPERATOR = 2204, "regoperator", Oid, 4, true, b'b', b'N', false, b',', 0, 2209, 2216, 2217, 2450, 2451, 0, 0, b'i', b'p', 0, 0;
    REGCLASS = 2205, "regclass", Oid, 4, true, b'b', b'N', false, b',', 0, 2210, 2218, 2219, 2452, 2453, 0, 0, b'i', b'p', 0, 0;
    REGTYPE = 2206, "regtype", Oid, 4, true, b'b', b'N', false, b',', 0, 2211, 2220, 2221, 2454, 2455, 0, 0, b'i', b'p', 0, 0;
    REGPROCEDURE_ARRAY = 2207, "_regprocedure", Array, -1, false, b'b', b'A', false, b',', 2202, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    REGOPER_ARRAY = 2208, "_regoper", Array, -1, false, b'b', b'A', false, b',', 2203, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    REGOPERATOR_ARRAY = 2209, "_regoperator", Array, -1, false, b'b', b'A', false, b',', 2204, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    REGCLASS_ARRAY = 2210, "_regclass", Array, -1, false, b'b', b'A', false, b',', 2205, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    REGTYPE_ARRAY = 2211, "_regtype", Array, -1, false, b'b', b'A', false, b',', 2206, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    RECORD = 2249, "record", Record, -1, false, b'p', b'P', false, b',', 0, 2287, 2290, 2291, 2402, 2403, 0, 0, b'd', b'x', 0, 0;
    CSTRING = 2275, "cstring", Text, -2, false, b'p', b'P', false, b',', 0, 1263, 2292, 2293, 2500, 2501, 0, 0, b'c', b'p', 0, 0;
    ANY = 2276, "any", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 2294, 2295, 0, 0, 0, 0, b'i', b'p', 0, 0;
    ANYARRAY = 2277, "anyarray", Array, -1, false, b'p', b'P', false, b',', 0, 0, 2296, 2297, 2502, 2503, 0, 0, b'd', b'x', 0, 0;
    VOID = 2278, "void", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 2298, 2299, 3120, 3121, 0, 0, b'i', b'p', 0, 0;
    TRIGGER = 2279, "trigger", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 2300, 2301, 0, 0, 0, 0, b'i', b'p', 0, 0;
    LANGUAGE_HANDLER = 2280, "language_handler", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 2302, 2303, 0, 0, 0, 0, b'i', b'p', 0, 0;
    INTERNAL = 2281, "internal", Int8, 8, true, b'p', b'P', false, b',', 0, 0, 2304, 2305, 0, 0, 0, 0, b'd', b'p', 0, 0;
    ANYELEMENT = 2283, "anyelement", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 2312, 2313, 0, 0, 0, 0, b'i', b'p', 0, 0;
    RECORD_ARRAY = 2287, "_record", Array, -1, false, b'p', b'P', false, b',', 2249, 0, 750, 751, 2400, 2401, 0, 0, b'd', b'x', 0, 6179;
    ANYNONARRAY = 2776, "anynonarray", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 2777, 2778, 0, 0, 0, 0, b'i', b'p', 0, 0;
    UUID = 2950, "uuid", Uuid, 16, false, b'b', b'U', false, b',', 0, 2951, 2952, 2953, 2961, 2962, 0, 0, b'c', b'p', 0, 0;
    UUID_ARRAY = 2951, "_uuid", Array, -1, false, b'b', b'A', false, b',', 2950, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    PG_LSN = 3220, "pg_lsn", Int8, 8, true, b'b', b'U', false, b',', 0, 3221, 3229, 3230, 3238, 3239, 0, 0, b'd', b'p', 0, 0;
    PG_LSN_ARRAY = 3221, "_pg_lsn", Array, -1, false, b'b', b'A', false, b',', 3220, 0, 750, 751, 2400, 2401, 0, 0, b'd', b'x', 0, 6179;
    ANYENUM = 3500, "anyenum", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 3504, 3505, 0, 0, 0, 0, b'i', b'p', 0, 0;
    EVENT_TRIGGER = 3838, "event_trigger", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 3594, 3595, 0, 0, 0, 0, b'i', b'p', 0, 0;
    REGNAMESPACE = 4089, "regnamespace", Oid, 4, true, b'b', b'N', false, b',', 0, 4090, 4084, 4085, 4087, 4088, 0, 0, b'i', b'p', 0, 0;
    REGNAMESPACE_ARRAY = 4090, "_regnamespace", Array, -1, false, b'b', b'A', false, b',', 4089, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    REGROLE = 4096, "regrole", Oid, 4, true, b'b', b'N', false, b',', 0, 4097, 4098, 4092, 4094, 4095, 0, 0, b'i', b'p', 0, 0;
    REGROLE_ARRAY = 4097, "_regrole", Array, -1, false, b'b', b'A', false, b',', 4096, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    REGCOLLATION = 4191, "regcollation", Oid, 4, true, b'b', b'N', false, b',', 0, 4192, 4193, 4194, 4196, 4197, 0, 0, b'i', b'p', 0, 0;
    REGCOLLATION_ARRAY = 4192, "_regcollation", Array, -1, false, b'b', b'A', false, b',', 4191, 0, 750, 751, 2400, 2401, 0, 0, b'i', b'x', 0, 6179;
    XID8 = 5069, "xid8", Int8, 8, true, b'b', b'U', false, b',', 0, 271, 5070, 5081, 5082, 5083, 0, 0, b'd', b'p', 0, 0;
    ANYCOMPATIBLE = 5077, "anycompatible", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 5086, 5087, 0, 0, 0, 0, b'i', b'p', 0, 0;
    ANYCOMPATIBLEARRAY = 5078, "anycompatiblearray", Array, -1, false, b'p', b'P', false, b',', 0, 0, 5088, 5089, 5090, 5091, 0, 0, b'd', b'x', 0, 0;
    ANYCOMPATIBLENONARRAY = 5079, "anycompatiblenonarray", Int4, 4, true, b'p', b'P', false, b',', 0, 0, 5092, 5093, 0, 0, 0, 0, b'i', b'p', 0, 0;
}
