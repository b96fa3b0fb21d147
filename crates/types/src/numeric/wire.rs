//! `numeric` as bytes: the protocol's binary form and our own compact stored form.
//!
//! ```text
//! protocol:  groups (i16) | weight (i16) | sign (u16) | scale (i16) | groups of four digits (i16 each)
//! stored:    scale (u8, 0..=18) | integer (i64, little-endian, without redundant top bytes)
//!            0x80 NaN, 0x81 Infinity, 0x82 -Infinity
//!            0x40 or 0x41 (negative) | scale (u16) | limbs of nine digits (u32 each)
//! ```

use error::{Error, Result, error};

use super::{Digits, Form, Numeric, SMALL_SCALE};

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NOT_A_NUMBER: u16 = 0xC000;
const PLUS_INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

impl Numeric {
    /// Appends the protocol's binary form.
    pub fn send(&self, out: &mut Vec<u8>) {
        let mut header = |groups: u16, weight: i16, sign: u16, scale: u16| {
            for field in [groups, weight as u16, sign, scale] {
                out.extend_from_slice(&field.to_be_bytes());
            }
        };
        let Some((negative, mut digits, scale)) = self.parts() else {
            let sign = match self.0 {
                Form::Infinity => PLUS_INFINITY,
                Form::NegativeInfinity => MINUS_INFINITY,
                _ => NOT_A_NUMBER,
            };
            return header(0, 0, sign, 0);
        };
        // Groups of four are counted from the decimal point.
        let below = scale.div_ceil(4);
        digits.scale_up(below * 4 - scale);
        let mut text = Vec::new();
        digits.write_decimal(&mut text);
        let mut groups: Vec<u16> = text
            .rchunks(4)
            .rev()
            .map(|chunk| chunk.iter().fold(0, |group, digit| group * 10 + u16::from(digit - b'0')))
            .collect();
        let weight = groups.len() as i64 - 1 - i64::from(below);
        while groups.last() == Some(&0) {
            groups.pop();
        }
        let weight = if groups.is_empty() { 0 } else { weight as i16 };
        let sign = if negative && !groups.is_empty() { NEGATIVE } else { POSITIVE };
        header(groups.len() as u16, weight, sign, scale as u16);
        for group in groups {
            out.extend_from_slice(&group.to_be_bytes());
        }
    }

    /// Reads the protocol's binary form.
    ///
    /// # Errors
    /// 22P03 for what cannot be a number, 08P01 when bytes are missing.
    pub fn receive(bytes: &[u8]) -> Result<Numeric> {
        let field = |at: usize| -> Result<u16> {
            match bytes.get(at * 2..at * 2 + 2) {
                Some(pair) => Ok(u16::from_be_bytes([pair[0], pair[1]])),
                None => Err(error!(PROTOCOL_VIOLATION, "insufficient data left in message")),
            }
        };
        let bad = |what: &str| {
            error!(INVALID_BINARY_REPRESENTATION, "invalid {what} in external \"numeric\" value")
        };
        let (count, weight, sign, scale) = (field(0)?, field(1)? as i16, field(2)?, field(3)?);
        match sign {
            POSITIVE | NEGATIVE => {}
            NOT_A_NUMBER => return Ok(Numeric::NAN),
            PLUS_INFINITY => return Ok(Numeric::INFINITY),
            MINUS_INFINITY => return Ok(Numeric::NEGATIVE_INFINITY),
            _ => return Err(bad("sign")),
        }
        if scale > 0x3fff {
            return Err(bad("scale"));
        }
        let mut digits = Vec::with_capacity(usize::from(count) * 4);
        for at in 0..usize::from(count) {
            let group = field(4 + at)?;
            if group > 9999 {
                return Err(bad("digit"));
            }
            digits.extend(
                [group / 1000, group / 100 % 10, group / 10 % 10, group % 10].map(|digit| digit as u8),
            );
        }
        let mut number = Digits::from_decimal(&digits);
        // The last digit stands at 10^(4 × (weight + 1 - count)); digits beyond the scale are cut off.
        let places = i64::from(scale) + 4 * (i64::from(weight) + 1 - i64::from(count));
        if places >= 0 {
            number.scale_up(places as u32);
        } else {
            number.scale_down(-places as u32);
        }
        Numeric::checked(sign == NEGATIVE, number, scale.into())
    }

    /// Appends the stored form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Form::Small { value, scale } => {
                out.push(*scale);
                let bytes = value.to_le_bytes();
                // A byte is redundant when it only repeats the sign of the one below.
                let mut length = 8;
                while length > 1 {
                    let sign = if bytes[length - 2] & 0x80 != 0 { 0xff } else { 0 };
                    if bytes[length - 1] != sign {
                        break;
                    }
                    length -= 1;
                }
                out.extend_from_slice(&bytes[..length]);
            }
            Form::Big(big) => {
                out.push(0x40 | u8::from(big.is_negative));
                out.extend_from_slice(&(big.scale as u16).to_le_bytes());
                for limb in big.digits.limbs() {
                    out.extend_from_slice(&limb.to_le_bytes());
                }
            }
            Form::NotANumber => out.push(0x80),
            Form::Infinity => out.push(0x81),
            Form::NegativeInfinity => out.push(0x82),
        }
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// XX001 for what [`Numeric::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Numeric> {
        let corrupted = || Error::corrupted("invalid stored numeric");
        let (tag, rest) = bytes.split_first().ok_or_else(corrupted)?;
        match *tag {
            scale if u32::from(scale) <= SMALL_SCALE && (1..=8).contains(&rest.len()) => {
                let fill = if rest[rest.len() - 1] & 0x80 != 0 { 0xff } else { 0 };
                let mut integer = [fill; 8];
                integer[..rest.len()].copy_from_slice(rest);
                let value = i64::from_le_bytes(integer);
                if value == i64::MIN {
                    return Err(corrupted());
                }
                Ok(Numeric(Form::Small { value, scale }))
            }
            0x40 | 0x41 if rest.len() >= 2 && (rest.len() - 2) % 4 == 0 => {
                let scale = u16::from_le_bytes([rest[0], rest[1]]);
                let limbs = rest[2..].chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
                let digits = Digits::from_limbs(limbs.collect()).ok_or_else(corrupted)?;
                Ok(Numeric::from_parts(*tag == 0x41, digits, scale.into()))
            }
            0x80 if rest.is_empty() => Ok(Numeric::NAN),
            0x81 if rest.is_empty() => Ok(Numeric::INFINITY),
            0x82 if rest.is_empty() => Ok(Numeric::NEGATIVE_INFINITY),
            _ => Err(corrupted()),
        }
    }
}
