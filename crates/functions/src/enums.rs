//! Comparison functions of enums.
//!
//! A member is kept as the identifier of its row, and members get rising identifiers in the order of their type, so
//! that comparing identifiers compares members.

use common::Oid;
use expression::sql::*;
use types::hash::{combine, hash_u64};

fn member(value: AnyValue<'_>) -> Oid {
    value.column.get(value.row)
}

expression::builtins! {
    pub static FUNCTIONS:
    3508 "enum_eq" (a: anyenum, b: anyenum) -> bool_, strict immutable { Ok(member(a) == member(b)) }
    3509 "enum_ne" (a: anyenum, b: anyenum) -> bool_, strict immutable { Ok(member(a) != member(b)) }
    3510 "enum_lt" (a: anyenum, b: anyenum) -> bool_, strict immutable { Ok(member(a) < member(b)) }
    3512 "enum_le" (a: anyenum, b: anyenum) -> bool_, strict immutable { Ok(member(a) <= member(b)) }
    3511 "enum_gt" (a: anyenum, b: anyenum) -> bool_, strict immutable { Ok(member(a) > member(b)) }
    3513 "enum_ge" (a: anyenum, b: anyenum) -> bool_, strict immutable { Ok(member(a) >= member(b)) }
    3514 "enum_cmp" (a: anyenum, b: anyenum) -> int4, strict immutable { Ok(member(a).cmp(&member(b)) as i32) }
    3525 "enum_larger" (a: anyenum, b: anyenum) -> anyenum, strict immutable { Ok(if member(a) > member(b) { a } else { b }) }
    3524 "enum_smaller" (a: anyenum, b: anyenum) -> anyenum, strict immutable { Ok(if member(a) < member(b) { a } else { b }) }
    3515 "hashenum" (value: anyenum) -> int4, strict immutable { Ok(hash_u64(member(value).0.into()) as i32) }
    3414 "hashenumextended" (value: anyenum, seed: int8) -> int8, strict immutable {
        let plain = hash_u64(member(value).0.into());
        Ok(if seed == 0 { plain } else { combine(hash_u64(seed as u64), plain) } as i64)
    }
}
