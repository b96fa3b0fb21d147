//! Arithmetic, functions and casts of `real` and `double precision`.

use error::{Error, Result, error};
use expression::sql::*;
use types::Numeric;
use types::compare::compare_f64;

use crate::integer::division_by_zero;

#[cold]
pub fn overflow() -> Error {
    error!(NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow")
}

#[cold]
pub fn underflow() -> Error {
    error!(NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow")
}

/// The operations that differ between the two widths only in the width.
trait Float: Copy {
    fn sum(self, other: Self) -> Result<Self>;
    fn difference(self, other: Self) -> Result<Self>;
    fn product(self, other: Self) -> Result<Self>;
    fn quotient(self, other: Self) -> Result<Self>;
}

macro_rules! float {
    ($($float:ty)*) => {$(
        impl Float for $float {
            #[inline]
            fn sum(self, other: Self) -> Result<Self> {
                let result = self + other;
                if result.is_infinite() && self.is_finite() && other.is_finite() {
                    return Err(overflow());
                }
                Ok(result)
            }

            #[inline]
            fn difference(self, other: Self) -> Result<Self> {
                self.sum(-other)
            }

            #[inline]
            fn product(self, other: Self) -> Result<Self> {
                let result = self * other;
                if result.is_infinite() && self.is_finite() && other.is_finite() {
                    return Err(overflow());
                }
                if result == 0.0 && self != 0.0 && other != 0.0 {
                    return Err(underflow());
                }
                Ok(result)
            }

            #[inline]
            fn quotient(self, other: Self) -> Result<Self> {
                if other == 0.0 && !self.is_nan() {
                    return Err(division_by_zero());
                }
                let result = self / other;
                if result.is_infinite() && self.is_finite() {
                    return Err(overflow());
                }
                if result == 0.0 && self != 0.0 && other.is_finite() {
                    return Err(underflow());
                }
                Ok(result)
            }
        }
    )*};
}

float! { f32 f64 }

/// Narrows without losing a finite number.
fn narrow(value: f64) -> Result<f32> {
    let result = value as f32;
    if result.is_infinite() && value.is_finite() {
        return Err(overflow());
    }
    if result == 0.0 && value != 0.0 {
        return Err(underflow());
    }
    Ok(result)
}

/// A result that may not be infinite unless the argument was.
fn bounded(result: f64, argument: f64) -> Result<f64> {
    if result.is_infinite() && argument.is_finite() { Err(overflow()) } else { Ok(result) }
}

/// x to the power of y, by SQL's rules.
///
/// # Errors
/// 2201F where there is no real answer, 22003 when it is too large or too small.
pub fn power(x: f64, y: f64) -> Result<f64> {
    if x == 1.0 || y == 0.0 {
        return Ok(1.0);
    }
    if x.is_nan() || y.is_nan() {
        return Ok(f64::NAN);
    }
    if x == 0.0 && y < 0.0 {
        return Err(error!(
            INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "zero raised to a negative power is undefined"
        ));
    }
    if x < 0.0 && y.fract() != 0.0 && y.is_finite() {
        return Err(error!(
            INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "a negative number raised to a non-integer power yields a complex result"
        ));
    }
    let result = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if result.is_infinite() {
            return Err(overflow());
        }
        if result == 0.0 && x != 0.0 {
            return Err(underflow());
        }
    }
    Ok(result)
}

fn square_root(value: f64) -> Result<f64> {
    if value < 0.0 {
        return Err(error!(
            INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "cannot take square root of a negative number"
        ));
    }
    Ok(value.sqrt())
}

fn exponential(value: f64) -> Result<f64> {
    let result = value.exp();
    if value.is_finite() && result == 0.0 {
        return Err(underflow());
    }
    bounded(result, value)
}

fn logarithm(value: f64, of: fn(f64) -> f64) -> Result<f64> {
    if value == 0.0 {
        return Err(error!(INVALID_ARGUMENT_FOR_LOG, "cannot take logarithm of zero"));
    }
    if value < 0.0 {
        return Err(error!(INVALID_ARGUMENT_FOR_LOG, "cannot take logarithm of a negative number"));
    }
    Ok(of(value))
}

fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// A trigonometric function that an infinity is outside of.
fn finite_input(value: f64, of: fn(f64) -> f64) -> Result<f64> {
    if value.is_infinite() { Err(input_out_of_range()) } else { Ok(of(value)) }
}

/// A function of numbers from `least` to `most`.
fn within(value: f64, least: f64, most: f64, of: fn(f64) -> f64) -> Result<f64> {
    if value < least || value > most { Err(input_out_of_range()) } else { Ok(of(value)) }
}

#[cold]
fn input_out_of_range() -> Error {
    error!(NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range")
}

/// The sine of degrees, exact at multiples of 30.
fn sine_of_degrees(degrees: f64) -> f64 {
    let mut degrees = degrees % 360.0;
    let mut sign = 1.0;
    if degrees < 0.0 {
        (degrees, sign) = (-degrees, -sign);
    }
    if degrees > 180.0 {
        (degrees, sign) = (360.0 - degrees, -sign);
    }
    if degrees > 90.0 {
        degrees = 180.0 - degrees;
    }
    sign * sine_of_first_quadrant(degrees)
}

fn cosine_of_degrees(degrees: f64) -> f64 {
    let mut degrees = (degrees % 360.0).abs();
    let mut sign = 1.0;
    if degrees > 180.0 {
        degrees = 360.0 - degrees;
    }
    if degrees > 90.0 {
        (degrees, sign) = (180.0 - degrees, -1.0);
    }
    sign * cosine_of_first_quadrant(degrees)
}

/// Scaled so that 30 degrees give one half exactly.
fn sine_of_small(degrees: f64) -> f64 {
    degrees.to_radians().sin() / 30f64.to_radians().sin() / 2.0
}

/// Scaled so that 60 degrees give one half exactly.
fn cosine_of_small(degrees: f64) -> f64 {
    1.0 - (1.0 - degrees.to_radians().cos()) / (1.0 - 60f64.to_radians().cos()) / 2.0
}

fn sine_of_first_quadrant(degrees: f64) -> f64 {
    if degrees <= 30.0 { sine_of_small(degrees) } else { cosine_of_small(90.0 - degrees) }
}

fn cosine_of_first_quadrant(degrees: f64) -> f64 {
    if degrees <= 60.0 { cosine_of_small(degrees) } else { sine_of_small(90.0 - degrees) }
}

fn tangent_of_degrees(degrees: f64) -> f64 {
    let (sine, cosine) = (sine_of_degrees(degrees), cosine_of_degrees(degrees));
    // 45 degrees must give one, and zero must have no sign.
    let at_45 = sine_of_degrees(45.0) / cosine_of_degrees(45.0);
    sine / cosine / at_45 + 0.0
}

fn arc_sine_degrees(value: f64) -> f64 {
    let quadrant = |value: f64| {
        if value <= 0.5 {
            value.asin() / 0.5f64.asin() * 30.0
        } else {
            90.0 - value.acos() / 0.5f64.acos() * 60.0
        }
    };
    if value >= 0.0 { quadrant(value) } else { -quadrant(-value) }
}

fn arc_cosine_degrees(value: f64) -> f64 {
    let quadrant = |value: f64| {
        if value <= 0.5 {
            90.0 - value.asin() / 0.5f64.asin() * 30.0
        } else {
            value.acos() / 0.5f64.acos() * 60.0
        }
    };
    if value >= 0.0 { quadrant(value) } else { 90.0 + arc_sine_degrees(-value) }
}

fn arc_tangent_degrees(value: f64) -> f64 {
    value.atan() / 1f64.atan() * 45.0
}

expression::builtins! {
    pub static ARITHMETIC:
    206 "float4um" (a: float4) -> float4, strict immutable { Ok(-a) }
    1913 "float4up" (a: float4) -> float4, strict immutable { Ok(a) }
    207 "float4abs" (a: float4) -> float4, strict immutable { Ok(a.abs()) }
    1394 "abs" (a: float4) -> float4, strict immutable { Ok(a.abs()) }
    209 "float4larger" (a: float4, b: float4) -> float4, strict immutable { Ok(if compare_f64(a.into(), b.into()).is_gt() { a } else { b }) }
    211 "float4smaller" (a: float4, b: float4) -> float4, strict immutable { Ok(if compare_f64(a.into(), b.into()).is_lt() { a } else { b }) }
    220 "float8um" (a: float8) -> float8, strict immutable { Ok(-a) }
    1914 "float8up" (a: float8) -> float8, strict immutable { Ok(a) }
    221 "float8abs" (a: float8) -> float8, strict immutable { Ok(a.abs()) }
    1395 "abs" (a: float8) -> float8, strict immutable { Ok(a.abs()) }
    223 "float8larger" (a: float8, b: float8) -> float8, strict immutable { Ok(if compare_f64(a, b).is_gt() { a } else { b }) }
    224 "float8smaller" (a: float8, b: float8) -> float8, strict immutable { Ok(if compare_f64(a, b).is_lt() { a } else { b }) }
    204 "float4pl" (a: float4, b: float4) -> float4, strict immutable { a.sum(b) }
    205 "float4mi" (a: float4, b: float4) -> float4, strict immutable { a.difference(b) }
    202 "float4mul" (a: float4, b: float4) -> float4, strict immutable { a.product(b) }
    203 "float4div" (a: float4, b: float4) -> float4, strict immutable { a.quotient(b) }
    281 "float48pl" (a: float4, b: float8) -> float8, strict immutable { f64::from(a).sum(b) }
    282 "float48mi" (a: float4, b: float8) -> float8, strict immutable { f64::from(a).difference(b) }
    279 "float48mul" (a: float4, b: float8) -> float8, strict immutable { f64::from(a).product(b) }
    280 "float48div" (a: float4, b: float8) -> float8, strict immutable { f64::from(a).quotient(b) }
    285 "float84pl" (a: float8, b: float4) -> float8, strict immutable { a.sum(f64::from(b)) }
    286 "float84mi" (a: float8, b: float4) -> float8, strict immutable { a.difference(f64::from(b)) }
    283 "float84mul" (a: float8, b: float4) -> float8, strict immutable { a.product(f64::from(b)) }
    284 "float84div" (a: float8, b: float4) -> float8, strict immutable { a.quotient(f64::from(b)) }
    218 "float8pl" (a: float8, b: float8) -> float8, strict immutable { a.sum(b) }
    219 "float8mi" (a: float8, b: float8) -> float8, strict immutable { a.difference(b) }
    216 "float8mul" (a: float8, b: float8) -> float8, strict immutable { a.product(b) }
    217 "float8div" (a: float8, b: float8) -> float8, strict immutable { a.quotient(b) }
    232 "dpow" (x: float8, y: float8) -> float8, strict immutable { power(x, y) }
    1346 "pow" (x: float8, y: float8) -> float8, strict immutable { power(x, y) }
    1368 "power" (x: float8, y: float8) -> float8, strict immutable { power(x, y) }
    230 "dsqrt" (x: float8) -> float8, strict immutable { square_root(x) }
    1344 "sqrt" (x: float8) -> float8, strict immutable { square_root(x) }
    231 "dcbrt" (x: float8) -> float8, strict immutable { Ok(x.cbrt()) }
    1345 "cbrt" (x: float8) -> float8, strict immutable { Ok(x.cbrt()) }
    233 "dexp" (x: float8) -> float8, strict immutable { exponential(x) }
    1347 "exp" (x: float8) -> float8, strict immutable { exponential(x) }
    234 "dlog1" (x: float8) -> float8, strict immutable { logarithm(x, f64::ln) }
    1341 "ln" (x: float8) -> float8, strict immutable { logarithm(x, f64::ln) }
    1339 "dlog10" (x: float8) -> float8, strict immutable { logarithm(x, f64::log10) }
    1340 "log" (x: float8) -> float8, strict immutable { logarithm(x, f64::log10) }
    1194 "log10" (x: float8) -> float8, strict immutable { logarithm(x, f64::log10) }
    228 "dround" (x: float8) -> float8, strict immutable { Ok(x.round_ties_even()) }
    1342 "round" (x: float8) -> float8, strict immutable { Ok(x.round_ties_even()) }
    229 "dtrunc" (x: float8) -> float8, strict immutable { Ok(x.trunc()) }
    1343 "trunc" (x: float8) -> float8, strict immutable { Ok(x.trunc()) }
    2308 "ceil" (x: float8) -> float8, strict immutable { Ok(x.ceil()) }
    2320 "ceiling" (x: float8) -> float8, strict immutable { Ok(x.ceil()) }
    2309 "floor" (x: float8) -> float8, strict immutable { Ok(x.floor()) }
    2310 "sign" (x: float8) -> float8, strict immutable { Ok(sign(x)) }
    1608 "degrees" (x: float8) -> float8, strict immutable { bounded(x / (std::f64::consts::PI / 180.0), x) }
    1609 "radians" (x: float8) -> float8, strict immutable { Ok(x * (std::f64::consts::PI / 180.0)) }
    1610 "pi" () -> float8, strict immutable { Ok(std::f64::consts::PI) }
    1604 "sin" (x: float8) -> float8, strict immutable { finite_input(x, f64::sin) }
    1605 "cos" (x: float8) -> float8, strict immutable { finite_input(x, f64::cos) }
    1606 "tan" (x: float8) -> float8, strict immutable { finite_input(x, f64::tan) }
    1607 "cot" (x: float8) -> float8, strict immutable { finite_input(x, |x| 1.0 / x.tan()) }
    1600 "asin" (x: float8) -> float8, strict immutable { within(x, -1.0, 1.0, f64::asin) }
    1601 "acos" (x: float8) -> float8, strict immutable { within(x, -1.0, 1.0, f64::acos) }
    1602 "atan" (x: float8) -> float8, strict immutable { Ok(x.atan()) }
    1603 "atan2" (y: float8, x: float8) -> float8, strict immutable { Ok(y.atan2(x)) }
    2735 "sind" (x: float8) -> float8, strict immutable { finite_input(x, sine_of_degrees) }
    2736 "cosd" (x: float8) -> float8, strict immutable { finite_input(x, cosine_of_degrees) }
    2737 "tand" (x: float8) -> float8, strict immutable { finite_input(x, tangent_of_degrees) }
    2738 "cotd" (x: float8) -> float8, strict immutable { finite_input(x, |x| 1.0 / tangent_of_degrees(x)) }
    2731 "asind" (x: float8) -> float8, strict immutable { within(x, -1.0, 1.0, arc_sine_degrees) }
    2732 "acosd" (x: float8) -> float8, strict immutable { within(x, -1.0, 1.0, arc_cosine_degrees) }
    2733 "atand" (x: float8) -> float8, strict immutable { Ok(arc_tangent_degrees(x)) }
    2734 "atan2d" (y: float8, x: float8) -> float8, strict immutable { Ok(y.atan2(x) / 1f64.atan() * 45.0) }
    2462 "sinh" (x: float8) -> float8, strict immutable { Ok(x.sinh()) }
    2463 "cosh" (x: float8) -> float8, strict immutable { Ok(x.cosh()) }
    2464 "tanh" (x: float8) -> float8, strict immutable { Ok(x.tanh()) }
    2465 "asinh" (x: float8) -> float8, strict immutable { Ok(x.asinh()) }
    2466 "acosh" (x: float8) -> float8, strict immutable { within(x, 1.0, f64::INFINITY, f64::acosh) }
    2467 "atanh" (x: float8) -> float8, strict immutable { within(x, -1.0, 1.0, f64::atanh) }
    320 "width_bucket" (operand: float8, low: float8, high: float8, count: int4) -> int4, strict immutable {
        crate::numeric::bucket_of_float(operand, low, high, count)
    }
}

expression::builtins! {
    pub static CASTS:
    312 "float4" (value: float8) -> float4, strict immutable { narrow(value) }
    311 "float8" (value: float4) -> float8, strict immutable leakproof { Ok(f64::from(value)) }
    1746 "float8" (value: numeric) -> float8, strict immutable { bounded(value.to_f64(), if value.is_finite() { 0.0 } else { f64::NAN }) }
    1745 "float4" (value: numeric) -> float4, strict immutable {
        let wide = value.to_f64();
        if value.is_finite() { narrow(wide) } else { Ok(wide as f32) }
    }
    1743 "numeric" (value: float8) -> numeric, strict immutable leakproof { Ok(Numeric::from_f64(value)) }
    1742 "numeric" (value: float4) -> numeric, strict immutable leakproof { Ok(Numeric::from_f32(value)) }
}
