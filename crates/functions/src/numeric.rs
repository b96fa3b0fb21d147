//! Arithmetic, functions and casts of `numeric`.

use error::{Error, Result};
use expression::sql::*;
use types::Numeric;

use crate::integer::out_of_range;

#[cold]
fn bucket_error(message: &'static str) -> Error {
    Error::new(error::sqlstate::INVALID_ARGUMENT_FOR_WIDTH_BUCKET_FUNCTION, message)
}

/// The number of the histogram bucket that a value falls into.
///
/// # Errors
/// 2201G for bounds that are equal or not finite and a count that is not positive.
pub fn bucket_of_float(operand: f64, low: f64, high: f64, count: i32) -> Result<i32> {
    if count <= 0 {
        return Err(bucket_error("count must be greater than zero"));
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bucket_error("operand, lower bound, and upper bound cannot be NaN"));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(bucket_error("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(bucket_error("lower bound cannot equal upper bound"));
    }
    let (before, beyond) =
        if low < high { (operand < low, operand >= high) } else { (operand > low, operand <= high) };
    if before {
        return Ok(0);
    }
    if beyond {
        return count.checked_add(1).ok_or_else(|| out_of_range("integer"));
    }
    // Halved, so that bounds at the two ends of the range do not overflow.
    let share = (operand / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    Ok(((share * f64::from(count)) as i32).min(count - 1) + 1)
}

fn bucket_of_numeric(operand: &Numeric, low: &Numeric, high: &Numeric, count: i32) -> Result<i32> {
    if count <= 0 {
        return Err(bucket_error("count must be greater than zero"));
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bucket_error("operand, lower bound, and upper bound cannot be NaN"));
    }
    if !low.is_finite() || !high.is_finite() {
        return Err(bucket_error("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(bucket_error("lower bound cannot equal upper bound"));
    }
    let (before, beyond) =
        if low < high { (operand < low, operand >= high) } else { (operand > low, operand <= high) };
    if before {
        return Ok(0);
    }
    if beyond {
        return count.checked_add(1).ok_or_else(|| out_of_range("integer"));
    }
    let distance = operand.subtract(low)?.multiply(&Numeric::from(count))?;
    Ok(distance.divide_truncated(&high.subtract(low)?)?.to_integer::<i32>("integer")?.min(count - 1) + 1)
}

fn sign(value: &Numeric) -> Numeric {
    if value.is_nan() { Numeric::NAN } else { Numeric::from(value.signum()) }
}

expression::builtins! {
    pub static ARITHMETIC:
    1724 "numeric_add" (a: numeric, b: numeric) -> numeric, strict immutable { a.add(b) }
    1725 "numeric_sub" (a: numeric, b: numeric) -> numeric, strict immutable { a.subtract(b) }
    1726 "numeric_mul" (a: numeric, b: numeric) -> numeric, strict immutable { a.multiply(b) }
    1727 "numeric_div" (a: numeric, b: numeric) -> numeric, strict immutable { a.divide(b) }
    1973 "div" (a: numeric, b: numeric) -> numeric, strict immutable { a.divide_truncated(b) }
    1980 "numeric_div_trunc" (a: numeric, b: numeric) -> numeric, strict immutable { a.divide_truncated(b) }
    1729 "numeric_mod" (a: numeric, b: numeric) -> numeric, strict immutable { a.modulo(b) }
    1728 "mod" (a: numeric, b: numeric) -> numeric, strict immutable { a.modulo(b) }
    1771 "numeric_uminus" (a: numeric) -> numeric, strict immutable { Ok(a.negate()) }
    1915 "numeric_uplus" (a: numeric) -> numeric, strict immutable { Ok(a.clone()) }
    1704 "numeric_abs" (a: numeric) -> numeric, strict immutable { Ok(a.absolute()) }
    1705 "abs" (a: numeric) -> numeric, strict immutable { Ok(a.absolute()) }
    1767 "numeric_larger" (a: numeric, b: numeric) -> numeric, strict immutable { Ok(a.max(b).clone()) }
    1766 "numeric_smaller" (a: numeric, b: numeric) -> numeric, strict immutable { Ok(a.min(b).clone()) }
    1764 "numeric_inc" (a: numeric) -> numeric, strict immutable { a.add(&Numeric::from(1)) }
    1706 "sign" (a: numeric) -> numeric, strict immutable { Ok(sign(a)) }
    1711 "ceil" (a: numeric) -> numeric, strict immutable { Ok(a.ceiling()) }
    2167 "ceiling" (a: numeric) -> numeric, strict immutable { Ok(a.ceiling()) }
    1712 "floor" (a: numeric) -> numeric, strict immutable { Ok(a.floor()) }
    1708 "round" (a: numeric) -> numeric, strict immutable { a.round(0) }
    1707 "round" (a: numeric, scale: int4) -> numeric, strict immutable { a.round(scale) }
    1710 "trunc" (a: numeric) -> numeric, strict immutable { Ok(a.truncate(0)) }
    1709 "trunc" (a: numeric, scale: int4) -> numeric, strict immutable { Ok(a.truncate(scale)) }
    1730 "sqrt" (a: numeric) -> numeric, strict immutable { a.square_root() }
    1731 "numeric_sqrt" (a: numeric) -> numeric, strict immutable { a.square_root() }
    1732 "exp" (a: numeric) -> numeric, strict immutable { a.exponential() }
    1733 "numeric_exp" (a: numeric) -> numeric, strict immutable { a.exponential() }
    1734 "ln" (a: numeric) -> numeric, strict immutable { a.natural_logarithm() }
    1735 "numeric_ln" (a: numeric) -> numeric, strict immutable { a.natural_logarithm() }
    1741 "log" (a: numeric) -> numeric, strict immutable { a.logarithm(&Numeric::from(10)) }
    1481 "log10" (a: numeric) -> numeric, strict immutable { a.logarithm(&Numeric::from(10)) }
    1736 "log" (base: numeric, a: numeric) -> numeric, strict immutable { a.logarithm(base) }
    1737 "numeric_log" (base: numeric, a: numeric) -> numeric, strict immutable { a.logarithm(base) }
    2169 "power" (a: numeric, b: numeric) -> numeric, strict immutable { a.power(b) }
    1738 "pow" (a: numeric, b: numeric) -> numeric, strict immutable { a.power(b) }
    1739 "numeric_power" (a: numeric, b: numeric) -> numeric, strict immutable { a.power(b) }
    5048 "gcd" (a: numeric, b: numeric) -> numeric, strict immutable { a.greatest_common_divisor(b) }
    5049 "lcm" (a: numeric, b: numeric) -> numeric, strict immutable { a.least_common_multiple(b) }
    1376 "factorial" (of: int8) -> numeric, strict immutable { Numeric::factorial(of) }
    3281 "scale" (a: numeric) -> int4, strict immutable { Ok(a.is_finite().then(|| a.scale() as i32)) }
    5042 "min_scale" (a: numeric) -> int4, strict immutable { Ok(a.minimal_scale().map(|scale| scale as i32)) }
    5043 "trim_scale" (a: numeric) -> numeric, strict immutable { Ok(a.trim_scale()) }
    1703 "numeric" (a: numeric, modifier: int4) -> numeric, strict immutable { a.apply_modifier(modifier) }
    2170 "width_bucket" (operand: numeric, low: numeric, high: numeric, count: int4) -> int4, strict immutable {
        bucket_of_numeric(operand, low, high, count)
    }
}
