//! The casts between types.

use common::Oid;
use expression::CastDeclaration;
use expression::operator::{CastContext, CastMethod};
use types::oid::*;

macro_rules! casts {
    ($($oid:literal $source:ident => $target:ident = $function:literal, $context:ident, $method:ident;)*) => {
        pub static CASTS: &[CastDeclaration] = &[$(CastDeclaration {
            oid: Oid($oid),
            source: $source,
            target: $target,
            function: Oid($function),
            context: CastContext::$context,
            method: CastMethod::$method,
        }),*];
    };
}

#[rustfmt::skip]
casts! {
    10035 BOOL => INT4 = 2558, Explicit, Function;
    10197 BOOL => TEXT = 2971, Assignment, Function;
    10207 BOOL => BPCHAR = 2971, Assignment, Function;
    10202 BOOL => VARCHAR = 2971, Assignment, Function;
    10148 BYTEA => INT8 = 6372, Explicit, Function;
    10146 BYTEA => INT2 = 6370, Explicit, Function;
    10147 BYTEA => INT4 = 6371, Explicit, Function;
    10149 CHAR => INT4 = 77, Explicit, Function;
    10131 CHAR => TEXT = 946, Implicit, Function;
    10132 CHAR => BPCHAR = 860, Assignment, Function;
    10133 CHAR => VARCHAR = 946, Assignment, Function;
    10134 NAME => TEXT = 406, Implicit, Function;
    10135 NAME => BPCHAR = 408, Assignment, Function;
    10136 NAME => VARCHAR = 1401, Assignment, Function;
    10145 INT8 => BYTEA = 6369, Explicit, Function;
    10000 INT8 => INT2 = 714, Assignment, Function;
    10001 INT8 => INT4 = 480, Assignment, Function;
    10044 INT8 => REGPROC = 1287, Implicit, Function;
    10037 INT8 => OID = 1287, Implicit, Function;
    10002 INT8 => FLOAT4 = 652, Implicit, Function;
    10003 INT8 => FLOAT8 = 482, Implicit, Function;
    10004 INT8 => NUMERIC = 1781, Implicit, Function;
    10053 INT8 => REGPROCEDURE = 1287, Implicit, Function;
    10060 INT8 => REGOPER = 1287, Implicit, Function;
    10069 INT8 => REGOPERATOR = 1287, Implicit, Function;
    10076 INT8 => REGCLASS = 1287, Implicit, Function;
    10090 INT8 => REGTYPE = 1287, Implicit, Function;
    10120 INT8 => REGNAMESPACE = 1287, Implicit, Function;
    10113 INT8 => REGROLE = 1287, Implicit, Function;
    10083 INT8 => REGCOLLATION = 1287, Implicit, Function;
    10143 INT2 => BYTEA = 6367, Explicit, Function;
    10005 INT2 => INT8 = 754, Implicit, Function;
    10006 INT2 => INT4 = 313, Implicit, Function;
    10045 INT2 => REGPROC = 313, Implicit, Function;
    10038 INT2 => OID = 313, Implicit, Function;
    10007 INT2 => FLOAT4 = 236, Implicit, Function;
    10008 INT2 => FLOAT8 = 235, Implicit, Function;
    10009 INT2 => NUMERIC = 1782, Implicit, Function;
    10054 INT2 => REGPROCEDURE = 313, Implicit, Function;
    10061 INT2 => REGOPER = 313, Implicit, Function;
    10070 INT2 => REGOPERATOR = 313, Implicit, Function;
    10077 INT2 => REGCLASS = 313, Implicit, Function;
    10091 INT2 => REGTYPE = 313, Implicit, Function;
    10121 INT2 => REGNAMESPACE = 313, Implicit, Function;
    10114 INT2 => REGROLE = 313, Implicit, Function;
    10084 INT2 => REGCOLLATION = 313, Implicit, Function;
    10034 INT4 => BOOL = 2557, Explicit, Function;
    10144 INT4 => BYTEA = 6368, Explicit, Function;
    10150 INT4 => CHAR = 78, Explicit, Function;
    10010 INT4 => INT8 = 481, Implicit, Function;
    10011 INT4 => INT2 = 314, Assignment, Function;
    10046 INT4 => REGPROC = 0, Implicit, Binary;
    10039 INT4 => OID = 0, Implicit, Binary;
    10012 INT4 => FLOAT4 = 318, Implicit, Function;
    10013 INT4 => FLOAT8 = 316, Implicit, Function;
    10014 INT4 => NUMERIC = 1740, Implicit, Function;
    10055 INT4 => REGPROCEDURE = 0, Implicit, Binary;
    10062 INT4 => REGOPER = 0, Implicit, Binary;
    10071 INT4 => REGOPERATOR = 0, Implicit, Binary;
    10078 INT4 => REGCLASS = 0, Implicit, Binary;
    10092 INT4 => REGTYPE = 0, Implicit, Binary;
    10122 INT4 => REGNAMESPACE = 0, Implicit, Binary;
    10115 INT4 => REGROLE = 0, Implicit, Binary;
    10085 INT4 => REGCOLLATION = 0, Implicit, Binary;
    10047 REGPROC => INT8 = 1288, Assignment, Function;
    10048 REGPROC => INT4 = 0, Assignment, Binary;
    10043 REGPROC => OID = 0, Implicit, Binary;
    10049 REGPROC => REGPROCEDURE = 0, Implicit, Binary;
    10137 TEXT => CHAR = 944, Assignment, Function;
    10140 TEXT => NAME = 407, Implicit, Function;
    10125 TEXT => BPCHAR = 0, Implicit, Binary;
    10126 TEXT => VARCHAR = 0, Implicit, Binary;
    10109 TEXT => REGCLASS = 1079, Implicit, Function;
    10040 OID => INT8 = 1288, Assignment, Function;
    10041 OID => INT4 = 0, Assignment, Binary;
    10042 OID => REGPROC = 0, Implicit, Binary;
    10051 OID => REGPROCEDURE = 0, Implicit, Binary;
    10058 OID => REGOPER = 0, Implicit, Binary;
    10067 OID => REGOPERATOR = 0, Implicit, Binary;
    10074 OID => REGCLASS = 0, Implicit, Binary;
    10088 OID => REGTYPE = 0, Implicit, Binary;
    10118 OID => REGNAMESPACE = 0, Implicit, Binary;
    10111 OID => REGROLE = 0, Implicit, Binary;
    10081 OID => REGCOLLATION = 0, Implicit, Binary;
    10151 PG_NODE_TREE => TEXT = 0, Implicit, Binary;
    10015 FLOAT4 => INT8 = 653, Assignment, Function;
    10016 FLOAT4 => INT2 = 238, Assignment, Function;
    10017 FLOAT4 => INT4 = 319, Assignment, Function;
    10018 FLOAT4 => FLOAT8 = 311, Implicit, Function;
    10019 FLOAT4 => NUMERIC = 1742, Assignment, Function;
    10020 FLOAT8 => INT8 = 483, Assignment, Function;
    10021 FLOAT8 => INT2 = 237, Assignment, Function;
    10022 FLOAT8 => INT4 = 317, Assignment, Function;
    10023 FLOAT8 => FLOAT4 = 312, Assignment, Function;
    10024 FLOAT8 => NUMERIC = 1743, Assignment, Function;
    10138 BPCHAR => CHAR = 944, Assignment, Function;
    10141 BPCHAR => NAME = 409, Implicit, Function;
    10127 BPCHAR => TEXT = 401, Implicit, Function;
    10210 BPCHAR => BPCHAR = 668, Implicit, Function;
    10128 BPCHAR => VARCHAR = 401, Implicit, Function;
    10139 VARCHAR => CHAR = 944, Assignment, Function;
    10142 VARCHAR => NAME = 1400, Implicit, Function;
    10129 VARCHAR => TEXT = 0, Implicit, Binary;
    10130 VARCHAR => BPCHAR = 0, Implicit, Binary;
    10211 VARCHAR => VARCHAR = 669, Implicit, Function;
    10110 VARCHAR => REGCLASS = 1079, Implicit, Function;
    10158 DATE => TIMESTAMP = 2024, Implicit, Function;
    10159 DATE => TIMESTAMPTZ = 1174, Implicit, Function;
    10212 TIME => TIME = 1968, Implicit, Function;
    10160 TIME => INTERVAL = 1370, Implicit, Function;
    10162 TIMESTAMP => DATE = 2029, Assignment, Function;
    10163 TIMESTAMP => TIME = 1316, Assignment, Function;
    10213 TIMESTAMP => TIMESTAMP = 1961, Implicit, Function;
    10164 TIMESTAMP => TIMESTAMPTZ = 2028, Implicit, Function;
    10165 TIMESTAMPTZ => DATE = 1178, Assignment, Function;
    10166 TIMESTAMPTZ => TIME = 2019, Assignment, Function;
    10167 TIMESTAMPTZ => TIMESTAMP = 2027, Assignment, Function;
    10214 TIMESTAMPTZ => TIMESTAMPTZ = 1967, Implicit, Function;
    10169 INTERVAL => TIME = 1419, Assignment, Function;
    10215 INTERVAL => INTERVAL = 1200, Implicit, Function;
    10025 NUMERIC => INT8 = 1779, Assignment, Function;
    10026 NUMERIC => INT2 = 1783, Assignment, Function;
    10027 NUMERIC => INT4 = 1744, Assignment, Function;
    10028 NUMERIC => FLOAT4 = 1745, Implicit, Function;
    10029 NUMERIC => FLOAT8 = 1746, Implicit, Function;
    10219 NUMERIC => NUMERIC = 1703, Implicit, Function;
    10056 REGPROCEDURE => INT8 = 1288, Assignment, Function;
    10057 REGPROCEDURE => INT4 = 0, Assignment, Binary;
    10050 REGPROCEDURE => REGPROC = 0, Implicit, Binary;
    10052 REGPROCEDURE => OID = 0, Implicit, Binary;
    10063 REGOPER => INT8 = 1288, Assignment, Function;
    10064 REGOPER => INT4 = 0, Assignment, Binary;
    10059 REGOPER => OID = 0, Implicit, Binary;
    10065 REGOPER => REGOPERATOR = 0, Implicit, Binary;
    10072 REGOPERATOR => INT8 = 1288, Assignment, Function;
    10073 REGOPERATOR => INT4 = 0, Assignment, Binary;
    10068 REGOPERATOR => OID = 0, Implicit, Binary;
    10066 REGOPERATOR => REGOPER = 0, Implicit, Binary;
    10079 REGCLASS => INT8 = 1288, Assignment, Function;
    10080 REGCLASS => INT4 = 0, Assignment, Binary;
    10075 REGCLASS => OID = 0, Implicit, Binary;
    10093 REGTYPE => INT8 = 1288, Assignment, Function;
    10094 REGTYPE => INT4 = 0, Assignment, Binary;
    10089 REGTYPE => OID = 0, Implicit, Binary;
    10123 REGNAMESPACE => INT8 = 1288, Assignment, Function;
    10124 REGNAMESPACE => INT4 = 0, Assignment, Binary;
    10119 REGNAMESPACE => OID = 0, Implicit, Binary;
    10116 REGROLE => INT8 = 1288, Assignment, Function;
    10117 REGROLE => INT4 = 0, Assignment, Binary;
    10112 REGROLE => OID = 0, Implicit, Binary;
    10086 REGCOLLATION => INT8 = 1288, Assignment, Function;
    10087 REGCOLLATION => INT4 = 0, Assignment, Binary;
    10082 REGCOLLATION => OID = 0, Implicit, Binary;
    10036 XID8 => XID = 5071, Explicit, Function;
}
