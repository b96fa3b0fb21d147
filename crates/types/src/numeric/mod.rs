//! `numeric`: exact decimals of any size, with a display scale, NaN and both infinities.
//!
//! A number is an integer and a count of decimal places. While the integer fits 64 bits it is kept as such;
//! beyond that it is an array of digits (see `digits.rs`). The form is canonical: what fits is small.

mod arithmetic;
mod digits;
mod functions;
mod storage;
mod text;
mod wire;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

pub use arithmetic::{MAX_SCALE, modifier_of, modifier_parts};
pub use digits::Digits;

/// The largest display scale of a small number.
const SMALL_SCALE: u32 = 18;

/// Powers of ten that fit.
pub(crate) const POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < 19 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// A `numeric`.
#[derive(Clone, Debug)]
pub struct Numeric(Form);

#[derive(Clone, Debug)]
enum Form {
    /// value × 10^-scale.
    Small {
        value: i64,
        scale: u8,
    },
    Big(Box<Big>),
    NotANumber,
    Infinity,
    NegativeInfinity,
}

/// ± digits × 10^-scale.
#[derive(Clone, Debug)]
struct Big {
    is_negative: bool,
    scale: u32,
    digits: Digits,
}

impl Numeric {
    pub const ZERO: Numeric = Numeric(Form::Small { value: 0, scale: 0 });
    pub const NAN: Numeric = Numeric(Form::NotANumber);
    pub const INFINITY: Numeric = Numeric(Form::Infinity);
    pub const NEGATIVE_INFINITY: Numeric = Numeric(Form::NegativeInfinity);

    /// value × 10^-scale, for scales up to 18.
    pub const fn from_scaled(value: i64, scale: u8) -> Numeric {
        assert!(scale as u32 <= SMALL_SCALE);
        Numeric(Form::Small { value, scale })
    }

    /// The integer and its decimal places, when the number is small: the fast form for kernels.
    #[inline]
    pub fn as_scaled(&self) -> Option<(i64, u8)> {
        if let Form::Small { value, scale } = self.0 { Some((value, scale)) } else { None }
    }

    pub fn is_nan(&self) -> bool {
        matches!(self.0, Form::NotANumber)
    }

    pub fn is_finite(&self) -> bool {
        matches!(self.0, Form::Small { .. } | Form::Big(_))
    }

    /// Digits after the decimal point that are shown.
    pub fn scale(&self) -> u32 {
        match &self.0 {
            Form::Small { scale, .. } => (*scale).into(),
            Form::Big(big) => big.scale,
            _ => 0,
        }
    }

    /// -1, 0 or 1; NaN counts as positive.
    pub fn signum(&self) -> i32 {
        match &self.0 {
            Form::Small { value, .. } => value.signum() as i32,
            Form::Big(big) if big.digits.is_zero() => 0,
            Form::Big(big) if big.is_negative => -1,
            Form::NegativeInfinity => -1,
            _ => 1,
        }
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        match &self.0 {
            Form::Big(big) => size_of::<Big>() + big.digits.memory(),
            _ => 0,
        }
    }

    /// Sign, integer and scale of a finite number.
    fn parts(&self) -> Option<(bool, Digits, u32)> {
        match &self.0 {
            Form::Small { value, scale } => {
                Some((*value < 0, Digits::from_u128(value.unsigned_abs().into()), u32::from(*scale)))
            }
            Form::Big(big) => Some((big.is_negative, big.digits.clone(), big.scale)),
            _ => None,
        }
    }

    /// The canonical form of ± digits × 10^-scale.
    fn from_parts(is_negative: bool, digits: Digits, scale: u32) -> Numeric {
        if scale <= SMALL_SCALE
            && let Some(value) = digits.to_u64()
            && let Ok(value) = i64::try_from(value)
        {
            return Numeric(Form::Small {
                value: if is_negative { -value } else { value },
                scale: scale as u8,
            });
        }
        let is_negative = is_negative && !digits.is_zero();
        Numeric(Form::Big(Box::new(Big { is_negative, scale, digits })))
    }

    fn rank(&self) -> i32 {
        match self.0 {
            Form::NegativeInfinity => -1,
            Form::Small { .. } | Form::Big(_) => 0,
            Form::Infinity => 1,
            Form::NotANumber => 2,
        }
    }
}

impl Default for Numeric {
    fn default() -> Numeric {
        Numeric::ZERO
    }
}

impl From<i64> for Numeric {
    fn from(value: i64) -> Numeric {
        if value == i64::MIN {
            return Numeric::from_parts(true, Digits::from_u128(value.unsigned_abs().into()), 0);
        }
        Numeric(Form::Small { value, scale: 0 })
    }
}

impl From<i32> for Numeric {
    fn from(value: i32) -> Numeric {
        Numeric::from(i64::from(value))
    }
}

/// SQL's total order: NaN is equal to itself and above everything; 1.0 equals 1.00.
impl Ord for Numeric {
    #[inline]
    fn cmp(&self, other: &Numeric) -> Ordering {
        if let (Form::Small { value: a, scale: s }, Form::Small { value: b, scale: t }) = (&self.0, &other.0)
        {
            return match s.cmp(t) {
                Ordering::Equal => a.cmp(b),
                Ordering::Less => {
                    (i128::from(*a) * i128::from(POWERS[usize::from(t - s)])).cmp(&i128::from(*b))
                }
                Ordering::Greater => {
                    i128::from(*a).cmp(&(i128::from(*b) * i128::from(POWERS[usize::from(s - t)])))
                }
            };
        }
        match (self.parts(), other.parts()) {
            (Some((_, mut a, s)), Some((_, mut b, t))) => {
                let (sign, other_sign) = (self.signum(), other.signum());
                if sign != other_sign || sign == 0 {
                    return sign.cmp(&other_sign);
                }
                if s < t {
                    a.scale_up(t - s);
                } else {
                    b.scale_up(s - t);
                }
                let order = a.cmp(&b);
                if sign < 0 { order.reverse() } else { order }
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Numeric) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Numeric) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Numeric {}

/// Equal for equal numbers, whatever their scales.
impl Hash for Numeric {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Form::Small { value, scale } => {
                let (mut value, mut scale) = (*value, *scale);
                while scale > 0 && value % 10 == 0 {
                    value /= 10;
                    scale -= 1;
                }
                state.write_i64(value);
                state.write_u32(scale.into());
            }
            Form::Big(big) => {
                let (digits, scale) = big.digits.clone().without_trailing_zeros(big.scale);
                match (digits.to_u64().and_then(|value| i64::try_from(value).ok()), big.is_negative) {
                    (Some(value), negative) => state.write_i64(if negative { -value } else { value }),
                    (None, negative) => {
                        state.write_u8(negative.into());
                        digits.hash(state);
                    }
                }
                state.write_u32(scale);
            }
            _ => state.write_i32(self.rank()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Numeric {
        Numeric::parse(text).unwrap()
    }

    /// Text with up to 40 digits, so that both forms and their border are met.
    fn decimal() -> impl Strategy<Value = String> {
        "-?[0-9]{1,24}(\\.[0-9]{1,16})?"
    }

    proptest! {
        /// The two forms must agree: computing at a scale that forces digits gives the same numbers.
        #[test]
        fn forms_agree(a in decimal(), b in decimal()) {
            let (x, y) = (number(&a), number(&b));
            let wide = |n: &Numeric| n.round(30).unwrap();
            prop_assert_eq!(x.add(&y).unwrap(), wide(&x).add(&wide(&y)).unwrap());
            prop_assert_eq!(x.multiply(&y).unwrap(), wide(&x).multiply(&wide(&y)).unwrap());
            prop_assert_eq!(x.cmp(&y), wide(&x).cmp(&wide(&y)));
            prop_assert_eq!(x.subtract(&y).unwrap().add(&y).unwrap(), x.clone());
            if y.signum() != 0 {
                let whole = x.divide_truncated(&y).unwrap().multiply(&y).unwrap();
                prop_assert_eq!(whole.add(&x.modulo(&y).unwrap()).unwrap(), x.clone());
                prop_assert_eq!(x.modulo(&y).unwrap(), wide(&x).modulo(&wide(&y)).unwrap());
            }
        }

        /// Text and both binary forms must bring back the same number with the same scale.
        #[test]
        fn round_trips(a in decimal()) {
            let x = number(&a);
            prop_assert_eq!(number(&x.to_string()).to_string(), x.to_string());
            let mut bytes = Vec::new();
            x.send(&mut bytes);
            prop_assert_eq!(Numeric::receive(&bytes).unwrap().to_string(), x.to_string());
            bytes.clear();
            x.encode(&mut bytes);
            prop_assert_eq!(Numeric::decode(&bytes).unwrap().to_string(), x.to_string());
        }

        /// Equal numbers must hash alike whatever their scale.
        #[test]
        fn hashes_agree(a in decimal(), scale in 16i32..40) {
            use std::hash::BuildHasher;
            let state = foldhash::quality::FixedState::with_seed(1);
            let x = number(&a);
            prop_assert_eq!(state.hash_one(&x), state.hash_one(x.round(scale).unwrap()));
        }
    }
}
