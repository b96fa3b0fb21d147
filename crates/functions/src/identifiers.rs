//! Functions of object identifiers, log positions, transaction numbers and UUIDs.

use error::{Result, error};
use expression::CallContext;
use expression::sql::*;
use types::datetime::calendar::UNIX_EPOCH_SECONDS;
use types::{Numeric, Value};

/// Milliseconds from 1970 to 2000.
const EPOCH_MS: i64 = UNIX_EPOCH_SECONDS * 1000;

/// A random UUID of a version: whatever else it holds, these bits say what it is.
fn marked(mut bytes: [u8; 16], version: u8) -> [u8; 16] {
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}

fn random_uuid(context: &mut CallContext<'_>) -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    context.session.random_bytes(&mut bytes)?;
    Ok(marked(bytes, 4))
}

/// A UUID that begins with a time; what lies below a millisecond is kept as well, so that they sort by their making.
fn timed_uuid(context: &mut CallContext<'_>, timestamp: i64) -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    context.session.random_bytes(&mut bytes)?;
    let milliseconds = timestamp.div_euclid(1000) + EPOCH_MS;
    let fraction = timestamp.rem_euclid(1000) * 4096 / 1000;
    bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    bytes[6..8].copy_from_slice(&(fraction as u16).to_be_bytes());
    Ok(marked(bytes, 7))
}

/// The variant that RFC 9562 describes.
fn is_standard(uuid: [u8; 16]) -> bool {
    uuid[8] >> 6 == 2
}

/// The time in a UUID of version 7 or 1, in microseconds from 2000.
fn time_of(uuid: [u8; 16]) -> Option<i64> {
    match uuid[6] >> 4 {
        _ if !is_standard(uuid) => None,
        7 => {
            let mut bytes = [0; 8];
            bytes[2..].copy_from_slice(&uuid[..6]);
            Some((i64::from_be_bytes(bytes) - EPOCH_MS) * 1000)
        }
        1 => {
            // Tenths of microseconds from the beginning of the Gregorian calendar.
            let low = u32::from_be_bytes([uuid[0], uuid[1], uuid[2], uuid[3]]);
            let middle = u16::from_be_bytes([uuid[4], uuid[5]]);
            let high = u16::from_be_bytes([uuid[6] & 0x0f, uuid[7]]);
            let ticks = i64::from(high) << 48 | i64::from(middle) << 32 | i64::from(low);
            const GREGORIAN_TO_2000_US: i64 =
                (types::datetime::calendar::UNIX_EPOCH_SECONDS + 12_219_292_800) * 1_000_000;
            Some(ticks / 10 - GREGORIAN_TO_2000_US)
        }
        _ => None,
    }
}

/// A log position moved by a number of bytes.
fn moved(position: i64, by: &Numeric, is_back: bool) -> Result<i64> {
    if by.is_nan() {
        let action = if is_back { "subtract NaN from" } else { "add NaN to" };
        return Err(error!(FEATURE_NOT_SUPPORTED, "cannot {action} pg_lsn"));
    }
    let position = Numeric::from_scaled_i128((position as u64).into(), 0);
    let sum = if is_back { position.subtract(by)? } else { position.add(by)? };
    let sum = if sum.is_finite() { sum.round(0)?.to_i128() } else { None };
    sum.and_then(|sum| u64::try_from(sum).ok())
        .map(|position| position as i64)
        .ok_or_else(|| error!(INVALID_PARAMETER_VALUE, "pg_lsn out of range"))
}

expression::builtins! {
    pub static FUNCTIONS:
    1965 "oidlarger" (a: oid_, b: oid_) -> oid_, strict immutable { Ok(a.max(b)) }
    1966 "oidsmaller" (a: oid_, b: oid_) -> oid_, strict immutable { Ok(a.min(b)) }
    1349 "oidvectortypes" (types: oidvector) using context -> text, strict stable {
        let mut names = Vec::new();
        for value in types.values() {
            if let Value::Oid(type_oid) = value {
                names.push(context.session.format_type(type_oid, None)?.unwrap_or_else(|| "???".to_owned()));
            }
        }
        Ok(names.join(", "))
    }
    5022 "pg_lsn_pli" (position: pg_lsn, by: numeric) -> pg_lsn, strict immutable { moved(position, by, false) }
    5023 "numeric_pl_pg_lsn" (by: numeric, position: pg_lsn) -> pg_lsn, strict immutable { moved(position, by, false) }
    5024 "pg_lsn_mii" (position: pg_lsn, by: numeric) -> pg_lsn, strict immutable { moved(position, by, true) }
    6103 "pg_lsn" (position: numeric) -> pg_lsn, strict immutable { moved(0, position, false) }
    4187 "pg_lsn_larger" (a: pg_lsn, b: pg_lsn) -> pg_lsn, strict immutable { Ok((a as u64).max(b as u64) as i64) }
    4188 "pg_lsn_smaller" (a: pg_lsn, b: pg_lsn) -> pg_lsn, strict immutable { Ok((a as u64).min(b as u64) as i64) }
    5097 "xid8_larger" (a: xid8, b: xid8) -> xid8, strict immutable { Ok((a as u64).max(b as u64) as i64) }
    5098 "xid8_smaller" (a: xid8, b: xid8) -> xid8, strict immutable { Ok((a as u64).min(b as u64) as i64) }
    6428 "uuidv4" () using context -> uuid, strict volatile { random_uuid(context) }
    3432 "gen_random_uuid" () using context -> uuid, strict volatile { random_uuid(context) }
    6429 "uuidv7" () using context -> uuid, strict volatile {
        let now = context.session.clock_timestamp();
        timed_uuid(context, now)
    }
    6430 "uuidv7" (shift: interval) using context -> uuid, strict volatile argument_names(&["shift"]) {
        let now = context.session.clock_timestamp();
        let shifted = crate::datetime::shift::add_in_zone(now, shift, &context.settings.time_zone)?;
        timed_uuid(context, shifted)
    }
    6343 "uuid_extract_version" (value: uuid) -> int2, strict immutable leakproof { Ok(is_standard(value).then_some(i16::from(value[6] >> 4))) }
    6342 "uuid_extract_timestamp" (value: uuid) -> timestamptz, strict immutable leakproof { Ok(time_of(value)) }
    2854 "pg_my_temp_schema" () using context -> oid_, strict stable parallel_restricted {
        let schemas = context.session.current_schemas(true)?;
        match schemas.into_iter().find(|schema| schema.starts_with("pg_temp")) {
            Some(name) => context.session.object_of_name(expression::context::ObjectKind::Schema, &name),
            None => Ok(common::Oid::INVALID),
        }
    }
}
