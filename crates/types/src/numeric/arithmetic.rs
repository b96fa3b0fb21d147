//! Sums, products, quotients and roundings of `numeric`, and the scales of their results.
//!
//! Two small numbers go through 128-bit integers; everything else through [`Digits`].

use std::cmp::Ordering;

use error::{Error, Result, error};

use super::{Digits, Form, Numeric, POWERS, SMALL_SCALE};

/// The largest scale of a stored number.
pub const MAX_SCALE: u32 = 16383;
/// The largest scale that a division or a function chooses by itself.
pub const MAX_CHOSEN_SCALE: u32 = 1000;
/// Digits before the decimal point, at most.
pub const MAX_INTEGER_DIGITS: u32 = 131072;
/// Significant digits that a division or a function gives at least.
const SIGNIFICANT_DIGITS: i64 = 16;

pub fn overflow() -> Error {
    error!(NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format")
}

fn division_by_zero() -> Error {
    error!(DIVISION_BY_ZERO, "division by zero")
}

/// A scale between what the operands show, the wanted one and the most there is.
pub(super) fn choose_scale(wanted: i64, at_least: u32) -> u32 {
    wanted.max(i64::from(at_least)).clamp(0, i64::from(MAX_CHOSEN_SCALE)) as u32
}

/// The scale that gives a result whose leading digit stands at 10^`exponent` 16 significant digits.
pub(super) fn significant_scale(exponent: i64, at_least: u32) -> u32 {
    choose_scale(SIGNIFICANT_DIGITS - exponent, at_least)
}

impl Numeric {
    pub(super) fn from_i128(value: i128, scale: u32) -> Numeric {
        if scale <= SMALL_SCALE
            && let Ok(value) = i64::try_from(value)
            && value != i64::MIN
        {
            return Numeric(Form::Small { value, scale: scale as u8 });
        }
        Numeric::from_parts(value < 0, Digits::from_u128(value.unsigned_abs()), scale)
    }

    /// value × 10^-scale for any integer of 128 bits: what sums are kept in.
    pub fn from_scaled_i128(value: i128, scale: u32) -> Numeric {
        Numeric::from_i128(value, scale)
    }

    /// The number if its size is allowed.
    pub(super) fn checked(is_negative: bool, digits: Digits, scale: u32) -> Result<Numeric> {
        if digits.count() > scale + MAX_INTEGER_DIGITS {
            return Err(overflow());
        }
        Ok(Numeric::from_parts(is_negative, digits, scale))
    }

    /// The power of 10,000 of the leading group of four digits, and that group; zeros for zero.
    ///
    /// The scale of a quotient is defined by these.
    fn leading_group(&self) -> (i64, u64) {
        let (count, scale) = match &self.0 {
            Form::Small { value: 0, .. } => return (0, 0),
            Form::Small { value, scale } => (i64::from(value.unsigned_abs().ilog10()) + 1, i64::from(*scale)),
            Form::Big(big) if big.digits.is_zero() => return (0, 0),
            Form::Big(big) => (i64::from(big.digits.count()), i64::from(big.scale)),
            _ => return (0, 0),
        };
        let exponent = count - 1 - scale;
        let width = exponent.rem_euclid(4) + 1;
        let group = match &self.0 {
            Form::Small { value, .. } if count >= width => {
                value.unsigned_abs() / POWERS[(count - width) as usize] as u64
            }
            Form::Small { value, .. } => value.unsigned_abs() * POWERS[(width - count) as usize] as u64,
            Form::Big(big) => (0..width).map(|at| count - 1 - at).fold(0, |group, place| {
                group * 10 + if place < 0 { 0 } else { u64::from(big.digits.digit(place as u32)) }
            }),
            _ => 0,
        };
        (exponent.div_euclid(4), group)
    }

    /// The power of ten of the leading digit; 0 for zero.
    pub(super) fn exponent(&self) -> i64 {
        match self.parts() {
            Some((_, digits, scale)) if !digits.is_zero() => i64::from(digits.count()) - 1 - i64::from(scale),
            _ => 0,
        }
    }

    pub(super) fn leading_weight(&self) -> i64 {
        self.leading_group().0
    }

    fn quotient_scale(&self, divisor: &Numeric) -> u32 {
        let ((weight, group), (divisor_weight, divisor_group)) =
            (self.leading_group(), divisor.leading_group());
        let weight = weight - divisor_weight - i64::from(group <= divisor_group);
        choose_scale(SIGNIFICANT_DIGITS - weight * 4, self.scale().max(divisor.scale()))
    }

    #[inline]
    pub fn add(&self, other: &Numeric) -> Result<Numeric> {
        if let (Form::Small { value: a, scale: s }, Form::Small { value: b, scale: t }) = (&self.0, &other.0)
        {
            if s == t
                && let Some(value) = a.checked_add(*b)
                && value != i64::MIN
            {
                return Ok(Numeric(Form::Small { value, scale: *s }));
            }
            let (a, b, scale) = aligned(*a, *s, *b, *t);
            return Ok(Numeric::from_i128(a + b, scale));
        }
        match (&self.0, &other.0) {
            (Form::NotANumber, _) | (_, Form::NotANumber) => Ok(Numeric::NAN),
            (Form::Infinity, Form::NegativeInfinity) | (Form::NegativeInfinity, Form::Infinity) => {
                Ok(Numeric::NAN)
            }
            (Form::Infinity | Form::NegativeInfinity, _) => Ok(self.clone()),
            (_, Form::Infinity | Form::NegativeInfinity) => Ok(other.clone()),
            _ => self.add_digits(other),
        }
    }

    #[cold]
    fn add_digits(&self, other: &Numeric) -> Result<Numeric> {
        let (Some((negative, mut a, s)), Some((other_negative, mut b, t))) = (self.parts(), other.parts())
        else {
            return Ok(Numeric::NAN);
        };
        let scale = s.max(t);
        a.scale_up(scale - s);
        b.scale_up(scale - t);
        if negative == other_negative {
            return Numeric::checked(negative, a.add(&b), scale);
        }
        match a.cmp(&b) {
            Ordering::Less => Numeric::checked(other_negative, b.subtract(&a), scale),
            _ => Numeric::checked(negative, a.subtract(&b), scale),
        }
    }

    #[inline]
    pub fn subtract(&self, other: &Numeric) -> Result<Numeric> {
        self.add(&other.negate())
    }

    #[inline]
    pub fn multiply(&self, other: &Numeric) -> Result<Numeric> {
        if let (Form::Small { value: a, scale: s }, Form::Small { value: b, scale: t }) = (&self.0, &other.0)
        {
            let scale = u32::from(*s) + u32::from(*t);
            if scale <= SMALL_SCALE
                && let Some(value) = a.checked_mul(*b)
                && value != i64::MIN
            {
                return Ok(Numeric(Form::Small { value, scale: scale as u8 }));
            }
            return Ok(Numeric::from_i128(i128::from(*a) * i128::from(*b), scale));
        }
        match (self.parts(), other.parts()) {
            (Some((negative, a, s)), Some((other_negative, b, t))) => {
                let mut product = a.multiply(&b);
                let scale = (s + t).min(MAX_SCALE);
                product.round_down(s + t - scale);
                Numeric::checked(negative != other_negative, product, scale)
            }
            _ if self.is_nan() || other.is_nan() => Ok(Numeric::NAN),
            _ => Ok(Numeric::infinity_of_sign(self.signum() * other.signum())),
        }
    }

    fn infinity_of_sign(sign: i32) -> Numeric {
        match sign {
            0 => Numeric::NAN,
            1 => Numeric::INFINITY,
            _ => Numeric::NEGATIVE_INFINITY,
        }
    }

    /// The quotient, rounded to at least 16 significant digits.
    ///
    /// # Errors
    /// 22012 for a divisor of zero.
    pub fn divide(&self, divisor: &Numeric) -> Result<Numeric> {
        match (self.parts_are_finite(), divisor.parts_are_finite()) {
            (true, true) => self.divide_to_scale(divisor, self.quotient_scale(divisor)),
            _ if self.is_nan() || divisor.is_nan() => Ok(Numeric::NAN),
            (false, false) => Ok(Numeric::NAN),
            (true, false) => Ok(Numeric::ZERO),
            (false, true) if divisor.signum() == 0 => Err(division_by_zero()),
            (false, true) => Ok(Numeric::infinity_of_sign(self.signum() * divisor.signum())),
        }
    }

    fn parts_are_finite(&self) -> bool {
        self.is_finite()
    }

    /// The quotient of finite numbers, rounded to `scale` decimal places.
    pub fn divide_to_scale(&self, divisor: &Numeric, scale: u32) -> Result<Numeric> {
        if divisor.signum() == 0 {
            return Err(division_by_zero());
        }
        if let (Form::Small { value: a, scale: s }, Form::Small { value: b, scale: t }) =
            (&self.0, &divisor.0)
        {
            let shift = i64::from(scale) + i64::from(*t) - i64::from(*s);
            if (0..=19).contains(&shift) {
                let dividend = i128::from(*a) * 10i128.pow(shift as u32);
                let b = i128::from(*b);
                let (quotient, rest) = (dividend / b, dividend % b);
                let up = rest.abs() * 2 >= b.abs();
                let sign = if (dividend < 0) != (b < 0) { -1 } else { 1 };
                return Ok(Numeric::from_i128(quotient + if up { sign } else { 0 }, scale));
            }
        }
        let (Some((negative, mut a, s)), Some((other_negative, mut b, t))) = (self.parts(), divisor.parts())
        else {
            return Ok(Numeric::NAN);
        };
        if scale + t >= s {
            a.scale_up(scale + t - s);
        } else {
            b.scale_up(s - scale - t);
        }
        let (mut quotient, mut rest) = a.divide(&b);
        rest.multiply_small(2);
        if rest >= b {
            quotient.add_small(1);
        }
        Numeric::checked(negative != other_negative, quotient, scale)
    }

    /// Integer quotient (towards zero) and remainder of finite numbers.
    fn divide_whole(&self, divisor: &Numeric) -> Result<(Numeric, Numeric)> {
        if divisor.signum() == 0 {
            return Err(division_by_zero());
        }
        if let (Form::Small { value: a, scale: s }, Form::Small { value: b, scale: t }) =
            (&self.0, &divisor.0)
        {
            let (a, b, scale) = aligned(*a, *s, *b, *t);
            return Ok((Numeric::from_i128(a / b, 0), Numeric::from_i128(a % b, scale)));
        }
        let (Some((negative, mut a, s)), Some((other_negative, mut b, t))) = (self.parts(), divisor.parts())
        else {
            return Ok((Numeric::NAN, Numeric::NAN));
        };
        let scale = s.max(t);
        a.scale_up(scale - s);
        b.scale_up(scale - t);
        let (quotient, rest) = a.divide(&b);
        Ok((
            Numeric::checked(negative != other_negative, quotient, 0)?,
            Numeric::from_parts(negative, rest, scale),
        ))
    }

    /// `div`: the quotient without its fraction.
    pub fn divide_truncated(&self, divisor: &Numeric) -> Result<Numeric> {
        if self.is_finite() && divisor.is_finite() {
            return Ok(self.divide_whole(divisor)?.0);
        }
        self.divide(divisor)
    }

    /// The remainder; it has the sign of the dividend.
    pub fn modulo(&self, divisor: &Numeric) -> Result<Numeric> {
        match (self.is_finite(), divisor.is_finite()) {
            (true, true) => Ok(self.divide_whole(divisor)?.1),
            _ if self.is_nan() || divisor.is_nan() => Ok(Numeric::NAN),
            (false, true) if divisor.signum() == 0 => Err(division_by_zero()),
            (false, _) => Ok(Numeric::NAN),
            (true, false) => Ok(self.clone()),
        }
    }

    #[inline]
    pub fn negate(&self) -> Numeric {
        match &self.0 {
            Form::Small { value, scale } => Numeric(Form::Small { value: -value, scale: *scale }),
            Form::Big(big) => Numeric::from_parts(!big.is_negative, big.digits.clone(), big.scale),
            Form::Infinity => Numeric::NEGATIVE_INFINITY,
            Form::NegativeInfinity => Numeric::INFINITY,
            Form::NotANumber => Numeric::NAN,
        }
    }

    pub fn absolute(&self) -> Numeric {
        if self.signum() < 0 { self.negate() } else { self.clone() }
    }

    /// Rounds half away from zero to `scale` places, which may be negative; shows at least none.
    pub fn round(&self, scale: i32) -> Result<Numeric> {
        self.cut(scale, Digits::round_down)
    }

    /// Cuts off after `scale` places, which may be negative.
    pub fn truncate(&self, scale: i32) -> Numeric {
        self.cut(scale, |digits, places| {
            digits.scale_down(places);
        })
        .unwrap_or(Numeric::NAN)
    }

    fn cut(&self, scale: i32, down: impl Fn(&mut Digits, u32)) -> Result<Numeric> {
        let scale = scale.clamp(-(MAX_INTEGER_DIGITS as i32) - 1, MAX_SCALE as i32);
        if let Form::Small { value, scale: s } = &self.0
            && scale >= i32::from(*s)
            && scale <= SMALL_SCALE as i32
            && let Some(value) = value.checked_mul(POWERS[(scale - i32::from(*s)) as usize])
            && value != i64::MIN
        {
            return Ok(Numeric(Form::Small { value, scale: scale as u8 }));
        }
        let Some((negative, mut digits, s)) = self.parts() else { return Ok(self.clone()) };
        let places = i64::from(s) - i64::from(scale);
        if places <= 0 {
            digits.scale_up(-places as u32);
        } else {
            down(&mut digits, places as u32);
        }
        if scale < 0 {
            digits.scale_up(scale.unsigned_abs());
        }
        Numeric::checked(negative, digits, scale.max(0) as u32)
    }

    pub fn floor(&self) -> Numeric {
        let whole = self.truncate(0);
        if whole > *self { whole.subtract(&Numeric::from(1)).unwrap_or(Numeric::NAN) } else { whole }
    }

    pub fn ceiling(&self) -> Numeric {
        self.negate().floor().negate()
    }

    /// The fewest decimal places that show the number exactly; `None` if it is not finite.
    pub fn minimal_scale(&self) -> Option<u32> {
        let (_, digits, scale) = self.parts()?;
        Some(digits.without_trailing_zeros(scale).1)
    }

    /// The same number without zeros at the end of its fraction.
    pub fn trim_scale(&self) -> Numeric {
        match self.parts() {
            Some((negative, digits, scale)) => {
                let (digits, scale) = digits.without_trailing_zeros(scale);
                Numeric::from_parts(negative, digits, scale)
            }
            None => self.clone(),
        }
    }

    pub fn is_integer(&self) -> bool {
        self.minimal_scale() == Some(0)
    }

    /// Rounds to a declared precision and scale.
    ///
    /// # Errors
    /// 22003 if too many digits remain before the decimal point.
    pub fn apply_modifier(&self, modifier: i32) -> Result<Numeric> {
        let Some((precision, scale)) = modifier_parts(modifier) else { return Ok(self.clone()) };
        if !self.is_finite() {
            if self.is_nan() {
                return Ok(Numeric::NAN);
            }
            let detail =
                format!("A field with precision {precision}, scale {scale} cannot hold an infinite value.");
            return Err(error!(NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow").detail(detail));
        }
        if let Form::Small { value, scale: s } = self.0
            && i32::from(s) == scale
            && precision <= 18
            && value.unsigned_abs() < POWERS[precision as usize] as u64
        {
            return Ok(self.clone());
        }
        let rounded = self.round(scale)?;
        if rounded.signum() != 0 && rounded.exponent() + 1 > i64::from(precision - scale) {
            let bound = match precision - scale {
                0 => "1".to_owned(),
                power => format!("10^{power}"),
            };
            let detail = format!(
                "A field with precision {precision}, scale {scale} must round to an absolute value less than {bound}."
            );
            return Err(error!(NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow").detail(detail));
        }
        Ok(rounded)
    }
}

/// Precision and scale of a type modifier; `None` without one.
pub fn modifier_parts(modifier: i32) -> Option<(i32, i32)> {
    let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
    let scale = packed & 0x7ff;
    Some((packed >> 16 & 0xffff, if scale & 0x400 != 0 { scale - 0x800 } else { scale }))
}

/// The type modifier of a precision and a scale.
pub fn modifier_of(precision: i32, scale: i32) -> i32 {
    (precision << 16 | scale & 0x7ff) + 4
}

/// Both integers at the larger scale.
#[inline]
fn aligned(a: i64, s: u8, b: i64, t: u8) -> (i128, i128, u32) {
    let scale = s.max(t);
    let up = |value: i64, from: u8| i128::from(value) * i128::from(POWERS[usize::from(scale - from)]);
    (up(a, s), up(b, t), u32::from(scale))
}
