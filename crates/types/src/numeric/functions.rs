//! Square root, exponential, logarithms and powers of `numeric`.
//!
//! Results have at least 16 significant digits. Everything is computed in fixed point, [`Digits`] counting units of
//! 10^-places, with enough guard places that the last one shown is right: the exponential by halving its argument
//! and Taylor's series, the logarithm by square roots and the series of the inverse hyperbolic tangent.

use error::{Result, error};

use super::arithmetic::{MAX_CHOSEN_SCALE, MAX_INTEGER_DIGITS, overflow, significant_scale};
use super::{Digits, Numeric};

const LOG10_E: f64 = std::f64::consts::LOG10_E;
/// Exponentials of larger numbers count as overflow, those of smaller negative ones as zero.
const MAX_EXPONENT: f64 = 6000.0;

impl Numeric {
    /// # Errors
    /// 2201F for a negative number.
    pub fn square_root(&self) -> Result<Numeric> {
        if self.signum() < 0 {
            return Err(error!(
                INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                "cannot take square root of a negative number"
            ));
        }
        let Some((_, mut digits, scale)) = self.parts() else { return Ok(self.clone()) };
        let result_scale = significant_scale(self.leading_weight() * 2 + 1, scale);
        // One place more than wanted, so that cutting the root does not disturb the rounding.
        let places = 2 * (result_scale + 1);
        if places >= scale {
            digits.scale_up(places - scale);
        } else {
            digits.scale_down(scale - places);
        }
        let mut root = digits.square_root();
        root.round_down(1);
        Numeric::checked(false, root, result_scale)
    }

    /// # Errors
    /// 22003 when the result is too large.
    pub fn exponential(&self) -> Result<Numeric> {
        if !self.is_finite() {
            return Ok(if self.signum() < 0 { Numeric::ZERO } else { self.clone() });
        }
        let size = self.to_f64();
        if size >= MAX_EXPONENT {
            return Err(overflow());
        }
        if size <= -MAX_EXPONENT {
            return Ok(Numeric::from_parts(false, Digits::ZERO, MAX_CHOSEN_SCALE));
        }
        self.exponential_to_scale(significant_scale((size * LOG10_E) as i64, self.scale()))
    }

    fn exponential_to_scale(&self, scale: u32) -> Result<Numeric> {
        let Some((negative, digits, own_scale)) = self.parts() else { return Ok(Numeric::NAN) };
        let size = self.to_f64().abs();
        let integer_digits = (size * LOG10_E) as u32 + 1;
        // |x| / 2^halvings < 1/256.
        let halvings = if size < 1.0 / 256.0 { 0 } else { (size * 256.0).log2() as u32 + 1 };
        let places = scale + integer_digits + halvings / 3 + 12;
        let mut x = to_places(digits, own_scale, places);
        for _ in 0..halvings {
            x.divide_small(2);
        }
        let one = Digits::power_of_ten(places);
        let (mut sum, mut term, mut n) = (one.add(&x), x.clone(), 2);
        while !term.is_zero() {
            term = term.multiply(&x);
            term.scale_down(places);
            term.divide_small(n);
            sum = sum.add(&term);
            n += 1;
        }
        for _ in 0..halvings {
            sum = sum.multiply(&sum);
            sum.scale_down(places);
        }
        if negative {
            sum = Digits::power_of_ten(2 * places).divide(&sum).0;
        }
        sum.round_down(places - scale);
        Numeric::checked(false, sum, scale)
    }

    /// The natural logarithm.
    ///
    /// # Errors
    /// 2201E for zero and below.
    pub fn natural_logarithm(&self) -> Result<Numeric> {
        self.require_positive()?;
        if !self.is_finite() {
            return Ok(self.clone());
        }
        self.logarithm_to_scale(significant_scale(self.logarithm_exponent(), self.scale()))
    }

    fn require_positive(&self) -> Result<()> {
        match self.signum() {
            0 => Err(error!(INVALID_ARGUMENT_FOR_LOG, "cannot take logarithm of zero")),
            -1 => Err(error!(INVALID_ARGUMENT_FOR_LOG, "cannot take logarithm of a negative number")),
            _ => Ok(()),
        }
    }

    /// About where the leading digit of the natural logarithm stands.
    fn logarithm_exponent(&self) -> i64 {
        let size = self.to_f64();
        if (0.9..=1.1).contains(&size) {
            let distance = self.subtract(&Numeric::from(1)).unwrap_or(Numeric::NAN);
            return distance.exponent();
        }
        let logarithm = self.log10_estimate() * std::f64::consts::LN_10;
        logarithm.abs().log10() as i64
    }

    /// The decimal logarithm to machine precision, for any size.
    fn log10_estimate(&self) -> f64 {
        let Some((_, mut digits, scale)) = self.parts() else { return f64::NAN };
        let cut = digits.count().saturating_sub(17);
        digits.scale_down(cut);
        (digits.to_u64().unwrap_or(0) as f64).log10() + f64::from(cut) - f64::from(scale)
    }

    fn logarithm_to_scale(&self, scale: u32) -> Result<Numeric> {
        let Some((_, digits, own_scale)) = self.parts() else { return Ok(Numeric::NAN) };
        // x = m × 10^e with m between 0.3 and 3, so that nothing cancels near 1.
        let mut exponent = i64::from(digits.count()) - i64::from(own_scale);
        let leading = digits.digit(digits.count() - 1);
        if leading < 3 {
            exponent -= 1;
        }
        let places = scale + 24 + exponent.unsigned_abs().checked_ilog10().unwrap_or(0);
        let mantissa_scale = i64::from(own_scale) + exponent;
        let mantissa = to_places(digits, mantissa_scale.max(0) as u32, places);
        let (mut negative, mut sum) = logarithm_fixed(&mantissa, places);
        if exponent != 0 {
            let (_, ten) = logarithm_fixed(&Digits::power_of_ten(places + 1), places);
            let shift = ten.multiply(&Digits::from_u128(exponent.unsigned_abs().into()));
            if negative == (exponent < 0) {
                sum = sum.add(&shift);
            } else if sum > shift {
                sum = sum.subtract(&shift);
            } else {
                sum = shift.subtract(&sum);
                negative = exponent < 0;
            }
        }
        sum.round_down(places - scale);
        Numeric::checked(negative, sum, scale)
    }

    /// The logarithm of `self` to a base.
    ///
    /// # Errors
    /// 2201E for zero and below, 22012 for base 1.
    pub fn logarithm(&self, base: &Numeric) -> Result<Numeric> {
        if self.is_nan() || base.is_nan() {
            return Ok(Numeric::NAN);
        }
        base.require_positive()?;
        self.require_positive()?;
        match (base.is_finite(), self.is_finite()) {
            (true, true) => {}
            (false, false) => return Ok(Numeric::NAN),
            (false, true) => return Ok(Numeric::ZERO),
            (true, false) => return Ok(Numeric::INFINITY),
        }
        let (base_exponent, exponent) = (base.logarithm_exponent(), self.logarithm_exponent());
        let result_exponent = exponent - base_exponent;
        let scale = significant_scale(result_exponent, self.scale().max(base.scale()));
        let guard =
            base_exponent.unsigned_abs() + exponent.unsigned_abs() + result_exponent.unsigned_abs() + 10;
        let inner = scale + guard as u32;
        self.logarithm_to_scale(inner)?.divide_to_scale(&base.logarithm_to_scale(inner)?, scale)
    }

    /// # Errors
    /// 2201F for zero to a negative power and a negative number to a fraction, 22003 when too large.
    pub fn power(&self, exponent: &Numeric) -> Result<Numeric> {
        let one = Numeric::from(1);
        if !self.is_finite() || !exponent.is_finite() {
            return self.power_of_special(exponent);
        }
        if self.signum() == 0 && exponent.signum() < 0 {
            return Err(error!(
                INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                "zero raised to a negative power is undefined"
            ));
        }
        let whole = exponent.is_integer();
        if self.signum() < 0 && !whole {
            return Err(error!(
                INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                "a negative number raised to a non-integer power yields a complex result"
            ));
        }
        let at_least = self.scale().max(exponent.scale());
        if self.signum() == 0 || exponent.signum() == 0 || *self == one {
            let result = if self.signum() == 0 && exponent.signum() != 0 { Numeric::ZERO } else { one };
            return result.round(significant_scale(0, at_least) as i32);
        }
        let decimal = self.absolute().log10_estimate() * exponent.to_f64();
        if decimal > f64::from(MAX_INTEGER_DIGITS) {
            return Err(overflow());
        }
        if decimal < -f64::from(MAX_CHOSEN_SCALE) - 20.0 {
            return Ok(Numeric::from_parts(false, Digits::ZERO, MAX_CHOSEN_SCALE));
        }
        let scale = significant_scale(decimal as i64, at_least);
        let size = decimal.abs() as u32;
        if whole && let Ok(power) = exponent.to_integer::<i32>("integer") {
            return self.integer_power(power, scale, scale + size + 20);
        }
        if decimal > MAX_EXPONENT * LOG10_E {
            return Err(overflow());
        }
        let logarithm_scale = scale + size + exponent.exponent().max(0) as u32 + 12;
        let odd = whole
            && exponent.parts().is_some_and(|(_, mut digits, scale)| {
                digits.scale_down(scale);
                digits.is_odd()
            });
        let logarithm = self.absolute().logarithm_to_scale(logarithm_scale)?;
        let result = exponent.multiply(&logarithm)?.exponential_to_scale(scale)?;
        Ok(if odd && self.signum() < 0 { result.negate() } else { result })
    }

    /// Squares and multiplies, keeping `significant` digits.
    fn integer_power(&self, power: i32, scale: u32, significant: u32) -> Result<Numeric> {
        let Some((negative, base, base_scale)) = self.parts() else { return Ok(Numeric::NAN) };
        let (mut base, mut base_scale) = (base, i64::from(base_scale));
        let (mut result, mut result_scale) = (Digits::from_u128(1), 0i64);
        let shorten = |digits: &mut Digits, scale: &mut i64| {
            let cut = digits.count().saturating_sub(significant);
            digits.round_down(cut);
            *scale -= i64::from(cut);
        };
        let mut rest = power.unsigned_abs();
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.multiply(&base);
                result_scale += base_scale;
                shorten(&mut result, &mut result_scale);
            }
            rest >>= 1;
            if rest > 0 {
                base = base.multiply(&base);
                base_scale *= 2;
                shorten(&mut base, &mut base_scale);
            }
        }
        // result × 10^-result_scale, or its inverse.
        let (mut digits, from) = if power < 0 {
            let places = significant + result.count();
            (Digits::power_of_ten(places).divide(&result).0, i64::from(places) - result_scale)
        } else {
            (result, result_scale)
        };
        let shift = i64::from(scale) - from;
        if shift >= 0 {
            digits.scale_up(shift as u32);
        } else {
            digits.round_down(-shift as u32);
        }
        Numeric::checked(negative && power & 1 == 1, digits, scale)
    }

    fn power_of_special(&self, exponent: &Numeric) -> Result<Numeric> {
        let one = Numeric::from(1);
        if exponent.signum() == 0 || *self == one {
            return Ok(one);
        }
        if self.is_nan() || exponent.is_nan() {
            return Ok(Numeric::NAN);
        }
        if !exponent.is_finite() {
            let size = self.absolute();
            if self.signum() == 0 && exponent.signum() < 0 {
                return Err(error!(
                    INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                    "zero raised to a negative power is undefined"
                ));
            }
            if size == one {
                return Ok(one);
            }
            return Ok(if (size > one) == (exponent.signum() > 0) {
                Numeric::INFINITY
            } else {
                Numeric::ZERO
            });
        }
        if self.signum() < 0 && !exponent.is_integer() {
            return Err(error!(
                INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                "a negative number raised to a non-integer power yields a complex result"
            ));
        }
        if exponent.signum() < 0 {
            return Ok(Numeric::ZERO);
        }
        let odd = exponent.to_i128().is_some_and(|value| value & 1 == 1);
        Ok(if self.signum() < 0 && odd { Numeric::NEGATIVE_INFINITY } else { Numeric::INFINITY })
    }

    /// The largest number that divides both without a fraction.
    pub fn greatest_common_divisor(&self, other: &Numeric) -> Result<Numeric> {
        let scale = self.scale().max(other.scale()) as i32;
        if !self.is_finite() || !other.is_finite() {
            return Ok(Numeric::NAN);
        }
        let (mut a, mut b) = (self.absolute(), other.absolute());
        while b.signum() != 0 {
            (a, b) = (b.clone(), a.modulo(&b)?);
        }
        a.round(scale)
    }

    /// The smallest number that both divide without a fraction.
    pub fn least_common_multiple(&self, other: &Numeric) -> Result<Numeric> {
        let scale = self.scale().max(other.scale()) as i32;
        if !self.is_finite() || !other.is_finite() {
            return Ok(Numeric::NAN);
        }
        if self.signum() == 0 || other.signum() == 0 {
            return Numeric::ZERO.round(scale);
        }
        let divisor = self.greatest_common_divisor(other)?;
        self.divide_truncated(&divisor)?.multiply(other)?.absolute().round(scale)
    }

    /// # Errors
    /// 22003 for negative numbers and results that are too large.
    pub fn factorial(of: i64) -> Result<Numeric> {
        if of < 0 {
            return Err(error!(NUMERIC_VALUE_OUT_OF_RANGE, "factorial of a negative number is undefined"));
        }
        if of > 32177 {
            return Err(overflow());
        }
        let mut product = Digits::from_u128(1);
        for factor in 2..=of as u32 {
            product.multiply_small(factor);
        }
        Numeric::checked(false, product, 0)
    }
}

/// digits × 10^-scale in units of 10^-places.
fn to_places(mut digits: Digits, scale: u32, places: u32) -> Digits {
    if places >= scale {
        digits.scale_up(places - scale);
    } else {
        digits.round_down(scale - places);
    }
    digits
}

/// The natural logarithm of a positive number in units of 10^-places: sign and size.
fn logarithm_fixed(x: &Digits, places: u32) -> (bool, Digits) {
    let one = Digits::power_of_ten(places);
    let negative = *x < one;
    // The logarithm of the inverse is the negative: work above 1.
    let mut x = if negative { Digits::power_of_ten(2 * places).divide(x).0 } else { x.clone() };
    let mut near = one.clone();
    near.divide_small(64);
    let near = one.add(&near);
    let mut doublings = 1;
    while x > near {
        x.scale_up(places);
        x = x.square_root();
        doublings += 1;
    }
    // 2 × artanh((x-1)/(x+1)).
    let mut y = x.subtract(&one);
    y.scale_up(places);
    let y = y.divide(&x.add(&one)).0;
    let mut square = y.multiply(&y);
    square.scale_down(places);
    let (mut sum, mut power, mut n) = (y.clone(), y, 3);
    loop {
        power = power.multiply(&square);
        power.scale_down(places);
        if power.is_zero() {
            break;
        }
        let mut term = power.clone();
        term.divide_small(n);
        sum = sum.add(&term);
        n += 2;
    }
    for _ in 0..doublings {
        sum.multiply_small(2);
    }
    (negative, sum)
}
