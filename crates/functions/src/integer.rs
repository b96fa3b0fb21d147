//! Arithmetic, bit operations and casts of the integer types.

use error::{Error, Result, error};
use expression::sql::*;
use types::Numeric;

/// A range error with the SQL name of the type that is too small.
#[cold]
pub fn out_of_range(type_name: &str) -> Error {
    error!(NUMERIC_VALUE_OUT_OF_RANGE, "{type_name} out of range")
}

#[cold]
pub fn division_by_zero() -> Error {
    error!(DIVISION_BY_ZERO, "division by zero")
}

const SMALLINT: &str = "smallint";
const INTEGER: &str = "integer";
const BIGINT: &str = "bigint";

/// The nearest integer, halves to even.
fn round_float<T: TryFrom<i128>>(value: f64, type_name: &str) -> Result<T> {
    let rounded = value.round_ties_even();
    // Beyond 2^64 no integer type fits, and the cast below would saturate.
    if !rounded.is_finite() || rounded.abs() > 2f64.powi(64) {
        return Err(out_of_range(type_name));
    }
    T::try_from(rounded as i128).map_err(|_| out_of_range(type_name))
}

/// The greatest common divisor; only the one of two most negative numbers does not fit.
fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Shifts count modulo the width.
fn shift(bits: i32, width: u32) -> u32 {
    bits as u32 & (width - 1)
}

expression::builtins! {
    pub static ARITHMETIC:
    176 "int2pl" (a: int2, b: int2) -> int2, strict immutable { a.checked_add(b).ok_or_else(|| out_of_range(SMALLINT)) }
    180 "int2mi" (a: int2, b: int2) -> int2, strict immutable { a.checked_sub(b).ok_or_else(|| out_of_range(SMALLINT)) }
    152 "int2mul" (a: int2, b: int2) -> int2, strict immutable { a.checked_mul(b).ok_or_else(|| out_of_range(SMALLINT)) }
    153 "int2div" (a: int2, b: int2) -> int2, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        a.checked_div(b).ok_or_else(|| out_of_range(SMALLINT))
    }
    178 "int24pl" (a: int2, b: int4) -> int4, strict immutable { i32::from(a).checked_add(b).ok_or_else(|| out_of_range(INTEGER)) }
    182 "int24mi" (a: int2, b: int4) -> int4, strict immutable { i32::from(a).checked_sub(b).ok_or_else(|| out_of_range(INTEGER)) }
    170 "int24mul" (a: int2, b: int4) -> int4, strict immutable { i32::from(a).checked_mul(b).ok_or_else(|| out_of_range(INTEGER)) }
    172 "int24div" (a: int2, b: int4) -> int4, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        i32::from(a).checked_div(b).ok_or_else(|| out_of_range(INTEGER))
    }
    841 "int28pl" (a: int2, b: int8) -> int8, strict immutable { i64::from(a).checked_add(b).ok_or_else(|| out_of_range(BIGINT)) }
    942 "int28mi" (a: int2, b: int8) -> int8, strict immutable { i64::from(a).checked_sub(b).ok_or_else(|| out_of_range(BIGINT)) }
    943 "int28mul" (a: int2, b: int8) -> int8, strict immutable { i64::from(a).checked_mul(b).ok_or_else(|| out_of_range(BIGINT)) }
    948 "int28div" (a: int2, b: int8) -> int8, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        i64::from(a).checked_div(b).ok_or_else(|| out_of_range(BIGINT))
    }
    179 "int42pl" (a: int4, b: int2) -> int4, strict immutable { a.checked_add(i32::from(b)).ok_or_else(|| out_of_range(INTEGER)) }
    183 "int42mi" (a: int4, b: int2) -> int4, strict immutable { a.checked_sub(i32::from(b)).ok_or_else(|| out_of_range(INTEGER)) }
    171 "int42mul" (a: int4, b: int2) -> int4, strict immutable { a.checked_mul(i32::from(b)).ok_or_else(|| out_of_range(INTEGER)) }
    173 "int42div" (a: int4, b: int2) -> int4, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        a.checked_div(i32::from(b)).ok_or_else(|| out_of_range(INTEGER))
    }
    177 "int4pl" (a: int4, b: int4) -> int4, strict immutable { a.checked_add(b).ok_or_else(|| out_of_range(INTEGER)) }
    181 "int4mi" (a: int4, b: int4) -> int4, strict immutable { a.checked_sub(b).ok_or_else(|| out_of_range(INTEGER)) }
    141 "int4mul" (a: int4, b: int4) -> int4, strict immutable { a.checked_mul(b).ok_or_else(|| out_of_range(INTEGER)) }
    154 "int4div" (a: int4, b: int4) -> int4, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        a.checked_div(b).ok_or_else(|| out_of_range(INTEGER))
    }
    1278 "int48pl" (a: int4, b: int8) -> int8, strict immutable { i64::from(a).checked_add(b).ok_or_else(|| out_of_range(BIGINT)) }
    1279 "int48mi" (a: int4, b: int8) -> int8, strict immutable { i64::from(a).checked_sub(b).ok_or_else(|| out_of_range(BIGINT)) }
    1280 "int48mul" (a: int4, b: int8) -> int8, strict immutable { i64::from(a).checked_mul(b).ok_or_else(|| out_of_range(BIGINT)) }
    1281 "int48div" (a: int4, b: int8) -> int8, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        i64::from(a).checked_div(b).ok_or_else(|| out_of_range(BIGINT))
    }
    837 "int82pl" (a: int8, b: int2) -> int8, strict immutable { a.checked_add(i64::from(b)).ok_or_else(|| out_of_range(BIGINT)) }
    838 "int82mi" (a: int8, b: int2) -> int8, strict immutable { a.checked_sub(i64::from(b)).ok_or_else(|| out_of_range(BIGINT)) }
    839 "int82mul" (a: int8, b: int2) -> int8, strict immutable { a.checked_mul(i64::from(b)).ok_or_else(|| out_of_range(BIGINT)) }
    840 "int82div" (a: int8, b: int2) -> int8, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        a.checked_div(i64::from(b)).ok_or_else(|| out_of_range(BIGINT))
    }
    1274 "int84pl" (a: int8, b: int4) -> int8, strict immutable { a.checked_add(i64::from(b)).ok_or_else(|| out_of_range(BIGINT)) }
    1275 "int84mi" (a: int8, b: int4) -> int8, strict immutable { a.checked_sub(i64::from(b)).ok_or_else(|| out_of_range(BIGINT)) }
    1276 "int84mul" (a: int8, b: int4) -> int8, strict immutable { a.checked_mul(i64::from(b)).ok_or_else(|| out_of_range(BIGINT)) }
    1277 "int84div" (a: int8, b: int4) -> int8, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        a.checked_div(i64::from(b)).ok_or_else(|| out_of_range(BIGINT))
    }
    463 "int8pl" (a: int8, b: int8) -> int8, strict immutable { a.checked_add(b).ok_or_else(|| out_of_range(BIGINT)) }
    464 "int8mi" (a: int8, b: int8) -> int8, strict immutable { a.checked_sub(b).ok_or_else(|| out_of_range(BIGINT)) }
    465 "int8mul" (a: int8, b: int8) -> int8, strict immutable { a.checked_mul(b).ok_or_else(|| out_of_range(BIGINT)) }
    466 "int8div" (a: int8, b: int8) -> int8, strict immutable {
        if b == 0 {
            return Err(division_by_zero());
        }
        a.checked_div(b).ok_or_else(|| out_of_range(BIGINT))
    }
    155 "int2mod" (a: int2, b: int2) -> int2, strict immutable { if b == 0 { Err(division_by_zero()) } else { Ok(a.wrapping_rem(b)) } }
    940 "mod" (a: int2, b: int2) -> int2, strict immutable { if b == 0 { Err(division_by_zero()) } else { Ok(a.wrapping_rem(b)) } }
    213 "int2um" (a: int2) -> int2, strict immutable { a.checked_neg().ok_or_else(|| out_of_range(SMALLINT)) }
    1911 "int2up" (a: int2) -> int2, strict immutable { Ok(a) }
    1253 "int2abs" (a: int2) -> int2, strict immutable { a.checked_abs().ok_or_else(|| out_of_range(SMALLINT)) }
    1398 "abs" (a: int2) -> int2, strict immutable { a.checked_abs().ok_or_else(|| out_of_range(SMALLINT)) }
    1892 "int2and" (a: int2, b: int2) -> int2, strict immutable { Ok(a & b) }
    1893 "int2or" (a: int2, b: int2) -> int2, strict immutable { Ok(a | b) }
    1894 "int2xor" (a: int2, b: int2) -> int2, strict immutable { Ok(a ^ b) }
    1895 "int2not" (a: int2) -> int2, strict immutable { Ok(!a) }
    1896 "int2shl" (a: int2, bits: int4) -> int2, strict immutable { Ok(i32::from(a).wrapping_shl(bits as u32) as i16) }
    1897 "int2shr" (a: int2, bits: int4) -> int2, strict immutable { Ok(i32::from(a).wrapping_shr(bits as u32) as i16) }
    770 "int2larger" (a: int2, b: int2) -> int2, strict immutable { Ok(a.max(b)) }
    771 "int2smaller" (a: int2, b: int2) -> int2, strict immutable { Ok(a.min(b)) }
    156 "int4mod" (a: int4, b: int4) -> int4, strict immutable { if b == 0 { Err(division_by_zero()) } else { Ok(a.wrapping_rem(b)) } }
    941 "mod" (a: int4, b: int4) -> int4, strict immutable { if b == 0 { Err(division_by_zero()) } else { Ok(a.wrapping_rem(b)) } }
    212 "int4um" (a: int4) -> int4, strict immutable { a.checked_neg().ok_or_else(|| out_of_range(INTEGER)) }
    1912 "int4up" (a: int4) -> int4, strict immutable { Ok(a) }
    1251 "int4abs" (a: int4) -> int4, strict immutable { a.checked_abs().ok_or_else(|| out_of_range(INTEGER)) }
    1397 "abs" (a: int4) -> int4, strict immutable { a.checked_abs().ok_or_else(|| out_of_range(INTEGER)) }
    1898 "int4and" (a: int4, b: int4) -> int4, strict immutable { Ok(a & b) }
    1899 "int4or" (a: int4, b: int4) -> int4, strict immutable { Ok(a | b) }
    1900 "int4xor" (a: int4, b: int4) -> int4, strict immutable { Ok(a ^ b) }
    1901 "int4not" (a: int4) -> int4, strict immutable { Ok(!a) }
    1902 "int4shl" (a: int4, bits: int4) -> int4, strict immutable { Ok(a.wrapping_shl(shift(bits, i32::BITS))) }
    1903 "int4shr" (a: int4, bits: int4) -> int4, strict immutable { Ok(a.wrapping_shr(shift(bits, i32::BITS))) }
    768 "int4larger" (a: int4, b: int4) -> int4, strict immutable { Ok(a.max(b)) }
    769 "int4smaller" (a: int4, b: int4) -> int4, strict immutable { Ok(a.min(b)) }
    945 "int8mod" (a: int8, b: int8) -> int8, strict immutable { if b == 0 { Err(division_by_zero()) } else { Ok(a.wrapping_rem(b)) } }
    947 "mod" (a: int8, b: int8) -> int8, strict immutable { if b == 0 { Err(division_by_zero()) } else { Ok(a.wrapping_rem(b)) } }
    462 "int8um" (a: int8) -> int8, strict immutable { a.checked_neg().ok_or_else(|| out_of_range(BIGINT)) }
    1910 "int8up" (a: int8) -> int8, strict immutable { Ok(a) }
    1230 "int8abs" (a: int8) -> int8, strict immutable { a.checked_abs().ok_or_else(|| out_of_range(BIGINT)) }
    1396 "abs" (a: int8) -> int8, strict immutable { a.checked_abs().ok_or_else(|| out_of_range(BIGINT)) }
    1904 "int8and" (a: int8, b: int8) -> int8, strict immutable { Ok(a & b) }
    1905 "int8or" (a: int8, b: int8) -> int8, strict immutable { Ok(a | b) }
    1906 "int8xor" (a: int8, b: int8) -> int8, strict immutable { Ok(a ^ b) }
    1907 "int8not" (a: int8) -> int8, strict immutable { Ok(!a) }
    1908 "int8shl" (a: int8, bits: int4) -> int8, strict immutable { Ok(a.wrapping_shl(shift(bits, i64::BITS))) }
    1909 "int8shr" (a: int8, bits: int4) -> int8, strict immutable { Ok(a.wrapping_shr(shift(bits, i64::BITS))) }
    1236 "int8larger" (a: int8, b: int8) -> int8, strict immutable { Ok(a.max(b)) }
    1237 "int8smaller" (a: int8, b: int8) -> int8, strict immutable { Ok(a.min(b)) }
    5044 "gcd" (a: int4, b: int4) -> int4, strict immutable {
        i32::try_from(greatest_common_divisor(a.into(), b.into())).map_err(|_| out_of_range(INTEGER))
    }
    5046 "lcm" (a: int4, b: int4) -> int4, strict immutable {
        if a == 0 || b == 0 {
            return Ok(0);
        }
        let product = i128::from(a) / greatest_common_divisor(a.into(), b.into()) * i128::from(b);
        i32::try_from(product.abs()).map_err(|_| out_of_range(INTEGER))
    }
    5045 "gcd" (a: int8, b: int8) -> int8, strict immutable {
        i64::try_from(greatest_common_divisor(a.into(), b.into())).map_err(|_| out_of_range(BIGINT))
    }
    5047 "lcm" (a: int8, b: int8) -> int8, strict immutable {
        if a == 0 || b == 0 {
            return Ok(0);
        }
        let product = i128::from(a) / greatest_common_divisor(a.into(), b.into()) * i128::from(b);
        i64::try_from(product.abs()).map_err(|_| out_of_range(BIGINT))
    }
}

expression::builtins! {
    pub static CASTS:
    314 "int2" (value: int4) -> int2, strict immutable { i16::try_from(value).map_err(|_| out_of_range(SMALLINT)) }
    714 "int2" (value: int8) -> int2, strict immutable { i16::try_from(value).map_err(|_| out_of_range(SMALLINT)) }
    238 "int2" (value: float4) -> int2, strict immutable { round_float::<i16>(f64::from(value), SMALLINT) }
    237 "int2" (value: float8) -> int2, strict immutable { round_float::<i16>(value, SMALLINT) }
    1783 "int2" (value: numeric) -> int2, strict immutable { value.to_integer::<i16>(SMALLINT) }
    1782 "numeric" (value: int2) -> numeric, strict immutable leakproof { Ok(Numeric::from(i64::from(value))) }
    236 "float4" (value: int2) -> float4, strict immutable leakproof { Ok(value as f32) }
    235 "float8" (value: int2) -> float8, strict immutable leakproof { Ok(value as f64) }
    313 "int4" (value: int2) -> int4, strict immutable leakproof { Ok(i32::from(value)) }
    480 "int4" (value: int8) -> int4, strict immutable { i32::try_from(value).map_err(|_| out_of_range(INTEGER)) }
    319 "int4" (value: float4) -> int4, strict immutable { round_float::<i32>(f64::from(value), INTEGER) }
    317 "int4" (value: float8) -> int4, strict immutable { round_float::<i32>(value, INTEGER) }
    1744 "int4" (value: numeric) -> int4, strict immutable { value.to_integer::<i32>(INTEGER) }
    1740 "numeric" (value: int4) -> numeric, strict immutable leakproof { Ok(Numeric::from(i64::from(value))) }
    318 "float4" (value: int4) -> float4, strict immutable leakproof { Ok(value as f32) }
    316 "float8" (value: int4) -> float8, strict immutable leakproof { Ok(value as f64) }
    754 "int8" (value: int2) -> int8, strict immutable leakproof { Ok(i64::from(value)) }
    481 "int8" (value: int4) -> int8, strict immutable leakproof { Ok(i64::from(value)) }
    653 "int8" (value: float4) -> int8, strict immutable { round_float::<i64>(f64::from(value), BIGINT) }
    483 "int8" (value: float8) -> int8, strict immutable { round_float::<i64>(value, BIGINT) }
    1779 "int8" (value: numeric) -> int8, strict immutable { value.to_integer::<i64>(BIGINT) }
    1781 "numeric" (value: int8) -> numeric, strict immutable leakproof { Ok(Numeric::from(value)) }
    652 "float4" (value: int8) -> float4, strict immutable leakproof { Ok(value as f32) }
    482 "float8" (value: int8) -> float8, strict immutable leakproof { Ok(value as f64) }
    2558 "int4" (value: bool_) -> int4, strict immutable leakproof { Ok(i32::from(value)) }
    2557 "bool" (value: int4) -> bool_, strict immutable leakproof { Ok(value != 0) }
    77 "int4" (value: char_) -> int4, strict immutable { Ok(i32::from(value as i8)) }
    78 "char" (value: int4) -> char_, strict immutable {
        i8::try_from(value).map(|byte| byte as u8).map_err(|_| out_of_range("\"char\""))
    }
    1287 "oid" (value: int8) -> oid_, strict immutable {
        u32::try_from(value).map(common::Oid).map_err(|_| out_of_range("OID"))
    }
    1288 "int8" (value: oid_) -> int8, strict immutable leakproof { Ok(i64::from(value.0)) }
}
