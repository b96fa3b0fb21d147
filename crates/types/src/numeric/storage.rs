//! The stored form of a `numeric`.
//!
//! ```text
//! scale 0..=18, then the integer as 1 to 8 bytes two's complement, little-endian
//! 0x40 (positive) or 0x41 (negative), scale (4), decimal digits as text
//! 0x80 NaN   0x81 infinity   0x82 -infinity
//! ```

use super::{Big, Digits, Form, Numeric, SMALL_SCALE};

const BIG: u8 = 0x40;
const NOT_A_NUMBER: u8 = 0x80;
const INFINITY: u8 = 0x81;
const NEGATIVE_INFINITY: u8 = 0x82;

impl Numeric {
    /// Appends the stored form; [`Numeric::load`] needs to be told its length.
    pub fn store(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Form::Small { value, scale } => {
                out.push(*scale);
                let bytes = value.to_le_bytes();
                // The sign bit must stay with the bytes that are kept.
                let spare = if *value < 0 { (!value).leading_zeros() } else { value.leading_zeros() } - 1;
                out.extend_from_slice(&bytes[..8 - spare as usize / 8]);
            }
            Form::Big(big) => {
                let Big { is_negative, scale, digits } = &**big;
                out.push(BIG | u8::from(*is_negative));
                out.extend_from_slice(&scale.to_le_bytes());
                digits.write_decimal(out);
            }
            Form::NotANumber => out.push(NOT_A_NUMBER),
            Form::Infinity => out.push(INFINITY),
            Form::NegativeInfinity => out.push(NEGATIVE_INFINITY),
        }
    }

    /// Reads a stored form; `None` when it is none.
    pub fn load(bytes: &[u8]) -> Option<Numeric> {
        let (&tag, rest) = bytes.split_first()?;
        match tag {
            NOT_A_NUMBER if rest.is_empty() => Some(Numeric::NAN),
            INFINITY if rest.is_empty() => Some(Numeric::INFINITY),
            NEGATIVE_INFINITY if rest.is_empty() => Some(Numeric::NEGATIVE_INFINITY),
            scale if u32::from(scale) <= SMALL_SCALE && (1..=8).contains(&rest.len()) => {
                let mut value = [if rest[rest.len() - 1] & 0x80 != 0 { 0xff } else { 0 }; 8];
                value[..rest.len()].copy_from_slice(rest);
                Some(Numeric(Form::Small { value: i64::from_le_bytes(value), scale }))
            }
            _ if tag & !1 == BIG && rest.len() >= 4 => {
                let (scale, digits) = rest.split_at(4);
                let scale = u32::from_le_bytes(scale.try_into().ok()?);
                if !digits.iter().all(u8::is_ascii_digit) {
                    return None;
                }
                let digits: Vec<u8> = digits.iter().map(|digit| digit - b'0').collect();
                Some(Numeric::from_parts(tag & 1 != 0, Digits::from_decimal(&digits), scale))
            }
            _ => None,
        }
    }
}
